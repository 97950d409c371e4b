// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lane-wise emission of scalar bodies. Everything elementwise is cloned with new types; what changes representation
// (half precision, complex) is handled here and in ComplexMath.

#include "passes/VectorBody.h"
#include "passes/ComplexMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <functional>
#include <numeric>

using namespace mlir;

namespace tcc {

static bool isHalf(Type type) { return type.isF16() || type.isBF16(); }

Type BodyEmitter::laneType(Type scalar) const {
  return lanes == 1 ? scalar : Type(VectorType::get({int64_t(lanes)}, scalar));
}

Value BodyEmitter::spread(Value scalar) {
  if (!scalar || lanes == 1 || isa<VectorType>(scalar.getType()))
    return scalar;
  return vector::BroadcastOp::create(b, loc, laneType(scalar.getType()), scalar);
}

Lane BodyEmitter::spread(Lane value) { return {spread(value.re), spread(value.im), lanes == 1}; }

Lane BodyEmitter::select(Value mask, Lane whenTrue, Lane whenFalse) {
  whenTrue = spread(whenTrue);
  whenFalse = spread(whenFalse);
  Lane result{arith::SelectOp::create(b, loc, mask, whenTrue.re, whenFalse.re), nullptr, false};
  if (whenTrue.im)
    result.im = arith::SelectOp::create(b, loc, mask, whenTrue.im, whenFalse.im);
  return result;
}

FailureOr<Lane> BodyEmitter::foldLanes(Operation *combiner, Lane value, unsigned target) {
  value = spread(value);
  while (lanes > target) {
    lanes /= 2;
    auto half = [&](Value whole, unsigned offset) -> Value {
      if (!whole)
        return nullptr;
      if (lanes == 1)
        return vector::ExtractOp::create(b, loc, whole, int64_t(offset));
      SmallVector<int64_t> order(lanes);
      std::iota(order.begin(), order.end(), int64_t(offset));
      return vector::ShuffleOp::create(b, loc, whole, whole, order);
    };
    bool uniform = lanes == 1;
    Lane low{half(value.re, 0), half(value.im, 0), uniform};
    Lane high{half(value.re, lanes), half(value.im, lanes), uniform};
    FailureOr<Lane> combined = apply(combiner, {low, high});
    if (failed(combined))
      return failure();
    value = *combined;
  }
  return value;
}

Lane BodyEmitter::trackNan(Lane value) {
  Type type = b.getIntegerType(getElementTypeOrSelf(value.re.getType()).getIntOrFloatBitWidth());
  value.im = spread(arith::ConstantOp::create(b, loc, b.getZeroAttr(type)).getResult());
  return value;
}

Lane BodyEmitter::untrackNan(Lane value) {
  auto type = cast<FloatType>(getElementTypeOrSelf(value.re.getType()));
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(value.im.getType()));
  Value nan =
      spread(arith::ConstantOp::create(b, loc, b.getFloatAttr(type, llvm::APFloat::getNaN(type.getFloatSemantics())))
                 .getResult());
  Value met = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, value.im, zero);
  return {arith::SelectOp::create(b, loc, met, nan, value.re), nullptr, value.uniform};
}

// x86 gives the second operand where one is NaN: a maximum that keeps NaN takes six instructions there, this one three,
// of which one waits for the last.
Lane BodyEmitter::extremum(bool larger, Lane running, Lane other) {
  auto predicate = larger ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT;
  Value replaces = arith::CmpFOp::create(b, loc, predicate, other.re, running.re), met = other.im;
  if (!met) {
    Value isNan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, other.re, other.re);
    Type element = getElementTypeOrSelf(running.im.getType());
    Value all = spread(arith::ConstantOp::create(b, loc, b.getIntegerAttr(element, -1)).getResult());
    met = arith::SelectOp::create(b, loc, isNan, all, running.im);
  } else {
    met = arith::OrIOp::create(b, loc, running.im, met);
  }
  return {arith::SelectOp::create(b, loc, replaces, other.re, running.re), met, running.uniform};
}

FailureOr<Lane> BodyEmitter::apply(Operation *op, ArrayRef<Lane> operands) {
  bool uniform = llvm::all_of(operands, [](const Lane &lane) { return lane.uniform; });
  SmallVector<Lane> args(operands);
  if (!uniform)
    for (Lane &arg : args)
      arg = spread(arg);
  auto typed = [&](Type scalar) { return uniform ? scalar : laneType(scalar); };
  if (isa<arith::MaximumFOp, arith::MinimumFOp>(op) && (args[0].im || args[1].im))
    return extremum(isa<arith::MaximumFOp>(op), args[args[0].im ? 0 : 1], args[args[0].im ? 1 : 0]);

  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    TypedAttr value = constant.getValue();
    if (isHalf(value.getType())) {
      llvm::APFloat number = cast<FloatAttr>(value).getValue();
      bool losesInfo = false;
      number.convert(llvm::APFloat::IEEEsingle(), llvm::APFloat::rmNearestTiesToEven, &losesInfo);
      value = FloatAttr::get(b.getF32Type(), number);
    }
    return Lane{arith::ConstantOp::create(b, loc, value), nullptr, true};
  }
  if (isa<complex::ComplexDialect>(op->getDialect())) {
    SmallVector<Complex> numbers;
    for (const Lane &arg : args)
      numbers.push_back({arg.re, arg.im});
    std::optional<Complex> result = ComplexMath(b, loc).expand(op, numbers);
    if (!result)
      return op->emitOpError("has no expansion to real arithmetic"), failure();
    return Lane{result->re, result->im, uniform};
  }
  if (isa<arith::SelectOp>(op) && args[1].im) {
    Lane result{arith::SelectOp::create(b, loc, args[0].re, args[1].re, args[2].re), nullptr, uniform};
    result.im = arith::SelectOp::create(b, loc, args[0].re, args[1].im, args[2].im);
    return result;
  }
  if (op->getNumResults() != 1)
    return op->emitOpError("cannot be emitted on lanes"), failure();

  // Half precision lives in float32; only conversions and bit patterns see the 16 bits.
  Type from = op->getNumOperands() ? op->getOperand(0).getType() : Type();
  Type to = op->getResult(0).getType();
  auto rounded = [&](Value value, Type half) -> Value {
    Value narrow = arith::TruncFOp::create(b, loc, typed(half), value);
    return arith::ExtFOp::create(b, loc, typed(b.getF32Type()), narrow);
  };
  if (isa<arith::ExtFOp>(op) && isHalf(from)) {
    if (to.isF32())
      return args[0];
    return Lane{arith::ExtFOp::create(b, loc, typed(to), args[0].re), nullptr, uniform};
  }
  if (isa<arith::TruncFOp>(op) && isHalf(to)) {
    if (from.isF32() || isHalf(from))
      return Lane{rounded(args[0].re, to), nullptr, uniform};
    Value narrow = arith::TruncFOp::create(b, loc, typed(to), args[0].re);
    return Lane{arith::ExtFOp::create(b, loc, typed(b.getF32Type()), narrow), nullptr, uniform};
  }
  if (isa<arith::BitcastOp>(op) && (isHalf(from) || isHalf(to))) {
    Value bits = args[0].re;
    if (isHalf(from))
      bits = arith::TruncFOp::create(b, loc, typed(from), bits);
    bits = arith::BitcastOp::create(b, loc, typed(to), bits);
    if (isHalf(to))
      bits = arith::ExtFOp::create(b, loc, typed(b.getF32Type()), bits);
    return Lane{bits, nullptr, uniform};
  }

  IRMapping mapping;
  for (auto [operand, arg] : llvm::zip(op->getOperands(), args))
    mapping.map(operand, arg.re);
  Operation *clone = op->cloneWithoutRegions(mapping);
  // `mapping` cannot tell two uses of one value apart, the operands can.
  for (auto [i, arg] : llvm::enumerate(args))
    clone->setOperand(i, arg.re);
  clone->setLoc(loc);
  b.insert(clone);
  clone->getResult(0).setType(typed(ElementKind::of(to).compute));
  Value result = clone->getResult(0);
  // An integer too wide for float32's mantissa must not keep bits that the half type would round.
  if (isHalf(to) && isa<arith::SIToFPOp, arith::UIToFPOp>(op))
    result = rounded(result, to);
  // Successive positions stay so when all move alike.
  Value first;
  if (!uniform && to.isIndex() && isa<arith::AddIOp, arith::SubIOp>(op)) {
    const Lane &x = operands[0], &y = operands[1];
    if (x.first && y.uniform)
      first = isa<arith::AddIOp>(op) ? b.createOrFold<arith::AddIOp>(loc, x.first, y.re)
                                     : b.createOrFold<arith::SubIOp>(loc, x.first, y.re);
    else if (y.first && x.uniform && isa<arith::AddIOp>(op))
      first = b.createOrFold<arith::AddIOp>(loc, x.re, y.first);
  }
  return Lane{result, nullptr, uniform, first};
}

FailureOr<SmallVector<Lane>> BodyEmitter::emit(Block &body, ArrayRef<Lane> arguments, IndexFn index, LoadFn load,
                                               SizeFn size) {
  llvm::DenseMap<Value, Lane> lane;
  for (auto [argument, value] : llvm::zip(body.getArguments(), arguments))
    lane[argument] = value;
  // Values from above are constants, sizes and what is computed from them.
  std::function<FailureOr<Lane>(Value)> lookUp = [&](Value value) -> FailureOr<Lane> {
    auto it = lane.find(value);
    if (it != lane.end())
      return it->second;
    Operation *definition = value.getDefiningOp();
    if (!definition || definition->getNumResults() != 1 || isa<MemRefType>(value.getType()))
      return emitError(value.getLoc(), "kernel body captures a value that is not computed from sizes and constants");
    if (auto dim = dyn_cast<memref::DimOp>(definition))
      return lane[value] = Lane{size(dim), nullptr, true};
    SmallVector<Lane> operands;
    for (Value operand : definition->getOperands()) {
      FailureOr<Lane> known = lookUp(operand);
      if (failed(known))
        return failure();
      operands.push_back(*known);
    }
    FailureOr<Lane> result = apply(definition, operands);
    if (succeeded(result))
      lane[value] = *result;
    return result;
  };
  for (Operation &op : body.without_terminator()) {
    if (auto indexOp = dyn_cast<linalg::IndexOp>(op)) {
      lane[indexOp] = index(indexOp.getDim());
      continue;
    }
    if (auto dim = dyn_cast<memref::DimOp>(op)) {
      lane[dim] = Lane{size(dim), nullptr, true};
      continue;
    }
    SmallVector<Lane> operands;
    auto loadOp = dyn_cast<memref::LoadOp>(op);
    for (Value operand : loadOp ? ValueRange(loadOp.getIndices()) : ValueRange(op.getOperands())) {
      FailureOr<Lane> value = lookUp(operand);
      if (failed(value))
        return failure();
      operands.push_back(*value);
    }
    FailureOr<Lane> result = loadOp ? load(loadOp, operands) : apply(&op, operands);
    if (failed(result))
      return failure();
    lane[op.getResult(0)] = *result;
  }
  SmallVector<Lane> yields;
  for (Value value : body.getTerminator()->getOperands()) {
    FailureOr<Lane> result = lookUp(value);
    if (failed(result))
      return failure();
    yields.push_back(*result);
  }
  return yields;
}

} // namespace tcc
