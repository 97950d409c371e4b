// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Partial results: where blocks accumulate those of split reductions and of reductions across rows, and the function
// that combines them, in the order of the blocks, so that no result depends on the number of threads.

#include "passes/KernelWriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace tcc {

void KernelWriter::addPartials() {
  partialShare = constant(0);
  auto addPartial = [&](unsigned id, Operation *combiner, const Size &elements, const Crossing *crossing) {
    partials.push_back({id, combiner, partialShare, elements, crossing});
    int64_t width = llvm::divideCeil(nest.buffers[id].kind.compute.getIntOrFloatBitWidth(), 8);
    partialShare = partialShare + (elements.toAffine(context) * width).ceilDiv(64) * 64;
  };
  if (plan.splitGroup >= 0)
    for (Generic *generic : plan.groups[plan.splitGroup].generics)
      for (unsigned i = 0; generic->hasReduction() && i < generic->numOutputs(); ++i) {
        unsigned id = generic->output(i).buffer;
        addPartial(id, matchCombiner(*generic, i), ownElements(nest.buffers[id]), nullptr);
      }
  for (const Crossing &crossing : nest.crossings) {
    const Buffer &buffer = nest.buffers[crossing.partial];
    Size elements = Size::constant(buffer.kind.isComplex ? 2 : 1);
    for (const Size &size : buffer.shape)
      elements = elements * size;
    addPartial(crossing.partial, crossing.combiner, elements, &crossing);
  }
}

/// A loop over the elements of a partial result, on vectors as far as these go.
LogicalResult KernelWriter::forElements(const Partial &partial,
                                        function_ref<LogicalResult(unsigned lanes, Value at)> body) {
  unsigned parts = nest.buffers[partial.buffer].kind.isComplex ? 2 : 1;
  bool onVectors = llvm::any_of(plan.groups, [](const Group &group) { return group.lanes > 1; });
  Value begin = emitter.index(0);
  Value end = b.createOrFold<arith::DivUIOp>(loc, emitter.size(partial.elements), emitter.index(parts));
  for (int64_t lanes : {16, 1}) {
    if (lanes > 1 && !onVectors)
      continue;
    Value rest = b.createOrFold<arith::RemUIOp>(loc, end, emitter.index(lanes));
    Value last = emitter.sub(end, rest);
    auto elements = scf::ForOp::create(b, loc, begin, last, emitter.index(lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(elements.getBody());
    if (failed(body(lanes, elements.getInductionVar())))
      return failure();
    begin = last;
  }
  return success();
}

/// Neutral elements where the block's partial results go.
LogicalResult KernelWriter::startPartials(Value block, Value scratch) {
  Value base = emitter.mul(block, expand(partialShare));
  for (Partial &partial : partials) {
    const ElementKind &kind = nest.buffers[partial.buffer].kind;
    ElementKind wide{kind.compute, kind.compute, kind.isComplex};
    Value memref = view(scratch, wide, emitter.add(base, expand(partial.offset)), partial.elements.toAffine(context));
    emitter.buffers[partial.buffer] = {memref, nullptr};
    auto store = [&](unsigned lanes, Value at) -> LogicalResult {
      Lane neutral = emitter.neutral(partial.combiner, kind);
      emitter.storeLanes(neutral, wide, memref, at, Size::constant(1), lanes, nullptr);
      return success();
    };
    if (failed(forElements(partial, store)))
      return failure();
  }
  return success();
}

/// Combines the partial results of a range of blocks, in their order, with what their target holds or starts from.
LogicalResult KernelWriter::foldPartials(Partial &partial, Value firstBlock, Value numBlocks, Value scratch) {
  unsigned target = partial.crossing ? partial.crossing->output : partial.buffer;
  const ElementKind &kind = nest.buffers[target].kind;
  ElementKind wide{kind.compute, kind.compute, kind.isComplex};
  Value to = emitter.buffers[target].memref;
  return forElements(partial, [&](unsigned lanes, Value at) -> LogicalResult {
    BodyEmitter body(b, loc, lanes);
    FailureOr<Lane> total = partial.crossing ? emitInitial(*partial.crossing, body)
                                             : emitter.loadLanes(kind, to, at, Size::constant(1), lanes, nullptr);
    if (failed(total))
      return failure();
    *total = body.spread(*total);
    SmallVector<Value> init = {total->re};
    if (kind.isComplex)
      init.push_back(total->im);
    auto blockLoop = scf::ForOp::create(b, loc, emitter.index(0), numBlocks, emitter.index(1), init);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(blockLoop.getBody());
      Value block = emitter.add(firstBlock, blockLoop.getInductionVar());
      Value byteOffset = emitter.add(emitter.mul(block, expand(partialShare)), expand(partial.offset));
      Value from = view(scratch, wide, byteOffset, partial.elements.toAffine(context));
      total->re = blockLoop.getRegionIterArg(0);
      total->im = kind.isComplex ? Value(blockLoop.getRegionIterArg(1)) : Value();
      Lane piece = emitter.loadLanes(wide, from, at, Size::constant(1), lanes, nullptr);
      FailureOr<Lane> sum = body.apply(partial.combiner, {*total, piece});
      if (failed(sum))
        return failure();
      SmallVector<Value> yields = {sum->re};
      if (kind.isComplex)
        yields.push_back(sum->im);
      scf::YieldOp::create(b, loc, yields);
    }
    total->re = blockLoop.getResult(0);
    total->im = kind.isComplex ? Value(blockLoop.getResult(1)) : Value();
    emitter.storeLanes(*total, kind, to, at, Size::constant(1), lanes, nullptr);
    return success();
  });
}

/// What the output of a crossing starts from, as its fill computes it.
FailureOr<Lane> KernelWriter::emitInitial(const Crossing &crossing, BodyEmitter &body) {
  linalg::GenericOp fill = crossing.fill;
  SmallVector<Lane> outputs(fill.getNumDpsInits());
  FailureOr<SmallVector<Lane>> values = body.emit(
      fill.getRegion().front(), outputs, [](unsigned) { return Lane(); },
      [](memref::LoadOp, ArrayRef<Lane>) { return FailureOr<Lane>(failure()); }, [](memref::DimOp) { return Value(); });
  if (failed(values))
    return failure();
  return (*values)[crossing.result];
}

LogicalResult KernelWriter::writeFinish() {
  func::FuncOp function = createFunction(nest.function.getName() + "_finish", false);
  Value scratch = function.getArguments().back();
  if (!nest.crossings.empty()) {
    for (Partial &partial : partials)
      if (failed(foldPartials(partial, emitter.index(0), expand(blocks()), scratch)))
        return failure();
    return success();
  }
  placeTemporaries(function, emitter.index(0));
  auto forOp = scf::ForOp::create(b, loc, emitter.index(0), expand(outerBlocks()), emitter.index(1));
  b.setInsertionPointToStart(forOp.getBody());
  Value outerBlock = forOp.getInductionVar();
  GroupRange range = outerRange(outerBlock);
  for (auto [i, group] : llvm::enumerate(plan.groups)) {
    if (int(i) != plan.splitGroup) {
      if (failed(emitter.emitGroup(group, range)))
        return failure();
      continue;
    }
    Value numPieces = expand(pieces());
    for (Partial &partial : partials)
      if (failed(foldPartials(partial, emitter.mul(outerBlock, numPieces), numPieces, scratch)))
        return failure();
  }
  return success();
}

} // namespace tcc
