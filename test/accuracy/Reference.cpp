// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// digamma by its series about the positive root, erfinv by Newton's iteration on erf and erfc.

#include "test/accuracy/Reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <math.h>

namespace tcc::accuracy {

static constexpr long double pi = 3.14159265358979323846264338327950288L;

static long double digammaPositive(long double x) {
  // B_2k / 2k of the asymptotic series (Abramowitz & Stegun 6.3.18).
  static constexpr long double b[] = {1.0L / 12,        -1.0L / 120,      1.0L / 252, -1.0L / 240,
                                      1.0L / 132,       -691.0L / 32760,  1.0L / 12,  -3617.0L / 8160,
                                      43867.0L / 14364, -174611.0L / 6600};
  if (x > 30) {
    long double z = 1 / (x * x), power = z, sum = logl(x) - 0.5L / x;
    for (long double c : b) {
      sum -= c * power;
      power *= z;
    }
    return sum;
  }
  // digamma(x) - digamma(x0), every term a multiple of x - x0: relative accuracy also at the root.
  constexpr long double rootHi = 1.4616321449683622457627L, rootLo = 9.5499954299656977152e-17L;
  const long double d = (x - static_cast<double>(rootHi)) - rootLo;
  const long double x0 = static_cast<double>(rootHi) + rootLo;
  constexpr int n = 24;
  long double sum = 0;
  for (int k = n - 1; k >= 0; --k)
    sum += 1 / ((x + k) * (x0 + k));
  const long double p = x + n, q = x0 + n, l = log1pl(d / q);
  long double tail = l + d / (2 * p * q);
  long double power = 1 / (q * q), scale = power;
  for (int k = 0; k < 10; ++k) {
    tail -= b[k] * power * expm1l(-2 * (k + 1) * l);
    power *= scale;
  }
  return d * sum + tail;
}

long double digammaReference(long double x) {
  if (x == 0)
    return -std::copysign(std::numeric_limits<long double>::infinity(), x);
  if (x > 0)
    return std::isinf(x) ? x : digammaPositive(x);
  long double a = -x, r = a - rintl(a);
  if (!(r != 0))
    return std::numeric_limits<long double>::quiet_NaN();
  return digammaPositive(a) + 1 / a + pi / tanl(pi * r);
}

long double lgammaReference(long double x) {
  int sign;
  return lgammal_r(x, &sign);
}

long double erfinvReference(long double x) {
  const long double a = fabsl(x);
  if (!(a < 1))
    return a == 1 ? std::copysign(std::numeric_limits<long double>::infinity(), x)
                  : std::numeric_limits<long double>::quiet_NaN();
  const long double halfRootPi = 0.886226925452758013649083741670572591L;
  if (a < 1e-12L)
    return x * halfRootPi;
  // Winitzki's approximation, good to three digits, then Halley's iteration.
  const long double l = log1pl(-a * a), t = 2 / (pi * 0.147L) + l / 2;
  long double y = sqrtl(sqrtl(t * t - l / 0.147L) - t);
  for (int i = 0; i < 5; ++i) {
    long double f = a < 0.5L ? erfl(y) - a : (1 - a) - erfcl(y);
    long double u = f * halfRootPi * expl(y * y);
    y -= u / (1 + y * u);
  }
  return std::copysign(y, x);
}

long double lgammaScale(long double x) { return x < 0 ? std::max(1.0L, fabsl(lgammaReference(-x))) : 0; }
long double digammaScale(long double x) {
  return x < 0 && std::isfinite(x) ? fabsl(digammaReference(-x)) + fabsl(1 / x) : 0;
}

} // namespace tcc::accuracy
