// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The graph's side of Emit.h: ops of the dialect from the DSL's calls, with their types inferred and verified.
#include "dialect/Ops.h"
#include "frontend/Elements.h"
#include "frontend/Graph.h"
#include "frontend/OpBuilders.h"
#include "frontend/OpenSizes.h"
#include "frontend/PlanCache.h"
#include "frontend/UserError.h"
#include "tcc/Graph.h"

#include <cstring>

using namespace mlir;

namespace tcc {

static Attribute toAttribute(Builder &b, const Attr &attr) {
  return std::visit(
      [&](const auto &v) -> Attribute {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, bool>)
          return b.getBoolAttr(v);
        else if constexpr (std::is_same_v<T, int64_t>)
          return b.getI64IntegerAttr(v);
        else if constexpr (std::is_same_v<T, double>)
          return b.getF64FloatAttr(v);
        else if constexpr (std::is_same_v<T, std::string>)
          return b.getStringAttr(v);
        else
          return b.getDenseI64ArrayAttr(v);
      },
      attr.value);
}

const std::shared_ptr<GraphImpl> &GraphImpl::of(std::span<const Tensor *const> operands, const char *op, Loc where) {
  expectRunning(op, where);
  const std::shared_ptr<GraphImpl> *graph = nullptr;
  for (const Tensor *t : operands) {
    if (!t->impl())
      throwUserError(op, "expected tensors, got an empty (default-constructed) one", where, Kind::value);
    const auto &impl = *t->impl();
    if (!impl.graph || impl.splat || impl.ready.load(std::memory_order_acquire))
      continue;
    if (graph && *graph != impl.graph)
      throwUserError(op,
                     "expected operands of one graph, got unevaluated tensors of graph " +
                         std::to_string((*graph)->id()) + " and graph " + std::to_string(impl.graph->id()) +
                         ": eval() one of them first",
                     where, Kind::graph);
    graph = &impl.graph;
  }
  return graph ? *graph : current();
}

/// Sizes that only an overflow on the way here, or nobody's check, can have made do not reach the compiler.
static void expectPossible(Type result, bool mayBeOpen, const char *op, Loc where) {
  auto type = cast<RankedTensorType>(result);
  Shape sizes;
  for (int64_t n : type.getShape()) {
    if (mayBeOpen && ShapedType::isDynamic(n))
      continue;
    sizes.push_back(n);
    if (n < 0)
      fail(op, where, Kind::shape, "expected extents that are not negative, got ", n);
  }
  checkedCount(sizes, op, where);
}

static bool isDecomposition(OpId id) {
  switch (id) {
  case OpId::cholesky:
  case OpId::lu:
  case OpId::qr:
  case OpId::svd:
  case OpId::eigh:
  case OpId::eig:
  case OpId::schur:
    return true;
  default:
    return false;
  }
}

static void add(StructuralHash &key, const Attr &attr) {
  key.add(uint64_t(attr.value.index()));
  std::visit(
      [&](const auto &v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
          key.add(uint64_t(v.size()));
          for (int64_t n : v)
            key.add(uint64_t(n));
        } else if constexpr (std::is_same_v<T, std::string>) {
          key.add(uint64_t(v.size()));
          for (char c : v)
            key.add(uint64_t(c));
        } else {
          uint64_t bits = 0;
          std::memcpy(&bits, &v, sizeof v);
          key.add(bits);
        }
      },
      attr.value);
}

/// What an emitted op is made of.
struct GraphImpl::Emission {
  OpId id;
  std::span<const Tensor *const> operands;
  std::span<const Attr> attrs;
  Loc where;
  const char *mnemonic;
  OperationName name;
  Location loc;
  SmallVector<Value, 4> values;     ///< of the operands
  SmallVector<Type, 4> resultTypes; ///< of ops that cannot infer theirs
};

/// "'tcc.erf' op operand #0 must be tensor of floats, but got 'tensor<3xcomplex<f32>>'" in the user's terms.
static void throwDiagnostic(const std::string &message, const GraphImpl::Emission &e) {
  StringRef text = StringRef(message).substr(message.find("operand #")), expected = text;
  unsigned index = 0;
  if (text.consume_front("operand #") && !text.consumeInteger(10, index) && index < e.operands.size() &&
      text.consume_front(" must be tensor of ")) {
    expected = text.take_front(text.find(", but got"));
    throwUserError(e.mnemonic, ("expected " + expected + ", got " + dtype_name(e.operands[index]->dtype())).str(),
                   e.where, Kind::dtype);
  }
  Kind kind =
      message.find("element type") != message.npos || message.find("dtype") != message.npos ? Kind::dtype : Kind::shape;
  throwUserError(e.mnemonic, message.empty() ? "operands do not fit" : message, e.where, kind);
}

GraphImpl::Prototype GraphImpl::prototypeOf(Emission &e) {
  NamedAttrList attributes;
  for (const Attr &attr : e.attrs)
    attributes.append(attr.name, toAttribute(builder, attr));
  DictionaryAttr dictionary = attributes.getDictionary(&context);
  // The op's properties are made first, because type inference reads them.
  OperationName name = e.name;
  std::unique_ptr<char[]> storage;
  OpaqueProperties properties(nullptr);
  if (int size = name.getOpPropertyByteSize()) {
    storage.reset(new char[size]());
    properties = OpaqueProperties(storage.get());
    name.initOpProperties(properties, OpaqueProperties(nullptr));
  }
  auto destroy = llvm::scope_exit([&] {
    if (storage)
      name.destroyOpProperties(properties);
  });
  auto emitError = [&] { return mlir::emitError(e.loc); };
  if (storage && !attributes.empty() &&
      failed(name.setOpPropertiesFromAttribute(name, properties, dictionary, emitError)))
    throwDiagnostic(takeDiagnostic(), e);
  SmallVector<Type, 4> resultTypes = e.resultTypes;
  if (resultTypes.empty()) {
    auto *inference = name.getInterface<InferTypeOpInterface>();
    assert(inference && "an op without type inference is given its result types");
    if (failed(inference->inferReturnTypes(&context, e.loc, e.values, dictionary, properties, {}, resultTypes)))
      throwDiagnostic(takeDiagnostic(), e);
  }
  Prototype op(Operation::create(e.loc, name, resultTypes, e.values, DictionaryAttr::get(&context), properties,
                                 BlockRange(), /*numRegions=*/0));
  for (Type type : resultTypes)
    expectPossible(type, openSizes, e.mnemonic, e.where);
  if (failed(name.verifyInvariants(op.get())))
    throwDiagnostic(takeDiagnostic(), e);
  op->setOperands({});
  return op;
}

void emit(OpId id, std::span<const Tensor *const> operands, std::span<const Attr> attrs,
          std::span<const ResultType> types, Loc where, std::span<Tensor> results) {
  static constexpr const char *mnemonics[] = {
#define TCC_OP_ID(id, mnemonic) mnemonic,
#include "frontend/OpIds.inc"
#undef TCC_OP_ID
  };
  const char *mnemonic = mnemonics[size_t(id)] + std::strlen("tcc.");
  GraphImpl &graph = *GraphImpl::of(operands, mnemonic, where); // which the operands keep alive, or the thread
  std::lock_guard lock(graph.mutex);
  GraphImpl::Emission e{id, operands, attrs, where, mnemonic, graph.opName(id), graph.location(where), {}, {}};
  for (const Tensor *t : operands)
    e.values.push_back(graph.valueOf(*t, e.loc));
  for (const ResultType &type : types) {
    e.resultTypes.push_back(graph.tensorType(type.dtype, type.shape));
    if (!hasOpen(type.shape))
      continue;
    ArrayRef<int64_t> dims;
    if (id == OpId::broadcast)
      dims = std::get<std::vector<int64_t>>(attrs[0].value);
    if (tellsOpenSizes(e.name.getStringRef(), e.values, dims, e.resultTypes.back()))
      continue;
    if (!graph.openSizes)
      throwUserError(mnemonic, "expected known sizes, got one kept from the tracing of a function", where, Kind::graph);
    e.values.push_back(graph.openSizes->like(type.shape, mnemonic, where));
  }
  StructuralHash key;
  key.add(uint64_t(id) << 1 | uint64_t(bool(graph.openSizes)));
  for (const Attr &attr : attrs)
    add(key, attr);
  for (Value value : e.values)
    key.add(value.getType().getAsOpaquePointer());
  for (Type type : e.resultTypes)
    key.add(type.getAsOpaquePointer());
  auto known = graph.prototypes.find(key);
  if (known == graph.prototypes.end()) {
    GraphImpl::Prototype made = graph.prototypeOf(e);
    if (graph.prototypes.size() >= GraphImpl::PlanCache::capacity)
      graph.prototypes.clear();
    known = graph.prototypes.try_emplace(key, std::move(made)).first;
  }
  Operation &prototype = *known->second;

  // Factors of one matrix are one op, however often they are asked for: they are expensive, and gradients at equal
  // eigenvalues must know vectors and values for those of one decomposition.
  if (isDecomposition(id))
    for (Operation *user : e.values[0].getUsers())
      if (user->getName() == e.name &&
          e.name.compareOpProperties(user->getPropertiesStorage(), prototype.getPropertiesStorage())) {
        for (auto [tensor, result] : llvm::zip_equal(results, user->getResults()))
          tensor = graph.handleTo(result);
        return;
      }
  Operation *op =
      Operation::create(e.loc, e.name, prototype.getResultTypes(), e.values, prototype.getRawDictionaryAttrs(),
                        prototype.getPropertiesStorage(), BlockRange(), /*numRegions=*/0);
  graph.builder.insert(op);
  assert(results.size() == op->getNumResults() && "the generated builder knows the op's results");
  for (auto [tensor, result] : llvm::zip_equal(results, op->getResults()))
    tensor = graph.handleTo(result);
}

Tensor emitSplat(const Scalar &value, Dtype dtype, const Shape &shape, Loc where) {
  if (hasOpen(shape))
    return ops::broadcast(emitSplat(value, dtype, {}, where), {}, dtype, shape, where);
  GraphImpl *graph = GraphImpl::current(where).get();
  std::lock_guard lock(graph->mutex);
  Tensor t = graph->handleTo(graph->constant(value, dtype, shape, graph->location(where)));
  t.impl()->splat = value;
  return t;
}

Tensor fromBuffer(Buffer data, Dtype dtype, Shape shape) {
  auto impl = std::make_shared<detail::TensorImpl>(dtype, std::move(shape));
  impl->data = std::move(data);
  impl->ready = true;
  return Tensor(std::move(impl));
}

} // namespace tcc
