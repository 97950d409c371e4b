// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rounding to the half-precision types: once, to nearest even, subnormals included, on every target.

#include "passes/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace tcc {
namespace {

struct Narrower {
  OpBuilder &b;
  Location loc;

  Type withElement(Type like, Type element) {
    auto vector = dyn_cast<VectorType>(like);
    return vector ? Type(vector.clone(element)) : element;
  }
  Value word(Type type, int64_t value) {
    auto element = IntegerAttr::get(getElementTypeOrSelf(type), value);
    if (auto vector = dyn_cast<VectorType>(type))
      return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(vector, Attribute(element)));
    return arith::ConstantOp::create(b, loc, element);
  }
  Value bits(Value x, unsigned width) {
    return arith::BitcastOp::create(b, loc, withElement(x.getType(), b.getIntegerType(width)), x);
  }

  /// f64 to f32 by rounding to odd: the last bit says whether anything was lost, so that a second rounding to at most
  /// 22 bits gives what one rounding would have given (Boldo and Melquiond 2005).
  Value roundToOdd(Value x) {
    Type single = withElement(x.getType(), b.getF32Type());
    Value nearest = arith::TruncFOp::create(b, loc, single, x);
    Value back = arith::ExtFOp::create(b, loc, x.getType(), nearest);
    Value inexact = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ONE, back, x);
    // The magnitude went up where it is now larger: one step back truncates.
    Value wide = bits(x, 64), wideBack = bits(back, 64);
    Value magnitude = word(wide.getType(), std::numeric_limits<int64_t>::max());
    Value went =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt, arith::AndIOp::create(b, loc, wideBack, magnitude),
                              arith::AndIOp::create(b, loc, wide, magnitude));
    Value pattern = bits(nearest, 32), one = word(pattern.getType(), 1);
    Value down = arith::SubIOp::create(b, loc, pattern, one);
    Value odd = arith::OrIOp::create(b, loc, arith::SelectOp::create(b, loc, went, down, pattern), one);
    Value chosen = arith::SelectOp::create(b, loc, inexact, odd, pattern);
    return arith::BitcastOp::create(b, loc, single, chosen);
  }

  /// f32 to bfloat16: the upper half of its bits, rounded up by half a unit and to even. NaN stays NaN, quiet.
  Value toBFloat16(Value x) {
    Value pattern = bits(x, 32);
    Type type = pattern.getType();
    Value half = word(type, 16);
    Value upper = arith::ShRUIOp::create(b, loc, pattern, half);
    Value even = arith::AndIOp::create(b, loc, upper, word(type, 1));
    Value raised = arith::AddIOp::create(b, loc, pattern, arith::AddIOp::create(b, loc, even, word(type, 0x7fff)));
    Value rounded = arith::ShRUIOp::create(b, loc, raised, half);
    Value quiet = arith::OrIOp::create(b, loc, upper, word(type, 0x40));
    Value isNan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x);
    Value chosen = arith::SelectOp::create(b, loc, isNan, quiet, rounded);
    Value narrow = arith::TruncIOp::create(b, loc, withElement(type, b.getI16Type()), chosen);
    return arith::BitcastOp::create(b, loc, withElement(type, b.getBF16Type()), narrow);
  }
};

} // namespace

bool isNativeTruncation(Type from, Type to) {
  Type target = getElementTypeOrSelf(to);
  return !target.isBF16() && !(target.isF16() && getElementTypeOrSelf(from).isF64());
}

Value buildTruncation(OpBuilder &b, Location loc, Type type, Value x) {
  if (isNativeTruncation(x.getType(), type))
    return arith::TruncFOp::create(b, loc, type, x);
  Narrower narrower{b, loc};
  if (getElementTypeOrSelf(x.getType()).isF64())
    x = narrower.roundToOdd(x);
  return getElementTypeOrSelf(type).isBF16() ? narrower.toBFloat16(x)
                                             : arith::TruncFOp::create(b, loc, type, x).getResult();
}

} // namespace tcc
