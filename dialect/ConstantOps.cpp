// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers and folders of constants and other leaves.
#include "dialect/Inference.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace tcc {

void ConstantOp::build(OpBuilder &, OperationState &state, ElementsAttr value) {
  state.getOrAddProperties<Properties>().value = value;
  state.addTypes(value.getType());
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult IotaOp::verify() {
  RankedTensorType type = getY().getType();
  if (getLike() && type.getRank() == 1 && getLike().getType().getRank() > 1)
    return isAxis(getAxis(), getLike().getType().getRank()) && getLike().getType().isDynamicDim(getAxis()) &&
                   type.isDynamicDim(0)
               ? success()
               : emitOpError("axis must be an open axis of 'like', got ")
                     << getAxis() << " for " << getLike().getType();
  if (!isAxis(getAxis(), type.getRank()))
    return emitOpError("axis must be an axis of the result, got ") << getAxis() << " for " << type;
  return verifyLike(*this, getLike(), type);
}

TCC_INFER(ExtentOp) {
  RankedTensorType from = tensorType(adaptor.getX());
  if (!areDistinctAxes(adaptor.getAxes(), from.getRank()))
    return InferenceError(loc, getOperationName())
           << "axes must be distinct axes of x, got " << adaptor.getAxes() << " for " << from;
  types.push_back(RankedTensorType::get({}, IntegerType::get(context, 64)));
  return success();
}

OpFoldResult ExtentOp::fold(FoldAdaptor) {
  // extent(x) along axes of known sizes -> their product
  int64_t product = 1;
  for (int64_t axis : getAxes()) {
    if (getX().getType().isDynamicDim(axis))
      return {};
    product *= getX().getType().getDimSize(axis);
  }
  return DenseElementsAttr::get(getType(), product);
}

LogicalResult RandomBitsOp::verify() {
  ArrayRef<int64_t> keys = getKey().getType().getShape(), sizes = getY().getType().getShape();
  auto fits = [&] {
    ArrayRef<int64_t> leading = keys.drop_back();
    return keys.back() == 2 && leading.size() <= sizes.size() &&
           llvm::all_of(llvm::zip(leading, sizes), [](auto pair) { return std::apply(mayBeEqual, pair); });
  };
  if (keys.empty() || !fits())
    return emitOpError("key must have last size 2 after leading sizes of the result, got ")
           << getKey().getType() << " for " << getY().getType();
  return verifyLike(*this, getLike(), getY().getType());
}

} // namespace tcc
