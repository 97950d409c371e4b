// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reverse sweep: orders the ops between xs and ys, then asks each for its pullback.
#include "dialect/Autodiff.h"
#include "dialect/AdjointBuilder.h"
#include "dialect/Functions.h"
#include "dialect/Ops.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tcc {

/// The ops that `ys` depend on, each after those that it depends on itself.
static SmallVector<Operation *> sortedProducers(ValueRange ys, const DenseSet<Value> &stopAt) {
  SmallVector<Operation *> sorted;
  DenseSet<Operation *> seen;
  // An explicit stack, because chains may have any length: an op and how many of its operands have been visited.
  SmallVector<std::pair<Operation *, unsigned>> stack;
  auto visit = [&](Value value) {
    Operation *producer = value.getDefiningOp();
    if (producer && !stopAt.contains(value) && seen.insert(producer).second)
      stack.push_back({producer, 0});
  };
  for (Value y : ys) {
    visit(y);
    while (!stack.empty()) {
      auto &[op, visited] = stack.back();
      if (visited == op->getNumOperands()) {
        sorted.push_back(op);
        stack.pop_back();
      } else {
        visit(op->getOperand(visited++));
      }
    }
  }
  return sorted;
}

FailureOr<SmallVector<Value>> differentiate(OpBuilder &builder, ValueRange ys, ValueRange dys, ValueRange xs,
                                            ValueRange stopAt) {
  assert(ys.size() == dys.size() && "one cotangent for each y");
  DenseSet<Value> stops(stopAt.begin(), stopAt.end());
  SmallVector<Operation *> producers = sortedProducers(ys, stops);

  // Active is what depends on xs through values that can be varied. Not behind stop_gradient: what lies there needs no
  // adjoint, so it may hold ops that have none.
  DenseSet<Value> active;
  for (Value x : xs)
    if (isInexact(x.getType()))
      active.insert(x);
  auto isActive = [&](Value value) { return active.contains(value); };
  for (Operation *op : producers)
    if (!isa<StopGradientOp>(op) && llvm::any_of(op->getOperands(), isActive))
      for (Value result : op->getResults())
        if (isInexact(result.getType()) && !stops.contains(result))
          active.insert(result);

  Cotangents cotangents;
  for (auto [y, dy] : llvm::zip_equal(ys, dys)) {
    if (!dy || !isActive(y))
      continue;
    Value &sum = cotangents[y];
    sum = sum ? builder.createOrFold<AddOp>(y.getLoc(), sum, dy) : dy;
  }
  for (Operation *op : llvm::reverse(producers)) {
    bool reached = llvm::any_of(op->getResults(), [&](Value result) { return cotangents.contains(result); });
    if (!reached || llvm::none_of(op->getOperands(), isActive))
      continue;
    auto differentiable = dyn_cast<AdjointOpInterface>(op);
    if (!differentiable)
      return op->emitOpError("is no op of tcc and cannot be differentiated");
    AdjointBuilder adjoint(builder, op, cotangents, isActive);
    if (failed(differentiable.pullback(adjoint)))
      return failure();
  }

  SmallVector<Value> dxs;
  for (Value x : xs)
    dxs.push_back(cotangents.lookup(x));
  return dxs;
}

SmallVector<bool> variedResults(func::FuncOp function, ArrayRef<bool> arguments) {
  DenseSet<Value> varied;
  for (auto [argument, varies] : llvm::zip_equal(function.getArguments(), arguments))
    if (varies && isInexact(argument.getType()))
      varied.insert(argument);
  auto varies = [&](Value value) { return varied.contains(value); };
  for (Operation &op : function.front())
    if (!isa<StopGradientOp>(op) && llvm::any_of(op.getOperands(), varies))
      for (Value result : op.getResults())
        if (isInexact(result.getType()))
          varied.insert(result);
  return llvm::map_to_vector(function.front().getTerminator()->getOperands(), varies);
}

/// Marks a function that buildVjp made, with what it is the adjoint of.
static constexpr StringLiteral vjpOf = "tcc.vjp_of", vjpKey = "tcc.vjp_key";

FailureOr<func::FuncOp> buildVjp(func::FuncOp function, ArrayRef<int64_t> wrt, std::optional<ArrayRef<int64_t>> of) {
  if (function.getBody().empty() || !function.getBody().hasOneBlock())
    return function.emitOpError("has no body of one block to differentiate");
  auto module = function->getParentOfType<ModuleOp>();
  OpBuilder builder(function.getContext());
  auto name = FlatSymbolRefAttr::get(function);
  SmallVector<int64_t> results;
  if (of)
    llvm::append_range(results, *of);
  else
    for (auto [index, type] : llvm::enumerate(function.getResultTypes()))
      if (isInexact(type))
        results.push_back(index);
  auto key = builder.getArrayAttr({builder.getDenseI64ArrayAttr(wrt), builder.getDenseI64ArrayAttr(results)});
  for (func::FuncOp other : functionsOf(module))
    if (other->getAttr(vjpOf) == name && other->getAttr(vjpKey) == key)
      return other;

  SmallVector<Type> arguments(function.getArgumentTypes()), types;
  for (int64_t index : results)
    arguments.push_back(function.getResultTypes()[index]);
  for (int64_t index : wrt) {
    if (index < 0 || index >= int64_t(function.getNumArguments()))
      return function.emitOpError("has no argument ") << index << " to differentiate by";
    Type type = function.getArgumentTypes()[index];
    if (!isInexact(type))
      return function.emitOpError("cannot be differentiated by argument ") << index << " of type " << type;
    types.push_back(type);
  }
  builder.setInsertionPointAfter(function);
  auto vjp = func::FuncOp::create(builder, function.getLoc(), freshName(module, (function.getName() + "_vjp").str()),
                                  builder.getFunctionType(arguments, types));
  vjp->setAttr(vjpOf, name);
  vjp->setAttr(vjpKey, key);
  Block *body = vjp.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  unsigned numArguments = function.getNumArguments();
  SmallVector<Value> all = inlineFunction(builder, function, body->getArguments().take_front(numArguments)), ys, xs;
  for (int64_t index : results)
    ys.push_back(all[index]);
  for (int64_t index : wrt)
    xs.push_back(body->getArgument(index));
  FailureOr<SmallVector<Value>> dxs = differentiate(builder, ys, body->getArguments().drop_front(numArguments), xs);
  if (failed(dxs)) {
    vjp.erase();
    return failure();
  }
  for (auto [x, dx] : llvm::zip_equal(xs, *dxs))
    if (!dx) {
      Cotangents none;
      AdjointBuilder zero(builder, vjp, none, [](Value) { return false; });
      dx = zero.zeros(x);
    }
  func::ReturnOp::create(builder, function.getLoc(), *dxs);
  // Rules give every operand's cotangent, and the function's own results are not asked for. Whoever runs this looks
  // which arguments are needed at all.
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*body)))
    if (isOpTriviallyDead(&op))
      op.erase();
  return vjp;
}

} // namespace tcc
