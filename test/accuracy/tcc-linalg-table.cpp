// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Derivatives of linalg:: and fft:: against finite differences in double precision: prints docs/linalg-accuracy.md.
// Fails when an error is larger than what differences leave uncertain.
#include <tcc/tcc.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using namespace tcc;

namespace {

using Function = std::function<Tensor(const Tensor &)>;

Tensor noise(Shape shape, Dtype d, int seed) { return random::normal(random::key(seed), std::move(shape), d); }
Tensor adjointOf(const Tensor &a) { return conj(swapaxes(a, -1, -2)); }
Tensor hermitian(const Tensor &a) { return (a + adjointOf(a)) / 2.0; }
Tensor scaled(const Tensor &v, const Tensor &f) { return v * expand_dims(f.astype(v.dtype()), -2); }
Tensor identityLike(const Tensor &a) { return eye(a.dim(-1), a.dtype()); }
Tensor magnitudes(const Tensor &a) { return square(abs(a)); }
double valueOf(const Tensor &x) { return x.astype(float64).item<double>(); }
/// Re <w, x>
Tensor overlap(const Tensor &w, const Tensor &x) { return sum(real(conj(w) * x)); }
/// A fixed combination of the elements of each matrix (or vector, if `axes` is 1), the same for all of a stack.
Tensor mixed(const Tensor &x, int64_t axes = 2) {
  int64_t rank = std::min(axes, x.ndim());
  return overlap(noise(Shape(x.shape().end() - rank, x.shape().end()), x.dtype(), 77), x);
}

enum class Fields { both, real, complex };
struct Row {
  std::string name;
  Shape shape;
  Function loss;            ///< a sum over the stack
  Function prepare;         ///< an argument in the function's domain from random numbers
  Function degenerate = {}; ///< one with equal eigen- or singular values, or a singular one
  Fields fields = Fields::both;
};

Tensor unchanged(const Tensor &x) { return x; }
Tensor regular(const Tensor &x) { return x * 0.3 + identityLike(x) * 2.0; }
Tensor positiveDefinite(const Tensor &x) { return matmul(x, adjointOf(x)) * 0.3 + identityLike(x); }
Tensor identity(const Tensor &x) { return x * 0.0 + identityLike(x); }
Tensor singular(const Tensor &x) { return scaled(x, tensor({1.0, 1.0, 0.0})); }
Tensor equalEigenvalues(const Tensor &x) {
  Tensor q = linalg::qr(x).q;
  return matmul(scaled(q, tensor({2.0, 1.0, 2.0})), adjointOf(q));
}
Tensor equalSingularValues(const Tensor &x) {
  Tensor other = noise({3, 3}, x.dtype(), 5);
  return matmul(scaled(linalg::qr(x).q, tensor({2.0, 1.0, 2.0})), linalg::qr(other).q);
}

#define LOSS(...) [](const Tensor &a) -> Tensor { __VA_ARGS__ }
std::vector<Row> linearAlgebra() {
  Shape square{3, 3}, tall{5, 3}, wide{3, 5};
  return {
      {"cholesky", square, LOSS(return mixed(linalg::cholesky(hermitian(a)));), positiveDefinite, identity},
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
       unchanged},
      {"qr, wide", wide, LOSS(auto f = linalg::qr(a); return mixed(magnitudes(f.q)) + mixed(magnitudes(f.r));),
       unchanged},
      {"svd, functions", square,
       LOSS(auto [u, s, vh] = linalg::svd(a);
            return mixed(matmul(scaled(u, tanh(s)), vh)) + mixed(matmul(scaled(u, s * s), adjointOf(u)));),
       unchanged, equalSingularValues},
      {"svd, vectors", square,
       LOSS(auto [u, s, vh] = linalg::svd(a); return mixed(magnitudes(u)) + mixed(magnitudes(vh)) + sum(s * s * s);),
       unchanged, equalSingularValues},
      {"svd, tall", tall, LOSS(auto [u, s, vh] = linalg::svd(a); return mixed(matmul(scaled(u, tanh(s)), vh));),
       unchanged, LOSS(return a * 0.0 + eye(5, 3, 0, a.dtype());)},
      {"svd, wide", wide, LOSS(auto [u, s, vh] = linalg::svd(a); return mixed(matmul(scaled(u, tanh(s)), vh));),
       unchanged, LOSS(return a * 0.0;)},
      {"svd, full_matrices", tall,
       LOSS(auto [u, s, vh] = linalg::svd(a, {.full_matrices = true}); Tensor c = u(ellipsis, slice(3, 5));
            return mixed(matmul(c, adjointOf(c))) + sum(s * s * s);),
       unchanged, LOSS(return a * 0.0 + eye(5, 3, 0, a.dtype());)},
      {"svd, max_rank", tall,
       LOSS(auto [u, s, vh] = linalg::svd(a, {.max_rank = 2}); return mixed(matmul(scaled(u, s), vh));), unchanged,
       LOSS(return a * 0.0 + eye(5, 3, 0, a.dtype()) * tensor({2.0, 2.0, 1.0}).astype(a.dtype());)},
      {"svdvals", tall, LOSS(return sum(exp(linalg::svdvals(a)));), unchanged,
       LOSS(return a * 0.0 + eye(5, 3, 0, a.dtype());)},
      {"eigh, functions", square,
       LOSS(auto [w, v] = linalg::eigh(hermitian(a));
            return mixed(matmul(scaled(v, exp(w)), adjointOf(v))) + mixed(matmul(scaled(v, sin(w)), adjointOf(v)));),
       unchanged, equalEigenvalues},
      {"eigh, Lyapunov equation", square,
       LOSS(auto [w, v] = linalg::eigh(hermitian(a)); Tensor sums = expand_dims(w, -1) + expand_dims(w, -2);
            Tensor inner = matmul(adjointOf(v), v + matmul(a, v)) / sums.astype(a.dtype());
            return mixed(matmul(v, matmul(inner, adjointOf(v))));),
       positiveDefinite, equalEigenvalues},
      {"eigh, vectors", square,
       LOSS(auto [w, v] = linalg::eigh(hermitian(a)); return mixed(magnitudes(v)) + sum(w * w);), unchanged,
       equalEigenvalues},
      {"eigh, generalised", square,
       LOSS(auto [w, v] = linalg::eigh(hermitian(a), positiveDefinite(a));
            return mixed(matmul(scaled(v, exp(w)), adjointOf(v)));),
       unchanged, identity},
      {"eigvalsh", square, LOSS(return sum(exp(linalg::eigvalsh(hermitian(a))));), unchanged, equalEigenvalues},
      {"eig, functions", square,
       LOSS(auto [w, v] = linalg::eig(a); return mixed(matmul(scaled(v, exp(w)), linalg::inv(v)));), unchanged,
       equalEigenvalues},
      {"eig, vectors", square,
       LOSS(auto [w, v] = linalg::eig(a); return sum(magnitudes(v) * expand_dims(real(w), -2));), unchanged,
       equalEigenvalues},
      {"eigvals", square, LOSS(return sum(real(exp(linalg::eigvals(a))));), unchanged, equalEigenvalues},
      {"schur", square,
       LOSS(auto [t, z] = linalg::schur(a);
            return sum(magnitudes(t)) +
                   sum(magnitudes(z) * expand_dims(magnitudes(sum(t * identityLike(t), -1)), -2));),
       unchanged, equalEigenvalues},
      {"solve", square, LOSS(return mixed(linalg::solve(a, adjointOf(a) + 1.0));), regular, identity},
      {"solve_triangular", square, LOSS(return mixed(linalg::solve_triangular(a, adjointOf(a) + 1.0));), regular,
       identity},
      {"lstsq", tall, LOSS(return mixed(linalg::lstsq(a, magnitudes(a).astype(a.dtype())).x);), unchanged,
       LOSS(return a * 0.0 + eye(5, 3, 0, a.dtype());)},
      {"inv", square, LOSS(return mixed(linalg::inv(a));), regular, identity},
      {"pinv", tall, LOSS(return mixed(linalg::pinv(a));), unchanged, LOSS(return a * 0.0 + eye(5, 3, 0, a.dtype());)},
      {"det", square, LOSS(return sum(real(linalg::det(a)));), regular, singular},
      {"slogdet", square, LOSS(return sum(linalg::slogdet(a).logabsdet);), regular, identity},
      {"matrix_power", square, LOSS(return mixed(linalg::matrix_power(a, -3));), regular, identity},
      {"expm", square, LOSS(return mixed(linalg::expm(a));), unchanged, identity},
      {"logm", square, LOSS(return mixed(linalg::logm(a));), regular, identity},
      {"sqrtm", square, LOSS(return mixed(linalg::sqrtm(a));), regular, identity},
      {"polar", tall, LOSS(auto [u, p] = linalg::polar(a); return mixed(u) + mixed(p);), unchanged,
       LOSS(return a * 0.0 + eye(5, 3, 0, a.dtype());)},
      {"cond", square, LOSS(return sum(linalg::cond(a));), regular},
      {"norm, nuclear", tall, LOSS(return sum(linalg::norm(a, {.ord = "nuc", .axes = {-2, -1}}));), unchanged,
       LOSS(return a * 0.0 + eye(5, 3, 0, a.dtype());)},
      {"norm, spectral", tall, LOSS(return sum(linalg::norm(a, {.ord = 2.0, .axes = {-2, -1}}));), unchanged},
      {"solve_sylvester", square, LOSS(return mixed(linalg::solve_sylvester(a, adjointOf(a), magnitudes(a)));), regular,
       identity},
  };
}

std::vector<Row> transforms() {
  std::vector<Row> all;
  auto add = [&](std::string name, Function f, Fields fields = Fields::both) {
    all.push_back({name, {7}, [f](const Tensor &a) { return mixed(square(f(a)), 1); }, unchanged, {}, fields});
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
#define FFT2(name, fields)                                                                                             \
  all.push_back({"fft::" #name,                                                                                        \
                 {4, 6},                                                                                               \
                 [](const Tensor &a) { return mixed(square(fft::name(a, {.axes = {-2, -1}})), 2); },                   \
                 unchanged,                                                                                            \
                 {},                                                                                                   \
                 fields});
  FFT2(fftn, Fields::both)
  FFT2(ifftn, Fields::both)
  FFT2(rfftn, Fields::real)
  FFT2(irfftn, Fields::both)
  return all;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// A number for the table: an error, or why there is none.
struct Entry {
  double error = 0;
  bool isRefused = false, isAbsent = true;
  void add(double got, double expected) {
    isAbsent = false;
    double e = std::abs(got - expected) / (1 + std::abs(expected));
    error = std::isnan(e) ? INFINITY : std::max(error, e);
  }
  std::string text() const {
    char number[32];
    std::snprintf(number, sizeof number, "%.0e", error);
    return isRefused ? "error" : isAbsent ? "-" : number;
  }
};

/// The slope of f at x along d, sixth order.
double slope(const Function &f, const Tensor &x, const Tensor &d) {
  const double h = 1e-3;
  auto span = [&](double k) { return valueOf(f(x + k * h * d)) - valueOf(f(x - k * h * d)); };
  return (45 * span(1) - 9 * span(2) + span(3)) / (60 * h);
}

template <class F> void measure(Entry &entry, F &&f) {
  try {
    f();
  } catch (const Error &e) {
    if (e.kind != Kind::numerical)
      throw;
    entry.isRefused = true;
    entry.isAbsent = false;
  }
}

struct Line {
  std::string dtypes;
  Entry batch, reverse, forward, second, degenerate, degenerateSecond, vmapped;
};

Line measureRow(const Row &row) {
  Line line;
  for (Dtype d : {float32, float64, complex64, complex128}) {
    if (is_complex(d) ? row.fields == Fields::real : row.fields == Fields::complex)
      continue;
    Tensor x = row.prepare(noise(row.shape, d, 1));
    if (!std::isfinite(valueOf(row.loss(x))))
      continue;
    line.dtypes += std::string(line.dtypes.empty() ? "" : " ") + (is_complex(d) ? "c" : "f") +
                   (d == float32      ? "32"
                    : d == complex128 ? "128"
                                      : "64");
    if (d != float64 && d != complex128)
      continue;
    eval({x});
    Tensor other = row.prepare(noise(row.shape, d, 2)), u = noise(row.shape, d, 3), v = noise(row.shape, d, 4);
    eval({other, u, v});
    Function alongU = [&](const Tensor &a) { return overlap(u, grad(row.loss(a), a)); };
    measure(line.batch,
            [&] { line.batch.add(valueOf(row.loss(stack({x, other}))), valueOf(row.loss(x) + row.loss(other))); });
    measure(line.reverse, [&] { line.reverse.add(valueOf(alongU(x)), slope(row.loss, x, u)); });
    measure(line.forward, [&] { line.forward.add(valueOf(jvp({row.loss(x)}, {x}, {u})[0]), slope(row.loss, x, u)); });
    measure(line.second, [&] { line.second.add(valueOf(overlap(v, grad(alongU(x), x))), slope(alongU, x, v)); });
    measure(line.vmapped, [&] {
      Tensor each = vmap([&](const Tensor &a) { return row.loss(a); })(stack({x, other}));
      line.vmapped.add(valueOf(each(0)), valueOf(row.loss(x)));
      line.vmapped.add(valueOf(each(1)), valueOf(row.loss(other)));
    });
    if (!row.degenerate)
      continue;
    Tensor y = row.degenerate(noise(row.shape, d, 5));
    eval({y});
    measure(line.degenerate, [&] { line.degenerate.add(valueOf(alongU(y)), slope(row.loss, y, u)); });
    measure(line.degenerateSecond,
            [&] { line.degenerateSecond.add(valueOf(overlap(v, grad(alongU(y), y))), slope(alongU, y, v)); });
  }
  return line;
}

const char *const preface = R"(# Derivatives of linear algebra and transforms

Written by `build/test/accuracy/tcc-linalg-table` (`tools/dev docs` keeps it up to date); do not edit. Each number is the
largest error against a central difference of sixth order in double precision, |got - expected| / (1 + |expected|), of
float64 and complex128; differences leave about 1e-9 uncertain, second ones as much. `batch` and `vmap` compare a stack with
its matrices one by one. `degenerate` is the first derivative at equal eigen- or singular values (at a singular matrix for
det), `degenerate, second` the second one there. `error`: evaluation says that the derivative is not determined or not
known, with the line; `-`: does not apply.

| function | dtypes | batch | reverse | forward | second | degenerate | degenerate, second | vmap |
|---|---|---|---|---|---|---|---|---|
)";

} // namespace

int main() {
  std::string text = preface;
  bool isGood = true;
  std::vector<Row> all = linearAlgebra();
  for (Row &row : transforms())
    all.push_back(std::move(row));
  for (const Row &row : all) {
    Line line;
    try {
      line = measureRow(row);
    } catch (const std::exception &e) {
      std::fprintf(stderr, "%s: %s\n", row.name.c_str(), e.what());
      isGood = false;
      continue;
    }
    text += "| " + row.name + " | " + line.dtypes;
    for (const Entry *entry : {&line.batch, &line.reverse, &line.forward, &line.second, &line.degenerate,
                               &line.degenerateSecond, &line.vmapped}) {
      text += " | " + entry->text();
      bool mayRefuse = entry == &line.degenerate || entry == &line.degenerateSecond;
      double bound = entry == &line.batch || entry == &line.vmapped ? 1e-11 : 2e-6;
      if (entry->error > bound || (entry->isRefused && !mayRefuse)) {
        std::fprintf(stderr, "%s: %s\n", row.name.c_str(), entry->text().c_str());
        isGood = false;
      }
    }
    text += " |\n";
  }
  std::fputs(text.c_str(), stdout);
  return isGood ? 0 : 1;
}
