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
