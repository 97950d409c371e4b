// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of the decompositions into eigenvalues and singular values, also where such values coincide.
//
// What holds at coinciding values. Vectors of equal values are determined up to a rotation, so only losses that do not
// see the rotation have a gradient. For those every quotient below is 0/0 at a degenerate pair, and its limit is not a
// function of the cotangents alone: L = sum of <G, v f(w) v^H> needs f'(w) G_ij off the diagonal, while the cotangents
// contain f(w) G_ij (in v^H gv) and f'(w) G_ii (in gw). Where they determine one common ratio c = f'/f within the group
// of equal values, c f(w) G_ij is the exact limit: that is every loss which uses the decomposition through one function
// of the matrix (a truncation, an exponential, a square root, ...), and also such a loss plus one of the values alone.
// Where they do not, the contribution of the pair is left out (F_ij -> 0), as it is in the literature.
#include "dialect/MatrixAlgebra.h"

using namespace mlir;

namespace tcc {
namespace {

/// The treatment of groups of (nearly) equal values of a stack of matrices.
class SpectralAdjoint {
public:
  SpectralAdjoint(AdjointBuilder &b, Value values) : b(b), m(b), values(values) {
    part = cast<FloatType>(tensorType(values).getElementType());
    // At a gap of eps^(2/3) the quotient's rounding error, eps / gap, equals about the square of the gap's own effect.
    tolerance = std::pow(part.isF64() ? 0x1p-52 : 0x1p-23, 2.0 / 3.0);
    Value magnitude = b.create<AbsOp>(values);
    int64_t last = tensorType(values).getRank() - 1;
    Value largest = b.create<ReduceMaxOp>(magnitude, b.integers({last}));
    threshold = m.scaled(adjoint::repeatLike(b, largest, values, b.integers({last})), tolerance);
  }

  /// a / d, and `instead` where |d| is below the threshold of the matrix.
  Value quotient(Value a, Value d, Value isSmall, Value instead) {
    Value safe = m.select(isSmall, b.splat(d, 1.0), d);
    return m.select(isSmall, instead, m.divide(a, safe));
  }

  /// x_ij / (value_j - value_i), in groups of equal values c_i `limit`_ij.
  Value overDifferences(Value x, Value limit, Value c) {
    Value differences = m.subtract(m.asRows(values, x), m.asColumns(values, x));
    return quotient(x, differences, isEqualPair(x), m.multiply(limit, m.asColumns(c, limit)));
  }

  /// Whether values i and j are equal within rounding.
  Value isEqualPair(Value like) {
    Value differences = b.create<AbsOp>(m.subtract(m.asRows(values, like), m.asColumns(values, like)));
    return b.create<LessEqualOp>(differences, m.asRows(threshold, like));
  }

  /// The ratio c of the cotangents `gs` of the values to the diagonal `k` of the vectors' part, common to each group:
  /// by least squares, gs = c k or else gs = alpha + c k; 0 where neither fits.
  Value commonRatio(Value gs, Value k, Value like) {
    Value groups = b.cast(isEqualPair(like), part);
    auto sum = [&](Value x) { return m.sumOfRows(m.multiply(groups, m.asRows(x, groups))); };
    Value n = sum(b.splat(k, 1.0)), sumK = sum(k), sumG = sum(gs);
    Value sumKK = sum(b.create<SquareOp>(k)), sumGG = sum(b.create<SquareOp>(gs)), sumGK = sum(m.multiply(gs, k));
    Value ratio = adjoint::divideOrZero(b, sumGK, sumKK);
    auto over = [&](Value x, Value y) { return m.divide(m.multiply(x, y), n); };
    Value covariance = m.subtract(sumGK, over(sumG, sumK));
    Value slope = adjoint::divideOrZero(b, covariance, m.subtract(sumKK, over(sumK, sumK)));
    Value variance = m.subtract(sumGG, over(sumG, sumG));
    auto fits = [&](Value total, Value explained) {
      Value residual = b.create<AbsOp>(m.subtract(total, explained));
      return b.create<LessEqualOp>(residual, m.scaled(sumGG, fitTolerance()));
    };
    Value fallback = m.orZero(fits(variance, m.multiply(slope, covariance)), slope);
    return m.select(fits(sumGG, m.multiply(ratio, sumGK)), ratio, fallback);
  }

  /// How far squares may differ that are equal but for rounding.
  double fitTolerance() const { return part.isF64() ? 1e-10 : 1e-4; }

  AdjointBuilder &b;
  MatrixAlgebra m;
  Value values, threshold;
  FloatType part;
  double tolerance;
};

} // namespace

// With k = v^H gv, dv = v (F o v^H da v), F_ij = 1 / (w_j - w_i): ga = v (diag(gw) + F o anti(k)) v^H (Giles 2008,
// section 3.1, for Hermitian da). The limit at equal values, for k = 2 f(w) G, is f'(w) G = c herm(k) with c = gw_i /
// k_ii.
LogicalResult EighOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value v = getV(), gw = b.dyOrZero(0);
  if (!b.dy(1)) {
    b.accumulate(0, m.product(m.scaleColumns(v, gw), m.adjointOf(v)));
    return success();
  }
  Value k = m.product(m.adjointOf(v), b.dy(1)), limit = m.hermitian(k);
  SpectralAdjoint spectral(b, getW());
  Value c = spectral.commonRatio(gw, m.real(m.diagonal(limit)), k);
  Value inner = m.withDiagonal(spectral.overDifferences(m.antiHermitian(k), limit, c), gw);
  b.accumulate(0, m.product(v, m.product(inner, m.adjointOf(v))));
  return success();
}

// The cotangents of singular values alone: ga = u diag(gs) vh.
LogicalResult SvdvalsOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  auto svd = SvdOp::create(b.builder, b.loc(), getA(), b.builder.getBoolAttr(false));
  b.accumulate(0, m.product(m.scaleColumns(svd.getU(), b.dy()), svd.getVh()));
  return success();
}

// In the basis of singular vectors let u^H da v = h + n, Hermitian and anti-Hermitian. Then du = u w, dv = v z with
// w, z = h_ij / (s_j - s_i) +- n_ij / (s_j + s_i) (Wan and Zhang 2019; Townsend 2016 for real matrices), ds = diag(h).
// With ku = u^H gu, kv = v^H gv:
//   gh = anti(ku + kv)_ij / (s_j - s_i) + diag(gs),  gn = anti(ku - kv)_ij / (s_j + s_i),
//   ga = u (gh + gn) vh + (1 - u u^H) gu s^-1 vh + u s^-1 ((1 - v v^H) gv)^H.
// Limits: for u f(s) vh with cotangent G and G' = u^H G v, gh -> f' herm(G') at equal values. Values that are zero but
// for rounding have left and right vectors that rotate independently: there the whole block -> f' G', which is ku_ij
// c_j and also conj(kv_ji) c_i; it is taken where the two agree.
LogicalResult SvdOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  RankedTensorType type = getA().getType();
  int64_t rows = type.getShape().end()[-2], columns = type.getShape().end()[-1];
  bool isSquare = rows == columns && !ShapedType::isDynamic(rows);
  if (getFull() && !isSquare)
    return emitOpError(
        "cannot be differentiated: full singular vectors of a rectangular matrix are not determined by it");
  Value u = getU(), s = getS(), vh = getVh(), v = m.adjointOf(vh), gs = b.dyOrZero(1);
  if (!b.dy(0) && !b.dy(2)) {
    b.accumulate(0, m.product(m.scaleColumns(u, gs), vh));
    return success();
  }
  Value gu = b.dyOrZero(0), gv = m.adjointOf(b.dyOrZero(2));
  Value ku = m.product(m.adjointOf(u), gu), kv = m.product(m.adjointOf(v), gv);
  Value plus = m.add(ku, kv), minus = m.subtract(ku, kv), limit = m.scaled(m.hermitian(plus), 0.5);

  SpectralAdjoint spectral(b, s);
  Value isZero = b.create<LessEqualOp>(s, spectral.threshold);
  Value single = adjoint::divideOrZero(b, gs, m.real(m.diagonal(ku)));
  Value c = m.select(isZero, single, spectral.commonRatio(gs, m.real(m.diagonal(limit)), ku));
  Value gh = m.withDiagonal(spectral.overDifferences(m.antiHermitian(plus), limit, c), gs);
  Value sums = m.add(m.asRows(s, ku), m.asColumns(s, ku));
  Value isZeroPair = b.create<LessEqualOp>(sums, m.asRows(spectral.threshold, ku));
  Value anti = m.antiHermitian(minus);
  Value inner = m.add(gh, spectral.quotient(anti, sums, isZeroPair, b.zeros(anti)));

  Value fromLeft = m.scaleColumns(ku, c), fromRight = m.adjointOf(m.scaleColumns(kv, c));
  Value mismatch = m.squaredMagnitude(m.subtract(fromLeft, fromRight));
  Value size = m.add(m.squaredMagnitude(fromLeft), m.squaredMagnitude(fromRight));
  Value agrees = b.create<LessEqualOp>(mismatch, m.scaled(size, spectral.fitTolerance()));
  Value block = m.orZero(agrees, fromLeft);
  Value isSingle = b.create<BitwiseAndOp>(m.onDiagonal(inner), b.create<BitwiseNotOp>(agrees));
  inner = m.select(isZeroPair, m.select(isSingle, inner, block), inner);

  Value da = m.product(u, m.product(inner, vh));
  Value inverse = spectral.quotient(b.splat(s, 1.0), s, isZero, c);
  bool mayBeTall = ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns) || rows > columns;
  bool mayBeWide = ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns) || rows < columns;
  if (mayBeTall && b.dy(0))
    da = m.add(da, m.product(m.scaleColumns(m.subtract(gu, m.product(u, ku)), inverse), vh));
  if (mayBeWide && b.dy(2))
    da = m.add(da, m.product(u, m.adjointOf(m.scaleColumns(m.subtract(gv, m.product(v, kv)), inverse))));
  b.accumulate(0, da);
  return success();
}

// a v = v diag(w), columns of norm 1: with k = v^H gv,
// ga = v^-H (diag(gw) + (k - v^H v diag(Re k)) / conj(w_j - w_i)) v^H (Boeddeker et al. 2017, eq. 4.77, with the norms'
// part). Equal eigenvalues of a matrix that is not normal have no derivative in general; their pairs are left out.
LogicalResult EigOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value v = getV(), w = getW(), vh = m.adjointOf(v), inner;
  Value gw = b.dyOrZero(0);
  if (b.dy(1)) {
    Value k = m.product(vh, b.dy(1));
    Value norms = m.scaleColumns(m.product(vh, v), m.real(m.diagonal(k)));
    Value gaps = b.create<ConjOp>(m.subtract(m.asRows(w, k), m.asColumns(w, k)));
    inner = m.withDiagonal(adjoint::divideOrZero(b, m.subtract(k, norms), gaps), gw);
  } else {
    inner = m.withDiagonal(b.zeros(v), gw);
  }
  b.accumulate(0, b.create<SolveOp>(vh, m.product(inner, vh)));
  return success();
}

} // namespace tcc
