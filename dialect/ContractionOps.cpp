// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference of dot_general.
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

TCC_INFER(DotGeneralOp) {
  RankedTensorType a = tensorType(adaptor.getA()), b = tensorType(adaptor.getB());
  auto fail = [&] { return InferenceError(loc, getOperationName()); };
  if (a.getElementType() != b.getElementType())
    return fail() << "element types differ: " << Type(a) << " and " << Type(b);
  auto allAxes = [](ArrayRef<int64_t> batch, ArrayRef<int64_t> contract) {
    SmallVector<int64_t> all(batch);
    llvm::append_range(all, contract);
    return all;
  };
  SmallVector<int64_t> lhs = allAxes(adaptor.getLhsBatch(), adaptor.getLhsContract());
  SmallVector<int64_t> rhs = allAxes(adaptor.getRhsBatch(), adaptor.getRhsContract());
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

} // namespace tcc
