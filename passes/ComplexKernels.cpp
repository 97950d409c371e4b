// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inverse and hyperbolic functions of complex numbers after W. Kahan, "Branch cuts for complex elementary functions, or
// much ado about nothing's sign bit" (1987): no cancellation, and the right side of every cut by the sign of zero.
#include "passes/ComplexKernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Math/IR/Math.h"

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
  /// i z and -i z
  Value timesI(Value z) { return make(neg(im(z)), re(z)); }
  Value timesMinusI(Value z) { return make(im(z), neg(re(z))); }
};

} // namespace

// (x + iy)^2 = (x - y)(x + y) + 2ixy
Value complexSquare(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  Value x = p.re(z), y = p.im(z);
  return p.make(p.mul(p.sub(x, y), p.add(x, y)), p.mul(p.times(x, 2), y));
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
  return p.make(p.atan2(p.re(z), re), p.asinh(im));
}

// acos z = 2 atan2(Re m, Re q) + i asinh(Im(conj(q) m))
Value complexAcos(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  Value m = p.rootOfOneMinus(z), q = p.rootOfOnePlus(z);
  Value im = p.sub(p.mul(p.re(q), p.im(m)), p.mul(p.im(q), p.re(m)));
  return p.make(p.times(p.atan2(p.re(m), p.re(q)), 2), p.asinh(im));
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
  return p.make(p.asinh(re), p.times(p.atan2(p.im(m), p.re(q)), 2));
}

// atanh z = log1p(4|x| / ((1 - |x|)^2 + y^2)) / 4, with the sign of x, + i atan2(2y, (1 - |x|)(1 + |x|) - y^2) / 2
Value complexAtanh(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  Value x = p.re(z), y = p.im(z), one = p.number(x, 1);
  Value magnitude = math::AbsFOp::create(b, loc, x), yy = p.mul(y, y);
  Value below = p.sub(one, magnitude), above = p.add(one, magnitude);
  Value ratio = p.div(p.times(magnitude, 4), p.add(p.mul(below, below), yy));
  // Where squares overflow, x / (x^2 + y^2) is 0 to all digits that matter; inf / inf would be NaN.
  Value infinity = p.number(x, std::numeric_limits<double>::infinity());
  Value isInfinite = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, magnitude, infinity);
  ratio = arith::SelectOp::create(b, loc, isInfinite, p.number(x, 0), ratio);
  Value re = p.times(math::Log1pOp::create(b, loc, ratio), 0.25);
  Value im = p.times(p.atan2(p.times(y, 2), p.sub(p.mul(below, above), yy)), 0.5);
  return p.make(math::CopySignOp::create(b, loc, re, x), im);
}

// atan z = -i atanh(iz)
Value complexAtan(OpBuilder &b, Location loc, Value z) {
  Parts p{b, loc};
  return p.timesMinusI(complexAtanh(b, loc, p.timesI(z)));
}

} // namespace tcc::kernels
