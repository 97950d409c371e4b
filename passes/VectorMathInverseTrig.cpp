// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// asin, acos, atan and atan2: odd minimax polynomials on [0, 1/2] and [0, 1] behind the classical half-angle and
// reciprocal identities (Cody & Waite 1980, chapters 10 and 11).

#include "passes/VectorMathCoefficients.h"
#include "passes/VectorMathFunctions.h"

#include <limits>

namespace tcc::vecmath {
using namespace coefficients;

namespace {
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
// pi = hi + lo in either precision.
constexpr double piHi64 = 3.14159265358979323846, piLo64 = 1.22464679914735317723e-16;
constexpr double piHi32 = 0x1.921fb6p+1, piLo32 = -0x1.777a5cp-24;
} // namespace

static double piHi(F x) { return x.e->pick(piHi32, piHi64); }
static double piLo(F x) { return x.e->pick(piLo32, piLo64); }

namespace {
/// asin of a <= 1/2 is s + tail; beyond that acos a is 2 (s + tail).
struct ArcParts {
  M far;
  F s, tail;
};
} // namespace

static ArcParts arcParts(F a) {
  // acos a = 2 asin(sqrt((1 - a) / 2)), where 1 - a is exact.
  Emitter &e = *a.e;
  M far = a > 0.5;
  F z = e.select(far, (1.0 - a) * 0.5, a * a);
  F s = e.select(far, e.sqrt(z), a);
  return {far, s, s * z * e.poly(z, e.pick(asinP32, asinP64))};
}

F expandAsin(F x) {
  Emitter &e = *x.e;
  F a = e.abs(x);
  ArcParts p = arcParts(a);
  Pair h = e.fastTwoSum(e.constant(piHi(x) * 0.5), p.s * -2.0);
  F far = h.hi + (h.lo - e.fma(p.tail, e.constant(2.0), e.constant(-piLo(x) * 0.5)));
  F r = e.select(p.far, far, p.s + p.tail);
  return e.select(a <= 1.0, e.copySign(r, x), e.select(e.isNan(x), x, e.constant(notANumber)));
}

F expandAcos(F x) {
  Emitter &e = *x.e;
  F a = e.abs(x);
  ArcParts p = arcParts(a);
  F tail = e.copySign(p.tail, x);
  F near = e.constant(piHi(x) * 0.5) - (x - (e.constant(piLo(x) * 0.5) - tail));
  F twice = (p.s + p.tail) * 2.0;
  F mirrored = e.constant(piHi(x)) - (p.s * 2.0 + e.fma(p.tail, e.constant(2.0), e.constant(-piLo(x))));
  F r = e.select(p.far, e.select(x < 0.0, mirrored, twice), near);
  return e.select(a <= 1.0, r, e.select(e.isNan(x), x, e.constant(notANumber)));
}

/// atan t for 0 <= t <= 1.
static F atanPolynomial(F t) {
  Emitter &e = *t.e;
  F z = t * t;
  return e.fma(t * z, e.horner(z, e.pick(atanP32, atanP64)), t);
}

F expandAtan(F x) {
  // atan x = pi / 2 - atan(1 / x) beyond 1.
  Emitter &e = *x.e;
  F a = e.abs(x);
  M far = a > 1.0;
  F v = atanPolynomial(e.select(far, 1.0 / a, a));
  F r = e.select(far, e.constant(piHi(x) * 0.5) - (v - piLo(x) * 0.5), v);
  return e.copySign(r, x);
}

F expandAtan2(F y, F x) {
  // The angle to the nearer axis, then added to or taken from that axis's angle.
  Emitter &e = *x.e;
  F ax = e.abs(x), ay = e.abs(y);
  M swap = ay > ax;
  M left = e.bits(x) < 0;
  F small = e.select(swap, ax, ay), large = e.select(swap, ay, ax);
  F t = e.select(small == large, e.constant(1.0), small / large); // infinite both: 45 degrees
  t = e.select(small == 0.0, e.constant(0.0), t);
  F v = atanPolynomial(t);
  F zero = e.constant(0.0);
  F half = e.constant(piHi(x) * 0.5), halfLow = e.constant(piLo(x) * 0.5);
  F base = e.select(swap, half, e.select(left, e.constant(piHi(x)), zero));
  F low = e.select(swap, halfLow, e.select(left, e.constant(piLo(x)), zero));
  M minus = (swap & ~left) | (~swap & left);
  F r = base + (low + e.select(minus, -v, v));
  r = e.select(e.isNan(x) | e.isNan(y), e.constant(notANumber), r);
  return e.copySign(r, y);
}

} // namespace tcc::vecmath
