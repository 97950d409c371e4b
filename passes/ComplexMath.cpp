// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Formulas of complex functions on (re, im). Special values follow C99 Annex G where a select can express it.

#include "passes/ComplexMath.h"

#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>
#include <numbers>

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
Value ComplexMath::less(Value x, Value y) { return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, y); }
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
  auto finite = [&](Value x) -> Value {
    return less(absolute(x), constant(x, std::numeric_limits<double>::infinity()));
  };
  Value xFinite = arith::AndIOp::create(b, loc, finite(x.re), finite(x.im));
  Value gone = arith::AndIOp::create(b, loc, yInf, xFinite);
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

// exp(x + iy) = e^x (cos y + i sin y). An imaginary zero stays zero even where e^x is infinite.
Complex ComplexMath::exp(Complex z) {
  // Halving x keeps e^x cos y finite where only e^x overflows.
  Value half = mul(z.re, constant(z.re, 0.5));
  Value root = math::ExpOp::create(b, loc, half);
  Value cosine = math::CosOp::create(b, loc, z.im), sine = math::SinOp::create(b, loc, z.im);
  // Squaring e^(x/2) would double its error; it is used only near overflow.
  Value whole = math::ExpOp::create(b, loc, z.re);
  Value large = isInf(whole);
  auto scaled = [&](Value factor) {
    Value product = select(large, mul(mul(factor, root), root), mul(factor, whole));
    return product;
  };
  Value flat = isZero(z.im);
  Complex result{select(flat, whole, scaled(cosine)), select(flat, z.im, scaled(sine))};
  // Without a phase e^-inf is still 0 and |e^inf| still inf (C99 G.6.3.1).
  Value lost = arith::AndIOp::create(b, loc, isInf(z.re), isNan(cosine));
  Value gone = arith::AndIOp::create(b, loc, lost, less(z.re, constant(z.re, 0)));
  return {select(lost, whole, result.re), select(gone, copySign(whole, z.im), result.im)};
}

// log z = log|z| + i arg z, with log|z| = log1p(|z|^2 - 1) / 2 near the unit circle, where log|z| would cancel:
// |z|^2 - 1 = (x - 1)(x + 1) + y^2 for x >= y >= 0.
Complex ComplexMath::log(Complex z) {
  Value x = absolute(z.re), y = absolute(z.im);
  Value swapped = less(x, y);
  Value large = select(swapped, y, x), small = select(swapped, x, y);
  Value one = constant(x, 1);
  Value excess = fma(sub(large, one), add(large, one), mul(small, small));
  Value nearOne = arith::AndIOp::create(b, loc, less(constant(x, 0.5), large), less(large, constant(x, 2)));
  Value near = mul(constant(x, 0.5), math::Log1pOp::create(b, loc, select(nearOne, excess, constant(x, 0))));
  // |z| may overflow where neither part does.
  bool isDouble = getElementTypeOrSelf(x.getType()).isF64();
  Value huge = less(constant(x, isDouble ? 1e307 : 1e38), large);
  Value scale = select(huge, constant(x, 0.25), one);
  Value far = math::LogOp::create(b, loc, hypot({mul(x, scale), mul(y, scale)}));
  far = add(far, select(huge, constant(x, 2 * std::numbers::ln2), constant(x, 0)));
  return {select(nearOne, near, far), math::Atan2Op::create(b, loc, z.im, z.re)};
}

// Kahan (1987), "Branch cuts for complex elementary functions": t = sqrt((|x| + |z|) / 2), the other part y / 2t.
// Scaled by 1/4 or 4 where |x| + |z| would overflow or lose subnormal digits.
Complex ComplexMath::sqrt(Complex z) {
  Value x = absolute(z.re), y = absolute(z.im);
  Value zero = constant(x, 0);
  bool isDouble = getElementTypeOrSelf(x.getType()).isF64();
  Value huge = arith::OrIOp::create(b, loc, less(constant(x, isDouble ? 1e307 : 1e37), x),
                                    less(constant(x, isDouble ? 1e307 : 1e37), y));
  Value tinyBound = constant(x, isDouble ? 1e-290 : 1e-30);
  Value tiny = arith::AndIOp::create(b, loc, less(x, tinyBound), less(y, tinyBound));
  Value one = constant(x, 1);
  double up = isDouble ? 0x1p54 : 0x1p24;
  Value scale = select(huge, constant(x, 0.0625), select(tiny, constant(x, up), one));
  Value unscale = select(huge, constant(x, 4), select(tiny, constant(x, 1 / std::sqrt(up)), one));
  Complex w{mul(z.re, scale), mul(z.im, scale)};
  Value sum = mul(add(absolute(w.re), hypot(w)), constant(x, 0.5));
  Value t = math::SqrtOp::create(b, loc, sum);
  Value none = isZero(t);
  Value other = div(absolute(w.im), mul(constant(x, 2), select(none, one, t)));
  t = mul(t, unscale);
  other = mul(select(none, zero, other), unscale);
  Value left = less(z.re, zero);
  Value re = select(left, other, t), im = copySign(select(left, t, other), z.im);
  // sqrt(x + i inf) = inf + i inf for every x (C99 G.6.4.2); an infinite real part has a definite other part too.
  Value inf = constant(x, std::numeric_limits<double>::infinity());
  Value xInf = isInf(x);
  re = select(xInf, select(left, select(isNan(y), y, zero), inf), re);
  im = select(xInf, select(left, copySign(inf, z.im), select(isNan(y), y, copySign(zero, z.im))), im);
  Value yInf = isInf(y);
  return {select(yInf, inf, re), select(yInf, z.im, im)};
}

// e^z - 1 = expm1(x) cos y - 2 sin^2(y / 2) + i e^x sin y, without the cancellation near 0.
Complex ComplexMath::expm1(Complex z) {
  Value grown = math::ExpM1Op::create(b, loc, z.re);
  Value halfSine = math::SinOp::create(b, loc, mul(z.im, constant(z.im, 0.5)));
  Value cosine = math::CosOp::create(b, loc, z.im);
  Value re = fma(grown, cosine, mul(constant(z.re, -2), mul(halfSine, halfSine)));
  Complex exponential = exp(z);
  Value flat = isZero(z.im);
  return {select(flat, grown, select(isInf(grown), exponential.re, re)), exponential.im};
}

// log(1 + z): for small z the real part is log1p(x (2 + x) + y^2) / 2.
Complex ComplexMath::log1p(Complex z) {
  Value one = constant(z.re, 1);
  Complex shifted{add(z.re, one), z.im};
  Complex far = log(shifted);
  Value half = constant(z.re, 0.5);
  Value isNear = arith::AndIOp::create(b, loc, less(absolute(z.re), half), less(absolute(z.im), half));
  Value excess = fma(z.re, add(z.re, constant(z.re, 2)), mul(z.im, z.im));
  Value near = mul(half, math::Log1pOp::create(b, loc, select(isNear, excess, constant(z.re, 0))));
  return {select(isNear, near, far.re), far.im};
}

// x^y = exp(y log x); 0^y is 0 for Re y > 0 and 1 for y = 0 (as NumPy).
Complex ComplexMath::pow(Complex x, Complex y) {
  Complex power = exp(mul(y, log(x)));
  Value zero = constant(x.re, 0), one = constant(x.re, 1);
  Value base = arith::AndIOp::create(b, loc, isZero(x.re), isZero(x.im));
  Value noExponent = arith::AndIOp::create(b, loc, isZero(y.re), isZero(y.im));
  Value vanishes = arith::AndIOp::create(b, loc, base, less(zero, y.re));
  power = select(vanishes, Complex{zero, zero}, power);
  return select(noExponent, Complex{one, zero}, power);
}

// sinh x cos y + i cosh x sin y. Where y has no sine a zero x stays zero and an infinite one infinite, and y = 0 stays
// zero where cosh x is infinite (C99 G.6.2.5).
Complex ComplexMath::sinh(Complex z) {
  Value sine = math::SinOp::create(b, loc, z.im), cosine = math::CosOp::create(b, loc, z.im);
  Value re = mul(math::SinhOp::create(b, loc, z.re), cosine), im = mul(math::CoshOp::create(b, loc, z.re), sine);
  Value edge = arith::OrIOp::create(b, loc, isZero(z.re), isInf(z.re));
  Value keeps = arith::AndIOp::create(b, loc, edge, isNan(sine));
  return {select(keeps, z.re, re), select(isZero(z.im), z.im, im)};
}

// cosh x cos y + i sinh x sin y, with the same edges (C99 G.6.2.4).
Complex ComplexMath::cosh(Complex z) {
  Value sine = math::SinOp::create(b, loc, z.im), cosine = math::CosOp::create(b, loc, z.im);
  Value re = mul(math::CoshOp::create(b, loc, z.re), cosine), im = mul(math::SinhOp::create(b, loc, z.re), sine);
  Value noPhase = isNan(sine);
  Value grown = arith::AndIOp::create(b, loc, isInf(z.re), noPhase);
  Value edge = arith::OrIOp::create(b, loc, isZero(z.im), arith::AndIOp::create(b, loc, isZero(z.re), noPhase));
  Value flat = mul(copySign(constant(z.re, 0), z.re), copySign(constant(z.re, 1), z.im));
  return {select(grown, absolute(z.re), re), select(edge, flat, im)};
}

// Kahan (1987): with t = tan y, s = sinh x, c = sqrt(1 + s^2), b = 1 + t^2:
// tanh z = (b c s + i t) / (1 + b s^2); for large |x| it is +-1 + 4 i sin y cos y e^(-2|x|).
Complex ComplexMath::tanh(Complex z) {
  Value one = constant(z.re, 1);
  bool isDouble = getElementTypeOrSelf(z.re.getType()).isF64();
  Value large = less(constant(z.re, isDouble ? 20 : 10), absolute(z.re));
  Value zero = constant(z.re, 0);
  Value x = select(large, zero, z.re);
  Value t = math::TanOp::create(b, loc, z.im);
  Value slope = fma(t, t, one), s = math::SinhOp::create(b, loc, x);
  Value c = math::SqrtOp::create(b, loc, fma(s, s, one));
  Value bs = mul(slope, s);
  Value denominator = fma(bs, s, one);
  Value re = div(mul(bs, c), denominator), im = div(t, denominator);
  // tan y near a pole: tanh(x + i pi/2) = coth x.
  Value pole = less(constant(t, isDouble ? 1e150 : 1e18), absolute(t));
  re = select(pole, div(c, s), re);
  im = select(pole, zero, im);
  Value decay = math::ExpOp::create(b, loc, mul(constant(z.re, -2), absolute(z.re)));
  Value sine = math::SinOp::create(b, loc, z.im), cosine = math::CosOp::create(b, loc, z.im);
  Value far = mul(mul(constant(z.re, 4), mul(sine, cosine)), decay);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // tanh(inf + iy) = 1 + 0 sin 2y, tanh(0 + i inf) = 0 + i nan and tanh(x + 0i) has that zero (C99 G.6.2.6).
  Value noPhase = isNan(sine);
  far = select(arith::AndIOp::create(b, loc, isInf(z.re), noPhase), copySign(zero, z.im), far);
  re = select(arith::AndIOp::create(b, loc, isZero(z.re), noPhase), z.re, re);
  Value lost = arith::AndIOp::create(b, loc, noPhase, less(absolute(z.re), constant(z.re, infinity)));
  Value limit = select(lost, sine, copySign(one, z.re));
  return {select(large, limit, re), select(isZero(z.im), z.im, select(large, far, im))};
}

std::optional<Complex> ComplexMath::expand(Operation *op, ArrayRef<Complex> v) {
  return llvm::TypeSwitch<Operation *, std::optional<Complex>>(op)
      .Case([&](complex::ConstantOp constantOp) {
        auto parts = constantOp.getValue();
        auto part = [&](Attribute value) -> Value { return arith::ConstantOp::create(b, loc, cast<TypedAttr>(value)); };
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
      .Case([&](complex::AngleOp) { return Complex{math::Atan2Op::create(b, loc, v[0].im, v[0].re), nullptr}; })
      .Case([&](complex::ExpOp) { return exp(v[0]); })
      .Case([&](complex::Expm1Op) { return expm1(v[0]); })
      .Case([&](complex::LogOp) { return log(v[0]); })
      .Case([&](complex::Log1pOp) { return log1p(v[0]); })
      .Case([&](complex::SqrtOp) { return sqrt(v[0]); })
      .Case([&](complex::RsqrtOp) { return div(Complex{constant(v[0].re, 1), constant(v[0].re, 0)}, sqrt(v[0])); })
      .Case([&](complex::PowOp) { return pow(v[0], v[1]); })
      // sin z = -i sinh(iz), cos z = cosh(iz), tan z = -i tanh(iz).
      .Case([&](complex::SinOp) {
        Complex w = sinh({neg(v[0].im), v[0].re});
        return Complex{w.im, neg(w.re)};
      })
      .Case([&](complex::CosOp) { return cosh({neg(v[0].im), v[0].re}); })
      .Case([&](complex::TanOp) {
        Complex w = tanh({neg(v[0].im), v[0].re});
        return Complex{w.im, neg(w.re)};
      })
      .Case([&](complex::TanhOp) { return tanh(v[0]); })
      .Case([&](complex::SignOp) {
        // An infinite part hides the finite one.
        Value infinite = arith::OrIOp::create(b, loc, isInf(v[0].re), isInf(v[0].im));
        auto corner = [&](Value x) {
          Value unit = select(isInf(x), constant(x, 1), select(isNan(x), x, constant(x, 0)));
          return select(infinite, copySign(unit, x), x);
        };
        Complex z{corner(v[0].re), corner(v[0].im)};
        Value size = hypot(z);
        Value safe = select(isZero(size), constant(size, 1), size);
        return Complex{div(z.re, safe), div(z.im, safe)};
      })
      .Case([&](complex::Atan2Op) -> std::optional<Complex> {
        // atan2(y, x) = -i log((x + i y) / sqrt(x^2 + y^2)).
        Complex y = v[0], x = v[1];
        Complex xx = mul(x, x), yy = mul(y, y);
        Complex length = sqrt({add(xx.re, yy.re), add(xx.im, yy.im)});
        Complex w = log(div(Complex{sub(x.re, y.im), add(x.im, y.re)}, length));
        return Complex{w.im, neg(w.re)};
      })
      .Case([&](complex::EqualOp) {
        auto same = [&](Value x, Value y) { return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y); };
        return Complex{arith::AndIOp::create(b, loc, same(v[0].re, v[1].re), same(v[0].im, v[1].im)), nullptr};
      })
      .Case([&](complex::NotEqualOp) {
        auto differs = [&](Value x, Value y) { return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x, y); };
        return Complex{arith::OrIOp::create(b, loc, differs(v[0].re, v[1].re), differs(v[0].im, v[1].im)), nullptr};
      })
      .Default([](Operation *) { return std::nullopt; });
}

} // namespace tcc
