// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops of one group, and how lanes come from and go to memory.

#include "passes/LoopEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace tcc {

Value LoopEmitter::index(int64_t value) {
  Value &cached = constants[value];
  if (!cached) {
    // At the entry, so that it serves the whole function.
    Operation *anchor = b.getInsertionBlock()->getParentOp();
    if (!isa<FunctionOpInterface>(anchor))
      anchor = anchor->getParentOfType<FunctionOpInterface>();
    OpBuilder entry = OpBuilder::atBlockBegin(&anchor->getRegion(0).front());
    cached = arith::ConstantIndexOp::create(entry, loc, value);
  }
  return cached;
}
Value LoopEmitter::add(Value x, Value y) {
  if (!x || !y)
    return x ? x : y;
  return b.createOrFold<arith::AddIOp>(loc, x, y);
}
Value LoopEmitter::sub(Value x, Value y) { return b.createOrFold<arith::SubIOp>(loc, x, y); }
Value LoopEmitter::mul(Value x, Value y) { return b.createOrFold<arith::MulIOp>(loc, x, y); }
Value LoopEmitter::min(Value x, Value y) { return b.createOrFold<arith::MinSIOp>(loc, x, y); }
Value LoopEmitter::size(const Size &size) {
  Value value = index(size.coefficient);
  for (unsigned id : size.symbols)
    value = mul(value, symbols[id]);
  return value;
}

bool LoopEmitter::writes(const Group &group, unsigned buffer) const {
  return llvm::any_of(group.generics, [&](Generic *generic) {
    return llvm::any_of(llvm::drop_begin(generic->accesses, generic->numInputs),
                        [&](const Access &access) { return access.buffer == buffer; });
  });
}

Value LoopEmitter::mask(unsigned lanes, Value count) {
  auto type = VectorType::get({int64_t(lanes)}, b.getI32Type());
  if (!count)
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(VectorType::get({int64_t(lanes)}, b.getI1Type()), b.getBoolAttr(true)));
  SmallVector<int32_t> steps(lanes);
  std::iota(steps.begin(), steps.end(), 0);
  Value step = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, ArrayRef<int32_t>(steps)));
  Value limit = arith::IndexCastOp::create(b, loc, b.getI32Type(), count);
  limit = vector::BroadcastOp::create(b, loc, type, limit);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, step, limit);
}

Value LoopEmitter::stepVector(unsigned lanes, const Size &stride) {
  auto type = VectorType::get({int64_t(lanes)}, b.getIndexType());
  SmallVector<llvm::APInt> steps;
  int64_t factor = stride.isConstant() ? stride.coefficient : 1;
  for (unsigned i = 0; i < lanes; ++i)
    steps.push_back(llvm::APInt(64, uint64_t(int64_t(i) * factor), true));
  Value step = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, steps));
  if (stride.isConstant())
    return step;
  Value factorValue = vector::BroadcastOp::create(b, loc, type, size(stride));
  return arith::MulIOp::create(b, loc, step, factorValue);
}

Lane LoopEmitter::neutral(Operation *combiner, const ElementKind &kind) {
  TypedAttr attr = neutralElement(combiner, kind.compute);
  Lane lane{arith::ConstantOp::create(b, loc, attr), nullptr, true};
  if (kind.isComplex)
    lane.im = isa<complex::AddOp>(combiner)
                  ? lane.re
                  : arith::ConstantOp::create(b, loc, b.getFloatAttr(kind.compute, 0)).getResult();
  return lane;
}

Lane LoopEmitter::loadLanes(const ElementKind &kind, Value memref, Value offset, const Size &stride, unsigned lanes,
                            Value count) {
  auto widen = [&](Value value) -> Value {
    if (kind.storage == kind.compute)
      return value;
    Type type = kind.compute;
    if (auto vector = dyn_cast<VectorType>(value.getType()))
      type = vector.clone(kind.compute);
    return arith::ExtFOp::create(b, loc, type, value);
  };
  if (kind.isComplex)
    offset = mul(offset, index(2));
  if (lanes == 1 || stride.is(0)) {
    Lane lane{widen(memref::LoadOp::create(b, loc, memref, offset)), nullptr, true};
    if (kind.isComplex)
      lane.im = memref::LoadOp::create(b, loc, memref, add(offset, index(1)));
    return lane;
  }
  unsigned parts = kind.isComplex ? 2 : 1;
  auto zero = [&](VectorType type) -> Value { return arith::ConstantOp::create(b, loc, b.getZeroAttr(type)); };
  auto contiguous = [&](Value at, unsigned elements) -> Value {
    auto type = VectorType::get({int64_t(elements)}, kind.storage);
    if (!count)
      return vector::LoadOp::create(b, loc, type, memref, at);
    Value on = mask(elements, mul(count, index(elements / lanes)));
    return vector::MaskedLoadOp::create(b, loc, type, memref, ValueRange{at}, on, zero(type));
  };
  auto shuffle = [&](Value x, auto position) -> Value {
    SmallVector<int64_t> order;
    for (unsigned i = 0; i < lanes; ++i)
      order.push_back(position(i));
    return vector::ShuffleOp::create(b, loc, x, x, order);
  };
  if (stride.is(1)) {
    Value all = contiguous(offset, lanes * parts);
    if (!kind.isComplex)
      return {widen(all), nullptr, false};
    return {shuffle(all, [](int64_t i) { return 2 * i; }), shuffle(all, [](int64_t i) { return 2 * i + 1; }), false};
  }
  if (stride.is(-1) && !count) {
    Value first = sub(offset, index((lanes - 1) * parts));
    Value all = contiguous(first, lanes * parts);
    int64_t last = lanes - 1;
    if (!kind.isComplex)
      return {widen(shuffle(all, [&](int64_t i) { return last - i; })), nullptr, false};
    return {shuffle(all, [&](int64_t i) { return 2 * (last - i); }),
            shuffle(all, [&](int64_t i) { return 2 * (last - i) + 1; }), false};
  }
  Value steps = stepVector(lanes, stride * Size::constant(parts));
  auto type = VectorType::get({int64_t(lanes)}, kind.storage);
  auto gather = [&](Value at) -> Value {
    return vector::GatherOp::create(b, loc, type, memref, ValueRange{at}, steps, mask(lanes, count), zero(type));
  };
  Lane lane{widen(gather(offset)), nullptr, false};
  if (kind.isComplex)
    lane.im = gather(add(offset, index(1)));
  return lane;
}

void LoopEmitter::storeLanes(Lane value, const ElementKind &kind, Value memref, Value offset, const Size &stride,
                             unsigned lanes, Value count, bool streams) {
  BodyEmitter body(b, loc, lanes);
  value = body.spread(value);
  if (kind.storage != kind.compute)
    value.re = arith::TruncFOp::create(b, loc, body.laneType(kind.storage), value.re);
  if (kind.isComplex)
    offset = mul(offset, index(2));
  if (lanes == 1) {
    memref::StoreOp::create(b, loc, value.re, memref, offset);
    if (kind.isComplex)
      memref::StoreOp::create(b, loc, value.im, memref, add(offset, index(1)));
    return;
  }
  if (stride.is(1)) {
    Value all = value.re;
    unsigned parts = kind.isComplex ? 2 : 1;
    if (kind.isComplex) {
      SmallVector<int64_t> order;
      for (unsigned i = 0; i < lanes; ++i)
        order.append({i, i + lanes});
      all = vector::ShuffleOp::create(b, loc, value.re, value.im, order);
    }
    if (!count)
      vector::StoreOp::create(b, loc, all, memref, offset, streams,
                              streams ? llvm::Align(LoopPlan::lineBytes) : llvm::MaybeAlign());
    else
      vector::MaskedStoreOp::create(b, loc, memref, ValueRange{offset}, mask(lanes * parts, mul(count, index(parts))),
                                    all);
    return;
  }
  Value steps = stepVector(lanes, stride * Size::constant(kind.isComplex ? 2 : 1));
  Value on = mask(lanes, count);
  vector::ScatterOp::create(b, loc, Type(), memref, ValueRange{offset}, steps, on, value.re);
  if (kind.isComplex)
    vector::ScatterOp::create(b, loc, Type(), memref, ValueRange{add(offset, index(1))}, steps, on, value.im);
}

void LoopEmitter::prefetch(const Access &access, Value offset, unsigned lanes) {
  const ElementKind &kind = nest.buffers[access.buffer].kind;
  int64_t part = llvm::divideCeil(kind.storage.getIntOrFloatBitWidth(), 8), parts = kind.isComplex ? 2 : 1;
  Value at = mul(add(offset, index(access.prefetched)), index(parts));
  for (int64_t byte = 0; byte < int64_t(lanes) * parts * part; byte += LoopPlan::lineBytes)
    memref::PrefetchOp::create(b, loc, buffers[access.buffer].memref, add(at, index(byte / part)), /*isWrite=*/false,
                               /*localityHint=*/3, /*isDataCache=*/true);
}

FailureOr<Lane> LoopEmitter::loadCaptured(BodyEmitter &body, memref::LoadOp load, ArrayRef<Lane> indices, Value count) {
  unsigned id = nest.bufferOf(load.getMemRef());
  const Buffer &buffer = nest.buffers[id];
  if (buffer.isTemporary && nest.numOuter != 0)
    return load.emitOpError("reads a temporary, which is one outer iteration's, at computed indices"), failure();
  bool uniform = llvm::all_of(indices, [](const Lane &lane) { return lane.uniform; });
  Value memref = buffers[id].memref;
  // A row that is chosen by data is still read as a row.
  if (!uniform && indices.back().first &&
      llvm::all_of(indices.drop_back(), [](const Lane &lane) { return lane.uniform; })) {
    Value offset = index(0);
    for (auto [axis, position] : llvm::enumerate(indices))
      offset = add(mul(offset, size(buffer.shape[axis])), axis + 1 < indices.size() ? position.re : position.first);
    return loadLanes(buffer.kind, memref, offset, Size::constant(1), body.lanes, count);
  }
  Lane linear{nullptr, nullptr, true};
  for (auto [axis, position] : llvm::enumerate(indices)) {
    Lane at = uniform ? position : body.spread(position);
    if (!linear.re) {
      linear = at;
      continue;
    }
    Lane extent{size(buffer.shape[axis]), nullptr, true};
    if (!uniform)
      extent = body.spread(extent);
    linear.re = arith::MulIOp::create(b, loc, linear.re, extent.re);
    linear.re = arith::AddIOp::create(b, loc, linear.re, at.re);
  }
  if (uniform)
    return loadLanes(buffer.kind, memref, linear.re ? linear.re : index(0), Size::constant(0), 1, nullptr);
  Lane result{nullptr, nullptr, false};
  auto type = VectorType::get({int64_t(body.lanes)}, buffer.kind.storage);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  if (buffer.kind.isComplex) {
    Value two = body.spread(Lane{index(2), nullptr, true}).re;
    linear.re = arith::MulIOp::create(b, loc, linear.re, two);
  }
  auto gather = [&](int64_t start) -> Value {
    return vector::GatherOp::create(b, loc, type, memref, ValueRange{index(start)}, linear.re, mask(body.lanes, count),
                                    zero);
  };
  result.re = gather(0);
  if (buffer.kind.storage != buffer.kind.compute)
    result.re = arith::ExtFOp::create(b, loc, body.laneType(buffer.kind.compute), result.re);
  if (buffer.kind.isComplex)
    result.im = gather(1);
  return result;
}

LogicalResult LoopEmitter::emitLanes(Group &group, ArrayRef<Row> rows, Value iv, unsigned lanes, Value count,
                                     ArrayRef<Accumulator> accumulators, MutableArrayRef<Lane> state) {
  BodyEmitter body(b, loc, lanes);
  int loop = group.vectorLoop;
  llvm::DenseMap<unsigned, Lane> written;
  auto strideOf = [&](const Access &access) { return loop < 0 ? Size::constant(0) : access.strides[loop]; };
  for (const Row &row : rows) {
    if (rows.size() > 1)
      ivs[group.numLoops - 1] = row.iv;
    auto offsetOf = [&](unsigned g, unsigned a) {
      Size stride = strideOf(group.generics[g]->accesses[a]);
      Value offset = row.bases[g][a];
      return stride.is(0) ? offset : add(offset, mul(iv, size(stride)));
    };
    for (auto [g, generic] : llvm::enumerate(group.generics)) {
      Block &block = generic->op.getRegion().front();
      SmallVector<Lane> arguments(block.getNumArguments());
      for (auto [a, access] : llvm::enumerate(generic->accesses)) {
        if (block.getArgument(a).use_empty())
          continue;
        const Accumulator *accumulator = llvm::find_if(accumulators, [&](const Accumulator &candidate) {
          return candidate.generic == g && generic->numInputs + candidate.output == a;
        });
        if (accumulator != accumulators.end()) {
          arguments[a] = state[accumulator - accumulators.begin()];
          continue;
        }
        if (auto it = written.find(access.buffer); it != written.end()) {
          arguments[a] = it->second;
          continue;
        }
        if (auto it = row.preloaded.find({g, a}); it != row.preloaded.end()) {
          arguments[a] = it->second;
          continue;
        }
        arguments[a] = loadLanes(nest.buffers[access.buffer].kind, buffers[access.buffer].memref, offsetOf(g, a),
                                 strideOf(access), lanes, count);
        if (access.prefetched && lanes == group.lanes && !count)
          prefetch(access, offsetOf(g, a), lanes);
      }
      auto emitIndex = [&, generic = generic](unsigned dim) -> Lane {
        int which = generic->loopOf[dim];
        if (which < 0)
          return {index(0), nullptr, true};
        if (which != loop)
          return {ivs[which], nullptr, true};
        Lane first{iv, nullptr, true};
        if (lanes == 1)
          return first;
        return {arith::AddIOp::create(b, loc, body.spread(first).re, stepVector(lanes, Size::constant(1))), nullptr,
                false, iv};
      };
      auto emitLoad = [&](memref::LoadOp load, ArrayRef<Lane> indices) {
        return loadCaptured(body, load, indices, count);
      };
      auto emitSize = [&](memref::DimOp dim) {
        return size(nest.buffers[nest.bufferOf(dim.getSource())].shape[*dim.getConstantIndex()]);
      };
      FailureOr<SmallVector<Lane>> yields = body.emit(block, arguments, emitIndex, emitLoad, emitSize);
      if (failed(yields))
        return failure();
      for (auto [i, value] : llvm::enumerate(*yields)) {
        const Access &access = generic->output(i);
        const Accumulator *accumulator = llvm::find_if(accumulators, [&, g = g, i = i](const Accumulator &candidate) {
          return candidate.generic == g && candidate.output == i;
        });
        if (accumulator != accumulators.end()) {
          Lane &current = state[accumulator - accumulators.begin()];
          // Lanes that are off keep what they have.
          current = lanes == 1 ? value : count ? body.select(mask(lanes, count), value, current) : body.spread(value);
          continue;
        }
        written[access.buffer] = value;
        // Of several rows that are added up, the last has the sum.
        if (buffers[access.buffer].memref && &row == &rows.back())
          storeLanes(value, nest.buffers[access.buffer].kind, buffers[access.buffer].memref,
                     offsetOf(g, generic->numInputs + i), strideOf(access), lanes, count,
                     access.streams && lanes == group.lanes);
      }
    }
  }
  return success();
}

LogicalResult LoopEmitter::emitVectorLoop(Group &group, const GroupRange &range, MutableArrayRef<Row> rows) {
  int loop = group.vectorLoop;
  if (loop < 0)
    return emitLanes(group, rows, nullptr, 1, nullptr, {}, {});
  const Bases &bases = rows.front().bases; // reductions along the vector loop take one row at a time
  Value begin = index(0), end = size(group.generics.front()->extents[loop]);
  if (plan.vectorOuter && loop == int(plan.numOuter) - 1) {
    begin = range.chunkBegin;
    end = range.chunkEnd;
  } else if (range.splitBegin && loop == int(plan.splitLoop)) {
    begin = range.splitBegin;
    end = range.splitEnd;
  }

  SmallVector<Accumulator> accumulators;
  SmallVector<Lane> previous, state;
  for (auto [g, generic] : llvm::enumerate(group.generics)) {
    Block &block = generic->op.getRegion().front();
    for (unsigned a = 0; a < generic->numInputs; ++a) {
      const Access &access = generic->accesses[a];
      if (access.strides[loop].is(0) && !block.getArgument(a).use_empty() && !writes(group, access.buffer))
        for (Row &row : rows)
          row.preloaded[{unsigned(g), a}] = loadLanes(nest.buffers[access.buffer].kind, buffers[access.buffer].memref,
                                                      row.bases[g][a], Size::constant(0), 1, nullptr);
    }
    if (!generic->reduction[loop])
      continue;
    for (unsigned i = 0; i < generic->numOutputs(); ++i) {
      accumulators.push_back({unsigned(g), i, matchCombiner(*generic, i)});
      const Access &access = generic->output(i);
      previous.push_back(loadLanes(nest.buffers[access.buffer].kind, buffers[access.buffer].memref,
                                   bases[g][generic->numInputs + i], Size::constant(0), 1, nullptr));
    }
  }
  auto kindOf = [&](const Accumulator &accumulator) -> const ElementKind & {
    return nest.buffers[group.generics[accumulator.generic]->output(accumulator.output).buffer].kind;
  };

  // One loop of `lanes` lanes over [from, to) in full steps, or masked when `masked`.
  auto emitStepLoop = [&](Value from, Value to, unsigned lanes, bool masked) -> LogicalResult {
    SmallVector<Value> init;
    for (const Lane &lane : state) {
      init.push_back(lane.re);
      if (lane.im)
        init.push_back(lane.im);
    }
    auto forOp = scf::ForOp::create(b, loc, from, to, index(lanes), init);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    unsigned next = 0;
    for (Lane &lane : state) {
      bool isComplex = bool(lane.im);
      lane = {forOp.getRegionIterArg(next), isComplex ? Value(forOp.getRegionIterArg(next + 1)) : Value(), lanes == 1};
      next += isComplex ? 2 : 1;
    }
    Value iv = forOp.getInductionVar();
    Value count = masked ? min(sub(to, iv), index(lanes)) : Value();
    ivs[loop] = iv;
    if (failed(emitLanes(group, rows, iv, lanes, count, accumulators, state)))
      return failure();
    SmallVector<Value> yields;
    for (const Lane &lane : state) {
      yields.push_back(lane.re);
      if (lane.im)
        yields.push_back(lane.im);
    }
    if (!init.empty() || forOp.getBody()->empty() || !forOp.getBody()->back().hasTrait<OpTrait::IsTerminator>())
      scf::YieldOp::create(b, loc, yields);
    next = 0;
    for (Lane &lane : state) {
      bool isComplex = bool(lane.im);
      lane = {forOp.getResult(next), isComplex ? Value(forOp.getResult(next + 1)) : Value(), lanes == 1};
      next += isComplex ? 2 : 1;
    }
    return success();
  };
  auto combine = [&](const Accumulator &accumulator, Lane first, Lane second) {
    return BodyEmitter(b, loc, 1).apply(accumulator.combiner, {first, second});
  };

  unsigned lanes = group.lanes, tailLanes = group.masked ? group.tailLanes : 1;
  const Size &extent = group.generics.front()->extents[loop];
  if (lanes == 1) {
    state = previous;
    if (failed(emitStepLoop(begin, end, 1, false)))
      return failure();
  } else {
    // Whole vectors, then the rest on fewer lanes. A chunk or piece is a multiple of the lanes except for the last.
    if (group.peels) {
      Value whole = begin;
      for (auto [generic, offsets] : llvm::zip(group.generics, bases))
        for (auto [access, offset] : llvm::zip(generic->accesses, offsets))
          if (access.streams) {
            int64_t line = LoopPlan::lineBytes / nest.buffers[access.buffer].kind.elementBytes();
            Value used = b.createOrFold<arith::RemUIOp>(loc, add(offset, begin), index(line));
            Value rest = b.createOrFold<arith::RemUIOp>(loc, sub(index(line), used), index(line));
            whole = min(add(begin, rest), end);
          }
      if (failed(emitStepLoop(begin, whole, tailLanes, true)))
        return failure();
      begin = whole;
    }
    bool exact = extent.isConstant() && extent.coefficient % lanes == 0 && !group.peels;
    bool noMain = (extent.isConstant() && extent.coefficient < int64_t(lanes)) || (group.onlyMasked && !exact);
    BodyEmitter body(b, loc, lanes);
    if (noMain)
      body.lanes = lanes = tailLanes;
    for (const Accumulator &accumulator : accumulators) {
      state.push_back(body.spread(neutral(accumulator.combiner, kindOf(accumulator))));
      if (plan.tracksNan && isa<arith::MaximumFOp, arith::MinimumFOp>(accumulator.combiner))
        state.back() = body.trackNan(state.back());
    }
    Value split = begin;
    if (!noMain) {
      Value span = sub(end, begin);
      Value full = exact ? span : sub(span, b.createOrFold<arith::RemUIOp>(loc, span, index(lanes)));
      split = exact ? end : add(begin, full);
      if (failed(emitStepLoop(begin, split, lanes, false)))
        return failure();
    }
    auto fold = [&](unsigned to) -> LogicalResult {
      for (auto [accumulator, lane] : llvm::zip(accumulators, state)) {
        body.lanes = lanes;
        FailureOr<Lane> folded = body.foldLanes(accumulator.combiner, lane, to);
        if (failed(folded))
          return failure();
        lane = *folded;
      }
      lanes = to;
      return success();
    };
    if (!exact || noMain) {
      if (failed(fold(tailLanes)) || failed(emitStepLoop(split, end, tailLanes, tailLanes > 1)))
        return failure();
    }
    if (failed(fold(1)))
      return failure();
    for (auto [accumulator, before, lane] : llvm::zip(accumulators, previous, state)) {
      if (lane.im && !kindOf(accumulator).isComplex)
        lane = body.untrackNan(lane);
      FailureOr<Lane> total = combine(accumulator, before, lane);
      if (failed(total))
        return failure();
      lane = *total;
    }
  }
  for (auto [accumulator, lane] : llvm::zip(accumulators, state)) {
    Generic &generic = *group.generics[accumulator.generic];
    const Access &access = generic.output(accumulator.output);
    storeLanes(lane, kindOf(accumulator), buffers[access.buffer].memref,
               bases[accumulator.generic][generic.numInputs + accumulator.output], Size::constant(0), 1, nullptr);
  }
  return success();
}

LoopEmitter::Row LoopEmitter::advance(const Group &group, const Bases &bases, unsigned loop, Value iv) {
  Row row{bases, iv, Preloaded()};
  for (auto [generic, offsets] : llvm::zip(group.generics, row.bases))
    for (auto [access, offset] : llvm::zip(generic->accesses, offsets))
      if (!access.strides[loop].is(0))
        offset = add(offset, mul(iv, size(access.strides[loop])));
  return row;
}

LogicalResult LoopEmitter::emitLoops(Group &group, const GroupRange &range, unsigned loop, Bases bases) {
  if (loop == group.numLoops) {
    Row row{std::move(bases), nullptr, Preloaded()};
    return emitVectorLoop(group, range, row);
  }
  if (int(loop) == group.vectorLoop)
    return emitLoops(group, range, loop + 1, std::move(bases));
  Value begin = index(0), end = size(group.generics.front()->extents[loop]);
  if (range.splitBegin && loop == plan.splitLoop) {
    begin = range.splitBegin;
    end = range.splitEnd;
  }
  auto emitLoop = [&](Value from, Value to, unsigned step) -> LogicalResult {
    auto forOp = scf::ForOp::create(b, loc, from, to, index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(forOp.getBody());
    Value iv = ivs[loop] = forOp.getInductionVar();
    if (step == 1)
      return emitLoops(group, range, loop + 1, advance(group, bases, loop, iv).bases);
    SmallVector<Row> rows;
    for (unsigned i = 0; i < step; ++i)
      rows.push_back(advance(group, bases, loop, add(iv, index(i))));
    return emitVectorLoop(group, range, rows);
  };
  unsigned step = loop + 1 == group.numLoops ? group.rowsAtOnce : 1;
  if (step > 1) {
    Value span = sub(end, begin);
    Value middle = add(begin, sub(span, b.createOrFold<arith::RemUIOp>(loc, span, index(step))));
    if (failed(emitLoop(begin, middle, step)))
      return failure();
    const Size &extent = group.generics.front()->extents[loop];
    if (extent.isConstant() && extent.coefficient % step == 0 && !(range.splitBegin && loop == plan.splitLoop))
      return success();
    begin = middle;
  }
  return emitLoop(begin, end, 1);
}

LogicalResult LoopEmitter::emitGroup(Group &group, const GroupRange &range) {
  ivs.assign(group.numLoops, Value());
  Bases bases;
  for (Generic *generic : group.generics) {
    auto &offsets = bases.emplace_back();
    for (const Access &access : generic->accesses) {
      const FlatBuffer &buffer = buffers[access.buffer];
      Value offset = index(0);
      if (buffer.offset)
        offset = add(offset, buffer.offset);
      for (const Size &term : access.offset)
        offset = add(offset, size(term));
      for (auto [loop, row] : llvm::enumerate(range.rows))
        if (!access.strides[loop].is(0))
          offset = add(offset, mul(row, size(access.strides[loop])));
      if (nest.buffers[access.buffer].isTemporary && range.chunkBegin)
        offset = sub(offset, range.chunkBegin);
      offsets.push_back(offset);
    }
  }
  for (auto [loop, row] : llvm::enumerate(range.rows))
    ivs[loop] = row;
  return emitLoops(group, range, plan.numRows() + (plan.vectorOuter ? 1 : 0), std::move(bases));
}

} // namespace tcc
