// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows of docs/linalg-accuracy.md: for each function a scalar that depends on all its results and is smooth where
// it is measured, arguments in its domain, and what is refused where its values coincide.
#include "LinalgRows.h"

#include <cmath>
#include <map>

using namespace tcc;

namespace linalg_table {

Tensor noise(Shape shape, Dtype d, int seed) {
  static std::map<std::tuple<Shape, Dtype, int>, Tensor> known;
  auto [it, isNew] = known.try_emplace({shape, d, seed});
  if (isNew) {
    // Rounded from double precision, so that a function can be compared between precisions.
    it->second = random::normal(random::key(seed), shape, is_complex(d) ? complex128 : float64).astype(d);
    eval(it->second);
  }
  return it->second;
}

Tensor overlap(const Tensor &w, const Tensor &x) { return sum(real(conj(w) * x)); }

namespace {

Tensor adjointOf(const Tensor &a) { return conj(swapaxes(a, -1, -2)); }
Tensor hermitian(const Tensor &a) { return (a + adjointOf(a)) / 2.0; }
Tensor scaled(const Tensor &v, const Tensor &f) { return v * expand_dims(f.astype(v.dtype()), -2); }
Tensor identityLike(const Tensor &a) { return eye(a.dim(-1), a.dtype()); }
/// |a|^2 as a polynomial: abs has no second derivative at zero.
Tensor magnitudes(const Tensor &a) { return real(a * conj(a)); }

/// A fixed combination of the elements of each matrix (or vector, if `axes` is 1), the same for all of a stack.
Tensor mixed(const Tensor &x, int64_t axes = 2) {
  int64_t rank = std::min(axes, x.ndim());
  return overlap(noise(Shape(x.shape().end() - rank, x.shape().end()), x.dtype(), 77), x);
}

Tensor unchanged(const Tensor &x) { return x; }
Tensor regular(const Tensor &x) { return x * 0.3 + identityLike(x) * 2.0; }
Tensor positiveDefinite(const Tensor &x) { return matmul(x, adjointOf(x)) * 0.3 + identityLike(x); }
Tensor identity(const Tensor &x) { return x * 0.0 + identityLike(x); }
Tensor tallIdentity(const Tensor &x) { return x * 0.0 + eye(x.dim(-2), x.dim(-1), 0, x.dtype()); }
Tensor zero(const Tensor &x) { return x * 0.0; }
Tensor singular(const Tensor &x) { return scaled(x, tensor({1.0, 1.0, 0.0})); }
Tensor equalEigenvalues(const Tensor &x) {
  Tensor q = linalg::qr(x).q;
  return matmul(scaled(q, tensor({2.0, 1.0, 2.0})), adjointOf(q));
}
/// 2, 2 and 1, turned on both sides.
Tensor equalSingularValues(const Tensor &x) {
  Tensor right = linalg::qr(noise({x.dim(-1), x.dim(-1)}, x.dtype(), 5)).q;
  if (x.dim(-2) < x.dim(-1))
    return matmul(scaled(linalg::qr(x).q, tensor({2.0, 1.0, 2.0})), right(slice(0, 3)));
  return matmul(scaled(linalg::qr(x).q, tensor({2.0, 1.0, 2.0})), right);
}
/// Of two singular values that are kept and a small one that is not.
Tensor lowRank(const Tensor &x, double first) {
  return matmul(scaled(linalg::qr(x).q, tensor({first, 2.0, 0.25})), linalg::qr(noise({3, 3}, x.dtype(), 5)).q);
}

/// Singular values 2 and `first`, and small ones.
Tensor decaying(const Tensor &x, double first) {
  Tensor s = tensor({first, 2.0, 0.1, 0.05, 0.02, 0.01, 0.005});
  return matmul(scaled(linalg::qr(x).q, s), linalg::qr(noise({7, 7}, x.dtype(), 5)).q);
}

/// Of singular values and vectors: functions of a matrix, which do not see how vectors of equal values are chosen.
Tensor functionsOf(const linalg::Svd &f) {
  return mixed(matmul(scaled(f.u, tanh(f.s)), f.vh)) + mixed(matmul(scaled(f.u, f.s * f.s), adjointOf(f.u))) +
         mixed(matmul(scaled(adjointOf(f.vh), f.s * f.s), f.vh));
}
Tensor vectorsOf(const linalg::Svd &f) {
  return mixed(magnitudes(f.u)) + mixed(magnitudes(f.vh)) + sum(f.s * f.s * f.s);
}
Tensor functionsOf(const linalg::Eigh &f) {
  auto [w, v] = f;
  return mixed(matmul(scaled(v, exp(w)), adjointOf(v))) + mixed(matmul(scaled(v, sin(w)), adjointOf(v)));
}
Tensor vectorsOf(const linalg::Eigh &f) {
  return mixed(magnitudes(f.eigenvectors)) + sum(f.eigenvalues * f.eigenvalues);
}

#define LOSS(...) [](const Tensor &a) -> Tensor { __VA_ARGS__ }

const Shape square{3, 3}, tall{5, 3}, wide{3, 5};

std::vector<Row> factorisations() {
  return {
      {"cholesky", square, LOSS(return mixed(linalg::cholesky(hermitian(a)));), positiveDefinite, identity},
      {"cholesky, upper", square, LOSS(return mixed(linalg::cholesky(hermitian(a), {.upper = true}));),
       positiveDefinite, identity},
      {"cholesky_solve", square, LOSS(return mixed(linalg::cholesky_solve(linalg::cholesky(hermitian(a)), a));),
       positiveDefinite, identity},
      {"lu", square, LOSS(auto f = linalg::lu(a); return mixed(f.l) + mixed(f.u);), regular, identity},
      {"lu, tall", tall, LOSS(auto f = linalg::lu(a); return mixed(f.l) + mixed(f.u);), unchanged},
      {"lu, wide", wide, LOSS(auto f = linalg::lu(a); return mixed(f.l) + mixed(f.u);), unchanged},
      {"lu_factor, lu_solve", square, LOSS(return mixed(linalg::lu_solve(linalg::lu_factor(a), adjointOf(a)));),
       regular, identity},
      {"qr", square, LOSS(auto f = linalg::qr(a); return mixed(magnitudes(f.q)) + mixed(magnitudes(f.r));), regular,
       identity},
      {"qr, tall", tall, LOSS(auto f = linalg::qr(a); return mixed(magnitudes(f.q)) + mixed(magnitudes(f.r));),
       unchanged, tallIdentity},
      {"qr, wide", wide, LOSS(auto f = linalg::qr(a); return mixed(magnitudes(f.q)) + mixed(magnitudes(f.r));),
       unchanged, tallIdentity},
      {"qr, full_matrices", tall,
       LOSS(auto f = linalg::qr(a, {.full_matrices = true}); Tensor c = f.q(ellipsis, slice(3, 5));
            return mixed(matmul(c, adjointOf(c))) + mixed(magnitudes(f.r));),
       unchanged, tallIdentity},
      {"svd", square, LOSS(return functionsOf(linalg::svd(a));), unchanged, equalSingularValues, Refused::second},
      {"svd, vectors", square, LOSS(return vectorsOf(linalg::svd(a));), unchanged, equalSingularValues, Refused::both},
      {"svd, tall", tall, LOSS(return functionsOf(linalg::svd(a));), unchanged, equalSingularValues, Refused::second},
      {"svd, wide", wide, LOSS(return functionsOf(linalg::svd(a));), unchanged, equalSingularValues, Refused::second},
      {"svd, at zero", tall, LOSS(return functionsOf(linalg::svd(a));), unchanged, zero, Refused::second},
      {"svd, full_matrices", tall,
       LOSS(auto [u, s, vh] = linalg::svd(a, {.full_matrices = true}); Tensor c = u(ellipsis, slice(3, 5));
            return mixed(matmul(c, adjointOf(c))) + sum(s * s * s);),
       unchanged, equalSingularValues, Refused::second},
      {"svd, max_rank", tall, LOSS(return functionsOf(linalg::svd(a, {.max_rank = 2}));), unchanged,
       LOSS(return lowRank(a, 2.0);), Refused::second},
      {"svd, cutoff", tall, LOSS(return functionsOf(linalg::svd(a, {.cutoff = 0.2}));), LOSS(return lowRank(a, 3.0);),
       LOSS(return lowRank(a, 2.0);), Refused::second, Stacks::evaluates},
      {"svd, randomized",
       {8, 7},
       LOSS(return functionsOf(
                       linalg::svd(a, {.max_rank = 2, .randomized = true, .oversampling = 1, .power_iterations = 4}));),
       LOSS(return decaying(a, 3.0);),
       LOSS(return decaying(a, 2.0);),
       Refused::second},
      {"svdvals", tall, LOSS(return sum(exp(linalg::svdvals(a)));), unchanged, equalSingularValues},
      {"eigh", square, LOSS(return functionsOf(linalg::eigh(hermitian(a)));), unchanged, equalEigenvalues,
       Refused::second},
      {"eigh, Lyapunov equation", square,
       LOSS(auto [w, v] = linalg::eigh(hermitian(a)); Tensor sums = expand_dims(w, -1) + expand_dims(w, -2);
            Tensor inner = matmul(adjointOf(v), matmul(noise({3, 3}, a.dtype(), 8), v)) / sums.astype(a.dtype());
            return mixed(matmul(v, matmul(inner, adjointOf(v))));),
       positiveDefinite, equalEigenvalues, Refused::second},
      {"eigh, vectors", square, LOSS(return vectorsOf(linalg::eigh(hermitian(a)));), unchanged, equalEigenvalues,
       Refused::both},
      {"eigh(a, b) in a", square,
       LOSS(return functionsOf(linalg::eigh(hermitian(a), positiveDefinite(noise({3, 3}, a.dtype(), 6))));), unchanged,
       LOSS(return positiveDefinite(noise({3, 3}, a.dtype(), 6)) * 2.0;), Refused::second},
      {"eigh(a, b) in b", square,
       LOSS(return functionsOf(linalg::eigh(positiveDefinite(noise({3, 3}, a.dtype(), 6)), hermitian(a)));),
       positiveDefinite, LOSS(return positiveDefinite(noise({3, 3}, a.dtype(), 6)) * 2.0;), Refused::second},
      {"eigh(a, b), vectors", square, LOSS(return vectorsOf(linalg::eigh(hermitian(a), positiveDefinite(a)));),
       unchanged, identity, Refused::both},
      {"eigvalsh", square, LOSS(return sum(exp(linalg::eigvalsh(hermitian(a))));), unchanged, equalEigenvalues},
      {"eig", square, LOSS(auto [w, v] = linalg::eig(a); return mixed(matmul(scaled(v, exp(w)), linalg::inv(v)));),
       unchanged, equalEigenvalues, Refused::second},
      {"eig, vectors", square, LOSS(auto [w, v] = linalg::eig(a); return mixed(magnitudes(v)) + sum(real(w * w));),
       unchanged, equalEigenvalues, Refused::both},
      {"eigvals", square, LOSS(return sum(real(exp(linalg::eigvals(a))));), unchanged, equalEigenvalues},
      {"schur", square,
       LOSS(auto [t, z] = linalg::schur(a);
            return sum(magnitudes(t)) +
                   sum(magnitudes(z) * expand_dims(magnitudes(sum(t * identityLike(t), -1)), -2));),
       unchanged, equalEigenvalues, Refused::both},
  };
}

std::vector<Row> solvers() {
  return {
      {"solve", square, LOSS(return mixed(linalg::solve(a, adjointOf(a) + 1.0));), regular, identity},
      {"solve, a vector", square, LOSS(return sum(real(linalg::solve(a, noise({3}, a.dtype(), 9))));), regular,
       identity},
      {"solve_triangular", square, LOSS(return mixed(linalg::solve_triangular(a, adjointOf(a) + 1.0));), regular,
       identity},
      {"solve_triangular, lower, trans", square,
       LOSS(return mixed(linalg::solve_triangular(a, adjointOf(a) + 1.0, {.lower = true, .trans = true}));), regular,
       identity},
      {"lstsq", tall,
       LOSS(auto f = linalg::lstsq(a, magnitudes(a).astype(a.dtype()));
            return mixed(f.x) + mixed(f.residuals, 1) + sum(f.s);),
       unchanged, tallIdentity},
      {"lstsq, wide", wide, LOSS(return mixed(linalg::lstsq(a, magnitudes(a).astype(a.dtype())).x);), unchanged,
       equalSingularValues},
      {"inv", square, LOSS(return mixed(linalg::inv(a));), regular, identity},
      {"pinv", tall, LOSS(return mixed(linalg::pinv(a));), unchanged, equalSingularValues},
      {"pinv, wide", wide, LOSS(return mixed(linalg::pinv(a));), unchanged, equalSingularValues},
      {"det", square, LOSS(return sum(real(linalg::det(a)));), regular, singular},
      {"det, rank n - 2", square, LOSS(return sum(real(linalg::det(a)));), regular,
       LOSS(return scaled(a, tensor({1.0, 0.0, 0.0}));)},
      {"pinv, of rank 2", tall,
       LOSS(Tensor b = a(ellipsis, slice(0, 2)); return mixed(linalg::pinv(matmul(b, adjointOf(b))));), unchanged,
       tallIdentity},
      {"pinv, rcond", tall, LOSS(return mixed(linalg::pinv(a, {.rcond = 0.2}));), LOSS(return lowRank(a, 3.0);),
       LOSS(return lowRank(a, 2.0);), Refused::second},
      {"slogdet", square, LOSS(auto f = linalg::slogdet(a); return sum(f.logabsdet) + sum(imag(f.sign));), regular,
       identity},
      {"matrix_power", square, LOSS(return mixed(linalg::matrix_power(a, 3)) + mixed(linalg::matrix_power(a, -3));),
       regular, identity},
      {"multi_dot",
       square,
       LOSS(return mixed(linalg::multi_dot({a, adjointOf(a), a}));),
       unchanged,
       {},
       Refused::none,
       Stacks::no},
      {"solve_sylvester", square,
       LOSS(return mixed(linalg::solve_sylvester(a, adjointOf(a), magnitudes(a).astype(a.dtype())));), regular,
       identity},
  };
}

std::vector<Row> functionsOfMatrices() {
  auto norm = [](std::string name, linalg::NormOptions o) {
    o.axes = {-2, -1};
    return Row{"norm, " + name, tall, [o](const Tensor &a) { return sum(linalg::norm(a, o)); }, unchanged};
  };
  std::vector<Row> all = {
      {"expm", square, LOSS(return mixed(linalg::expm(a));), unchanged, identity},
      {"logm", square, LOSS(return mixed(linalg::logm(a));), regular, identity},
      {"sqrtm", square, LOSS(return mixed(linalg::sqrtm(a));), regular, identity},
      {"polar", tall, LOSS(auto [u, p] = linalg::polar(a); return mixed(u) + mixed(p);), unchanged,
       equalSingularValues},
      {"polar, wide", wide, LOSS(auto [u, p] = linalg::polar(a); return mixed(u) + mixed(p);), unchanged,
       equalSingularValues},
      {"cond", square, LOSS(return sum(linalg::cond(a));), regular},
      norm("Frobenius", {}),
      norm("1", {.ord = 1.0}),
      norm("2", {.ord = 2.0}),
      norm("-2", {.ord = -2.0}),
      norm("infinity", {.ord = INFINITY}),
      {"norm, nuclear", tall, LOSS(return sum(linalg::norm(a, {.ord = "nuc", .axes = {-2, -1}}));), unchanged,
       equalSingularValues},
  };
  return all;
}

std::vector<Row> transforms() {
  std::vector<Row> all;
  auto add = [&](std::string name, Function f, Fields fields = Fields::both) {
    Row row{name, {7}, [f](const Tensor &a) { return mixed(tcc::square(f(a)), 1); }, unchanged};
    row.fields = fields;
    all.push_back(std::move(row));
  };
#define FFT(name, fields) add("fft::" #name, [](const Tensor &a) { return fft::name(a); }, fields);
  FFT(fft, Fields::both)
  FFT(ifft, Fields::both)
  FFT(rfft, Fields::real)
  FFT(irfft, Fields::both)
  FFT(hfft, Fields::both)
  FFT(ihfft, Fields::real)
  for (int64_t type : {1, 2, 3, 4}) {
    std::string suffix = ", type " + std::to_string(type);
    add("fft::dct" + suffix, [=](const Tensor &a) { return fft::dct(a, {.type = type}); });
    add("fft::dst" + suffix, [=](const Tensor &a) { return fft::dst(a, {.type = type}); });
  }
  FFT(idct, Fields::both)
  FFT(idst, Fields::both)
#undef FFT
  auto addGrid = [&](std::string name, Function f, Fields fields = Fields::both) {
    Row row{name, {4, 6}, [f](const Tensor &a) { return mixed(tcc::square(f(a)), 2); }, unchanged};
    row.fields = fields;
    all.push_back(std::move(row));
  };
#define FFTN(name, fields)                                                                                             \
  addGrid("fft::" #name, [](const Tensor &a) { return fft::name(a, {.axes = {-2, -1}}); }, fields);
  FFTN(fftn, Fields::both)
  FFTN(ifftn, Fields::both)
  FFTN(rfftn, Fields::real)
  FFTN(irfftn, Fields::both)
#undef FFTN
  return all;
}

} // namespace

std::vector<Row> allRows() {
  std::vector<Row> all;
  for (auto part : {factorisations, solvers, functionsOfMatrices, transforms})
    for (Row &row : part())
      all.push_back(std::move(row));
  return all;
}

} // namespace linalg_table
