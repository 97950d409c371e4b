// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference of dot_general and convolution.
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

static SmallVector<int64_t> joined(std::initializer_list<ArrayRef<int64_t>> lists) {
  SmallVector<int64_t> all;
  for (ArrayRef<int64_t> list : lists)
    llvm::append_range(all, list);
  return all;
}

TCC_INFER(DotGeneralOp) {
  RankedTensorType a = tensorType(adaptor.getA()), b = tensorType(adaptor.getB());
  auto fail = [&] { return InferenceError(loc, getOperationName()); };
  if (a.getElementType() != b.getElementType())
    return fail() << "element types differ: " << Type(a) << " and " << Type(b);
  SmallVector<int64_t> lhs = joined({adaptor.getLhsBatch(), adaptor.getLhsContract()});
  SmallVector<int64_t> rhs = joined({adaptor.getRhsBatch(), adaptor.getRhsContract()});
  if (!areDistinctAxes(lhs, a.getRank()))
    return fail() << "lhs_batch and lhs_contract must be distinct axes of a, got " << lhs << " for " << Type(a);
  if (!areDistinctAxes(rhs, b.getRank()))
    return fail() << "rhs_batch and rhs_contract must be distinct axes of b, got " << rhs << " for " << Type(b);
  if (adaptor.getLhsBatch().size() != adaptor.getRhsBatch().size() || lhs.size() != rhs.size())
    return fail() << "expects as many axes of a as of b, got " << lhs << " and " << rhs;
  SmallVector<int64_t> shape;
  for (auto [index, axes] : llvm::enumerate(llvm::zip_equal(lhs, rhs))) {
    auto [i, j] = axes;
    if (!mayBeEqual(a.getDimSize(i), b.getDimSize(j)))
      return fail() << "axis " << i << " of a and axis " << j << " of b differ: " << Type(a) << " and " << Type(b);
    if (index < adaptor.getLhsBatch().size())
      shape.push_back(ShapedType::isDynamic(a.getDimSize(i)) ? b.getDimSize(j) : a.getDimSize(i));
  }
  llvm::append_range(shape, withoutAxes(a.getShape(), lhs));
  llvm::append_range(shape, withoutAxes(b.getShape(), rhs));
  types.push_back(a.clone(shape));
  return success();
}

TCC_INFER(ConvolutionOp) {
  RankedTensorType x = tensorType(adaptor.getX()), w = tensorType(adaptor.getW());
  auto fail = [&] { return InferenceError(loc, getOperationName()); };
  if (x.getElementType() != w.getElementType())
    return fail() << "element types differ: " << Type(x) << " and " << Type(w);
  ArrayRef<int64_t> xWindow = adaptor.getXWindow(), wWindow = adaptor.getWWindow();
  SmallVector<int64_t> xAxes = joined({adaptor.getXBatch(), adaptor.getXContract(), xWindow});
  SmallVector<int64_t> wAxes = joined({adaptor.getWBatch(), adaptor.getWContract(), wWindow});
  if (!areDistinctAxes(xAxes, x.getRank()))
    return fail() << "x_batch, x_contract and x_window must be distinct axes of x, got " << xAxes << " for " << Type(x);
  if (!areDistinctAxes(wAxes, w.getRank()))
    return fail() << "w_batch, w_contract and w_window must be distinct axes of w, got " << wAxes << " for " << Type(w);
  if (adaptor.getXBatch().size() != adaptor.getWBatch().size() || xWindow.size() != wWindow.size() ||
      xAxes.size() != wAxes.size())
    return fail() << "expects as many axes of x as of w, got " << xAxes << " and " << wAxes;
  SmallVector<int64_t> sizes;
  size_t numBatch = adaptor.getXBatch().size();
  for (auto [index, axes] : llvm::enumerate(llvm::zip_equal(xAxes, wAxes))) {
    auto [i, j] = axes;
    if (index + xWindow.size() >= xAxes.size())
      break;
    if (!mayBeEqual(x.getDimSize(i), w.getDimSize(j)))
      return fail() << "axis " << i << " of x and axis " << j << " of w differ: " << Type(x) << " and " << Type(w);
    if (index < numBatch)
      sizes.push_back(ShapedType::isDynamic(x.getDimSize(i)) ? w.getDimSize(j) : x.getDimSize(i));
  }
  llvm::append_range(sizes, withoutAxes(x.getShape(), xAxes));
  llvm::append_range(sizes, withoutAxes(w.getShape(), wAxes));
  ArrayRef<int64_t> strides = adaptor.getStrides(), low = adaptor.getLow(), high = adaptor.getHigh();
  ArrayRef<int64_t> xDilation = adaptor.getXDilation(), wDilation = adaptor.getWDilation();
  for (ArrayRef<int64_t> list : {strides, low, high, xDilation, wDilation})
    if (list.size() != xWindow.size())
      return fail() << "expects an entry for each of the window's axes " << xWindow << ", got " << list;
  for (ArrayRef<int64_t> list : {strides, xDilation, wDilation})
    if (llvm::any_of(list, [](int64_t step) { return step < 1; }))
      return fail() << "strides and dilations must be positive, got " << list;
  for (size_t i = 0; i < xWindow.size(); ++i) {
    int64_t size = dilatedSize(x.getDimSize(xWindow[i]), xDilation[i]);
    sizes.push_back(windowPositions(ShapedType::isDynamic(size) ? size : size + low[i] + high[i],
                                    dilatedSize(w.getDimSize(wWindow[i]), wDilation[i]), strides[i]));
  }
  ArrayRef<int64_t> perm = adaptor.getPerm();
  if (perm.size() != sizes.size() || !areDistinctAxes(perm, sizes.size()))
    return fail() << "perm must be a permutation of the " << int64_t(sizes.size()) << " axes of y, got " << perm;
  types.push_back(x.clone(llvm::map_to_vector(perm, [&](int64_t place) { return sizes[place]; })));
  return success();
}

} // namespace tcc
