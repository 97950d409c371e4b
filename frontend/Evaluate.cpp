// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Evaluation: the unevaluated part of the graph becomes one function, is compiled unless its structure is known, and
// runs.
#include "frontend/Evaluate.h"
#include "dialect/Functions.h"
#include "dialect/Ops.h"
#include "frontend/CompiledFunction.h"
#include "frontend/PlanCache.h"
#include "passes/Program.h"
#include "runtime/Memory.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "tcc/Graph.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tcc {

Subgraph collect(GraphImpl &graph, ArrayRef<Value> wanted, function_ref<bool(Value)> isKnown) {
  Subgraph result;
  StructuralHash &hash = result.hash;
  llvm::SmallDenseMap<Value, uint64_t, 32> numbers; // of inputs, and of results of ops that are in the list
  constexpr uint64_t onStack = ~uint64_t(0), isWanted = uint64_t(1) << 40;
  uint64_t count = 0;
  // Without an op it is an argument of a function that is being traced.
  auto isInput = [&](Value v) {
    Operation *op = v.getDefiningOp();
    if (!op || isa<InputOp>(op))
      return true;
    auto node = graph.nodes.find(v);
    return (node != graph.nodes.end() && node->second.evaluated) || isKnown(v);
  };
  // Depth first with an explicit stack: graphs are as deep as the user's loops are long.
  SmallVector<std::pair<Value, unsigned>, 16> stack;
  auto enter = [&](Value v) {
    auto [number, isNew] = numbers.try_emplace(v, onStack);
    if (!isNew)
      return;
    if (!isInput(v)) {
      stack.push_back({v, 0});
      return;
    }
    number->second = count++;
    result.inputs.push_back(v);
    hash.add(static_cast<const void *>(nullptr)); // where an op has its name
    hash.add(v.getType().getAsOpaquePointer());
  };
  for (Value v : wanted) {
    enter(v);
    while (!stack.empty()) {
      auto &[value, next] = stack.back();
      Operation *op = value.getDefiningOp();
      if (next < op->getNumOperands()) {
        enter(op->getOperand(next++));
        continue;
      }
      stack.pop_back();
      hash.add(op->getName().getAsOpaquePointer());
      if (op->getPropertiesStorageSize())
        hash.add(uint64_t(size_t(op->getName().hashOpProperties(op->getPropertiesStorage()))));
      for (Value operand : op->getOperands())
        hash.add(numbers.find(operand)->second);
      for (Value r : op->getResults()) {
        // Some results of an op may be evaluated while others are not: those stay inputs, which the op then need not
        // give.
        uint64_t &number = numbers.try_emplace(r, onStack).first->second;
        if (number == onStack)
          number = count++;
        hash.add(r.getType().getAsOpaquePointer());
      }
      result.ops.push_back(op);
    }
  }
  result.wanted.assign(wanted.begin(), wanted.end());
  for (Value v : result.wanted)
    hash.add(numbers.find(v)->second + isWanted);
  return result;
}

OwningOpRef<ModuleOp> toModule(GraphImpl &graph, const Subgraph &subgraph, bool numbered) {
  MLIRContext *context = &graph.context;
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
  OpBuilder b = OpBuilder::atBlockEnd(module->getBody());
  auto types = [](ArrayRef<Value> values) {
    return llvm::to_vector(llvm::map_range(values, [](Value v) { return v.getType(); }));
  };
  auto function = func::FuncOp::create(b, UnknownLoc::get(context), "main",
                                       b.getFunctionType(types(subgraph.inputs), types(subgraph.wanted)));
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToEnd(entry);
  IRMapping map;
  for (auto [value, argument] : llvm::zip_equal(subgraph.inputs, entry->getArguments()))
    map.map(value, argument);
  for (auto [i, op] : llvm::enumerate(subgraph.ops)) {
    Location loc = numbered ? Location(FileLineColLoc::get(context, "#", unsigned(i), 0)) : op->getLoc();
    if (auto call = dyn_cast<CallOp>(op)) {
      SmallVector<Value> arguments;
      for (Value operand : call.getOperands())
        arguments.push_back(map.lookup(operand));
      Block::iterator last = entry->empty() ? entry->begin() : std::prev(entry->end());
      bool first = entry->empty();
      func::FuncOp callee = lookupFunction(op, call.getCalleeAttr());
      for (auto [r, v] : llvm::zip_equal(op->getResults(), inlineFunction(b, callee, arguments)))
        map.map(r, v);
      if (numbered)
        for (Operation &inner : llvm::make_range(first ? entry->begin() : std::next(last), entry->end()))
          inner.setLoc(loc);
      continue;
    }
    b.clone(*op, map)->setLoc(loc);
  }
  SmallVector<Value> results;
  for (Value v : subgraph.wanted)
    results.push_back(map.lookup(v));
  func::ReturnOp::create(b, UnknownLoc::get(context), results);
  copyFunctions(graph, *module, numbered);
  return module;
}

void copyFunctions(GraphImpl &graph, ModuleOp module, bool numbered) {
  llvm::DenseSet<Attribute> copied;
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  // Copies come behind what names them, so that one walk meets all.
  for (Operation &function : *module.getBody())
    for (Operation &op : cast<func::FuncOp>(function).front())
      for (FlatSymbolRefAttr name : functionsNamedBy(&op))
        if (copied.insert(name).second) {
          auto copy = cast<func::FuncOp>(b.clone(*lookupFunction(&graph.module->getBody()->front(), name)));
          if (numbered)
            for (auto [line, inner] : llvm::enumerate(copy.front()))
              inner.setLoc(FileLineColLoc::get(&graph.context, "#" + copy.getName().str(), unsigned(line), 0));
        }
}

Loc placeIn(GraphImpl &graph, const SourceLocation &at, Loc where, function_ref<Loc(size_t)> lineOf) {
  if (at.file == "#")
    return lineOf(at.line);
  if (StringRef(at.file).starts_with("#") && !graph.module->getBody()->empty()) {
    auto name = FlatSymbolRefAttr::get(&graph.context, StringRef(at.file).drop_front());
    func::FuncOp function = lookupFunction(&graph.module->getBody()->front(), name);
    if (function && at.line < function.front().getOperations().size())
      return graph.userLocation(std::next(function.front().begin(), at.line)->getLoc());
  }
  return where;
}

FirstError::FirstError(MLIRContext *context)
    : handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error && text.empty())
          text = diagnostic.str();
        return success();
      }) {}

void loadProgramDialects(MLIRContext &context) {
  if (context.getLoadedDialect("linalg"))
    return;
  DialectRegistry registry;
  registerProgramDialects(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
}

std::shared_ptr<Program> compileOrThrow(ModuleOp module, Loc where, const ProgramOptions &options) {
  FirstError said(module.getContext());
  loadProgramDialects(*module.getContext());
  FailureOr<std::shared_ptr<Program>> program = compileProgram(module, "main", options);
  if (failed(program))
    throwUserError("eval", "could not compile: " + said.text, where, Kind::internal);
  return *program;
}

static Kind kindOf(int32_t code) {
  switch (code) {
  case TCC_ERROR_SHAPE:
    return Kind::shape;
  case TCC_ERROR_DTYPE:
    return Kind::dtype;
  case TCC_ERROR_INDEX:
    return Kind::index;
  case TCC_ERROR_VALUE:
    return Kind::value;
  case TCC_ERROR_NUMERICAL:
    return Kind::numerical;
  case TCC_ERROR_IO:
    return Kind::io;
  case TCC_ERROR_MEMORY:
  case TCC_ERROR_UNAVAILABLE:
    return Kind::device;
  default:
    return Kind::internal;
  }
}

/// The library's messages begin with "[op] ".
[[noreturn]] static void throwStatus(const TccStatus &status, Loc where) {
  std::string_view text = status.message, op = "eval";
  if (text.starts_with("["))
    if (size_t end = text.find("] "); end != text.npos) {
      op = text.substr(1, end - 1);
      text.remove_prefix(end + 2);
    }
  throwUserError(std::string(op).c_str(), std::string(text), where, kindOf(status.code));
}

static int64_t byteSize(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  int64_t bits = isa<ComplexType>(element) ? 2 * cast<ComplexType>(element).getElementType().getIntOrFloatBitWidth()
                                           : std::max<int64_t>(element.getIntOrFloatBitWidth(), 8);
  return tensor.getNumElements() * (bits / 8);
}

std::vector<Buffer> runOrThrow(const Prepared &code, ArrayRef<const void *> inputs, ArrayRef<Type> types, Loc where,
                               llvm::function_ref<Loc(const SourceLocation &)> place) {
  SmallVector<const void *> all(inputs);
  for (const ScalarSlot &scalar : code.scalars)
    all.push_back(scalar.bytes.data());
  all.append(code.sizeInputs, nullptr);
  std::vector<Buffer> buffers;
  SmallVector<void *> outputs;
  for (Type type : types) {
    int64_t bytes = byteSize(type);
    buffers.push_back(Buffer::create(bytes));
    if (!buffers.back())
      throwUserError("eval",
                     "expected memory for a result, got none: " + std::to_string(bytes) + " bytes are not to be had",
                     where, Kind::device);
    outputs.push_back(buffers.back().data());
  }
  TccStatus status = {};
  status.location = -1;
  if (code.program->run(all, outputs, status, code.openSizes) != TCC_OK) {
    const SourceLocation *at = code.program->sourceLocation(status.location);
    throwStatus(status, at ? place(*at) : where);
  }
  return buffers;
}

Prepared prepare(GraphImpl &graph, const Subgraph &subgraph, Loc where) {
  using Cache = GraphImpl::PlanCache;
  Cache &cache = *graph.plans;
  if (auto known = cache.programs.find(subgraph.hash); known != cache.programs.end())
    return {known->second};
  if (cache.programs.size() >= Cache::capacity) {
    cache.programs.clear();
    cache.families.clear();
  }
  if (cache.uses.size() >= Cache::capacity)
    cache.uses.clear();
  Form form = formOf(subgraph);
  Cache::Family &family = cache.families[form.hash];
  std::optional<Prepared> code;
  if (family.general)
    code = family.general->preparedFor(form.numbers);
  bool isTried = !code && family.examples.size() >= Cache::specialised && family.attempts < Cache::attempts;
  if (isTried || family.examples.size() < Cache::remembered)
    family.examples.push_back(form.numbers);
  if (isTried) {
    ++family.attempts;
    if (std::optional<GeneralProgram> wider = generalise(graph, subgraph, family.examples)) {
      family.general = std::move(wider);
      code = family.general->preparedFor(form.numbers);
    }
  }
  if (code && (code->openSizes.empty() || ++cache.uses[subgraph.hash] <= Cache::worthSpecialising))
    return *code;
  OwningOpRef<ModuleOp> module = toModule(graph, subgraph, /*numbered=*/true);
  return {cache.programs[subgraph.hash] = compileOrThrow(*module, where)};
}

/// `code`, or, where its intermediate values would break the limit of set_memory_limit, a program that computes some of
/// them again. What remains too much is the run's error.
static Prepared withinLimit(GraphImpl &graph, const Subgraph &subgraph, const Prepared &code, ArrayRef<Type> outputs,
                            Loc where) {
  runtime::MemoryStats memory = runtime::memoryStats();
  if (!memory.limitBytes)
    return code;
  int64_t room = memory.limitBytes - memory.liveBytes, needed = code.program->arenaBytes(code.openSizes);
  constexpr int64_t control = 64; // a buffer's own data, which takes a smallest block
  for (Type type : outputs)
    room -= runtime::allocationSize(byteSize(type)) + control;
  if (runtime::allocationSize(needed) <= room || room <= 0)
    return code;
  // The largest size of the allocator's blocks (runtime/Memory.cpp) that fits. Steps that wide also let a loop in which
  // live memory varies a little compile one program.
  int64_t step = std::max<int64_t>(int64_t(llvm::bit_floor(uint64_t(room))) / 4, 1);
  room = room / step * step;
  StructuralHash key = subgraph.hash;
  key.add(uint64_t(room));
  std::shared_ptr<Program> &lean = graph.plans->programs[key];
  ProgramOptions options;
  options.memoryBudget = room;
  // Blocks do not lie without gaps: what a budget lacks to the room shows when they are placed.
  for (int attempts = lean ? 0 : 3; attempts > 0 && (!lean || lean->arenaBytes() > room); --attempts) {
    std::shared_ptr<Program> made = compileOrThrow(*toModule(graph, subgraph, /*numbered=*/true), where, options);
    options.memoryBudget =
        int64_t(0.95 * double(options.memoryBudget) * std::min(1.0, double(room) / double(made->arenaBytes())));
    if (!lean || made->arenaBytes() < lean->arenaBytes())
      lean = made;
  }
  return lean->arenaBytes() < needed ? Prepared{lean} : code;
}

void evaluateIn(GraphImpl &graph, ArrayRef<Value> wanted, Loc where) {
  GraphImpl::expectRunning("eval", where);
  Subgraph subgraph = collect(graph, wanted);
  for (Value input : subgraph.inputs)
    if (isa<BlockArgument>(input))
      throwUserError("eval",
                     "expected a value, got one that depends on an argument of a function that is being traced (for "
                     "compile, a loop, a branch or checkpoint): its numbers are not known yet; choose with where() or "
                     "cond(), repeat with while_loop()",
                     where, Kind::graph);
    else if (!graph.nodes[input].evaluated)
      throwUserError("vmap",
                     "expected a value, got one that depends on an argument which vmap maps: one trace stands for all "
                     "slices, so there are no numbers to look at; choose with where() or cond(), repeat with "
                     "while_loop()",
                     where, Kind::graph);
  Prepared code = prepare(graph, subgraph, where);
  SmallVector<const void *> inputs;
  for (Value input : subgraph.inputs)
    inputs.push_back(graph.nodes[input].data.data());
  SmallVector<Type> types;
  for (Value v : subgraph.wanted)
    types.push_back(v.getType());
  code = withinLimit(graph, subgraph, code, types, where);
  std::vector<Buffer> buffers = runOrThrow(code, inputs, types, where, [&](const SourceLocation &at) {
    return placeIn(graph, at, where, [&](size_t line) {
      return line < subgraph.ops.size() ? graph.userLocation(subgraph.ops[line]->getLoc()) : where;
    });
  });
  for (auto [value, buffer] : llvm::zip_equal(subgraph.wanted, buffers))
    graph.setData(value, std::move(buffer));
  // Once for each op: cutting one of its results replaces them all.
  llvm::SetVector<Operation *> producers;
  for (Value value : subgraph.wanted)
    if (Operation *op = value.getDefiningOp())
      producers.insert(op);
  for (Operation *op : producers)
    graph.cutHistory(op->getResult(0));
}

void evaluate(std::span<detail::TensorImpl *const> wanted, Loc where) {
  SmallVector<detail::TensorImpl *> rest;
  for (detail::TensorImpl *impl : wanted)
    if (!impl->ready.load(std::memory_order_acquire))
      rest.push_back(impl);
  while (!rest.empty()) {
    std::shared_ptr<GraphImpl> graph = rest.front()->graph;
    if (!graph) { // a C++ scalar that met no graph
      detail::TensorImpl *impl = rest.front();
      graph = GraphImpl::current();
      std::lock_guard lock(graph->mutex);
      Tensor t = graph->handleTo(graph->valueOf(Tensor(impl->shared_from_this()), graph->location(where)));
      detail::TensorImpl *made = t.impl().get();
      evaluate({&made, 1}, where);
      impl->data = made->data;
      impl->ready.store(true, std::memory_order_release);
      rest.erase(rest.begin());
      continue;
    }
    std::lock_guard lock(graph->mutex);
    llvm::SmallSetVector<Value, 8> values;
    llvm::erase_if(rest, [&](detail::TensorImpl *impl) {
      if (impl->graph != graph)
        return false;
      if (!impl->ready.load(std::memory_order_acquire))
        values.insert(Value::getFromOpaquePointer(impl->value));
      return true;
    });
    if (!values.empty())
      evaluateIn(*graph, values.getArrayRef(), where);
  }
}

const Buffer &evaluated(const Tensor &x, Loc where) {
  detail::TensorImpl *impl = x.impl().get();
  if (!impl)
    throwUserError("eval", "expected a tensor, got an empty (default-constructed) one", where, Kind::value);
  evaluate({&impl, 1}, where);
  return impl->data;
}

void eval(const std::vector<Tensor> &tensors, Loc where) {
  std::vector<detail::TensorImpl *> impls;
  for (const Tensor &t : tensors) {
    if (!t.impl())
      throwUserError("eval", "expected tensors, got an empty (default-constructed) one", where, Kind::value);
    impls.push_back(t.impl().get());
  }
  evaluate(impls, where);
}

} // namespace tcc
