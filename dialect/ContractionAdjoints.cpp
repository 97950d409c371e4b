// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoint of dot_general: the same contraction with one operand replaced by the cotangent.
#include "dialect/AdjointBuilder.h"
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

static SmallVector<int64_t> freeAxes(int64_t rank, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract) {
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (!llvm::is_contained(batch, axis) && !llvm::is_contained(contract, axis))
      axes.push_back(axis);
  return axes;
}

/// x with its axes in the order in which `places` puts them: axis i of x goes to places[i].
static Value arranged(AdjointBuilder &b, Value x, ArrayRef<int64_t> places) {
  SmallVector<int64_t> perm(places.size());
  for (auto [from, to] : llvm::enumerate(places))
    perm[to] = from;
  return b.create<TransposeOp>(x, b.integers(perm));
}

/// dot_general(x, y). Where nothing is summed over it is an elementwise product, which can join what comes after: the
/// gradient of a product with a vector is an outer product, seldom wanted for itself.
static Value product(AdjointBuilder &b, Value x, Value y, ArrayRef<int64_t> xBatch, ArrayRef<int64_t> yBatch,
                     ArrayRef<int64_t> xContract, ArrayRef<int64_t> yContract) {
  if (!xContract.empty() || !tensorType(x).hasStaticShape() || !tensorType(y).hasStaticShape())
    return b.create<DotGeneralOp>(x, y, b.integers(xBatch), b.integers(yBatch), b.integers(xContract),
                                  b.integers(yContract));
  SmallVector<int64_t> xFree = freeAxes(tensorType(x).getRank(), xBatch, {});
  SmallVector<int64_t> yFree = freeAxes(tensorType(y).getRank(), yBatch, {});
  int64_t numBatch = xBatch.size(), numX = xFree.size(), numY = yFree.size();
  auto batchFirst = [&](Value from, ArrayRef<int64_t> batch, ArrayRef<int64_t> free) {
    SmallVector<int64_t> perm(batch);
    llvm::append_range(perm, free);
    return b.create<TransposeOp>(from, b.integers(perm));
  };
  x = batchFirst(x, xBatch, xFree);
  y = batchFirst(y, yBatch, yFree);
  SmallVector<int64_t> shape(tensorType(x).getShape());
  llvm::append_range(shape, tensorType(y).getShape().drop_front(numBatch));
  auto xDims = llvm::to_vector(llvm::seq<int64_t>(numBatch + numX));
  auto yDims = llvm::to_vector(llvm::seq<int64_t>(numBatch));
  llvm::append_range(yDims, llvm::seq<int64_t>(numBatch + numX, numBatch + numX + numY));
  RankedTensorType type = tensorType(x).clone(shape);
  return b.create<MultiplyOp>(b.create<BroadcastOp>(type, x, Value(), b.integers(xDims)),
                              b.create<BroadcastOp>(type, y, Value(), b.integers(yDims)));
}

LogicalResult DotGeneralOp::pullback(AdjointBuilder &b) {
  ArrayRef<int64_t> lb = getLhsBatch(), rb = getRhsBatch(), lc = getLhsContract(), rc = getRhsContract();
  SmallVector<int64_t> lf = freeAxes(getA().getType().getRank(), lb, lc);
  SmallVector<int64_t> rf = freeAxes(getB().getType().getRank(), rb, rc);
  // The axes of y: batch, then a's free axes, then b's.
  int64_t batch = lb.size();
  auto yBatch = llvm::to_vector(llvm::seq<int64_t>(0, batch));
  auto yLhs = llvm::to_vector(llvm::seq<int64_t>(batch, batch + lf.size()));
  auto yRhs = llvm::to_vector(llvm::seq<int64_t>(batch + lf.size(), getType().getRank()));
  // The partners of contracted axes, in the order in which they come out of a product: that of their own tensor.
  auto partners = [](ArrayRef<int64_t> mine, ArrayRef<int64_t> theirs, SmallVector<int64_t> places) {
    SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(mine.size()));
    llvm::sort(order, [&](int64_t i, int64_t j) { return mine[i] < mine[j]; });
    for (int64_t i : order)
      places.push_back(theirs[i]);
    return places;
  };
  if (b.wants(0)) {
    Value da = product(b, b.dy(), b.create<ConjOp>(getB()), yBatch, rb, yRhs, rf);
    SmallVector<int64_t> places(lb);
    llvm::append_range(places, lf);
    b.accumulate(0, arranged(b, da, partners(rc, lc, places)));
  }
  if (b.wants(1)) {
    Value db = product(b, b.create<ConjOp>(getA()), b.dy(), lb, yBatch, lf, yLhs);
    SmallVector<int64_t> places = partners(lc, rc, SmallVector<int64_t>(rb));
    llvm::append_range(places, rf);
    b.accumulate(1, arranged(b, db, places));
  }
  return success();
}

} // namespace tcc
