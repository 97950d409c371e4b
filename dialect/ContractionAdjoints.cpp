// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of dot_general and convolution: the same contraction with one operand replaced by the cotangent.
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

/// `places`, then the partners of contracted axes in the order in which they come out of a product: that of their own
/// tensor.
static SmallVector<int64_t> partners(ArrayRef<int64_t> mine, ArrayRef<int64_t> theirs, SmallVector<int64_t> places) {
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(mine.size()));
  llvm::sort(order, [&](int64_t i, int64_t j) { return mine[i] < mine[j]; });
  for (int64_t i : order)
    places.push_back(theirs[i]);
  return places;
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

// With x spread by a = x_dilation, padding l, window of size K, strides s and w_dilation d, a product of x at i and w
// at k enters y at p where a i = s p + d k - l (if flip: where a i = s p + d (K - 1 - k) - l). Solved for i, with the
// roles of a and s exchanged, s p = a i + d (K - 1 - k) - (d (K - 1) - l): a convolution of dy with w turned (not
// turned) whose padding is d (K - 1) - l. Solved for k, with those of d and s exchanged, it is one of x with dy. The
// padding behind is what gives results for all of x (of w).
LogicalResult ConvolutionOp::pullback(AdjointBuilder &b) {
  RankedTensorType x = getX().getType(), w = getW().getType(), y = getY().getType();
  ArrayRef<int64_t> xWindow = getXWindow(), wWindow = getWWindow(), strides = getStrides(), low = getLow();
  ArrayRef<int64_t> xDilation = getXDilation(), wDilation = getWDilation();
  for (auto [i, j] : llvm::zip_equal(xWindow, wWindow))
    if (x.isDynamicDim(i) || w.isDynamicDim(j))
      return emitError("the gradient of a convolution needs known sizes along the window's axes, got ")
             << Type(x) << " and " << Type(w);
  auto freeOf = [](RankedTensorType type, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract,
                   ArrayRef<int64_t> window) {
    SmallVector<int64_t> used(contract);
    llvm::append_range(used, window);
    return freeAxes(type.getRank(), batch, used);
  };
  SmallVector<int64_t> xFree = freeOf(x, getXBatch(), getXContract(), xWindow);
  SmallVector<int64_t> wFree = freeOf(w, getWBatch(), getWContract(), wWindow);
  SmallVector<int64_t> axisOf(y.getRank());
  for (auto [axis, number] : llvm::enumerate(getPerm()))
    axisOf[number] = axis;
  ArrayRef<int64_t> rest = axisOf;
  auto take = [&](size_t count) {
    ArrayRef<int64_t> axes = rest.take_front(count);
    rest = rest.drop_front(count);
    return axes;
  };
  ArrayRef<int64_t> yBatch = take(getXBatch().size()), yX = take(xFree.size()), yW = take(wFree.size()), yWindow = rest;
  // `places`: the axis of the result for each of the batch, free and window axes in their order.
  auto convolve = [&](Value lhs, Value rhs, ArrayRef<int64_t> lhsBatch, ArrayRef<int64_t> rhsBatch,
                      ArrayRef<int64_t> lhsContract, ArrayRef<int64_t> rhsContract, ArrayRef<int64_t> lhsWindow,
                      ArrayRef<int64_t> rhsWindow, ArrayRef<int64_t> steps, ArrayRef<int64_t> before,
                      ArrayRef<int64_t> behind, ArrayRef<int64_t> lhsDilation, ArrayRef<int64_t> rhsDilation, bool flip,
                      ArrayRef<int64_t> places) {
    SmallVector<int64_t> perm(places.size());
    for (auto [number, axis] : llvm::enumerate(places))
      perm[axis] = number;
    return b.create<ConvolutionOp>(lhs, rhs, b.integers(lhsBatch), b.integers(rhsBatch), b.integers(lhsContract),
                                   b.integers(rhsContract), b.integers(lhsWindow), b.integers(rhsWindow),
                                   b.integers(steps), b.integers(before), b.integers(behind), b.integers(lhsDilation),
                                   b.integers(rhsDilation), b.builder.getBoolAttr(flip), b.integers(perm));
  };
  SmallVector<int64_t> before, behind;
  if (b.wants(0)) {
    for (size_t i = 0; i < xWindow.size(); ++i) {
      int64_t size = w.getDimSize(wWindow[i]), reach = dilatedSize(size, wDilation[i]);
      before.push_back(wDilation[i] * (size - 1) - low[i]);
      behind.push_back((x.getDimSize(xWindow[i]) - 1) * xDilation[i] + reach -
                       dilatedSize(y.getDimSize(yWindow[i]), strides[i]) - before[i]);
    }
    SmallVector<int64_t> places = partners(yX, xFree, SmallVector<int64_t>(getXBatch()));
    places = partners(getWContract(), getXContract(), places);
    llvm::append_range(places, xWindow);
    b.accumulate(0, convolve(b.dy(), b.create<ConjOp>(getW()), yBatch, getWBatch(), yW, wFree, yWindow, wWindow,
                             xDilation, before, behind, strides, wDilation, !getFlip(), places));
  }
  if (b.wants(1)) {
    behind.clear();
    for (size_t i = 0; i < xWindow.size(); ++i)
      behind.push_back((w.getDimSize(wWindow[i]) - 1) * wDilation[i] +
                       dilatedSize(y.getDimSize(yWindow[i]), strides[i]) -
                       dilatedSize(x.getDimSize(xWindow[i]), xDilation[i]) - low[i]);
    SmallVector<int64_t> places = partners(getXContract(), getWContract(), SmallVector<int64_t>(getWBatch()));
    places = partners(yW, wFree, places);
    llvm::append_range(places, wWindow);
    Value dw = convolve(b.create<ConjOp>(getX()), b.dy(), getXBatch(), yBatch, xFree, yX, xWindow, yWindow, wDilation,
                        low, behind, xDilation, strides, false, places);
    b.accumulate(1, getFlip() ? b.create<ReverseOp>(dw, getWWindowAttr()) : dw);
  }
  return success();
}

} // namespace tcc
