// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stage 3: a kernel of tcc ops on tensors becomes linalg.generics on memrefs in destination-passing form. Decides which
// tensors are stored and in which loop nest; KernelBody builds the nests' bodies.
#include "passes/KernelBody.h"
#include "passes/KernelOps.h"
#include "passes/KernelPasses.h"
#include "passes/Regions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace tcc {

#define GEN_PASS_DEF_LOWERTOLINALG
#include "passes/Passes.h.inc"

namespace {

/// A tensor that gets memory: an output, a reduction's result, or a temporary that is expensive to compute again.
struct Store {
  Value value;
  Value destination;             // null: a temporary
  Operation *combiner = nullptr; // the reduction or contraction that computes `value`, up to transposes
  unsigned loop = 0;
};

/// Stores that share one loop nest.
struct Loop {
  unsigned level; // number of reductions that must be complete before
  bool reduces;   // all or none of its stores are reductions
  SmallVector<utils::IteratorType> iterators;
  SmallVector<AffineExpr> sizes; // of all iteration dims; an unknown one is null and equals no other
  SmallVector<unsigned> stores;

  /// The iteration dims of one kind.
  SmallVector<unsigned> dims(utils::IteratorType kind) const {
    return llvm::filter_to_vector(llvm::seq<unsigned>(0, iterators.size()),
                                  [&](unsigned dim) { return iterators[dim] == kind; });
  }
  /// The position of a result's element in the iteration space.
  AffineMap resultMap(MLIRContext *context) const {
    SmallVector<AffineExpr> exprs;
    for (unsigned dim : dims(utils::IteratorType::parallel))
      exprs.push_back(getAffineDimExpr(dim, context));
    return AffineMap::get(iterators.size(), 0, exprs, context);
  }
};

class KernelLowering {
public:
  KernelLowering(func::FuncOp function, OpBuilder &builder)
      : function(function), tensors(&function.getBody().front()), builder(builder), kernel(function, builder) {}

  LogicalResult run();

private:
  LogicalResult makeArguments();
  void findLevels();
  void collectStores();
  void collectTemporaries();
  void addStore(Value value, Value destination, Operation *combiner);
  unsigned findLoop(const Store &store);
  bool crossesRows(Operation *combiner) const;
  SmallVector<AffineExpr> iterationSizes(const Store &store, SmallVector<utils::IteratorType> &iterators);
  int64_t countLeadingDims(const Loop &loop) const;
  LogicalResult emit(Loop &loop);
  LogicalResult emit(const Loop &loop, ArrayRef<int64_t> origin, ArrayRef<AffineExpr> sizes);
  LogicalResult emitRegions(Loop &loop);
  Value pullReduced(GenericBuilder &generic, const Store &store, const Loop &loop);
  Value allocate(Value tensor);
  int64_t countOuterDims(ArrayRef<linalg::GenericOp> generics);

  func::FuncOp function;
  Block *tensors;
  OpBuilder &builder;
  KernelState kernel;
  SmallVector<Value> outputs; // the destination arguments
  SmallVector<Store> stores;
  SmallVector<Loop> loops;
  llvm::DenseMap<Value, unsigned> levels;
  SmallVector<linalg::GenericOp> generics;
  int64_t crossedRows = 0; // tcc.rows
};

bool isCombiner(Operation *op) {
  Role role = roleOf(op);
  return role == Role::Reduction || role == Role::Contraction;
}

/// A reduction is written in the order of the transposes that follow it, if nobody else reads it.
Value destinationOf(Operation *combiner) {
  Value value = combiner->getResult(0);
  while (value.hasOneUse())
    if (auto transpose = dyn_cast<TransposeOp>(*value.user_begin()))
      value = transpose.getY();
    else
      break;
  return value;
}

LogicalResult KernelLowering::makeArguments() {
  auto returned = dyn_cast<func::ReturnOp>(tensors->getTerminator());
  auto *body = new Block;
  function.getBody().push_back(body);
  builder.setInsertionPointToEnd(body);
  auto add = [&](Value tensor) -> Value {
    RankedTensorType type = tensorType(tensor);
    return body->addArgument(MemRefType::get(type.getShape(), storageType(type.getElementType())), function.getLoc());
  };
  for (Value argument : tensors->getArguments()) {
    if (!isa<RankedTensorType>(argument.getType()))
      return function.emitError("kernel argument is no ranked tensor: ") << argument.getType();
    kernel.memory[argument] = add(argument);
  }
  for (Value value : returned.getOperands())
    outputs.push_back(add(value));
  for (Value argument : tensors->getArguments())
    for (int64_t axis = 0; axis < tensorType(argument).getRank(); ++axis)
      if (tensorType(argument).isDynamicDim(axis))
        kernel.sizes.addSymbol(kernel.memory[argument], axis);
  function.setType(builder.getFunctionType(body->getArgumentTypes(), {}));
  return success();
}

void KernelLowering::findLevels() {
  for (Operation &op : tensors->without_terminator()) {
    unsigned level = 0;
    for (Value operand : op.getOperands())
      level = std::max(level, levels.lookup(operand));
    for (Value result : op.getResults())
      levels[result] = level + isCombiner(&op);
  }
}

/// Such a reduction runs over its operand's axes in their order, so that it fits the loops of the kernel's rows.
bool KernelLowering::crossesRows(Operation *combiner) const {
  if (!combiner || roleOf(combiner) != Role::Reduction)
    return false;
  auto axes = combiner->getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef();
  return !axes.empty() && *llvm::min_element(axes) < crossedRows;
}

SmallVector<AffineExpr> KernelLowering::iterationSizes(const Store &store,
                                                       SmallVector<utils::IteratorType> &iterators) {
  SmallVector<AffineExpr> sizes;
  auto add = [&](Value tensor, int64_t axis, utils::IteratorType kind) {
    sizes.push_back(kernel.shapes.size(tensor, axis));
    iterators.push_back(kind);
  };
  if (crossesRows(store.combiner)) {
    Value whole = store.combiner->getOperand(0);
    auto axes = store.combiner->getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef();
    for (int64_t axis = 0; axis < tensorType(whole).getRank(); ++axis)
      add(whole, axis, llvm::is_contained(axes, axis) ? utils::IteratorType::reduction : utils::IteratorType::parallel);
    return sizes;
  }
  for (int64_t axis = 0; axis < tensorType(store.value).getRank(); ++axis)
    add(store.value, axis, utils::IteratorType::parallel);
  if (!store.combiner)
    return sizes;
  if (auto dot = dyn_cast<DotGeneralOp>(store.combiner))
    for (int64_t axis : dot.getLhsContract())
      add(dot.getA(), axis, utils::IteratorType::reduction);
  else
    for (int64_t axis : store.combiner->getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef())
      add(store.combiner->getOperand(0), axis, utils::IteratorType::reduction);
  return sizes;
}

/// The dims of a loop nest that may be the kernel's outer ones.
int64_t KernelLowering::countLeadingDims(const Loop &loop) const {
  int64_t parallel = loop.dims(utils::IteratorType::parallel).size();
  if (!crossedRows)
    return parallel;
  for (unsigned store : loop.stores)
    if (crossesRows(stores[store].combiner))
      return crossedRows;
  return std::min(parallel, crossedRows);
}

unsigned KernelLowering::findLoop(const Store &store) {
  SmallVector<utils::IteratorType> iterators;
  SmallVector<AffineExpr> sizes = iterationSizes(store, iterators);
  unsigned level = levels.lookup(store.value) - (store.combiner != nullptr);
  bool isKnown = llvm::all_of(sizes, [](AffineExpr size) { return bool(size); });
  for (auto [index, loop] : llvm::enumerate(loops))
    if (isKnown && loop.level == level && loop.reduces == (store.combiner != nullptr) && loop.iterators == iterators &&
        loop.sizes == sizes)
      return index;
  loops.push_back({level, store.combiner != nullptr, iterators, sizes, {}});
  return loops.size() - 1;
}

void KernelLowering::addStore(Value value, Value destination, Operation *combiner) {
  Store store{value, destination, combiner};
  store.loop = findLoop(store);
  loops[store.loop].stores.push_back(stores.size());
  stores.push_back(store);
}

void KernelLowering::collectStores() {
  llvm::DenseMap<Value, Operation *> combiners;
  for (Operation &op : *tensors)
    if (isCombiner(&op))
      combiners[destinationOf(&op)] = &op;
  llvm::DenseSet<Value> stored;
  for (auto [value, destination] : llvm::zip(tensors->getTerminator()->getOperands(), outputs)) {
    bool isFirst = stored.insert(value).second;
    addStore(value, destination, isFirst ? combiners.lookup(value) : nullptr);
  }
  for (Operation &op : *tensors)
    if (isCombiner(&op) && stored.insert(destinationOf(&op)).second)
      addStore(destinationOf(&op), Value(), &op);
}

// A value that costs more than reading it back and that several loop nests need is stored: its row stays in the cache.
void KernelLowering::collectTemporaries() {
  constexpr int64_t worthStoring = 8;
  llvm::DenseMap<Value, SmallVector<unsigned, 2>> readers; // loops that compute the value, at most two of them
  auto addReader = [&](Value value, unsigned loop) {
    auto &known = readers[value];
    if (known.size() < 2 && !llvm::is_contained(known, loop))
      known.push_back(loop);
  };
  llvm::DenseSet<Value> stored;
  for (const Store &store : stores) {
    stored.insert(store.value);
    if (store.combiner)
      for (Value operand : store.combiner->getOperands())
        addReader(operand, store.loop);
    else
      addReader(store.value, store.loop);
  }
  for (Operation &op : llvm::reverse(tensors->without_terminator())) {
    if (op.getNumResults() != 1 || isCombiner(&op))
      continue;
    Value value = op.getResult(0);
    // A single number is computed once before each loop anyway.
    if (readers[value].size() > 1 && !stored.contains(value) && roleOf(&op) == Role::Elementwise &&
        tensorType(value).getRank() > 0 && flopsPerElement(&op) >= worthStoring) {
      addStore(value, Value(), nullptr);
      stored.insert(value);
      readers[value] = {stores.back().loop};
    } else if (readers[value].size() > 1 && stored.contains(value)) {
      // Only the nest that stores it computes it.
      for (const Store &store : stores)
        if (store.value == value && !store.combiner)
          readers[value] = {store.loop};
    }
    SmallVector<unsigned, 2> loopsOfValue = readers[value];
    for (Value operand : op.getOperands())
      for (unsigned loop : loopsOfValue)
        addReader(operand, loop);
  }
}

Value KernelLowering::allocate(Value tensor) {
  RankedTensorType type = tensorType(tensor);
  SmallVector<Value> open;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis)) {
      open.push_back(kernel.size(tensor, axis));
      if (!open.back()) {
        tensor.getDefiningOp()->emitOpError("has a size that follows from no argument");
        return {};
      }
    }
  return memref::AllocOp::create(builder, function.getLoc(),
                                 MemRefType::get(type.getShape(), storageType(type.getElementType())), open);
}

// The scalar that a reduction's loop adds at an iteration: parallel dims are the destination's axes, the others those
// that are reduced.
Value KernelLowering::pullReduced(GenericBuilder &generic, const Store &store, const Loop &loop) {
  MLIRContext *context = builder.getContext();
  unsigned numDims = generic.getNumDims();
  AffineMap map = loop.resultMap(context);
  for (Value value = store.value; value.getDefiningOp() != store.combiner; value = value.getDefiningOp()->getOperand(0))
    map = viewMap(value.getDefiningOp()).compose(map);
  auto reduced = [&, dims = loop.dims(utils::IteratorType::reduction)](unsigned i) {
    return getAffineDimExpr(dims[i], context);
  };

  if (auto dot = dyn_cast<DotGeneralOp>(store.combiner)) {
    unsigned next = 0;
    auto operandMap = [&](Value operand, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract) {
      int64_t rank = tensorType(operand).getRank();
      SmallVector<AffineExpr> at(rank);
      for (auto [i, axis] : llvm::enumerate(batch))
        at[axis] = map.getResult(i);
      for (int64_t axis : freeAxes(rank, batch, contract))
        at[axis] = map.getResult(next++);
      for (auto [i, axis] : llvm::enumerate(contract))
        at[axis] = reduced(i);
      return AffineMap::get(numDims, 0, at, context);
    };
    next = dot.getLhsBatch().size();
    Value a = generic.pull(dot.getA(), operandMap(dot.getA(), dot.getLhsBatch(), dot.getLhsContract()));
    Value b = generic.pull(dot.getB(), operandMap(dot.getB(), dot.getRhsBatch(), dot.getRhsContract()));
    if (!a || !b)
      return {};
    OpBuilder &body = generic.getBodyBuilder();
    if (isa<FloatType>(a.getType()))
      return arith::MulFOp::create(body, dot.getLoc(), a, b);
    if (isa<mlir::ComplexType>(a.getType()))
      return complex::MulOp::create(body, dot.getLoc(), a, b);
    return arith::MulIOp::create(body, dot.getLoc(), a, b);
  }

  Value x = store.combiner->getOperand(0);
  auto axes = store.combiner->getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef();
  SmallVector<AffineExpr> at(tensorType(x).getRank());
  for (auto [i, axis] : llvm::enumerate(axes))
    at[axis] = reduced(i);
  unsigned next = 0;
  for (AffineExpr &expr : at)
    if (!expr)
      expr = map.getResult(next++);
  return generic.pull(x, AffineMap::get(numDims, 0, at, context));
}

LogicalResult KernelLowering::emit(const Loop &loop, ArrayRef<int64_t> origin, ArrayRef<AffineExpr> sizes) {
  MLIRContext *context = builder.getContext();
  SmallVector<AffineExpr> exprs(loop.resultMap(context).getResults());
  for (auto [expr, begin] : llvm::zip(exprs, origin))
    expr = expr + begin;
  AffineMap at = AffineMap::get(sizes.size(), 0, exprs, context);
  GenericBuilder generic(kernel, function.getLoc(), loop.iterators, sizes);
  if (!origin.empty())
    generic.enterRegion();
  for (unsigned index : loop.stores) {
    const Store &store = stores[index];
    Value scalar = store.combiner ? pullReduced(generic, store, loop) : generic.pull(store.value, at);
    if (!scalar)
      return failure();
    if (store.combiner)
      generic.reduce(store.combiner, scalar, store.destination, at);
    else
      generic.store(scalar, origin.empty() ? store.destination : generic.part(store.value, store.destination, at), at);
  }
  if (loop.reduces && llvm::is_contained(sizes, AffineExpr()))
    return function.emitError("a reduced axis has a size that follows from no argument");
  if (loop.reduces || !origin.empty())
    generic.provideExtents();
  generics.push_back(generic.finish());
  return success();
}

/// The regions of a lone elementwise nest, each a generic of its own; nothing is stored for others to read.
LogicalResult KernelLowering::emitRegions(Loop &loop) {
  SmallVector<Value> values;
  for (unsigned index : loop.stores)
    values.push_back(stores[index].value);
  SmallVector<int64_t> sizes;
  for (AffineExpr size : loop.sizes)
    if (auto constant = dyn_cast_or_null<AffineConstantExpr>(size))
      sizes.push_back(constant.getValue());
  if (sizes.size() != loop.sizes.size())
    return emit(loop, {}, loop.sizes);
  SmallVector<Region> regions = findRegions(values, sizes);
  if (regions.size() == 1)
    return emit(loop, {}, loop.sizes);
  for (auto [number, region] : llvm::enumerate(regions)) {
    SmallVector<AffineExpr> extents;
    for (int64_t size : region.sizes)
      extents.push_back(builder.getAffineConstantExpr(size));
    if (failed(emit(loop, region.origin, extents)))
      return failure();
    generics.back()->setAttr("tcc.region", builder.getI64IntegerAttr(number));
  }
  function->setAttr("tcc.regions", builder.getI64IntegerAttr(regions.size()));
  return success();
}

LogicalResult KernelLowering::emit(Loop &loop) {
  for (unsigned index : loop.stores)
    if (!stores[index].destination && !(stores[index].destination = allocate(stores[index].value)))
      return failure();
  if (loop.reduces) {
    SmallVector<AffineExpr> sizes;
    for (unsigned dim : loop.dims(utils::IteratorType::parallel))
      sizes.push_back(loop.sizes[dim]);
    SmallVector<utils::IteratorType> parallel(sizes.size(), utils::IteratorType::parallel);
    GenericBuilder init(kernel, function.getLoc(), parallel, sizes);
    for (unsigned index : loop.stores)
      init.store(buildNeutral(init.getBodyBuilder(), function.getLoc(), stores[index].combiner),
                 stores[index].destination, AffineMap::getMultiDimIdentityMap(sizes.size(), builder.getContext()));
    generics.push_back(init.finish());
  }
  if (failed(loops.size() == 1 && !loop.reduces ? emitRegions(loop) : emit(loop, {}, loop.sizes)))
    return failure();
  for (unsigned index : loop.stores)
    kernel.memory.try_emplace(stores[index].value, stores[index].destination);
  return success();
}

// Outer iterations must be independent: what an outer iteration reads of a stored value, it has stored itself.
int64_t KernelLowering::countOuterDims(ArrayRef<linalg::GenericOp> generics) {
  if (kernel.readsStoredAnywhere)
    return 0;
  unsigned numInputs = tensors->getNumArguments();
  int64_t outer = kernel.outer;
  for (linalg::GenericOp generic : generics)
    for (OpOperand *input : generic.getDpsInputOperands()) {
      Value memory = input->get();
      if (auto part = memory.getDefiningOp<memref::SubViewOp>())
        memory = part.getSource();
      auto argument = dyn_cast<BlockArgument>(memory);
      Operation *alloc = memory.getDefiningOp();
      if ((argument && argument.getArgNumber() < numInputs) || (alloc && alloc->hasAttr("tcc.extents")))
        continue;
      AffineMap map = generic.getMatchingIndexingMap(input);
      int64_t aligned = 0;
      while (aligned < std::min<int64_t>(outer, map.getNumResults()) &&
             map.getResult(aligned) == getAffineDimExpr(aligned, builder.getContext()))
        ++aligned;
      outer = aligned;
    }
  return outer;
}

LogicalResult KernelLowering::run() {
  for (Operation &op : tensors->without_terminator())
    if (roleOf(&op) == Role::Library)
      return op.emitOpError("cannot be part of a kernel");
  if (failed(makeArguments()))
    return failure();
  if (auto rows = dyn_cast_or_null<IntegerAttr>(function->removeAttr("tcc.rows")))
    crossedRows = rows.getInt();
  findLevels();
  collectStores();
  collectTemporaries();

  // The leading sizes that all loop nests share.
  kernel.outer = loops.empty() ? 0 : countLeadingDims(loops[0]);
  for (const Loop &loop : loops) {
    int64_t shared = 0;
    while (shared < std::min<int64_t>(kernel.outer, countLeadingDims(loop)) && loop.sizes[shared] &&
           loop.sizes[shared] == loops[0].sizes[shared])
      ++shared;
    // A single nest may have sizes that no expression gives: its own memrefs tell them.
    kernel.outer = loops.size() == 1 ? countLeadingDims(loop) : shared;
  }

  auto order = llvm::to_vector(llvm::seq<unsigned>(0, loops.size()));
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return std::tuple(loops[a].level, loops[a].reduces, a) < std::tuple(loops[b].level, loops[b].reduces, b);
  });
  for (unsigned index : order)
    if (failed(emit(loops[index])))
      return failure();
  func::ReturnOp::create(builder, function.getLoc());
  kernel.sizes.eraseUnused();

  function->setAttr("tcc.num_outputs", builder.getI64IntegerAttr(outputs.size()));
  function->setAttr("tcc.outer", builder.getI64IntegerAttr(countOuterDims(generics)));
  tensors->dropAllDefinedValueUses();
  for (Operation &op : *tensors)
    op.dropAllReferences();
  tensors->erase();
  return success();
}

struct LowerToLinalg : impl::LowerToLinalgBase<LowerToLinalg> {
  void runOnOperation() override {
    if (failed(lowerToLinalg(getOperation())))
      signalPassFailure();
  }
};

} // namespace

LogicalResult lowerToLinalg(ModuleOp module) {
  OpBuilder builder(module.getContext());
  for (auto function : module.getOps<func::FuncOp>())
    if (isTensorKernel(function) && failed(KernelLowering(function, builder).run()))
      return failure();
  return success();
}

bool isLinalgKernel(func::FuncOp function) {
  return function->hasAttr("tcc.kernel") && !function->hasAttr("tcc.num_buffers") && !isTensorFunction(function);
}

bool isTensorKernel(func::FuncOp function) { return function->hasAttr("tcc.kernel") && isTensorFunction(function); }

} // namespace tcc
