// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of the decompositions into eigenvalues and singular values, also where such values coincide.
//
// What holds at coinciding values. Vectors of equal values are determined up to a unitary rotation, so only losses that
// do not see the rotation have a gradient. For those every quotient below is 0/0 at a degenerate pair, and its limit is
// no function of the cotangents alone: L = <G, v f(w) v^H> needs f'(w) G_ij, while v^H gv contains f(w) G_ij. It
// follows from where the vectors are scaled. Let L depend on v through y_m = v diag(f_m(w)), m = 1, 2, .., and not see
// y_m -> y_m r for unitary r; let g_m be the cotangents of y_m and K_m = v^H g_m. Then sum of y_m^H g_m is Hermitian,
//   sum_m f_mi K_m,ij = sum_m f_mj conj(K_m,ji),
// and with v^H gv = sum of K_m diag(f_m) the quotient is, for any w,
//   anti(v^H gv)_ij / (w_j - w_i) = sum_m (f_mj - f_mi) / (w_j - w_i) herm(K_m)_ij  ->  sum_m f_m'(w) herm(K_m)_ij
// = herm(v^H j)_ij, j = sum of g_m diag(f_m'): the derivative of gv along a common change of the values, the g_m held.
// differentiateScaling makes j from the ops between the vectors and what they meet first. So the limit is exact for any
// number of functions of the matrix, and whatever is made of them. Factors that depend on values but are applied later,
// where vectors have met vectors (as in v ((v^H b v) / (w_i + w_j)) v^H) or in a called function, do not enter j; nor
// do those of the quotients below, so that second derivatives at equal values are incomplete.
#include "dialect/MatrixAlgebra.h"
#include "dialect/ScaledVectors.h"

using namespace mlir;

namespace tcc {
namespace {

/// Quotients by differences and sums of the values of a stack of matrices.
class SpectralAdjoint {
public:
  SpectralAdjoint(AdjointBuilder &b, Value values) : b(b), m(b), values(values) {
    // A quotient's rounding error is eps / gap, relative to the largest value; the limit's error is of second order in
    // the gap, because herm(v^H j)_ij has the mean of f'(w_i) and f'(w_j), but on the scale on which f varies, and that
    // may be far less than the largest value. At sqrt(eps) the rounding error is as large as the gap: neither exceeds
    // it for any f that varies on the scale of the gap or more slowly.
    double tolerance = cast<FloatType>(tensorType(values).getElementType()).isF64() ? 0x1p-26 : 0x1p-11;
    Value magnitude = b.create<AbsOp>(values);
    int64_t last = tensorType(values).getRank() - 1;
    Value largest = b.create<ReduceMaxOp>(magnitude, b.integers({last}));
    threshold = m.scaled(adjoint::repeatLike(b, largest, values, b.integers({last})), tolerance);
  }

  /// x_ij / (value_j - value_i), and limit_ij at equal values.
  Value overDifferences(Value x, Value limit) {
    return quotient(x, m.subtract(m.asRows(values, x), m.asColumns(values, x)), limit);
  }
  /// x_ij / (value_j + value_i), and limit_ij where both are zero.
  Value overSums(Value x, Value limit) {
    return quotient(x, m.add(m.asRows(values, x), m.asColumns(values, x)), limit);
  }
  /// x_ij / value_j, and limit_ij at zero.
  Value overValues(Value x, Value limit) { return quotient(x, m.asRows(values, x), limit); }

private:
  Value quotient(Value x, Value divisor, Value limit) {
    Value isSmall = b.create<LessEqualOp>(b.create<AbsOp>(divisor), m.asRows(threshold, x));
    Value safe = m.select(isSmall, b.splat(divisor, 1.0), divisor);
    return m.select(isSmall, limit, m.divide(x, safe));
  }

  AdjointBuilder &b;
  MatrixAlgebra m;
  Value values, threshold;
};

} // namespace

// With k = v^H gv, dv = v (F o v^H da v), F_ij = 1 / (w_j - w_i): ga = v (diag(gw) + F o anti(k)) v^H (Giles 2008,
// section 3.1, for Hermitian da).
LogicalResult EighOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value v = getV(), gw = b.dyOrZero(0);
  if (!b.dy(1)) {
    b.accumulate(0, m.product(m.scaleColumns(v, gw), m.adjointOf(v)));
    return success();
  }
  FailureOr<SmallVector<Value>> scaling = differentiateScaling(b, v, getW());
  if (failed(scaling))
    return failure();
  Value anti = m.antiHermitian(m.product(m.adjointOf(v), b.dy(1)));
  Value j = scaling->front(), limit = j ? m.hermitian(m.product(m.adjointOf(v), j)) : b.zeros(anti);
  Value inner = m.withDiagonal(SpectralAdjoint(b, getW()).overDifferences(anti, limit), gw);
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
// Limits, with pu = u^H ju, pv = v^H jv: the vectors of equal values rotate together, so gh -> herm(pu + pv). At zero
// a value and its left vector may change sign together; so s_j + s_i is the difference to the value -s_i with the left
// vector -u_i, which makes of the first limit gn -> anti(pu - pv). In a block of zeros gh + gn is pu + pv^H: left and
// right vectors rotate independently. The quotients by s tend to (1 - u u^H) ju' and (1 - v v^H) jv', with j'
// for which the cotangents of products are held: for <G, u (f(s) vh)> gu is G v f(s), although it is vh that is scaled.
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
  FailureOr<SmallVector<Value>> scaling = differentiateScaling(b, {u, vh}, s);
  if (failed(scaling))
    return failure();
  auto orZeros = [&](Value x, Value like) { return x ? x : b.zeros(like); };
  Value gu = b.dyOrZero(0), gv = m.adjointOf(b.dyOrZero(2));
  Value ju = orZeros((*scaling)[0], u), jv = m.adjointOf(orZeros((*scaling)[1], vh));
  Value ku = m.product(m.adjointOf(u), gu), kv = m.product(m.adjointOf(v), gv);
  Value pu = m.product(m.adjointOf(u), ju), pv = m.product(m.adjointOf(v), jv);

  SpectralAdjoint spectral(b, s);
  Value gh = spectral.overDifferences(m.antiHermitian(m.add(ku, kv)), m.hermitian(m.add(pu, pv)));
  Value gn = spectral.overSums(m.antiHermitian(m.subtract(ku, kv)), m.antiHermitian(m.subtract(pu, pv)));
  Value da = m.product(u, m.product(m.add(m.withDiagonal(gh, gs), gn), vh));
  if (!isSquare) {
    FailureOr<SmallVector<Value>> outer = differentiateScaling(b, {u, vh}, s, Held::products);
    if (failed(outer))
      return failure();
    // The part of g / s that the span of the vectors q does not contain.
    auto outside = [&](Value q, Value g, Value k, Value j) {
      Value limit = m.subtract(j, m.product(q, m.product(m.adjointOf(q), j)));
      return spectral.overValues(m.subtract(g, m.product(q, k)), limit);
    };
    bool isOpen = ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns);
    if ((isOpen || rows > columns) && b.dy(0))
      da = m.add(da, m.product(outside(u, gu, ku, orZeros((*outer)[0], u)), vh));
    if ((isOpen || rows < columns) && b.dy(2))
      da = m.add(da, m.product(u, m.adjointOf(outside(v, gv, kv, m.adjointOf(orZeros((*outer)[1], vh))))));
  }
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
