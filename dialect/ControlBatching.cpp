// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Batched forms of ops that run functions: the same ops of the functions' batched forms. Where slices disagree about
// the way to go, all ways are gone and each slice selects its own.
#include "dialect/Batching.h"
#include "dialect/ControlLoops.h"
#include "dialect/Functions.h"

using namespace mlir;

namespace tcc {

static SmallVector<bool> areStacked(BatchBuilder &b, ValueRange operands) {
  return llvm::map_to_vector(operands, [&](Value v) { return b.isStacked(v); });
}

static FailureOr<func::FuncOp> functionNamed(Operation *op, FlatSymbolRefAttr name) {
  func::FuncOp function = lookupFunction(op, name);
  if (!function)
    return op->emitOpError("runs no function that can be batched: ") << name;
  return function;
}

static void setResults(BatchBuilder &b, ValueRange from, ValueRange to, ArrayRef<bool> stacked) {
  for (auto [result, value, isStack] : llvm::zip_equal(from, to, stacked))
    if (isStack)
      b.set(result, value);
    else
      b.setShared(result, value);
}

/// a where the slice's `predicate` holds, b elsewhere; all are stacks.
static Value selectSlices(OpBuilder &builder, Location loc, Value predicate, Value a, Value b) {
  RankedTensorType type = tensorType(a).clone(builder.getI1Type());
  return SelectOp::create(builder, loc,
                          BroadcastOp::create(builder, loc, type, predicate, Value(), ArrayRef<int64_t>{0}), a, b);
}

/// The values as stacks where `stacked` says so.
static SmallVector<Value> stackedWhere(BatchBuilder &b, ValueRange operands, ArrayRef<bool> stacked) {
  SmallVector<Value> values;
  for (auto [operand, isStack] : llvm::zip_equal(operands, stacked))
    values.push_back(isStack ? b.stacked(operand) : b.of(operand));
  return values;
}

static SmallVector<bool> concatenated(std::initializer_list<ArrayRef<bool>> parts) {
  SmallVector<bool> all;
  for (ArrayRef<bool> part : parts)
    llvm::append_range(all, part);
  return all;
}

/// The batched form of a function that gives new values for some of its arguments, `carried`: grows that set until what
/// it gives is as stacked as what it takes. `before` and `after` are the other arguments.
static FailureOr<func::FuncOp> buildCarrying(func::FuncOp function, int64_t size, ArrayRef<bool> before,
                                             SmallVectorImpl<bool> &carried, ArrayRef<bool> after = {},
                                             SmallVectorImpl<bool> *rows = nullptr) {
  unsigned numRows = function.getNumResults() - carried.size();
  while (true) {
    SmallVector<bool> noRows(numRows, false);
    FailureOr<BatchedFunction> batched =
        buildBatched(function, size, concatenated({before, carried, after}), concatenated({carried, noRows}));
    if (failed(batched))
      return failure();
    ArrayRef<bool> given = batched->isStacked;
    if (given.take_front(carried.size()) == ArrayRef<bool>(carried)) {
      if (rows)
        rows->assign(given.begin() + carried.size(), given.end());
      return batched->function;
    }
    carried.assign(given.begin(), given.begin() + carried.size());
  }
}

//===----------------------------------------------------------------------===//
// Calls and branches
//===----------------------------------------------------------------------===//

template <class Op> static LogicalResult batchCall(Op op, BatchBuilder &b) {
  FailureOr<func::FuncOp> function = functionNamed(op, op.getCalleeAttr());
  if (failed(function))
    return failure();
  FailureOr<BatchedFunction> batched = buildBatched(*function, b.size(), areStacked(b, op.getXs()));
  if (failed(batched))
    return failure();
  auto call = Op::create(b.builder, op.getLoc(), batched->function.getResultTypes(), b.of(op.getXs()),
                         batched->function.getName());
  setResults(b, op.getYs(), call.getYs(), batched->isStacked);
  return success();
}

/// The batched form of a call's pullback, which sums what slices give for an operand that they share.
static FailureOr<func::FuncOp> batchedPullback(CallOp op, BatchBuilder &b, func::FuncOp pullback) {
  unsigned numPulled = pullback.getNumResults();
  SmallVector<bool> stacked = areStacked(b, op.getXs());
  ArrayRef<bool> pulled = ArrayRef(stacked).take_front(numPulled);
  auto arguments = SmallVector<bool>(ArrayRef(stacked).drop_front(numPulled));
  arguments.push_back(true);
  FailureOr<BatchedFunction> batched = buildBatched(pullback, b.size(), arguments, SmallVector<bool>(numPulled, true));
  if (failed(batched))
    return failure();
  return makeFunction(pullback->getParentOfType<ModuleOp>(), op.getLoc(), (pullback.getName() + "_summed").str(),
                      batched->function.getArgumentTypes(), [&](OpBuilder &builder, ValueRange values) {
                        SmallVector<Value> results = inlineFunction(builder, batched->function, values);
                        for (auto [result, isStack] : llvm::zip_equal(results, pulled))
                          if (!isStack)
                            result = ReduceSumOp::create(builder, op.getLoc(), result, ArrayRef<int64_t>{0});
                        return results;
                      });
}

LogicalResult CallOp::batch(BatchBuilder &b) {
  auto rule = (*this)->getAttrOfType<FlatSymbolRefAttr>(pullbackAttribute);
  if (!rule)
    return batchCall(*this, b);
  FailureOr<func::FuncOp> function = functionNamed(*this, getCalleeAttr()), pullback = functionNamed(*this, rule);
  if (failed(function) || failed(pullback))
    return failure();
  FailureOr<func::FuncOp> summed = batchedPullback(*this, b, *pullback);
  FailureOr<BatchedFunction> batched =
      buildBatched(*function, b.size(), areStacked(b, getXs()), SmallVector<bool>(getNumResults(), true));
  if (failed(summed) || failed(batched))
    return failure();
  auto call = CallOp::create(b.builder, getLoc(), batched->function.getResultTypes(), b.of(getXs()),
                             batched->function.getName());
  call->setAttr(pullbackAttribute, FlatSymbolRefAttr::get(*summed));
  setResults(b, getYs(), call.getYs(), batched->isStacked);
  return success();
}
LogicalResult CheckpointOp::batch(BatchBuilder &b) { return batchCall(*this, b); }

LogicalResult CondOp::batch(BatchBuilder &b) {
  bool isStack = b.isStacked(getPredicate());
  SmallVector<bool> results(getNumResults(), isStack), arguments = areStacked(b, getXs());
  func::FuncOp branches[2];
  // Both must give stacks where one does: the second round is told what the first found.
  for (int round = 0; round < 2; ++round)
    for (int index = 0; index < 2; ++index) {
      FailureOr<func::FuncOp> function = functionNamed(*this, index ? getOtherwiseAttr() : getThenAttr());
      if (failed(function))
        return failure();
      FailureOr<BatchedFunction> batched = buildBatched(*function, b.size(), arguments, results);
      if (failed(batched))
        return failure();
      branches[index] = batched->function;
      results = batched->isStacked;
    }
  SmallVector<Value> xs = b.of(getXs());
  if (!isStack) {
    auto cond = CondOp::create(b.builder, getLoc(), branches[0].getResultTypes(), b.of(getPredicate()), xs,
                               branches[0].getName(), branches[1].getName());
    setResults(b, getYs(), cond.getYs(), results);
    return success();
  }
  CallOp calls[2];
  for (int index = 0; index < 2; ++index)
    calls[index] = CallOp::create(b.builder, getLoc(), branches[index].getResultTypes(), xs, branches[index].getName());
  for (auto [y, a, c] : llvm::zip_equal(getYs(), calls[0].getYs(), calls[1].getYs()))
    b.set(y, selectSlices(b.builder, getLoc(), b.of(getPredicate()), a, c));
  return success();
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

LogicalResult ScanOp::batch(BatchBuilder &b) {
  FailureOr<func::FuncOp> body = functionNamed(*this, getBodyAttr());
  if (failed(body))
    return failure();
  SmallVector<bool> carried = areStacked(b, getCarries()), rows;
  FailureOr<func::FuncOp> batched = buildCarrying(
      *body, b.size(), concatenated({{false}, areStacked(b, getCaptures())}), carried, areStacked(b, getXs()), &rows);
  if (failed(batched))
    return failure();
  // Turns run along the first axis, slices along the second.
  SmallVector<Value> xs;
  for (Value x : getXs())
    xs.push_back(b.isStacked(x) ? b.moveAxis(b.of(x), 0, 1) : b.of(x));
  SmallVector<Type> types(batched->getResultTypes());
  for (Type &type : llvm::drop_begin(types, carried.size()))
    type = stackOf(type, *this);
  auto scan = ScanOp::create(b.builder, getLoc(), types, b.of(getCaptures()), stackedWhere(b, getCarries(), carried),
                             xs, batched->getName(), getLength(), getReverse());
  setResults(b, getLastCarries(), scan.getLastCarries(), carried);
  for (auto [from, to, isStack] : llvm::zip_equal(getStacks(), scan.getStacks(), rows))
    if (isStack)
      b.set(from, b.moveAxis(to, 0, 1));
    else
      b.setShared(from, to);
  return success();
}

LogicalResult WhileLoopOp::batch(BatchBuilder &b) {
  FailureOr<func::FuncOp> body = functionNamed(*this, getBodyAttr()),
                          condition = functionNamed(*this, getConditionAttr());
  if (failed(body) || failed(condition))
    return failure();
  SmallVector<bool> captures = areStacked(b, getCaptures()), carried = areStacked(b, getState());
  FailureOr<func::FuncOp> turn = buildCarrying(*body, b.size(), captures, carried);
  if (failed(turn))
    return failure();
  FailureOr<BatchedFunction> test = buildBatched(*condition, b.size(), concatenated({captures, carried}));
  if (failed(test))
    return failure();
  if (!test->isStacked.front()) {
    SmallVector<Type> types(turn->getResultTypes());
    types.push_back(getCount().getType());
    auto loop = WhileLoopOp::create(b.builder, getLoc(), types, b.of(getCaptures()),
                                    stackedWhere(b, getState(), carried), test->function.getName(), turn->getName());
    setResults(b, getLast(), loop.getLast(), carried);
    b.setShared(getCount(), loop.getCount());
    return success();
  }
  // A slice that is done keeps its state, and counts no more: so all of the state is stacks, and so is the count.
  carried.assign(carried.size(), true);
  turn = buildCarrying(*body, b.size(), captures, carried);
  test = buildBatched(*condition, b.size(), concatenated({captures, carried}), {true});
  if (failed(turn) || failed(test))
    return failure();
  Location loc = getLoc();
  auto counts = RankedTensorType::get({b.size()}, b.builder.getI64Type());
  auto spread = [&](OpBuilder &builder, int64_t value) -> Value {
    return ConstantOp::create(builder, loc, splatAttribute(counts, double(value)));
  };
  SmallVector<Value> outside = b.of(getCaptures()), start = b.stacked(getState());
  start.push_back(spread(b.builder, 0));
  SmallVector<Type> types(ValueRange(outside).getTypes());
  llvm::append_range(types, ValueRange(start).getTypes());
  ModuleOp module = (*body)->getParentOfType<ModuleOp>();
  func::FuncOp any = makeFunction(module, loc, (condition->getName() + "_any").str(), types,
                                  [&](OpBuilder &builder, ValueRange arguments) -> SmallVector<Value> {
                                    Value each = inlineFunction(builder, test->function, arguments.drop_back())[0];
                                    return {ReduceOrOp::create(builder, loc, each, builder.getDenseI64ArrayAttr({0}))};
                                  });
  func::FuncOp masked = makeFunction(
      module, loc, (body->getName() + "_masked").str(), types, [&](OpBuilder &builder, ValueRange arguments) {
        Value runs = inlineFunction(builder, test->function, arguments.drop_back())[0];
        SmallVector<Value> next = inlineFunction(builder, *turn, arguments.drop_back());
        next.push_back(AddOp::create(builder, loc, arguments.back(), spread(builder, 1)));
        for (auto [value, old] : llvm::zip_equal(next, arguments.drop_front(outside.size())))
          value = selectSlices(builder, loc, runs, value, old);
        return next;
      });
  SmallVector<Type> results(ValueRange(start).getTypes());
  results.push_back(getCount().getType());
  auto loop = WhileLoopOp::create(b.builder, loc, results, outside, start, any.getName(), masked.getName());
  for (auto [from, to] : llvm::zip(getResults(), loop.getLast()))
    b.set(from, to);
  return success();
}

// Slices of different counts: those that have fewer turns wait in the last ones, forward and back.
LogicalResult UnwindOp::batch(BatchBuilder &b) {
  FailureOr<func::FuncOp> body = functionNamed(*this, getBodyAttr()), step = functionNamed(*this, getStepAttr());
  if (failed(body) || failed(step))
    return failure();
  bool isMasked = b.isStacked(getCount());
  SmallVector<bool> captures = areStacked(b, getCaptures()), state = areStacked(b, getState()),
                    cotangents = areStacked(b, getCotangents());
  if (isMasked) {
    state.assign(state.size(), true);
    cotangents.assign(cotangents.size(), true);
  }
  FailureOr<func::FuncOp> turn = buildCarrying(*body, b.size(), captures, state);
  if (failed(turn))
    return failure();
  FailureOr<func::FuncOp> back = buildCarrying(*step, b.size(), concatenated({captures, state}), cotangents);
  if (failed(back))
    return failure();
  SmallVector<Value> outside = b.of(getCaptures()), start = stackedWhere(b, getState(), state),
                     dys = stackedWhere(b, getCotangents(), cotangents);
  Value count = b.of(getCount());
  if (isMasked) {
    Location loc = getLoc();
    ModuleOp module = (*body)->getParentOfType<ModuleOp>();
    unsigned numCaptures = outside.size(), numState = start.size();
    outside.push_back(count);
    start.push_back(position(b.builder, loc, 0));
    SmallVector<Type> types(ValueRange(outside).getTypes());
    llvm::append_range(types, ValueRange(start).getTypes());
    auto runs = [&](OpBuilder &builder, ValueRange arguments) -> Value {
      Value counts = arguments[numCaptures], now = arguments[numCaptures + 1 + numState];
      Value all = BroadcastOp::create(builder, loc, counts.getType(), now, Value(), ArrayRef<int64_t>());
      return LessOp::create(builder, loc, all, counts);
    };
    auto values = [&](ValueRange arguments) {
      SmallVector<Value> all(arguments.take_front(numCaptures));
      llvm::append_range(all, arguments.slice(numCaptures + 1, numState));
      return all;
    };
    func::FuncOp maskedTurn = makeFunction(
        module, loc, (body->getName() + "_masked").str(), types, [&](OpBuilder &builder, ValueRange arguments) {
          SmallVector<Value> all = values(arguments), next = inlineFunction(builder, *turn, all);
          for (auto [value, old] : llvm::zip_equal(next, arguments.slice(numCaptures + 1, numState)))
            value = selectSlices(builder, loc, runs(builder, arguments), value, old);
          next.push_back(AddOp::create(builder, loc, arguments.back(), position(builder, loc, 1)));
          return next;
        });
    llvm::append_range(types, ValueRange(dys).getTypes());
    func::FuncOp maskedStep = makeFunction(module, loc, (step->getName() + "_masked").str(), types,
                                           [&](OpBuilder &builder, ValueRange arguments) {
                                             SmallVector<Value> all = values(arguments);
                                             ValueRange now = arguments.take_back(dys.size());
                                             llvm::append_range(all, now);
                                             SmallVector<Value> next = inlineFunction(builder, *back, all);
                                             for (auto [value, old] : llvm::zip_equal(next, now))
                                               value = selectSlices(builder, loc, runs(builder, arguments), value, old);
                                             return next;
                                           });
    turn = maskedTurn;
    back = maskedStep;
    count = b.size() ? ReduceMaxOp::create(b.builder, loc, count, b.integers({0})) : position(b.builder, loc, 0);
  }
  auto unwind = UnwindOp::create(b.builder, getLoc(), back->getResultTypes(), count, outside, start, dys,
                                 turn->getName(), back->getName());
  setResults(b, getDys(), unwind.getDys(), cotangents);
  return success();
}

} // namespace tcc
