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
  if (!isAxis(getAxis(), type.getRank()))
    return emitOpError("axis must be an axis of the result, got ") << getAxis() << " for " << type;
  return verifyLike(*this, getLike(), type);
}

LogicalResult RandomBitsOp::verify() {
  if (getKey().getType().getShape() != ArrayRef<int64_t>{2})
    return emitOpError("key must have shape 2, got ") << getKey().getType();
  return verifyLike(*this, getLike(), getY().getType());
}

} // namespace tcc
