// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stage 6: the entry functions' tensors get memory. Results are written where the caller wants them, everything else
// shares one arena: a block is free again after its last reader, and a kernel writes over an input nobody needs later.
#include "dialect/Functions.h"
#include "passes/ArenaAllocator.h"
#include "passes/KernelOps.h"
#include "passes/KernelPasses.h"
#include "passes/PlanOps.h"
#include "passes/SymbolicShapes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace tcc {

#define GEN_PASS_DEF_PLANBUFFERS
#include "passes/Passes.h.inc"

namespace {

/// Pairs (output, input) of a lowered kernel's operands that may be the same memory.
using InPlacePairs = SmallVector<std::pair<unsigned, unsigned>, 2>;

// The kernel writes an element of the output only after its last reading of the input's same element: the output has
// one loop nest, which reads the input at the positions it writes; nests before it read the input in the same rows
// only, and none reads it later. Loops are emitted later and treat the two as different memory: a nest that has inputs
// stays behind those before it, but one over the same extents may run with it, element by element, and must read what
// is written then.
bool mayShare(func::FuncOp kernel, Value input, Value output, int64_t outer) {
  linalg::GenericOp writer;
  for (Operation *user : output.getUsers()) {
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (!generic || writer)
      return false;
    writer = generic;
  }
  if (!writer || writer.getNumDpsInputs() == 0 ||
      cast<MemRefType>(input.getType()) != cast<MemRefType>(output.getType()) ||
      !llvm::all_of(writer.getIteratorTypesArray(),
                    [](utils::IteratorType type) { return type == utils::IteratorType::parallel; }))
    return false;
  AffineMap written;
  for (OpOperand &operand : writer->getOpOperands())
    if (operand.get() == output)
      written = writer.getMatchingIndexingMap(&operand);
  for (OpOperand &use : input.getUses()) {
    auto reader = dyn_cast<linalg::GenericOp>(use.getOwner());
    if (!reader) // a load at a computed position, or a size
      return false;
    AffineMap map = reader.getMatchingIndexingMap(&use);
    if (reader == writer) {
      if (map != written)
        return false;
      continue;
    }
    if (outer == 0 || !reader->isBeforeInBlock(writer) || int64_t(map.getNumResults()) < outer ||
        (map != written && reader.getNumLoops() == writer.getNumLoops()))
      return false;
    for (int64_t axis = 0; axis < outer; ++axis)
      if (map.getResult(axis) != getAffineDimExpr(axis, kernel.getContext()) ||
          written.getResult(axis) != map.getResult(axis))
        return false;
  }
  return true;
}

/// None for a kernel in another form, which does not show what it reads when.
InPlacePairs findInPlacePairs(Operation *op) {
  InPlacePairs pairs;
  auto kernel = dyn_cast<func::FuncOp>(op);
  auto count = op->getAttrOfType<IntegerAttr>("tcc.num_outputs");
  if (!kernel || !count || !isLinalgKernel(kernel))
    return pairs;
  int64_t outer = kernel->getAttrOfType<IntegerAttr>("tcc.outer").getInt();
  unsigned numInputs = kernel.getNumArguments() - count.getInt();
  for (unsigned output = 0; output < count.getInt(); ++output)
    for (unsigned input = 0; input < numInputs; ++input)
      if (mayShare(kernel, kernel.getArgument(input), kernel.getArgument(numInputs + output), outer))
        pairs.push_back({output, input});
  return pairs;
}

class EntryPlanner {
public:
  EntryPlanner(func::FuncOp function, const llvm::StringMap<Operation *> &kernels,
               llvm::StringMap<InPlacePairs> &inPlace)
      : function(function), tensors(&function.getBody().front()), kernels(kernels), inPlace(inPlace),
        builder(function.getContext()), values(builder, function.getLoc()), shapes(function, [&](LaunchOp launch) {
          auto map = kernels.lookup(launch.getCallee())->getAttrOfType<AffineMapAttr>("tcc.result_shapes");
          return map ? map.getValue() : AffineMap();
        }) {}

  LogicalResult run();

private:
  /// A block of memory, or of the caller's.
  struct Block {
    Value caller;         // an argument of the planned function, or a constant; null: in the arena
    AffineExpr bytes;     // in the arena
    unsigned lastUse = 0; // position of the last op that reads it
    int64_t offset = -1;  // of a block with constant size
    unsigned dynamicSlot = 0;
    bool isReleased = false;
    bool isLeftOut = false; // no memory at all
  };

  LogicalResult number();
  LogicalResult addBlock(Value tensor);
  void place(Operation *op, unsigned position);
  void allocate(Block &block);
  void release(Block &block);
  unsigned blockOf(Value tensor) { return blocks.lookup(tensor); }
  bool isConstantSize(const Block &block) const { return isa<AffineConstantExpr>(block.bytes); }

  LogicalResult emit();
  Value memory(Value tensor);
  Value offset(const Block &block);
  SmallVector<Value> openSizes(Value tensor);
  MemRefType memoryType(Value tensor) {
    return MemRefType::get(tensorType(tensor).getShape(), tensorType(tensor).getElementType());
  }

  func::FuncOp function;
  mlir::Block *tensors;
  const llvm::StringMap<Operation *> &kernels;
  llvm::StringMap<InPlacePairs> &inPlace;
  OpBuilder builder;
  SizeValues values;
  SymbolicShapes shapes;
  llvm::DenseMap<Value, unsigned> blocks;
  SmallVector<Block> storage;
  ArenaAllocator arena;
  SmallVector<AffineExpr> dynamicSlots;                        // sizes of the blocks behind the arena's constant part
  llvm::DenseMap<AffineExpr, SmallVector<unsigned>> freeSlots; // by size
  SmallVector<Value> dynamicOffsets;
  Value arenaArgument;
  llvm::DenseMap<Value, Value> memories;
};

LogicalResult EntryPlanner::addBlock(Value tensor) {
  RankedTensorType type = tensorType(tensor);
  MLIRContext *context = type.getContext();
  AffineExpr bytes = getAffineConstantExpr(elementBytes(type.getElementType()), context);
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    AffineExpr expr = shapes.size(tensor, axis);
    if (!expr)
      return tensor.getDefiningOp()->emitOpError(
          "has a result size that does not follow from the sizes of the arguments");
    bytes = bytes * expr;
  }
  blocks[tensor] = storage.size();
  Block &block = storage.emplace_back();
  block.bytes = bytes;
  block.isLeftOut = isLeftOut(tensor);
  return success();
}

// One block for each tensor, reshapes sharing theirs, and the last position that reads it.
LogicalResult EntryPlanner::number() {
  for (Value argument : tensors->getArguments())
    if (failed(addBlock(argument)))
      return failure();
  unsigned position = 0;
  for (Operation &op : *tensors) {
    for (Value operand : op.getOperands())
      storage[blockOf(operand)].lastUse = position;
    for (Value result : op.getResults()) {
      if (isa<ReshapeOp>(op))
        blocks[result] = blockOf(op.getOperand(0));
      else if (failed(addBlock(result)))
        return failure();
      storage[blockOf(result)].lastUse = std::max(storage[blockOf(result)].lastUse, position);
    }
    ++position;
  }
  return success();
}

void EntryPlanner::allocate(Block &block) {
  if (auto bytes = dyn_cast<AffineConstantExpr>(block.bytes)) {
    block.offset = arena.allocate(bytes.getValue());
    return;
  }
  SmallVector<unsigned> &free = freeSlots[block.bytes];
  if (!free.empty()) {
    block.dynamicSlot = free.pop_back_val();
    return;
  }
  block.dynamicSlot = dynamicSlots.size();
  dynamicSlots.push_back(block.bytes);
}

void EntryPlanner::release(Block &block) {
  if (block.caller || block.isLeftOut || std::exchange(block.isReleased, true))
    return;
  if (auto bytes = dyn_cast<AffineConstantExpr>(block.bytes))
    arena.release(block.offset, bytes.getValue());
  else
    freeSlots[block.bytes].push_back(block.dynamicSlot);
}

void EntryPlanner::place(Operation *op, unsigned position) {
  if (isa<ReshapeOp, ConstantOp, func::ReturnOp>(op))
    return;
  SmallVector<bool> placed(op->getNumResults(), false);
  if (auto launch = dyn_cast<LaunchOp>(op)) {
    auto [entry, isNew] = inPlace.try_emplace(launch.getCallee());
    if (isNew)
      entry->second = findInPlacePairs(kernels.lookup(launch.getCallee()));
    for (auto [output, input] : entry->second) {
      Block &from = storage[blockOf(op->getOperand(input))], &to = storage[blockOf(op->getResult(output))];
      // An operand that the kernel gets twice is read in two ways.
      bool isRepeated = llvm::count_if(op->getOperands(), [&](Value operand) {
                          return blockOf(operand) == blockOf(op->getOperand(input));
                        }) > 1;
      if (placed[output] || to.caller || from.caller || from.isReleased || isRepeated || from.lastUse != position ||
          from.bytes != to.bytes)
        continue;
      to.offset = from.offset;
      to.dynamicSlot = from.dynamicSlot;
      from.isReleased = true; // its memory lives on as the output's
      placed[output] = true;
    }
  }
  for (auto [index, result] : llvm::enumerate(op->getResults())) {
    Block &block = storage[blockOf(result)];
    if (!placed[index] && !block.caller && !block.isLeftOut)
      allocate(block);
  }
  for (Value operand : op->getOperands())
    if (Block &block = storage[blockOf(operand)]; block.lastUse == position)
      release(block);
  for (Value result : op->getResults()) // of a library call that nobody reads
    if (Block &block = storage[blockOf(result)]; block.lastUse == position)
      release(block);
}

SmallVector<Value> EntryPlanner::openSizes(Value tensor) {
  SmallVector<Value> sizes;
  for (int64_t axis = 0; axis < tensorType(tensor).getRank(); ++axis)
    if (tensorType(tensor).isDynamicDim(axis))
      sizes.push_back(values.materialize(shapes.size(tensor, axis)));
  return sizes;
}

Value EntryPlanner::offset(const Block &block) {
  if (isConstantSize(block))
    return values.constant(block.offset);
  while (dynamicOffsets.size() <= block.dynamicSlot) {
    Value next = values.constant(arena.getSize());
    if (unsigned slot = dynamicOffsets.size()) {
      Value size =
          values.materialize(dynamicSlots[slot - 1].ceilDiv(ArenaAllocator::alignment) * ArenaAllocator::alignment);
      next = arith::AddIOp::create(builder, function.getLoc(), dynamicOffsets.back(), size);
    }
    dynamicOffsets.push_back(next);
  }
  return dynamicOffsets[block.dynamicSlot];
}

Value EntryPlanner::memory(Value tensor) {
  Value &known = memories[tensor];
  if (known)
    return known;
  Block &block = storage[blockOf(tensor)];
  Location loc = function.getLoc();
  SmallVector<Value> sizes = openSizes(tensor);
  MemRefType type = memoryType(tensor);
  Value result;
  if (block.isLeftOut)
    result = plan::NoneOp::create(builder, loc, type, sizes);
  else if (!block.caller)
    result = memref::ViewOp::create(builder, loc, type, arenaArgument, offset(block), sizes);
  else if (block.caller.getType() == type)
    result = block.caller;
  else
    result = plan::AliasOp::create(builder, loc, type, block.caller, sizes);
  return memories[tensor] = result;
}

/// What the runtime must know of a branch or loop beside its operands (runtime::StepKind).
SmallVector<int64_t> controlNumbers(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return {int64_t(scan.getCaptures().size()), int64_t(scan.getCarries().size()), int64_t(scan.getLength()),
            scan.getReverse()};
  if (auto loop = dyn_cast<WhileLoopOp>(op))
    return {int64_t(loop.getCaptures().size())};
  if (auto unwind = dyn_cast<UnwindOp>(op))
    return {int64_t(unwind.getCaptures().size()), int64_t(unwind.getState().size())};
  return {};
}

LogicalResult EntryPlanner::emit() {
  Location loc = function.getLoc();
  for (Operation &op : tensors->without_terminator()) {
    if (isa<ReshapeOp, ConstantOp>(op))
      continue;
    SmallVector<Value> inputs, outputs;
    for (Value operand : op.getOperands())
      inputs.push_back(memory(operand));
    for (Value result : op.getResults())
      outputs.push_back(memory(result));
    if (auto launch = dyn_cast<LaunchOp>(op))
      plan::LaunchOp::create(builder, op.getLoc(), launch.getCalleeAttr(), inputs, outputs);
    else if (auto call = dyn_cast<RuntimeCallOpInterface>(op))
      plan::LibraryOp::create(builder, op.getLoc(), builder.getStringAttr(call.getLibrarySymbol()),
                              builder.getDenseI64ArrayAttr(call.getLibraryAttributes()), inputs, outputs);
    else if (SmallVector<FlatSymbolRefAttr> functions = functionsNamedBy(&op); !functions.empty())
      plan::ControlOp::create(builder, op.getLoc(), builder.getStringAttr(op.getName().stripDialect()),
                              builder.getArrayAttr(SmallVector<Attribute>(functions.begin(), functions.end())),
                              builder.getDenseI64ArrayAttr(controlNumbers(&op)), inputs, outputs);
    else
      return op.emitOpError("is neither in a kernel nor a call of the runtime library");
  }
  func::ReturnOp::create(builder, loc);
  return success();
}

LogicalResult EntryPlanner::run() {
  if (failed(number()))
    return failure();
  auto *body = new mlir::Block;
  function.getBody().push_back(body);
  builder.setInsertionPointToEnd(body);
  Location loc = function.getLoc();
  for (Value argument : tensors->getArguments())
    storage[blockOf(argument)].caller = body->addArgument(memoryType(argument), loc);
  for (Value result : tensors->getTerminator()->getOperands()) {
    Block &block = storage[blockOf(result)];
    if (block.caller || rootOf(result).getDefiningOp<ConstantOp>())
      return function.emitError("a result is an argument, a constant or another result; form kernels first");
    block.caller = body->addArgument(memoryType(result), loc);
  }
  arenaArgument = body->addArgument(MemRefType::get({ShapedType::kDynamic}, builder.getI8Type()), loc);
  for (Value argument : tensors->getArguments())
    for (int64_t axis = 0; axis < tensorType(argument).getRank(); ++axis)
      if (tensorType(argument).isDynamicDim(axis))
        values.addSymbol(storage[blockOf(argument)].caller, axis);
  for (auto constant : tensors->getOps<ConstantOp>())
    storage[blockOf(constant)].caller =
        plan::ConstantOp::create(builder, constant.getLoc(), memoryType(constant), constant.getValue());

  unsigned position = 0;
  for (Operation &op : *tensors)
    place(&op, position++);
  if (failed(emit()))
    return failure();
  values.eraseUnused();
  ValueRange results = tensors->getTerminator()->getOperands();
  // Attributes of results, such as names, are attributes of arguments now.
  SmallVector<DictionaryAttr> attributes;
  function.getAllArgAttrs(attributes);
  function.getAllResultAttrs(attributes);
  attributes.push_back(nullptr); // the arena
  function.removeResAttrsAttr();
  function->setAttr("tcc.num_outputs", builder.getI64IntegerAttr(results.size()));
  if (llvm::any_of(results, [](Value result) { return !tensorType(result).hasStaticShape(); }))
    function->setAttr("tcc.result_shapes", AffineMapAttr::get(shapes.openSizes(results)));
  function.setType(builder.getFunctionType(body->getArgumentTypes(), {}));
  function.setAllArgAttrs(attributes);
  tensors->dropAllDefinedValueUses();
  for (Operation &op : *tensors)
    op.dropAllReferences();
  tensors->erase();
  return success();
}

struct PlanBuffers : impl::PlanBuffersBase<PlanBuffers> {
  void runOnOperation() override {
    if (failed(planBuffers(getOperation())))
      signalPassFailure();
  }
};

} // namespace

LogicalResult planBuffers(ModuleOp module) {
  llvm::StringMap<Operation *> kernels; // in any form
  SmallVector<func::FuncOp> entries;
  for (Operation &op : *module.getBody()) {
    auto function = dyn_cast<func::FuncOp>(op);
    if (op.hasAttr("tcc.kernel"))
      kernels[SymbolTable::getSymbolName(&op)] = &op;
    else if (function && !function.isDeclaration() && function.getBody().hasOneBlock() && isTensorFunction(function))
      entries.push_back(function);
  }
  llvm::StringMap<InPlacePairs> inPlace;
  for (func::FuncOp entry : entries)
    if (failed(EntryPlanner(entry, kernels, inPlace).run()))
      return failure();
  return success();
}

bool isPlannedFunction(func::FuncOp function) {
  auto count = function->getAttrOfType<IntegerAttr>("tcc.num_outputs");
  ArrayRef<Type> types = function.getArgumentTypes();
  return count && !function->hasAttr("tcc.kernel") && !function.isDeclaration() && function.getBody().hasOneBlock() &&
         count.getInt() < int64_t(types.size()) && function.getNumResults() == 0 &&
         llvm::all_of(types, llvm::IsaPred<MemRefType>);
}

bool isTensorFunction(func::FuncOp function) {
  auto isTensor = [](Type type) { return isa<RankedTensorType>(type); };
  return llvm::all_of(function.getArgumentTypes(), isTensor) && llvm::all_of(function.getResultTypes(), isTensor);
}

} // namespace tcc
