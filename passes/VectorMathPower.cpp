// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// pow and its integer forms, cbrt and rsqrt.

#include "passes/VectorMathCoefficients.h"
#include "passes/VectorMathFunctions.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace tcc::vecmath {
using namespace coefficients;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double log2e = 1.44269504088896340736;
} // namespace

//===----------------------------------------------------------------------===//
// x^y
//===----------------------------------------------------------------------===//

// Sums and products of pairs whose low parts may be a few ulp of the high ones: normalising after each operation would
// only lengthen the chain of dependences.
static Pair addPair(Pair a, Pair b) {
  Emitter &e = *a.hi.e;
  Pair s = e.fastTwoSum(a.hi, b.hi);
  return {s.hi, s.lo + (a.lo + b.lo)};
}

static Pair multiplyPair(Pair a, Pair b) {
  Emitter &e = *a.hi.e;
  Pair p = e.twoProduct(a.hi, b.hi);
  return {p.hi, e.fma(a.hi, b.lo, e.fma(a.lo, b.hi, p.lo))};
}

/// log2 of a positive finite f64 to about 2^-68 relative: with s = f / (2 + f), log2(1 + f) = (2 / ln 2) atanh(s), the
/// first terms of the series in double-double (Tang 1990 does the same behind a table).
static Pair log2Pair(F x) {
  Emitter &e = *x.e;
  Split d = splitExponent(x);
  Pair den = e.fastTwoSum(e.constant(2.0), d.f);
  F reciprocal = 1.0 / den.hi;
  F s = d.f * reciprocal;
  Pair back = e.twoProduct(s, den.hi);
  F sl = (((d.f - back.hi) - back.lo) - s * den.lo) * reciprocal;
  Pair sum{s, sl};
  Pair z = e.twoProduct(s, s);
  z.lo = e.fma(s + s, sl, z.lo);
  // 2 / ln 2 divided by 1, 3 and 5, each as two doubles.
  auto pair = [&](double hi, double lo) { return Pair{e.constant(hi), e.constant(lo)}; };
  const double c5Hi = 0x1.2776c50ef9bfep-1, c5Lo = 0x1.e4b29ccc535d4p-55;
  const double c3Hi = 0x1.ec709dc3a03fdp-1, c3Lo = 0x1.d27f05548af0cp-55;
  const double c1Hi = 0x1.71547652b82fep+1, c1Lo = 0x1.777d0ffda0d24p-55;
  F t = z.hi * e.poly(z.hi, powT64) * c1Hi;
  Pair r = e.fastTwoSum(e.constant(c5Hi), t + c5Lo);
  r = addPair(pair(c3Hi, c3Lo), multiplyPair(z, r));
  r = addPair(pair(c1Hi, c1Lo), multiplyPair(z, r));
  r = multiplyPair(sum, r);
  Pair total = e.fastTwoSum(d.e, r.hi);
  return e.fastTwoSum(total.hi, total.lo + r.lo);
}

static F clampKeepNan(F x, double lo, double hi) {
  Emitter &e = *x.e;
  x = e.select(x > hi, e.constant(hi), x);
  return e.select(x < lo, e.constant(lo), x);
}

/// a^y for a >= 0, not for NaN operands; `y` is f64 also for an f32 `a`, whose whole computation is in f64.
static F powMagnitude(F a, F y) {
  Emitter &e = *a.e;
  Emitter &w = *y.e;
  F result;
  // Beyond 2^66 any y saturates (|log2 a| >= 2^-53 unless a = 1), so infinite y need no case of their own.
  F exponent = clampKeepNan(y, -0x1p66, 0x1p66);
  if (e.isDouble()) {
    Pair l = log2Pair(a);
    Pair t = e.twoProduct(exponent, l.hi);
    F lo = e.fma(exponent, l.lo, t.lo);
    F hi = clampKeepNan(t.hi, -1080.0, 1026.0);
    lo = e.select(hi == t.hi, lo, e.constant(0.0));
    Rounded n = e.roundScaled(hi, 1.0);
    F r = (hi - n.value) + lo;
    F p = e.fma(r, e.constant(0.69314718055994530942), r * r * e.poly(r, exp2Q64));
    result = scaleByPowerOfTwo(p + 1.0, n);
  } else {
    Split d = splitExponent(convert(a, w));
    F l = d.e + w.fma(d.f, w.constant(log2e), d.f * d.f * w.poly(d.f, powLog32));
    F t = clampKeepNan(exponent * l, -160.0, 130.0);
    Rounded n = w.roundScaled(t, 1.0);
    result = convert(w.poly(t - n.value, powExp32) * w.exp2i(n.integer), e);
  }
  // 0 and infinity: the larger of the two in magnitude if the exponent's sign says so.
  M zero = a == 0.0, inf = a == infinity;
  M up = (inf & M{&e, (y > 0.0).v}) | (zero & M{&e, (y < 0.0).v});
  result = e.select(zero | inf, e.select(up, e.constant(infinity), e.constant(0.0)), result);
  return e.select(M{&e, (y == 0.0).v}, e.constant(1.0), result);
}

F expandPow(F x, F y) {
  Emitter &e = *x.e;
  Emitter w = e.wide();
  F a = e.abs(x);
  F r = powMagnitude(a, convert(y, w));
  // y >= 2^53 has an integral half and so counts as even; infinities count as even integers.
  M integral = e.trunc(y) == y;
  F half = y * 0.5;
  M odd = integral & (e.trunc(half) != half);
  r = e.select(odd, e.copySign(r, x), r);
  M undefined = (x < 0.0) & (a < infinity) & ~integral;
  r = e.select(undefined, e.constant(notANumber), r);
  r = e.select(e.isNan(x) | e.isNan(y), e.constant(notANumber), r);
  return e.select((x == 1.0) | (y == 0.0), e.constant(1.0), r);
}

F expandFpowi(F x, I n) {
  Emitter &e = *x.e;
  Emitter w = e.wide();
  // Rounding |n| > 2^53 to f64 is harmless: x^n has saturated, or x is so near 1 that the change is below an ulp.
  F y{&w, arith::SIToFPOp::create(e.builder, e.loc, w.type, n.v)};
  F r = powMagnitude(e.abs(x), y);
  r = e.select((n & 1) != 0, e.copySign(r, x), r);
  r = e.select(e.isNan(x), x, r);
  return e.select(n == 0, e.constant(1.0), r);
}

Value expandIpowi(OpBuilder &b, Location loc, Value x, Value n) {
  // Square and multiply until every lane's exponent is used up. Emitter's integer operators need no float type.
  Type type = x.getType();
  Emitter e(b, loc, type, {});
  const unsigned width = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  I one = e.integer(1, width), zero = e.integer(0, width), base{&e, x}, power{&e, n};
  M negative = power < zero;
  // Not smin: its magnitude is itself again as an unsigned number, which the logical shift below reads it as.
  I magnitude = e.select(negative, zero - power, power);
  auto loop = scf::WhileOp::create(
      b, loc, TypeRange{type, type, type}, ValueRange{one.v, x, magnitude.v},
      [&](OpBuilder &, Location, ValueRange args) {
        Value any = e.anyLane(I{&e, args[2]} != zero);
        scf::ConditionOp::create(b, loc, any, args);
      },
      [&](OpBuilder &, Location, ValueRange args) {
        I product{&e, args[0]}, square{&e, args[1]}, rest{&e, args[2]};
        I next = e.select((rest & 1) != 0, product * square, product);
        scf::YieldOp::create(b, loc, ValueRange{next.v, (square * square).v, e.shiftRightLogical(rest, 1).v});
      });
  I result{&e, loop.getResult(0)};
  // 1 / x^|n| truncates to 0 unless x is 1 or -1, which are their own reciprocals.
  M unit = (base == one) | (base == e.integer(-1, width));
  return e.select(negative & ~unit, zero, result).v;
}

//===----------------------------------------------------------------------===//
// Roots
//===----------------------------------------------------------------------===//

F expandCbrt(F x) {
  // |x| = M 8^k with M in [1, 8); y = M^(-1/3) from a polynomial and one third-order step (Householder 1970), then
  // M y^2 with its residual formed exactly.
  Emitter &e = *x.e;
  const int m = e.mantissaBits();
  const int lift = e.pick(8, 18); // subnormals are raised by 8^lift
  F a = e.abs(x);
  M subnormal = a < std::ldexp(1.0, 1 - e.bias());
  F scaled = e.select(subnormal, a * std::ldexp(1.0, 3 * lift), a);
  I bits = e.bits(scaled);
  I biased = e.shiftRightLogical(bits, m);
  F exponent = e.fromBits(biased | e.integer(int64_t(e.bias() + m) << m)) - (std::ldexp(1.0, m) + e.bias());
  F mantissa = e.fromBits((bits & ((int64_t(1) << m) - 1)) + (int64_t(e.bias()) << m));
  F k = e.floor((exponent + 0.5) * (1.0 / 3.0));
  F j = exponent - k * 3.0;
  M one = j == 1.0, two = j == 2.0;
  F M8 = mantissa * e.select(two, e.constant(4.0), e.select(one, e.constant(2.0), e.constant(1.0)));
  F root = e.select(two, e.constant(0.62996052494743658238),
                    e.select(one, e.constant(0.79370052598409973738), e.constant(1.0)));
  F y = e.poly(mantissa, e.pick(rcbrtP32, rcbrtP64)) * root;
  F h = 1.0 - M8 * y * (y * y);
  y = e.fma(y * h, e.fma(h, e.constant(2.0 / 9.0), e.constant(1.0 / 3.0)), y);
  F square = y * y;
  F t = M8 * square;
  Pair t2 = e.twoProduct(t, t);
  Pair t3 = e.twoProduct(t2.hi, t);
  F residual = ((M8 - t3.hi) - t3.lo) - t2.lo * t;
  t = e.fma(residual * square, e.constant(1.0 / 3.0), t);
  F shift = e.select(subnormal, k - double(lift), k);
  F r = t * e.exp2i(e.toInt(clampKeepNan(shift, -e.bias() + 1.0, e.bias())));
  r = e.select((a > 0.0) & (a < infinity), r, a);
  return e.copySign(r, x);
}

F expandRsqrt(F x) { return 1.0 / x.e->sqrt(x); }

} // namespace tcc::vecmath
