// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The generated pullbacks, and what all pullbacks are written with.
#include "dialect/AdjointBuilder.h"

using namespace mlir;

namespace tcc {

Value AdjointBuilder::scalar(Type element, double number) {
  return create<ConstantOp>(splatAttribute(RankedTensorType::get({}, element), number));
}

Value AdjointBuilder::splat(Value like, double number) {
  RankedTensorType type = tensorType(like);
  if (type.hasStaticShape())
    return create<ConstantOp>(splatAttribute(type, number));
  return create<BroadcastOp>(type, scalar(type.getElementType(), number), like, integers({}));
}

Value AdjointBuilder::dyOrZero(unsigned result) {
  Value cotangent = dy(result);
  return cotangent ? cotangent : zeros(op->getResult(result));
}

Value AdjointBuilder::cast(Value x, Type element) {
  RankedTensorType type = tensorType(x).clone(element);
  return type == x.getType() ? x : create<CastOp>(type, x);
}

void AdjointBuilder::accumulate(unsigned operand, Value value) {
  if (!value || !wants(operand))
    return;
  Value target = op->getOperand(operand);
  // A real operand cannot move into the complex plane: only the real part of the cotangent matters to it.
  value = adjoint::castLike(*this, value, target);
  value = adjoint::reshapeLike(*this, value, target);
  Value &sum = cotangents[target];
  sum = add(sum, value);
}

namespace adjoint {

Value castLike(AdjointBuilder &b, Value x, Value like) { return b.cast(x, tensorType(like).getElementType()); }

Value divideOrZero(AdjointBuilder &b, Value a, Value b0) {
  // The second select keeps infinities out of both branches, so that derivatives of this stay finite, too.
  Value isZero = b.create<EqualOp>(b0, b.zeros(b0));
  Value safe = b.create<SelectOp>(isZero, b.splat(b0, 1.0), b0);
  return b.create<SelectOp>(isZero, b.zeros(a), b.create<DivideOp>(a, castLike(b, safe, a)));
}

Value reshapeLike(AdjointBuilder &b, Value x, Value like) {
  RankedTensorType type = tensorType(x).clone(tensorType(like).getShape());
  if (type == x.getType())
    return x;
  return b.create<ReshapeOp>(type, x, type.getNumDynamicDims() > 1 ? like : Value());
}

Value broadcastLike(AdjointBuilder &b, Value x, Value like, ArrayRef<int64_t> dims) {
  RankedTensorType type = tensorType(like).clone(tensorType(x).getElementType());
  return b.create<BroadcastOp>(type, x, type.hasStaticShape() ? Value() : like, b.integers(dims));
}

Value sumToLike(AdjointBuilder &b, Value dy, Value x, DenseI64ArrayAttr dims) {
  RankedTensorType from = tensorType(x), to = tensorType(dy);
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < to.getRank(); ++axis) {
    const int64_t *source = llvm::find(dims.asArrayRef(), axis);
    bool isNew = source == dims.asArrayRef().end();
    if (isNew || (from.getDimSize(source - dims.asArrayRef().begin()) == 1 && to.getDimSize(axis) != 1))
      axes.push_back(axis);
  }
  return reshapeLike(b, b.create<ReduceSumOp>(dy, b.integers(axes)), x);
}

Value repeatLike(AdjointBuilder &b, Value dy, Value x, DenseI64ArrayAttr axes) {
  SmallVector<int64_t> kept;
  for (int64_t axis = 0; axis < tensorType(x).getRank(); ++axis)
    if (!llvm::is_contained(axes.asArrayRef(), axis))
      kept.push_back(axis);
  return broadcastLike(b, dy, x, kept);
}

DenseI64ArrayAttr inversePerm(AdjointBuilder &b, DenseI64ArrayAttr perm) {
  SmallVector<int64_t> inverse(perm.size());
  for (auto [to, from] : llvm::enumerate(perm.asArrayRef()))
    inverse[from] = to;
  return b.integers(inverse);
}

BoolAttr negated(AdjointBuilder &b, BoolAttr value) { return b.builder.getBoolAttr(!value.getValue()); }
BoolAttr coincide(AdjointBuilder &b, BoolAttr one, BoolAttr other) { return b.builder.getBoolAttr(one == other); }
IntegerAttr successor(AdjointBuilder &b, IntegerAttr value) { return b.integer(value.getInt() + 1); }

DenseI64ArrayAttr allAxes(AdjointBuilder &b, Value x) {
  return b.integers(llvm::to_vector(llvm::seq<int64_t>(tensorType(x).getRank())));
}

Value iotaLike(AdjointBuilder &b, Value like, int64_t axis) {
  RankedTensorType type = tensorType(like).clone(b.builder.getI64Type());
  return b.create<IotaOp>(type, type.hasStaticShape() ? Value() : like, b.integer(axis));
}

/// For each axis the positions along it, `indices` for the one given: what names every element to gather and scatter.
static SmallVector<Value> positions(AdjointBuilder &b, Value indices, int64_t axis) {
  SmallVector<Value> all;
  for (int64_t k = 0; k < tensorType(indices).getRank(); ++k)
    all.push_back(k == axis ? indices : iotaLike(b, indices, k));
  return all;
}

Value gatherAlong(AdjointBuilder &b, Value x, Value indices, int64_t axis) {
  return b.create<GatherOp>(x, positions(b, indices, axis), allAxes(b, x));
}

Value scatterAddAlong(AdjointBuilder &b, Value x, Value updates, Value indices, int64_t axis) {
  return b.create<ScatterOp>(b.zeros(x), updates, positions(b, indices, axis), allAxes(b, x),
                             b.builder.getStringAttr("add"));
}

Value shareAmongTies(AdjointBuilder &b, Value dy, Value x, Value y, DenseI64ArrayAttr axes) {
  Value isAttained = b.create<EqualOp>(x, repeatLike(b, y, x, axes));
  Value count = b.create<ReduceSumOp>(castLike(b, isAttained, x), axes);
  Value share = repeatLike(b, b.create<DivideOp>(dy, count), x, axes);
  return b.create<SelectOp>(isAttained, share, b.zeros(share));
}

} // namespace adjoint
} // namespace tcc

#include "dialect/Adjoints.cpp.inc"
