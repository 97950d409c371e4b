// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of slice, pad and concatenate, which are each other's, with the bookkeeping of sizes.
#include "dialect/AdjointBuilder.h"

using namespace mlir;

namespace tcc {

/// The adjoint of any slice: dy added into zeros like x at the positions that were read.
static Value scatterSlice(AdjointBuilder &b, SliceOp op) {
  SmallVector<Value> indices;
  for (auto [axis, start, stride] : llvm::enumerate(op.getStarts(), op.getStrides())) {
    Value iota = adjoint::iotaLike(b, b.dy(), axis);
    indices.push_back(b.create<AddOp>(b.create<MultiplyOp>(iota, b.splat(iota, stride)), b.splat(iota, start)));
  }
  return b.create<ScatterOp>(b.zeros(op.getX()), b.dy(), indices, adjoint::allAxes(b, op.getX()),
                             b.builder.getStringAttr("add"));
}

LogicalResult SliceOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  SmallVector<int64_t> high, interior;
  for (auto [axis, size] : llvm::enumerate(getX().getType().getShape())) {
    int64_t start = getStarts()[axis], stride = getStrides()[axis], limit = getLimits()[axis];
    interior.push_back(stride - 1);
    if (!ShapedType::isDynamic(size)) {
      int64_t count = getType().getDimSize(axis);
      high.push_back(size - start - (count > 0 ? (count - 1) * stride + 1 : 0));
    } else if (limit < 0 && stride == 1) {
      high.push_back(-1 - limit);
    } else {
      // How much is left behind depends on the size.
      b.accumulate(0, scatterSlice(b, *this));
      return success();
    }
  }
  Value zero = b.scalar(getType().getElementType(), 0.0);
  b.accumulate(0, b.create<PadOp>(b.dy(), zero, getStartsAttr(), b.integers(high), b.integers(interior)));
  return success();
}

LogicalResult PadOp::pullback(AdjointBuilder &b) {
  SmallVector<int64_t> limits, strides;
  for (auto [axis, size] : llvm::enumerate(getX().getType().getShape())) {
    int64_t stride = getInterior()[axis] + 1;
    strides.push_back(stride);
    limits.push_back(ShapedType::isDynamic(size) ? -1 - getHigh()[axis]
                                                 : getLow()[axis] + (size > 0 ? (size - 1) * stride + 1 : 0));
  }
  Value dx = b.create<SliceOp>(b.dy(), getLowAttr(), b.integers(limits), b.integers(strides));
  b.accumulate(0, dx);
  if (b.wants(1))
    b.accumulate(1, b.create<SubtractOp>(b.create<ReduceSumOp>(b.dy(), adjoint::allAxes(b, dx)),
                                         b.create<ReduceSumOp>(dx, adjoint::allAxes(b, dx))));
  return success();
}

/// The part of dy that belongs to operand k, if the sizes before it are open and it has no fixed place from the end
/// either.
static Value gatherOperand(AdjointBuilder &b, ConcatenateOp op, size_t k) {
  int64_t axis = op.getAxis(), rank = op.getType().getRank();
  Value x = op.getXs()[k];
  Type i64 = b.builder.getI64Type();
  bool isOpen = tensorType(x).isDynamicDim(axis);
  Value at = b.create<IotaOp>(RankedTensorType::get({tensorType(x).getDimSize(axis)}, i64), isOpen ? x : Value(),
                              b.integer(isOpen ? axis : 0));
  for (Value earlier : op.getXs().take_front(k)) {
    Value n = b.create<ExtentOp>(earlier, b.integers({axis}));
    at = b.create<AddOp>(at, adjoint::broadcastLike(b, n, at, {}));
  }
  // Gathered rows come first: their axis goes back to its place.
  Value rows = b.create<GatherOp>(b.dy(), ValueRange{at}, b.integers({axis}));
  SmallVector<int64_t> perm;
  for (int64_t i = 0; i < rank; ++i)
    perm.push_back(i < axis ? i + 1 : i == axis ? 0 : i);
  return b.create<TransposeOp>(rows, b.integers(perm));
}

LogicalResult ConcatenateOp::pullback(AdjointBuilder &b) {
  int64_t axis = getAxis();
  RankedTensorType type = getType();
  auto sizeOf = [&](size_t k) { return tensorType(getXs()[k]).getDimSize(axis); };
  for (size_t k = 0; k < getXs().size(); ++k) {
    if (!b.wants(k))
      continue;
    // Sizes before and after operand k along the axis; open if one of them is.
    int64_t before = 0, after = 0;
    bool openBefore = false, openAfter = false;
    for (size_t j = 0; j < getXs().size(); ++j) {
      if (j == k)
        continue;
      if (ShapedType::isDynamic(sizeOf(j)))
        (j < k ? openBefore : openAfter) = true;
      else
        (j < k ? before : after) += sizeOf(j);
    }
    if (openBefore + openAfter + ShapedType::isDynamic(sizeOf(k)) > 1) {
      b.accumulate(k, gatherOperand(b, *this, k));
      continue;
    }
    SmallVector<int64_t> starts(type.getRank(), 0), limits, strides(type.getRank(), 1);
    for (int64_t size : type.getShape())
      limits.push_back(ShapedType::isDynamic(size) ? -1 : size);
    // Behind an open size, positions are known from the end: slice the reversed cotangent.
    Value dy = openBefore ? b.create<ReverseOp>(b.dy(), b.integers({axis})) : b.dy();
    starts[axis] = openBefore ? after : before;
    limits[axis] = ShapedType::isDynamic(sizeOf(k)) ? -1 - after : starts[axis] + sizeOf(k);
    Value dx = b.create<SliceOp>(dy, b.integers(starts), b.integers(limits), b.integers(strides));
    b.accumulate(k, openBefore ? b.create<ReverseOp>(dx, b.integers({axis})) : dx);
  }
  return success();
}

} // namespace tcc
