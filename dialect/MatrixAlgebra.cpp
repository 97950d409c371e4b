// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix algebra on stacks of matrices as tcc ops.
#include "dialect/MatrixAlgebra.h"

using namespace mlir;

namespace tcc {

Value MatrixAlgebra::squaredMagnitude(Value x) {
  if (!isComplex(x.getType()))
    return b.create<SquareOp>(x);
  return add(b.create<SquareOp>(b.create<RealOp>(x)), b.create<SquareOp>(b.create<ImagOp>(x)));
}

Value MatrixAlgebra::product(Value x, Value y) {
  int64_t rank = tensorType(x).getRank();
  auto batch = b.integers(llvm::to_vector(llvm::seq<int64_t>(rank - 2)));
  return b.create<DotGeneralOp>(x, y, batch, batch, b.integers({rank - 1}), b.integers({rank - 2}));
}

Value MatrixAlgebra::transpose(Value x) {
  auto perm = llvm::to_vector(llvm::seq<int64_t>(tensorType(x).getRank()));
  std::swap(perm.end()[-1], perm.end()[-2]);
  return b.create<TransposeOp>(x, b.integers(perm));
}

Value MatrixAlgebra::solveTriangular(Value t, Value x, bool lower, bool isAdjoint, bool unit) {
  return b.create<TriangularSolveOp>(t, x, b.builder.getBoolAttr(lower), b.builder.getBoolAttr(isAdjoint),
                                     b.builder.getBoolAttr(unit));
}

Value MatrixAlgebra::solveTriangularRight(Value t, Value x, bool lower, bool isAdjoint, bool unit) {
  // x t^-1 = (t^-H x^H)^H
  return adjointOf(solveTriangular(t, adjointOf(x), lower, !isAdjoint, unit));
}

Value MatrixAlgebra::sliced(Value x, int64_t fromLast, int64_t begin, int64_t end) {
  RankedTensorType type = tensorType(x);
  int64_t rank = type.getRank(), axis = rank - fromLast;
  SmallVector<int64_t> starts(rank, 0), limits, strides(rank, 1);
  for (int64_t size : type.getShape())
    limits.push_back(ShapedType::isDynamic(size) ? -1 : size);
  starts[axis] = begin;
  if (end >= 0)
    limits[axis] = end;
  return b.create<SliceOp>(x, b.integers(starts), b.integers(limits), b.integers(strides));
}

Value MatrixAlgebra::spread(Value v, Value like, int64_t fromLast) {
  int64_t rank = tensorType(like).getRank();
  auto dims = llvm::to_vector(llvm::seq<int64_t>(rank - 2));
  dims.push_back(rank - fromLast);
  return adjoint::broadcastLike(b, v, like, dims);
}

} // namespace tcc
