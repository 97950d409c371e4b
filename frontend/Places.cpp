// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Slices and pads at places that are data: gathers, selected where a pad reads x.
#include "frontend/Places.h"

using namespace mlir;

namespace tcc {

static bool hasElements(RankedTensorType type) { return type.hasStaticShape() && type.getNumElements() > 0; }

SmallVector<int64_t> partialAxes(Operation *op) {
  RankedTensorType from = tensorType(op->getOperand(0)), to = tensorType(op->getResult(0));
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < from.getRank(); ++axis)
    if (from.getDimSize(axis) != to.getDimSize(axis))
      axes.push_back(axis);
  return axes;
}

SmallVector<int64_t> placesOf(Operation *op) {
  ArrayRef<int64_t> first;
  if (auto slice = dyn_cast<SliceOp>(op))
    first = slice.getStarts();
  else if (auto pad = dyn_cast<PadOp>(op); pad && llvm::all_of(pad.getInterior(), [](int64_t n) { return n == 0; }))
    first = pad.getLow();
  else
    return {};
  if (!hasElements(tensorType(op->getOperand(0))) || !hasElements(tensorType(op->getResult(0))))
    return {};
  return llvm::map_to_vector(partialAxes(op), [&](int64_t axis) { return first[axis]; });
}

Value atPlaces(OpBuilder &builder, Location loc, Operation *op, ValueRange operands, ValueRange places,
               RankedTensorType to, Value like) {
  RankedTensorType from = tensorType(operands[0]);
  SmallVector<int64_t> axes = partialAxes(op), shape, perm(to.getRank());
  for (int64_t axis : axes)
    shape.push_back(to.getDimSize(axis));
  auto positions = RankedTensorType::get(shape, builder.getI64Type());
  auto spread = [&](Value scalar) -> Value {
    return BroadcastOp::create(builder, loc, positions, scalar, like, ArrayRef<int64_t>());
  };
  auto constant = [&](int64_t value) {
    auto scalar = RankedTensorType::get({}, builder.getI64Type());
    return spread(ConstantOp::create(builder, loc, DenseElementsAttr::get(scalar, value)));
  };
  // Of y's positions along the partial axes: where x is read, and whether it is.
  auto slice = dyn_cast<SliceOp>(op);
  SmallVector<Value> indices;
  Value inside;
  auto require = [&](Value condition) {
    inside = inside ? BitwiseAndOp::create(builder, loc, inside, condition).getResult() : condition;
  };
  for (auto [k, axis] : llvm::enumerate(axes)) {
    Value index = IotaOp::create(builder, loc, positions, like, k);
    Value first = spread(places[k]);
    if (slice) {
      if (int64_t stride = slice.getStrides()[axis]; stride != 1)
        index = MultiplyOp::create(builder, loc, index, constant(stride));
      index = AddOp::create(builder, loc, index, first);
    } else {
      index = SubtractOp::create(builder, loc, index, first);
      require(GreaterEqualOp::create(builder, loc, index, constant(0)));
      require(LessOp::create(builder, loc, index, constant(from.getDimSize(axis))));
    }
    indices.push_back(index);
  }
  int64_t next = axes.size();
  for (int64_t axis = 0; axis < to.getRank(); ++axis) {
    auto partial = llvm::find(axes, axis);
    perm[axis] = partial != axes.end() ? partial - axes.begin() : next++;
    if (partial == axes.end())
      shape.push_back(to.getDimSize(axis));
  }
  Value y = GatherOp::create(builder, loc, to.clone(shape), operands[0], indices, axes);
  y = builder.createOrFold<TransposeOp>(loc, to, y, builder.getDenseI64ArrayAttr(perm));
  if (slice)
    return y;
  Value mask = BroadcastOp::create(builder, loc, to.clone(builder.getI1Type()), inside, Value(), axes);
  return SelectOp::create(builder, loc, mask, y,
                          BroadcastOp::create(builder, loc, to, operands[1], Value(), ArrayRef<int64_t>()));
}

} // namespace tcc
