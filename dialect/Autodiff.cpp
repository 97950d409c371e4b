// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reverse sweep: orders the ops between xs and ys, then asks each for its pullback.
#include "dialect/Autodiff.h"
#include "dialect/AdjointBuilder.h"
#include "dialect/Ops.h"

#include "mlir/IR/SymbolTable.h"
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

/// Marks a function that buildVjp made, with what it is the adjoint of.
static constexpr StringLiteral vjpOf = "tcc.vjp_of", vjpWrt = "tcc.vjp_wrt";

FailureOr<func::FuncOp> buildVjp(func::FuncOp function, ArrayRef<int64_t> wrt) {
  if (function.getBody().empty() || !function.getBody().hasOneBlock())
    return function.emitOpError("has no body of one block to differentiate");
  auto module = function->getParentOfType<ModuleOp>();
  OpBuilder builder(function.getContext());
  auto name = FlatSymbolRefAttr::get(function);
  auto wrtAttr = builder.getDenseI64ArrayAttr(wrt);
  for (auto other : module.getOps<func::FuncOp>())
    if (other->getAttr(vjpOf) == name && other->getAttr(vjpWrt) == wrtAttr)
      return other;

  SmallVector<Type> arguments(function.getArgumentTypes()), results;
  for (Type type : function.getResultTypes())
    if (isInexact(type))
      arguments.push_back(type);
  for (int64_t index : wrt) {
    if (index < 0 || index >= int64_t(function.getNumArguments()))
      return function.emitOpError("has no argument ") << index << " to differentiate by";
    Type type = function.getArgumentTypes()[index];
    if (!isInexact(type))
      return function.emitOpError("cannot be differentiated by argument ") << index << " of type " << type;
    results.push_back(type);
  }
  std::string symbol = (function.getName() + "_vjp").str();
  for (int suffix = 1; module.lookupSymbol(symbol); ++suffix)
    symbol = (function.getName() + "_vjp_" + Twine(suffix)).str();

  builder.setInsertionPointAfter(function);
  auto vjp = func::FuncOp::create(builder, function.getLoc(), symbol, builder.getFunctionType(arguments, results));
  vjp->setAttr(vjpOf, name);
  vjp->setAttr(vjpWrt, wrtAttr);
  Block *body = vjp.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  IRMapping mapping;
  mapping.map(function.getArguments(), body->getArguments().take_front(function.getNumArguments()));
  for (Operation &op : function.front().without_terminator())
    builder.clone(op, mapping);

  SmallVector<Value> ys, xs;
  for (Value y : function.front().getTerminator()->getOperands())
    if (isInexact(y.getType()))
      ys.push_back(mapping.lookup(y));
  for (int64_t index : wrt)
    xs.push_back(body->getArgument(index));
  FailureOr<SmallVector<Value>> dxs =
      differentiate(builder, ys, body->getArguments().drop_front(function.getNumArguments()), xs);
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
  return vjp;
}

} // namespace tcc
