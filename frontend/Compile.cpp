// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calling a traced function as one program, and saving it.
#include "tcc/Compile.h"
#include "dialect/Functions.h"
#include "dialect/Ops.h"
#include "frontend/CompiledFunction.h"
#include "frontend/Elements.h"
#include "frontend/Stages.h"
#include "frontend/Trace.h"
#include "frontend/Tracing.h"
#include "frontend/WriteModule.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <map>

using namespace mlir;

namespace tcc {

//===----------------------------------------------------------------------===//
// Inlining
//===----------------------------------------------------------------------===//

void inlineCalls(GraphImpl &graph, MutableArrayRef<Value> roots, MutableArrayRef<Value> others) {
  llvm::SmallPtrSet<Operation *, 32> seen;
  SmallVector<Value> worklist(roots.begin(), roots.end());
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    auto call = dyn_cast<CallOp>(op);
    if (!call || call->hasAttr(pullbackAttribute)) {
      worklist.append(op->operand_begin(), op->operand_end());
      continue;
    }
    func::FuncOp callee = lookupFunction(op, call.getCalleeAttr());
    OpBuilder::InsertionGuard guard(graph.builder);
    graph.builder.setInsertionPoint(op);
    SmallVector<Value> results = inlineFunction(graph.builder, callee, call.getOperands());
    for (auto [from, to] : llvm::zip_equal(op->getResults(), results)) {
      for (MutableArrayRef<Value> values : {roots, others, MutableArrayRef<Value>(worklist)})
        std::replace(values.begin(), values.end(), Value(from), Value(to));
      graph.replace(from, to);
      worklist.push_back(to);
    }
    seen.erase(op);
    op->erase();
  }
}

//===----------------------------------------------------------------------===//
// Calling
//===----------------------------------------------------------------------===//

struct detail::CompiledFunction::State {
  std::mutex mutex;
  /// By graph and argument types; types are unique within a graph's context.
  std::map<std::pair<GraphImpl *, std::vector<const void *>>, StageNode> traces;
  /// Keeps the graphs alive that own the traces.
  std::vector<std::shared_ptr<GraphImpl>> graphs;
};

detail::CompiledFunction::CompiledFunction() : state(std::make_shared<State>()) {}

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
  StageWalk walk;
  for (TensorImpl *impl : impls) {
    types.push_back(graph->tensorType(impl->dtype, impl->shape));
    key.second.push_back(types.back().getAsOpaquePointer());
    walk.values.push_back(impl->data);
  }
  StageNode *root;
  {
    std::lock_guard stateLock(state->mutex);
    root = &state->traces[key];
    if (!llvm::is_contained(state->graphs, graph))
      state->graphs.push_back(graph);
  }
  StageNode *node = root;
  auto isReady = [&] { return node->stage && node->stage->fits(*graph); };
  while (isReady() && !node->traced)
    node = &walk.step(*graph, *node, where);
  if (!isReady()) {
    // Sizes that keep changing must not fill the memory.
    constexpr size_t capacity = 64;
    if (root->numLeaves() >= capacity) {
      walk.truncate(0);
      clear(*graph, *root);
    }
    Stages stages(*graph, *root, walk, where);
    TraceOptions options;
    options.distinctResults = true;
    options.stages = &stages;
    node = &stages.finish(traceFunction(*graph, types, body, where, options));
  }
  const TracedFunction &traced = *node->traced;
  std::vector<Buffer> results = node->stage->run(*graph, walk.values, where);

  Location loc = graph->location(where);
  SmallVector<Value> operands;
  std::vector<Tensor> all = args;
  all.insert(all.end(), walk.found.begin(), walk.found.end());
  for (const Capture &capture : traced.captures)
    all.push_back(now(capture));
  for (const Tensor &t : all)
    operands.push_back(graph->valueOf(t, loc));
  func::FuncOp function = traced.function;
  auto call = CallOp::create(graph->builder, loc, function.getResultTypes(), operands, function.getName());
  TraceResult out;
  out.lengths = traced.lengths;
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
  TraceOptions tracing;
  tracing.distinctResults = true;
  TracedFunction traced = traceFunction(*graph, types, body, where, tracing);
  auto atEnd = llvm::scope_exit([&] { discard(*graph, traced.function); });
  // A capture is part of the program's text here: the artifact has nobody to ask for it.
  std::vector<TensorImpl *> impls;
  for (const Capture &capture : traced.captures)
    impls.push_back(capture.value.impl().get());
  evaluate(impls, where);
  OwningOpRef<ModuleOp> module = ModuleOp::create(traced.function.getLoc());
  auto function = cast<func::FuncOp>(OpBuilder::atBlockEnd(module->getBody()).clone(*traced.function));
  function.setName("main");
  function.setPublic();
  copyFunctions(*graph, *module, /*numbered=*/false);
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
