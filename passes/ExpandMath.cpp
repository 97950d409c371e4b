// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass --tcc-expand-math: which math op is replaced by which expansion, and how half-precision types pass through
// f32.

#include "dialect/Ops.h"
#include "passes/Passes.h"
#include "passes/Polygamma.h"
#include "passes/VectorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tcc {
#define GEN_PASS_DEF_EXPANDMATH
#include "passes/Passes.h.inc"

namespace {

/// The type the op is computed in: f32 for the half-precision types, itself otherwise; null if we have no expansion.
Type computeType(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (element.isF16() || element.isBF16()) {
    Type single = Float32Type::get(type.getContext());
    if (auto vector = dyn_cast<VectorType>(type))
      single = vector.clone(single);
    else if (isa<ShapedType>(type))
      return {};
    type = single;
  }
  return isVectorMathType(type) ? type : Type();
}

Value convertTo(OpBuilder &b, Location loc, Type type, Value v) {
  unsigned from = getElementTypeOrSelf(v.getType()).getIntOrFloatBitWidth();
  unsigned to = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  if (from < to)
    return arith::ExtFOp::create(b, loc, type, v);
  if (from > to)
    return buildTruncation(b, loc, type, v);
  return v;
}

/// Expands a float op on operands that are already of the compute type; null for an op that stays.
Value expandFloatOp(OpBuilder &b, Operation *op, ValueRange v, const VectorMathOptions &options) {
  Location loc = op->getLoc();
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::ExpOp) { return buildExp(b, loc, v[0], options); })
      .Case([&](math::Exp2Op) { return buildExp2(b, loc, v[0], options); })
      .Case([&](math::ExpM1Op) { return buildExpm1(b, loc, v[0], options); })
      .Case([&](math::LogOp) { return buildLog(b, loc, v[0], options); })
      .Case([&](math::Log2Op) { return buildLog2(b, loc, v[0], options); })
      .Case([&](math::Log10Op) { return buildLog10(b, loc, v[0], options); })
      .Case([&](math::Log1pOp) { return buildLog1p(b, loc, v[0], options); })
      .Case([&](math::SinOp) { return buildSin(b, loc, v[0], options); })
      .Case([&](math::CosOp) { return buildCos(b, loc, v[0], options); })
      .Case([&](math::TanOp) { return buildTan(b, loc, v[0], options); })
      .Case([&](math::AsinOp) { return buildAsin(b, loc, v[0], options); })
      .Case([&](math::AcosOp) { return buildAcos(b, loc, v[0], options); })
      .Case([&](math::AtanOp) { return buildAtan(b, loc, v[0], options); })
      .Case([&](math::Atan2Op) { return buildAtan2(b, loc, v[0], v[1], options); })
      .Case([&](math::SinhOp) { return buildSinh(b, loc, v[0], options); })
      .Case([&](math::CoshOp) { return buildCosh(b, loc, v[0], options); })
      .Case([&](math::TanhOp) { return buildTanh(b, loc, v[0], options); })
      .Case([&](math::AsinhOp) { return buildAsinh(b, loc, v[0], options); })
      .Case([&](math::AcoshOp) { return buildAcosh(b, loc, v[0], options); })
      .Case([&](math::AtanhOp) { return buildAtanh(b, loc, v[0], options); })
      .Case([&](math::CbrtOp) { return buildCbrt(b, loc, v[0], options); })
      .Case([&](math::RsqrtOp) { return buildRsqrt(b, loc, v[0], options); })
      .Case([&](math::ErfOp) { return buildErf(b, loc, v[0], options); })
      .Case([&](math::ErfcOp) { return buildErfc(b, loc, v[0], options); })
      .Case([&](SpecialOp special) {
        StringRef function = special.getFunction();
        return function == "erfinv"    ? buildErfinv(b, loc, v[0], options)
               : function == "lgamma"  ? buildLgamma(b, loc, v[0], options)
               : function == "digamma" ? buildDigamma(b, loc, v[0], options)
                                       : buildPolygamma(b, loc, v[0], special.getOrder(), options);
      })
      .Case([&](math::PowFOp) { return buildPow(b, loc, v[0], v[1], options); })
      .Case([&](math::FPowIOp) { return buildFpowi(b, loc, v[0], v[1], options); })
      .Default(Value());
}

/// Whether `type` is an integer, or a fixed vector of them, that the integer powers take as exponent or base.
bool isIntegerPowerType(Type type) {
  if (auto vector = dyn_cast<VectorType>(type)) {
    if (vector.isScalable())
      return false;
    type = vector.getElementType();
  }
  auto integer = dyn_cast<IntegerType>(type);
  return integer && integer.getWidth() <= 64;
}

/// The expansion of `op`, or an empty list if it stays.
SmallVector<Value> expandOp(OpBuilder &b, Operation *op, const VectorMathOptions &options) {
  Location loc = op->getLoc();
  if (auto narrow = dyn_cast<arith::TruncFOp>(op)) {
    if (isNativeTruncation(narrow.getIn().getType(), narrow.getType()))
      return {};
    return {buildTruncation(b, loc, narrow.getType(), narrow.getIn())};
  }
  if (auto power = dyn_cast<math::IPowIOp>(op)) {
    if (!isIntegerPowerType(power.getType()))
      return {};
    return {buildIpowi(b, loc, power.getLhs(), power.getRhs())};
  }
  Type type = op->getNumResults() ? computeType(op->getResult(0).getType()) : Type();
  if (!type)
    return {};
  if (auto power = dyn_cast<math::FPowIOp>(op); power && !isIntegerPowerType(power.getRhs().getType()))
    return {};
  auto operands = [&] {
    SmallVector<Value> values;
    for (Value v : op->getOperands())
      values.push_back(isa<FloatType>(getElementTypeOrSelf(v.getType())) ? convertTo(b, loc, type, v) : v);
    return values;
  };
  if (isa<math::SincosOp>(op)) {
    Value x = operands()[0];
    return {convertTo(b, loc, op->getResult(0).getType(), buildSin(b, loc, x, options)),
            convertTo(b, loc, op->getResult(1).getType(), buildCos(b, loc, x, options))};
  }
  // The half-precision operands must not be converted for an op that then stays.
  if (!isa<math::ExpOp, math::Exp2Op, math::ExpM1Op, math::LogOp, math::Log2Op, math::Log10Op, math::Log1pOp,
           math::SinOp, math::CosOp, math::TanOp, math::AsinOp, math::AcosOp, math::AtanOp, math::Atan2Op, math::SinhOp,
           math::CoshOp, math::TanhOp, math::AsinhOp, math::AcoshOp, math::AtanhOp, math::CbrtOp, math::RsqrtOp,
           math::ErfOp, math::ErfcOp, math::PowFOp, math::FPowIOp, SpecialOp>(op))
    return {};
  Value result = expandFloatOp(b, op, operands(), options);
  return {convertTo(b, loc, op->getResult(0).getType(), result)};
}

struct ExpandMath : impl::ExpandMathBase<ExpandMath> {
  using ExpandMathBase::ExpandMathBase;

  void runOnOperation() override {
    VectorMathOptions options;
    options.fma = fma;
    options.scalef = scalef;
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()) || isa<SpecialOp, arith::TruncFOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      OpBuilder b(op);
      SmallVector<Value> results = expandOp(b, op, options);
      if (results.empty())
        continue;
      op->replaceAllUsesWith(results);
      op->erase();
    }
  }
};

} // namespace
} // namespace tcc
