// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of elementwise ops that need more than a rule.
#include "dialect/AdjointBuilder.h"

using namespace mlir;

namespace tcc {

LogicalResult SignOp::pullback(AdjointBuilder &b) {
  // Piecewise constant on the real line. For y = z / |z|: dy = (dz - y Re(conj(y) dz)) / |z|, a projection divided by a
  // real number, hence its own adjoint.
  if (!isComplex(getType()) || !b.wants(0))
    return success();
  Value along = b.create<RealOp>(b.create<MultiplyOp>(b.create<ConjOp>(getY()), b.dy()));
  Value across = b.create<SubtractOp>(b.dy(), b.create<MultiplyOp>(getY(), adjoint::castLike(b, along, getY())));
  b.accumulate(0, adjoint::divideOrZero(b, across, b.create<AbsOp>(getX())));
  return success();
}

LogicalResult PowerOp::pullback(AdjointBuilder &b) {
  Value one = b.splat(getY(), 1.0), zero = b.zeros(getY());
  if (b.wants(0)) {
    // b a^(b-1). Where a and b are 0 any exponent but -1 keeps the product 0.
    Value both = b.create<SelectOp>(b.create<EqualOp>(getB(), zero), b.create<AbsOp>(getA()), b.create<AbsOp>(one));
    Value exponent = b.create<SelectOp>(b.create<EqualOp>(both, b.zeros(both)), one, b.create<SubtractOp>(getB(), one));
    Value slope = b.create<MultiplyOp>(getB(), b.create<PowerOp>(getA(), exponent));
    b.accumulate(0, b.create<MultiplyOp>(b.dy(), b.create<ConjOp>(slope)));
  }
  if (b.wants(1)) {
    // y log(a), and by convention 0 at a = 0, where a^b is constant for b > 0. The logarithm sees 1 there.
    Value isZero = b.create<EqualOp>(getA(), zero);
    Value log = b.create<LogOp>(b.create<SelectOp>(isZero, one, getA()));
    Value slope = b.create<SelectOp>(isZero, zero, b.create<MultiplyOp>(getY(), log));
    b.accumulate(1, b.create<MultiplyOp>(b.dy(), b.create<ConjOp>(slope)));
  }
  return success();
}

} // namespace tcc
