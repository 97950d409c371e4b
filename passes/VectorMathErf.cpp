// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// erf, erfc and erfinv.

#include "passes/VectorMathCoefficients.h"
#include "passes/VectorMathFunctions.h"

#include <limits>

namespace tcc::vecmath {
using namespace coefficients;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
} // namespace

/// x + x E(x^2) for |x| <= 0.9.
static F erfNear(F x) {
  Emitter &e = *x.e;
  return e.fma(x, e.poly(x * x, e.pick(erfP32, erfP64)), x);
}

/// erfcx(a) = e^(a^2) erfc(a), as P(t) / (a + 2) with t = (a - 2) / (a + 2): Shepherd & Laframboise (1981) with another
/// scaling, which needs one division only.
static F scaledErfc(F a, llvm::ArrayRef<double> p) {
  Emitter &e = *a.e;
  F inverse = 1.0 / (a + 2.0);
  F t = e.fma(inverse, e.constant(-4.0), e.constant(1.0));
  return inverse * e.poly(t, p);
}

F expandErf(F x) {
  Emitter &e = *x.e;
  F a = e.abs(x);
  const double top = e.pick(4.0, 6.0); // erf rounds to 1 before
  F m = e.select(a > top, e.constant(top), a);
  F far = 1.0 - expOf(-(m * m), {}) * scaledErfc(m, e.pick(erfT32, erfT64));
  return e.copySign(e.select(a < 0.9, erfNear(a), far), x);
}

F expandErfc(F x) {
  // The rounding of a^2 would cost a^2 / 2 ulp: its low part goes into the exponential.
  Emitter &e = *x.e;
  F a = e.abs(x);
  const double top = e.pick(10.1, 27.3); // erfc has underflowed before
  F m = e.select(a > top, e.constant(top), a);
  Pair s = e.twoProduct(m, m);
  F tail = expOf(-s.hi, -s.lo) * scaledErfc(m, e.pick(erfcT32, erfcT64));
  F far = e.select(x < 0.0, 2.0 - tail, tail);
  return e.select(a < 0.5, 1.0 - erfNear(x), far);
}

F expandErfinv(F x) {
  // x g(w) with w = -ln(1 - x^2): the variable of Giles (2012), polynomials of our own in pieces.
  Emitter &e = *x.e;
  F a = e.abs(x);
  F w = -logOf((1.0 - a) * (a + 1.0), {});
  F s = e.sqrt(w);
  F g;
  if (e.isDouble()) {
    F middle = e.poly(s - 3.25, erfinvB64), outer = e.poly(s - 5.0, erfinvC64);
    g = e.select(w < 6.25, e.poly(w - 3.125, erfinvA64), e.select(w < 16.0, middle, outer));
  } else {
    g = e.select(w < 5.0, e.poly(w - 2.5, erfinvA32), e.poly(s - 3.125, erfinvB32));
  }
  F edge = e.select(a == 1.0, e.copySign(e.constant(infinity), x), e.constant(notANumber));
  return e.select(a < 1.0, x * g, e.select(e.isNan(x), x, edge));
}

} // namespace tcc::vecmath
