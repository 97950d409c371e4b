// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The generated op classes, and what all families share.
#include "dialect/Ops.h"
#include "dialect/Inference.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

#include "dialect/Interfaces.cpp.inc"

#define GET_OP_CLASSES
#include "dialect/Ops.cpp.inc"

namespace tcc {

static constexpr StringLiteral segmentSizes = "operandSegmentSizes";

SmallVector<int64_t> libraryAttributes(Operation *op) {
  SmallVector<int64_t> values;
  // ODS sorts the names, which is the order of the record but for these.
  SmallVector<StringRef> names;
  if (isa<DotGeneralOp>(op))
    names = {"lhs_batch", "rhs_batch", "lhs_contract", "rhs_contract"};
  else if (isa<ConvolutionOp>(op))
    names = {"x_batch", "w_batch", "x_contract", "w_contract", "x_window", "w_window", "strides",
             "low",     "high",    "x_dilation", "w_dilation", "flip",     "perm"};
  else if (isa<WindowMaxOp>(op))
    names = {"axes", "window", "strides", "low", "high"};
  else if (isa<TriangularSolveOp>(op))
    names = {"lower", "adjoint", "unit_diagonal"};
  else
    llvm::append_range(names, op->getName().getAttributeNames());
  for (StringRef name : names) {
    if (name == segmentSizes)
      continue;
    Attribute attribute = op->getAttr(name);
    if (auto boolean = dyn_cast<BoolAttr>(attribute)) {
      values.push_back(boolean.getValue());
    } else if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
      values.push_back(integer.getInt());
    } else if (auto real = dyn_cast<FloatAttr>(attribute)) {
      values.push_back(llvm::bit_cast<int64_t>(real.getValueAsDouble()));
    } else if (auto array = dyn_cast<DenseI64ArrayAttr>(attribute)) {
      values.push_back(array.size());
      llvm::append_range(values, array.asArrayRef());
    } else {
      values.push_back(int64_t(*parseCombine(cast<StringAttr>(attribute).getValue())));
    }
  }
  return values;
}

std::optional<Combine> parseCombine(StringRef name) {
  return llvm::StringSwitch<std::optional<Combine>>(name)
      .Case("set", Combine::set)
      .Case("add", Combine::add)
      .Case("multiply", Combine::multiply)
      .Case("min", Combine::min)
      .Case("max", Combine::max)
      .Default(std::nullopt);
}

Type realTypeOf(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.clone(realTypeOf(tensor.getElementType()));
  auto complex = dyn_cast<mlir::ComplexType>(type);
  return complex ? complex.getElementType() : type;
}

Type complexTypeOf(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.clone(complexTypeOf(tensor.getElementType()));
  return isa<mlir::ComplexType>(type) ? type : mlir::ComplexType::get(type);
}

DenseElementsAttr splatAttribute(RankedTensorType type, double number) {
  Type element = type.getElementType();
  if (auto floats = dyn_cast<FloatType>(realTypeOf(element))) {
    APFloat re = FloatAttr::get(floats, number).getValue();
    if (!isComplex(element))
      return DenseElementsAttr::get(type, re);
    return DenseElementsAttr::get(type, std::complex<APFloat>(re, APFloat::getZero(re.getSemantics())));
  }
  APInt value(element.getIntOrFloatBitWidth(), int64_t(number), /*isSigned=*/true, /*implicitTrunc=*/true);
  return DenseElementsAttr::get(type, value);
}

void InferenceError::print(ArrayRef<int64_t> values) {
  stream << "[";
  llvm::interleaveComma(values, stream);
  stream << "]";
}

InferenceError::operator LogicalResult() && { return loc ? LogicalResult(emitError(*loc, text)) : failure(); }

bool areDistinctAxes(ArrayRef<int64_t> axes, int64_t rank) {
  llvm::SmallSet<int64_t, 8> seen;
  return llvm::all_of(axes, [&](int64_t axis) { return isAxis(axis, rank) && seen.insert(axis).second; });
}

int64_t windowPositions(int64_t size, int64_t window, int64_t stride) {
  if (ShapedType::isDynamic(size) || ShapedType::isDynamic(window))
    return ShapedType::kDynamic;
  return window > size ? 0 : (size - window) / stride + 1;
}

int64_t dilatedSize(int64_t size, int64_t dilation) {
  return ShapedType::isDynamic(size) || size == 0 ? size : (size - 1) * dilation + 1;
}

SmallVector<int64_t> withoutAxes(ArrayRef<int64_t> shape, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> kept;
  for (auto [axis, size] : llvm::enumerate(shape))
    if (!llvm::is_contained(axes, int64_t(axis)))
      kept.push_back(size);
  return kept;
}

LogicalResult verifyLike(Operation *op, Value like, RankedTensorType type, bool required) {
  if (!like)
    return required && !type.hasStaticShape()
               ? op->emitOpError("result has open sizes, so 'like' must give them, got ") << type
               : success();
  if (type.hasStaticShape())
    return op->emitOpError("result has no open sizes, so 'like' says nothing, got ") << type;
  if (tensorType(like).getShape() != type.getShape())
    return op->emitOpError("'like' must have the shape of the result, got ") << like.getType() << " for " << type;
  return success();
}

} // namespace tcc
