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

std::shared_ptr<GraphImpl> GraphImpl::of(std::span<const Tensor> operands, const char *op, Loc where) {
  std::shared_ptr<GraphImpl> graph;
  for (const Tensor &t : operands) {
    if (!t.impl())
      throwUserError(op, "expected tensors, got an empty (default-constructed) one", where, Kind::value);
    const auto &impl = *t.impl();
    if (!impl.graph || impl.splat || impl.ready.load(std::memory_order_acquire))
      continue;
    if (graph && graph != impl.graph)
      throwUserError(op,
                     "expected operands of one graph, got unevaluated tensors of graph " + std::to_string(graph->id()) +
                         " and graph " + std::to_string(impl.graph->id()) + ": eval() one of them first",
                     where, Kind::graph);
    graph = impl.graph;
  }
  return graph ? graph : current();
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

void emit(OpId id, std::span<const Tensor> operands, std::span<const Attr> attrs, std::span<const ResultType> types,
          Loc where, std::span<Tensor> results) {
  static constexpr const char *mnemonics[] = {
#define TCC_OP_ID(id, mnemonic) mnemonic,
#include "frontend/OpIds.inc"
#undef TCC_OP_ID
  };
  const char *mnemonic = mnemonics[size_t(id)] + std::strlen("tcc.");
  std::shared_ptr<GraphImpl> graph = GraphImpl::of(operands, mnemonic, where);
  std::lock_guard lock(graph->mutex);
  Location loc = graph->location(where);
  OperationName name = graph->opName(id);

  SmallVector<Value, 4> values;
  for (const Tensor &t : operands)
    values.push_back(graph->valueOf(t, loc));
  NamedAttrList attributes;
  for (const Attr &attr : attrs)
    attributes.append(attr.name, toAttribute(graph->builder, attr));
  DictionaryAttr dictionary = attributes.getDictionary(&graph->context);

  auto fail = [&] {
    std::string message = graph->takeDiagnostic();
    // "'tcc.erf' op operand #0 must be tensor of floats, but got 'tensor<3xcomplex<f32>>'" in the user's terms.
    StringRef text = StringRef(message).substr(message.find("operand #")), expected = text;
    unsigned index = 0;
    if (text.consume_front("operand #") && !text.consumeInteger(10, index) && index < operands.size() &&
        text.consume_front(" must be tensor of ")) {
      expected = text.take_front(text.find(", but got"));
      throwUserError(mnemonic, ("expected " + expected + ", got " + dtype_name(operands[index].dtype())).str(), where,
                     Kind::dtype);
    }
    Kind kind = message.find("element type") != message.npos || message.find("dtype") != message.npos ? Kind::dtype
                                                                                                      : Kind::shape;
    throwUserError(mnemonic, message.empty() ? "operands do not fit" : message, where, kind);
  };

  // Factors of one matrix are one op, however often they are asked for: they are expensive, and gradients at equal
  // eigenvalues must know vectors and values for those of one decomposition.
  if (isDecomposition(id))
    for (Operation *user : values[0].getUsers())
      if (user->getName() == name && user->getAttrDictionary() == dictionary) {
        for (auto [tensor, result] : llvm::zip_equal(results, user->getResults()))
          tensor = graph->handleTo(result);
        return;
      }

  // The op's properties are made first, because type inference reads them.
  auto emitError = [&] { return mlir::emitError(loc); };
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
  if (storage && !attributes.empty() &&
      failed(name.setOpPropertiesFromAttribute(name, properties, dictionary, emitError)))
    fail();
  SmallVector<Type, 4> resultTypes;
  for (const ResultType &type : types) {
    resultTypes.push_back(graph->tensorType(type.dtype, type.shape));
    if (!hasOpen(type.shape))
      continue;
    ArrayRef<int64_t> dims;
    if (id == OpId::broadcast)
      dims = std::get<std::vector<int64_t>>(attrs[0].value);
    if (tellsOpenSizes(name.getStringRef(), values, dims, resultTypes.back()))
      continue;
    if (!graph->openSizes)
      throwUserError(mnemonic, "expected known sizes, got one kept from the tracing of a function", where, Kind::graph);
    values.push_back(graph->openSizes->like(type.shape, mnemonic, where));
  }
  StructuralHash signature;
  signature.add(name.getAsOpaquePointer());
  signature.add(dictionary.getAsOpaquePointer());
  signature.add(uint64_t(bool(graph->openSizes)));
  for (Value value : values)
    signature.add(value.getType().getAsOpaquePointer());
  for (Type type : resultTypes)
    signature.add(type.getAsOpaquePointer());
  auto known = graph->signatures.find(signature);
  bool isKnown = known != graph->signatures.end();
  if (isKnown) {
    resultTypes.assign(known->second.begin(), known->second.end());
  } else if (types.empty()) {
    auto *inference = name.getInterface<InferTypeOpInterface>();
    assert(inference && "an op without type inference is given its result types");
    if (failed(inference->inferReturnTypes(&graph->context, loc, values, dictionary, properties, {}, resultTypes)))
      fail();
  }
  Operation *op = Operation::create(loc, name, resultTypes, values, DictionaryAttr::get(&graph->context), properties,
                                    BlockRange(), /*numRegions=*/0);
  if (!isKnown) {
    auto discard = llvm::scope_exit([&] { op->destroy(); });
    for (Type type : resultTypes)
      expectPossible(type, graph->openSizes, mnemonic, where);
    if (failed(name.verifyInvariants(op)))
      fail();
    discard.release();
    if (graph->signatures.size() >= GraphImpl::PlanCache::capacity)
      graph->signatures.clear();
    graph->signatures[signature].assign(resultTypes.begin(), resultTypes.end());
  }
  graph->builder.insert(op);
  assert(results.size() == op->getNumResults() && "the generated builder knows the op's results");
  for (auto [tensor, result] : llvm::zip_equal(results, op->getResults()))
    tensor = graph->handleTo(result);
}

Tensor emitSplat(Scalar value, Dtype dtype, Shape shape, Loc where) {
  if (hasOpen(shape))
    return ops::broadcast(emitSplat(value, dtype, {}, where), {}, dtype, shape, where);
  std::shared_ptr<GraphImpl> graph = GraphImpl::current();
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
