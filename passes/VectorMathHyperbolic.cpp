// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sinh, cosh, tanh and their inverses, on the cores of VectorMathExpLog.cpp.

#include "passes/VectorMathCoefficients.h"
#include "passes/VectorMathFunctions.h"

#include <cmath>
#include <limits>

namespace tcc::vecmath {
using namespace coefficients;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
} // namespace

/// x + x^3 P(x^2).
static F oddPoly(F x, llvm::ArrayRef<double> p) {
  Emitter &e = *x.e;
  F z = x * x;
  return e.fma(x * z, e.poly(z, p), x);
}

namespace {
/// With |x| = n ln 2 + r: quarter sums of 2^n and 2^-n, and sinh r, cosh r - 1.
struct HyperbolicParts {
  F difference, sum, sinhR, coshR1;
};
} // namespace

static HyperbolicParts hyperbolicParts(F a) {
  // The clamp lies where the largest n keeps 2^(n - 2) finite and the result has overflowed.
  Emitter &e = *a.e;
  const double top = e.pick(89.5, 710.6);
  ExpReduction d = reduceExp(e.select(a > top, e.constant(top), a));
  const double negligible = e.precision();
  F up = e.exp2i(d.n.integer - 2);
  F down = e.exp2i(e.toInt(-e.select(d.n.value > negligible, e.constant(negligible), d.n.value)) - 2);
  F z = d.r * d.r;
  F s = d.r + e.fma(d.r * z, e.poly(z, e.pick(sinhS32, sinhS64)), d.lo);
  return {up - down, up + down, s, z * e.poly(z, e.pick(coshC32, coshC64))};
}

F expandSinh(F x) {
  // sinh(n ln 2 + r) = sinh(n ln 2) cosh r + cosh(n ln 2) sinh r.
  Emitter &e = *x.e;
  F a = e.abs(x);
  HyperbolicParts h = hyperbolicParts(a);
  F r = (h.difference + e.fma(h.difference, h.coshR1, h.sum * h.sinhR)) * 2.0;
  r = e.select(a < std::ldexp(1.0, -e.precision() / 2), a, r);
  return e.copySign(r, x);
}

F expandCosh(F x) {
  Emitter &e = *x.e;
  HyperbolicParts h = hyperbolicParts(e.abs(x));
  return (h.sum + e.fma(h.sum, h.coshR1, h.difference * h.sinhR)) * 2.0;
}

F expandTanh(F x) {
  // tanh a = h / (h + 1) with h = (e^2a - 1) / 2, whose error counts 1 / (h + 1) times. The remainder h - q (h + 1)
  // takes the roundings of the sum and of the quotient back: h - q is exact up to 1, and later the sum's counts less.
  Emitter &e = *x.e;
  F a = e.abs(x);
  const double top = e.pick(10.0, 22.0);
  F h = halfExpm1(e.select(a > top, e.constant(top), a) * 2.0);
  F inverse = 1.0 / (h + 1.0);
  F q = h * inverse, rest = h - q;
  if (e.hasFma()) {
    rest = e.fma(-q, h, rest);
  } else {
    Pair b = e.twoProduct(q, h);
    rest = (rest - b.hi) - b.lo;
  }
  return e.copySign(e.fma(rest, inverse, q), x);
}

/// The low part of sqrt(w + lo) whose high part is s = sqrt(w); 0 where s is.
static F sqrtTail(F s, F w, F lo) {
  Emitter &e = *s.e;
  Pair q = e.twoProduct(s, s);
  return e.select(s > 0.0, (((w - q.hi) - q.lo) + lo) * (0.5 / s), e.constant(0.0));
}

F expandAsinh(F x) {
  // ln(a + sqrt(a^2 + 1)) with both summands in twice the precision; ln(2 a) once a^2 + 1 rounds to a^2.
  Emitter &e = *x.e;
  F a = e.abs(x);
  M big = a > std::ldexp(1.0, e.precision() / 2 + 2);
  F m = e.select(big, e.constant(1.0), a);
  Pair p = e.twoProduct(m, m);
  Pair w = e.twoSum(p.hi, e.constant(1.0));
  F tail = w.lo + p.lo;
  F s = e.sqrt(w.hi);
  F sl = sqrtTail(s, w.hi, tail);
  Pair v = e.twoSum(m, s);
  F hi = e.select(big, a, v.hi);
  F lo = e.select(big, e.constant(0.0), v.lo + sl);
  Split d = splitExponent(hi);
  F exponent = d.e + e.select(big, e.constant(1.0), e.constant(0.0));
  F scale = e.exp2i(e.toInt(e.select(big, e.constant(0.0), -d.e)));
  F r = logOfSplit(exponent, d.f, lo * scale);
  r = e.select(a < 0.5, oddPoly(a, e.pick(asinhP32, asinhP64)), r);
  r = e.select(a < infinity, r, a);
  return e.copySign(r, x);
}

F expandAcosh(F x) {
  // ln(1 + u) with u = (x - 1) + sqrt(x^2 - 1) in twice the precision; ln(2 x) for large x.
  Emitter &e = *x.e;
  M big = x > std::ldexp(1.0, e.precision() / 2 + 2);
  F m = e.select(big, e.constant(2.0), x);
  Pair t = e.twoSum(m, e.constant(-1.0));
  Pair p = e.twoProduct(m, m);
  Pair d = e.twoSum(p.hi, e.constant(-1.0));
  Pair w = e.fastTwoSum(d.hi, d.lo + p.lo);
  F s = e.sqrt(w.hi);
  F sl = sqrtTail(s, w.hi, w.lo);
  Pair u = e.twoSum(t.hi, s);
  F small = log1pOf(u.hi, (u.lo + t.lo) + sl);
  Split l = splitExponent(x);
  F large = logOfSplit(l.e + 1.0, l.f, {});
  F r = e.select(big, large, small);
  r = e.select(x < infinity, r, x);
  return e.select(x < 1.0, e.constant(notANumber), e.select(x == 1.0, e.constant(0.0), r));
}

F expandAtanh(F x) {
  // ln((1 + a) / (1 - a)) / 2 with the quotient in twice the precision: 1 - a is exact from 1/2 on.
  Emitter &e = *x.e;
  F a = e.abs(x);
  F m = e.select(a < 1.0, a, e.constant(0.5));
  Pair n = e.fastTwoSum(e.constant(1.0), m);
  F d = 1.0 - m;
  F q = n.hi / d;
  Pair b = e.twoProduct(q, d);
  F lo = (((n.hi - b.hi) - b.lo) + n.lo) / d;
  F r = logOf(q, lo) * 0.5;
  r = e.select(a < 0.5, oddPoly(a, e.pick(atanhP32, atanhP64)), r);
  r = e.select(a < 1.0, r, e.select(a == 1.0, e.constant(infinity), e.constant(notANumber)));
  r = e.select(e.isNan(x), x, r);
  return e.copySign(r, x);
}

} // namespace tcc::vecmath
