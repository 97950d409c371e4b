// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference, verifiers and folders of the elementwise ops.
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

static LogicalResult inferLike(Type shape, Type element, SmallVectorImpl<Type> &types) {
  types.push_back(tensorType(shape).clone(element));
  return success();
}

TCC_INFER(AbsOp) {
  types.push_back(realTypeOf(adaptor.getX().getType()));
  return success();
}
TCC_INFER(RealOp) {
  types.push_back(realTypeOf(adaptor.getX().getType()));
  return success();
}
TCC_INFER(ImagOp) {
  types.push_back(realTypeOf(adaptor.getX().getType()));
  return success();
}
TCC_INFER(ComplexOp) {
  Type part = getElementTypeOrSelf(adaptor.getRe().getType());
  if (!part.isF32() && !part.isF64())
    return InferenceError(loc, getOperationName()) << "parts must be f32 or f64, got " << part;
  return inferLike(adaptor.getRe().getType(), mlir::ComplexType::get(part), types);
}
TCC_INFER(EqualOp) { return inferLike(adaptor.getA().getType(), IntegerType::get(context, 1), types); }
TCC_INFER(NotEqualOp) { return inferLike(adaptor.getA().getType(), IntegerType::get(context, 1), types); }
TCC_INFER(LessOp) { return inferLike(adaptor.getA().getType(), IntegerType::get(context, 1), types); }
TCC_INFER(LessEqualOp) { return inferLike(adaptor.getA().getType(), IntegerType::get(context, 1), types); }
TCC_INFER(GreaterOp) { return inferLike(adaptor.getA().getType(), IntegerType::get(context, 1), types); }
TCC_INFER(GreaterEqualOp) { return inferLike(adaptor.getA().getType(), IntegerType::get(context, 1), types); }

LogicalResult SpecialOp::verify() {
  bool isPolygamma = getFunction() == "polygamma";
  if (!isPolygamma && !llvm::is_contained({"erfinv", "lgamma", "digamma"}, getFunction()))
    return emitOpError("function must be erfinv, lgamma, digamma or polygamma, got '") << getFunction() << "'";
  if (isPolygamma != (getOrder() > 0))
    return emitOpError("order must be positive for polygamma and 0 for others, got ") << getOrder();
  return success();
}

LogicalResult CastOp::verify() {
  if (getX().getType().getShape() != getY().getType().getShape())
    return emitOpError("expects equal shapes, got ") << getX().getType() << " and " << getY().getType();
  return success();
}

} // namespace tcc
