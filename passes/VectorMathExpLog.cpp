// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// exp, exp2, expm1, log, log2, log10 and log1p: argument reduction by powers of two (Cody & Waite 1980, chapters 5 and
// 6) in front of a minimax polynomial; no tables, so that every lane does the same few instructions.

#include "passes/VectorMathCoefficients.h"
#include "passes/VectorMathFunctions.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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
// ln 2 = hi + lo, where n * hi is exact for every exponent n: 16 bits of 24, 33 bits of 53.
constexpr double ln2Hi32 = 0.693145751953125, ln2Lo32 = 1.42860682030941723212e-6;
constexpr double ln2Hi64 = 6.93147180369123816490e-01, ln2Lo64 = 1.90821492927058770002e-10;
} // namespace

/// x moved into [lo, hi]; NaN stays (the operand order is that of x86's minps and maxps: one instruction each).
static F clampKeepNan(F x, double lo, double hi) {
  Emitter &e = *x.e;
  x = e.select(x > hi, e.constant(hi), x);
  return e.select(x < lo, e.constant(lo), x);
}

/// AVX-512's x * 2^n, for vectors of whole registers.
static Value scaleRegisters(Emitter &e, Value x, Value n) {
  OpBuilder &b = e.builder;
  auto type = cast<VectorType>(x.getType());
  const int64_t lanes = type.getNumElements(), half = lanes / 2, registerLanes = e.pick(16, 8);
  if (lanes == registerLanes) {
    auto constant = [&](Type of, int64_t value) -> Value {
      return arith::ConstantOp::create(b, e.loc, b.getIntegerAttr(of, value));
    };
    Value off = arith::ConstantOp::create(b, e.loc, b.getZeroAttr(type));
    Value all = constant(b.getIntegerType(lanes), -1), currentRounding = constant(b.getI32Type(), 4);
    auto name =
        b.getStringAttr(e.isDouble() ? "llvm.x86.avx512.mask.scalef.pd.512" : "llvm.x86.avx512.mask.scalef.ps.512");
    return LLVM::CallIntrinsicOp::create(b, e.loc, type, name, ValueRange{x, n, off, all, currentRounding})
        .getResult(0);
  }
  auto part = [&](Value whole, int64_t begin, int64_t count) -> Value {
    return vector::ShuffleOp::create(b, e.loc, whole, whole, llvm::to_vector(llvm::seq(begin, begin + count)));
  };
  Value low = scaleRegisters(e, part(x, 0, half), part(n, 0, half));
  Value high = scaleRegisters(e, part(x, half, half), part(n, half, half));
  return vector::ShuffleOp::create(b, e.loc, low, high, llvm::to_vector(llvm::seq<int64_t>(0, lanes)));
}

F scaleByPowerOfTwo(F x, Rounded n) {
  Emitter &e = *x.e;
  auto vector = dyn_cast<VectorType>(e.type);
  if (e.options.scalef && vector && vector.getNumElements() >= e.pick(16, 8) &&
      llvm::isPowerOf2_64(vector.getNumElements()))
    return {&e, scaleRegisters(e, x.v, n.value.v)};
  // Two factors: 2^n itself may be out of range where the product is not, and the first product is exact.
  I half = e.shiftRight(n.integer, 1);
  return x * e.exp2i(half) * e.exp2i(n.integer - half);
}

//===----------------------------------------------------------------------===//
// Exponentials
//===----------------------------------------------------------------------===//

ExpReduction reduceExp(F x) {
  Emitter &e = *x.e;
  Rounded n = e.roundScaled(x, log2e);
  F t = e.fma(-n.value, e.constant(e.pick(ln2Hi32, ln2Hi64)), x); // exact
  F c = n.value * e.pick(ln2Lo32, ln2Lo64);
  F r = t - c;
  return {n, r, (t - r) - c};
}

F expOf(F hi, F lo) {
  Emitter &e = *hi.e;
  F x = clampKeepNan(hi, e.pick(-105.0, -746.5), e.pick(89.0, 710.0));
  Rounded n = e.roundScaled(x, log2e);
  F r = e.fma(-n.value, e.constant(e.pick(ln2Hi32, ln2Hi64)), x);
  r = e.fma(-n.value, e.constant(e.pick(ln2Lo32, ln2Lo64)), r);
  if (lo.v)
    r = r + e.select(hi == x, lo, e.constant(0.0));
  F p = e.fma(r * r, e.poly(r, e.pick(expQ32, expQ64)), r);
  return scaleByPowerOfTwo(p + 1.0, n);
}

F expandExp(F x) { return expOf(x, {}); }

F expandExp2(F x) {
  Emitter &e = *x.e;
  x = clampKeepNan(x, e.pick(-152.0, -1080.0), e.pick(129.0, 1025.0));
  Rounded n = e.roundScaled(x, 1.0);
  F r = x - n.value; // exact
  F p = e.fma(r, e.constant(0.69314718055994530942), r * r * e.poly(r, e.pick(exp2Q32, exp2Q64)));
  return scaleByPowerOfTwo(p + 1.0, n);
}

F halfExpm1(F x) {
  // 2^n (e^r - 1) + (2^n - 1), halved so that n may reach the exponent of infinity.
  Emitter &e = *x.e;
  ExpReduction d = reduceExp(x);
  F p = d.r + e.fma(d.r * d.r, e.poly(d.r, e.pick(expQ32, expQ64)), d.lo);
  F half = e.exp2i(d.n.integer - 1);
  return e.fma(half, p, half - 0.5);
}

F expandExpm1(F x) {
  // Below half an ulp of 1 the quadratic term is lost and halving would lose subnormals and the sign of 0.
  Emitter &e = *x.e;
  F clamped = clampKeepNan(x, e.pick(-25.0, -60.0), e.pick(89.0, 710.0));
  return e.select(e.abs(x) < std::ldexp(1.0, -e.precision()), x, halfExpm1(clamped) * 2.0);
}

//===----------------------------------------------------------------------===//
// Logarithms
//===----------------------------------------------------------------------===//

Split splitExponent(F x) {
  // Subtracting the pattern of sqrt(1/2) before cutting the exponent off centres 1 + f on 1.
  Emitter &e = *x.e;
  const int m = e.mantissaBits();
  M subnormal = x < std::ldexp(1.0, 1 - e.bias());
  F scaled = e.select(subnormal, x * std::ldexp(1.0, e.precision()), x);
  const int64_t root = e.pick(int64_t(0x3f3504f3), int64_t(0x3fe6a09e667f3bcd));
  I shifted = e.bits(scaled) + ((int64_t(e.bias()) << m) - root);
  I biased = e.shiftRightLogical(shifted, m);
  F f = e.fromBits((shifted & ((int64_t(1) << m) - 1)) + root) - 1.0;
  // Small integers become floats by the pattern of 2^m: unlike sitofp an instruction of every vector unit for i64 too.
  F exponent = e.fromBits(biased | e.integer(int64_t(e.bias() + m) << m)) -
               e.select(subnormal, e.constant(std::ldexp(1.0, m) + e.bias() + e.precision()),
                        e.constant(std::ldexp(1.0, m) + e.bias()));
  return {exponent, f};
}

F logOfSplit(F exponent, F f, F lo) {
  // ln(1 + f + lo) = f - f^2 / 2 + f^3 Q(f) + lo (1 - f + O(f^2)), summed from the small to the large.
  Emitter &e = *f.e;
  F square = f * f;
  F small = e.fma(f * square, e.poly(f, e.pick(logQ32, logQ64)), exponent * e.pick(ln2Lo32, ln2Lo64));
  if (lo.v)
    small = small + (lo - lo * f);
  F g = f - (square * 0.5 - small);
  return e.fma(exponent, e.constant(e.pick(ln2Hi32, ln2Hi64)), g);
}

/// 2^-e for the exponent of a Split, for scaling a low part (exact 0 is as good below the last bit).
static F inverseScale(F exponent) {
  Emitter &e = *exponent.e;
  const double limit = e.bias() - 2;
  return e.exp2i(e.toInt(clampKeepNan(-exponent, -limit, limit)));
}

F logOf(F hi, F lo) {
  Split s = splitExponent(hi);
  return logOfSplit(s.e, s.f, lo.v ? lo * inverseScale(s.e) : F{});
}

F log1pOf(F hi, F lo) {
  Emitter &e = *hi.e;
  Pair u = e.twoSum(e.constant(1.0), hi);
  F tail = lo.v ? u.lo + lo : u.lo;
  Split s = splitExponent(u.hi);
  // Near 1 the argument itself is f, with nothing lost.
  M near = s.e == 0.0;
  F f = e.select(near, hi, s.f);
  tail = e.select(near, lo.v ? lo : e.constant(0.0), tail * inverseScale(s.e));
  return logOfSplit(s.e, f, tail);
}

/// The values of a logarithm of x (shifted by `one`) outside 0 < x < inf.
static F withLogSpecials(F x, F result) {
  Emitter &e = *x.e;
  result = e.select(x < infinity, result, x);
  F special = e.select(x == 0.0, e.constant(-infinity), e.constant(notANumber));
  return e.select(x <= 0.0, special, result);
}

F expandLog(F x) { return withLogSpecials(x, logOf(x, {})); }

/// log to the base whose 1 / ln(base) is `leading` + `rest`, where leading * f is exact, and whose log(2) is hi + lo
/// with n * hi exact. Only the product with the smaller `rest` rounds.
static F logBase(F x, double leading, double rest, double hi, double lo, llvm::ArrayRef<double> q) {
  Emitter &e = *x.e;
  Split s = splitExponent(x);
  F small = e.fma(s.f * s.f, e.poly(s.f, q), e.fma(s.f, e.constant(rest), s.e * lo));
  F g = e.fma(s.f, e.constant(leading), small);
  return withLogSpecials(x, e.fma(s.e, e.constant(hi), g));
}

F expandLog2(F x) { return logBase(x, 1.0, 0.44269504088896340736, 1.0, 0.0, x.e->pick(log2Q32, log2Q64)); }

F expandLog10(F x) {
  Emitter &e = *x.e;
  return logBase(x, 0.5, -0.06570551809674817235, e.pick(0.301025390625, 3.01029995663611771306e-01),
                 e.pick(4.60503898119521373889e-6, 3.69423907715893078616e-13), e.pick(log10Q32, log10Q64));
}

F expandLog1p(F x) {
  Emitter &e = *x.e;
  F r = e.copySign(log1pOf(x, {}), x);
  r = e.select(x < infinity, r, x);
  return e.select(x <= -1.0, e.select(x == -1.0, e.constant(-infinity), e.constant(notANumber)), r);
}

} // namespace tcc::vecmath
