// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tracing a user's function into a function of the module, and calling it.
#include "tcc/Compile.h"
#include "dialect/Ops.h"
#include "frontend/CompiledFunction.h"
#include "frontend/Elements.h"
#include "frontend/Evaluate.h"
#include "frontend/OpenSizes.h"
#include "frontend/Trace.h"
#include "frontend/WriteModule.h"
#include "passes/Program.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"

#include <map>

using namespace mlir;

namespace tcc {

//===----------------------------------------------------------------------===//
// Inlining
//===----------------------------------------------------------------------===//

SmallVector<Value> inlineBody(OpBuilder &builder, Operation *function, ValueRange arguments) {
  Block &body = cast<func::FuncOp>(function).getBody().front();
  IRMapping map;
  map.map(body.getArguments(), arguments);
  for (Operation &op : body.without_terminator())
    builder.clone(op, map);
  SmallVector<Value> results;
  for (Value v : body.getTerminator()->getOperands())
    results.push_back(map.lookup(v));
  return results;
}

void inlineCalls(GraphImpl &graph, SmallVectorImpl<Value> &roots) {
  llvm::SmallPtrSet<Operation *, 32> seen;
  SmallVector<Value> worklist(roots.begin(), roots.end());
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    auto call = dyn_cast<CallOp>(op);
    if (!call) {
      worklist.append(op->operand_begin(), op->operand_end());
      continue;
    }
    Operation *callee = SymbolTable::lookupNearestSymbolFrom(op, call.getCalleeAttr());
    OpBuilder::InsertionGuard guard(graph.builder);
    graph.builder.setInsertionPoint(op);
    SmallVector<Value> results = inlineBody(graph.builder, callee, call.getOperands());
    for (auto [from, to] : llvm::zip_equal(op->getResults(), results)) {
      for (Value &root : roots)
        if (root == from)
          root = to;
      graph.replace(from, to);
      worklist.push_back(to);
    }
    seen.erase(op);
    op->erase();
  }
}

//===----------------------------------------------------------------------===//
// Tracing
//===----------------------------------------------------------------------===//

/// Set while this thread traces: Variables read meanwhile, with the tensor that the trace saw.
static thread_local std::vector<std::pair<Variable, Tensor>> *variablesRead = nullptr;

void noteVariableRead(const Variable &variable, const Tensor &value) {
  if (variablesRead)
    variablesRead->push_back({variable, value});
}
bool isTracing() { return variablesRead; }

namespace {
/// A value the function reads beside its arguments.
struct Capture {
  Tensor value;
  std::optional<Variable> variable;
};

struct Traced {
  func::FuncOp function;
  std::vector<Capture> captures;
  std::vector<size_t> lengths;
  std::shared_ptr<Program> program;
};
} // namespace

static Traced trace(GraphImpl &graph, ArrayRef<Type> types, const detail::TraceBody &body, Loc where) {
  static std::atomic<int64_t> count{0};
  OpBuilder &builder = graph.builder;
  OpBuilder::InsertionGuard guard(builder);
  Location loc = graph.location(where);
  builder.setInsertionPointToEnd(graph.module->getBody());
  auto function =
      func::FuncOp::create(builder, loc, "compiled_" + std::to_string(++count), builder.getFunctionType(types, {}));
  function.setPrivate();
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);

  std::vector<std::pair<Variable, Tensor>> reads;
  variablesRead = &reads;
  auto stop = llvm::scope_exit([] { variablesRead = nullptr; });
  std::optional<OpenSizes> openSizes;
  if (llvm::any_of(types, [](Type type) { return !cast<RankedTensorType>(type).hasStaticShape(); })) {
    openSizes.emplace(graph, block->getArguments());
    graph.openSizes = &*openSizes;
    builder.setListener(&*openSizes);
  }
  auto close = llvm::scope_exit([&] {
    builder.setListener(nullptr);
    graph.openSizes = nullptr;
  });
  Traced traced;
  traced.function = function;
  SmallVector<Value> returned;
  try {
    std::vector<Tensor> arguments;
    for (Value v : block->getArguments())
      arguments.push_back(graph.handleTo(v));
    detail::TraceResult result = body(arguments);
    traced.lengths = result.lengths;
    for (const Tensor &t : result.tensors) {
      Value v = graph.valueOf(t, loc);
      // Every result is an op of its own, so that no two handles of a caller ever mean one value.
      bool own = v.getParentBlock() == block && v.getDefiningOp() && !llvm::is_contained(returned, v);
      if (!own)
        v = ReshapeOp::create(builder, loc, v.getType(), v, Value());
      returned.push_back(v);
    }
    func::ReturnOp::create(builder, loc, returned);
  } catch (...) {
    // Handles of the trace are gone or will be refused; the half-built function goes with its values.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*block))) {
      for (Value r : op.getResults())
        if (auto node = graph.nodes.find(r); node != graph.nodes.end()) {
          if (detail::TensorImpl *handle = node->second.handle)
            handle->value = nullptr;
          graph.nodes.erase(node);
        }
      op.dropAllUses();
      op.erase();
    }
    for (Value v : block->getArguments())
      graph.nodes.erase(v);
    function.erase();
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
        Capture capture{graph.handleTo(v), {}};
        for (auto &[variable, value] : reads)
          if (graph.findValue(value) == v)
            capture.variable = variable;
        traced.captures.push_back(std::move(capture));
      }
      operand.set(argument);
    }
  SmallVector<Type> results;
  for (Value v : returned)
    results.push_back(v.getType());
  function.setFunctionType(builder.getFunctionType(block->getArgumentTypes(), results));
  return traced;
}

//===----------------------------------------------------------------------===//
// Calling
//===----------------------------------------------------------------------===//

struct detail::CompiledFunction::State {
  std::mutex mutex;
  /// By graph and argument types; types are unique within a graph's context.
  std::map<std::pair<GraphImpl *, std::vector<const void *>>, std::shared_ptr<Traced>> traces;
  /// Keeps the graphs alive that own the traces.
  std::vector<std::shared_ptr<GraphImpl>> graphs;
};

detail::CompiledFunction::CompiledFunction() : state(std::make_shared<State>()) {}

static OwningOpRef<ModuleOp> standalone(GraphImpl &graph, func::FuncOp function, StringRef name) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(function.getLoc());
  OpBuilder b = OpBuilder::atBlockEnd(module->getBody());
  auto clone = cast<func::FuncOp>(b.clone(*function));
  clone.setName(name);
  clone.setPublic();
  return module;
}

detail::TraceResult detail::CompiledFunction::call(const std::vector<Tensor> &args, const TraceBody &body,
                                                   Loc where) const {
  if (isTracing() || isMapping()) // a compiled function inside a traced one is part of it
    return body(args);
  std::shared_ptr<GraphImpl> graph = GraphImpl::current();
  std::vector<TensorImpl *> impls;
  for (const Tensor &t : args) {
    if (!t.impl())
      throwUserError("compile", "expected tensors as arguments, got an empty (default-constructed) one", where,
                     Kind::value);
    impls.push_back(t.impl().get());
  }
  evaluate(impls, where);
  std::lock_guard lock(graph->mutex);
  SmallVector<Type> types;
  std::pair<GraphImpl *, std::vector<const void *>> key{graph.get(), {}};
  for (TensorImpl *impl : impls) {
    types.push_back(graph->tensorType(impl->dtype, impl->shape));
    key.second.push_back(types.back().getAsOpaquePointer());
  }
  std::shared_ptr<Traced> traced;
  {
    std::lock_guard stateLock(state->mutex);
    traced = state->traces[key];
  }
  auto fits = [&] { // a Variable may have been given another shape since
    return llvm::all_of(llvm::enumerate(traced->captures), [&](auto capture) {
      if (!capture.value().variable)
        return true;
      Tensor now = capture.value().variable->value();
      return traced->function.getArgumentTypes()[args.size() + capture.index()] ==
             graph->tensorType(now.dtype(), now.shape());
    });
  };
  if (!traced || !fits()) {
    traced = std::make_shared<Traced>(trace(*graph, types, body, where));
    std::lock_guard stateLock(state->mutex);
    state->traces[key] = traced;
    if (!llvm::is_contained(state->graphs, graph))
      state->graphs.push_back(graph);
  }
  std::vector<Tensor> all = args;
  for (const Capture &capture : traced->captures)
    all.push_back(capture.variable ? capture.variable->value() : capture.value);
  impls.clear();
  for (const Tensor &t : all)
    impls.push_back(t.impl().get());
  evaluate(impls, where);
  if (!traced->program) {
    OwningOpRef<ModuleOp> module = standalone(*graph, traced->function, "main");
    unsigned line = 0; // as in evaluation: a failing step names an op, and the op knows its place
    for (Operation &op : cast<func::FuncOp>(module->getBody()->front()).getBody().front())
      op.setLoc(FileLineColLoc::get(&graph->context, "#", line++, 0));
    traced->program = compileOrThrow(*module, where);
  }

  SmallVector<const void *> inputs;
  for (TensorImpl *impl : impls)
    inputs.push_back(impl->data.data());
  FunctionType type = traced->function.getFunctionType();
  std::vector<Buffer> results =
      runOrThrow(*traced->program, inputs, type.getResults(), where, [&](const SourceLocation &at) {
        Block &block = traced->function.getBody().front();
        return at.file == "#" && at.line < block.getOperations().size()
                   ? graph->userLocation(std::next(block.begin(), at.line)->getLoc())
                   : where;
      });
  Location loc = graph->location(where);
  SmallVector<Value> operands;
  for (const Tensor &t : all)
    operands.push_back(graph->valueOf(t, loc));
  auto call = CallOp::create(graph->builder, loc, type.getResults(), operands, traced->function.getName());
  TraceResult out;
  out.lengths = traced->lengths;
  for (auto [value, data] : llvm::zip_equal(call->getResults(), results)) {
    graph->setData(value, std::move(data));
    out.tensors.push_back(graph->handleTo(value));
  }
  if (!out.tensors.empty())
    graph->cutHistory(graph->findValue(out.tensors.front()));
  else
    call->erase();
  return out;
}

void detail::CompiledFunction::refuseSpecs(size_t count, Loc where) {
  throwUserError("save", "expected one spec for each argument of the function, got " + std::to_string(count), where,
                 Kind::value);
}

void detail::CompiledFunction::save(const std::string &path, const std::vector<Spec> &specs, const SaveOptions &options,
                                    const TraceBody &body, Loc where) const {
  std::shared_ptr<GraphImpl> graph = GraphImpl::current();
  std::lock_guard lock(graph->mutex);
  SmallVector<Type> types;
  for (const Spec &s : specs) {
    Shape shape = s.shape;
    for (int64_t &n : shape) {
      if (n < -1)
        throwUserError("save", "expected sizes, or -1 for an open one, got " + std::to_string(n), where, Kind::shape);
      n = n == -1 ? openSize(0) : n;
    }
    types.push_back(graph->tensorType(s.dtype, shape));
  }
  Traced traced = trace(*graph, types, body, where);
  auto discard = llvm::scope_exit([&] { traced.function.erase(); });
  // A capture is part of the program's text here: the artifact has nobody to ask for it.
  std::vector<TensorImpl *> impls;
  for (const Capture &capture : traced.captures)
    impls.push_back(capture.value.impl().get());
  evaluate(impls, where);
  OwningOpRef<ModuleOp> module = standalone(*graph, traced.function, "main");
  auto function = cast<func::FuncOp>(module->getBody()->front());
  OpBuilder b(&function.getBody().front(), function.getBody().front().begin());
  for (size_t k = 0; k < impls.size(); ++k) {
    BlockArgument argument = function.getArgument(specs.size());
    argument.replaceAllUsesWith(
        ConstantOp::create(b, function.getLoc(), toElements(*graph, *impls[k], argument.getType())));
    (void)function.eraseArgument(specs.size());
  }
  saveModule(*module, path, options, where);
}

} // namespace tcc
