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
    Value da = b.create<DotGeneralOp>(b.dy(), b.create<ConjOp>(getB()), b.integers(yBatch), b.integers(rb),
                                      b.integers(yRhs), b.integers(rf));
    SmallVector<int64_t> places(lb);
    llvm::append_range(places, lf);
    b.accumulate(0, arranged(b, da, partners(rc, lc, places)));
  }
  if (b.wants(1)) {
    Value db = b.create<DotGeneralOp>(b.create<ConjOp>(getA()), b.dy(), b.integers(lb), b.integers(yBatch),
                                      b.integers(lf), b.integers(yLhs));
    SmallVector<int64_t> places = partners(lc, rc, SmallVector<int64_t>(rb));
    llvm::append_range(places, rf);
    b.accumulate(1, arranged(b, db, places));
  }
  return success();
}

} // namespace tcc
