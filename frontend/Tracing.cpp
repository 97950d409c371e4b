// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontend/Tracing.h"
#include "dialect/Functions.h"
#include "frontend/OpenSizes.h"
#include "frontend/Promotion.h"
#include "frontend/Stages.h"
#include "frontend/Trace.h"

using namespace mlir;

namespace tcc {

/// Set while this thread traces: Variables read meanwhile, with the tensor that the trace saw.
using Reads = std::vector<std::pair<Variable, Tensor>>;
static thread_local Reads *variablesRead = nullptr;

void noteVariableRead(const Variable &variable, const Tensor &value) {
  if (variablesRead)
    variablesRead->push_back({variable, value});
}
bool isTracing() { return variablesRead; }

/// Of the innermost function that this thread traces: the Variables it has rebound, once each.
using Rebindings = std::vector<Rebinding>;
static thread_local Rebindings *rebound = nullptr;

void noteRebinding(Rebinding rebinding) {
  if (rebound && llvm::none_of(*rebound, [&](const Rebinding &r) { return r.cell == rebinding.cell; }))
    rebound->push_back(std::move(rebinding));
}

/// Undoes the rebindings to values of the trace, of which nothing will be left; gives the first.
static std::optional<Rebinding> undoRebindings(GraphImpl &graph, Block *block) {
  std::optional<Rebinding> first;
  for (const Rebinding &r : *rebound) {
    Value held = graph.findValue(r.now());
    if (!held || held.getParentBlock() != block)
      continue;
    if (!first)
      first = r;
    r.undo();
  }
  return first;
}

std::optional<Variable> variableRead(GraphImpl &graph, Value value) {
  if (variablesRead)
    for (auto &[variable, read] : *variablesRead)
      if (graph.findValue(read) == value)
        return variable;
  return {};
}

static void forgetValues(GraphImpl &graph, Block &block) {
  auto forget = [&](Value value) {
    auto node = graph.nodes.find(value);
    if (node == graph.nodes.end())
      return;
    if (detail::TensorImpl *handle = node->second.handle)
      handle->value = nullptr;
    graph.nodes.erase(node);
  };
  for (Operation &op : block)
    llvm::for_each(op.getResults(), forget);
  llvm::for_each(block.getArguments(), forget);
}

void discard(GraphImpl &graph, func::FuncOp function) {
  forgetValues(graph, function.front());
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.front()))) {
    op.dropAllUses();
    op.erase();
  }
  function.erase();
}

void retire(GraphImpl &graph, func::FuncOp function) {
  forgetValues(graph, function.front());
  function->setDiscardableAttr("tcc.retired", UnitAttr::get(&graph.context));
}

TracedFunction traceFunction(GraphImpl &graph, ArrayRef<Type> types, const detail::TraceBody &body, Loc where,
                             const TraceOptions &options) {
  graph.sweepFunctions();
  OpBuilder &builder = graph.builder;
  OpBuilder::InsertionGuard guard(builder);
  Location loc = graph.location(where);
  builder.setInsertionPointToStart(graph.module->getBody());
  auto function = func::FuncOp::create(builder, loc, "traced_" + std::to_string(graph.tracedSoFar++),
                                       builder.getFunctionType(types, {}));
  function.setPrivate();
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  graph.traced.push_back(block);

  // A Variable that an inner function reads is read by the outer ones, and so is one that it rebinds.
  Reads own, *outer = variablesRead;
  if (!outer)
    variablesRead = &own;
  Rebindings ownRebindings, *outerRebindings = std::exchange(rebound, &ownRebindings);
  auto stop = llvm::scope_exit([&] {
    graph.traced.pop_back();
    variablesRead = outer;
    rebound = outerRebindings;
    for (Rebinding &r : ownRebindings)
      noteRebinding(std::move(r));
  });
  if (options.stages)
    options.stages->begin(block);
  std::optional<OpenSizes> openSizes;
  if (llvm::any_of(types, [](Type type) { return !cast<RankedTensorType>(type).hasStaticShape(); })) {
    openSizes.emplace(graph, block->getArguments());
    graph.openSizes = &*openSizes;
    builder.setListener(&*openSizes);
  }
  auto close = llvm::scope_exit([&] {
    if (!openSizes)
      return;
    builder.setListener(nullptr);
    graph.openSizes = nullptr;
  });
  TracedFunction traced;
  traced.function = function;
  SmallVector<Value> returned;
  try {
    std::vector<Tensor> arguments;
    for (Value v : block->getArguments())
      arguments.push_back(graph.handleTo(v));
    for (unsigned index : options.weakArguments)
      arguments[index].impl()->promotesWeakly = true;
    detail::TraceResult result = body(arguments);
    traced.lengths = result.lengths;
    for (const Tensor &t : result.tensors) {
      if (!t.valid())
        throwUserError("trace", "expected tensors as results, got an empty (default-constructed) one", where,
                       Kind::value);
      traced.isWeak.push_back(isWeak(t));
      Value v = graph.valueOf(t, loc);
      // No two handles of a caller may ever mean one value.
      bool own = v.getParentBlock() == block && v.getDefiningOp() && !llvm::is_contained(returned, v);
      if (!own && options.distinctResults)
        v = ReshapeOp::create(builder, loc, v.getType(), v, Value());
      returned.push_back(v);
    }
    func::ReturnOp::create(builder, loc, returned);
    if (std::optional<Rebinding> r = undoRebindings(graph, block))
      throwUserError("assign",
                     "expected a Variable that holds a value again when a traced function ends (for compile, a loop, a "
                     "branch or checkpoint), got one of the trace in \"" +
                         r->name + "\": return it, and assign it outside",
                     r->where, Kind::graph);
  } catch (...) {
    undoRebindings(graph, block);
    discard(graph, function);
    throw;
  }
  // What comes from outside becomes an argument.
  llvm::SmallMapVector<Value, Value, 8> outside;
  for (Operation &op : *block)
    for (OpOperand &operand : op.getOpOperands()) {
      Value v = operand.get();
      if (v.getParentBlock() == block)
        continue;
      if (auto constant = v.getDefiningOp<ConstantOp>()) {
        OpBuilder b(block, block->begin());
        operand.set(b.clone(*constant)->getResult(0));
        continue;
      }
      Value &argument = outside[v];
      if (!argument) {
        argument = block->addArgument(v.getType(), loc);
        Capture capture{graph.handleTo(v), {}, v};
        capture.variable = variableRead(graph, v);
        traced.captures.push_back(std::move(capture));
      }
      operand.set(argument);
    }
  function.setFunctionType(builder.getFunctionType(block->getArgumentTypes(), ValueRange(returned).getTypes()));
  return traced;
}

} // namespace tcc
