// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of the real transforms. They keep one half of a Hermitian signal, so that frequencies which stand for two
// are counted twice by irfft and once by rfft.
#include "dialect/AdjointBuilder.h"

using namespace mlir;

namespace tcc {

/// x times `weight` at the frequencies of `axis` that stand for two: all but 0 and, for even n, n / 2.
static Value weighPairs(AdjointBuilder &b, Value x, int64_t axis, int64_t n, double weight) {
  int64_t count = n / 2 + 1;
  Type part = realTypeOf(tensorType(x).getElementType());
  SmallVector<APFloat> weights;
  for (int64_t k = 0; k < count; ++k)
    weights.push_back(FloatAttr::get(part, k == 0 || 2 * k == n ? 1.0 : weight).getValue());
  Value row = b.create<ConstantOp>(DenseElementsAttr::get(RankedTensorType::get({count}, part), weights));
  return b.create<MultiplyOp>(x, adjoint::broadcastLike(b, adjoint::castLike(b, row, x), x, {axis}));
}

LogicalResult RfftOp::pullback(AdjointBuilder &b) {
  int64_t axis = getAxes().back(), n = getX().getType().getDimSize(axis);
  if (ShapedType::isDynamic(n))
    return emitOpError("cannot be differentiated: the last of axes has an open size");
  // Re sum over k = 0 .. n/2 of dy_k exp(2 pi i j k / n); irfft adds the mirrored frequencies, hence the halves.
  if (b.wants(0))
    b.accumulate(0, b.create<IrfftOp>(weighPairs(b, b.dy(), axis, n, 0.5), getAxesAttr(), b.integer(n), getNormAttr()));
  return success();
}

LogicalResult IrfftOp::pullback(AdjointBuilder &b) {
  if (b.wants(0))
    b.accumulate(0,
                 weighPairs(b, b.create<RfftOp>(b.dy(), getAxesAttr(), getNormAttr()), getAxes().back(), getN(), 2.0));
  return success();
}

} // namespace tcc
