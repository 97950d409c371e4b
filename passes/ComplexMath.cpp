// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Formulas of complex functions on (re, im). Special values follow C99 Annex G where a select can express it.

#include "passes/ComplexMath.h"

#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <limits>

using namespace mlir;

namespace tcc {

Value ComplexMath::constant(Value like, double value) {
  Type type = like.getType();
  FloatAttr scalar = FloatAttr::get(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(vector, scalar));
  return arith::ConstantOp::create(b, loc, scalar);
}
Value ComplexMath::add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
Value ComplexMath::sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
Value ComplexMath::mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
Value ComplexMath::div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
Value ComplexMath::neg(Value x) { return arith::NegFOp::create(b, loc, x); }
Value ComplexMath::fma(Value x, Value y, Value z) { return math::FmaOp::create(b, loc, x, y, z); }
Value ComplexMath::absolute(Value x) { return math::AbsFOp::create(b, loc, x); }
Value ComplexMath::copySign(Value magnitude, Value sign) { return math::CopySignOp::create(b, loc, magnitude, sign); }
Value ComplexMath::less(Value x, Value y) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, y);
}
Value ComplexMath::isNan(Value x) { return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x); }
Value ComplexMath::isZero(Value x) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, constant(x, 0));
}
Value ComplexMath::isInf(Value x) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, absolute(x),
                               constant(x, std::numeric_limits<double>::infinity()));
}
Value ComplexMath::select(Value c, Value x, Value y) { return arith::SelectOp::create(b, loc, c, x, y); }
Complex ComplexMath::select(Value c, Complex x, Complex y) { return {select(c, x.re, y.re), select(c, x.im, y.im)}; }

Complex ComplexMath::mul(Complex x, Complex y) {
  return {fma(x.re, y.re, neg(mul(x.im, y.im))), fma(x.re, y.im, mul(x.im, y.re))};
}

// Smith, Algorithm 116 (1962): scale by the larger component of the divisor. One division by the ratio's denominator
// would underflow for tiny ratios, so numerators are divided, not multiplied by a reciprocal.
Complex ComplexMath::div(Complex x, Complex y) {
  Value imLarger = less(absolute(y.re), absolute(y.im));
  Value large = select(imLarger, y.im, y.re), small = select(imLarger, y.re, y.im);
  Value ratio = div(small, large);
  Value denominator = fma(small, ratio, large);
  // |re| >= |im|: ((a + b r) / d, (b - a r) / d); otherwise ((a r + b) / d, (b r - a) / d).
  Value first = select(imLarger, x.im, x.re), second = select(imLarger, x.re, x.im);
  Value re = div(fma(second, ratio, first), denominator);
  Value imNumerator = select(imLarger, fma(x.im, ratio, neg(x.re)), fma(neg(x.re), ratio, x.im));
  Value im = div(imNumerator, denominator);
  // x / 0 = inf of x's signs, finite / inf = 0 (C99 G.5.1).
  Value zero = constant(y.re, 0);
  Value byZero = arith::AndIOp::create(b, loc, isZero(y.re), isZero(y.im));
  Value inf = copySign(constant(y.re, std::numeric_limits<double>::infinity()), y.re);
  re = select(byZero, mul(inf, x.re), re);
  im = select(byZero, mul(inf, x.im), im);
  Value yInf = arith::OrIOp::create(b, loc, isInf(y.re), isInf(y.im));
  Value xBad = arith::OrIOp::create(b, loc, arith::OrIOp::create(b, loc, isInf(x.re), isInf(x.im)),
                                    arith::OrIOp::create(b, loc, isNan(x.re), isNan(x.im)));
  Value yNan = arith::OrIOp::create(b, loc, isNan(y.re), isNan(y.im));
  Value gone = arith::AndIOp::create(
      b, loc, yInf,
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, arith::OrIOp::create(b, loc, xBad, yNan), 
                            arith::XOrIOp::create(b, loc, xBad, xBad)));
  return {select(gone, zero, re), select(gone, zero, im)};
}

// With s the larger and t the smaller magnitude: s sqrt(1 + (t/s)^2); t/s never overflows and its square may only
// underflow where it no longer counts. inf wins over NaN (C99 F.9.4.3).
Value ComplexMath::hypot(Complex z) {
  Value x = absolute(z.re), y = absolute(z.im);
  Value swapped = less(x, y);
  Value large = select(swapped, y, x), small = select(swapped, x, y);
  Value zero = constant(x, 0), one = constant(x, 1);
  Value ratio = div(small, select(isZero(large), one, large));
  Value result = mul(large, math::SqrtOp::create(b, loc, fma(ratio, ratio, one)));
  result = select(isZero(large), select(isNan(small), small, zero), result);
  Value anyInf = arith::OrIOp::create(b, loc, isInf(x), isInf(y));
  return select(anyInf, constant(x, std::numeric_limits<double>::infinity()), result);
}

std::optional<Complex> ComplexMath::expand(Operation *op, ArrayRef<Complex> v) {
  return llvm::TypeSwitch<Operation *, std::optional<Complex>>(op)
      .Case([&](complex::ConstantOp constantOp) {
        auto parts = constantOp.getValue();
        auto part = [&](Attribute value) -> Value {
          return arith::ConstantOp::create(b, loc, cast<TypedAttr>(value));
        };
        return Complex{part(parts[0]), part(parts[1])};
      })
      .Case([&](complex::CreateOp) { return Complex{v[0].re, v[1].re}; })
      .Case([&](complex::ReOp) { return Complex{v[0].re, nullptr}; })
      .Case([&](complex::ImOp) { return Complex{v[0].im, nullptr}; })
      .Case([&](complex::AddOp) { return Complex{add(v[0].re, v[1].re), add(v[0].im, v[1].im)}; })
      .Case([&](complex::SubOp) { return Complex{sub(v[0].re, v[1].re), sub(v[0].im, v[1].im)}; })
      .Case([&](complex::NegOp) { return Complex{neg(v[0].re), neg(v[0].im)}; })
      .Case([&](complex::ConjOp) { return Complex{v[0].re, neg(v[0].im)}; })
      .Case([&](complex::MulOp) { return mul(v[0], v[1]); })
      .Case([&](complex::DivOp) { return div(v[0], v[1]); })
      .Case([&](complex::AbsOp) { return Complex{hypot(v[0]), nullptr}; })
      .Case([&](complex::EqualOp) {
        auto same = [&](Value x, Value y) {
          return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y);
        };
        return Complex{arith::AndIOp::create(b, loc, same(v[0].re, v[1].re), same(v[0].im, v[1].im)), nullptr};
      })
      .Case([&](complex::NotEqualOp) {
        auto differs = [&](Value x, Value y) {
          return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x, y);
        };
        return Complex{arith::OrIOp::create(b, loc, differs(v[0].re, v[1].re), differs(v[0].im, v[1].im)), nullptr};
      })
      .Default([](Operation *) { return std::nullopt; });
}

} // namespace tcc
