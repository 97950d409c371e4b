// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of ops that run functions: they run the functions' adjoints, and are ops of the same kinds, so that any
// order of derivative is reached. docs/control-flow.md says what each keeps and what it computes again.
#include "dialect/AdjointBuilder.h"
#include "dialect/Autodiff.h"
#include "dialect/ControlLoops.h"
#include "dialect/Functions.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace tcc {

/// Operands from `first` on whose cotangents somebody asks for, as positions from `first`.
static SmallVector<int64_t> wantedOperands(AdjointBuilder &b, unsigned first, unsigned count) {
  SmallVector<int64_t> wanted;
  for (unsigned index = 0; index < count; ++index)
    if (b.wants(first + index))
      wanted.push_back(index);
  return wanted;
}

/// The results whose cotangents are known.
static SmallVector<int64_t> reachedResults(AdjointBuilder &b) {
  SmallVector<int64_t> reached;
  for (unsigned index = 0; index < b.op->getNumResults(); ++index)
    if (b.dy(index) && isInexact(b.op->getResult(index).getType()))
      reached.push_back(index);
  return reached;
}

static FailureOr<func::FuncOp> functionNamed(Operation *op, FlatSymbolRefAttr name) {
  func::FuncOp function = lookupFunction(op, name);
  if (!function)
    return op->emitOpError("runs no function that can be differentiated: ") << name;
  return function;
}

static SmallVector<Value> joined(std::initializer_list<ValueRange> parts) {
  SmallVector<Value> all;
  for (ValueRange part : parts)
    llvm::append_range(all, part);
  return all;
}

//===----------------------------------------------------------------------===//
// Calls and branches
//===----------------------------------------------------------------------===//

template <class Op> static LogicalResult pullbackOfCall(Op op, AdjointBuilder &b) {
  SmallVector<int64_t> wrt = wantedOperands(b, 0, op.getXs().size()), of = reachedResults(b);
  FailureOr<func::FuncOp> function = functionNamed(op, op.getCalleeAttr());
  if (failed(function))
    return failure();
  FailureOr<func::FuncOp> vjp = buildVjp(*function, wrt, ArrayRef(of));
  if (failed(vjp))
    return failure();
  SmallVector<Value> operands(op.getXs());
  for (int64_t index : of)
    operands.push_back(b.dy(index));
  auto call = Op::create(b.builder, op.getLoc(), vjp->getResultTypes(), operands, vjp->getName());
  for (auto [index, dx] : llvm::zip_equal(wrt, call.getYs()))
    b.accumulate(index, dx);
  return success();
}

// A rule of the user's own is called, not looked into: what it reads it has as operands, so that derivatives of the
// rule itself are exact.
LogicalResult CallOp::pullback(AdjointBuilder &b) {
  auto rule = (*this)->getAttrOfType<FlatSymbolRefAttr>(pullbackAttribute);
  if (!rule)
    return pullbackOfCall(*this, b);
  FailureOr<func::FuncOp> function = functionNamed(*this, rule);
  if (failed(function))
    return failure();
  unsigned numPulled = function->getNumResults();
  SmallVector<Value> operands(getXs().drop_front(numPulled));
  operands.push_back(b.dy());
  auto call = CallOp::create(b.builder, getLoc(), function->getResultTypes(), operands, function->getName());
  for (auto [index, dx] : llvm::enumerate(call.getYs()))
    b.accumulate(index, dx);
  return success();
}
LogicalResult CheckpointOp::pullback(AdjointBuilder &b) { return pullbackOfCall(*this, b); }

LogicalResult CondOp::pullback(AdjointBuilder &b) {
  SmallVector<int64_t> wrt = wantedOperands(b, 1, getXs().size()), of = reachedResults(b);
  SmallVector<func::FuncOp> adjoints;
  for (FlatSymbolRefAttr name : {getThenAttr(), getOtherwiseAttr()}) {
    FailureOr<func::FuncOp> function = functionNamed(*this, name);
    if (failed(function))
      return failure();
    FailureOr<func::FuncOp> vjp = buildVjp(*function, wrt, ArrayRef(of));
    if (failed(vjp))
      return failure();
    adjoints.push_back(*vjp);
  }
  SmallVector<Value> operands(getXs());
  for (int64_t index : of)
    operands.push_back(b.dy(index));
  auto adjoint = CondOp::create(b.builder, getLoc(), adjoints[0].getResultTypes(), getPredicate(), operands,
                                adjoints[0].getName(), adjoints[1].getName());
  for (auto [index, dx] : llvm::zip_equal(wrt, adjoint.getYs()))
    b.accumulate(1 + index, dx);
  return success();
}

//===----------------------------------------------------------------------===//
// Loops: what they have in common
//===----------------------------------------------------------------------===//

namespace {
/// The adjoint of one turn: of the body's arguments that vary, in the values it carries on (and rows).
struct Turn {
  func::FuncOp vjp;
  SmallVector<int64_t> captures, carries, xs; // that vary, as positions within their kind
  SmallVector<int64_t> rows;                  // with known cotangents
  /// Whether the adjoint reads this argument of the body.
  bool needs(unsigned argument) { return !vjp.getArgument(argument).use_empty(); }
};
} // namespace

/// A carry varies also if only a turn makes it vary: the least set that is closed under turns. `first` arguments of the
/// body come before its captures.
static FailureOr<Turn> adjointOfTurn(AdjointBuilder &b, func::FuncOp body, unsigned first, unsigned firstOperand,
                                     unsigned numCaptures, unsigned numCarries, unsigned numXs) {
  SmallVector<bool> varies(first, false);
  for (unsigned index = 0; index < numCaptures + numCarries + numXs; ++index)
    varies.push_back(b.wants(firstOperand + index));
  unsigned carry0 = first + numCaptures;
  SmallVector<bool> results;
  for (bool changed = true; changed;) {
    changed = false;
    results = variedResults(body, varies);
    for (unsigned index = 0; index < numCarries; ++index)
      if (results[index] && !varies[carry0 + index])
        changed = varies[carry0 + index] = true;
  }
  Turn turn;
  SmallVector<int64_t> wrt, of;
  auto collect = [&](SmallVector<int64_t> &positions, unsigned begin, unsigned count) {
    for (unsigned index = 0; index < count; ++index)
      if (varies[begin + index] && isInexact(body.getArgumentTypes()[begin + index])) {
        positions.push_back(index);
        wrt.push_back(begin + index);
      }
  };
  collect(turn.captures, first, numCaptures);
  collect(turn.carries, carry0, numCarries);
  collect(turn.xs, carry0 + numCarries, numXs);
  of = turn.carries;
  for (unsigned row = numCarries; row < body.getNumResults(); ++row)
    if (results[row] && b.dy(row)) {
      turn.rows.push_back(row - numCarries);
      of.push_back(row);
    }
  FailureOr<func::FuncOp> vjp = buildVjp(body, wrt, ArrayRef(of));
  if (failed(vjp))
    return failure();
  turn.vjp = *vjp;
  return turn;
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

/// The same body, which also gives the carries as it got them. All of them, so that one loop records for everybody:
/// what nobody reads is dropped when it is compiled.
static func::FuncOp recordingBody(ScanOp scan, func::FuncOp body) {
  unsigned carry0 = 1 + scan.getCaptures().size();
  func::FuncOp recording =
      makeFunction(body->getParentOfType<ModuleOp>(), body.getLoc(), (body.getName() + "_recorded").str(),
                   body.getArgumentTypes(), [&](OpBuilder &builder, ValueRange arguments) {
                     SmallVector<Value> results = inlineFunction(builder, body, arguments);
                     llvm::append_range(results, arguments.slice(carry0, scan.getCarries().size()));
                     return results;
                   });
  recording->setAttr(recordsAttribute, FlatSymbolRefAttr::get(body));
  return recording;
}

// With (k', y) = f(i, c, k, x), the turn's adjoint is (dc, dk, dx) = f*(i, c, k, x; dk', dy). It runs from the last
// turn to the first, carries dk and the sum of dc, and stacks dx. The carries k it needs are recorded by the loop
// itself, as rows: simplification makes one of that loop and the one that is there already
// (passes/SimplifyControl.cpp).
LogicalResult ScanOp::pullback(AdjointBuilder &b) {
  FailureOr<func::FuncOp> body = functionNamed(*this, getBodyAttr());
  if (failed(body))
    return failure();
  unsigned numCaptures = getCaptures().size(), numCarries = getCarries().size(), numXs = getXs().size();
  FailureOr<Turn> turn = adjointOfTurn(b, *body, 1, 0, numCaptures, numCarries, numXs);
  if (failed(turn))
    return failure();
  ModuleOp module = (*body)->getParentOfType<ModuleOp>();
  unsigned carry0 = 1 + numCaptures, x0 = carry0 + numCarries;

  SmallVector<int64_t> recorded, read;
  for (unsigned index = 0; index < numCarries; ++index)
    if (turn->needs(carry0 + index))
      recorded.push_back(index);
  for (unsigned index = 0; index < numXs; ++index)
    if (turn->needs(x0 + index))
      read.push_back(index);

  // Operands and the step's arguments: captures; dk and sums of dc; recorded carries, xs and cotangents of rows.
  SmallVector<Value> captures, carries, xs;
  SmallVector<unsigned> capturesRead;
  for (unsigned index = 0; index < numCaptures; ++index)
    if (turn->needs(1 + index)) {
      capturesRead.push_back(index);
      captures.push_back(getCaptures()[index]);
    }
  for (int64_t index : turn->carries)
    carries.push_back(b.dyOrZero(index));
  for (int64_t index : turn->captures)
    carries.push_back(b.zeros(getCaptures()[index]));
  if (!recorded.empty()) {
    SmallVector<Type> types(getResultTypes());
    for (Value carry : getCarries())
      types.push_back(stackOf(carry.getType(), *this));
    auto recording = ScanOp::create(b.builder, getLoc(), types, getCaptures(), getCarries(), getXs(),
                                    recordingBody(*this, *body).getName(), getLength(), getReverse());
    for (int64_t index : recorded)
      xs.push_back(recording.getYs().take_back(numCarries)[index]);
  }
  for (int64_t index : read)
    xs.push_back(getXs()[index]);
  for (int64_t row : turn->rows)
    xs.push_back(b.dy(numCarries + row));
  // A loop of open length takes it from what it runs over.
  if (int64_t(getLength()) == -1 && (xs.empty() || !tensorType(xs.front()).isDynamicDim(0)))
    xs.push_back(getXs().front());

  SmallVector<Type> types{RankedTensorType::get({}, b.builder.getI64Type())};
  for (ValueRange values : {ValueRange(captures), ValueRange(carries)})
    llvm::append_range(types, values.getTypes());
  for (Value x : xs)
    types.push_back(tensorType(x).clone(tensorType(x).getShape().drop_front()));
  func::FuncOp step = makeFunction(
      module, getLoc(), (body->getName() + "_step").str(), types, [&](OpBuilder &builder, ValueRange arguments) {
        SmallVector<Value> inner(turn->vjp.getNumArguments());
        inner[0] = arguments.front();
        arguments = arguments.drop_front();
        for (auto [index, capture] : llvm::zip(capturesRead, arguments))
          inner[1 + index] = capture;
        arguments = arguments.drop_front(captures.size());
        ValueRange dks = arguments.take_front(turn->carries.size());
        arguments = arguments.drop_front(turn->carries.size());
        ValueRange sums = arguments.take_front(turn->captures.size());
        arguments = arguments.drop_front(turn->captures.size());
        for (auto [index, k] : llvm::zip(recorded, arguments))
          inner[carry0 + index] = k;
        arguments = arguments.drop_front(recorded.size());
        for (auto [index, x] : llvm::zip(read, arguments))
          inner[x0 + index] = x;
        arguments = arguments.drop_front(read.size());
        llvm::copy(joined({dks, arguments.take_front(turn->rows.size())}), inner.begin() + body->getNumArguments());
        SmallVector<Value> pulled = inlineFunction(builder, turn->vjp, inner);
        ValueRange all(pulled), dcs = all.take_front(sums.size());
        SmallVector<Value> results(all.slice(sums.size(), dks.size()));
        for (auto [sum, dc] : llvm::zip_equal(sums, dcs))
          results.push_back(builder.createOrFold<AddOp>(getLoc(), sum, dc));
        llvm::append_range(results, all.drop_front(sums.size() + dks.size()));
        return results;
      });

  SmallVector<Type> results = llvm::to_vector(ValueRange(carries).getTypes());
  for (int64_t index : turn->xs)
    results.push_back(getXs()[index].getType());
  auto sweep =
      ScanOp::create(b.builder, getLoc(), results, captures, carries, xs, step.getName(), getLength(), !getReverse());
  ValueRange pulled = sweep.getYs();
  for (auto [position, index] : llvm::enumerate(turn->carries))
    b.accumulate(numCaptures + index, pulled[position]);
  pulled = pulled.drop_front(turn->carries.size());
  for (auto [position, index] : llvm::enumerate(turn->captures))
    b.accumulate(index, pulled[position]);
  pulled = pulled.drop_front(turn->captures.size());
  for (auto [position, index] : llvm::enumerate(turn->xs))
    b.accumulate(numCaptures + numCarries + index, pulled[position]);
  return success();
}

//===----------------------------------------------------------------------===//
// While and its adjoint
//===----------------------------------------------------------------------===//

// As of scan, but the states are no tensor, for nobody knows their number: unwind has the runtime record them.
LogicalResult WhileLoopOp::pullback(AdjointBuilder &b) {
  FailureOr<func::FuncOp> body = functionNamed(*this, getBodyAttr());
  if (failed(body))
    return failure();
  unsigned numCaptures = getCaptures().size(), numState = getState().size();
  FailureOr<Turn> turn = adjointOfTurn(b, *body, 0, 0, numCaptures, numState, 0);
  if (failed(turn))
    return failure();
  SmallVector<Value> cotangents;
  for (int64_t index : turn->carries)
    cotangents.push_back(b.dyOrZero(index));
  for (int64_t index : turn->captures)
    cotangents.push_back(b.zeros(getCaptures()[index]));
  SmallVector<Value> all = joined({getCaptures(), getState(), cotangents});
  unsigned numArguments = numCaptures + numState, numCarries = turn->carries.size();
  func::FuncOp step = makeFunction((*body)->getParentOfType<ModuleOp>(), getLoc(), (body->getName() + "_step").str(),
                                   ValueRange(all).getTypes(), [&](OpBuilder &builder, ValueRange arguments) {
                                     SmallVector<Value> pulled = inlineFunction(
                                         builder, turn->vjp, arguments.take_front(numArguments + numCarries));
                                     ValueRange sums = arguments.drop_front(numArguments + numCarries),
                                                dcs = ValueRange(pulled).take_front(sums.size());
                                     SmallVector<Value> results(ValueRange(pulled).drop_front(sums.size()));
                                     for (auto [sum, dc] : llvm::zip_equal(sums, dcs))
                                       results.push_back(builder.createOrFold<AddOp>(getLoc(), sum, dc));
                                     return results;
                                   });
  auto unwind = UnwindOp::create(b.builder, getLoc(), ValueRange(cotangents).getTypes(), getCount(), getCaptures(),
                                 getState(), cotangents, body->getName(), step.getName());
  for (auto [position, index] : llvm::enumerate(turn->carries))
    b.accumulate(numCaptures + index, unwind.getDys()[position]);
  for (auto [position, index] : llvm::enumerate(turn->captures))
    b.accumulate(index, unwind.getDys()[numCarries + position]);
  return success();
}

// step is linear in the cotangents: r_i = A(s_i) r_(i+1). The cotangents of r run the other way, forward with the
// states: p_(i+1) = A(s_i)* p_i, for which nothing is recorded. This is what forward mode comes to.
static LogicalResult pullbackInCotangents(UnwindOp op, AdjointBuilder &b, func::FuncOp body, func::FuncOp step) {
  unsigned numCaptures = op.getCaptures().size(), numState = op.getState().size(), num = op.getCotangents().size();
  SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, num)), wrt;
  for (int64_t index : all)
    wrt.push_back(numCaptures + numState + index);
  FailureOr<func::FuncOp> transposed = buildVjp(step, wrt, ArrayRef(all));
  if (failed(transposed))
    return failure();
  SmallVector<Value> state(op.getState());
  for (int64_t index : all)
    state.push_back(b.dyOrZero(index));
  CountedLoop loop = countedLoop(b.builder, op.getLoc(), op.getCount(), op.getCaptures(), state,
                                 [&](OpBuilder &builder, ValueRange captures, ValueRange state) {
                                   SmallVector<Value> inner = joined({captures, state.take_front(numState)});
                                   SmallVector<Value> next = inlineFunction(builder, body, inner);
                                   inner.append(num, Value()); // linear: it does not read where it is taken
                                   for (int64_t index : all)
                                     if (BlockArgument r = transposed->getArgument(wrt[index]); !r.use_empty())
                                       inner[wrt[index]] = zerosLike(builder, op.getLoc(), state[numState + index]);
                                   llvm::append_range(inner, state.drop_front(numState));
                                   llvm::append_range(next, inlineFunction(builder, *transposed, inner));
                                   return next;
                                 });
  unsigned first = 1 + numCaptures + numState;
  for (int64_t index : all)
    b.accumulate(first + index, loop.results[numState + index]);
  return success();
}

LogicalResult UnwindOp::pullback(AdjointBuilder &b) {
  FailureOr<func::FuncOp> body = functionNamed(*this, getBodyAttr()), step = functionNamed(*this, getStepAttr());
  if (failed(body) || failed(step))
    return failure();
  unsigned numOthers = 1 + getCaptures().size() + getState().size();
  if (wantedOperands(b, 0, numOthers).empty())
    return pullbackInCotangents(*this, b, *body, *step);
  // The loop that it stands for, which has an adjoint: each state is computed again from the first.
  WhileLoopOp loop = expandUnwind(b.builder, *this);
  Cotangents cotangents;
  for (auto [index, result] : llvm::enumerate(getDys()))
    cotangents[loop.getLast()[1 + index]] = b.dyOrZero(index);
  auto isActive = [&](Value value) {
    return llvm::any_of(llvm::enumerate(getOperands()),
                        [&](auto operand) { return operand.value() == value && b.wants(operand.index()); });
  };
  AdjointBuilder inner(b.builder, loop, cotangents, isActive);
  if (failed(loop.pullback(inner)))
    return failure();
  // The adjoint only asks how many turns there are, so that the loop itself need not run.
  loop.getCount().replaceAllUsesWith(getCount());
  llvm::SmallDenseSet<Value> handed;
  for (auto [index, operand] : llvm::enumerate(getOperands()))
    if (handed.insert(operand).second)
      b.accumulate(index, cotangents.lookup(operand));
  return success();
}

} // namespace tcc
