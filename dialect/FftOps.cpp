// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference of Fourier transforms.
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

static LogicalResult check(std::optional<Location> loc, StringRef op, Value x, ArrayRef<int64_t> axes, int64_t norm) {
  if (axes.empty() || !areDistinctAxes(axes, tensorType(x).getRank()))
    return InferenceError(loc, op) << "axes must be distinct axes of x, at least one, got " << axes << " for "
                                   << x.getType();
  if (norm < 0 || norm > 2)
    return InferenceError(loc, op) << "norm must be 0, 1 or 2, got " << norm;
  return success();
}

TCC_INFER(FftOp) {
  types.push_back(adaptor.getX().getType());
  return check(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), adaptor.getNorm());
}

TCC_INFER(RfftOp) {
  if (failed(check(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), adaptor.getNorm())))
    return failure();
  RankedTensorType from = tensorType(adaptor.getX());
  SmallVector<int64_t> shape(from.getShape());
  int64_t &size = shape[adaptor.getAxes().back()];
  if (size == 0)
    return InferenceError(loc, getOperationName()) << "the last of axes must not be empty, got " << Type(from);
  if (!ShapedType::isDynamic(size))
    size = size / 2 + 1;
  types.push_back(from.clone(shape, complexTypeOf(from.getElementType())));
  return success();
}

TCC_INFER(IrfftOp) {
  if (failed(check(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), adaptor.getNorm())))
    return failure();
  RankedTensorType from = tensorType(adaptor.getX());
  int64_t n = adaptor.getN();
  SmallVector<int64_t> shape(from.getShape());
  int64_t &size = shape[adaptor.getAxes().back()];
  if (n <= 0 || !mayBeEqual(size, n / 2 + 1))
    return InferenceError(loc, getOperationName())
           << "expects n > 0 and n / 2 + 1 frequencies on the last of axes, got n = " << n << " for " << Type(from);
  size = n;
  types.push_back(from.clone(shape, realTypeOf(from.getElementType())));
  return success();
}

} // namespace tcc
