// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fills, neutral elements and accumulators of a kernel, brought into the form that planning and emission expect.
#include "passes/PrepareKernel.h"

#include "passes/LoopNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace tcc {

bool accumulateInTemporary(func::FuncOp kernel, linalg::GenericOp reduction, OpOperand &output) {
  unsigned numOuter = 0;
  if (auto outer = kernel->getAttrOfType<IntegerAttr>("tcc.outer"))
    numOuter = outer.getInt();
  AffineMap map = reduction.getMatchingIndexingMap(&output);
  if (!map.isProjectedPermutation() || map.getNumResults() < numOuter)
    return false;
  for (unsigned d = 0; d < numOuter; ++d)
    if (map.getDimPosition(d) != d)
      return false;
  Value argument = output.get();
  auto type = cast<MemRefType>(argument.getType());
  Block &entry = kernel.getBody().front();
  OpBuilder b(&entry, entry.begin());
  Location loc = reduction.getLoc();
  SmallVector<Value> sizes;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      sizes.push_back(memref::DimOp::create(b, loc, argument, axis));
  Value temporary = memref::AllocOp::create(b, loc, type, sizes);
  // Also reads at computed positions, which are in the bodies.
  argument.replaceUsesWithIf(temporary, [](OpOperand &use) {
    return isa<linalg::GenericOp>(use.getOwner()) || use.getOwner()->getParentOfType<linalg::GenericOp>();
  });
  b.setInsertionPoint(entry.getTerminator());
  AffineMap identity = b.getMultiDimIdentityMap(type.getRank());
  linalg::GenericOp::create(
      b, loc, ValueRange{temporary}, ValueRange{argument}, ArrayRef<AffineMap>{identity, identity},
      SmallVector<utils::IteratorType>(type.getRank(), utils::IteratorType::parallel),
      [](OpBuilder &body, Location loc, ValueRange values) { linalg::YieldOp::create(body, loc, values.front()); });
  return true;
}

void prepareKernel(func::FuncOp kernel) {
  Block &entry = kernel.getBody().front();
  IRRewriter rewriter(kernel.getContext());
  for (auto fill : llvm::make_early_inc_range(entry.getOps<linalg::FillOp>())) {
    rewriter.setInsertionPoint(fill);
    Value output = fill.getDpsInits().front(), value = fill.getInputs().front();
    unsigned rank = cast<MemRefType>(output.getType()).getRank();
    linalg::GenericOp::create(
        rewriter, fill.getLoc(), ValueRange{}, ValueRange{output},
        ArrayRef<AffineMap>{rewriter.getMultiDimIdentityMap(rank)},
        SmallVector<utils::IteratorType>(rank, utils::IteratorType::parallel),
        [&](OpBuilder &body, Location loc, ValueRange) { linalg::YieldOp::create(body, loc, value); });
    rewriter.eraseOp(fill);
  }
  for (auto generic : llvm::make_early_inc_range(entry.getOps<linalg::GenericOp>()))
    if (llvm::is_contained(generic.getIteratorTypesArray(), utils::IteratorType::reduction))
      for (OpOperand &output : generic.getDpsInitsMutable()) {
        Type element = cast<MemRefType>(output.get().getType()).getElementType();
        if ((element.isF16() || element.isBF16()) && isa<BlockArgument>(output.get()))
          accumulateInTemporary(kernel, generic, output);
      }
  auto generics = llvm::to_vector(entry.getOps<linalg::GenericOp>());
  if (generics.empty())
    return;
  Operation *first = generics.front();
  for (Operation &op : llvm::make_early_inc_range(llvm::make_range(first->getIterator(), entry.end())))
    if (!isa<linalg::GenericOp>(op) && !op.hasTrait<OpTrait::IsTerminator>())
      op.moveBefore(first);
  for (auto [i, generic] : llvm::enumerate(generics)) {
    if (!isFill(generic) || generic.getNumDpsInits() != 1)
      continue;
    Value output = generic.getDpsInits().front();
    bool touchedBefore = llvm::any_of(ArrayRef(generics).take_front(i), [&](linalg::GenericOp before) {
      return llvm::is_contained(before->getOperands(), output) ||
             before
                 ->walk([&](memref::LoadOp load) {
                   return load.getMemRef() == output ? WalkResult::interrupt() : WalkResult::advance();
                 })
                 .wasInterrupted();
    });
    if (!touchedBefore && generic.getOperation() != first)
      generic->moveBefore(first);
  }
}

} // namespace tcc
