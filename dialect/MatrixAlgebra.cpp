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

Value MatrixAlgebra::largest(Value x, Value like) {
  int64_t rank = tensorType(x).getRank();
  auto axes = b.integers({rank - 2, rank - 1});
  if (!like)
    like = x;
  if (tensorType(x).getDimSize(rank - 2) == 0 || tensorType(x).getDimSize(rank - 1) == 0)
    return magnitude(b.zeros(like));
  return adjoint::repeatLike(b, b.create<ReduceMaxOp>(magnitude(x), axes), like, axes);
}

Value MatrixAlgebra::blocks(Value a00, Value a01, Value a10, Value a11) {
  int64_t rank = tensorType(a00).getRank();
  Value top = b.create<ConcatenateOp>(ValueRange{a00, a01}, b.integer(rank - 1));
  Value bottom = b.create<ConcatenateOp>(ValueRange{a10, a11}, b.integer(rank - 1));
  return b.create<ConcatenateOp>(ValueRange{top, bottom}, b.integer(rank - 2));
}

Value MatrixAlgebra::check(Value x, Value failed, Reason reason) {
  return b.create<CheckOp>(x, failed, b.integer(int64_t(reason)));
}

Value MatrixAlgebra::isSignificant(Value x, Value scale) {
  // Where two values agree within sqrt(eps) what must vanish is as small, relatively; rounding is far below.
  bool isDouble = realTypeOf(tensorType(x).getElementType()).isF64();
  return b.create<GreaterOp>(magnitude(x), scaled(scale, isDouble ? 0x1p-20 : 0x1p-6));
}

// q^H dq is anti-Hermitian: with w = q2^H dq1 is dq2 = -q1 w^H + q2 (any turning), so that w gains -g2^H q1, and g1
// gains -q2 g2^H q1.
std::pair<Value, Value> MatrixAlgebra::withoutComplement(Value q, Value g, int64_t k, bool isChecked) {
  Value q1 = columns(q, 0, k), q2 = columns(q, k, -1), g1 = columns(g, 0, k), g2 = columns(g, k, -1);
  if (isChecked) {
    Value own = product(adjointOf(q2), g2);
    g2 = check(g2, isSignificant(antiHermitian(own), largest(own)), Reason::complement);
  }
  return {q1, subtract(g1, product(q2, product(adjointOf(g2), q1)))};
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
