// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Folders of the elementwise ops. Each law holds for every input, NaN, infinities and -0 included; constants are
// computed only where all elements are equal, so that folding costs nothing for large ones.
#include "dialect/Ops.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tcc {

//===----------------------------------------------------------------------===//
// Splat constants
//===----------------------------------------------------------------------===//

static std::optional<APFloat> floatSplat(Attribute attribute) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(attribute);
  return splat && isa<FloatType>(splat.getElementType()) ? std::optional(splat.getSplatValue<APFloat>()) : std::nullopt;
}
static std::optional<APInt> intSplat(Attribute attribute) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(attribute);
  return splat && isa<IntegerType>(splat.getElementType()) ? std::optional(splat.getSplatValue<APInt>()) : std::nullopt;
}
/// Whether all elements are the float or (either of) the integer given.
static bool isSplat(Attribute attribute, double number) {
  if (auto value = floatSplat(attribute))
    return value->bitwiseIsEqual(
        FloatAttr::get(cast<ShapedType>(cast<SplatElementsAttr>(attribute).getType()).getElementType(), number)
            .getValue());
  auto value = intSplat(attribute);
  // bool's one is all ones.
  return value && (number == 0 ? value->isZero() : number == 1 && value->isOne());
}

template <class OnFloat, class OnInt>
static Attribute foldSplats(Attribute a, Attribute b, OnFloat onFloat, OnInt onInt) {
  if (auto x = floatSplat(a), y = floatSplat(b); x && y)
    return DenseElementsAttr::get(cast<ShapedType>(cast<ElementsAttr>(a).getType()), onFloat(*x, *y));
  if (auto x = intSplat(a), y = intSplat(b); x && y)
    return DenseElementsAttr::get(cast<ShapedType>(cast<ElementsAttr>(a).getType()), onInt(*x, *y));
  return {};
}

//===----------------------------------------------------------------------===//
// Unary
//===----------------------------------------------------------------------===//

OpFoldResult NegOp::fold(FoldAdaptor adaptor) {
  // -(-x) -> x
  if (auto inner = getX().getDefiningOp<NegOp>())
    return inner.getX();
  if (auto value = floatSplat(adaptor.getX()))
    return DenseElementsAttr::get(getType(), neg(*value));
  if (auto value = intSplat(adaptor.getX()))
    return DenseElementsAttr::get(getType(), -*value);
  return {};
}

OpFoldResult ConjOp::fold(FoldAdaptor) {
  // conj(x) -> x for real x
  if (!isComplex(getType()))
    return getX();
  // conj(conj(x)) -> x
  if (auto inner = getX().getDefiningOp<ConjOp>())
    return inner.getX();
  return {};
}

OpFoldResult RealOp::fold(FoldAdaptor) {
  // real(complex(re, im)) -> re
  if (auto parts = getX().getDefiningOp<ComplexOp>())
    return parts.getRe();
  return {};
}

OpFoldResult ImagOp::fold(FoldAdaptor) {
  // imag(complex(re, im)) -> im
  if (auto parts = getX().getDefiningOp<ComplexOp>())
    return parts.getIm();
  return {};
}

OpFoldResult ComplexOp::fold(FoldAdaptor) {
  // complex(real(z), imag(z)) -> z
  auto re = getRe().getDefiningOp<RealOp>();
  auto im = getIm().getDefiningOp<ImagOp>();
  if (re && im && re.getX() == im.getX())
    return re.getX();
  return {};
}

/// Whether every value of `from` is a value of `to`.
static bool isExactlyRepresentable(Type from, Type to) {
  auto fromFloat = dyn_cast<FloatType>(from), toFloat = dyn_cast<FloatType>(to);
  if (fromFloat && toFloat)
    return fromFloat.getFPMantissaWidth() <= toFloat.getFPMantissaWidth() &&
           APFloat::semanticsMaxExponent(fromFloat.getFloatSemantics()) <=
               APFloat::semanticsMaxExponent(toFloat.getFloatSemantics());
  if (auto toComplex = dyn_cast<mlir::ComplexType>(to)) {
    auto fromComplex = dyn_cast<mlir::ComplexType>(from);
    return isExactlyRepresentable(fromComplex ? fromComplex.getElementType() : from, toComplex.getElementType());
  }
  auto fromInt = dyn_cast<IntegerType>(from), toInt = dyn_cast<IntegerType>(to);
  return fromInt && toInt && fromInt.isUnsigned() == toInt.isUnsigned() && fromInt.getWidth() <= toInt.getWidth();
}

OpFoldResult CastOp::fold(FoldAdaptor adaptor) {
  // cast(x) to the type of x -> x
  if (getX().getType() == getType())
    return getX();
  // cast(cast(x)) -> x, if the detour loses nothing
  if (auto inner = getX().getDefiningOp<CastOp>();
      inner && inner.getX().getType() == getType() &&
      isExactlyRepresentable(getElementTypeOrSelf(getType()), getElementTypeOrSelf(getX().getType())))
    return inner.getX();
  auto value = floatSplat(adaptor.getX());
  if (!value)
    return {};
  Type element = getElementTypeOrSelf(getType());
  Type part = realTypeOf(element);
  if (!isa<FloatType>(part))
    return {};
  bool losesInfo;
  value->convert(cast<FloatType>(part).getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  if (isa<mlir::ComplexType>(element))
    return DenseElementsAttr::get(getType(), std::complex<APFloat>(*value, APFloat::getZero(value->getSemantics())));
  return DenseElementsAttr::get(getType(), *value);
}

//===----------------------------------------------------------------------===//
// Binary and ternary
//===----------------------------------------------------------------------===//

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  // x + (-0) -> x; +0 would turn -0 into +0. Integers: x + 0 -> x. Bool: x or false -> x.
  bool exact = isa<IntegerType>(getElementTypeOrSelf(getType()));
  if (isSplat(adaptor.getB(), exact ? 0.0 : -0.0))
    return getA();
  if (isSplat(adaptor.getA(), exact ? 0.0 : -0.0))
    return getB();
  bool isBool = getElementTypeOrSelf(getType()).isInteger(1);
  return foldSplats(
      adaptor.getA(), adaptor.getB(), [](const APFloat &a, const APFloat &b) { return a + b; },
      [=](const APInt &a, const APInt &b) { return isBool ? a | b : a + b; });
}

OpFoldResult SubtractOp::fold(FoldAdaptor adaptor) {
  // x - (+0) -> x
  if (isSplat(adaptor.getB(), 0.0))
    return getA();
  return foldSplats(
      adaptor.getA(), adaptor.getB(), [](const APFloat &a, const APFloat &b) { return a - b; },
      [](const APInt &a, const APInt &b) { return a - b; });
}

OpFoldResult MultiplyOp::fold(FoldAdaptor adaptor) {
  // x * 1 -> x; not for complex numbers, where inf * (1 + 0i) has a NaN. Bool: x and true -> x.
  if (isSplat(adaptor.getB(), 1.0))
    return getA();
  if (isSplat(adaptor.getA(), 1.0))
    return getB();
  // x * 0 -> 0 for integers
  if (intSplat(adaptor.getA()) && isSplat(adaptor.getA(), 0.0))
    return adaptor.getA();
  if (intSplat(adaptor.getB()) && isSplat(adaptor.getB(), 0.0))
    return adaptor.getB();
  return foldSplats(
      adaptor.getA(), adaptor.getB(), [](const APFloat &a, const APFloat &b) { return a * b; },
      [](const APInt &a, const APInt &b) { return a * b; });
}

OpFoldResult DivideOp::fold(FoldAdaptor adaptor) {
  // x / 1 -> x; not for complex numbers, see multiply
  if (isSplat(adaptor.getB(), 1.0))
    return getA();
  return foldSplats(
      adaptor.getA(), adaptor.getB(), [](const APFloat &a, const APFloat &b) { return a / b; },
      [](const APInt &a, const APInt &b) -> APInt { llvm_unreachable("divide has no integer operands"); });
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  // select(c, x, x) -> x
  if (getA() == getB())
    return getA();
  // select(true, a, b) -> a; select(false, a, b) -> b
  if (isSplat(adaptor.getCondition(), 1.0))
    return getA();
  if (isSplat(adaptor.getCondition(), 0.0))
    return getB();
  return {};
}

// Programs are differentiated before they are simplified, so what is left of b is never computed.
OpFoldResult WithGradientOp::fold(FoldAdaptor) { return getA(); }

} // namespace tcc
