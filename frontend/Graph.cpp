// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Building and reclaiming: how ops join the module, how data joins a graph, and when a node is given back.
#include "frontend/Graph.h"
#include "dialect/Functions.h"
#include "dialect/Ops.h"
#include "frontend/Elements.h"
#include "frontend/OpenSizes.h"
#include "frontend/PlanCache.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "tcc/Graph.h"

#include <atomic>
#include <cstring>

using namespace mlir;

namespace tcc {

static std::atomic<int64_t> graphCount{0};

// A thread's thread_local objects go at its end, MLIR's caches among them; then, of the main thread, objects with
// static storage, whose destructors may still hold tensors. The flag has no destructor and can be asked even then.
static thread_local bool hasEnded = false;
namespace {
struct CurrentGraph : std::shared_ptr<GraphImpl> {
  using shared_ptr::operator=;
  ~CurrentGraph() { hasEnded = true; }
};
} // namespace
static thread_local CurrentGraph currentGraph;

void GraphImpl::expectRunning(const char *op, Loc where) {
  if (hasEnded)
    throwUserError(op,
                   "expected a thread that can compute, got one at its end: destructors of static objects may free "
                   "tensors, but what they need must be evaluated before",
                   where, Kind::graph);
}

const std::shared_ptr<GraphImpl> &GraphImpl::current(Loc where) {
  expectRunning("graph", where);
  if (!currentGraph)
    currentGraph = std::make_shared<GraphImpl>();
  return currentGraph;
}

std::shared_ptr<GraphImpl> GraphImpl::exchangeCurrent(std::shared_ptr<GraphImpl> graph) {
  std::shared_ptr<GraphImpl> before = std::move(currentGraph);
  currentGraph = std::move(graph);
  return before;
}

Graph &Graph::current() {
  static Graph ofThisThread; // stateless: what it says is the calling thread's
  return ofThisThread;
}
int64_t Graph::id() const { return GraphImpl::current()->id(); }
int64_t Graph::size() const {
  std::shared_ptr<GraphImpl> graph = GraphImpl::current();
  std::lock_guard lock(graph->mutex);
  return llvm::count_if(*graph->module->getBody(), [](Operation &op) { return !isa<func::FuncOp>(op); });
}

GraphScope::GraphScope() : previous(std::move(currentGraph)) { currentGraph = std::make_shared<GraphImpl>(); }
GraphScope::~GraphScope() { currentGraph = std::static_pointer_cast<GraphImpl>(previous); }

GraphImpl::GraphImpl() : builder(&context), plans(std::make_unique<PlanCache>()), number(++graphCount) {
  context.getOrLoadDialect<TccDialect>();
  context.getOrLoadDialect<func::FuncDialect>();
  module = ModuleOp::create(UnknownLoc::get(&context));
  builder.setInsertionPointToEnd(module->getBody());
  context.getDiagEngine().registerHandler([this](Diagnostic &d) {
    // The first says what is wrong; MLIR adds that inference failed.
    if (d.getSeverity() == DiagnosticSeverity::Error && diagnostic.empty())
      diagnostic = d.str();
    return success();
  });
}

// The body goes op by op from the end: a chain of 10^5 ops must not be destroyed recursively, and users go before
// producers.
GraphImpl::~GraphImpl() {
  nodes.clear();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*module->getBody())))
    op.erase();
}

//===----------------------------------------------------------------------===//
// Types and locations
//===----------------------------------------------------------------------===//

Type elementType(MLIRContext &context, Dtype dtype) {
  Builder b(&context);
  switch (dtype) {
  case bool_:
    return b.getI1Type();
  case int8:
    return b.getI8Type();
  case int16:
    return b.getI16Type();
  case int32:
    return b.getI32Type();
  case int64:
    return b.getI64Type();
  case uint8:
    return b.getIntegerType(8, /*isSigned=*/false);
  case uint32:
    return b.getIntegerType(32, /*isSigned=*/false);
  case float16:
    return b.getF16Type();
  case bfloat16:
    return b.getBF16Type();
  case float32:
    return b.getF32Type();
  case float64:
    return b.getF64Type();
  case complex64:
    return ComplexType::get(b.getF32Type());
  case complex128:
    return ComplexType::get(b.getF64Type());
  }
  llvm_unreachable("all dtypes are listed");
}

Dtype dtypeOfElement(Type type) {
  // Kinds one by one: asking for any float looks through a table of interfaces, for each op that is appended.
  if (type.isF32())
    return float32;
  if (type.isF64())
    return float64;
  if (type.isF16())
    return float16;
  if (type.isBF16())
    return bfloat16;
  if (auto complex = dyn_cast<ComplexType>(type))
    return complex.getElementType().isF32() ? complex64 : complex128;
  unsigned width = type.getIntOrFloatBitWidth();
  if (type.isUnsignedInteger())
    return width == 8 ? uint8 : uint32;
  return width == 1 ? bool_ : width == 8 ? int8 : width == 16 ? int16 : width == 32 ? int32 : int64;
}

Shape shapeOf(Type tensor) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(tensor).getShape();
  return Shape(shape.begin(), shape.end());
}

Type GraphImpl::tensorType(Dtype dtype, const Shape &shape) {
  auto sizes = llvm::to_vector(llvm::map_range(shape, [](int64_t n) { return isOpen(n) ? ShapedType::kDynamic : n; }));
  return RankedTensorType::get(sizes, elementType(context, dtype));
}

OperationName GraphImpl::opName(OpId op) {
  if (names.empty()) {
    static constexpr const char *mnemonics[] = {
#define TCC_OP_ID(id, mnemonic) mnemonic,
#include "frontend/OpIds.inc"
#undef TCC_OP_ID
    };
    for (const char *mnemonic : mnemonics)
      names.push_back(OperationName(mnemonic, &context));
  }
  return names[size_t(op)];
}

// File names are string literals: their address, with line and column, identifies the place.
Location GraphImpl::location(Loc where) {
  LocationAttr &known = locations[{where.file_name(), uint64_t(where.line()) << 32 | where.column()}];
  if (!known) {
    known = FileLineColLoc::get(&context, where.file_name(), where.line(), where.column());
    places[known] = where;
  }
  return known;
}

Loc GraphImpl::userLocation(Location loc) const {
  Loc found;
  // An op made by a rule or by folding carries the places of all it was made from; the first is the user's.
  loc->walk([&](Location part) {
    auto place = places.find(part);
    if (place == places.end())
      return WalkResult::advance();
    found = place->second;
    return WalkResult::interrupt();
  });
  return found;
}

void throwUserError(const char *op, const std::string &message, Loc where, Kind kind) {
  std::string_view text = message, prefix = "'tcc.";
  // "'tcc.matmul' op operands ..." is how MLIR begins; the user's op name says it better.
  if (text.starts_with(prefix))
    if (size_t end = text.find("' op "); end != text.npos)
      text.remove_prefix(end + 5);
  std::string_view file = where.file_name();
  file.remove_prefix(std::min(file.rfind('/') + 1, file.size()));
  throw Error("[" + std::string(op) + "] " + std::string(text) + " (" + std::string(file) + ":" +
                  std::to_string(where.line()) + ")",
              op, where, kind);
}

//===----------------------------------------------------------------------===//
// Values and handles
//===----------------------------------------------------------------------===//

/// An op without operands and with one result of known type: what the builders that infer types do takes twice as long.
Value GraphImpl::append(OpId op, OpaqueProperties properties, Type type, Location loc) {
  Operation *made = Operation::create(loc, opName(op), type, ValueRange(), DictionaryAttr::get(&context), properties,
                                      BlockRange(), /*numRegions=*/0);
  return builder.insert(made)->getResult(0);
}

Value GraphImpl::leaf(Type type, Location loc) { return append(OpId::input, OpaqueProperties(nullptr), type, loc); }

Value GraphImpl::leaf(Buffer data, Type type, Location loc) {
  // A leaf belongs to the module's body also while a function is traced: it becomes a capture there.
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module->getBody());
  Value value = leaf(type, loc);
  Node &node = nodes[value];
  imported[data.data()] = value;
  node.data = std::move(data);
  node.evaluated = true;
  return value;
}

DenseElementsAttr GraphImpl::splatAttribute(const Scalar &value, RankedTensorType type) {
  Type element = type.getElementType();
  auto asDouble = [](const auto &v) {
    if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::complex<double>>)
      return v.real();
    else
      return double(v);
  };
  double real = std::visit(asDouble, value);
  auto floating = [&](Type t, double v) {
    APFloat f(v);
    bool lossy;
    f.convert(cast<FloatType>(t).getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
    return f;
  };
  if (auto complex = dyn_cast<ComplexType>(element)) {
    double imag =
        std::holds_alternative<std::complex<double>>(value) ? std::get<std::complex<double>>(value).imag() : 0;
    Type part = complex.getElementType();
    return DenseElementsAttr::get(type, std::complex<APFloat>(floating(part, real), floating(part, imag)));
  }
  if (isa<FloatType>(element))
    return DenseElementsAttr::get(type, floating(element, real));
  int64_t integer = std::holds_alternative<int64_t>(value) ? std::get<int64_t>(value) : int64_t(real);
  unsigned width = element.getIntOrFloatBitWidth();
  if (width == 1)
    integer = integer != 0 || (!std::holds_alternative<int64_t>(value) && real != 0);
  return DenseElementsAttr::get(type, APInt(width, uint64_t(integer), /*isSigned=*/false, /*implicitTrunc=*/true));
}

Value GraphImpl::constant(const Scalar &value, Dtype dtype, const Shape &shape, Location loc) {
  StructuralHash key;
  key.add(uint64_t(dtype));
  key.add(uint64_t(value.index()));
  for (int64_t n : shape)
    key.add(uint64_t(n));
  std::visit(
      [&](const auto &number) {
        uint64_t words[2] = {};
        std::memcpy(words, &number, sizeof number);
        key.add(words[0]);
        key.add(words[1]);
      },
      value);
  if (splats.size() >= PlanCache::capacity)
    splats.clear();
  DenseElementsAttr &known = splats[key];
  if (!known)
    known = splatAttribute(value, RankedTensorType::get(shape, elementType(context, dtype)));
  ConstantOp::Properties properties;
  properties.value = known;
  return append(OpId::constant, OpaqueProperties(&properties), known.getType(), loc);
}

Value GraphImpl::findValue(const Tensor &t) {
  detail::TensorImpl &impl = *t.impl();
  if (impl.graph.get() == this)
    return Value::getFromOpaquePointer(impl.value);
  if (!impl.ready.load(std::memory_order_acquire))
    return {};
  auto known = imported.find(impl.data.data());
  if (known == imported.end() || known->second.getType() != tensorType(impl.dtype, impl.shape))
    return {};
  return known->second;
}

Value GraphImpl::valueOf(const Tensor &t, Location loc) {
  detail::TensorImpl &impl = *t.impl();
  Value known = findValue(t);
  bool isVisible =
      known && (known.getParentBlock() == module->getBody() || llvm::is_contained(traced, known.getParentBlock()));
  if (isVisible)
    return known;
  bool isLost = known || (impl.graph.get() == this && !impl.value); // with the function it was traced for
  if (isLost && !impl.splat && !impl.ready.load(std::memory_order_acquire))
    throwUserError("compile", "expected values of this function, got one kept from the tracing of another function",
                   userLocation(loc), Kind::graph);
  if (const auto &scalar = impl.weak ? impl.weak : impl.splat)
    return constant(*scalar, impl.dtype, impl.shape, loc);
  return leaf(impl.data, tensorType(impl.dtype, impl.shape), loc);
}

Tensor GraphImpl::handleTo(Value value) {
  Node &node = nodes[value];
  if (node.handle)
    if (std::shared_ptr<detail::TensorImpl> held = node.handle->weak_from_this().lock())
      return Tensor(std::move(held));
  Type type = value.getType();
  auto impl = std::make_shared<detail::TensorImpl>(dtypeOfElement(cast<RankedTensorType>(type).getElementType()),
                                                   shapeOf(type));
  impl->graph = shared_from_this();
  impl->value = value.getAsOpaquePointer();
  if (node.evaluated) {
    impl->data = node.data;
    impl->ready.store(true, std::memory_order_release);
  }
  node.handle = impl.get();
  Tensor handle(std::move(impl));
  if (openSizes)
    openSizes->number(handle, value);
  return handle;
}

void GraphImpl::setData(Value value, Buffer data) {
  Node &node = nodes[value];
  node.data = data;
  node.evaluated = true;
  if (node.handle) {
    node.handle->data = std::move(data);
    node.handle->ready.store(true, std::memory_order_release);
  }
}

void GraphImpl::replace(Value from, Value to) {
  auto found = nodes.find(from);
  if (found != nodes.end()) {
    Node node = std::move(found->second);
    nodes.erase(found);
    if (node.handle)
      node.handle->value = to.getAsOpaquePointer();
    if (node.evaluated)
      if (auto known = imported.find(node.data.data()); known != imported.end() && known->second == from)
        known->second = to;
    nodes[to] = std::move(node);
  }
  from.replaceAllUsesWith(to);
}

//===----------------------------------------------------------------------===//
// Reclaiming
//===----------------------------------------------------------------------===//

bool GraphImpl::isNeeded(Operation *op) const {
  for (OpResult result : op->getResults()) {
    if (!result.use_empty())
      return true;
    auto node = nodes.find(result);
    if (node != nodes.end() && node->second.handle)
      return true;
  }
  return false;
}

void GraphImpl::reclaim(Operation *op) {
  if (isNeeded(op))
    return;
  llvm::SmallVector<Operation *, 16> worklist{op};
  llvm::SmallVector<Operation *, 4> producers;
  while (!worklist.empty()) {
    Operation *dead = worklist.pop_back_val();
    producers.clear();
    for (Value operand : dead->getOperands())
      if (Operation *producer = operand.getDefiningOp(); producer && !llvm::is_contained(producers, producer))
        producers.push_back(producer);
    for (Value result : dead->getResults())
      if (auto node = nodes.find(result); node != nodes.end()) {
        if (node->second.evaluated)
          if (auto known = imported.find(node->second.data.data()); known != imported.end() && known->second == result)
            imported.erase(known);
        nodes.erase(node);
      }
    dead->erase();
    // Only the last user of an op finds it needless, so that it is listed once.
    for (Operation *producer : producers)
      if (!isNeeded(producer))
        worklist.push_back(producer);
  }
}

void GraphImpl::release(detail::TensorImpl *handle) {
  std::lock_guard lock(mutex);
  Value value = Value::getFromOpaquePointer(handle->value);
  auto node = nodes.find(value);
  // Another handle may have been made while this one was on its way out.
  if (node == nodes.end() || node->second.handle != handle)
    return;
  node->second.handle = nullptr;
  if (!node->second.evaluated)
    nodes.erase(node);
  if (Operation *op = value.getDefiningOp())
    reclaim(op);
}

Operation *GraphImpl::lastOp() {
  Block *block = builder.getInsertionBlock();
  return block->empty() ? nullptr : &block->back();
}

void GraphImpl::dropUnused(Operation *last) {
  Block *block = builder.getInsertionBlock();
  SmallVector<Operation *> made;
  for (Operation &op : llvm::make_range(last ? std::next(last->getIterator()) : block->begin(), block->end()))
    made.push_back(&op);
  for (Operation *op : llvm::reverse(made))
    if (!isNeeded(op) && !isa<func::FuncOp>(op)) {
      for (Value r : op->getResults())
        nodes.erase(r);
      op->erase();
    }
}

// Functions without a key are compile()'s, which holds them itself, or being traced.
void GraphImpl::sweepFunctions() {
  SmallVector<func::FuncOp> functions = functionsOf(*module);
  if (functions.size() < sweepAt || !traced.empty())
    return;
  llvm::SmallSetVector<Attribute, 32> live;
  auto addNamedBy = [&](Operation &op) {
    for (FlatSymbolRefAttr name : functionsNamedBy(&op))
      live.insert(name.getAttr());
  };
  auto isMade = [](func::FuncOp function) {
    return llvm::any_of(function->getDiscardableAttrs(),
                        [](NamedAttribute a) { return a.getName().strref().starts_with("tcc."); });
  };
  for (func::FuncOp function : functions)
    if (!isMade(function))
      llvm::for_each(function.front(), addNamedBy);
  llvm::for_each(llvm::make_range(std::next(functions.back()->getIterator()), module->getBody()->end()), addNamedBy);
  llvm::DenseMap<Attribute, func::FuncOp> byName;
  for (func::FuncOp function : functions)
    byName[function.getSymNameAttr()] = function;
  for (size_t k = 0; k < live.size(); ++k) {
    llvm::for_each(byName[live[k]].front(), addNamedBy);
    // What a function was made from is known by its name.
    for (NamedAttribute attribute : byName[live[k]]->getDiscardableAttrs())
      if (auto from = dyn_cast<FlatSymbolRefAttr>(attribute.getValue()))
        live.insert(from.getAttr());
  }
  for (func::FuncOp function : functions)
    if (isMade(function) && !live.contains(function.getSymNameAttr()))
      function.erase();
  // Programs are known by the names of what their ops run, which may be given again now.
  plans->programs.clear();
  plans->families.clear();
  sweepAt = std::max<size_t>(256, 2 * live.size());
}

bool GraphImpl::hasHeldAncestor(Value value) {
  // Bounded, and after a walk that found no end not repeated at once: a long history that somebody does hold would be
  // walked at every evaluation. Until then the history stays, which is always right.
  constexpr size_t budget = 256;
  if (evaluationsUntilWalk > 0) {
    --evaluationsUntilWalk;
    return true;
  }
  llvm::SmallPtrSet<Operation *, 32> seen;
  SmallVector<Operation *> worklist{value.getDefiningOp()};
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val();
    for (Value operand : op->getOperands()) {
      auto node = nodes.find(operand);
      if (node != nodes.end()) {
        // A leaf's data is shared with the handle it was imported from.
        bool imported = node->second.evaluated && isa_and_nonnull<InputOp>(operand.getDefiningOp());
        if (node->second.handle || (imported && !node->second.data.unique()))
          return true;
      }
      Operation *producer = operand.getDefiningOp();
      if (!producer)
        return true;
      if (seen.size() > budget) {
        evaluationsUntilWalk = budget / 4;
        return true;
      }
      if (seen.insert(producer).second)
        worklist.push_back(producer);
    }
  }
  return false;
}

void GraphImpl::cutHistory(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || isa<InputOp>(op) || op->getNumOperands() == 0)
    return;
  auto evaluated = [&](Value result) {
    auto node = nodes.find(result);
    return node != nodes.end() ? node->second.evaluated : result.use_empty();
  };
  if (!llvm::all_of(op->getResults(), evaluated))
    return;
  if (!isa<StopGradientOp>(op) && hasHeldAncestor(value))
    return;
  OpBuilder::InsertionGuard guard(builder);
  // Leaves belong to the module's body also while a function is traced.
  if (op->getBlock() == module->getBody())
    builder.setInsertionPoint(op);
  else
    builder.setInsertionPointToEnd(module->getBody());
  for (Value result : op->getResults())
    if (nodes.count(result))
      replace(result, leaf(result.getType(), op->getLoc()));
  reclaim(op);
}

detail::TensorImpl::~TensorImpl() {
  if (graph)
    graph->release(this);
}

} // namespace tcc
