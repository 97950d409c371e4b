// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// sin, cos and tan for every finite argument, and sin(pi r), cot(pi r) for the gamma family. The reduction is that of
// Cody & Waite (1980, chapter 8) up to a threshold and that of Payne & Hanek (1983) beyond it, the latter behind a
// branch.

#include "passes/VectorMathCoefficients.h"
#include "passes/VectorMathFunctions.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include <cmath>

using namespace mlir;

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

/// The bits of 1 / (2 pi) behind the point, 64 in a word, after 64 zero bits.
static constexpr uint64_t inverseTwoPi[] = {
    0x0000000000000000, 0x28be60db9391054a, 0x7f09d5f47d4d3770, 0x36d8a5664f10e410, 0x7f9458eaf7aef158,
    0x6dc91b8e909374b8, 0x01924bba82746487, 0x3f877ac72c4a69cf, 0xba208d7d4baed121, 0x3a671c09ad17df90,
    0x4e64758e60d4ce7d, 0x272117e2ef7e4a0e, 0xc7fe25fff7816603, 0xfbcbc462d6829b47, 0xdb4d9fb3c9f2c26d,
    0xd3d18fd9a797fa8b, 0x5d49eeb1faf97c5e, 0xcf41ce7de294a4ba, 0x9afed7ec47e35742, 0x1580cc1100000000};

/// x / (2 pi) modulo 1 for one positive finite f64, to 128 bits in two words. x >= 1, or the result means nothing.
static std::pair<Value, Value> turnsOf(OpBuilder &b, Location loc, Value x, Value table) {
  auto i64 = b.getI64Type();
  auto number = [&](int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(value)).getResult();
  };
  auto add = [&](Value l, Value r) { return arith::AddIOp::create(b, loc, l, r).getResult(); };
  auto sub = [&](Value l, Value r) { return arith::SubIOp::create(b, loc, l, r).getResult(); };
  auto mul = [&](Value l, Value r) { return arith::MulIOp::create(b, loc, l, r).getResult(); };
  auto both = [&](Value l, int64_t r) { return arith::AndIOp::create(b, loc, l, number(r)).getResult(); };
  auto either = [&](Value l, Value r) { return arith::OrIOp::create(b, loc, l, r).getResult(); };
  auto left = [&](Value l, Value r) { return arith::ShLIOp::create(b, loc, l, r).getResult(); };
  auto right = [&](Value l, Value r) { return arith::ShRUIOp::create(b, loc, l, r).getResult(); };

  Value bits = arith::BitcastOp::create(b, loc, i64, x);
  Value mantissa = either(both(bits, (int64_t(1) << 52) - 1), number(int64_t(1) << 52));
  // x = mantissa 2^(shift - 64): what is left of 1 / (2 pi) modulo 1 starts at bit `shift` of the table.
  Value shift = sub(right(bits, number(52)), number(1023 + 52 - 64));
  shift = arith::MaxSIOp::create(b, loc, shift, number(0));
  Value index = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), right(shift, number(6)));
  Value bit = both(shift, 63), rest = sub(number(63), bit);
  Value words[4], u[3];
  for (int k = 0; k < 4; ++k) {
    Value offset = arith::ConstantIndexOp::create(b, loc, k);
    words[k] = memref::LoadOp::create(b, loc, table, ValueRange{arith::AddIOp::create(b, loc, index, offset)});
  }
  for (int k = 0; k < 3; ++k) // in two steps, since shifting by 64 is undefined
    u[k] = either(left(words[k], bit), right(right(words[k + 1], number(1)), rest));
  // The mantissa times 192 bits, modulo 1.
  auto p1 = arith::MulUIExtendedOp::create(b, loc, mantissa, u[1]);
  auto p2 = arith::MulUIExtendedOp::create(b, loc, mantissa, u[2]);
  auto low = arith::AddUIExtendedOp::create(b, loc, p1.getLow(), p2.getHigh());
  Value carry = arith::ExtUIOp::create(b, loc, i64, low.getOverflow());
  return {add(add(mul(mantissa, u[0]), p1.getHigh()), carry), low.getSum()};
}

// Few arguments are huge, and there may be many sines: the reduction is one function of the module, for one argument.
/// (x, offset, unit) -> (r, lo, quotient): x + offset 2^-64 turns = quotient 2^(unit - 64) turns + (r + lo) radians.
static func::FuncOp hugeReduction(Emitter &scalar) {
  auto module = scalar.builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  if (auto known = module.lookupSymbol<func::FuncOp>("tcc.reduce_angle"))
    return known;
  Location loc = module.getLoc();
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  auto i64 = b.getI64Type();
  Type f64 = b.getF64Type();
  auto tableType = MemRefType::get({std::size(inverseTwoPi)}, i64);
  auto values = DenseElementsAttr::get(RankedTensorType::get({std::size(inverseTwoPi)}, i64), ArrayRef(inverseTwoPi));
  memref::GlobalOp::create(b, loc, "tcc.inverse_two_pi", b.getStringAttr("private"), tableType, values,
                           /*constant=*/true, IntegerAttr());
  auto function = func::FuncOp::create(b, loc, "tcc.reduce_angle", b.getFunctionType({f64, i64, i64}, {f64, f64, i64}));
  function.setPrivate();
  function->setAttr("tcc.out_of_line", b.getUnitAttr());
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  Emitter e(b, loc, f64, scalar.options);
  Value offset = body->getArgument(1), unit = body->getArgument(2);
  Value table = memref::GetGlobalOp::create(b, loc, tableType, "tcc.inverse_two_pi");
  auto [first, second] = turnsOf(b, loc, body->getArgument(0), table);
  Value top = arith::AddIOp::create(b, loc, first, offset);
  Value one = e.integer(1).v;
  Value half = arith::ShLIOp::create(b, loc, one, arith::SubIOp::create(b, loc, unit, one));
  Value quotient = arith::ShRUIOp::create(b, loc, arith::AddIOp::create(b, loc, top, half), unit);
  I fraction{&e, arith::SubIOp::create(b, loc, top, arith::ShLIOp::create(b, loc, quotient, unit))};
  // A signed high word and three unsigned ones, each exact as a float; sums from the top keep what cancels.
  const int64_t low = 0xffffffff;
  I rest{&e, second};
  auto word = [&](I w, int weight) { return e.toFloat(w) * std::ldexp(1.0, weight); };
  Pair s = e.twoSum(word(e.shiftRight(fraction, 32), -32), word(fraction & low, -64));
  Pair s2 = e.twoSum(s.hi, word(e.shiftRightLogical(rest, 32), -96));
  Pair s3 = e.fastTwoSum(s2.hi, s2.lo + s.lo + word(rest & low, -128));
  // Times 2 pi as two doubles.
  const double twoPiHi = 6.28318530717958647693, twoPiLo = 2.44929359829470635446e-16;
  Pair p = e.twoProduct(s3.hi, e.constant(twoPiHi));
  F lo = p.lo + e.fma(s3.hi, e.constant(twoPiLo), s3.lo * twoPiHi);
  Pair r = e.fastTwoSum(p.hi, lo);
  func::ReturnOp::create(b, loc, ValueRange{r.hi.v, r.lo.v, quotient});
  return function;
}

/// Payne & Hanek's reduction of each lane of x >= 0. Lanes that are small or not finite get numbers without meaning.
static SmallVector<Value> reduceLanes(F x, Step step) {
  Emitter &e = *x.e;
  Emitter scalar(e.builder, e.loc, e.builder.getF64Type(), e.options);
  func::FuncOp reduction = hugeReduction(scalar);
  Type element = getElementTypeOrSelf(e.type);
  return e.forEachLane(x, {element, element, e.builder.getIntegerType(e.width())}, [&](Value lane) {
    OpBuilder &b = e.builder;
    Emitter narrow(b, e.loc, element, e.options);
    F wide = convert(narrow.value(lane), scalar);
    // cos x = sin(x + pi / 2)
    Value offset = scalar.integer(step == Step::PiShifted ? int64_t(1) << 62 : 0).v;
    Value unit = scalar.integer(step == Step::HalfPi ? 62 : 63).v;
    auto call = func::CallOp::create(b, e.loc, reduction, ValueRange{wide.v, offset, unit});
    F r = scalar.value(call.getResult(0)), lo = scalar.value(call.getResult(1));
    I quotient{&narrow, call.getResult(2)};
    if (e.isDouble())
      return SmallVector<Value>{r.v, lo.v, quotient.v};
    F hi = convert(r, narrow);
    return SmallVector<Value>{hi.v, convert(r - convert(hi, scalar), narrow).v, narrow.truncate(quotient, 32).v};
  });
}

/// The same as a call of one function for all vectors of this type: a loop at each sine would be a third of its code.
static Reduction reduceHuge(F x, Step step) {
  Emitter &e = *x.e;
  SmallVector<Value> results;
  if (auto vector = dyn_cast<VectorType>(e.type)) {
    auto module = e.builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
    Location loc = module.getLoc();
    std::string name =
        ("tcc.reduce_angles." + Twine(int(step)) + "." + Twine(vector.getNumElements()) + "x" + Twine(e.width())).str();
    auto function = module.lookupSymbol<func::FuncOp>(name);
    if (!function) {
      OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
      Type integers = vector.clone(b.getIntegerType(e.width()));
      function = func::FuncOp::create(b, loc, name, b.getFunctionType(vector, {vector, vector, integers}));
      function.setPrivate();
      function->setAttr("tcc.out_of_line", b.getUnitAttr());
      Block *body = function.addEntryBlock();
      b.setInsertionPointToStart(body);
      Emitter inner(b, loc, vector, e.options);
      SmallVector<Value> lanes = reduceLanes(inner.value(body->getArgument(0)), step);
      func::ReturnOp::create(b, loc, lanes);
    }
    llvm::append_range(results, func::CallOp::create(e.builder, e.loc, function, x.v).getResults());
  } else {
    results = reduceLanes(x, step);
  }
  return {e.value(results[0]), e.value(results[1]), I{&e, results[2]}};
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
        Reduction slow = reduceHuge(a, step);
        F bad = a - a; // NaN for an infinity or NaN
        return {e.select(huge, slow.r + bad, fast.r), e.select(huge, slow.lo, fast.lo),
                e.fromBits(e.select(huge, slow.quotient, fast.quotient))};
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
