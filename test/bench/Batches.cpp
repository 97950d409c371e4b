// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Many small matrices, and Fourier transforms of awkward lengths. spectral_peers.py times the same.
#include "Workloads.h"

using namespace tcc;

namespace bench {

static Tensor positive(Shape shape, Dtype dtype) {
  Tensor a = normal(shape, dtype), spd = matmul(a, swapaxes(a, -1, -2)) + eye(shape.back(), dtype);
  eval(spd);
  return spd;
}

std::vector<Workload> batches() {
  std::vector<Workload> all;
  auto add = [&](std::string name, auto f, auto... inputs) {
    all.push_back({std::move(name), [=] { return compiled(f, inputs()...); }});
  };
  for (Dtype dtype : {float32, float64})
    for (auto [count, n] : {std::pair<int64_t, int64_t>{10000, 4}, {1024, 16}}) {
      Shape shape{count, n, n};
      std::string size = (dtype == float32 ? "_f32_" : "_f64_") + std::to_string(count) + "x" + std::to_string(n);
      auto matrices = [=] { return normal(shape, dtype); };
      auto definite = [=] { return positive(shape, dtype); };
      add(
          "solve" + size, [](Tensor a, Tensor b) { return linalg::solve(a, b); }, matrices,
          [=] { return normal({count, n, 1}, dtype); });
      add("inv" + size, [](Tensor a) { return linalg::inv(a); }, matrices);
      add("det" + size, [](Tensor a) { return linalg::det(a); }, matrices);
      add("cholesky" + size, [](Tensor a) { return linalg::cholesky(a); }, definite);
      add(
          "eigh" + size,
          [](Tensor a) {
            auto [w, v] = linalg::eigh(a);
            return std::vector<Tensor>{w, v};
          },
          definite);
      add(
          "svd" + size,
          [](Tensor a) {
            auto [u, s, vh] = linalg::svd(a);
            return std::vector<Tensor>{u, s, vh};
          },
          matrices);
    }
  for (auto [lines, n] : {std::pair<int64_t, int64_t>{7084, 37}, {1040, 252}, {260, 1009}, {128, 2048}}) {
    std::string size = "_c64_" + std::to_string(lines) + "x" + std::to_string(n);
    add("fft" + size, [](Tensor x) { return fft::fft(x); }, [=] { return normal({lines, n}, complex64); });
  }
  add("fft_c64_1M", [](Tensor x) { return fft::fft(x); }, [] { return normal({1 << 20}, complex64); });
  add(
      "fftconvolve_f32_1024", [](Tensor x, Tensor y) { return fft::fftconvolve(x, y, {.mode = "same"}); },
      [] { return normal({1024, 1024}); }, [] { return normal({65, 65}); });
  return all;
}

} // namespace bench
