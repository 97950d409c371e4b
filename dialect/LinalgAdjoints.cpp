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

// d det(a) = tr(adj(a) da): the cofactors exist where the inverse does not.
LogicalResult DetOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value cofactors = m.adjointOf(b.create<AdjugateOp>(getA(), getLu(), getPerm()));
  auto batch = llvm::to_vector(llvm::seq<int64_t>(tensorType(b.dy()).getRank()));
  b.accumulate(0, b.create<MultiplyOp>(adjoint::broadcastLike(b, b.dy(), cofactors, batch), cofactors));
  return success();
}

// With T(e) the derivative of adj(a) along e, tr(T(e) f) is the second derivative of det(a) along e and f, symmetric in
// them: <g, T(e)> = Re tr(T(e) g^H) = Re tr(T(g^H) e), so ga = T(g^H)^H.
LogicalResult AdjugateOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  b.accumulate(0, m.adjointOf(b.create<AdjugateTangentOp>(getA(), getLu(), getPerm(), m.adjointOf(b.dy()))));
  return success();
}

// By e as above. By a, of regular matrices, y = d (tr(x e) x - x e x) with x = a^-1 and d = det(a), so that with h =
// g^H, p = x e x, q = x h x: ga^H = tr(h y) x - d (tr(x h) p + tr(x e) q - p h x - q e x).
LogicalResult AdjugateTangentOp::pullback(AdjointBuilder &b) {
  MatrixAlgebra m(b);
  Value a = getA(), e = getE(), h = m.adjointOf(b.dy());
  if (b.wants(3))
    b.accumulate(3, m.adjointOf(b.create<AdjugateTangentOp>(a, getLu(), getPerm(), h)));
  if (!b.wants(0))
    return success();
  Value one = m.withDiagonal(b.zeros(a), b.splat(m.diagonal(a), 1.0)), x = b.create<SolveOp>(a, one);
  Value d = b.create<DetOp>(a, getLu(), getPerm()), xe = m.product(x, e), xh = m.product(x, h);
  Value p = m.product(xe, x), q = m.product(xh, x);
  auto batch = llvm::to_vector(llvm::seq<int64_t>(tensorType(d).getRank()));
  auto times = [&](Value scalar, Value matrix) {
    return b.create<MultiplyOp>(adjoint::broadcastLike(b, scalar, matrix, batch), matrix);
  };
  auto trace = [&](Value matrix) { return m.sumOfRows(m.diagonal(matrix)); };
  Value sum = m.subtract(m.add(times(trace(xh), p), times(trace(xe), q)), m.add(m.product(xe, q), m.product(xh, p)));
  b.accumulate(0, m.adjointOf(m.subtract(times(trace(m.product(h, getY())), x), times(d, sum))));
  return success();
}

// Golub and Pereyra 1973, eq. 4.12, for da that keep the rank, and any da where the discarded values are zeros:
//   dx = -x da x + x x^H da^H (1 - a x) + (1 - x a) da^H x^H x.
// Made of x itself, it has derivatives of any order.
LogicalResult PinvOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value a = getA(), x = getY(), xh = m.adjointOf(x), g = b.dy(), gh = m.adjointOf(g);
  Value left = m.subtract(gh, m.product(a, m.product(x, gh)));
  Value right = m.subtract(gh, m.product(m.product(gh, x), a));
  Value ga = m.subtract(m.product(m.product(left, x), xh), m.product(m.product(xh, g), xh));
  b.accumulate(0, m.add(ga, m.product(xh, m.product(x, right))));
  return success();
}

// y = x b with x = pinv(a), and so, with z = x^H gy: gb = z, and by the rule above
//   ga = -z y^H + (b - a y) (x z)^H + x^H y (gy - a^H z)^H.
LogicalResult LstsqOp::pullback(AdjointBuilder &b) {
  if (!b.dy(0))
    return success();
  MatrixAlgebra m(b);
  Value a = getA(), y = getY(), g = b.dy(), x = b.create<PinvOp>(a), xh = m.adjointOf(x), z = m.product(xh, g);
  b.accumulate(1, z);
  if (!b.wants(0))
    return success();
  Value residual = m.subtract(getB(), m.product(a, y));
  Value rest = m.subtract(g, m.product(m.adjointOf(a), z));
  Value ga = m.subtract(m.product(residual, m.adjointOf(m.product(x, z))), m.product(z, m.adjointOf(y)));
  b.accumulate(0, m.add(ga, m.product(m.product(xh, y), m.adjointOf(rest))));
  return success();
}

// a = u p of full rank and not wide: with w = u^H du, anti-Hermitian, u^H da = w p + dp, of which the anti-Hermitian
// part is p w + w p = u^H da - da^H u (Higham 2008, "Functions of Matrices", section 8.2), and du = u w + (1 - u u^H)
// da p^-1. So ga = 2 u s + (1 - u u^H) gu p^-1, p s + s p = anti(u^H gu). A wide a is the adjoint of one that is not.
LogicalResult PolarOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  RankedTensorType type = getA().getType();
  int64_t rank = type.getRank(), rows = type.getDimSize(rank - 2), columns = type.getDimSize(rank - 1);
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns))
    return emitOpError("cannot be differentiated: the matrices have open sizes");
  MatrixAlgebra m(b);
  bool isWide = rows < columns;
  auto turned = [&](Value x) { return isWide ? m.adjointOf(x) : x; };
  Value a = turned(getA()), u = turned(getU()), g = turned(b.dy()), uh = m.adjointOf(u);
  if (rows == 0 || columns == 0) {
    b.accumulate(0, b.dy());
    return success();
  }
  Value p = m.hermitian(m.product(uh, a)), values = b.create<SvdvalsOp>(a), k = m.product(uh, g);
  bool isDouble = realTypeOf(type.getElementType()).isF64();
  double rounding = 4.0 * double(std::max<int64_t>(8, std::max(rows, columns))) * (isDouble ? 0x1p-52 : 0x1p-23);
  auto last = b.integers({rank - 2});
  Value largest = adjoint::repeatLike(b, b.create<ReduceMaxOp>(values, last), values, last);
  Value isZero = m.asRows(b.create<LessEqualOp>(values, m.scaled(largest, rounding)), p);
  Value asked = m.check(m.antiHermitian(k), m.both(m.onDiagonal(p), isZero), Reason::rank);
  Value ga = m.scaled(m.product(u, b.create<SylvesterOp>(p, p, asked)), 2.0);
  if (rows != columns)
    ga = m.add(ga, m.adjointOf(b.create<SolveOp>(p, m.adjointOf(m.subtract(g, m.product(u, k))))));
  b.accumulate(0, turned(ga));
  return success();
}

// a y + y b = q: gq solves the adjoint equation a^H gq + gq b^H = gy, and ga = -gq y^H, gb = -y^H gq.
LogicalResult SylvesterOp::pullback(AdjointBuilder &b) {
  MatrixAlgebra m(b);
  Value yh = m.adjointOf(getY());
  Value gq = b.create<SylvesterOp>(m.adjointOf(getA()), m.adjointOf(getB()), b.dy());
  if (b.wants(0))
    b.accumulate(0, m.negative(m.product(gq, yh)));
  if (b.wants(1))
    b.accumulate(1, m.negative(m.product(yh, gq)));
  b.accumulate(2, gq);
  return success();
}

// y y = a: y dy + dy y = da.
LogicalResult SqrtmOp::pullback(AdjointBuilder &b) {
  MatrixAlgebra m(b);
  Value yh = m.adjointOf(getY());
  b.accumulate(0, b.create<SylvesterOp>(yh, yh, b.dy()));
  return success();
}

/// The derivative of f at a^H in the direction g is the adjoint of that at a, and stands beside f(a^H) in
/// f((a^H g; 0 a^H)) = (f(a^H) df; 0 f(a^H)) (Mathias 1996, "A chain rule for matrix functions and applications"). Made
/// of f itself, it has derivatives of any order. Linear in g: the scale keeps a large g from spoiling f's own scaling.
template <class Function> static LogicalResult pullbackMatrixFunction(Function op, AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  int64_t n = op.getA().getType().getShape().back();
  if (ShapedType::isDynamic(n))
    return op.emitOpError("cannot be differentiated: the matrices have open sizes");
  if (n == 0) {
    b.accumulate(0, b.dy());
    return success();
  }
  MatrixAlgebra m(b);
  Value h = m.adjointOf(op.getA()), g = b.dy(), scale = b.create<StopGradientOp>(m.largest(g));
  scale = m.select(b.create<GreaterOp>(scale, b.zeros(scale)), scale, b.splat(scale, 1.0));
  Value f = b.create<Function>(m.blocks(h, m.divide(g, scale), b.zeros(h), h));
  b.accumulate(0, m.multiply(m.columns(m.rows(f, 0, n), n, 2 * n), scale));
  return success();
}
LogicalResult ExpmOp::pullback(AdjointBuilder &b) { return pullbackMatrixFunction(*this, b); }
LogicalResult LogmOp::pullback(AdjointBuilder &b) { return pullbackMatrixFunction(*this, b); }

// With M(y) = tril(y t - t y): <gy, M^-1 e> = <M^-H gy, e>, and M^H is the equation with t^H. From dM(y) = tril(y dt -
// dt y) follows, with x = M^-H gy, gt = x y^H - y^H x in the upper triangle, and for the adjoint equation its mirror
// image.
LogicalResult SchurSolveOp::pullback(AdjointBuilder &b) {
  MatrixAlgebra m(b);
  Value x = b.create<SchurSolveOp>(getT(), b.dy(), b.builder.getBoolAttr(!getAdjoint()));
  b.accumulate(1, x);
  if (!b.wants(0))
    return success();
  Value p = getAdjoint() ? x : getY(), q = getAdjoint() ? getY() : x;
  Value gt = m.subtract(m.product(q, m.adjointOf(p)), m.product(m.adjointOf(p), q));
  b.accumulate(0, m.orZero(m.notBelowDiagonal(gt), gt));
  return success();
}

// z^H da z = e: dt = triu(e + t w - w t) for the turning w = z^H dz, anti-Hermitian with tril(w t - t w) = tril(e); its
// diagonal, the vectors' phases, is not determined. With n = z^H gz - gt t^H + t^H gt the cotangent of w is n, that of
// w's lower triangle tril(n - n^H), and ga = z (triu(gt) + x) z^H with x from the adjoint equation for w.
LogicalResult SchurOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value t = getT(), z = getZ(), gt = b.dyOrZero(0), th = m.adjointOf(t);
  gt = m.orZero(m.notBelowDiagonal(gt), gt);
  Value ofVectors = m.product(m.adjointOf(z), b.dyOrZero(1)), left = m.product(th, gt), right = m.product(gt, th);
  Value n = m.add(ofVectors, m.subtract(left, right));
  Value turning = m.subtract(n, m.adjointOf(n));
  Value scale = b.create<MaximumOp>(m.largest(ofVectors), b.create<MaximumOp>(m.largest(left), m.largest(right)));
  Value seesPhases = m.both(m.onDiagonal(turning), m.isSignificant(turning, scale));
  Value lower = m.orZero(m.belowDiagonal(turning), m.check(turning, seesPhases, Reason::gauge));
  Value x = b.create<SchurSolveOp>(t, lower, b.builder.getBoolAttr(true));
  b.accumulate(0, m.product(z, m.product(m.add(gt, x), m.adjointOf(z))));
  return success();
}

LogicalResult LimitWhereOp::pullback(AdjointBuilder &b) {
  MatrixAlgebra m(b);
  Value dy = b.dy(), near = getNear();
  if (b.wants(1)) {
    Value isAsked = m.both(near, b.create<NotEqualOp>(dy, b.zeros(dy)));
    dy = m.check(dy, isAsked, Reason::secondDerivative);
  }
  b.accumulate(2, m.orZero(near, dy));
  b.accumulate(3, m.select(near, b.zeros(dy), dy));
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
  MatrixAlgebra m(b);
  Value gq = b.dyOrZero(0), gr = b.dyOrZero(1);
  if (getFull() && rows > columns) {
    auto [q1, gq1] = m.withoutComplement(getQ(), gq, columns);
    b.accumulate(0, pullbackTallQr(m, q1, m.rows(getR(), 0, columns), gq1, m.rows(gr, 0, columns)));
    return success();
  }
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
