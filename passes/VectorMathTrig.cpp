// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sin, cos and tan for every finite argument, and sin(pi r), cot(pi r) for the gamma family. The reduction is that of
// Cody & Waite (1980, chapter 8) up to a threshold and that of Payne & Hanek (1983) beyond it, the latter behind a
// branch.

#include "passes/VectorMathCoefficients.h"
#include "passes/VectorMathFunctions.h"

#include <cmath>

namespace tcc::vecmath {
using namespace coefficients;

namespace {
/// Reduction step: what multiple of pi is removed, and where the multiples lie.
enum class Step {
  Pi,        // x = k pi + r
  PiShifted, // x = (k - 1/2) pi + r, so that cos x = (-1)^k sin r
  HalfPi,    // x = k pi / 2 + r
};

/// r + lo, and k in the low bits of `quotient` (only parity is meaningful beyond the Cody-Waite range).
struct Reduction {
  F r, lo;
  I quotient;
};
} // namespace

/// The bits of 1 / (2 pi) behind the point, 32 in a word, after 64 zero bits.
static constexpr uint32_t inverseTwoPi[] = {
    0x00000000, 0x00000000, 0x28be60db, 0x9391054a, 0x7f09d5f4, 0x7d4d3770, 0x36d8a566, 0x4f10e410,
    0x7f9458ea, 0xf7aef158, 0x6dc91b8e, 0x909374b8, 0x01924bba, 0x82746487, 0x3f877ac7, 0x2c4a69cf,
    0xba208d7d, 0x4baed121, 0x3a671c09, 0xad17df90, 0x4e64758e, 0x60d4ce7d, 0x272117e2, 0xef7e4a0e,
    0xc7fe25ff, 0xf7816603, 0xfbcbc462, 0xd6829b47, 0xdb4d9fb3, 0xc9f2c26d, 0xd3d18fd9, 0xa797fa8b,
    0x5d49eeb1, 0xfaf97c5e, 0xcf41ce7d, 0xe294a4ba, 0x9afed7ec, 0x47e35742, 0x1580cc11};

/// x / (2 pi) modulo 1 for a positive finite x in f64, to 128 bits in words of 32 held in i64 lanes.
static llvm::SmallVector<I, 4> turnsOf(F x, unsigned maxExponent) {
  Emitter &e = *x.e;
  const int64_t low = 0xffffffff;
  I bits = e.bits(x);
  // x = mantissa 2^(shift - 64), the offset keeping `shift` positive for every x >= 1.
  I shift = e.shiftRightLogical(bits, 52) - (1023 + 52) + 64;
  I mantissa = (bits & ((int64_t(1) << 52) - 1)) | e.integer(int64_t(1) << 52);
  I m0 = mantissa & low, m1 = e.shiftRightLogical(mantissa, 32);

  // Six words of frac(2^shift / (2 pi 2^64)) = bits from `shift` on: a barrel shifter, words first, then bits.
  constexpr unsigned words = 7;
  const unsigned levels = llvm::Log2_32_Ceil((maxExponent - 52 + 64) / 32 + 1);
  I index = e.shiftRightLogical(shift, 5);
  llvm::SmallVector<I> table;
  const unsigned size = std::min<unsigned>(std::size(inverseTwoPi), (maxExponent - 52 + 64) / 32 + words);
  for (unsigned i = 0; i < size; ++i)
    table.push_back(e.integer(inverseTwoPi[i]));
  for (unsigned level = levels; level-- > 0;) {
    const unsigned step = 1u << level;
    M taken = (index & int64_t(step)) != 0;
    // Words beyond the end are only reached by exponents that do not occur.
    const unsigned need = std::min<unsigned>(table.size(), step - 1 + words);
    for (unsigned i = 0; i < need; ++i)
      if (i + step < table.size())
        table[i] = e.select(taken, table[i + step], table[i]);
    table.resize(need);
  }
  I bit = shift & 31;
  I rest = e.integer(32) - bit;
  llvm::SmallVector<I, 6> u;
  for (unsigned i = 0; i + 1 < words; ++i) {
    I left{&e, mlir::arith::ShLIOp::create(e.builder, e.loc, table[i].v, bit.v)};
    I right{&e, mlir::arith::ShRUIOp::create(e.builder, e.loc, table[i + 1].v, rest.v)};
    u.push_back((left | right) & low);
  }
  // Schoolbook product modulo 1: word k of the result has weight 2^(-32 (k + 1)).
  llvm::SmallVector<I, 6> p0, p1;
  for (I word : u) {
    p0.push_back(m0 * word);
    p1.push_back(m1 * word);
  }
  llvm::SmallVector<I, 4> turns(4);
  I carry = e.integer(0);
  for (int k = 4; k >= 0; --k) {
    I sum = carry + (p0[k] & low) + e.shiftRightLogical(p0[k + 1], 32) + (p1[k + 1] & low);
    if (k + 2 < 6)
      sum = sum + e.shiftRightLogical(p1[k + 2], 32);
    if (k < 4)
      turns[k] = sum & low;
    carry = e.shiftRightLogical(sum, 32);
  }
  return turns;
}

/// Payne & Hanek's reduction of a positive finite f64: r and lo, and the quotient.
static Reduction reduceHuge(F x, Step step, unsigned maxExponent) {
  Emitter &e = *x.e;
  llvm::SmallVector<I, 4> t = turnsOf(x, maxExponent);
  I top = e.shiftLeft(t[0], 32) | t[1];
  if (step == Step::PiShifted)
    top = top + (int64_t(1) << 62); // cos x = sin(x + pi / 2)
  const int unit = step == Step::HalfPi ? 62 : 63;
  I quotient = e.shiftRightLogical(top + (int64_t(1) << (unit - 1)), unit);
  I fraction = top - e.shiftLeft(quotient, unit);
  // A signed high word and three unsigned ones, each exact as a float; sums from the top keep what cancels.
  auto word = [&](I w, int weight) { return e.toFloat(w) * std::ldexp(1.0, weight); };
  F a = word(e.shiftRight(fraction, 32), -32), b = word(fraction & 0xffffffff, -64);
  Pair s = e.twoSum(a, b);
  Pair s2 = e.twoSum(s.hi, word(t[2], -96));
  Pair s3 = e.fastTwoSum(s2.hi, s2.lo + s.lo + word(t[3], -128));
  // Times 2 pi as two doubles.
  const double twoPiHi = 6.28318530717958647693, twoPiLo = 2.44929359829470635446e-16;
  Pair p = e.twoProduct(s3.hi, e.constant(twoPiHi));
  F lo = p.lo + e.fma(s3.hi, e.constant(twoPiLo), s3.lo * twoPiHi);
  Pair r = e.fastTwoSum(p.hi, lo);
  return {r.hi, r.lo, quotient};
}

/// Cody & Waite's reduction; `k` includes the half of PiShifted. Every product with the first parts is exact.
static Reduction reduceModerate(F x, Step step) {
  Emitter &e = *x.e;
  const double unit = step == Step::HalfPi ? 0.5 : 1.0; // in pi
  const double inverse = 0.31830988618379067154 / unit;
  auto [k, quotient] = e.roundScaled(x, inverse, step == Step::PiShifted ? 0.5 : 0.0);
  if (step == Step::PiShifted)
    k = k - 0.5;
  if (e.isDouble()) {
    // pi in three parts of 33 bits and a rest (k < 2^19 half units).
    const double p1 = 0x1.921fb544p+1, p2 = 0x1.0b4611a6p-33, p3 = 0x1.3198a2ep-68, p4 = 0x1.b839a252049c1p-103;
    F a = e.fma(-k, e.constant(p1 * unit), x); // exact
    F t = k * (p2 * unit);                     // exact
    Pair b = e.twoSum(a, -t);
    F t3 = k * (p3 * unit);
    Pair c = e.twoSum(b.hi, -t3);
    F lo = (b.lo + c.lo) - k * (p4 * unit);
    Pair r = e.fastTwoSum(c.hi, lo);
    return {r.hi, r.lo, quotient};
  }
  if (e.hasFma()) {
    const double p1 = 0x1.921fb6p+1, p2 = -0x1.777a5cp-24, p3 = -0x1.ee59dap-49;
    F a = e.fma(-k, e.constant(p1 * unit), x); // exact by the fused product
    F b = e.fma(-k, e.constant(p2 * unit), a);
    // The rounding error of b, which can be formed (a - b is exact) just where it matters: a b near 0 is exact enough.
    F error = e.select(e.abs(b) > 0x1p-8, e.fma(-k, e.constant(p2 * unit), a - b), e.constant(0.0));
    F lo = e.fma(-k, e.constant(p3 * unit), error);
    return {b, lo, quotient};
  }
  // Without fma f32 has too few bits to spare: reduce in f64, where one split of pi does.
  Emitter w = e.wide();
  F kd = convert(k, w);
  F r = (convert(x, w) - kd * (0x1.921fb544p+1 * unit)) - kd * (0x1.0b4611a62633145cp-33 * unit);
  F hi = convert(r, e);
  return {hi, convert(r - convert(hi, w), e), quotient};
}

/// The reduction of |x|, branching to Payne & Hanek when a lane is huge. Infinities and NaN give NaN.
static Reduction reduce(F a, Step step) {
  Emitter &e = *a.e;
  const double threshold = e.pick(0x1p15, 0x1p18);
  Reduction fast = reduceModerate(a, step);
  M huge = ~(a <= threshold);
  // The quotient travels as a float pattern, to leave the branch beside the others.
  llvm::SmallVector<F> merged =
      e.ifAnyLane(huge, {fast.r, fast.lo, e.fromBits(fast.quotient)}, [&]() -> llvm::SmallVector<F> {
        Emitter w = e.wide();
        F x = convert(a, w);
        Reduction slow = reduceHuge(x, step, e.pick(127u, 1023u));
        F hi = convert(slow.r, e);
        F lo = e.isDouble() ? slow.lo : convert(slow.r - convert(hi, w), e);
        I q = e.isDouble() ? I{&e, slow.quotient.v} : I{&e, w.truncate(slow.quotient, 32).v};
        F bad = a - a; // NaN for an infinity or NaN
        return {e.select(huge, hi + bad, fast.r), e.select(huge, lo, fast.lo),
                e.fromBits(e.select(huge, q, fast.quotient))};
      });
  return {merged[0], merged[1], e.bits(merged[2])};
}

/// sin(r + lo) for |r| <= pi / 2.
static F sinPolynomial(F r, F lo) {
  Emitter &e = *r.e;
  // The coefficient of r^3 near -1/6 is split into an exact -1/8 and a rest, whose rounding then weighs a sixth; cos r
  // times lo needs no more than its quadratic.
  F z = r * r;
  F cube = r * z;
  F small = e.fma(cube, e.poly(z, e.pick(sinP32, sinP64)), e.fma(z * -0.5, lo, lo));
  return r + e.fma(cube, e.constant(-0.125), small);
}

/// x with its sign flipped where bit 0 of k is set.
static F flipByParity(F x, I k) {
  Emitter &e = *x.e;
  return e.fromBits(e.bits(x) ^ e.shiftLeft(k, int(e.width()) - 1));
}

F expandSin(F x) {
  Emitter &e = *x.e;
  Reduction d = reduce(e.abs(x), Step::Pi);
  F r = flipByParity(sinPolynomial(d.r, d.lo), d.quotient);
  const int64_t sign = int64_t(uint64_t(1) << (e.width() - 1));
  return e.fromBits(e.bits(r) ^ (e.bits(x) & (e.isDouble() ? sign : int64_t(int32_t(sign)))));
}

F expandCos(F x) {
  Emitter &e = *x.e;
  F a = e.abs(x);
  Reduction d = reduce(a, Step::PiShifted);
  F r = flipByParity(sinPolynomial(d.r, d.lo), d.quotient);
  return e.select(a < std::ldexp(1.0, -(e.precision() + 1) / 2), e.constant(1.0), r);
}

/// sin and cos of r + lo for |r| <= pi / 4, each as an unevaluated sum.
static void sinCosPairs(F r, F lo, Pair &sine, Pair &cosine) {
  Emitter &e = *r.e;
  F z = r * r;
  sine = e.fastTwoSum(r, e.fma(r * z, e.poly(z, e.pick(tanS32, tanS64)), e.fma(z * -0.5, lo, lo)));
  Pair q = e.twoProduct(r * 0.5, r); // cos r = 1 - r^2 / 2 + r^4 C(r^2) - r lo
  Pair c = e.fastTwoSum(e.constant(1.0), -q.hi);
  F tail = e.fma(z * z, e.poly(z, e.pick(tanC32, tanC64)), -(r * lo)) - q.lo;
  cosine = e.fastTwoSum(c.hi, c.lo + tail);
}

/// n / d with one correction from the exact remainder.
static F quotient(Pair n, Pair d) {
  Emitter &e = *n.hi.e;
  F inverse = 1.0 / d.hi;
  F q = n.hi * inverse;
  Pair b = e.twoProduct(q, d.hi);
  F rest = ((n.hi - b.hi) - b.lo) + (n.lo - q * d.lo);
  return e.fma(rest, inverse, q);
}

F expandTan(F x) {
  Emitter &e = *x.e;
  F a = e.abs(x);
  Reduction d = reduce(a, Step::HalfPi);
  Pair s, c;
  sinCosPairs(d.r, d.lo, s, c);
  M odd = (d.quotient & 1) != 0;
  // tan(r + pi / 2) = -cos r / sin r.
  F r = quotient({e.select(odd, -c.hi, s.hi), e.select(odd, -c.lo, s.lo)},
                 {e.select(odd, s.hi, c.hi), e.select(odd, s.lo, c.lo)});
  r = e.select(a < std::ldexp(1.0, -e.precision() / 2), a, r);
  const int64_t sign = int64_t(uint64_t(1) << (e.width() - 1));
  return e.fromBits(e.bits(r) ^ (e.bits(x) & (e.isDouble() ? sign : int64_t(int32_t(sign)))));
}

/// pi r as an unevaluated sum.
static Pair timesPi(F r) {
  Emitter &e = *r.e;
  const double hi = e.pick(0x1.921fb6p+1, 3.14159265358979323846);
  const double lo = e.pick(-0x1.777a5cp-24, 1.22464679914735317723e-16);
  Pair p = e.twoProduct(r, e.constant(hi));
  return {p.hi, e.fma(r, e.constant(lo), p.lo)};
}

F sinPi(F r) {
  Pair p = timesPi(r);
  return sinPolynomial(p.hi, p.lo);
}

F cotPi(F r) {
  // Beyond 1/4, cot(pi r) = tan(pi (1/2 - |r|)) with the sign of r; the subtraction is exact there.
  Emitter &e = *r.e;
  F a = e.abs(r);
  M far = a > 0.25;
  Pair p = timesPi(e.select(far, 0.5 - a, a)), s, c;
  sinCosPairs(p.hi, p.lo, s, c);
  F q = quotient({e.select(far, s.hi, c.hi), e.select(far, s.lo, c.lo)},
                 {e.select(far, c.hi, s.hi), e.select(far, c.lo, s.lo)});
  return e.copySign(q, r);
}

} // namespace tcc::vecmath
