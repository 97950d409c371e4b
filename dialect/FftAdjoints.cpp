// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of the real transforms. They keep one half of a Hermitian signal, so that frequencies which stand for two
// are counted twice by irfft and once by rfft.
#include "dialect/AdjointBuilder.h"

using namespace mlir;

namespace tcc {

LogicalResult RfftOp::pullback(AdjointBuilder &b) {
  int64_t n = getX().getType().getDimSize(getAxes().back());
  if (ShapedType::isDynamic(n))
    return emitOpError("cannot be differentiated: the last of axes has an open size");
  // Re sum over k = 0 .. n/2 of dy_k exp(2 pi i j k / n); irfft adds the mirrored frequencies, hence the halves.
  if (b.wants(0))
    b.accumulate(0, b.create<IrfftOp>(b.dy(), getAxesAttr(), getConjugateAttr(), b.integer(n), getNormAttr(),
                                      b.number(0.5 * getPairs().convertToDouble()), getScaleAttr()));
  return success();
}

LogicalResult IrfftOp::pullback(AdjointBuilder &b) {
  if (b.wants(0))
    b.accumulate(0, b.create<RfftOp>(b.dy(), getAxesAttr(), getConjugateAttr(), getNormAttr(),
                                     b.number(2.0 * getPairs().convertToDouble()), getScaleAttr()));
  return success();
}

} // namespace tcc
