// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference of gather and scatter.
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

/// The type that gather(x, indices) {axes} has, or the reason why there is none.
static FailureOr<RankedTensorType> gatheredType(std::optional<Location> loc, StringRef op, Value x, ValueRange indices,
                                                ArrayRef<int64_t> axes) {
  RankedTensorType from = tensorType(x);
  if (indices.empty() || indices.size() != axes.size() || !areDistinctAxes(axes, from.getRank())) {
    (void)LogicalResult(InferenceError(loc, op)
                        << "axes must be distinct axes of x, one for each of the " << indices.size()
                        << " indices (at least one), got " << axes << " for " << Type(from));
    return failure();
  }
  for (Value index : indices)
    if (tensorType(index).getShape() != tensorType(indices[0]).getShape()) {
      (void)LogicalResult(InferenceError(loc, op)
                          << "indices must have one shape, got " << indices[0].getType() << " and " << index.getType());
      return failure();
    }
  SmallVector<int64_t> shape(tensorType(indices[0]).getShape());
  llvm::append_range(shape, withoutAxes(from.getShape(), axes));
  return from.clone(shape);
}

TCC_INFER(GatherOp) {
  FailureOr<RankedTensorType> type =
      gatheredType(loc, getOperationName(), adaptor.getX(), adaptor.getIndices(), adaptor.getAxes());
  if (failed(type))
    return failure();
  types.push_back(*type);
  return success();
}

TCC_INFER(ScatterOp) {
  FailureOr<RankedTensorType> type =
      gatheredType(loc, getOperationName(), adaptor.getX(), adaptor.getIndices(), adaptor.getAxes());
  if (failed(type))
    return failure();
  if (adaptor.getUpdates().getType() != *type)
    return InferenceError(loc, getOperationName()) << "updates must have the type of what gather reads, " << Type(*type)
                                                   << ", got " << adaptor.getUpdates().getType();
  std::optional<Combine> combine = parseCombine(adaptor.getCombine());
  if (!combine)
    return InferenceError(loc, getOperationName())
           << "combine must be set, add, multiply, min or max, got '" << adaptor.getCombine() << "'";
  if ((combine == Combine::min || combine == Combine::max) && isComplex(*type))
    return InferenceError(loc, getOperationName())
           << "complex numbers have no order for '" << adaptor.getCombine() << "'";
  types.push_back(adaptor.getX().getType());
  return success();
}

TCC_INFER(CheckIndexOp) {
  if (int64_t bound = adaptor.getBound(); bound < 0)
    return InferenceError(loc, getOperationName()) << "bound must not be negative, got " << bound;
  types.push_back(adaptor.getX().getType());
  return success();
}

} // namespace tcc
