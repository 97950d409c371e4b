// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every decomposition, single and batched, and Fourier transforms of awkward lengths. spectral_peers.py times the same:
// it reads function, dtype and shape from the names, so that a line here is enough for both.
#include "Workloads.h"

#include <cmath>

using namespace tcc;

namespace bench {
namespace {

struct Sweep {
  std::vector<Workload> all;

  template <class F, class... Inputs> void add(std::string name, F f, Inputs... inputs) {
    all.push_back({std::move(name), [=] { return compiled(f, inputs()...); }});
  }
  /// A function of normal samples.
  template <class F> void each(const char *function, std::vector<Dtype> dtypes, std::vector<Shape> shapes, F f) {
    forAll(function, dtypes, shapes, [=](Shape shape, Dtype dtype) { return normal(shape, dtype); }, f);
  }
  /// Of Hermitian positive definite matrices.
  template <class F> void definite(const char *function, std::vector<Dtype> dtypes, std::vector<Shape> shapes, F f) {
    auto matrices = [](Shape shape, Dtype dtype) {
      Tensor a = normal(shape, dtype), positive = matmul(a, conj(swapaxes(a, -1, -2))) + eye(shape.back(), dtype);
      eval(positive);
      return positive;
    };
    forAll(function, dtypes, shapes, matrices, f);
  }
  /// Of a matrix and `columns` right-hand sides.
  template <class F>
  void system(const char *function, std::vector<Dtype> dtypes, std::vector<Shape> shapes, int64_t columns, F f) {
    for (Dtype dtype : dtypes)
      for (const Shape &shape : shapes) {
        Shape rhs = shape;
        rhs.back() = columns;
        add(
            nameOf(function, dtype, shape), f, [=] { return normal(shape, dtype); },
            [=] { return normal(rhs, dtype); });
      }
  }

private:
  static std::string nameOf(const std::string &function, Dtype dtype, const Shape &shape) {
    std::string name = function + (dtype == float32     ? "_f32_"
                                   : dtype == float64   ? "_f64_"
                                   : dtype == complex64 ? "_c64_"
                                                        : "_c128_");
    if (shape.size() == 2 && shape[0] == shape[1])
      return name + std::to_string(shape[0]);
    for (size_t i = 0; i < shape.size(); ++i)
      name += (i ? "x" : "") + std::to_string(shape[i]);
    return name;
  }
  template <class Make, class F>
  void forAll(const char *function, const std::vector<Dtype> &dtypes, const std::vector<Shape> &shapes, Make make,
              F f) {
    for (Dtype dtype : dtypes)
      for (const Shape &shape : shapes)
        add(nameOf(function, dtype, shape), f, [=] { return make(shape, dtype); });
  }
};

/// n for n x n.
std::vector<Shape> squares(std::vector<int64_t> sizes) {
  std::vector<Shape> shapes;
  for (int64_t n : sizes)
    shapes.push_back({n, n});
  return shapes;
}
std::vector<Shape> operator+(std::vector<Shape> a, const std::vector<Shape> &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

} // namespace

std::vector<Workload> spectral() {
  const std::vector<Dtype> reals = {float32, float64}, twice = {float64}, complexes = {complex128};
  const std::vector<Shape> tiny = {{10000, 4, 4}, {1024, 16, 16}},
                           batches = tiny + std::vector<Shape>{{1000, 32, 32}, {64, 64, 64}, {10, 256, 256}};
  const std::vector<Shape> singles = squares({64, 256, 512, 1000}), tall = {{2000, 100}}, wide = {{100, 2000}};
  Sweep sweep;
  auto cholesky = [](Tensor a) { return linalg::cholesky(a); };
  sweep.definite("cholesky", {float32}, squares({64, 256, 1000}) + batches, cholesky); // 512: Decompositions.cpp
  sweep.definite("cholesky", {float64}, singles + batches, cholesky);
  sweep.definite("cholesky", complexes, squares({256}) + tiny, cholesky);
  auto lu = [](Tensor a) {
    auto [p, l, u] = linalg::lu(a);
    return std::vector<Tensor>{p, l, u};
  };
  sweep.each("lu", reals, singles + tall + batches, lu);
  sweep.each("lu", complexes, squares({256}), lu);
  auto solve = [](Tensor a, Tensor b) { return linalg::solve(a, b); };
  sweep.system("solve", reals, squares({64, 256, 1000}), 64, solve); // 512: Decompositions.cpp
  sweep.system("solve", complexes, squares({256}), 64, solve);
  sweep.system("solve1", reals, singles + batches, 1, solve);
  auto inv = [](Tensor a) { return linalg::inv(a); };
  sweep.each("inv", reals, singles + batches, inv);
  sweep.each("inv", complexes, squares({256}) + tiny, inv);
  auto det = [](Tensor a) { return linalg::det(a); };
  sweep.each("det", reals, squares({256, 1000}) + batches, det);
  auto qr = [](Tensor a) {
    auto [q, r] = linalg::qr(a);
    return std::vector<Tensor>{q, r};
  };
  sweep.each("qr", {float32}, squares({64, 256, 1000}), qr); // 512: Decompositions.cpp
  sweep.each("qr", twice, singles, qr);
  sweep.each("qr", reals, tall + wide + batches, qr);
  sweep.each("qr", complexes, squares({256}) + tiny, qr);
  auto svd = [](Tensor a) {
    auto [u, s, vh] = linalg::svd(a);
    return std::vector<Tensor>{u, s, vh};
  };
  auto svdvals = [](Tensor a) { return linalg::svdvals(a); };
  const std::vector<Shape> many = tiny + std::vector<Shape>{{256, 32, 32}, {64, 64, 64}};
  sweep.each("svd", twice, squares({64, 256, 512, 1000}) + tall + many, svd);
  sweep.each("svd", {float32}, squares({64, 256, 1000}) + tall + tiny, svd);
  sweep.each("svd", complexes, squares({256}) + tiny, svd);
  sweep.each("svdvals", reals, squares({256, 512}), svdvals);
  auto eigh = [](Tensor a) {
    auto [w, v] = linalg::eigh(a);
    return std::vector<Tensor>{w, v};
  };
  sweep.definite("eigh", twice, squares({64, 256, 512, 1000}) + many, eigh);
  sweep.definite("eigh", {float32}, squares({64, 256, 1000}) + many, eigh);
  sweep.definite("eigh", complexes, squares({256}) + tiny, eigh);
  sweep.definite("eigvalsh", reals, squares({256, 512}), [](Tensor a) { return linalg::eigvalsh(a); });
  sweep.each("eig", reals, squares({64, 256}) + std::vector<Shape>{{64, 32, 32}}, [](Tensor a) {
    auto [w, v] = linalg::eig(a);
    return std::vector<Tensor>{w, v};
  });
  sweep.each("eigvals", twice, squares({64, 256}), [](Tensor a) { return linalg::eigvals(a); });
  sweep.each("schur", twice, squares({64, 256}), [](Tensor a) {
    auto [t, z] = linalg::schur(a);
    return std::vector<Tensor>{t, z};
  });
  sweep.system("lstsq", reals, tall + squares({256}), 1, [](Tensor a, Tensor b) { return linalg::lstsq(a, b).x; });
  sweep.each("pinv", reals, tall + squares({256}), [](Tensor a) { return linalg::pinv(a); });
  sweep.each("expm", reals, squares({64, 256, 512}) + tiny,
             [](Tensor a) { return linalg::expm(a * (1 / std::sqrt(double(a.shape().back())))); });

  for (auto [lines, n] : {std::pair<int64_t, int64_t>{7084, 37}, {1040, 252}, {260, 1009}, {128, 2048}})
    sweep.each("fft", {complex64}, {{lines, n}}, [](Tensor x) { return fft::fft(x); });
  sweep.add("fft_c64_1M", [](Tensor x) { return fft::fft(x); }, [] { return normal({1 << 20}, complex64); });
  sweep.add(
      "fftconvolve_f32_1024", [](Tensor x, Tensor y) { return fft::fftconvolve(x, y, {.mode = "same"}); },
      [] { return normal({1024, 1024}); }, [] { return normal({65, 65}); });
  return std::move(sweep.all);
}

} // namespace bench
