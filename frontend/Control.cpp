// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Branches, loops and checkpoints: their functions are traced, checked against what the op demands, and appended as one
// op with what they capture as operands.
#include "tcc/Control.h"
#include "dialect/ControlLoops.h"
#include "dialect/Functions.h"
#include "frontend/OpBuilders.h"
#include "frontend/Promotion.h"
#include "frontend/Tracing.h"
#include "frontend/UserError.h"
#include "tcc/Shape.h"
#include "tcc/Transforms.h"

using namespace mlir;

namespace tcc {
namespace {

/// The graph that an op on these tensors belongs to, made the thread's current one while its functions are traced.
class Building {
public:
  Building(const char *op, std::initializer_list<std::vector<Tensor>> operands, Loc where) {
    std::vector<const Tensor *> all;
    for (const std::vector<Tensor> &part : operands)
      for (const Tensor &operand : part)
        all.push_back(&operand);
    graph = GraphImpl::of(all, op, where);
    if (graph->openSizes)
      fail(op, where, Kind::shape, "expected sizes that are known, got a function that is saved with open ones (-1)");
    lock = std::unique_lock(graph->mutex);
    outer = GraphImpl::exchangeCurrent(graph);
  }
  ~Building() { GraphImpl::exchangeCurrent(std::move(outer)); }
  Building(const Building &) = delete;

  Value value(const Tensor &t, Location loc) { return graph->valueOf(t, loc); }
  Type typeOf(const Tensor &t) { return graph->tensorType(t.dtype(), t.shape()); }
  std::vector<Tensor> handles(ValueRange values) {
    std::vector<Tensor> tensors;
    for (Value v : values)
      tensors.push_back(graph->handleTo(v));
    return tensors;
  }

  std::shared_ptr<GraphImpl> graph;

private:
  std::unique_lock<std::recursive_mutex> lock;
  std::shared_ptr<GraphImpl> outer;
};

SmallVector<Type> resultTypes(const TracedFunction &traced) {
  func::FuncOp function = traced.function;
  return SmallVector<Type>(function.getResultTypes());
}

/// The values that the functions read beside their arguments, each once.
SmallVector<Value> capturesOf(std::initializer_list<const TracedFunction *> functions) {
  llvm::SmallSetVector<Value, 8> values;
  for (const TracedFunction *traced : functions)
    for (const Capture &capture : traced->captures)
      values.insert(capture.inGraph);
  return values.takeVector();
}

/// The traced function as the op wants it: its captures are those of all the op's functions and come before all
/// arguments but the first `before`; C++ scalars among its results have the types wanted.
func::FuncOp arranged(GraphImpl &graph, TracedFunction &traced, const std::string &name, ArrayRef<Value> captures,
                      unsigned before, TypeRange wanted) {
  func::FuncOp function = traced.function;
  ArrayRef<Type> types = function.getArgumentTypes();
  unsigned numOwn = types.size() - traced.captures.size();
  SmallVector<Type> arguments(types.take_front(before));
  llvm::append_range(arguments, ValueRange(captures).getTypes());
  llvm::append_range(arguments, types.slice(before, numOwn - before));
  func::FuncOp made =
      makeFunction(*graph.module, function.getLoc(), name, arguments, [&](OpBuilder &builder, ValueRange values) {
        SmallVector<Value> inner(values.take_front(before));
        llvm::append_range(inner, values.drop_front(before + captures.size()));
        for (const Capture &capture : traced.captures)
          inner.push_back(values[before + (llvm::find(captures, capture.inGraph) - captures.begin())]);
        SmallVector<Value> results = inlineFunction(builder, function, inner);
        for (auto [result, type] : llvm::zip_equal(results, wanted))
          if (result.getType() != type)
            result = builder.createOrFold<CastOp>(function.getLoc(), type, result);
        return results;
      });
  discard(graph, function);
  return made;
}

/// Whether `given` may stand where `wanted` is carried: it is, or is a C++ scalar that takes that dtype.
bool fits(Type wanted, Type given, bool isWeak) {
  auto to = cast<RankedTensorType>(wanted), from = cast<RankedTensorType>(given);
  Dtype dtype = dtypeOfElement(to.getElementType());
  return wanted == given || (isWeak && to.getShape() == from.getShape() &&
                             promoteWeak(dtype, dtypeOfElement(from.getElementType())) == dtype);
}

Dtype dtypeOfType(Type type) { return dtypeOfElement(cast<RankedTensorType>(type).getElementType()); }

void expectCarried(const char *op, const char *what, TypeRange wanted, const TracedFunction &traced, size_t given,
                   Loc where) {
  if (given != wanted.size())
    fail(op, where, Kind::value, "expected as many carried values from the body as came in, ", wanted.size(), ", got ",
         given);
  SmallVector<Type> types = resultTypes(traced);
  for (size_t k = 0; k < wanted.size(); ++k)
    if (!fits(wanted[k], types[k], traced.isWeak[k]))
      fail(op, where, shapeOf(wanted[k]) == shapeOf(types[k]) ? Kind::dtype : Kind::shape, "expected ", what, " ", k,
           " of dtype ", dtypeOfType(wanted[k]), " and shape ", shapeOf(wanted[k]), ", as it came in, got ",
           dtypeOfType(types[k]), " and ", shapeOf(types[k]), " from the body");
}

/// C++ scalars among what is carried become tensors of the dtypes that the body gives for them, as in JAX. `trace`
/// takes scalars as they are.
std::vector<Tensor> settled(GraphImpl &graph, std::vector<Tensor> carried,
                            llvm::function_ref<TracedFunction(const std::vector<Tensor> &)> trace, Loc where) {
  SmallVector<size_t> scalars;
  for (size_t k = 0; k < carried.size(); ++k)
    if (isWeak(carried[k]))
      scalars.push_back(k);
  const std::vector<Tensor> given = carried;
  // A wider dtype may make others wider: at most one after the other.
  for (size_t round = 0; round <= scalars.size() && !scalars.empty(); ++round) {
    TracedFunction traced = trace(carried);
    SmallVector<Type> types = resultTypes(traced);
    discard(graph, traced.function);
    bool changed = false;
    for (size_t k : scalars) {
      if (k >= types.size())
        continue;
      Dtype dtype = dtypeOfType(types[k]);
      if (!isWeak(carried[k]) && promote(dtype, carried[k].dtype()) == carried[k].dtype())
        continue;
      carried[k] = asDtype(given[k], dtype, where);
      changed = true;
    }
    if (!changed)
      break;
  }
  for (Tensor &t : carried)
    t = detail::strong(t);
  return carried;
}

void expectTensors(const char *op, const std::vector<Tensor> &tensors, Loc where) {
  for (const Tensor &t : tensors)
    if (!t.valid())
      fail(op, where, Kind::value, "expected tensors, got an empty (default-constructed) one");
}

/// Placeholders for tensors; C++ scalars as they are.
std::vector<Tensor> mixed(const std::vector<Tensor> &given, const Tensor *&placeholder) {
  std::vector<Tensor> values;
  for (const Tensor &t : given)
    values.push_back(isWeak(t) ? t : *placeholder++);
  return values;
}
void appendTypes(Building &building, const std::vector<Tensor> &given, SmallVectorImpl<Type> &types) {
  for (const Tensor &t : given)
    if (!isWeak(t))
      types.push_back(building.typeOf(t));
}

detail::TraceResult asResult(std::vector<Tensor> values) { return {std::move(values), {}}; }

} // namespace

Tensor detail::turnFrom(const Tensor &i, int64_t lo) {
  Tensor shifted = i + lo;
  shifted.impl()->promotesWeakly = true;
  return shifted;
}

detail::Values detail::runWhile(const ValuesBody &cond, const ValuesBody &body, const Values &state, Loc where) {
  expectTensors("while_loop", state, where);
  Building building("while_loop", {state}, where);
  GraphImpl &graph = *building.graph;
  Location loc = graph.location(where);
  auto trace = [&](const ValuesBody &of, const Values &from) {
    SmallVector<Type> types;
    appendTypes(building, from, types);
    return traceFunction(
        graph, types,
        [&](const Values &arguments) {
          const Tensor *next = arguments.data();
          return asResult(of(mixed(from, next)));
        },
        where);
  };
  Values start = settled(graph, state, [&](const Values &from) { return trace(body, from); }, where);
  SmallVector<Type> carried;
  for (const Tensor &t : start)
    carried.push_back(building.typeOf(t));
  TracedFunction turn = trace(body, start);
  expectCarried("while_loop", "state", carried, turn, turn.function.getNumResults(), where);
  TracedFunction test = trace(cond, start);
  Type truth = graph.tensorType(bool_, {}), given = resultTypes(test)[0];
  if (given != truth)
    fail("while_loop", where, shapeOf(given).empty() ? Kind::dtype : Kind::shape,
         "expected one bool without axes from the condition, got ", dtypeOfType(given), " of shape ", shapeOf(given));

  SmallVector<Value> captures = capturesOf({&test, &turn}), values;
  for (const Tensor &t : start)
    values.push_back(building.value(t, loc));
  SmallVector<Type> types = carried;
  types.push_back(graph.tensorType(int64, {}));
  auto condition = arranged(graph, test, "while_condition", captures, 0, truth);
  auto loop = WhileLoopOp::create(graph.builder, loc, types, captures, values, condition.getName(),
                                  arranged(graph, turn, "while_body", captures, 0, carried).getName());
  return building.handles(loop.getLast());
}

detail::Values detail::runCond(const Tensor &predicate, const ValuesBody &on_true, const ValuesBody &on_false,
                               const Values &operands, Loc where) {
  expectTensors("cond", operands, where);
  expectTensors("cond", {predicate}, where);
  if (predicate.dtype() != bool_)
    fail("cond", where, Kind::dtype, "expected a bool as predicate, got ", predicate.dtype());
  if (predicate.size() != 1)
    fail("cond", where, Kind::shape, "expected a predicate with one element, got shape ", predicate.shape(),
         ": choose element by element with where()");
  Building building("cond", {operands, {predicate}}, where);
  GraphImpl &graph = *building.graph;
  Location loc = graph.location(where);
  SmallVector<Type> types;
  appendTypes(building, operands, types);
  auto trace = [&](const ValuesBody &of) {
    return traceFunction(
        graph, types,
        [&](const Values &arguments) {
          const Tensor *next = arguments.data();
          return asResult(of(mixed(operands, next)));
        },
        where);
  };
  TracedFunction yes = trace(on_true), no = trace(on_false);
  SmallVector<Type> ofYes = resultTypes(yes), ofNo = resultTypes(no), wanted = ofYes;
  if (ofYes.size() != ofNo.size())
    fail("cond", where, Kind::value, "expected as many results from both functions, got ", ofYes.size(), " and ",
         ofNo.size());
  for (size_t k = 0; k < wanted.size(); ++k) {
    if (!fits(ofYes[k], ofNo[k], no.isWeak[k]) && fits(ofNo[k], ofYes[k], yes.isWeak[k]))
      wanted[k] = ofNo[k];
    else if (!fits(ofYes[k], ofNo[k], no.isWeak[k]))
      fail("cond", where, shapeOf(ofYes[k]) == shapeOf(ofNo[k]) ? Kind::dtype : Kind::shape, "expected result ", k,
           " to be alike from both functions, got ", dtypeOfType(ofYes[k]), " of shape ", shapeOf(ofYes[k]), " and ",
           dtypeOfType(ofNo[k]), " of shape ", shapeOf(ofNo[k]));
  }
  Tensor scalar = predicate.ndim() == 0 ? predicate : reshape(predicate, {}, where);
  SmallVector<Value> captures = capturesOf({&yes, &no}), values = captures;
  for (const Tensor &t : operands)
    if (!isWeak(t))
      values.push_back(building.value(t, loc));
  auto then = arranged(graph, yes, "cond_then", captures, 0, wanted);
  auto op = CondOp::create(graph.builder, loc, wanted, building.value(scalar, loc), values, then.getName(),
                           arranged(graph, no, "cond_otherwise", captures, 0, wanted).getName());
  return building.handles(op.getYs());
}

std::pair<detail::Values, detail::Values> detail::runScan(const char *name, const ScanBody &body, const Values &carry,
                                                          const Values &xs, const ScanOptions &options, Loc where) {
  expectTensors(name, carry, where);
  expectTensors(name, xs, where);
  if (xs.empty() && !options.length)
    fail(name, where, Kind::value, "expected something to run over, or .length, got neither");
  int64_t length = options.length.value_or(0);
  for (size_t k = 0; k < xs.size(); ++k) {
    if (xs[k].ndim() == 0)
      fail(name, where, Kind::shape, "expected xs with a first axis to run over, got xs ", k, " without axes");
    if (k == 0 && !options.length)
      length = xs[0].dim(0);
    if (xs[k].dim(0) != length)
      fail(name, where, Kind::shape, "expected ", length, " steps along the first axis, got xs ", k, " of shape ",
           xs[k].shape());
  }
  if (length < 0)
    fail(name, where, Kind::value, "expected a length that is not negative, got ", length);

  Building building(name, {carry, xs}, where);
  GraphImpl &graph = *building.graph;
  Location loc = graph.location(where);
  TraceOptions weakIndex;
  weakIndex.weakArguments = {0};
  auto trace = [&](const Values &from) {
    SmallVector<Type> types{graph.tensorType(int64, {})};
    appendTypes(building, from, types);
    for (const Tensor &x : xs)
      types.push_back(graph.tensorType(x.dtype(), Shape(x.shape().begin() + 1, x.shape().end())));
    return traceFunction(
        graph, types,
        [&](const Values &arguments) {
          const Tensor *next = arguments.data() + 1;
          Values carried = mixed(from, next);
          auto [last, rows] = body(arguments[0], carried, Values(next, arguments.data() + arguments.size()));
          TraceResult result{last, {last.size()}};
          result.tensors.insert(result.tensors.end(), rows.begin(), rows.end());
          return result;
        },
        where, weakIndex);
  };
  Values start = settled(graph, carry, trace, where);
  SmallVector<Type> carried;
  for (const Tensor &t : start)
    carried.push_back(building.typeOf(t));
  TracedFunction turn = trace(start);
  expectCarried(name, "carry", carried, turn, turn.lengths[0], where);

  SmallVector<Type> wanted = carried, types = carried, results = resultTypes(turn);
  for (Type row : ArrayRef(results).drop_front(carried.size())) {
    wanted.push_back(row);
    Shape shape = shapeOf(row);
    shape.insert(shape.begin(), length);
    types.push_back(graph.tensorType(dtypeOfType(row), shape));
  }
  SmallVector<Value> captures = capturesOf({&turn}), carries, over;
  for (const Tensor &t : start)
    carries.push_back(building.value(t, loc));
  for (const Tensor &x : xs)
    over.push_back(building.value(x, loc));
  auto function = arranged(graph, turn, std::string(name) + "_body", captures, 1, wanted);
  auto scan =
      ScanOp::create(graph.builder, loc, types, captures, carries, over, function.getName(), length, options.reverse);
  return {building.handles(scan.getLastCarries()), building.handles(scan.getStacks())};
}

detail::TraceResult detail::runCheckpoint(const TraceBody &body, const Values &args, Loc where) {
  expectTensors("checkpoint", args, where);
  Building building("checkpoint", {args}, where);
  GraphImpl &graph = *building.graph;
  Location loc = graph.location(where);
  Values xs;
  SmallVector<Type> types;
  for (const Tensor &x : args) {
    xs.push_back(strong(x));
    types.push_back(building.typeOf(x));
  }
  TracedFunction traced = traceFunction(graph, types, body, where);
  SmallVector<Value> captures = capturesOf({&traced}), values = captures;
  for (const Tensor &x : xs)
    values.push_back(building.value(x, loc));
  SmallVector<Type> results = resultTypes(traced);
  auto function = arranged(graph, traced, "checkpointed", captures, 0, results);
  auto op = CheckpointOp::create(graph.builder, loc, results, values, function.getName());
  return {building.handles(op.getYs()), traced.lengths};
}

// The result is y, differentiated as if it were a call that gives zeros and whose pullback is the traced function. What
// that function reads, the saved values above all, are operands of the call, so that it can be differentiated itself.
Tensor detail::withPullback(const Tensor &y, const Values &xs, const std::function<Values(const Tensor &)> &pullback,
                            Loc where) {
  expectTensors("custom_vjp", {y}, where);
  Building building("custom_vjp", {xs, {y}}, where);
  GraphImpl &graph = *building.graph;
  Location loc = graph.location(where);
  Tensor value = strong(y);
  if (!is_inexact(value.dtype()))
    return stop_gradient(value, where);
  std::vector<size_t> pulled;
  auto trace = [&](const Values &cotangent) {
    Values given = pullback(cotangent[0]), results;
    if (given.size() != xs.size())
      fail("custom_vjp", where, Kind::value, "expected one cotangent for each of ", xs.size(), " arguments, got ",
           given.size());
    for (size_t k = 0; k < xs.size(); ++k) {
      if (!is_inexact(xs[k].dtype()) || !given[k].valid())
        continue;
      if (given[k].shape() != xs[k].shape())
        fail("custom_vjp", where, Kind::shape, "expected a cotangent of shape ", xs[k].shape(), ", got ",
             given[k].shape());
      pulled.push_back(k);
      results.push_back(asDtype(given[k], xs[k].dtype(), where));
    }
    return asResult(results);
  };
  TracedFunction traced = traceFunction(graph, {building.typeOf(value)}, trace, where);
  SmallVector<Value> captures = capturesOf({&traced}), operands;
  for (size_t k : pulled)
    operands.push_back(building.value(xs[k], loc));
  llvm::append_range(operands, captures);
  func::FuncOp rule = arranged(graph, traced, "custom_pullback", captures, 0, resultTypes(traced));
  auto type = cast<RankedTensorType>(building.typeOf(value));
  auto zeros = makeFunction(*graph.module, loc, "custom_zeros", ValueRange(operands).getTypes(),
                            [&](OpBuilder &builder, ValueRange) {
                              return SmallVector<Value>{ConstantOp::create(builder, loc, splatAttribute(type, 0.0))};
                            });
  auto call = CallOp::create(graph.builder, loc, TypeRange(type), operands, zeros.getName());
  call->setAttr(pullbackAttribute, FlatSymbolRefAttr::get(rule));
  return ops::with_gradient(value, building.handles(call.getYs())[0], where);
}

} // namespace tcc
