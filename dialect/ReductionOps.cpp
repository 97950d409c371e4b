// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference and folders of reductions, scans and sorting.
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

static LogicalResult inferReduction(std::optional<Location> loc, StringRef op, Value x, ArrayRef<int64_t> axes,
                                    SmallVectorImpl<Type> &types) {
  RankedTensorType from = tensorType(x);
  if (!areDistinctAxes(axes, from.getRank()))
    return InferenceError(loc, op) << "axes must be distinct axes of x, got " << axes << " for " << Type(from);
  types.push_back(from.clone(withoutAxes(from.getShape(), axes)));
  return success();
}
static LogicalResult inferAlongAxis(std::optional<Location> loc, StringRef op, Value x, int64_t axis, Type element,
                                    SmallVectorImpl<Type> &types) {
  RankedTensorType from = tensorType(x);
  if (!isAxis(axis, from.getRank()))
    return InferenceError(loc, op) << "axis must be an axis of x, got " << axis << " for " << Type(from);
  types.push_back(from.clone(element));
  return success();
}
static LogicalResult inferArgReduction(std::optional<Location> loc, StringRef op, Value x, int64_t axis,
                                       SmallVectorImpl<Type> &types) {
  RankedTensorType from = tensorType(x);
  if (!isAxis(axis, from.getRank()) || from.getDimSize(axis) == 0)
    return InferenceError(loc, op) << "axis must be an axis of x that is not empty, got " << axis << " for "
                                   << Type(from);
  types.push_back(from.clone(withoutAxes(from.getShape(), {axis}), IntegerType::get(from.getContext(), 64)));
  return success();
}

TCC_INFER(ReduceSumOp) { return inferReduction(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), types); }
TCC_INFER(ReduceProdOp) { return inferReduction(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), types); }
TCC_INFER(ReduceMaxOp) { return inferReduction(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), types); }
TCC_INFER(ReduceMinOp) { return inferReduction(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), types); }
TCC_INFER(ReduceAndOp) { return inferReduction(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), types); }
TCC_INFER(ReduceOrOp) { return inferReduction(loc, getOperationName(), adaptor.getX(), adaptor.getAxes(), types); }

TCC_INFER(ArgmaxOp) { return inferArgReduction(loc, getOperationName(), adaptor.getX(), adaptor.getAxis(), types); }
TCC_INFER(ArgminOp) { return inferArgReduction(loc, getOperationName(), adaptor.getX(), adaptor.getAxis(), types); }

#define TCC_INFER_SCAN(Op)                                                                                             \
  TCC_INFER(Op) {                                                                                                      \
    return inferAlongAxis(loc, getOperationName(), adaptor.getX(), adaptor.getAxis(),                                  \
                          tensorType(adaptor.getX()).getElementType(), types);                                         \
  }
TCC_INFER_SCAN(CumsumOp)
TCC_INFER_SCAN(CumprodOp)
TCC_INFER_SCAN(CummaxOp)
TCC_INFER_SCAN(CumminOp)
TCC_INFER_SCAN(SortOp)
#undef TCC_INFER_SCAN

TCC_INFER(ArgsortOp) {
  return inferAlongAxis(loc, getOperationName(), adaptor.getX(), adaptor.getAxis(), IntegerType::get(context, 64),
                        types);
}

TCC_INFER(WindowMaxOp) {
  RankedTensorType from = tensorType(adaptor.getX());
  auto fail = [&] { return InferenceError(loc, getOperationName()); };
  ArrayRef<int64_t> axes = adaptor.getAxes(), window = adaptor.getWindow(), strides = adaptor.getStrides();
  ArrayRef<int64_t> low = adaptor.getLow(), high = adaptor.getHigh();
  if (!areDistinctAxes(axes, from.getRank()))
    return fail() << "axes must be distinct axes of x, got " << axes << " for " << Type(from);
  for (ArrayRef<int64_t> list : {window, strides, low, high})
    if (list.size() != axes.size())
      return fail() << "expects an entry for each of axes " << axes << ", got " << list;
  SmallVector<int64_t> shape(from.getShape());
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (window[i] < 1 || strides[i] < 1 || low[i] < 0 || high[i] < 0 || low[i] >= window[i] || high[i] >= window[i])
      return fail() << "expects positive windows and strides, and less padding than window, got window " << window
                    << ", strides " << strides << ", low " << low << ", high " << high;
    int64_t &size = shape[axis];
    if (size == 0)
      return fail() << "x must have elements along axes " << axes << ", got " << Type(from);
    if (!ShapedType::isDynamic(size))
      size = windowPositions(size + low[i] + high[i], window[i], strides[i]);
  }
  types.push_back(from.clone(shape));
  types.push_back(from.clone(shape, IntegerType::get(context, 64)));
  return success();
}

// reduce(x) over no axes -> x
OpFoldResult ReduceSumOp::fold(FoldAdaptor) { return getAxes().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult ReduceProdOp::fold(FoldAdaptor) { return getAxes().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult ReduceMaxOp::fold(FoldAdaptor) { return getAxes().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult ReduceMinOp::fold(FoldAdaptor) { return getAxes().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult ReduceAndOp::fold(FoldAdaptor) { return getAxes().empty() ? OpFoldResult(getX()) : OpFoldResult(); }
OpFoldResult ReduceOrOp::fold(FoldAdaptor) { return getAxes().empty() ? OpFoldResult(getX()) : OpFoldResult(); }

} // namespace tcc
