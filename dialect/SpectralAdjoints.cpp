// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of the decompositions into eigenvalues and singular values, also where such values coincide.
//
// What holds at coinciding values. Vectors of equal values are determined up to a unitary rotation, so only losses that
// do not see the rotation have a gradient. For those every quotient below is 0/0 at a degenerate pair, and its limit is
// no function of the cotangents alone: L = <G, v f(w) v^H> needs f'(w) G_ij, while v^H gv contains f(w) G_ij. Two ways
// lead to it. In both a numerator that does not vanish at equal values is an error: the loss sees the rotation.
//
// 1. From where the vectors are scaled. Let L depend on v through y_m = v diag(f_m(w)), m = 1, 2, .., and not see
// y_m -> y_m r for any unitary r; let g_m be the cotangents of y_m and K_m = v^H g_m. Then sum of y_m^H g_m is
// Hermitian,
//   sum_m f_mi K_m,ij = sum_m f_mj conj(K_m,ji),
// and with v^H gv = sum of K_m diag(f_m) the quotient is, for any w,
//   anti(v^H gv)_ij / (w_j - w_i) = sum_m (f_mj - f_mi) / (w_j - w_i) herm(K_m)_ij  ->  sum_m f_m'(w) herm(K_m)_ij
// = herm(v^H j)_ij, j = sum of g_m diag(f_m'): the derivative of gv along a common change of the values, the g_m held.
// proveBasisInvariance decides by the ops whether L is of this form, differentiateScaling makes j. This is cheap, and
// its size does not grow along chains of decompositions.
//
// 2. Of any loss: the numerator x_ij(w), v held, vanishes wherever w_i = w_j, whatever the other values are. So its
// derivative there along a direction d is (d_j - d_i) times its derivative with respect to w_j, and that is the limit:
//   x_ij / (w_j - w_i) -> (derivative of x_ij along d) / (d_j - d_i), for one direction d with distinct elements.
// That is one forward derivative of the backward graph. A numerator over w_i + w_j or w_j has d_i + d_j or d_j.
// A second one tells whether the numerator stays zero when the vectors of equal values turn: without it a loss that
// sees the rotation would pass where it happens to be stationary, as sum(v^3) is at v = 1.
//
// Either limit is known at equal values only. LimitWhereOp makes its derivative an error there, so that second
// derivatives through vectors are exact or an error; a second derivative does not try the second way. Nor does a loss
// that has values of the same matrix from another decomposition, which do not count as functions of these.
#include "dialect/BasisInvariance.h"
#include "dialect/MatrixAlgebra.h"
#include "dialect/ScaledVectors.h"

using namespace mlir;

namespace tcc {
namespace {

/// Quotients by differences and sums of the values of a stack of matrices.
class SpectralAdjoint {
public:
  SpectralAdjoint(AdjointBuilder &b, Value values, bool isSecond) : b(b), m(b), values(values), isSecond(isSecond) {
    RankedTensorType type = tensorType(values);
    bool isDouble = realTypeOf(type.getElementType()).isF64();
    last = type.getRank() - 1;
    // A quotient's rounding error is eps / gap, relative to the values; the limit's error is of the order of the gap,
    // on the scale on which f varies, which is that of the values for logarithms, powers and exponentials. At sqrt(eps)
    // neither exceeds it. Below LAPACK's error, n eps of the largest value, a gap is no gap.
    relative = isDouble ? 0x1p-26 : 0x1p-11;
    double n = type.isDynamicDim(last) ? 64 : std::max<double>(8, double(type.getDimSize(last)));
    magnitude = b.create<AbsOp>(values);
    Value largest = b.create<ReduceMaxOp>(magnitude, b.integers({last}));
    largestValue = adjoint::repeatLike(b, largest, magnitude, b.integers({last}));
    floor = m.scaled(largestValue, 4 * n * (isDouble ? 0x1p-52 : 0x1p-23));
  }

  /// x_ij / (value_j - value_i), and limit_ij at equal values. `turned` is x's derivative along turning(), null if that
  /// need not vanish.
  Value overDifferences(Value x, Value limit, Value scale, Value turned = {}) {
    Value q = quotient(x, differences(x), thresholdOfDifferences(x), limit, scale, /*hasDiagonal=*/true);
    return turned ? m.check(q, m.both(isPair(x), m.isSignificant(turned, scale)), Reason::gauge) : q;
  }
  /// An anti-Hermitian matrix like x that turns the vectors of equal values among each other.
  Value turning(Value x) {
    Value d = direction(), rows = m.asRows(d, x), columns = m.asColumns(d, x);
    return adjoint::castLike(b, m.orZero(isPair(x), m.divide(m.subtract(rows, columns), m.add(rows, columns))), x);
  }
  /// x_ij / (value_j + value_i), and limit_ij where both are zero.
  Value overSums(Value x, Value limit, Value scale) {
    return quotient(x, m.add(m.asRows(values, x), m.asColumns(values, x)), m.asRows(floor, x), limit, scale, false);
  }
  /// x_ij / value_j, and limit_ij at zero.
  Value overValues(Value x, Value limit, Value scale) {
    return quotient(x, m.asRows(values, x), m.asRows(floor, x), limit, scale, false);
  }

  /// The direction d of way 2, real: 1, 2, 3, ..
  Value direction() {
    Value positions = b.cast(adjoint::iotaLike(b, values, last), realTypeOf(tensorType(values).getElementType()));
    return m.add(positions, b.splat(positions, 1.0));
  }
  /// The same as limits: x along that direction, over differences, sums or values of the direction.
  Value limitOfDifferences(Value x) {
    Value d = direction(), gap = m.subtract(m.asRows(d, x), m.asColumns(d, x));
    return m.divide(x, m.select(m.onDiagonal(gap), b.splat(gap, 1.0), gap));
  }
  Value limitOfSums(Value x) {
    Value d = direction();
    return m.divide(x, m.add(m.asRows(d, x), m.asColumns(d, x)));
  }
  Value limitOfValues(Value x) { return m.divide(x, m.asRows(direction(), x)); }

private:
  Value differences(Value x) { return m.subtract(m.asRows(values, x), m.asColumns(values, x)); }
  Value thresholdOfDifferences(Value x) {
    Value larger = b.create<MaximumOp>(m.asRows(magnitude, x), m.asColumns(magnitude, x));
    return b.create<MaximumOp>(m.scaled(larger, relative), m.asRows(floor, x));
  }
  /// Where values agree that are not one and the same.
  Value isPair(Value x) {
    Value near = b.create<LessEqualOp>(m.magnitude(differences(x)), thresholdOfDifferences(x));
    return m.both(near, b.create<BitwiseNotOp>(m.onDiagonal(x)));
  }
  Value quotient(Value x, Value divisor, Value threshold, Value limit, Value scale, bool hasDiagonal) {
    Value near = b.create<LessEqualOp>(m.magnitude(divisor), threshold);
    Value safe = m.select(near, b.splat(divisor, 1.0), divisor);
    Value q = b.create<LimitWhereOp>(near, divisor, limit, m.divide(x, safe));
    // What the limits contribute over such a gap may be there; more would be a loss that sees the rotation.
    Value expected = b.create<MaximumOp>(scale, m.multiply(m.largest(limit), m.asRows(largestValue, x)));
    q = m.check(q, m.both(near, m.isSignificant(x, expected)), Reason::gauge);
    if (isSecond) {
      Value pair = hasDiagonal ? m.both(near, b.create<BitwiseNotOp>(m.onDiagonal(x))) : near;
      q = m.check(q, pair, Reason::secondDerivative);
    }
    return q;
  }

  AdjointBuilder &b;
  MatrixAlgebra m;
  Value values;
  bool isSecond;
  int64_t last;
  double relative;
  Value magnitude, largestValue, floor;
};

/// How the limits of one decomposition are found, and the derivatives of its vectors' cotangents that they are made of.
struct Limits {
  bool isStructural; ///< way 1
  bool isSecond;
  bool isGeneral() const { return !isStructural && !isSecond; } ///< way 2
  SmallVector<Value> tangents, symmetric; ///< one tangent for each of the vectors; what way 1 holds
};

/// The tangents of the cotangents of `vectors` for tangents of xs, results of b.op of which the others are held.
LogicalResult differentiateCotangents(AdjointBuilder &b, ArrayRef<Value> vectors, ValueRange xs, ValueRange tangents,
                                      SmallVector<Value> &found) {
  for (Value each : vectors) {
    found.push_back({});
    if (Value cotangent = b.cotangentOf(each)) {
      FailureOr<Value> tangent = differentiateAlong(b, cotangent, xs, tangents, b.op->getResults());
      if (failed(tangent))
        return failure();
      found.back() = *tangent;
    }
    if (!found.back())
      found.back() = b.zeros(each);
  }
  return success();
}

/// Which ways may be taken: way 1 always, if scaled vectors meet directly, or never.
enum class Ways { both, firstIfDirect, second };

FailureOr<Limits> findLimits(AdjointBuilder &b, ArrayRef<BasisVectors> vectors, Value values, Ways ways) {
  BasisInvariance proof = proveBasisInvariance(b, vectors, values);
  Limits limits;
  limits.isStructural = proof.isProven && (ways == Ways::both || (ways == Ways::firstIfDirect && proof.isDirect));
  limits.isSecond = !limits.isStructural && (proof.hasQuotients || proof.hasTwin);
  SmallVector<Value> all;
  for (const BasisVectors &each : vectors)
    all.push_back(each.value);
  if (limits.isStructural) {
    FailureOr<SmallVector<Value>> found = differentiateScaling(b, all, values, proof.symmetric);
    if (failed(found))
      return failure();
    limits.tangents = *found;
    limits.symmetric = proof.symmetric;
  } else if (!limits.isSecond) {
    Value direction = b.cast(SpectralAdjoint(b, values, false).direction(), tensorType(values).getElementType());
    if (failed(differentiateCotangents(b, all, values, direction, limits.tangents)))
      return failure();
  }
  limits.tangents.resize(all.size());
  for (auto [tangent, each] : llvm::zip(limits.tangents, all))
    if (!tangent)
      tangent = b.zeros(each);
  return limits;
}

} // namespace

// With k = v^H gv, dv = v (F o v^H da v), F_ij = 1 / (w_j - w_i): ga = v (diag(gw) + F o anti(k)) v^H (Giles 2008,
// section 3.1, for Hermitian da).
LogicalResult EighOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value v = getV(), w = getW(), vh = m.adjointOf(v), gw = b.dyOrZero(0);
  if (!b.dy(1)) {
    b.accumulate(0, m.product(m.scaleColumns(v, gw), vh));
    return success();
  }
  FailureOr<Limits> limits = findLimits(b, {{v, tensorType(v).getRank() - 1, false}}, w, Ways::both);
  if (failed(limits))
    return failure();
  SpectralAdjoint spectral(b, w, limits->isSecond);
  Value k = m.product(vh, b.dy(1)), j = m.product(vh, limits->tangents[0]);
  Value limit = limits->isStructural ? m.hermitian(j) : spectral.limitOfDifferences(m.antiHermitian(j));
  Value turned;
  if (limits->isGeneral()) {
    SmallVector<Value> g;
    Value turning = spectral.turning(k);
    if (failed(differentiateCotangents(b, v, v, m.product(v, turning), g)))
      return failure();
    turned = m.antiHermitian(m.subtract(m.product(vh, g[0]), m.product(turning, k)));
  }
  Value inner = m.withDiagonal(spectral.overDifferences(m.antiHermitian(k), limit, m.largest(k), turned), gw);
  b.accumulate(0, m.product(v, m.product(inner, vh)));
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
// Of full matrices the vectors behind the first k span the complement: what the loss does with them is a cotangent of
// the first ones (MatrixAlgebra::withoutComplement).
LogicalResult SvdOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  RankedTensorType type = getA().getType();
  int64_t rank = type.getRank(), rows = type.getDimSize(rank - 2), columns = type.getDimSize(rank - 1);
  bool isOpen = ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns);
  bool isSquare = !isOpen && rows == columns, isWhole = getFull() && !isSquare;
  if (isWhole && isOpen)
    return emitOpError("cannot be differentiated: the matrices have open sizes");
  Value u = getU(), s = getS(), v = m.adjointOf(getVh()), gs = b.dyOrZero(1);
  int64_t k = std::min(rows, columns);
  if (!b.dy(0) && !b.dy(2)) {
    Value left = isWhole ? m.columns(u, 0, k) : u, right = isWhole ? m.columns(v, 0, k) : v;
    b.accumulate(0, m.product(m.scaleColumns(left, gs), m.adjointOf(right)));
    return success();
  }
  FailureOr<Limits> limits =
      findLimits(b, {{u, rank - 1, false}, {getVh(), rank - 2, true}}, s, isSquare ? Ways::both : Ways::firstIfDirect);
  if (failed(limits))
    return failure();
  Value gu = b.dyOrZero(0), gv = m.adjointOf(b.dyOrZero(2));
  Value ju = limits->tangents[0], jv = m.adjointOf(limits->tangents[1]), ju2 = ju, jv2 = jv;
  if (!isSquare && limits->isStructural) {
    FailureOr<SmallVector<Value>> outer = differentiateScaling(b, {u, getVh()}, s, limits->symmetric, Held::products);
    if (failed(outer))
      return failure();
    ju2 = (*outer)[0] ? (*outer)[0] : b.zeros(u);
    jv2 = m.adjointOf((*outer)[1] ? (*outer)[1] : b.zeros(getVh()));
  }
  if (isWhole) {
    auto reduce = [&](Value &q, Value &g, Value &j, Value &j2) {
      std::tie(std::ignore, j) = m.withoutComplement(q, j, k, /*isChecked=*/false);
      std::tie(std::ignore, j2) = m.withoutComplement(q, j2, k, /*isChecked=*/false);
      std::tie(q, g) = m.withoutComplement(q, g, k);
    };
    if (rows > columns)
      reduce(u, gu, ju, ju2);
    else
      reduce(v, gv, jv, jv2);
  }
  Value uh = m.adjointOf(u), vh = m.adjointOf(v);
  Value ku = m.product(uh, gu), kv = m.product(vh, gv), pu = m.product(uh, ju), pv = m.product(vh, jv);
  SpectralAdjoint spectral(b, s, limits->isSecond);
  bool isStructural = limits->isStructural;
  Value limitH =
      isStructural ? m.hermitian(m.add(pu, pv)) : spectral.limitOfDifferences(m.antiHermitian(m.add(pu, pv)));
  Value limitN = m.antiHermitian(m.subtract(pu, pv));
  if (!isStructural)
    limitN = spectral.limitOfSums(limitN);
  // Of gu and gv too: of a loss that sees the vectors' span only, ku and kv are rounding errors.
  Value scale = b.create<MaximumOp>(m.largest(ku), m.largest(kv));
  if (!isSquare)
    scale = b.create<MaximumOp>(scale, b.create<MaximumOp>(m.largest(gu, ku), m.largest(gv, ku)));
  Value turned;
  if (limits->isGeneral() && !isWhole) {
    SmallVector<Value> g;
    Value turning = spectral.turning(ku);
    SmallVector<Value> tangents{m.product(u, turning), m.negative(m.product(turning, vh))};
    if (failed(differentiateCotangents(b, {u, getVh()}, {u, getVh()}, tangents, g)))
      return failure();
    Value sum = m.add(m.product(uh, g[0]), m.product(vh, m.adjointOf(g[1])));
    turned = m.antiHermitian(m.subtract(sum, m.product(turning, m.add(ku, kv))));
  }
  Value gh = spectral.overDifferences(m.antiHermitian(m.add(ku, kv)), limitH, scale, turned);
  Value gn = spectral.overSums(m.antiHermitian(m.subtract(ku, kv)), limitN, scale);
  Value da = m.product(u, m.product(m.add(m.withDiagonal(gh, gs), gn), vh));
  // The part of g / s that the span of the vectors q does not contain.
  auto outside = [&](Value q, Value g, Value inside, Value j) {
    Value part = m.subtract(g, m.product(q, inside));
    Value limit = m.subtract(j, m.product(q, m.product(m.adjointOf(q), j)));
    return spectral.overValues(part, isStructural ? limit : spectral.limitOfValues(limit), m.largest(g));
  };
  if ((isOpen || rows > columns) && b.dy(0))
    da = m.add(da, m.product(outside(u, gu, ku, ju2), vh));
  if ((isOpen || rows < columns) && b.dy(2))
    da = m.add(da, m.product(u, m.adjointOf(outside(v, gv, kv, jv2))));
  b.accumulate(0, da);
  return success();
}

// a v = v diag(w), columns of norm 1: with k = v^H gv,
// ga = v^-H (diag(gw) + (k - v^H v diag(Re k)) / conj(w_j - w_i)) v^H (Boeddeker et al. 2017, eq. 4.77, with the norms'
// part). The numerator's diagonal is what the loss sees of the vectors' phases, which nothing determines. At equal
// eigenvalues the limit is that of way 2: no product of v^H and v is unitary, so that scaled vectors tell nothing.
LogicalResult EigOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  MatrixAlgebra m(b);
  Value v = getV(), w = getW(), vh = m.adjointOf(v), gw = b.dyOrZero(0), inner;
  if (b.dy(1)) {
    FailureOr<Limits> limits = findLimits(b, {{v, tensorType(v).getRank() - 1, false}}, w, Ways::second);
    if (failed(limits))
      return failure();
    SpectralAdjoint spectral(b, w, limits->isSecond);
    auto numerator = [&](Value k) { return m.subtract(k, m.scaleColumns(m.product(vh, v), m.real(m.diagonal(k)))); };
    Value k = m.product(vh, b.dy(1));
    // The divisor is conjugated, and so is what is divided.
    Value x = b.create<ConjOp>(numerator(k));
    Value j = b.create<ConjOp>(numerator(m.product(vh, limits->tangents[0])));
    Value q = spectral.overDifferences(x, spectral.limitOfDifferences(j), m.largest(k));
    inner = m.withDiagonal(b.create<ConjOp>(q), gw);
  } else {
    inner = m.withDiagonal(b.zeros(v), gw);
  }
  b.accumulate(0, b.create<SolveOp>(vh, m.product(inner, vh)));
  return success();
}

} // namespace tcc
