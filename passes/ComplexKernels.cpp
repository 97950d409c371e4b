// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inverse and hyperbolic functions of complex numbers after W. Kahan, "Branch cuts for complex elementary functions, or
// much ado about nothing's sign bit" (1987): no cancellation, and the right side of every cut by the sign of zero.
#include "passes/ComplexKernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>
#include <numbers>

using namespace mlir;

namespace tcc::kernels {
namespace {

/// Real arithmetic on the parts of complex scalars.
struct Parts {
  OpBuilder &b;
  Location loc;

  Value re(Value z) { return complex::ReOp::create(b, loc, z); }
  Value im(Value z) { return complex::ImOp::create(b, loc, z); }
  Value make(Value x, Value y) { return complex::CreateOp::create(b, loc, mlir::ComplexType::get(x.getType()), x, y); }
  Value number(Value like, double value) {
    return arith::ConstantOp::create(b, loc, FloatAttr::get(cast<FloatType>(like.getType()), value));
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
  Value neg(Value x) { return arith::NegFOp::create(b, loc, x); }
  Value atan2(Value y, Value x) { return math::Atan2Op::create(b, loc, y, x); }
  Value asinh(Value x) { return math::AsinhOp::create(b, loc, x); }
  Value times(Value z, double factor) { return mul(z, number(z, factor)); }
  /// sqrt(1 + z) and sqrt(1 - z); adding the real number 1 keeps the sign of a zero imaginary part.
  Value rootOfOnePlus(Value z) { return sqrt(add(number(re(z), 1), re(z)), im(z)); }
  Value rootOfOneMinus(Value z) { return sqrt(sub(number(re(z), 1), re(z)), neg(im(z))); }
  Value sqrt(Value x, Value y) { return complex::SqrtOp::create(b, loc, make(x, y)); }
  Value copySign(Value magnitude, Value sign) { return math::CopySignOp::create(b, loc, magnitude, sign); }
  Value absolute(Value x) { return math::AbsFOp::create(b, loc, x); }
  Value compare(arith::CmpFPredicate how, Value x, Value y) { return arith::CmpFOp::create(b, loc, how, x, y); }
  Value isZero(Value x) { return compare(arith::CmpFPredicate::OEQ, x, number(x, 0)); }
  Value isNan(Value x) { return compare(arith::CmpFPredicate::UNO, x, x); }
  Value isInf(Value x) {
    return compare(arith::CmpFPredicate::OEQ, absolute(x), number(x, std::numeric_limits<double>::infinity()));
  }
  Value both(Value x, Value y) { return arith::AndIOp::create(b, loc, x, y); }
  Value either(Value x, Value y) { return arith::OrIOp::create(b, loc, x, y); }
  Value select(Value c, Value x, Value y) { return arith::SelectOp::create(b, loc, c, x, y); }
  Value log(Value x) { return math::LogOp::create(b, loc, x); }
  /// Whether 1 is nothing beside z, infinities included.
  Value isHuge(Value z) {
    Value bound = number(re(z), cast<FloatType>(re(z).getType()).isF64() ? 0x1p60 : 0x1p30);
    auto above = [&](Value x) { return compare(arith::CmpFPredicate::OGT, absolute(x), bound); };
    return either(above(re(z)), above(im(z)));
  }
  /// The direction of a huge z: its parts, or (+-1 or +-0, +-1 or +-0) if one is infinite. NaN stays.
  std::pair<Value, Value> direction(Value z) {
    Value x = re(z), y = im(z), infinite = either(isInf(x), isInf(y));
    auto corner = [&](Value v) {
      Value unit = copySign(select(isInf(v), number(v, 1), number(v, 0)), v);
      return select(both(infinite, arith::XOrIOp::create(b, loc, isNan(v), truth())), unit, v);
    };
    return {corner(x), corner(y)};
  }
  Value truth() { return arith::ConstantOp::create(b, loc, b.getBoolAttr(true)); }
  /// log(2 |z|) without overflow, for a huge z.
  Value logOfTwice(Value z) {
    Value quarter = complex::AbsOp::create(b, loc, make(times(re(z), 0.25), times(im(z), 0.25)));
    return add(log(quarter), number(quarter, 3 * std::numbers::ln2));
  }
  /// i z and -i z
  Value timesI(Value z) { return make(neg(im(z)), re(z)); }
  Value timesMinusI(Value z) { return make(im(z), neg(re(z))); }
};

} // namespace

// (x + iy)^2 = (x - y)(x + y) + 2ixy
Value complexSquare(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  Value x = p.re(z), y = p.im(z);
  Value re = p.mul(p.sub(x, y), p.add(x, y));
  // A difference of equal squares is +0.
  return p.make(p.add(re, p.number(re, 0)), p.times(p.mul(x, y), 2));
}

// sinh z = -i sin(iz)
Value complexSinh(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  return p.timesMinusI(complex::SinOp::create(b, loc, p.timesI(z)));
}

// cosh z = cos(iz)
Value complexCosh(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  return complex::CosOp::create(b, loc, p.timesI(z));
}

// With m = sqrt(1 - z), q = sqrt(1 + z): asin z = atan2(x, Re(m q)) + i asinh(Im(conj(m) q))
Value complexAsin(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  Value m = p.rootOfOneMinus(z), q = p.rootOfOnePlus(z);
  Value re = p.sub(p.mul(p.re(m), p.re(q)), p.mul(p.im(m), p.im(q)));
  Value im = p.sub(p.mul(p.re(m), p.im(q)), p.mul(p.im(m), p.re(q)));
  // asin z = atan2(x, |y|) + i sgn(y) log(2|z|) where 1 does not count (C99 G.6.2.2 through casinh).
  Value huge = p.isHuge(z);
  auto [x, y] = p.direction(z);
  Value angle = p.select(huge, p.atan2(x, p.absolute(y)), p.atan2(p.re(z), re));
  angle = p.select(p.both(p.isZero(p.re(z)), p.isNan(p.im(z))), p.re(z), angle);
  return p.make(angle, p.select(huge, p.copySign(p.logOfTwice(z), p.im(z)), p.asinh(im)));
}

// acos z = 2 atan2(Re m, Re q) + i asinh(Im(conj(q) m))
Value complexAcos(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  Value m = p.rootOfOneMinus(z), q = p.rootOfOnePlus(z);
  Value im = p.sub(p.mul(p.re(q), p.im(m)), p.mul(p.im(q), p.re(m)));
  // acos z = atan2(|y|, x) - i sgn(y) log(2|z|) where 1 does not count (C99 G.6.1.1).
  Value huge = p.isHuge(z);
  auto [x, y] = p.direction(z);
  Value angle = p.select(huge, p.atan2(p.absolute(y), x), p.times(p.atan2(p.re(m), p.re(q)), 2));
  Value quarter = p.number(angle, std::numbers::pi / 2);
  angle = p.select(p.both(p.isZero(p.re(z)), p.isNan(p.im(z))), quarter, angle);
  return p.make(angle, p.select(huge, p.copySign(p.logOfTwice(z), p.neg(p.im(z))), p.asinh(im)));
}

// asinh z = -i asin(iz)
Value complexAsinh(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  return p.timesMinusI(complexAsin(b, loc, p.timesI(z)));
}

// With m = sqrt(z - 1), q = sqrt(z + 1): acosh z = asinh(Re(conj(m) q)) + 2i atan2(Im m, Re q)
Value complexAcosh(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  Value m = p.sqrt(p.sub(p.re(z), p.number(p.re(z), 1)), p.im(z)), q = p.rootOfOnePlus(z);
  Value re = p.add(p.mul(p.re(m), p.re(q)), p.mul(p.im(m), p.im(q)));
  // acosh z = log(2|z|) + i arg z where 1 does not count (C99 G.6.2.1).
  Value huge = p.isHuge(z);
  auto [x, y] = p.direction(z);
  Value angle = p.select(huge, p.atan2(y, x), p.times(p.atan2(p.im(m), p.re(q)), 2));
  Value quarter = p.copySign(p.number(angle, std::numbers::pi / 2), p.im(z));
  angle = p.select(p.both(p.isZero(p.re(z)), p.isNan(p.im(z))), quarter, angle);
  return p.make(p.select(huge, p.logOfTwice(z), p.asinh(re)), angle);
}

// atanh z = log1p(4|x| / ((1 - |x|)^2 + y^2)) / 4, with the sign of x, + i atan2(2y, (1 - |x|)(1 + |x|) - y^2) / 2
Value complexAtanh(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  Value x = p.re(z), y = p.im(z), one = p.number(x, 1);
  Value magnitude = p.absolute(x), yy = p.mul(y, y);
  Value below = p.sub(one, magnitude), above = p.add(one, magnitude);
  Value ratio = p.div(p.times(magnitude, 4), p.add(p.mul(below, below), yy));
  Value re = p.times(math::Log1pOp::create(b, loc, ratio), 0.25);
  // At |x| = 1 the ratio is 4 / y^2, which overflows long before its logarithm does; there log(2 / |y|) / 2 is exact.
  Value nearPole = p.both(p.isZero(below), p.compare(arith::CmpFPredicate::OLT, p.absolute(y), p.number(y, 0x1p-30)));
  Value pole = p.times(p.sub(p.number(x, std::numbers::ln2), p.log(p.absolute(y))), 0.5);
  re = p.select(nearPole, pole, re);
  Value im = p.times(p.atan2(p.times(y, 2), p.sub(p.mul(below, above), yy)), 0.5);
  // atanh z = 1/z + i sgn(y) pi/2 where 1 does not count: x / |z|^2, and 0 for infinite z (C99 G.6.2.3).
  Value huge = p.isHuge(z), infinite = p.either(p.isInf(x), p.isInf(y));
  Value size = complex::AbsOp::create(b, loc, z);
  Value inverse = p.select(infinite, p.number(x, 0), p.div(p.div(magnitude, size), size));
  Value quarter = p.select(p.isNan(y), y, p.copySign(p.number(y, std::numbers::pi / 2), y));
  Value unknown = p.both(p.isNan(x), arith::XOrIOp::create(b, loc, p.isInf(y), p.truth()));
  quarter = p.select(unknown, x, quarter);
  re = p.select(huge, inverse, re);
  re = p.select(p.both(p.isZero(x), p.isNan(y)), x, re);
  return p.make(p.copySign(re, x), p.select(huge, quarter, im));
}

// atan z = -i atanh(iz)
Value complexAtan(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  return p.timesMinusI(complexAtanh(b, loc, p.timesI(z)));
}

} // namespace tcc::kernels
