// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of solvers and of the triangular decompositions. <A, B> = Re tr(A^H B); g<x> is the cotangent of x; a
// formula is derived by writing <gy, dy> as <ga, da>. Spectral decompositions are in SpectralAdjoints.cpp.
#include "dialect/MatrixAlgebra.h"

using namespace mlir;

namespace tcc {

// y = a^-1 b: gb = a^-H gy, ga = -gb y^H (Giles 2008, section 2.2.3).
LogicalResult SolveOp::pullback(AdjointBuilder &b) {
  MatrixAlgebra m(b);
  Value gb = b.create<SolveOp>(m.adjointOf(getA()), b.dy());
  b.accumulate(1, gb);
  if (b.wants(0))
    b.accumulate(0, m.negative(m.product(gb, m.adjointOf(getY()))));
  return success();
}

// t y = b: gb = t^-H gy, gt = -gb y^H; t^H y = b: gb = t^-1 gy, gt = -y gb^H; both in the triangle that was read.
LogicalResult TriangularSolveOp::pullback(AdjointBuilder &b) {
  MatrixAlgebra m(b);
  Value gb = m.solveTriangular(getA(), b.dy(), getLower(), !getAdjoint(), getUnitDiagonal());
  b.accumulate(1, gb);
  if (!b.wants(0))
    return success();
  Value full = getAdjoint() ? m.product(getY(), m.adjointOf(gb)) : m.product(gb, m.adjointOf(getY()));
  Value isRead;
  if (getUnitDiagonal())
    isRead = getLower() ? m.belowDiagonal(full) : m.aboveDiagonal(full);
  else
    isRead = getLower() ? m.notAboveDiagonal(full) : m.notBelowDiagonal(full);
  b.accumulate(0, m.orZero(isRead, m.negative(full)));
  return success();
}

// ga = herm(l^-H P(l^H gl) l^-1), P the lower triangle with half the diagonal (Murray 2016, eq. 10). Of a Hermitian a,
// that is: the cotangent of the element and of its mirror image are equal, although only one is read.
LogicalResult CholeskyOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value l = getL(), gl = m.orZero(m.notAboveDiagonal(b.dy()), b.dy());
  Value product = m.product(m.adjointOf(l), gl);
  Value half = m.select(m.onDiagonal(product), m.scaled(product, 0.5), product);
  Value lower = m.orZero(m.notAboveDiagonal(product), half);
  Value left = m.solveTriangular(l, lower, /*lower=*/true, /*isAdjoint=*/true);
  b.accumulate(0, m.hermitian(m.solveTriangularRight(l, left, /*lower=*/true, /*isAdjoint=*/false)));
  return success();
}

// p a = l u, k = min(m, n). With dl = l tril(l^-1 dA u^-1, -1), du = triu(l^-1 dA u^-1) u for square dA = p da (de
// Hoog, Anderssen and Lukas 2011): gA = l^-H (tril(l^H gl, -1) + triu(gu u^H)) u^-H. Rows below k: l2 = A2 u1^-1, so
// that gA2 = gl2 u1^-H, and gu1 loses l2^H gA2. Columns behind k: u2 = l1^-1 A2, so gA2 = l1^-H gu2, and gl1 loses gA2
// u2^H.
LogicalResult LuOp::pullback(AdjointBuilder &b) {
  Value g = b.dy(0);
  if (!g || !b.wants(0))
    return success();
  RankedTensorType type = getA().getType();
  int64_t rows = type.getShape().end()[-2], columns = type.getShape().end()[-1];
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns))
    return emitOpError("cannot be differentiated: the matrices have open sizes");
  MatrixAlgebra m(b);
  int64_t k = std::min(rows, columns);
  Value lu = getLu(), square = m.columns(m.rows(lu, 0, k), 0, k), gSquare = m.columns(m.rows(g, 0, k), 0, k);
  Value strictlyLower = m.belowDiagonal(square);
  Value gl = m.orZero(strictlyLower, gSquare), gu = m.orZero(m.notBelowDiagonal(square), gSquare);
  Value lowerRest, rightRest;
  if (rows > k) {
    lowerRest = m.solveTriangularRight(square, m.rows(g, k, rows), /*lower=*/false, /*isAdjoint=*/true);
    gu = m.subtract(gu, m.product(m.adjointOf(m.rows(lu, k, rows)), lowerRest));
  }
  if (columns > k) {
    rightRest = m.solveTriangular(square, m.columns(g, k, columns), /*lower=*/true, /*isAdjoint=*/true, /*unit=*/true);
    gl = m.subtract(gl, m.product(rightRest, m.adjointOf(m.columns(lu, k, columns))));
  }
  Value one = b.splat(square, 1.0);
  Value l = m.select(m.onDiagonal(square), one, m.orZero(strictlyLower, square));
  Value u = m.orZero(m.notBelowDiagonal(square), square);
  Value inner = m.select(strictlyLower, m.product(m.adjointOf(l), gl), m.product(gu, m.adjointOf(u)));
  Value left = m.solveTriangular(square, inner, /*lower=*/true, /*isAdjoint=*/true, /*unit=*/true);
  Value gA = m.solveTriangularRight(square, left, /*lower=*/false, /*isAdjoint=*/true);
  int64_t rank = type.getRank();
  if (lowerRest)
    gA = b.create<ConcatenateOp>(ValueRange{gA, lowerRest}, b.integer(rank - 2));
  if (rightRest)
    gA = b.create<ConcatenateOp>(ValueRange{gA, rightRest}, b.integer(rank - 1));
  // Row k of p a is row perm[k] of a: undo it.
  Value inverse = b.create<ArgsortOp>(getPerm(), b.integer(rank - 2));
  b.accumulate(0, adjoint::gatherAlong(b, gA, m.asColumns(inverse, gA), rank - 2));
  return success();
}

/// For a = q r, q with as many columns as a: c = q^H da r^-1 is w + dw, w anti-Hermitian, dw = dr r^-1 upper triangular
/// with a real diagonal. Then gc is the Hermitian matrix whose upper triangle is that of gr r^H - q^H gq, and
/// ga = (gq + q gc) r^-H (Walter and Lehmann 2018; Roberts and Roberts 2020, eq. 17).
static Value pullbackTallQr(MatrixAlgebra &m, Value q, Value r, Value gq, Value gr) {
  Value n = m.subtract(m.product(gr, m.adjointOf(r)), m.product(m.adjointOf(q), gq));
  Value upper = m.orZero(m.aboveDiagonal(n), n);
  Value gc = m.withDiagonal(m.add(upper, m.adjointOf(upper)), m.real(m.diagonal(n)));
  return m.solveTriangularRight(r, m.add(gq, m.product(q, gc)), /*lower=*/false, /*isAdjoint=*/true);
}

LogicalResult QrOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  RankedTensorType type = getA().getType();
  int64_t rows = type.getShape().end()[-2], columns = type.getShape().end()[-1];
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns))
    return emitOpError("cannot be differentiated: the matrices have open sizes");
  if (getFull() && rows > columns)
    return emitOpError("cannot be differentiated: a full q of a tall matrix is not determined by it");
  MatrixAlgebra m(b);
  Value gq = b.dyOrZero(0), gr = b.dyOrZero(1);
  if (rows >= columns) {
    b.accumulate(0, pullbackTallQr(m, getQ(), getR(), gq, gr));
    return success();
  }
  // a = (x y), r = (u v): x = q u, v = q^H y. So gy = q gv, and gq gains y gv^H (Roberts and Roberts 2020, section 3).
  Value y = m.columns(getA(), rows, columns), gv = m.columns(gr, rows, columns);
  gq = m.add(gq, m.product(y, m.adjointOf(gv)));
  Value gx = pullbackTallQr(m, getQ(), m.columns(getR(), 0, rows), gq, m.columns(gr, 0, rows));
  b.accumulate(0, b.create<ConcatenateOp>(ValueRange{gx, m.product(getQ(), gv)}, b.integer(type.getRank() - 1)));
  return success();
}

} // namespace tcc
