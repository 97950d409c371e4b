// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Anti-unification of expressions: what differs among examples becomes an input or an open size.
#include "frontend/GeneralProgram.h"
#include "dialect/Functions.h"
#include "dialect/Ops.h"
#include "frontend/OpenSizes.h"
#include "frontend/Places.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace tcc {

static ScalarSlot slotOf(ConstantOp constant) {
  ScalarSlot slot;
  auto dense = cast<DenseElementsAttr>(constant.getValue());
  if (dense.getElementType().isInteger(1))
    slot.bytes[0] = dense.getSplatValue<bool>();
  else
    std::copy_n(dense.getRawData().data(), dense.getRawData().size(), slot.bytes.begin());
  return slot;
}

static ScalarSlot slotOf(int64_t place) {
  ScalarSlot slot;
  std::memcpy(slot.bytes.data(), &place, sizeof place);
  return slot;
}

static ConstantOp asSplat(Operation *op) {
  auto constant = dyn_cast<ConstantOp>(op);
  return constant && constant.getValue().isSplat() ? constant : ConstantOp();
}

Form formOf(const Subgraph &subgraph) {
  Form form;
  llvm::DenseMap<Value, uint64_t> number;
  auto add = [&](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    form.hash.add(type.getElementType().getAsOpaquePointer());
    form.hash.add(uint64_t(type.getRank()));
    llvm::append_range(form.numbers.sizes, type.getShape());
    number.try_emplace(value, number.size());
  };
  llvm::for_each(subgraph.inputs, add);
  for (Operation *op : subgraph.ops) {
    form.hash.add(op->getName().getAsOpaquePointer());
    SmallVector<int64_t> places = placesOf(op);
    if (!places.empty()) {
      for (auto [from, to] :
           llvm::zip_equal(tensorType(op->getOperand(0)).getShape(), tensorType(op->getResult(0)).getShape()))
        form.hash.add(uint64_t(from != to));
      for (int64_t place : places)
        form.numbers.scalars.push_back(slotOf(place));
    }
    if (ConstantOp constant = asSplat(op)) {
      form.numbers.scalars.push_back(slotOf(constant));
    } else if (auto slice = dyn_cast<SliceOp>(op)) {
      for (auto [start, limit] : llvm::zip_equal(slice.getStarts(), slice.getLimits())) {
        if (places.empty())
          form.hash.add(uint64_t(start));
        form.numbers.sizes.push_back(limit - start);
      }
      llvm::append_range(form.numbers.sizes, slice.getStrides());
    } else if (!places.empty()) {
      // Of a pad the types say how much there is behind.
    } else if (op->getPropertiesStorageSize()) {
      form.hash.add(uint64_t(size_t(op->getName().hashOpProperties(op->getPropertiesStorage()))));
    }
    for (Value operand : op->getOperands())
      form.hash.add(number.lookup(operand));
    llvm::for_each(op->getResults(), add);
  }
  for (Value value : subgraph.wanted)
    form.hash.add(number.lookup(value) + (uint64_t(1) << 40));
  return form;
}

std::optional<Prepared> GeneralProgram::preparedFor(const FormNumbers &numbers) const {
  Prepared code{program};
  code.sizeInputs = sizeInputs;
  for (size_t position : open)
    code.openSizes.push_back(numbers.sizes[position]);
  for (auto [expected, size] : llvm::zip_equal(sizes, numbers.sizes))
    if (expected.evaluate(code.openSizes) != size)
      return {};
  for (size_t k = 0, next = 0; k < scalars.size(); ++k)
    if (next < scalarInputs.size() && scalarInputs[next] == k) {
      code.scalars.push_back(numbers.scalars[k]);
      ++next;
    } else if (!(scalars[k] == numbers.scalars[k])) {
      return {};
    }
  return code;
}

namespace {

struct ShapeListener : OpBuilder::Listener {
  explicit ShapeListener(SymbolicShapes &shapes) : shapes(shapes) {}
  void notifyOperationInserted(Operation *op, OpBuilder::InsertPoint) override { shapes.add(op); }
  SymbolicShapes &shapes;
};

class Generaliser {
public:
  Generaliser(GraphImpl &graph, const Subgraph &subgraph, ArrayRef<FormNumbers> examples)
      : graph(graph), subgraph(subgraph), examples(examples), b(&graph.context) {}

  std::optional<GeneralProgram> run();

private:
  template <class T> bool differs(size_t position, T FormNumbers::*list) const {
    return llvm::any_of(
        examples, [&](const FormNumbers &e) { return !((e.*list)[position] == (examples.back().*list)[position]); });
  }
  bool sizeDiffers(size_t position) const { return differs(position, &FormNumbers::sizes); }
  /// The type as written, but for the sizes that differ, from `position` on.
  RankedTensorType opened(Type type, size_t position) const;
  /// Takes `expr` as the next of the program's sizes if it gives that of all examples.
  bool accept(AffineExpr expr);
  bool acceptShape(Value value);
  bool hasSizes(AffineExpr expr, size_t position) const;
  /// A value and its axis that has the open size at `position`, or null.
  std::pair<Value, int64_t> sourceOf(size_t position) const;
  /// Whether the slice is from a value of known sizes and has a length that differs.
  bool hasOwnLength(Operation *op) const;
  /// The lengths of slices that no input's size tells become sizes of inputs of their own, whose types it gives.
  SmallVector<Type> openLengths(size_t position);
  /// An integer tensor of this type's shape, whose sizes are those from `position` on. Null if no value has one of
  /// them.
  Value like(RankedTensorType type, size_t position, Location loc);
  bool addConstant(ConstantOp op, Location loc);
  bool addOp(Operation *op, Location loc);
  /// The next `n` scalars: whether any is an input.
  bool areInputs(size_t n) const;
  /// Puts the op's slice bounds in terms of the axes that are open.
  bool adjustSlice(SliceOp slice);
  /// A slice or pad whose places are inputs, or a slice with a length of its own. No other sizes are open.
  bool addAtPlaces(Operation *op, Location loc);
  /// The input that is the k-th scalar, or null.
  Value scalarArgument(size_t k) const;

  GraphImpl &graph;
  const Subgraph &subgraph;
  ArrayRef<FormNumbers> examples;
  OpBuilder b;
  IRMapping map;
  std::vector<std::vector<int64_t>> symbols; // of each example
  std::unique_ptr<SymbolicShapes> shapes;
  std::vector<Value> sources; // with open sizes
  std::vector<Value> scalarArguments;
  size_t nextScalar = 0;
  GeneralProgram general;
};

RankedTensorType Generaliser::opened(Type type, size_t position) const {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(tensor.getShape());
  for (auto [axis, size] : llvm::enumerate(shape))
    if (sizeDiffers(position + axis))
      size = ShapedType::kDynamic;
  return RankedTensorType::get(shape, tensor.getElementType());
}

bool Generaliser::hasSizes(AffineExpr expr, size_t position) const {
  if (!expr)
    return false;
  SizeExpr size = SizeExpr::of(expr);
  return llvm::all_of(llvm::zip_equal(symbols, examples), [&](auto pair) {
    auto &[values, example] = pair;
    return size.evaluate(values) == example.sizes[position];
  });
}

bool Generaliser::accept(AffineExpr expr) {
  if (!hasSizes(expr, general.sizes.size()))
    return false;
  general.sizes.push_back(SizeExpr::of(expr));
  return true;
}

bool Generaliser::acceptShape(Value value) {
  if (!tensorType(value).hasStaticShape())
    sources.push_back(value);
  return llvm::all_of(llvm::seq(tensorType(value).getRank()),
                      [&](int64_t axis) { return accept(shapes->size(value, axis)); });
}

Value Generaliser::like(RankedTensorType type, size_t position, Location loc) {
  auto fits = [&](Value source, int64_t of, int64_t axis) {
    return tensorType(source).getDimSize(of) == type.getDimSize(axis) &&
           hasSizes(shapes->size(source, of), position + axis);
  };
  for (Value source : sources)
    if (tensorType(source).getRank() == type.getRank() &&
        llvm::all_of(llvm::seq(type.getRank()), [&](int64_t axis) { return fits(source, axis, axis); }))
      return source;
  ShapeListener listener(*shapes);
  b.setListener(&listener);
  auto atEnd = llvm::scope_exit([&] { b.setListener(nullptr); });
  return shapedLike(b, loc, type.getShape(), [&](int64_t axis) { return sourceOf(position + axis); });
}

std::pair<Value, int64_t> Generaliser::sourceOf(size_t position) const {
  for (Value source : sources)
    for (int64_t of = 0; of < tensorType(source).getRank(); ++of)
      if (tensorType(source).isDynamicDim(of) && hasSizes(shapes->size(source, of), position))
        return {source, of};
  return {};
}

bool Generaliser::hasOwnLength(Operation *op) const {
  auto slice = dyn_cast<SliceOp>(op);
  return slice && !placesOf(op).empty() && tensorType(map.lookup(slice.getX())).hasStaticShape() &&
         llvm::any_of(partialAxes(op), [&](int64_t axis) { return sizeDiffers(general.sizes.size() + axis); });
}

SmallVector<Type> Generaliser::openLengths(size_t position) {
  SmallVector<Type> types;
  llvm::DenseMap<Value, size_t> positions;
  size_t input = 0;
  for (Value value : subgraph.inputs) {
    positions[value] = input;
    input += cast<RankedTensorType>(value.getType()).getRank();
  }
  for (Operation *op : subgraph.ops) {
    if (auto slice = dyn_cast<SliceOp>(op)) {
      int64_t rank = slice.getX().getType().getRank();
      bool isOfKnown =
          llvm::none_of(llvm::seq(rank), [&](int64_t axis) { return sizeDiffers(positions[slice.getX()] + axis); });
      for (int64_t axis : partialAxes(op)) {
        if (!isOfKnown || placesOf(op).empty() || !sizeDiffers(position + axis))
          continue;
        auto isKnown = [&](size_t symbol) {
          return llvm::all_of(llvm::zip_equal(symbols, examples), [&](auto pair) {
            return std::get<0>(pair)[symbol] == std::get<1>(pair).sizes[position + axis];
          });
        };
        if (llvm::any_of(llvm::seq(symbols.front().size()), isKnown))
          continue;
        for (auto [values, example] : llvm::zip_equal(symbols, examples))
          values.push_back(example.sizes[position + axis]);
        general.open.push_back(position + axis);
        types.push_back(RankedTensorType::get({ShapedType::kDynamic}, b.getI8Type()));
      }
      position += 2 * rank;
    }
    for (Value result : op->getResults()) {
      positions[result] = position;
      position += tensorType(result).getRank();
    }
  }
  general.sizeInputs = types.size();
  return types;
}

Value Generaliser::scalarArgument(size_t k) const {
  auto input = llvm::find(general.scalarInputs, k);
  return input == general.scalarInputs.end() ? Value() : scalarArguments[input - general.scalarInputs.begin()];
}

bool Generaliser::addConstant(ConstantOp op, Location loc) {
  size_t position = general.sizes.size();
  RankedTensorType written = tensorType(op.getResult()), type = opened(written, position);
  Value value = scalarArgument(nextScalar++);
  if (!value && type == written) {
    map.map(op.getResult(), b.clone(*op)->getResult(0));
    return acceptShape(map.lookup(op.getResult()));
  }
  if (!value) {
    auto scalar = RankedTensorType::get({}, written.getElementType());
    value = ConstantOp::create(b, loc, cast<DenseElementsAttr>(op.getValue()).resizeSplat(scalar));
  }
  if (type.getRank() > 0) {
    Value model = type.hasStaticShape() ? Value() : like(type, position, loc);
    if (!type.hasStaticShape() && !model)
      return false;
    value = BroadcastOp::create(b, loc, type, value, model, ArrayRef<int64_t>());
    shapes->add(value.getDefiningOp());
  }
  map.map(op.getResult(), value);
  return acceptShape(value);
}

bool Generaliser::areInputs(size_t n) const {
  return llvm::any_of(general.scalarInputs, [&](size_t k) { return nextScalar <= k && k < nextScalar + n; });
}

bool Generaliser::adjustSlice(SliceOp slice) {
  int64_t rank = tensorType(slice.getX()).getRank();
  size_t first = general.sizes.size();
  ArrayRef<int64_t> starts = slice.getStarts(), strides = slice.getStrides();
  SmallVector<int64_t> limits(slice.getLimits());
  for (int64_t axis = 0; axis < rank; ++axis) {
    AffineExpr length = getAffineConstantExpr(limits[axis] - starts[axis], &graph.context);
    if (sizeDiffers(first + axis)) {
      // The limit is a fixed number of elements from the end.
      AffineExpr end = shapes->size(slice.getX(), axis);
      if (!end)
        return false;
      int64_t behind = limits[axis] - SizeExpr::of(end).evaluate(symbols.back());
      limits[axis] = behind - 1;
      length = end + (behind - starts[axis]);
      if (behind > 0)
        return false;
    }
    if (!accept(length))
      return false;
  }
  for (auto [axis, stride] : llvm::enumerate(strides)) {
    if (sizeDiffers(first + rank + axis))
      return false;
    general.sizes.push_back(stride);
  }
  slice.setLimits(limits);
  return true;
}

bool Generaliser::addAtPlaces(Operation *op, Location loc) {
  Value x = map.lookup(op->getOperand(0));
  if (!tensorType(x).hasStaticShape())
    return false;
  if (auto slice = dyn_cast<SliceOp>(op)) {
    for (auto [start, limit] : llvm::zip_equal(slice.getStarts(), slice.getLimits())) {
      AffineExpr length = getAffineConstantExpr(limit - start, &graph.context);
      if (auto [source, axis] = sourceOf(general.sizes.size()); sizeDiffers(general.sizes.size()) && source)
        length = shapes->size(source, axis);
      if (!accept(length))
        return false;
    }
    for (int64_t stride : slice.getStrides()) {
      if (sizeDiffers(general.sizes.size()))
        return false;
      general.sizes.push_back(stride);
    }
  }
  size_t position = general.sizes.size();
  RankedTensorType type = opened(op->getResult(0).getType(), position);
  if (!type.hasStaticShape() && !isa<SliceOp>(op))
    return false;
  SmallVector<Value> places, operands = llvm::map_to_vector(op->getOperands(), [&](Value v) { return map.lookup(v); });
  ShapeListener listener(*shapes);
  b.setListener(&listener);
  auto atEnd = llvm::scope_exit([&] { b.setListener(nullptr); });
  auto type64 = RankedTensorType::get({}, b.getI64Type());
  for (int64_t place : placesOf(op)) {
    Value input = scalarArgument(nextScalar++);
    places.push_back(input ? input : ConstantOp::create(b, loc, DenseElementsAttr::get(type64, place)).getResult());
  }
  Value like;
  if (!type.hasStaticShape()) {
    SmallVector<int64_t> axes = partialAxes(op);
    like = shapedLike(b, loc, llvm::map_to_vector(axes, [&](int64_t axis) { return type.getDimSize(axis); }),
                      [&](int64_t k) { return sourceOf(position + axes[k]); });
    if (!like)
      return false;
  }
  map.map(op->getResult(0), atPlaces(b, loc, op, operands, places, type, like));
  return acceptShape(map.lookup(op->getResult(0)));
}

bool Generaliser::addOp(Operation *op, Location loc) {
  size_t numPlaces = placesOf(op).size();
  if (areInputs(numPlaces) || hasOwnLength(op))
    return addAtPlaces(op, loc);
  nextScalar += numPlaces;
  Operation *made = b.clone(*op, map);
  made->setLoc(loc);
  if (auto slice = dyn_cast<SliceOp>(made); slice && !adjustSlice(slice))
    return false;
  size_t position = general.sizes.size();
  SmallVector<Type> types;
  for (Value result : op->getResults()) {
    types.push_back(opened(result.getType(), position));
    position += cast<RankedTensorType>(types.back()).getRank();
  }
  bool isOpen = llvm::any_of(made->getOperands(), [](Value v) { return !tensorType(v).hasStaticShape(); }) ||
                llvm::any_of(types, [](Type t) { return !cast<RankedTensorType>(t).hasStaticShape(); });
  if (isOpen) {
    if (!functionsNamedBy(op).empty())
      return false;
    if (auto *inference = made->getName().getInterface<InferTypeOpInterface>()) {
      SmallVector<Type> inferred;
      if (failed(inference->inferReturnTypes(&graph.context, loc, made->getOperands(), made->getAttrDictionary(),
                                             made->getPropertiesStorage(), made->getRegions(), inferred)))
        return false;
      if (inferred != types)
        return false;
    } else if (auto broadcast = dyn_cast<BroadcastOp>(made);
               !cast<RankedTensorType>(types[0]).hasStaticShape() &&
               !tellsOpenSizes(made->getName().getStringRef(), made->getOperands(),
                               broadcast ? broadcast.getDims() : ArrayRef<int64_t>(), types[0])) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(made);
      Value model = like(cast<RankedTensorType>(types[0]), general.sizes.size(), loc);
      if (!model)
        return false;
      made->insertOperands(made->getNumOperands(), model);
    }
    for (auto [result, type] : llvm::zip_equal(made->getResults(), types))
      result.setType(type);
    if (failed(made->getName().verifyInvariants(made)))
      return false;
  }
  shapes->add(made);
  for (auto [from, to] : llvm::zip_equal(op->getResults(), made->getResults()))
    map.map(from, to);
  return llvm::all_of(made->getResults(), [&](Value result) { return acceptShape(result); });
}

std::optional<GeneralProgram> Generaliser::run() {
  MLIRContext *context = &graph.context;
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context));
  general.scalars = examples.back().scalars;
  for (size_t k = 0; k < general.scalars.size(); ++k)
    if (differs(k, &FormNumbers::scalars))
      general.scalarInputs.push_back(k);
  SmallVector<Type> arguments, results;
  size_t position = 0;
  symbols.resize(examples.size());
  for (Value input : subgraph.inputs) {
    RankedTensorType type = opened(input.getType(), position);
    for (int64_t axis = 0; axis < type.getRank(); ++axis, ++position)
      if (type.isDynamicDim(axis)) {
        general.open.push_back(position);
        for (auto [values, example] : llvm::zip_equal(symbols, examples))
          values.push_back(example.sizes[position]);
      }
    arguments.push_back(type);
  }
  SmallVector<Type> scalarTypes;
  for (Operation *op : subgraph.ops)
    if (asSplat(op))
      scalarTypes.push_back(tensorType(op->getResult(0)).getElementType());
    else
      scalarTypes.append(placesOf(op).size(), b.getI64Type());
  for (size_t k : general.scalarInputs)
    arguments.push_back(RankedTensorType::get({}, scalarTypes[k]));
  llvm::append_range(arguments, openLengths(position));
  b.setInsertionPointToEnd(module->getBody());
  auto function = func::FuncOp::create(b, UnknownLoc::get(context), "main", b.getFunctionType(arguments, TypeRange()));
  Block *entry = function.addEntryBlock();
  b.setInsertionPointToEnd(entry);
  shapes = std::make_unique<SymbolicShapes>(llvm::to_vector_of<Value>(entry->getArguments()), context);
  for (auto [value, argument] : llvm::zip(subgraph.inputs, entry->getArguments())) {
    map.map(value, argument);
    if (!acceptShape(argument))
      return {};
  }
  llvm::append_range(scalarArguments, entry->getArguments().slice(subgraph.inputs.size(), general.scalarInputs.size()));
  llvm::append_range(sources, entry->getArguments().take_back(general.sizeInputs));

  ScopedDiagnosticHandler silent(context, [](Diagnostic &) { return success(); });
  for (auto [line, op] : llvm::enumerate(subgraph.ops)) {
    Location loc = FileLineColLoc::get(context, "#", unsigned(line), 0);
    ConstantOp constant = asSplat(op);
    if (isa<CallOp>(op) || !(constant ? addConstant(constant, loc) : addOp(op, loc)))
      return {};
  }
  SmallVector<Value> wanted;
  for (Value value : subgraph.wanted)
    wanted.push_back(map.lookup(value));
  func::ReturnOp::create(b, UnknownLoc::get(context), wanted);
  function.setFunctionType(b.getFunctionType(entry->getArgumentTypes(), ValueRange(wanted).getTypes()));
  copyFunctions(graph, *module, /*numbered=*/true);
  loadProgramDialects(*context);
  FailureOr<std::shared_ptr<Program>> program = compileProgram(*module, "main", ProgramOptions());
  if (failed(program))
    return {};
  general.program = *program;
  return std::move(general);
}

} // namespace

std::optional<GeneralProgram> generalise(GraphImpl &graph, const Subgraph &subgraph, ArrayRef<FormNumbers> examples) {
  return Generaliser(graph, subgraph, examples).run();
}

} // namespace tcc
