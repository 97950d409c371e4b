// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Grouping, choice of the vector loop, block sizes.

#include "passes/LoopPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace tcc {

namespace {

/// What a size is taken to be where it is not known.
constexpr int64_t dynamicGuess = 4096;
constexpr int64_t dynamicSplitGuess = 1 << 20; ///< a reduction that might be large must be able to run in parallel
constexpr double blockNanoseconds = 25e3;

int64_t estimate(const Size &size, int64_t guess = dynamicGuess) {
  int64_t value = size.coefficient;
  for (unsigned i = 0; i < size.symbols.size(); ++i)
    value *= guess;
  return value;
}

bool sameAccess(const Access &a, const Access &b) { return a.offset == b.offset && a.strides == b.strides; }

/// May `next` run in the loop nest of `group`, iteration by iteration?
bool canJoin(const Group &group, Generic &next) {
  Generic &first = *group.generics.front();
  if (first.extents != next.extents)
    return false;
  for (Generic *member : group.generics)
    for (auto [i, mine] : llvm::enumerate(member->accesses))
      for (auto [j, theirs] : llvm::enumerate(next.accesses)) {
        if (mine.buffer != theirs.buffer)
          continue;
        bool memberWrites = i >= member->numInputs, nextWrites = j >= next.numInputs;
        if (!memberWrites && !nextWrites)
          continue;
        if (!sameAccess(mine, theirs) || (memberWrites && member->hasReduction()) ||
            (nextWrites && next.hasReduction()))
          return false;
      }
  // A captured memref.load may read any element.
  WalkResult result = next.op->walk([&](memref::LoadOp load) {
    for (Generic *member : group.generics)
      for (unsigned i = 0; i < member->numOutputs(); ++i)
        if (member->op.getDpsInits()[i] == load.getMemRef())
          return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return !result.wasInterrupted();
}

/// Nanoseconds of one iteration on vectors.
double iterationCost(const Group &group) {
  double cost = 0;
  for (Generic *generic : group.generics) {
    for (const Access &access : generic->accesses)
      cost += access.strides.empty() ? 0.01 : 0.08;
    generic->op->walk([&](Operation *op) {
      if (isa<math::MathDialect>(op->getDialect()))
        cost += 0.4;
      else if (isa<complex::ComplexDialect>(op->getDialect()))
        cost += 0.3;
      else if (isa<arith::DivFOp, arith::DivSIOp, arith::RemSIOp, memref::LoadOp>(op))
        cost += 0.3;
      else
        cost += 0.02;
    });
  }
  return cost;
}

/// Penalty of running vectors along `loop`: one for each access that is neither contiguous nor invariant.
double vectorPenalty(const KernelNest &nest, ArrayRef<Generic *> generics, unsigned loop) {
  double penalty = 0;
  for (Generic *generic : generics)
    for (const Access &access : generic->accesses) {
      const Size &stride = access.strides[loop];
      if (nest.buffers[access.buffer].isTemporary && loop < nest.numOuter)
        continue;
      if (!stride.is(0) && !stride.is(1))
        penalty += stride.is(-1) ? 0.2 : 1;
    }
  return penalty;
}

/// Vectors along a reduction loop need a combiner for the lanes.
bool lanesCombine(Group &group, unsigned loop) {
  for (Generic *generic : group.generics)
    if (generic->reduction[loop])
      for (unsigned i = 0; i < generic->numOutputs(); ++i)
        if (!matchCombiner(*generic, i))
          return false;
  return true;
}

void chooseLanes(const KernelNest &nest, Group &group, const EmitLoopsOptions &options) {
  if (group.vectorLoop < 0 || !options.vectorize) {
    group.lanes = group.tailLanes = 1;
    group.masked = false;
    return;
  }
  unsigned loop = group.vectorLoop;
  unsigned bits = 8, ops = 0;
  bool maskable = options.masked, reduces = false;
  auto see = [&](Type type) {
    type = ElementKind::of(type).compute;
    bits = std::max(bits, type.isIndex() ? 64u : type.getIntOrFloatBitWidth());
  };
  for (Generic *generic : group.generics) {
    reduces |= generic->reduction[loop];
    for (const Access &access : generic->accesses) {
      const ElementKind &kind = nest.buffers[access.buffer].kind;
      if (!access.strides[loop].is(0))
        see(kind.compute);
      // Masked gathers of bytes and half words do not exist and would become a branch for each lane.
      if (!access.strides[loop].is(0) && !access.strides[loop].is(1) && kind.storage.getIntOrFloatBitWidth() < 32)
        maskable = false;
    }
    generic->op->walk([&](Operation *op) {
      if (op == generic->op || isa<linalg::YieldOp>(op))
        return;
      ++ops;
      if (auto load = dyn_cast<memref::LoadOp>(op))
        if (ElementKind::of(load.getType()).storage.getIntOrFloatBitWidth() < 32)
          maskable = false;
      if (isa<math::MathDialect, complex::ComplexDialect>(op->getDialect()))
        ops += isa<complex::ComplexDialect>(op->getDialect()) &&
                       !isa<complex::AddOp, complex::SubOp, complex::CreateOp, complex::ReOp, complex::ImOp>(op)
                   ? 30
                   : 10;
      for (Type type : op->getResultTypes())
        if (!type.isInteger(1))
          see(type);
    });
  }
  unsigned perRegister = std::max(2u, options.vectorBits / bits);
  unsigned registers = reduces || ops <= 8 ? 4 : 2;
  // Fewer architectural registers below AVX-512; and long bodies have parallelism of their own but cost compile time.
  if ((options.vectorBits < 512 && ops > 8) || ops > 40)
    registers = 1;
  group.lanes = perRegister * registers;
  group.tailLanes = maskable ? perRegister : 1;
  group.masked = maskable;
  const Size &extent = group.generics.front()->extents[loop];
  if (extent.isConstant())
    while (group.lanes > perRegister && int64_t(group.lanes) > extent.coefficient)
      group.lanes /= 2;
  if (extent.isConstant())
    while (group.lanes > 1 && int64_t(group.lanes) > extent.coefficient && !maskable)
      group.lanes /= 2;
  group.tailLanes = std::min(group.tailLanes, group.lanes);
  group.onlyMasked = maskable && ops > 40 && group.lanes == group.tailLanes;
  // Sums over rows with vectors along them pass through memory: several rows are added at a time.
  unsigned last = group.numLoops - 1;
  if (loop < nest.numOuter && nest.numOuter < group.numLoops &&
      llvm::all_of(group.generics, [&](Generic *generic) { return generic->reduction[last]; })) {
    group.rowsAtOnce = ops <= 8 ? 8 : ops <= 40 ? 4 : 1;
    const Size &rows = group.generics.front()->extents[last];
    while (rows.isConstant() && int64_t(group.rowsAtOnce) > std::max<int64_t>(rows.coefficient, 1))
      group.rowsAtOnce /= 2;
  }
}

void formGroups(KernelNest &nest, LoopPlan &plan) {
  for (Generic &generic : nest.generics) {
    if (plan.groups.empty() || !canJoin(plan.groups.back(), generic))
      plan.groups.emplace_back();
    plan.groups.back().generics.push_back(&generic);
  }
  for (Group &group : plan.groups) {
    unsigned numLoops = group.generics.front()->extents.size();
    group.numLoops = normaliseLoops(group.generics, plan.numOuter, numLoops);
  }
}

void chooseVectorLoops(KernelNest &nest, LoopPlan &plan, const EmitLoopsOptions &options) {
  bool anyOwn = false;
  double outerPenalty = 0, ownPenalty = 0;
  for (Group &group : plan.groups) {
    if (group.numLoops == plan.numOuter)
      continue;
    anyOwn = true;
    double best = 1e9;
    for (unsigned loop = plan.numOuter; loop < group.numLoops; ++loop) {
      if (!lanesCombine(group, loop))
        continue;
      double penalty = vectorPenalty(nest, group.generics, loop);
      const Size &extent = group.generics.front()->extents[loop];
      if (extent.isConstant() && extent.coefficient * 32 < int64_t(options.vectorBits))
        penalty += 2;
      if (penalty <= best) {
        best = penalty;
        group.vectorLoop = loop;
      }
    }
    ownPenalty += group.vectorLoop < 0 ? 4 * group.generics.size() : best;
    if (plan.numOuter)
      outerPenalty += vectorPenalty(nest, group.generics, plan.numOuter - 1);
  }
  if (plan.numOuter) {
    const Size &extent = nest.outerExtents[plan.numOuter - 1];
    if (extent.isConstant() && extent.coefficient * 32 < int64_t(options.vectorBits))
      outerPenalty += 1.5;
  }
  // Across rows there are partial results, for whole rows.
  plan.vectorOuter = plan.numOuter && nest.crossings.empty() && (!anyOwn || outerPenalty < ownPenalty);
  for (Group &group : plan.groups)
    if (plan.vectorOuter)
      group.vectorLoop = plan.numOuter - 1;
}

/// With vectors along the last outer loop a temporary holds one chunk of it, contiguously.
void layOutTemporaries(KernelNest &nest, LoopPlan &plan) {
  if (!plan.vectorOuter)
    return;
  for (Generic &generic : nest.generics)
    for (Access &access : generic.accesses) {
      if (!nest.buffers[access.buffer].isTemporary)
        continue;
      for (Size &stride : access.strides)
        stride.coefficient *= plan.chunk;
      for (Size &term : access.offset)
        term.coefficient *= plan.chunk;
      access.strides[plan.numOuter - 1] = Size::constant(1);
    }
}

/// Whether anything but one store and the loads behind it in the loops of `group`, which get what was stored as it is,
/// touches a buffer.
bool isTouchedElsewhere(const KernelNest &nest, const Group &group, unsigned buffer) {
  unsigned stores = 0, others = 0;
  for (const Generic &generic : nest.generics)
    for (auto [a, access] : llvm::enumerate(generic.accesses))
      if (access.buffer == buffer) {
        stores += a >= generic.numInputs;
        others += !llvm::is_contained(group.generics, &generic) || (a < generic.numInputs && !stores);
      }
  Value value = nest.buffers[buffer].value;
  return stores != 1 || others || !llvm::all_of(value.getUsers(), llvm::IsaPred<linalg::GenericOp, memref::SubViewOp>);
}

void chooseSplit(KernelNest &nest, LoopPlan &plan) {
  int64_t outer = 1;
  for (const Size &extent : nest.outerExtents)
    outer *= estimate(extent);
  if (plan.vectorOuter)
    outer = std::max<int64_t>(1, outer / plan.chunk);
  if (outer >= 16)
    return;
  // The reduction group comes after nothing but the stores of its neutral elements.
  for (auto [i, group] : llvm::enumerate(plan.groups)) {
    bool reduces = llvm::any_of(group.generics, [](Generic *generic) { return generic->hasReduction(); });
    if (!reduces) {
      bool onlyInit = llvm::all_of(group.generics, [](Generic *generic) { return isFill(generic->op); });
      if (onlyInit)
        continue;
      return;
    }
    int loop = -1;
    for (unsigned d = plan.numOuter; d < group.numLoops && loop < 0; ++d)
      if (llvm::any_of(group.generics, [&](Generic *generic) { return generic->reduction[d]; }))
        loop = d;
    double work = iterationCost(group) * (plan.vectorOuter ? plan.chunk : 1);
    for (unsigned d = plan.numOuter; d < group.numLoops; ++d)
      work *= estimate(group.generics.front()->extents[d], dynamicSplitGuess);
    if (loop < 0 || work < 2 * blockNanoseconds)
      return;
    // Each piece reduces its part of the loop and stores its part of the results.
    for (Generic *generic : group.generics)
      for (unsigned k = 0; k < generic->numOutputs(); ++k) {
        const Access &output = generic->output(k);
        bool isPart = generic->hasReduction()
                          ? generic->reduction[loop] && matchCombiner(*generic, k)
                          : !output.strides[loop].is(0) && !isTouchedElsewhere(nest, group, output.buffer);
        if (!isPart)
          return;
      }
    const Size &extent = group.generics.front()->extents[loop];
    double perIteration = work / std::max<int64_t>(1, estimate(extent, dynamicSplitGuess));
    int64_t piece = std::max<int64_t>(1, int64_t(blockNanoseconds * 2 / perIteration));
    if (int(loop) == group.vectorLoop)
      piece = llvm::alignTo(piece, 1024);
    if (extent.isConstant() && piece >= extent.coefficient)
      return;
    plan.splitGroup = i;
    plan.splitLoop = loop;
    plan.splitChunk = piece;
    return;
  }
}

/// Elementwise kernels with an input whose contiguous dim is not the vectors' run tile by tile.
void chooseTiles(KernelNest &nest, LoopPlan &plan, const EmitLoopsOptions &options) {
  if (!options.vectorize || !plan.vectorOuter || plan.numRows() == 0 || plan.groups.size() != 1 ||
      plan.groups.front().numLoops != plan.numOuter)
    return;
  unsigned vectorLoop = plan.numOuter - 1;
  auto isLarge = [&](unsigned loop) {
    const Size &extent = nest.outerExtents[loop];
    return !extent.isConstant() || extent.coefficient >= 16;
  };
  if (!isLarge(vectorLoop))
    return;
  auto runsAcross = [&](const Access &access, unsigned loop) {
    const Size &stride = access.strides[vectorLoop];
    return access.strides[loop].is(1) && !stride.is(0) && !stride.is(1);
  };
  for (unsigned loop = 0; loop < plan.numRows() && plan.tileLoop < 0; ++loop)
    for (Generic *generic : plan.groups.front().generics)
      for (unsigned a = 0; a < generic->numInputs; ++a)
        if (isLarge(loop) && runsAcross(generic->accesses[a], loop))
          plan.tileLoop = loop;
  if (plan.tileLoop < 0)
    return;
  plan.chunk = LoopPlan::tileSize;
  plan.registerBits = options.vectorBits;
  for (Generic *generic : plan.groups.front().generics)
    for (unsigned a = 0; a < generic->numInputs; ++a) {
      Access &access = generic->accesses[a];
      // A temporary is written by the same nest and has no such access.
      if (!runsAcross(access, plan.tileLoop) || nest.buffers[access.buffer].isTemporary)
        continue;
      plan.transposed.push_back({unsigned(nest.buffers.size()), access});
      nest.buffers.push_back(Buffer{Value(), nest.buffers[access.buffer].kind, false, {}});
      access.buffer = plan.transposed.back().buffer;
      access.offset.clear();
      access.strides.assign(access.strides.size(), Size::constant(0));
      access.strides[plan.tileLoop] = Size::constant(LoopPlan::tileSize);
      access.strides[vectorLoop] = Size::constant(1);
    }
}

std::optional<int64_t> constantBytes(const Buffer &buffer) {
  Size bytes = Size::constant(buffer.kind.elementBytes());
  for (const Size &size : buffer.shape)
    bytes = bytes * size;
  return bytes.isConstant() ? std::optional(bytes.coefficient) : std::nullopt;
}

/// Whether the vector loop may begin with a masked piece of a line.
bool canPeel(const LoopPlan &plan, const Group &group) {
  const Size &extent = group.generics.front()->extents[group.vectorLoop];
  return group.masked && !group.onlyMasked && group.rowsAtOnce == 1 && plan.tileLoop < 0 && extent.isConstant() &&
         extent.coefficient >= 8 * int64_t(group.lanes) &&
         llvm::none_of(group.generics, [&](Generic *generic) { return generic->reduction[group.vectorLoop]; });
}

/// Outputs that leave the caches anyway go past them: a plain store first reads the line that it overwrites. Measured
/// on a Xeon whose last-level cache is shared by many, a loop of x -> f(x) takes 0.8 of the time with 24 MiB of results
/// and 0.6 with 64; with 16 MiB, which stay in that cache from turn to turn, 1.1.
void chooseStreams(KernelNest &nest, LoopPlan &plan, const EmitLoopsOptions &options) {
  constexpr int64_t leastBytes = 24 << 20;
  constexpr unsigned maxStreams = 4; // each fills a buffer of the core for the line it is in
  if (options.oneIteration)
    return;
  SmallVector<Access *> streams;
  SmallVector<std::pair<Group *, Access *>> unaligned;
  for (Group &group : plan.groups)
    for (Generic *generic : group.generics)
      for (unsigned i = 0; i < generic->numOutputs(); ++i) {
        Access &access = generic->output(i);
        const Buffer &buffer = nest.buffers[access.buffer];
        if (!buffer.value || buffer.isTemporary || group.lanes == 1 || !access.strides[group.vectorLoop].is(1) ||
            isTouchedElsewhere(nest, group, access.buffer))
          continue;
        const int64_t element = buffer.kind.elementBytes();
        std::optional<int64_t> bytes = constantBytes(buffer);
        // Whole lines at every turn of the vector loop, wherever the others are.
        auto keepsLines = [&](const Size &step) { return step.coefficient * element % LoopPlan::lineBytes == 0; };
        bool aligned = group.lanes * element % LoopPlan::lineBytes == 0 && llvm::all_of(access.offset, keepsLines);
        for (auto [loop, stride] : llvm::enumerate(access.strides))
          aligned &= int(loop) == group.vectorLoop || keepsLines(stride);
        if (!bytes || *bytes < leastBytes)
          continue;
        if (aligned)
          streams.push_back(&access);
        else if (canPeel(plan, group))
          unaligned.push_back({&group, &access});
      }
  // Rows of other lengths begin anywhere in a line; of two outputs, each somewhere else.
  if (streams.empty() && unaligned.size() == 1) {
    unaligned.front().first->peels = true;
    streams.push_back(unaligned.front().second);
  }
  plan.streams = !streams.empty() && streams.size() <= maxStreams;
  for (Access *access : streams)
    access->streams = plan.streams;
}

/// The cores' prefetchers follow loads, which long arithmetic keeps back: gelu of data in memory takes 0.7 of the time
/// with loads announced. Where a row or tile is in the first-level cache for its later loops, memory would idle: the
/// last loop that reads it asks for the next one.
void choosePrefetches(const KernelNest &nest, LoopPlan &plan, const EmitLoopsOptions &options) {
  constexpr int64_t leastBytes = 4 << 20, nearBytes = 2048, mostRowBytes = 64 << 10;
  if (options.oneIteration || !options.vectorize)
    return;
  struct Reader {
    const Group *first = nullptr;
    Access *last = nullptr;
    int64_t offset = 0;
  };
  llvm::DenseMap<unsigned, Reader> readers;
  for (Group &group : plan.groups)
    for (Generic *generic : group.generics)
      for (unsigned a = 0; a < generic->numInputs; ++a) {
        Access &access = generic->accesses[a];
        const Buffer &buffer = nest.buffers[access.buffer];
        if (!buffer.value || buffer.isTemporary || group.lanes == 1 || !access.strides[group.vectorLoop].is(1))
          continue;
        const int64_t element = buffer.kind.elementBytes();
        std::optional<int64_t> bytes = constantBytes(buffer);
        if (!bytes || *bytes < leastBytes || group.lanes * element < LoopPlan::lineBytes)
          continue;
        // Of several places in one tensor the furthest is new.
        int64_t offset = 0;
        for (const Size &term : access.offset)
          offset += estimate(term);
        Reader &reader = readers[access.buffer];
        if (!reader.first)
          reader.first = &group;
        else if (reader.first == &group && offset < reader.offset)
          continue;
        if (reader.last)
          reader.last->prefetched = 0;
        reader.last = &access;
        reader.offset = offset;
        const unsigned last = group.numLoops - 1;
        const Size near = Size::constant(nearBytes / element);
        const Size further = plan.tileLoop >= 0                         ? Size::constant(LoopPlan::tileSize)
                             : reader.first != &group && plan.numRows() ? access.strides[plan.numRows() - 1]
                             : int(last) != group.vectorLoop ? access.strides[last] * Size::constant(group.rowsAtOnce)
                                                             : near;
        if (further.isConstant() && (reader.first == &group || further.coefficient * element <= mostRowBytes))
          access.prefetched = further.coefficient;
      }
  for (TransposedInput &input : plan.transposed)
    if (std::optional<int64_t> bytes = constantBytes(nest.buffers[input.source.buffer]); bytes && *bytes >= leastBytes)
      input.source.prefetched = LoopPlan::tileSize;
}

} // namespace

LoopPlan planLoops(KernelNest &nest, const EmitLoopsOptions &options) {
  LoopPlan plan;
  plan.tracksNan = !options.nanMaximum;
  SmallVector<Generic *> all;
  for (Generic &generic : nest.generics)
    all.push_back(&generic);
  plan.numOuter = normaliseLoops(all, 0, nest.numOuter);
  if (!all.empty())
    nest.outerExtents.assign(all.front()->extents.begin(), all.front()->extents.begin() + plan.numOuter);
  nest.numOuter = plan.numOuter;
  formGroups(nest, plan);
  chooseVectorLoops(nest, plan, options);
  for (Group &group : plan.groups)
    chooseLanes(nest, group, options);

  double perOuter = 0;
  bool anyOwn = false;
  unsigned widest = 1;
  for (Group &group : plan.groups) {
    double cost = iterationCost(group);
    for (unsigned d = plan.numOuter; d < group.numLoops; ++d) {
      cost *= std::max<int64_t>(1, estimate(group.generics.front()->extents[d]));
      anyOwn = true;
    }
    perOuter += cost;
    widest = std::max(widest, group.lanes);
  }
  if (plan.vectorOuter) {
    int64_t chunk = std::max<int64_t>(1, int64_t(blockNanoseconds / std::max(perOuter, 0.05)));
    const Size &extent = nest.outerExtents.back();
    // Rows of a reduced matrix are read a chunk at a time: long enough for the prefetchers; a split of the reduction
    // gives the parallelism. Temporaries with dims of their own should stay in the second-level cache.
    bool ownTemporaries = llvm::any_of(nest.generics, [&](Generic &generic) {
      return llvm::any_of(generic.accesses, [&](const Access &access) {
        return nest.buffers[access.buffer].isTemporary &&
               llvm::any_of(access.strides, [](const Size &stride) { return !stride.is(0); });
      });
    });
    if (anyOwn)
      chunk = ownTemporaries ? 128 : 1024;
    else if (extent.isConstant())
      chunk = std::min(chunk, std::max<int64_t>(extent.coefficient / 64, 4096));
    chunk = std::clamp<int64_t>(chunk, 128, 65536);
    if (extent.isConstant())
      chunk = std::min(chunk, std::max<int64_t>(extent.coefficient, 1));
    plan.chunk = llvm::alignTo(std::max<int64_t>(chunk, widest), widest);
    if (!options.vectorize)
      plan.chunk = std::max<int64_t>(plan.chunk, 64);
    if (options.oneIteration)
      plan.chunk = 1;
  }
  chooseTiles(nest, plan, options);
  if (plan.tileLoop >= 0)
    for (Group &group : plan.groups)
      chooseLanes(nest, group, options);
  layOutTemporaries(nest, plan);
  if (options.split && nest.crossings.empty())
    chooseSplit(nest, plan);
  chooseStreams(nest, plan, options);
  choosePrefetches(nest, plan, options);
  plan.blockCost = perOuter * (plan.vectorOuter ? plan.chunk : 1) * (plan.tileLoop >= 0 ? LoopPlan::tileSize : 1);
  if (!nest.crossings.empty()) {
    // Partial results should be few beside what is reduced.
    plan.rowsPerBlock = std::max<int64_t>(32, int64_t(2 * blockNanoseconds / std::max(perOuter, 0.05)));
    plan.blockCost *= double(plan.rowsPerBlock);
  }
  if (plan.splitGroup >= 0) {
    const Size &extent = plan.groups[plan.splitGroup].generics.front()->extents[plan.splitLoop];
    plan.blockCost *= double(plan.splitChunk) / std::max<int64_t>(1, estimate(extent));
  }
  return plan;
}

} // namespace tcc
