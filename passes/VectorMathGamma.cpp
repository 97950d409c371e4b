// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// lgamma (log |Gamma|) and digamma: recurrence to a unit interval with a minimax polynomial, Stirling's series from 8
// on (Abramowitz & Stegun 6.1.41, 6.3.18), reflection for negative arguments behind a branch.

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

/// lgamma of a >= 0.
static F lgammaPositive(F a) {
  // For a < 8, with an integer m near a: lgamma(a) = lgamma(a - m + 2) +- ln(product). The factor u = a - m of the
  // polynomial is exact, and near a = 1 the logarithm is as accurate as u, so the zeros at 1 and 2 stay relative. m
  // turns from 1 to 2 at 1.28, before the logarithm is much larger than the result it is subtracted for.
  Emitter &e = *a.e;
  M stirling = a >= 8.0;
  F m = e.floor(a + 0.72);
  F u = a - m;
  F product = e.constant(1.0);
  for (int i = 1; i <= 6; ++i)
    product = e.select(m >= double(i + 2), product * (a - double(i)), product);
  M below = m <= 1.0;
  product = e.select(below, e.select(m == 0.0, a * (a + 1.0), a), product);
  F l = logOf(e.select(stirling, a, product), {});
  F near = e.fma(u, e.poly(u, e.pick(lgammaR32, lgammaR64)), e.select(below, -l, l));
  F inverse = 1.0 / a;
  F series =
      e.fma(inverse, e.poly(inverse * inverse, e.pick(lgammaS32, lgammaS64)), e.constant(0.91893853320467274178 - 0.5));
  F far = e.fma(a - 0.5, l - 1.0, series);
  F r = e.select(stirling, far, near);
  return e.select(a == 0.0, e.constant(infinity), r);
}

F expandLgamma(F x) {
  // lgamma(-a) = ln(pi / (a |sin(pi a)|)) - lgamma(a).
  Emitter &e = *x.e;
  F a = e.abs(x);
  F positive = lgammaPositive(a);
  M negative = x < 0.0;
  return e.ifAnyLane(negative, {positive}, [&]() -> llvm::SmallVector<F> {
    F fraction = a - e.roundEven(a);
    F s = e.abs(sinPi(fraction));
    F r = logOf(e.constant(M_PI) / (a * s), {}) - positive;
    r = e.select(a < std::ldexp(1.0, -e.precision() - 5), positive, r);
    r = e.select((fraction == 0.0) | (a == infinity), e.constant(infinity), r);
    return {e.select(negative, r, positive)};
  })[0];
}

/// digamma of a > 0.
static F digammaPositive(F a) {
  // For a < 8: digamma(a) = digamma(y) + sum of 1 / (a - i) as one fraction n / d, y in [1, 2); y - x0 is formed from
  // the root x0 in two parts, so the zero stays relative.
  Emitter &e = *a.e;
  M far = a >= 8.0;
  F m = e.select(far, e.constant(1.0), e.floor(a));
  F k = m - 1.0;
  M below = m == 0.0;
  F n = e.select(below, e.constant(-1.0), e.constant(0.0));
  F d = e.select(below | far, a, e.constant(1.0));
  for (int i = 1; i <= 6; ++i) {
    M taken = m >= double(i + 1);
    F factor = a - double(i);
    n = e.select(taken, e.fma(n, factor, d), n);
    d = e.select(taken, d * factor, d);
  }
  F inverse = 1.0 / d;
  F y = a - k;
  const double rootHi = e.pick(1.46163213253021240234375, 1.46163214496836224576);
  const double rootLo = e.pick(1.24381499389189e-8, 9.54999542996569772e-17);
  F offset = (y - rootHi) - rootLo;
  F near = e.fma(offset, e.poly(y - 1.5, e.pick(digammaR32, digammaR64)), n * inverse);
  F z = inverse * inverse;
  F l = logOf(e.select(far, a, e.constant(8.0)), {});
  F series = e.fma(z, e.poly(z, e.pick(digammaS32, digammaS64)), inverse * 0.5);
  F r = e.select(far, l - series, near);
  return e.select(a == infinity, a, r);
}

F expandDigamma(F x) {
  // digamma(-a) = digamma(a) + 1 / a + pi cot(pi a).
  Emitter &e = *x.e;
  F a = e.abs(x);
  F positive = digammaPositive(a);
  M negative = x < 0.0;
  F r = e.ifAnyLane(negative, {positive}, [&]() -> llvm::SmallVector<F> {
    F fraction = a - e.roundEven(a);
    F inverse = 1.0 / a;
    F r = (positive + inverse) + cotPi(fraction) * M_PI;
    r = e.select(a < std::ldexp(1.0, -e.precision() - 5), inverse, r);
    r = e.select((fraction == 0.0) | (a == infinity), e.constant(notANumber), r);
    return {e.select(negative, r, positive)};
  })[0];
  r = e.select(x == 0.0, e.copySign(e.constant(infinity), -x), r);
  return e.select(e.isNan(x), x, r);
}

} // namespace tcc::vecmath
