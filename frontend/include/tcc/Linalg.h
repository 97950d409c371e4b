// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Linear algebra on the last two axes, batched over the others; float32, float64, complex64, complex128 (integers
// become float64). A matrix that has no result (singular, indefinite, not finite) is an Error when the program runs.
#pragma once

#include "tcc/Tensor.h"

#include <string>
#include <variant>

namespace tcc::linalg {

struct CholeskyOptions {
  bool upper = false;
};
struct EighOptions {
  /// Reads the upper triangle.
  bool upper = false;
};
struct TriangularOptions {
  bool lower = false;
  /// Solves with the conjugate transpose.
  bool trans = false;
  bool unit_diagonal = false;
};
struct QrOptions {
  /// q {.., m, m} and r {.., m, n}.
  bool full_matrices = false;
};
struct SvdOptions {
  /// Keeps at most that many singular values.
  std::optional<int64_t> max_rank = {};
  /// Drops singular values below cutoff times the largest one (of the batch). Evaluates them.
  std::optional<double> cutoff = {};
  bool full_matrices = false;
  /// For large matrices of low rank: decomposes a random sketch of max_rank + oversampling columns instead of the
  /// matrix. With s' the first singular value that the sketch leaves out and s the last one kept, the error of
  /// gradients falls as (s' / s)^(2 power_iterations + 1), that of values and vectors as its square.
  bool randomized = false;
  int64_t oversampling = 10;
  int64_t power_iterations = 2;
  /// Of the sketch; a fixed one if there is none, so that results repeat.
  std::optional<Tensor> key = {};
};
struct RcondOptions {
  /// Singular values below rcond times the largest count as zero; default: eps * max(m, n).
  std::optional<double> rcond = {};
};
/// NumPy's ord: a number (infinities included), "fro" or "nuc".
struct NormOrder {
  std::optional<std::variant<double, std::string>> value;
  NormOrder() {}
  template <class N>
    requires std::is_arithmetic_v<N>
  NormOrder(N p) : value(double(p)) {}
  NormOrder(const char *name) : value(std::string(name)) {}
  NormOrder(std::string name) : value(std::move(name)) {}
};
struct NormOptions {
  /// Default: the Euclidean (Frobenius) norm over all axes.
  NormOrder ord = {};
  Axes axes = {};
  bool keepdims = false;
};
/// a = u diag(s) vh, s descending.
struct Svd {
  Tensor u, s, vh;
};
/// a = q r with real diagonal of r.
struct Qr {
  Tensor q, r;
};
/// a = p l u.
struct Lu {
  Tensor p, l, u;
};
/// Packed factors; row k of the permuted matrix is row pivots[k] of a.
struct LuFactor {
  Tensor lu, pivots;
};
struct Eigh {
  Tensor eigenvalues, eigenvectors;
};
struct Eig {
  Tensor eigenvalues, eigenvectors;
};
/// a = z t z^H with upper triangular t.
struct Schur {
  Tensor t, z;
};
struct Slogdet {
  Tensor sign, logabsdet;
};
struct Lstsq {
  Tensor x, residuals, rank, s;
};
/// a = u p with positive semidefinite p.
struct Polar {
  Tensor u, p;
};

/// a = l l^H (u^H u with upper) of a Hermitian positive definite matrix; reads the lower (upper) triangle.
TCC_API Tensor cholesky(const Tensor &a, CholeskyOptions options = {}, Loc where = Loc::current());
/// Solves a x = b given c = cholesky(a).
TCC_API Tensor cholesky_solve(const Tensor &c, const Tensor &b, CholeskyOptions options = {},
                              Loc where = Loc::current());
TCC_API Lu lu(const Tensor &a, Loc where = Loc::current());
TCC_API LuFactor lu_factor(const Tensor &a, Loc where = Loc::current());
/// Solves a x = b given lu_factor(a); b is a vector only if it has one axis.
TCC_API Tensor lu_solve(const LuFactor &f, const Tensor &b, Loc where = Loc::current());
/// Reduced, unless asked: q {.., m, k}, r {.., k, n} with k = min(m, n).
TCC_API Qr qr(const Tensor &a, QrOptions options = {}, Loc where = Loc::current());
/// Reduced, and truncated if asked. Gradients of functions that do not depend on the choice of vectors are right for
/// equal singular values, too; others are an Error when they run.
TCC_API Svd svd(const Tensor &a, SvdOptions options = {}, Loc where = Loc::current());
/// Descending.
TCC_API Tensor svdvals(const Tensor &a, Loc where = Loc::current());
/// Of a Hermitian matrix (the lower triangle is read, unless asked); real eigenvalues ascend.
TCC_API Eigh eigh(const Tensor &a, EighOptions options = {}, Loc where = Loc::current());
/// Of the pencil a v = b v diag(w), a Hermitian and b positive definite (their lower triangles are read): v^H b v = 1.
TCC_API Eigh eigh(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor eigvalsh(const Tensor &a, EighOptions options = {}, Loc where = Loc::current());
/// Complex eigenvalues and right eigenvectors of unit norm.
TCC_API Eig eig(const Tensor &a, Loc where = Loc::current());
/// Complex.
TCC_API Tensor eigvals(const Tensor &a, Loc where = Loc::current());
/// The complex Schur form. Its gradient needs distinct eigenvalues.
TCC_API Schur schur(const Tensor &a, Loc where = Loc::current());
/// Solves a x = b; b is a vector only if it has one axis (NumPy 2).
TCC_API Tensor solve(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// Solves with the upper (or lower) triangle of a; b as in solve.
TCC_API Tensor solve_triangular(const Tensor &a, const Tensor &b, TriangularOptions options = {},
                                Loc where = Loc::current());
/// The x of least norm that minimises |a x - b|; residuals are empty unless m > n. Singular values up to rcond times
/// the largest count as zeros (eps max(m, n), if it is not given; then derivatives of all orders exist, else as for
/// svd).
TCC_API Lstsq lstsq(const Tensor &a, const Tensor &b, RcondOptions options = {}, Loc where = Loc::current());
TCC_API Tensor inv(const Tensor &a, Loc where = Loc::current());
/// Moore-Penrose; rcond as for lstsq.
TCC_API Tensor pinv(const Tensor &a, RcondOptions options = {}, Loc where = Loc::current());
/// 0 for singular matrices.
TCC_API Tensor det(const Tensor &a, Loc where = Loc::current());
/// det = sign * exp(logabsdet); 0 and -inf for singular matrices.
TCC_API Slogdet slogdet(const Tensor &a, Loc where = Loc::current());
/// Negative n inverts.
TCC_API Tensor matrix_power(const Tensor &a, int64_t n, Loc where = Loc::current());
/// Scaling and squaring of Taylor polynomials (Bader, Blanes and Casas 2019; Al-Mohy and Higham 2009).
TCC_API Tensor expm(const Tensor &a, Loc where = Loc::current());
/// The principal logarithm, complex; throws at run time for singular matrices.
TCC_API Tensor logm(const Tensor &a, Loc where = Loc::current());
/// The principal square root, complex.
TCC_API Tensor sqrtm(const Tensor &a, Loc where = Loc::current());
/// a = u p, p positive semidefinite. Derivatives of all orders exist where a has full rank.
TCC_API Polar polar(const Tensor &a, Loc where = Loc::current());
/// int64; singular values above eps * max(m, n) * the largest count.
TCC_API Tensor matrix_rank(const Tensor &a, Loc where = Loc::current());
/// The ratio of the extreme singular values, infinite for singular matrices.
TCC_API Tensor cond(const Tensor &a, Loc where = Loc::current());
/// Vector or matrix norms, as NumPy chooses by ord and axes.
TCC_API Tensor norm(const Tensor &a, NormOptions options = {}, Loc where = Loc::current());
/// The product of matrices in the cheapest order.
TCC_API Tensor multi_dot(const std::vector<Tensor> &xs, Loc where = Loc::current());
/// Solves a x + x b = q (Bartels and Stewart 1972); an Error at run time if a and -b share an eigenvalue.
TCC_API Tensor solve_sylvester(const Tensor &a, const Tensor &b, const Tensor &q, Loc where = Loc::current());

} // namespace tcc::linalg
