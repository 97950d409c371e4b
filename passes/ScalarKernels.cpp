// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar kernels of reals, integers and bool, and the table that says which op has which.
#include "passes/ScalarKernels.h"
#include "passes/ComplexKernels.h"

#include "dialect/Ops.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace tcc {

ElementClass elementClassOf(Type element) {
  if (isa<FloatType>(element))
    return ElementClass::Float;
  if (isa<mlir::ComplexType>(element))
    return ElementClass::Complex;
  auto integer = cast<IntegerType>(element);
  return integer.getWidth() == 1 ? ElementClass::Bool
         : integer.isUnsigned()  ? ElementClass::Unsigned
                                 : ElementClass::Signed;
}

namespace kernels {
namespace {

Value constant(OpBuilder &b, Location loc, Type type, double value) {
  if (auto floats = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(b, loc, FloatAttr::get(floats, value));
  return arith::ConstantOp::create(b, loc, IntegerAttr::get(type, int64_t(value)));
}
Value constantLike(OpBuilder &b, Location loc, Value x, double value) { return constant(b, loc, x.getType(), value); }
Value compare(OpBuilder &b, Location loc, arith::CmpFPredicate predicate, Value x, Value y) {
  return arith::CmpFOp::create(b, loc, predicate, x, y);
}
Value compare(OpBuilder &b, Location loc, arith::CmpIPredicate predicate, Value x, Value y) {
  return arith::CmpIOp::create(b, loc, predicate, x, y);
}
Value choose(OpBuilder &b, Location loc, Value condition, Value x, Value y) {
  return arith::SelectOp::create(b, loc, condition, x, y);
}

//===----------------------------------------------------------------------===//
// Any type
//===----------------------------------------------------------------------===//

Value same(OpBuilder &, Location, Value x) { return x; }
Value first(OpBuilder &, Location, Value x, Value) { return x; }
Value select(OpBuilder &b, Location loc, Value condition, Value x, Value y) { return choose(b, loc, condition, x, y); }
Value limitWhere(OpBuilder &b, Location loc, Value near, Value, Value limit, Value quotient) {
  return choose(b, loc, near, limit, quotient);
}
Value makeComplex(OpBuilder &b, Location loc, Value re, Value im) {
  return complex::CreateOp::create(b, loc, mlir::ComplexType::get(re.getType()), re, im);
}
Value cast(OpBuilder &b, Location loc, Operation *op, Value x) {
  return buildScalarCast(b, loc, x, getElementTypeOrSelf(op->getOperand(0).getType()),
                         getElementTypeOrSelf(op->getResult(0).getType()));
}
Value special(OpBuilder &b, Location loc, Operation *op, Value x) {
  auto polygamma = dyn_cast<PolygammaOp>(op);
  return SpecialOp::create(b, loc, x.getType(), x, op->getName().stripDialect(), polygamma ? polygamma.getOrder() : 0);
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

#define TCC_COMPARE(name, predicate, kind)                                                                             \
  Value name(OpBuilder &b, Location loc, Value x, Value y) {                                                           \
    return compare(b, loc, arith::Cmp##kind##Predicate::predicate, x, y);                                              \
  }
TCC_COMPARE(equalFloat, OEQ, F)
TCC_COMPARE(notEqualFloat, UNE, F)
TCC_COMPARE(lessFloat, OLT, F)
TCC_COMPARE(lessEqualFloat, OLE, F)
TCC_COMPARE(greaterFloat, OGT, F)
TCC_COMPARE(greaterEqualFloat, OGE, F)
TCC_COMPARE(equalInt, eq, I)
TCC_COMPARE(notEqualInt, ne, I)
TCC_COMPARE(lessSigned, slt, I)
TCC_COMPARE(lessEqualSigned, sle, I)
TCC_COMPARE(greaterSigned, sgt, I)
TCC_COMPARE(greaterEqualSigned, sge, I)
TCC_COMPARE(lessUnsigned, ult, I)
TCC_COMPARE(lessEqualUnsigned, ule, I)
TCC_COMPARE(greaterUnsigned, ugt, I)
TCC_COMPARE(greaterEqualUnsigned, uge, I)
#undef TCC_COMPARE

Value squareFloat(OpBuilder &b, Location loc, Value x) { return arith::MulFOp::create(b, loc, x, x); }

/// NaN and both zeros are their own signs.
Value signFloat(OpBuilder &b, Location loc, Value x) {
  Value zero = constantLike(b, loc, x, 0), one = constantLike(b, loc, x, 1), minusOne = constantLike(b, loc, x, -1);
  return choose(b, loc, greaterFloat(b, loc, x, zero), one, choose(b, loc, lessFloat(b, loc, x, zero), minusOne, x));
}

/// s sqrt(1 + (t / s)^2) with s the larger magnitude: no square overflows. inf wins over NaN (C99 F.9.4.3).
Value hypot(OpBuilder &b, Location loc, Value x, Value y) {
  x = math::AbsFOp::create(b, loc, x);
  y = math::AbsFOp::create(b, loc, y);
  Value zero = constantLike(b, loc, x, 0), one = constantLike(b, loc, x, 1);
  Value infinity = constantLike(b, loc, x, std::numeric_limits<double>::infinity());
  Value swap = lessFloat(b, loc, x, y);
  Value large = choose(b, loc, swap, y, x), small = choose(b, loc, swap, x, y);
  Value isZero = equalFloat(b, loc, large, zero);
  Value ratio = arith::DivFOp::create(b, loc, small, choose(b, loc, isZero, one, large));
  Value sum = arith::AddFOp::create(b, loc, arith::MulFOp::create(b, loc, ratio, ratio), one);
  Value result = arith::MulFOp::create(b, loc, large, math::SqrtOp::create(b, loc, sum));
  // Both zero gives 0, or the NaN that came with a zero.
  result = choose(b, loc, isZero, arith::AddFOp::create(b, loc, large, small), result);
  Value anyInfinite = arith::OrIOp::create(b, loc, equalFloat(b, loc, x, infinity), equalFloat(b, loc, y, infinity));
  return choose(b, loc, anyInfinite, infinity, result);
}

/// Whether a remainder r has the wrong sign for a divisor y: r != 0 and the signs differ.
Value hasOtherSign(OpBuilder &b, Location loc, Value r, Value y) {
  Value zero = constantLike(b, loc, r, 0);
  Value differ = arith::XOrIOp::create(b, loc, lessFloat(b, loc, r, zero), lessFloat(b, loc, y, zero));
  return arith::AndIOp::create(b, loc, notEqualFloat(b, loc, r, zero), differ);
}

/// The remainder with the sign of the divisor; a zero has it, too (Python's and NumPy's).
Value remainderFloat(OpBuilder &b, Location loc, Value x, Value y) {
  Value r = arith::RemFOp::create(b, loc, x, y);
  Value shifted = choose(b, loc, hasOtherSign(b, loc, r, y), arith::AddFOp::create(b, loc, r, y), r);
  Value isZero = equalFloat(b, loc, r, constantLike(b, loc, r, 0));
  return choose(b, loc, isZero, math::CopySignOp::create(b, loc, r, y), shifted);
}

/// floor(x / y) as if the quotient were exact: (x - remainder) / y is an integer but for rounding (NumPy's npy_divmod).
Value floorDivFloat(OpBuilder &b, Location loc, Value x, Value y) {
  Value r = arith::RemFOp::create(b, loc, x, y), zero = constantLike(b, loc, x, 0), one = constantLike(b, loc, x, 1);
  Value q = arith::DivFOp::create(b, loc, arith::SubFOp::create(b, loc, x, r), y);
  q = choose(b, loc, hasOtherSign(b, loc, r, y), arith::SubFOp::create(b, loc, q, one), q);
  Value floor = math::RoundEvenOp::create(b, loc, q);
  Value quotient = arith::DivFOp::create(b, loc, x, y);
  floor = choose(b, loc, equalFloat(b, loc, q, zero), math::CopySignOp::create(b, loc, zero, quotient), floor);
  return choose(b, loc, equalFloat(b, loc, y, zero), quotient, floor);
}

//===----------------------------------------------------------------------===//
// Integers. Nothing traps: x / 0 and x % 0 are 0, the smallest number by -1 wraps.
//===----------------------------------------------------------------------===//

unsigned widthOf(Value x) { return x.getType().getIntOrFloatBitWidth(); }

Value negInt(OpBuilder &b, Location loc, Value x) {
  return arith::SubIOp::create(b, loc, constantLike(b, loc, x, 0), x);
}
Value notInt(OpBuilder &b, Location loc, Value x) {
  return arith::XOrIOp::create(b, loc, x, constantLike(b, loc, x, -1));
}
Value absInt(OpBuilder &b, Location loc, Value x) {
  Value isNegative = lessSigned(b, loc, x, constantLike(b, loc, x, 0));
  return choose(b, loc, isNegative, negInt(b, loc, x), x);
}
Value signInt(OpBuilder &b, Location loc, Value x) {
  // -1 or 0 from the sign bit, or 1 if any bit is set.
  Value sign = arith::ShRSIOp::create(b, loc, x, constantLike(b, loc, x, widthOf(x) - 1));
  Value isPositive = greaterSigned(b, loc, x, constantLike(b, loc, x, 0));
  return choose(b, loc, isPositive, constantLike(b, loc, x, 1), sign);
}
Value signUnsigned(OpBuilder &b, Location loc, Value x) {
  Value zero = constantLike(b, loc, x, 0);
  return choose(b, loc, notEqualInt(b, loc, x, zero), constantLike(b, loc, x, 1), zero);
}
Value squareInt(OpBuilder &b, Location loc, Value x) { return arith::MulIOp::create(b, loc, x, x); }

/// y, or 1 where x / y would trap; x / 1 is then the wrapped quotient, but for y = 0.
Value safeDivisor(OpBuilder &b, Location loc, Value x, Value y, bool isSigned) {
  Value one = constantLike(b, loc, y, 1);
  Value traps = equalInt(b, loc, y, constantLike(b, loc, y, 0));
  if (isSigned) {
    auto smallest = IntegerAttr::get(x.getType(), APInt::getSignedMinValue(widthOf(x)));
    Value isSmallest = equalInt(b, loc, x, arith::ConstantOp::create(b, loc, smallest));
    Value isMinusOne = equalInt(b, loc, y, constantLike(b, loc, y, -1));
    traps = arith::OrIOp::create(b, loc, traps, arith::AndIOp::create(b, loc, isSmallest, isMinusOne));
  }
  return choose(b, loc, traps, one, y);
}
Value zeroIfByZero(OpBuilder &b, Location loc, Value y, Value result) {
  Value zero = constantLike(b, loc, y, 0);
  return choose(b, loc, equalInt(b, loc, y, zero), zero, result);
}
Value hasOtherSignInt(OpBuilder &b, Location loc, Value r, Value y) {
  Value zero = constantLike(b, loc, r, 0);
  Value differ = lessSigned(b, loc, arith::XOrIOp::create(b, loc, r, y), zero);
  return arith::AndIOp::create(b, loc, notEqualInt(b, loc, r, zero), differ);
}
Value floorDivSigned(OpBuilder &b, Location loc, Value x, Value y) {
  Value safe = safeDivisor(b, loc, x, y, /*isSigned=*/true);
  Value q = arith::DivSIOp::create(b, loc, x, safe);
  Value r = arith::SubIOp::create(b, loc, x, arith::MulIOp::create(b, loc, q, safe));
  Value lower = arith::SubIOp::create(b, loc, q, constantLike(b, loc, q, 1));
  return zeroIfByZero(b, loc, y, choose(b, loc, hasOtherSignInt(b, loc, r, safe), lower, q));
}
Value floorDivUnsigned(OpBuilder &b, Location loc, Value x, Value y) {
  return zeroIfByZero(b, loc, y, arith::DivUIOp::create(b, loc, x, safeDivisor(b, loc, x, y, /*isSigned=*/false)));
}
Value fmodSigned(OpBuilder &b, Location loc, Value x, Value y) {
  return zeroIfByZero(b, loc, y, arith::RemSIOp::create(b, loc, x, safeDivisor(b, loc, x, y, /*isSigned=*/true)));
}
Value remainderSigned(OpBuilder &b, Location loc, Value x, Value y) {
  Value safe = safeDivisor(b, loc, x, y, /*isSigned=*/true);
  Value r = arith::RemSIOp::create(b, loc, x, safe);
  Value shifted = arith::AddIOp::create(b, loc, r, safe);
  return zeroIfByZero(b, loc, y, choose(b, loc, hasOtherSignInt(b, loc, r, safe), shifted, r));
}
Value remainderUnsigned(OpBuilder &b, Location loc, Value x, Value y) {
  return zeroIfByZero(b, loc, y, arith::RemUIOp::create(b, loc, x, safeDivisor(b, loc, x, y, /*isSigned=*/false)));
}

Value powSigned(OpBuilder &b, Location loc, Value x, Value y) { return math::IPowIOp::create(b, loc, x, y); }
Value powUnsigned(OpBuilder &b, Location loc, Value x, Value y) {
  // math.ipowi has signed exponents: one bit more holds them, and the low bits of the power are the same.
  Type type = x.getType(), wide = b.getIntegerType(2 * widthOf(x));
  Value power = math::IPowIOp::create(b, loc, arith::ExtUIOp::create(b, loc, wide, x).getResult(),
                                      arith::ExtUIOp::create(b, loc, wide, y).getResult());
  return arith::TruncIOp::create(b, loc, type, power);
}

Value isPastWidth(OpBuilder &b, Location loc, Value amount) {
  return greaterEqualUnsigned(b, loc, amount, constantLike(b, loc, amount, widthOf(amount)));
}
Value shiftLeft(OpBuilder &b, Location loc, Value x, Value amount) {
  Value shifted = arith::ShLIOp::create(b, loc, x, amount);
  return choose(b, loc, isPastWidth(b, loc, amount), constantLike(b, loc, x, 0), shifted);
}
Value shiftRightSigned(OpBuilder &b, Location loc, Value x, Value amount) {
  Value most = constantLike(b, loc, x, widthOf(x) - 1);
  return arith::ShRSIOp::create(b, loc, x, arith::MinUIOp::create(b, loc, amount, most));
}
Value shiftRightUnsigned(OpBuilder &b, Location loc, Value x, Value amount) {
  Value shifted = arith::ShRUIOp::create(b, loc, x, amount);
  return choose(b, loc, isPastWidth(b, loc, amount), constantLike(b, loc, x, 0), shifted);
}

} // namespace
} // namespace kernels

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

static Value floatToInt(OpBuilder &b, Location loc, Value x, IntegerType to) {
  unsigned width = to.getWidth();
  bool isUnsigned = to.isUnsigned();
  Type type = b.getIntegerType(width);
  APInt most = isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  APInt least = isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
  // The first value past the largest is a power of two, exact in every float type or its infinity.
  double past = std::ldexp(1.0, isUnsigned ? width : width - 1);
  Value isHigh = kernels::greaterEqualFloat(b, loc, x, kernels::constantLike(b, loc, x, past));
  Value isLow = isUnsigned ? kernels::lessEqualFloat(b, loc, x, kernels::constantLike(b, loc, x, 0))
                           : kernels::lessFloat(b, loc, x, kernels::constantLike(b, loc, x, -past));
  Value isNan = kernels::notEqualFloat(b, loc, x, x);
  Value outside = arith::OrIOp::create(b, loc, arith::OrIOp::create(b, loc, isHigh, isLow), isNan);
  Value safe = kernels::choose(b, loc, outside, kernels::constantLike(b, loc, x, 0), x);
  Value result = isUnsigned ? arith::FPToUIOp::create(b, loc, type, safe).getResult()
                            : arith::FPToSIOp::create(b, loc, type, safe).getResult();
  auto integer = [&](const APInt &value) { return arith::ConstantOp::create(b, loc, IntegerAttr::get(type, value)); };
  result = kernels::choose(b, loc, isHigh, integer(most), result);
  return kernels::choose(b, loc, isLow, integer(least), result);
}

static Value toFloat(OpBuilder &b, Location loc, Value x, Type from, FloatType to) {
  if (auto source = dyn_cast<FloatType>(from)) {
    if (source == to)
      return x;
    // Neither of the 16-bit types contains the other.
    if (source.getWidth() == to.getWidth())
      x = arith::ExtFOp::create(b, loc, b.getF32Type(), x);
    return source.getWidth() < to.getWidth() ? arith::ExtFOp::create(b, loc, to, x).getResult()
                                             : arith::TruncFOp::create(b, loc, to, x).getResult();
  }
  return elementClassOf(from) == ElementClass::Signed ? arith::SIToFPOp::create(b, loc, to, x).getResult()
                                                      : arith::UIToFPOp::create(b, loc, to, x).getResult();
}

Value buildScalarCast(OpBuilder &b, Location loc, Value x, Type from, Type to) {
  if (from == to)
    return x;
  bool toBool = to.isInteger(1);
  if (auto source = dyn_cast<mlir::ComplexType>(from)) {
    Value re = complex::ReOp::create(b, loc, x), im = complex::ImOp::create(b, loc, x);
    Type part = source.getElementType();
    if (auto target = dyn_cast<mlir::ComplexType>(to)) {
      auto element = cast<FloatType>(target.getElementType());
      return kernels::makeComplex(b, loc, toFloat(b, loc, re, part, element), toFloat(b, loc, im, part, element));
    }
    Value result = buildScalarCast(b, loc, re, part, to);
    return toBool ? arith::OrIOp::create(b, loc, result, buildScalarCast(b, loc, im, part, to)).getResult() : result;
  }
  if (auto target = dyn_cast<mlir::ComplexType>(to)) {
    auto element = cast<FloatType>(target.getElementType());
    return kernels::makeComplex(b, loc, toFloat(b, loc, x, from, element), kernels::constant(b, loc, element, 0));
  }
  if (auto target = dyn_cast<FloatType>(to))
    return toFloat(b, loc, x, from, target);
  if (isa<FloatType>(from))
    return toBool ? kernels::notEqualFloat(b, loc, x, kernels::constantLike(b, loc, x, 0))
                  : floatToInt(b, loc, x, cast<IntegerType>(to));
  if (toBool)
    return kernels::notEqualInt(b, loc, x, kernels::constantLike(b, loc, x, 0));
  unsigned width = cast<IntegerType>(to).getWidth(), sourceWidth = cast<IntegerType>(from).getWidth();
  Type type = b.getIntegerType(width);
  if (width == sourceWidth)
    return x;
  if (width < sourceWidth)
    return arith::TruncIOp::create(b, loc, type, x);
  return elementClassOf(from) == ElementClass::Signed ? arith::ExtSIOp::create(b, loc, type, x).getResult()
                                                      : arith::ExtUIOp::create(b, loc, type, x).getResult();
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

using Kernel = Value (*)(Operation *, OpBuilder &, Location, ValueRange);
using Kernels = std::array<Kernel, 5>; // by ElementClass

static const llvm::DenseMap<TypeID, Kernels> &kernelTable() {
  static const llvm::DenseMap<TypeID, Kernels> table = {
#define TCC_KERNELS(Op, ofFloat, ofComplex, ofSigned, ofUnsigned, ofBool)                                              \
  {TypeID::get<Op>(), Kernels{ofFloat, ofComplex, ofSigned, ofUnsigned, ofBool}},
#include "passes/ScalarKernels.cpp.inc"
#undef TCC_KERNELS
  };
  return table;
}

Value buildScalarKernel(Operation *op, OpBuilder &b, Location loc, ValueRange scalars) {
  auto found = kernelTable().find(op->getName().getTypeID());
  if (found == kernelTable().end())
    return {};
  // The last operand decides: the first of select is its condition.
  Type element = getElementTypeOrSelf(op->getOperands().back().getType());
  Kernel kernel = found->second[size_t(elementClassOf(element))];
  return kernel ? kernel(op, b, loc, scalars) : Value();
}

} // namespace tcc
