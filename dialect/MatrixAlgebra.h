// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Matrix algebra on stacks of matrices as tcc ops, for the adjoints of decompositions: products, adjoints, triangles,
// diagonals. Nothing here is lazy or clever; every function appends the ops that its name says.
#pragma once

#include "dialect/AdjointBuilder.h"

namespace tcc {

/// Why a derivative does not exist or is not known; the order of the messages in runtime/Check.cpp.
enum class Reason : int64_t { gauge, secondDerivative, complement, singular, rank };

class MatrixAlgebra {
public:
  using Value = mlir::Value;
  explicit MatrixAlgebra(AdjointBuilder &b) : b(b) {}

  //===--------------------------------------------------------------------===//
  // Elementwise, one line each
  //===--------------------------------------------------------------------===//
  Value add(Value x, Value y) { return b.create<AddOp>(x, y); }
  Value subtract(Value x, Value y) { return b.create<SubtractOp>(x, y); }
  Value multiply(Value x, Value y) { return b.create<MultiplyOp>(x, adjoint::castLike(b, y, x)); }
  Value divide(Value x, Value y) { return b.create<DivideOp>(x, adjoint::castLike(b, y, x)); }
  Value negative(Value x) { return b.create<NegOp>(x); }
  Value scaled(Value x, double factor) { return b.create<MultiplyOp>(x, b.splat(x, factor)); }
  Value select(Value condition, Value x, Value y) { return b.create<SelectOp>(condition, x, y); }
  Value orZero(Value condition, Value x) { return select(condition, x, b.zeros(x)); }
  Value squaredMagnitude(Value x);
  Value magnitude(Value x) { return b.create<AbsOp>(x); }
  Value both(Value p, Value q) { return b.create<BitwiseAndOp>(p, q); }
  Value real(Value x) { return b.cast(x, realTypeOf(tensorType(x).getElementType())); }

  //===--------------------------------------------------------------------===//
  // Matrices
  //===--------------------------------------------------------------------===//
  Value product(Value x, Value y);
  Value transpose(Value x);
  /// The conjugate transpose.
  Value adjointOf(Value x) { return b.create<ConjOp>(transpose(x)); }
  /// (x + x^H) / 2 and (x - x^H) / 2
  Value hermitian(Value x) { return scaled(add(x, adjointOf(x)), 0.5); }
  Value antiHermitian(Value x) { return scaled(subtract(x, adjointOf(x)), 0.5); }
  /// t^-1 x, or t^-H x if adjoint.
  Value solveTriangular(Value t, Value x, bool lower, bool isAdjoint, bool unit = false);
  /// x t^-1, or x t^-H if adjoint.
  Value solveTriangularRight(Value t, Value x, bool lower, bool isAdjoint, bool unit = false);
  /// Rows (columns) from `begin` to before `end`; an end of -1 is the last.
  Value rows(Value x, int64_t begin, int64_t end) { return sliced(x, 2, begin, end); }
  Value columns(Value x, int64_t begin, int64_t end) { return sliced(x, 1, begin, end); }

  //===--------------------------------------------------------------------===//
  // Positions: bool tensors of the shape of x
  //===--------------------------------------------------------------------===//
  Value onDiagonal(Value x) { return b.create<EqualOp>(rowNumber(x), columnNumber(x)); }
  Value belowDiagonal(Value x) { return b.create<GreaterOp>(rowNumber(x), columnNumber(x)); }
  Value aboveDiagonal(Value x) { return b.create<LessOp>(rowNumber(x), columnNumber(x)); }
  Value notAboveDiagonal(Value x) { return b.create<GreaterEqualOp>(rowNumber(x), columnNumber(x)); }
  Value notBelowDiagonal(Value x) { return b.create<LessEqualOp>(rowNumber(x), columnNumber(x)); }

  //===--------------------------------------------------------------------===//
  // Vectors and matrices
  //===--------------------------------------------------------------------===//
  /// The matrix of the shape of `like` whose rows (columns) all are v.
  Value asRows(Value v, Value like) { return spread(v, like, 1); }
  Value asColumns(Value v, Value like) { return spread(v, like, 2); }
  Value diagonal(Value x) { return sumOfRows(orZero(onDiagonal(x), x)); }
  /// x with its diagonal replaced by v.
  Value withDiagonal(Value x, Value v) { return select(onDiagonal(x), adjoint::castLike(b, asRows(v, x), x), x); }
  /// x diag(v)
  Value scaleColumns(Value x, Value v) { return multiply(x, asRows(v, x)); }
  /// The largest magnitude of each matrix x, at each position of `like` (of x, if it is null).
  Value largest(Value x, Value like = {});
  /// The square matrix of these blocks, all of one size.
  Value blocks(Value a, Value b, Value c, Value d);
  /// x; evaluation fails, and says why, where `failed` holds anywhere.
  Value check(Value x, Value failed, Reason reason);
  /// Whether |x| is more than rounding errors, compared with `scale` of the same shape.
  Value isSignificant(Value x, Value scale);
  /// For q = (q1 q2) with k columns in q1, and the cotangent g of q: q1 and a cotangent of q1 alone. q2 is any basis of
  /// the complement; evaluation fails, if checked, where the loss depends on which.
  std::pair<Value, Value> withoutComplement(Value q, Value g, int64_t k, bool isChecked = true);
  /// Sums over the last axis.
  Value sumOfRows(Value x) { return b.create<ReduceSumOp>(x, b.integers({tensorType(x).getRank() - 1})); }

private:
  Value rowNumber(Value x) { return adjoint::iotaLike(b, x, tensorType(x).getRank() - 2); }
  Value columnNumber(Value x) { return adjoint::iotaLike(b, x, tensorType(x).getRank() - 1); }
  Value sliced(Value x, int64_t fromLast, int64_t begin, int64_t end);
  /// v along the axis `fromLast` (1: the last) of `like`, and along the batch axes.
  Value spread(Value v, Value like, int64_t fromLast);

  AdjointBuilder &b;
};

} // namespace tcc
