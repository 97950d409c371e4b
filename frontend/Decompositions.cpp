// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// QR, singular values, eigenvalues, and what is read off them.
#include "frontend/Matrix.h"
#include "tcc/Contract.h"
#include "tcc/Create.h"
#include "tcc/Linalg.h"
#include "tcc/Pointwise.h"
#include "tcc/Random.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tcc::linalg {

Qr qr(const Tensor &a, QrOptions o, Loc where) {
  auto [q, r] = ops::qr(asMatrix(a, "qr", where), o.full_matrices, where);
  return {q, r};
}

/// How many singular values of the batch's fullest matrix stay.
static int64_t rankAbove(const Tensor &s, double cutoff, Loc where) {
  if (s.size() == 0)
    return s.dim(-1);
  Tensor kept = greater(s, multiply(max(s, -1, {.keepdims = true}, where), cutoff, where), where);
  Scalar most = evaluatedScalar(max(sum(kept, -1, {}, where), {}, {}, where), "svd", where);
  return std::max<int64_t>(1, asInteger(most));
}

/// An orthonormal basis of the span of x's columns, of which the first `kept` directions matter. With x = l diag(s)
/// w^H, all three without derivatives, it is that of x w diag(1 / s): the same span to any order, and l itself to begin
/// with, so that nothing is lost where s decays. Directions far below the kept ones are l's, without derivatives.
static Tensor spanOf(const Tensor &x, int64_t kept, Loc where) {
  auto [l, s, wh] = ops::svd(ops::stop_gradient(x, where), /*full=*/false, where);
  double eps = epsilonOf(x.dtype());
  int64_t axis = s.ndim() - 1;
  Tensor first = multiply(sliceAxis(s, axis, 0, 1, where), eps * double(x.dim(-2)), where);
  Tensor last = multiply(sliceAxis(s, axis, kept - 1, kept, where), std::sqrt(eps), where);
  Tensor counts = greater(s, maximum(first, last, where), where), one = constantLike(s, 1, where);
  Tensor inverse = tcc::where(counts, divide(one, tcc::where(counts, s, one, where), where), 0.0, where);
  Tensor turned = matmul(x, scaleColumns(adjoint(wh, where), inverse, where), where);
  return ops::qr(add(turned, scaleColumns(l, tcc::where(counts, 0.0, one, where), where), where), /*full=*/false,
                 where)[0];
}

// Halko, Martinsson and Tropp 2011, algorithms 4.4 (subspace iteration from a random sketch) and 5.1. The first half of
// the steps finds the subspace, without derivatives; from there on it stays where it is, and the derivatives of the
// other half converge to those of the invariant subspace, with the part of the discarded one (Francuz, Schuch and
// Vanhecke 2023).
static Svd randomizedSvd(const Tensor &a, int64_t size, const SvdOptions &o, Loc where) {
  Tensor fixed = ops::stop_gradient(a, where), fixedH = adjoint(fixed, where), h = adjoint(a, where);
  Tensor key = o.key ? *o.key : random::key(0, where);
  auto orthonormal = [&](const Tensor &x) { return ops::qr(x, /*full=*/false, where)[0]; };
  Tensor left = orthonormal(matmul(fixed, random::normal(key, {a.dim(-1), size}, a.dtype(), {}, where), where));
  Tensor right = orthonormal(matmul(fixedH, left, where));
  for (int64_t k = 0; k < o.power_iterations; ++k) {
    left = orthonormal(matmul(fixed, right, where));
    right = orthonormal(matmul(fixedH, left, where));
  }
  for (int64_t k = 0; k < o.power_iterations; ++k) {
    left = spanOf(matmul(a, right, where), *o.max_rank, where);
    right = spanOf(matmul(h, left, where), *o.max_rank, where);
  }
  left = spanOf(matmul(a, right, where), *o.max_rank, where);
  auto [inner, s, vh] = ops::svd(matmul(adjoint(left, where), a, where), /*full=*/false, where);
  return {matmul(left, inner, where), s, vh};
}

Svd svd(const Tensor &a, SvdOptions o, Loc where) {
  Tensor m = asMatrix(a, "svd", where);
  bool truncated = o.max_rank || o.cutoff;
  if (truncated && o.full_matrices)
    fail("svd", where, Kind::value, "expected full matrices or a truncation, got both");
  if (o.max_rank && *o.max_rank < 1)
    fail("svd", where, Kind::value, "expected a rank of at least 1, got ", *o.max_rank);
  if (o.randomized && !o.max_rank)
    fail("svd", where, Kind::value, "expected max_rank for a randomized decomposition");
  if (o.oversampling < 0 || o.power_iterations < 0)
    fail("svd", where, Kind::value, "expected oversampling and power_iterations of at least 0, got ", o.oversampling,
         " and ", o.power_iterations);
  // A sketch as large as the matrix saves nothing.
  int64_t smaller = std::min(m.dim(-1), m.dim(-2)), rank = m.ndim();
  bool isSketched = o.randomized && *o.max_rank < smaller && o.oversampling < smaller - *o.max_rank;
  auto decompose = [&]() -> Svd {
    auto [u, s, vh] = ops::svd(m, o.full_matrices, where);
    return {u, s, vh};
  };
  auto [u, s, vh] = isSketched ? randomizedSvd(m, *o.max_rank + o.oversampling, o, where) : decompose();
  if (!truncated)
    return {u, s, vh};
  int64_t k = s.dim(-1);
  if (o.max_rank)
    k = std::min(k, *o.max_rank);
  if (o.cutoff)
    k = std::min(k, rankAbove(s, *o.cutoff, where));
  return {sliceAxis(u, rank - 1, 0, k, where), sliceAxis(s, rank - 2, 0, k, where),
          sliceAxis(vh, rank - 2, 0, k, where)};
}

// The vectors are there for the gradient; where none is asked for, the compiler leaves them out.
Tensor svdvals(const Tensor &a, Loc where) {
  auto [u, s, vh] = ops::svd(asMatrix(a, "svdvals", where), /*full=*/false, where);
  return s;
}

/// The op reads the lower triangle.
static Eigh eighOf(const Tensor &square, EighOptions options, Loc where) {
  auto [w, v] = ops::eigh(options.upper ? adjoint(square, where) : square, where);
  return {w, v};
}
Eigh eigh(const Tensor &a, EighOptions options, Loc where) {
  return eighOf(asSquare(a, "eigh", where), options, where);
}
// With b = l l^H it is l^-1 a l^-H y = y diag(w), y = l^H v. As in eigh(a), one triangle is read and the gradient is
// that of a Hermitian matrix.
Eigh eigh(const Tensor &a, const Tensor &b, Loc where) {
  RightHandSide s = rightHandSide(b, asSquare(a, "eigh", where), "eigh", where);
  Tensor full = add(tril(s.b, 0, where), adjoint(tril(s.b, -1, where), where), where);
  full = ops::with_gradient(full, s.b, where);
  Tensor l = ops::cholesky(s.a, where);
  auto solve = [&](const Tensor &x, bool isAdjoint) {
    return ops::triangular_solve(l, x, /*lower=*/true, isAdjoint, /*unit_diagonal=*/false, where);
  };
  auto [w, y] = ops::eigh(solve(adjoint(solve(full, false), where), false), where);
  return {w, solve(y, true)};
}
Tensor eigvalsh(const Tensor &a, EighOptions options, Loc where) {
  return eighOf(asSquare(a, "eigvalsh", where), options, where).eigenvalues;
}
Eig eig(const Tensor &a, Loc where) {
  auto [w, v] = ops::eig(asSquare(a, "eig", where), where);
  return {w, v};
}
Tensor eigvals(const Tensor &a, Loc where) { return eig(asSquare(a, "eigvals", where), where).eigenvalues; }
Schur schur(const Tensor &a, Loc where) {
  auto [t, z] = ops::schur(asSquare(a, "schur", where), where);
  return {t, z};
}

/// Which singular values count: above rcond times the largest.
static Tensor counted(const Tensor &m, const Tensor &s, std::optional<double> limit, Loc where) {
  double rcond = limit.value_or(epsilonOf(m.dtype()) * double(std::max(m.dim(-1), m.dim(-2))));
  if (s.dim(-1) == 0)
    return greater(s, 0.0, where);
  Tensor top = ops::stop_gradient(max(s, -1, {.keepdims = true}, where), where);
  return greater(s, multiply(top, rcond, where), where);
}

/// V S^+ U^H of the values that count. What is left out may be no zero, and has its part in the gradient. A zero is
/// replaced before it is inverted, so that no infinity reaches the gradient.
static Tensor truncatedInverse(const Svd &f, const Tensor &counts, Loc where) {
  Tensor safe = tcc::where(counts, f.s, constantLike(f.s, 1, where), where);
  Tensor inverse = tcc::where(counts, divide(1.0, safe, where), constantLike(f.s, 0, where), where);
  return matmul(scaleColumns(adjoint(f.vh, where), inverse, where), adjoint(f.u, where), where);
}

Tensor pinv(const Tensor &a, RcondOptions o, Loc where) {
  Tensor m = asMatrix(a, "pinv", where);
  if (!o.rcond)
    return ops::pinv(m, where);
  Svd f = svd(m, {}, where);
  return truncatedInverse(f, counted(m, f.s, o.rcond, where), where);
}

Lstsq lstsq(const Tensor &a, const Tensor &b, RcondOptions o, Loc where) {
  Tensor m = asMatrix(a, "lstsq", where), y = asWide(b, "lstsq", where);
  Dtype dtype = promote(m.dtype(), y.dtype());
  m = asDtype(m, dtype, where);
  y = asDtype(y, dtype, where);
  bool vector = y.ndim() == 1;
  if (vector)
    y = expand_dims(y, 1, where);
  if (y.ndim() < 2 || m.dim(-2) != y.dim(-2))
    fail("lstsq", where, Kind::shape, "expected as many rows on both sides, got ", a.shape(), " and ", b.shape());
  bool isOneBatch = std::equal(m.shape().begin(), m.shape().end() - 2, y.shape().begin(), y.shape().end() - 2);
  Tensor x, rank, s;
  if (!o.rcond && isOneBatch) {
    auto [solution, count] = ops::lstsq(m, y, where);
    x = solution, rank = count, s = svdvals(m, where);
  } else {
    Svd f = svd(m, {}, where);
    Tensor counts = counted(m, f.s, o.rcond, where);
    x = matmul(o.rcond ? truncatedInverse(f, counts, where) : ops::pinv(m, where), y, where);
    rank = sum(counts, -1, {}, where), s = f.s;
  }
  Tensor residuals = zerosOf(real_dtype(dtype), {0}, where);
  if (m.dim(-2) > m.dim(-1)) {
    Tensor r = subtract(matmul(m, x, where), y, where);
    residuals = sum(add(square(real(r, where), where), square(imag(r, where), where), where), -2, {}, where);
  }
  return {vector ? squeeze(x, -1, where) : x, residuals, rank, s};
}

// p = u^H a, Hermitian but for rounding.
Polar polar(const Tensor &a, Loc where) {
  Tensor m = asMatrix(a, "polar", where), u = ops::polar(m, where), p = matmul(adjoint(u, where), m, where);
  return {u, divide(add(p, adjoint(p, where), where), 2.0, where)};
}

Tensor matrix_rank(const Tensor &a, Loc where) {
  expectTensor(a, "matrix_rank", where);
  if (a.ndim() < 2) // NumPy's: a vector has rank 1 unless it is zero
    return asDtype(any(not_equal(a, 0, where), {}, {}, where), int64, where);
  Tensor m = asMatrix(a, "matrix_rank", where);
  return sum(counted(m, svdvals(m, where), std::nullopt, where), -1, {}, where);
}

Tensor cond(const Tensor &a, Loc where) {
  Tensor s = svdvals(asMatrix(a, "cond", where), where);
  if (s.dim(-1) == 0)
    fail("cond", where, Kind::shape, "expected matrices with elements, got shape ", a.shape());
  Tensor least = min(s, -1, {}, where);
  // Of the zero matrix too.
  return tcc::where(equal(least, 0.0, where), std::numeric_limits<double>::infinity(),
                    divide(max(s, -1, {}, where), least, where), where);
}

} // namespace tcc::linalg
