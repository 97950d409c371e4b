// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pass --tcc-emit-loops: signatures, blocks, temporaries and scratch, and the two phases of split reductions.
// Range form: (flat memrefs of inputs and outputs, sizes: index..., begin, end: index, scratch: memref<?xi8>).

#include "passes/EmitLoops.h"
#include "passes/KernelPasses.h"
#include "passes/KernelWriter.h"
#include "passes/PrepareKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace tcc {

/// Temporaries up to this size live on the stack, which every thread has.
static constexpr int64_t maxStackBytes = 32 * 1024;

AffineExpr KernelWriter::chunks() { return nest.outerExtents.back().toAffine(context).ceilDiv(plan.chunk); }
AffineExpr KernelWriter::rowBlocks(unsigned row) {
  AffineExpr extent = nest.outerExtents[row].toAffine(context);
  return int(row) == plan.tileLoop ? extent.ceilDiv(LoopPlan::tileSize) : extent;
}
AffineExpr KernelWriter::outerBlocks() {
  AffineExpr blocks = constant(1);
  for (unsigned d = 0; d < plan.numRows(); ++d)
    blocks = blocks * rowBlocks(d);
  return plan.vectorOuter ? blocks * chunks() : blocks;
}
AffineExpr KernelWriter::pieces() {
  if (plan.splitGroup < 0)
    return constant(1);
  const Size &extent = plan.groups[plan.splitGroup].generics.front()->extents[plan.splitLoop];
  return extent.toAffine(context).ceilDiv(plan.splitChunk);
}

Size KernelWriter::ownElements(const Buffer &buffer) {
  // The outer axes lead; their number in the tensor is the kernel's attribute, not the merged loops.
  unsigned outerAxes = 0;
  if (auto outer = nest.function->getAttrOfType<IntegerAttr>("tcc.outer"))
    outerAxes = outer.getInt();
  Size elements = Size::constant((buffer.kind.isComplex ? 2 : 1) * (plan.vectorOuter ? plan.chunk : 1));
  for (unsigned axis = std::min<size_t>(outerAxes, buffer.shape.size()); axis < buffer.shape.size(); ++axis)
    elements = elements * buffer.shape[axis];
  return elements;
}

bool KernelWriter::leavesItsGroup(unsigned buffer) {
  if (llvm::any_of(nest.buffers[buffer].value.getUsers(), llvm::IsaPred<memref::LoadOp>))
    return true;
  unsigned groups = 0;
  for (Group &group : plan.groups) {
    bool touches = false, accumulates = false;
    for (Generic *generic : group.generics)
      for (auto [a, access] : llvm::enumerate(generic->accesses))
        if (access.buffer == buffer) {
          touches = true;
          accumulates |= generic->hasReduction() && a >= generic->numInputs;
        }
    if (accumulates)
      return true;
    groups += touches;
  }
  return groups > 1;
}

Value KernelWriter::view(Value scratch, const ElementKind &kind, Value byteOffset, AffineExpr elements) {
  auto type = MemRefType::get({ShapedType::kDynamic}, kind.storage);
  return memref::ViewOp::create(b, loc, type, scratch, byteOffset, ValueRange{expand(elements)});
}

func::FuncOp KernelWriter::createFunction(Twine name, bool isRange) {
  SmallVector<Type> inputs;
  unsigned numArguments = nest.function.getNumArguments();
  for (unsigned i = 0; i < numArguments; ++i)
    inputs.push_back(MemRefType::get({ShapedType::kDynamic}, nest.buffers[i].kind.storage));
  inputs.append(nest.numSymbols + (isRange ? 2 : 0), b.getIndexType());
  inputs.push_back(MemRefType::get({ShapedType::kDynamic}, b.getI8Type()));
  b.setInsertionPoint(nest.function);
  auto function = func::FuncOp::create(b, loc, name.str(), b.getFunctionType(inputs, {}));
  function.setPrivate();
  function->setAttr("tcc.kernel", b.getUnitAttr());
  if (Attribute shapes = nest.function->getAttr("tcc.result_shapes"))
    function->setAttr("tcc.result_shapes", shapes);
  function->setAttr("tcc.num_buffers", b.getI64IntegerAttr(numArguments));
  function->setAttr("tcc.num_sizes", b.getI64IntegerAttr(nest.numSymbols));
  b.setInsertionPointToStart(function.addEntryBlock());
  func::ReturnOp::create(b, loc);
  enter(function);
  return function;
}

/// Goes on writing at the end of `function`.
void KernelWriter::enter(func::FuncOp function) {
  Block *entry = &function.getBody().front();
  unsigned numArguments = nest.function.getNumArguments();
  emitter.startFunction();
  emitter.buffers.assign(nest.buffers.size(), {});
  for (unsigned i = 0; i < numArguments; ++i)
    emitter.buffers[i].memref = entry->getArgument(i);
  emitter.symbols.assign(entry->args_begin() + numArguments, entry->args_begin() + numArguments + nest.numSymbols);
  b.setInsertionPoint(entry->getTerminator());
}

void KernelWriter::placeTemporaries(func::FuncOp function, Value shareIndex) {
  share = constant(0);
  for (const TransposedInput &input : plan.transposed) {
    const ElementKind &kind = nest.buffers[input.buffer].kind;
    auto type = MemRefType::get({LoopPlan::tileSize * LoopPlan::tileSize * (kind.isComplex ? 2 : 1)}, kind.storage);
    emitter.buffers[input.buffer].memref = memref::AllocaOp::create(b, loc, type, b.getI64IntegerAttr(64));
  }
  SmallVector<std::tuple<unsigned, AffineExpr, AffineExpr>> inScratch;
  for (auto [id, buffer] : llvm::enumerate(nest.buffers)) {
    if (!buffer.isTemporary || !leavesItsGroup(id))
      continue;
    Size elements = ownElements(buffer);
    if (elements.isConstant() && elements.coefficient * bytes(buffer.kind) <= maxStackBytes) {
      auto type = MemRefType::get({std::max<int64_t>(1, elements.coefficient)}, buffer.kind.storage);
      Value stack = memref::AllocaOp::create(b, loc, type, b.getI64IntegerAttr(64));
      emitter.buffers[id].memref = stack;
      continue;
    }
    AffineExpr count = elements.toAffine(context);
    inScratch.push_back({id, share, count});
    share = share + (count * int64_t(bytes(buffer.kind))).ceilDiv(64) * 64;
  }
  if (inScratch.empty())
    return;
  // Ranges are disjoint, so the slot of a range's first block is the range's own.
  Value scratch = function.getArguments().back();
  Value base = emitter.mul(shareIndex, expand(share));
  if (!partials.empty())
    base = emitter.add(base, expand(blocks() * partialShare));
  for (auto [id, offset, count] : inScratch)
    emitter.buffers[id].memref = view(scratch, nest.buffers[id].kind, emitter.add(base, expand(offset)), count);
}

/// Outer loop values of block `outerBlock` of the rows x chunks blocks.
GroupRange KernelWriter::outerRange(Value outerBlock) {
  GroupRange range;
  range.rows.assign(plan.numRows(), Value());
  Value rest = outerBlock;
  if (plan.vectorOuter) {
    Value extent = emitter.size(nest.outerExtents.back());
    Value chunk = emitter.index(0);
    const Size &size = nest.outerExtents.back();
    if (plan.numRows() == 0) {
      chunk = rest;
    } else if (!size.isConstant() || size.coefficient > plan.chunk) {
      Value numChunks = expand(chunks());
      chunk = b.createOrFold<arith::RemUIOp>(loc, rest, numChunks);
      rest = b.createOrFold<arith::DivUIOp>(loc, rest, numChunks);
    }
    range.chunkBegin = emitter.mul(chunk, emitter.index(plan.chunk));
    range.chunkEnd = emitter.min(emitter.add(range.chunkBegin, emitter.index(plan.chunk)), extent);
    if (size.isConstant() && size.coefficient <= plan.chunk)
      range.chunkEnd = extent;
  }
  for (unsigned d = plan.numRows(); d-- > 0;) {
    if (d == 0) {
      range.rows[0] = rest;
      break;
    }
    Value extent = expand(rowBlocks(d));
    range.rows[d] = b.createOrFold<arith::RemUIOp>(loc, rest, extent);
    rest = b.createOrFold<arith::DivUIOp>(loc, rest, extent);
  }
  return range;
}

LogicalResult KernelWriter::emitBlock(Value block, Value scratch) {
  auto emitGroups = [&](const GroupRange &range) -> LogicalResult {
    for (Group &group : plan.groups)
      if (failed(emitter.emitGroup(group, range)))
        return failure();
    return success();
  };
  if (plan.tileLoop >= 0)
    return emitTile(outerRange(block));
  if (!nest.crossings.empty()) {
    if (failed(startPartials(block, scratch)))
      return failure();
    Value first = emitter.mul(block, emitter.index(plan.rowsPerBlock));
    Value last = emitter.min(emitter.add(first, emitter.index(plan.rowsPerBlock)), expand(outerBlocks()));
    auto rows = scf::ForOp::create(b, loc, first, last, emitter.index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(rows.getBody());
    return emitGroups(outerRange(rows.getInductionVar()));
  }
  if (plan.splitGroup < 0)
    return emitGroups(outerRange(block));
  // First phase: the split group alone, from neutral elements into this block's partial results.
  Value numPieces = expand(pieces());
  Value piece = b.createOrFold<arith::RemUIOp>(loc, block, numPieces);
  GroupRange range = outerRange(b.createOrFold<arith::DivUIOp>(loc, block, numPieces));
  Group &group = plan.groups[plan.splitGroup];
  range.splitBegin = emitter.mul(piece, emitter.index(plan.splitChunk));
  range.splitEnd = emitter.min(emitter.add(range.splitBegin, emitter.index(plan.splitChunk)),
                               emitter.size(group.generics.front()->extents[plan.splitLoop]));
  if (failed(startPartials(block, scratch)))
    return failure();
  return emitter.emitGroup(group, range);
}

/// Copies the part of `input` that a tile needs, transposed, into the tile's buffer: by square blocks in registers, the
/// rest of a tile at the end of the rows or columns by elements.
void KernelWriter::transposeTile(const TransposedInput &input, const GroupRange &range, Value rowEnd) {
  constexpr int64_t tile = LoopPlan::tileSize;
  const ElementKind &kind = nest.buffers[input.buffer].kind, stored{kind.storage, kind.storage, kind.isComplex};
  unsigned vectorLoop = plan.numOuter - 1, tileLoop = plan.tileLoop;
  Value source = emitter.buffers[input.source.buffer].memref, target = emitter.buffers[input.buffer].memref;
  Value rowBegin = range.rows[tileLoop];
  Value base = emitter.index(0);
  for (const Size &term : input.source.offset)
    base = emitter.add(base, emitter.size(term));
  for (unsigned d = 0; d < plan.numRows(); ++d)
    if (!input.source.strides[d].is(0))
      base = emitter.add(base, emitter.mul(range.rows[d], emitter.size(input.source.strides[d])));
  Value stride = emitter.size(input.source.strides[vectorLoop]);
  Value rows = emitter.sub(rowEnd, rowBegin), columns = emitter.sub(range.chunkEnd, range.chunkBegin);
  auto loop = [&](Value begin, Value end, int64_t step, function_ref<void(Value)> body) {
    auto forOp = scf::ForOp::create(b, loc, begin, end, emitter.index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    body(forOp.getInductionVar());
  };
  auto from = [&](Value row, Value column) {
    return emitter.add(emitter.add(base, row), emitter.mul(emitter.add(range.chunkBegin, column), stride));
  };
  auto to = [&](Value row, Value column) { return emitter.add(emitter.mul(row, emitter.index(tile)), column); };
  const int64_t parts = kind.isComplex ? 2 : 1;
  const int64_t n = std::clamp<int64_t>(plan.registerBits / (kind.storage.getIntOrFloatBitWidth() * parts), 2, 16);
  auto transposeBlock = [&](Value row, Value column) {
    auto type = VectorType::get({n * parts}, kind.storage);
    auto inStorage = [&](Value at) { return parts == 1 ? at : emitter.mul(at, emitter.index(parts)); };
    SmallVector<Value> lines;
    for (int64_t i = 0; i < n; ++i) {
      Value line = emitter.add(column, emitter.index(i));
      lines.push_back(vector::LoadOp::create(b, loc, type, source, inStorage(from(row, line))));
      if (input.source.prefetched) {
        Value next = emitter.add(line, emitter.index(input.source.prefetched));
        memref::PrefetchOp::create(b, loc, source, inStorage(from(row, next)), /*isWrite=*/false, /*localityHint=*/3,
                                   /*isDataCache=*/true);
      }
    }
    // Eklundh (1972): swap the off-diagonal blocks of 2 x 2 blocks, at every distance.
    for (int64_t distance = 1; distance < n; distance *= 2)
      for (int64_t i = 0; i < n; ++i) {
        if (i & distance)
          continue;
        SmallVector<int64_t> low, high;
        for (int64_t k = 0; k < n; ++k)
          for (int64_t part = 0; part < parts; ++part) {
            low.push_back((k & distance ? n + k - distance : k) * parts + part);
            high.push_back((k & distance ? n + k : k + distance) * parts + part);
          }
        Value x = lines[i], y = lines[i + distance];
        lines[i] = vector::ShuffleOp::create(b, loc, x, y, low);
        lines[i + distance] = vector::ShuffleOp::create(b, loc, x, y, high);
      }
    for (int64_t i = 0; i < n; ++i)
      vector::StoreOp::create(b, loc, lines[i], target, inStorage(to(emitter.add(row, emitter.index(i)), column)));
  };
  auto copyElements = [&](Value firstRow, Value lastRow, Value firstColumn) {
    loop(firstColumn, columns, 1, [&](Value column) {
      loop(firstRow, lastRow, 1, [&](Value row) {
        Lane value = emitter.loadLanes(stored, source, from(row, column), Size::constant(0), 1, nullptr);
        emitter.storeLanes(value, stored, target, to(row, column), Size::constant(1), 1, nullptr);
      });
    });
  };
  auto whole = [&](Value count) {
    return emitter.sub(count, b.createOrFold<arith::RemUIOp>(loc, count, emitter.index(n)));
  };
  Value zero = emitter.index(0), wholeRows = whole(rows), wholeColumns = whole(columns);
  // Neighbouring lines of a column of blocks one after the other.
  loop(zero, wholeColumns, n,
       [&](Value column) { loop(zero, wholeRows, n, [&](Value row) { transposeBlock(row, column); }); });
  copyElements(zero, wholeRows, wholeColumns);
  copyElements(wholeRows, rows, zero);
}

LogicalResult KernelWriter::emitTile(GroupRange range) {
  constexpr int64_t tile = LoopPlan::tileSize;
  Value &row = range.rows[plan.tileLoop];
  row = emitter.mul(row, emitter.index(tile));
  Value rowEnd = emitter.min(emitter.add(row, emitter.index(tile)), emitter.size(nest.outerExtents[plan.tileLoop]));
  for (const TransposedInput &input : plan.transposed) {
    transposeTile(input, range, rowEnd);
    emitter.buffers[input.buffer].offset =
        emitter.sub(emitter.index(0), emitter.add(emitter.mul(row, emitter.index(tile)), range.chunkBegin));
  }
  auto forOp = scf::ForOp::create(b, loc, row, rowEnd, emitter.index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  row = forOp.getInductionVar();
  return emitter.emitGroup(plan.groups.front(), range);
}

/// Elementwise kernels with one outer loop need no loop over blocks: a range of blocks is a range of iterations.
LogicalResult KernelWriter::emitDirect(Value begin, Value end) {
  GroupRange range;
  Value extent = emitter.size(nest.outerExtents.back());
  range.chunkBegin = emitter.mul(begin, emitter.index(plan.chunk));
  range.chunkEnd = emitter.min(emitter.mul(end, emitter.index(plan.chunk)), extent);
  return emitter.emitGroup(plan.groups.front(), range);
}

LogicalResult KernelWriter::emitBlocks(func::FuncOp function, Value begin, Value end) {
  bool split = plan.splitGroup >= 0;
  if (!split)
    placeTemporaries(function, begin);
  bool direct = plan.vectorOuter && plan.numRows() == 0 && plan.groups.size() == 1 && !split &&
                plan.groups.front().numLoops == plan.numOuter;
  if (direct)
    return emitDirect(begin, end);
  auto forOp = scf::ForOp::create(b, loc, begin, end, emitter.index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forOp.getBody());
  return emitBlock(forOp.getInductionVar(), function.getArguments().back());
}

LogicalResult KernelWriter::write(ArrayRef<std::unique_ptr<KernelWriter>> regions) {
  addPartials();
  bool split = plan.splitGroup >= 0;
  std::string name = nest.function.getName().str();
  func::FuncOp function = createFunction(name + ".range", true);
  unsigned firstRange = function.getNumArguments() - 3;
  Value begin = function.getArgument(firstRange), end = function.getArgument(firstRange + 1);
  AffineExpr extent = blocks();
  double cost = plan.blockCost;
  bool streams = plan.streams;
  if (regions.empty()) {
    if (failed(emitBlocks(function, begin, end)))
      return failure();
  } else {
    // The blocks of each region that are in the range. Regions have constant sizes and no scratch memory.
    int64_t first = 0;
    double total = 0;
    auto emitRegion = [&](KernelWriter &region) -> LogicalResult {
      int64_t blocks = cast<AffineConstantExpr>(simplifyAffineExpr(region.outerBlocks(), 0, 0)).getValue();
      b.setInsertionPoint(function.getBody().front().getTerminator());
      auto within = [&](Value block) {
        Value own = emitter.sub(block, emitter.index(first));
        return emitter.min(arith::MaxSIOp::create(b, loc, own, emitter.index(0)), emitter.index(blocks));
      };
      Value from = within(begin), to = within(end);
      auto some = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, from, to);
      auto branch = scf::IfOp::create(b, loc, some, /*withElseRegion=*/false);
      region.enter(function);
      region.b.setInsertionPointToStart(branch.thenBlock());
      first += blocks;
      total += region.plan.blockCost * double(blocks);
      streams |= region.plan.streams;
      return region.emitBlocks(function, from, to);
    };
    if (failed(emitRegion(*this)))
      return failure();
    for (const std::unique_ptr<KernelWriter> &region : regions)
      if (failed(emitRegion(*region)))
        return failure();
    extent = constant(first);
    cost = total / double(std::max<int64_t>(first, 1));
  }
  // No ordinary release of x86 waits for stores past the caches; a fence, a locked instruction there, does (Intel SDM
  // volume 3, "Buffering of Write Combining Memory Locations").
  if (streams) {
    b.setInsertionPoint(function.getBody().front().getTerminator());
    LLVM::FenceOp::create(b, loc, LLVM::AtomicOrdering::seq_cst);
  }
  if (!partials.empty() && failed(writeFinish()))
    return failure();
  // The temporaries of a split kernel are its second phase's.
  AffineExpr scratchBytes = extent * partialShare + (split ? share : extent * share);
  auto mapAttr = [&](AffineExpr expr) {
    return AffineMapAttr::get(AffineMap::get(0, nest.numSymbols, simplifyAffineExpr(expr, 0, nest.numSymbols)));
  };
  function->setAttr("tcc.extent", mapAttr(extent));
  function->setAttr("tcc.scratch", mapAttr(scratchBytes));
  function->setAttr("tcc.cost", b.getF64FloatAttr(cost));
  nest.function.erase();
  function.setName(name);
  return success();
}

namespace {
struct EmitLoopsPass : PassWrapper<EmitLoopsPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(EmitLoopsPass)
  EmitLoopsPass() = default;
  EmitLoopsPass(const EmitLoopsPass &other) : PassWrapper(other) {}
  explicit EmitLoopsPass(const EmitLoopsOptions &options) {
    vectorBits = options.vectorBits;
    vectorize = options.vectorize;
    masked = options.masked;
  }
  StringRef getArgument() const final { return "tcc-emit-loops"; }
  StringRef getDescription() const final { return "Turn stage-3 kernels into loops on vectors over a range of blocks"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<affine::AffineDialect, arith::ArithDialect, LLVM::LLVMDialect, math::MathDialect,
                    memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
  }
  void runOnOperation() final {
    EmitLoopsOptions options{vectorBits, vectorize, masked};
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (isLinalgKernel(function) && failed(emitKernelLoops(function, options)))
        return signalPassFailure();
  }
  Option<unsigned> vectorBits{*this, "vector-bits", llvm::cl::desc("Width of a vector register"), llvm::cl::init(512)};
  Option<bool> vectorize{*this, "vectorize", llvm::cl::desc("Emit vectors; otherwise plain loops"),
                         llvm::cl::init(true)};
  Option<bool> masked{*this, "masked", llvm::cl::desc("The target has masked loads and stores"), llvm::cl::init(true)};
};

} // namespace

/// A kernel whose iteration space is in regions (tcc.regions): nests without reductions.
static LogicalResult emitRegionLoops(func::FuncOp kernel, unsigned numRegions, const EmitLoopsOptions &options) {
  std::vector<KernelNest> nests;
  std::vector<LoopPlan> plans;
  for (unsigned region = 0; region < numRegions; ++region) {
    FailureOr<KernelNest> nest = KernelNest::analyse(kernel, region);
    if (failed(nest))
      return failure();
    nests.push_back(std::move(*nest));
  }
  for (KernelNest &nest : nests)
    plans.push_back(planLoops(nest, options));
  std::vector<std::unique_ptr<KernelWriter>> others;
  for (unsigned region = 1; region < numRegions; ++region)
    others.push_back(std::make_unique<KernelWriter>(nests[region], plans[region]));
  return KernelWriter(nests.front(), plans.front()).write(others);
}

LogicalResult emitKernelLoops(func::FuncOp kernel, const EmitLoopsOptions &options) {
  prepareKernel(kernel);
  // Without a second phase one iteration does it all.
  if (auto outer = kernel->getAttrOfType<IntegerAttr>("tcc.outer"); outer && !options.split)
    if (llvm::any_of(kernel.getOps<linalg::GenericOp>(),
                     [&](linalg::GenericOp generic) { return reducesAcross(generic, outer.getInt()); }))
      kernel->setAttr("tcc.outer", IntegerAttr::get(outer.getType(), 0));
  if (auto regions = kernel->getAttrOfType<IntegerAttr>("tcc.regions"))
    return emitRegionLoops(kernel, regions.getInt(), options);
  FailureOr<KernelNest> nest = KernelNest::analyse(kernel);
  if (failed(nest))
    return failure();
  LoopPlan plan = planLoops(*nest, options);
  if (plan.splitGroup >= 0) {
    // Partial results are shares of temporaries.
    bool redirected = false, possible = true;
    for (Generic *generic : plan.groups[plan.splitGroup].generics)
      for (OpOperand &output : generic->op.getDpsInitsMutable())
        if (generic->hasReduction() && isa<BlockArgument>(output.get())) {
          possible &= accumulateInTemporary(kernel, generic->op, output);
          redirected = true;
        }
    if (redirected) {
      nest = KernelNest::analyse(kernel);
      if (failed(nest))
        return failure();
      EmitLoopsOptions again = options;
      again.split = possible;
      plan = planLoops(*nest, again);
    }
  }
  return KernelWriter(*nest, plan).write({});
}

std::unique_ptr<Pass> createEmitLoopsPass(const EmitLoopsOptions &options) {
  return std::make_unique<EmitLoopsPass>(options);
}
void registerEmitLoopsPass() { PassRegistration<EmitLoopsPass>(); }

} // namespace tcc
