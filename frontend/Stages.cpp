// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tracing in stages, and running them.
#include "frontend/Stages.h"
#include "dialect/Functions.h"
#include "dialect/Ops.h"
#include "frontend/Trace.h"
#include "frontend/UserError.h"

using namespace mlir;

namespace tcc {

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

Tensor now(const Capture &capture) { return capture.variable ? capture.variable->value() : capture.value; }

bool Stage::fits(GraphImpl &graph) const {
  return llvm::all_of(inputs, [&](const Input &input) {
    if (!input.capture || !input.capture->variable)
      return true;
    Tensor value = now(*input.capture);
    return input.type == graph.tensorType(value.dtype(), value.shape());
  });
}

std::vector<Buffer> Stage::run(GraphImpl &graph, ArrayRef<Buffer> values, Loc where) const {
  // All captures in one evaluation: a training step's Variables may depend on what the last step left.
  std::vector<Tensor> captured;
  std::vector<detail::TensorImpl *> impls;
  for (const Input &input : inputs)
    if (input.capture)
      impls.push_back(captured.emplace_back(now(*input.capture)).impl().get());
  evaluate(impls, where);
  std::vector<Buffer> all;
  SmallVector<const void *> pointers;
  for (size_t next = 0; const Input &input : inputs) {
    all.push_back(input.capture ? impls[next++]->data : values[input.number]);
    pointers.push_back(all.back().data());
  }
  if (code.program)
    for (Buffer &made : runOrThrow(code, pointers, types, where, [&](const SourceLocation &at) {
           return placeIn(graph, at, where, [&](size_t line) { return line < lines.size() ? lines[line] : where; });
         }))
      all.push_back(std::move(made));
  std::vector<Buffer> out;
  for (size_t result : results)
    out.push_back(all[result]);
  return out;
}

void StageWalk::truncate(size_t count) {
  if (count >= turns.size())
    return;
  values.resize(turns[count].firstValue);
  found.resize(turns[count].firstFound);
  turns.resize(count);
}

StageNode &StageWalk::step(GraphImpl &graph, StageNode &node, Loc where) {
  turns.push_back({&node, values.size(), found.size()});
  std::vector<Buffer> given = node.stage->run(graph, values, where);
  std::vector<Shape> shapes;
  for (Tensor &t : node.find(fromBuffer(given.front(), node.dtype, node.shape))) {
    shapes.push_back(t.shape());
    values.push_back(evaluated(t, where));
    found.push_back(std::move(t));
  }
  values.insert(values.end(), given.begin(), given.end());
  return node.next[shapes];
}

//===----------------------------------------------------------------------===//
// Tracing
//===----------------------------------------------------------------------===//

Stages::Stages(GraphImpl &graph, StageNode &root, StageWalk &walk, Loc where)
    : graph(graph), node(&root), walk(walk), where(where) {}

// What only a stage needed is no part of the whole function.
Stages::~Stages() {
  graph.stages = nullptr;
  while (!held.empty())
    held.pop_back();
}

void Stages::begin(Block *block) {
  body = block;
  graph.stages = this;
  for (auto [number, argument] : llvm::enumerate(block->getArguments()))
    numbers[argument] = number;
}

/// What is cheaper made again than kept.
static bool isFree(Operation *op) {
  return isa<ConstantOp, IotaOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp, ReverseOp>(op);
}

Stage Stages::makeStage(Subgraph subgraph, ArrayRef<Value> wanted, bool shared, Loc where,
                        function_ref<Capture(Value)> captureOf) {
  Stage stage;
  stage.hash = subgraph.hash;
  for (Value input : subgraph.inputs) {
    Stage::Input &made = stage.inputs.emplace_back();
    made.type = input.getType();
    if (auto number = numbers.find(input); number != numbers.end())
      made.number = number->second;
    else
      made.capture = captureOf(input);
  }
  llvm::SmallMapVector<Value, size_t, 4> computed;
  for (Value value : wanted) {
    const auto *input = llvm::find(subgraph.inputs, value);
    size_t position = input - subgraph.inputs.begin();
    if (input == subgraph.inputs.end())
      position += computed.try_emplace(value, computed.size()).first->second;
    stage.results.push_back(position);
  }
  if (computed.empty())
    return stage;
  subgraph.wanted.clear();
  for (auto [value, position] : computed) {
    subgraph.wanted.push_back(value);
    stage.types.push_back(value.getType());
  }
  for (Operation *op : subgraph.ops)
    stage.lines.push_back(graph.userLocation(op->getLoc()));
  stage.code = shared ? prepare(graph, subgraph, where)
                      : Prepared{compileOrThrow(*toModule(graph, subgraph, /*numbered=*/true), where)};
  return stage;
}

/// `value`, and what of `subgraph` the user's program can still name: it is likely to be used again.
static SmallVector<Value> namedOnTheWay(GraphImpl &graph, const Subgraph &subgraph, Value value, Block *block) {
  SmallVector<Value> wanted{value};
  for (Operation *op : subgraph.ops)
    for (Value result : op->getResults())
      if (result != value && op->getBlock() == block && !isFree(op))
        if (auto known = graph.nodes.find(result); known != graph.nodes.end() && known->second.handle)
          wanted.push_back(result);
  return wanted;
}

bool Stages::isDone(const Subgraph &subgraph) const {
  if (turn >= walk.turns.size() || walk.turns[turn].node != node || !node->stage ||
      !(node->stage->hash == subgraph.hash))
    return false;
  return llvm::all_of(llvm::zip_equal(node->stage->inputs, subgraph.inputs), [&](auto pair) {
    auto &[input, value] = pair;
    auto number = numbers.find(value);
    if (number != numbers.end())
      return !input.capture && input.number == number->second;
    return input.capture && graph.findValue(now(*input.capture)) == value;
  });
}

std::vector<Tensor> Stages::stop(Value value, const Finder &find, Loc where) {
  auto isKnown = [&](Value v) { return knows(v); };
  Subgraph subgraph = collect(graph, value, isKnown);
  // What comes from outside is evaluated now, as captures are at each call.
  llvm::SmallSetVector<Value, 4> outside;
  for (Operation *op : subgraph.ops)
    if (op->getBlock() != graph.module->getBody())
      for (Value operand : op->getOperands())
        if (operand.getParentBlock() == graph.module->getBody() && !isa<ConstantOp>(operand.getDefiningOp()) &&
            !graph.nodes[operand].evaluated)
          outside.insert(operand);
  if (!outside.empty()) {
    evaluateIn(graph, outside.getArrayRef(), where);
    subgraph = collect(graph, value, isKnown);
  }
  SmallVector<Value> wanted = namedOnTheWay(graph, subgraph, value, body);
  subgraph = collect(graph, wanted, isKnown);

  if (!isDone(subgraph)) {
    walk.truncate(turn);
    clear(graph, *node);
    node->stage = makeStage(std::move(subgraph), wanted, /*shared=*/true, where, [&](Value outer) {
      return Capture{graph.handleTo(outer), variableRead(graph, outer), outer};
    });
    node->find = find;
    node->dtype = dtypeOfElement(cast<RankedTensorType>(value.getType()).getElementType());
    node->shape = shapeOf(value.getType());
    walk.step(graph, *node, where);
  }
  StageWalk::Turn at = walk.turns[turn++];
  size_t end = turn < walk.turns.size() ? walk.turns[turn].firstFound : walk.found.size(), number = at.firstValue;
  std::vector<Tensor> results;
  std::vector<Shape> shapes;
  for (const Tensor &t : ArrayRef(walk.found).slice(at.firstFound, end - at.firstFound)) {
    shapes.push_back(t.shape());
    Value argument = body->addArgument(graph.tensorType(t.dtype(), t.shape()), graph.location(where));
    numbers[argument] = number++;
    results.push_back(graph.handleTo(argument));
  }
  for (Value kept : wanted) {
    held.push_back(graph.handleTo(kept));
    numbers.try_emplace(kept, number++);
  }
  node = &node->next[shapes];
  return results;
}

StageNode &Stages::finish(TracedFunction traced) {
  auto returned = llvm::to_vector(traced.function.front().getTerminator()->getOperands());
  walk.truncate(turn);
  clear(graph, *node);
  bool isWhole = turn == 0;
  Subgraph subgraph;
  if (isWhole) {
    llvm::append_range(subgraph.inputs, traced.function.getArguments());
    for (Operation &op : traced.function.front().without_terminator())
      subgraph.ops.push_back(&op);
  } else {
    subgraph = collect(graph, returned, [&](Value v) { return knows(v); });
  }
  // What is captured is an argument by now.
  size_t numOwn = traced.function.getNumArguments() - traced.captures.size();
  Stage stage = makeStage(subgraph, returned, /*shared=*/!isWhole, where, [&](Value argument) {
    return traced.captures[cast<BlockArgument>(argument).getArgNumber() - numOwn];
  });
  node->stage = std::move(stage);
  node->traced = std::move(traced);
  return *node;
}

//===----------------------------------------------------------------------===//
// The tree
//===----------------------------------------------------------------------===//

size_t StageNode::numLeaves() const {
  size_t count = traced ? 1 : 0;
  for (auto &[shapes, child] : next)
    count += child.numLeaves();
  return count;
}

static void collectFunctions(StageNode &node, SmallVectorImpl<func::FuncOp> &functions) {
  if (node.traced)
    functions.push_back(node.traced->function);
  for (auto &[shapes, child] : node.next)
    collectFunctions(child, functions);
}

void clear(GraphImpl &graph, StageNode &root) {
  SmallVector<func::FuncOp> functions;
  collectFunctions(root, functions);
  root = StageNode();
  if (functions.empty())
    return;
  llvm::DenseSet<Attribute> named;
  for (Operation &op : *graph.module->getBody())
    if (!isa<func::FuncOp>(op))
      for (FlatSymbolRefAttr name : functionsNamedBy(&op))
        named.insert(name.getAttr());
  for (func::FuncOp function : functions)
    if (named.contains(function.getSymNameAttr()))
      retire(graph, function);
    else
      discard(graph, function);
}

std::vector<Tensor> found(const Tensor &x, const char *op, const Finder &find, Loc where) {
  const Tensor *const operands[] = {&x};
  std::shared_ptr<GraphImpl> graph = GraphImpl::of(operands, op, where);
  std::lock_guard lock(graph->mutex);
  if (!graph->traced.empty() || isMapping()) {
    Value value = graph->valueOf(x, graph->location(where));
    bool isKnown = true;
    Subgraph subgraph = collect(*graph, value, [&](Value v) { return graph->stages && graph->stages->knows(v); });
    for (Value input : subgraph.inputs) {
      bool isStaged = graph->stages && (graph->stages->knows(input) || variableRead(*graph, input));
      isKnown &= !isStaged;
      if (!isStaged && !graph->nodes[input].evaluated)
        fail(op, where, Kind::graph,
             "expected a number of elements that is known while the function is traced, got "
             "one that depends on values of an argument of ",
             isa<BlockArgument>(input) ? "a loop, a branch, checkpoint or a saved function"
                                       : "a function that vmap maps",
             ": give nonzero, unique or compress a fixed .size, or choose with where()");
    }
    if (!isKnown)
      return graph->stages->stop(value, find, where);
  }
  if (Value value = graph->findValue(x); value && !graph->nodes[value].evaluated)
    evaluateIn(*graph, namedOnTheWay(*graph, collect(*graph, value), value, graph->module->getBody()), where);
  return find(fromBuffer(evaluated(x, where), x.dtype(), x.shape()));
}

} // namespace tcc
