// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel bodies that read at computed positions, always within bounds, and the random number generator.
#include "passes/KernelBody.h"

#include "passes/KernelOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace tcc {

Value GenericBuilder::clamp(Value index, Value size) {
  Value last = arith::SubIOp::create(body, loc, size, constant(1));
  Value low = arith::MaxSIOp::create(body, loc, index, constant(0));
  // Last, so that an empty axis gives -1 and then 0 rather than a position past the end.
  return arith::MaxSIOp::create(body, loc, arith::MinSIOp::create(body, loc, low, last), constant(0));
}

// y[i] = x[(i - low) / (interior + 1)] where that is a position of x, else the value. An unsigned comparison also
// excludes what lies before `low`.
Value GenericBuilder::computePad(Operation *op, const Position &position) {
  auto pad = cast<PadOp>(op);
  RankedTensorType from = pad.getX().getType();
  Value inside;
  auto require = [&](Value condition) {
    inside = inside ? arith::AndIOp::create(body, loc, inside, condition).getResult() : condition;
  };
  Value value = pull(pad.getValue(), Position{AffineMap::get(getNumDims(), 0, body.getContext()), {}});
  if (!value || (from.hasStaticShape() && from.getNumElements() == 0))
    return value;
  // Where the whole iteration space reads either x or the value, there is nothing to choose.
  auto sidesOf = [&](int64_t axis) -> std::optional<bool> {
    auto known = position.map && pad.getInterior()[axis] == 0 && !from.isDynamicDim(axis)
                     ? range(position.map.getResult(axis))
                     : std::nullopt;
    int64_t low = pad.getLow()[axis], end = low + from.getDimSize(axis);
    if (!known || (known->first < low && known->second >= low) || (known->first < end && known->second >= end))
      return std::nullopt;
    return known->first >= low && known->second < end;
  };
  SmallVector<std::optional<bool>> within;
  for (int64_t axis = 0; axis < from.getRank(); ++axis)
    within.push_back(sidesOf(axis));
  if (llvm::is_contained(within, std::optional(false)))
    return value;
  if (!llvm::is_contained(within, std::nullopt)) {
    SmallVector<AffineExpr> exprs(position.map.getResults());
    for (auto [expr, low] : llvm::zip(exprs, pad.getLow()))
      expr = expr - low;
    return pull(pad.getX(), Position{AffineMap::get(getNumDims(), 0, exprs, body.getContext()), {}});
  }
  SmallVector<Value> at = indices(position);
  bool moved = false;
  for (int64_t axis = 0; axis < from.getRank(); ++axis) {
    int64_t low = pad.getLow()[axis], high = pad.getHigh()[axis], step = pad.getInterior()[axis] + 1;
    if (low == 0 && high == 0 && step == 1)
      continue;
    moved = true;
    Value size = from.isDynamicDim(axis) ? kernel.size(pad.getX(), axis) : constant(from.getDimSize(axis));
    Value shifted = low == 0 ? at[axis] : arith::SubIOp::create(body, loc, at[axis], constant(low)).getResult();
    if (step > 1) {
      Value rest = arith::RemSIOp::create(body, loc, shifted, constant(step));
      require(arith::CmpIOp::create(body, loc, arith::CmpIPredicate::eq, rest, constant(0)));
      // Rounding towards zero maps the positions just before `low` to 0: they are excluded by the sign.
      require(arith::CmpIOp::create(body, loc, arith::CmpIPredicate::sge, shifted, constant(0)));
      shifted = arith::DivSIOp::create(body, loc, shifted, constant(step));
    }
    require(arith::CmpIOp::create(body, loc, arith::CmpIPredicate::ult, shifted, size));
    at[axis] = clamp(shifted, size);
  }
  if (!moved)
    return pull(pad.getX(), position);
  Value element = pull(pad.getX(), Position{{}, at});
  if (!element)
    return {};
  return arith::SelectOp::create(body, loc, inside, element, value);
}

// Each operand is read at the clamped position; the last one that starts at or before the position wins.
Value GenericBuilder::computeConcatenate(Operation *op, const Position &position) {
  auto concatenate = cast<ConcatenateOp>(op);
  int64_t axis = concatenate.getAxis();
  if (op->getNumOperands() == 1)
    return pull(op->getOperand(0), position);
  if (auto known = position.map ? range(position.map.getResult(axis)) : std::nullopt) {
    int64_t begin = 0;
    for (Value x : op->getOperands()) {
      if (tensorType(x).isDynamicDim(axis))
        break;
      int64_t end = begin + tensorType(x).getDimSize(axis);
      if (known->first >= begin && known->second < end) {
        SmallVector<AffineExpr> exprs(position.map.getResults());
        exprs[axis] = exprs[axis] - begin;
        return pull(x, Position{AffineMap::get(getNumDims(), 0, exprs, body.getContext()), {}});
      }
      begin = end;
    }
  }
  SmallVector<Value> at = indices(position);
  Value whole = at[axis], start, result;
  for (Value x : op->getOperands()) {
    bool open = tensorType(x).isDynamicDim(axis);
    if (!open && tensorType(x).getDimSize(axis) == 0)
      continue;
    Value size = open ? kernel.size(x, axis) : constant(tensorType(x).getDimSize(axis));
    Value shifted = start ? arith::SubIOp::create(body, loc, whole, start).getResult() : whole;
    at[axis] = clamp(shifted, size);
    Value element = pull(x, Position{{}, at});
    if (!element)
      return {};
    if (result) {
      Value reached = arith::CmpIOp::create(body, loc, arith::CmpIPredicate::sge, whole, start);
      element = arith::SelectOp::create(body, loc, reached, element, result);
    }
    result = element;
    start = start ? arith::AddIOp::create(body, loc, start, size).getResult() : size;
  }
  // All operands are empty: so is the result, and nothing is read.
  return result ? result : pull(op->getOperand(0), Position{{}, at});
}

Value GenericBuilder::computeGather(Operation *op, const Position &position) {
  auto gather = cast<GatherOp>(op);
  RankedTensorType from = gather.getX().getType();
  int64_t indexRank = tensorType(gather.getIndices()[0]).getRank();
  SmallVector<Value> at(from.getRank());
  for (auto [axis, tensor] : llvm::zip(gather.getAxes(), gather.getIndices())) {
    Position where;
    if (position.map)
      where.map = AffineMap::get(getNumDims(), 0, position.map.getResults().take_front(indexRank), body.getContext());
    else
      where.values.assign(position.values.begin(), position.values.begin() + indexRank);
    Value number = pull(tensor, where);
    if (!number)
      return {};
    Value size = from.isDynamicDim(axis) ? kernel.size(gather.getX(), axis) : constant(from.getDimSize(axis));
    at[axis] = clamp(arith::IndexCastOp::create(body, loc, body.getIndexType(), number), size);
  }
  int64_t next = indexRank;
  for (int64_t axis = 0; axis < from.getRank(); ++axis)
    if (!at[axis]) {
      at[axis] = position.map ? evaluate(position.map.getResult(next), {}) : position.values[next];
      ++next;
    }
  return pull(gather.getX(), Position{{}, at});
}

// Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011),
// rotations and key schedule of their table 3. Element i is word i & 1 of the block with counter (i >> 1, 0): low word
// first, so that a tensor of 2^33 elements does not repeat.
Value GenericBuilder::computeRandomBits(Operation *op, const Position &position) {
  auto random = cast<RandomBitsOp>(op);
  Type word = body.getI32Type();
  auto number = [&](uint32_t value) -> Value {
    return arith::ConstantOp::create(body, loc, body.getI32IntegerAttr(int32_t(value)));
  };
  SmallVector<Value> at = indices(position);
  // The leading axes choose a key; the others count.
  int64_t keyRank = tensorType(random.getKey()).getRank() - 1;
  Value linear;
  for (int64_t axis = keyRank; axis < int64_t(at.size()); ++axis) {
    if (!linear) {
      linear = at[axis];
      continue;
    }
    linear = arith::MulIOp::create(body, loc, linear, kernel.size(random.getY(), axis));
    linear = arith::AddIOp::create(body, loc, linear, at[axis]);
  }
  if (!linear)
    linear = constant(0);
  Value counter = arith::IndexCastOp::create(body, loc, body.getI64Type(), linear);
  Value one = arith::ConstantOp::create(body, loc, body.getI64IntegerAttr(1));
  Value blockNumber = arith::ShRUIOp::create(body, loc, counter, one);
  Value thirtyTwo = arith::ConstantOp::create(body, loc, body.getI64IntegerAttr(32));
  Value x0 = arith::TruncIOp::create(body, loc, word, blockNumber);
  Value x1 = arith::TruncIOp::create(body, loc, word, arith::ShRUIOp::create(body, loc, blockNumber, thirtyTwo));

  Value keys[3];
  for (int64_t i : {0, 1}) {
    Position where;
    if (position.map) {
      SmallVector<AffineExpr> word(position.map.getResults().take_front(keyRank));
      word.push_back(getAffineConstantExpr(i, body.getContext()));
      where.map = AffineMap::get(getNumDims(), 0, word, body.getContext());
    } else {
      where.values.assign(position.values.begin(), position.values.begin() + keyRank);
      where.values.push_back(constant(i));
    }
    keys[i] = pull(random.getKey(), where);
    if (!keys[i])
      return {};
  }
  keys[2] = arith::XOrIOp::create(body, loc, arith::XOrIOp::create(body, loc, keys[0], keys[1]), number(0x1BD11BDA));

  static constexpr unsigned rotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  x0 = arith::AddIOp::create(body, loc, x0, keys[0]);
  x1 = arith::AddIOp::create(body, loc, x1, keys[1]);
  for (unsigned round = 0; round < 20; ++round) {
    unsigned by = rotations[round % 8];
    x0 = arith::AddIOp::create(body, loc, x0, x1);
    Value left = arith::ShLIOp::create(body, loc, x1, number(by));
    Value right = arith::ShRUIOp::create(body, loc, x1, number(32 - by));
    x1 = arith::XOrIOp::create(body, loc, arith::OrIOp::create(body, loc, left, right), x0);
    if (round % 4 != 3)
      continue;
    unsigned injection = round / 4 + 1;
    x0 = arith::AddIOp::create(body, loc, x0, keys[injection % 3]);
    x1 = arith::AddIOp::create(body, loc, x1, keys[(injection + 1) % 3]);
    x1 = arith::AddIOp::create(body, loc, x1, number(injection));
  }
  Value odd = arith::TruncIOp::create(body, loc, body.getI1Type(), counter);
  return arith::SelectOp::create(body, loc, odd, x1, x0);
}

} // namespace tcc
