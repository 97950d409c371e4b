// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LAPACK, its gradients, and Fourier transforms.
#include "Workloads.h"

using namespace tcc;

namespace bench {

static std::vector<Tensor> svd(Tensor a) {
  auto [u, s, vh] = linalg::svd(a);
  return {u, s, vh};
}

std::vector<Workload> decompositions() {
  const Shape square512{512, 512};
  auto eigh = [](Tensor a) {
    auto [values, vectors] = linalg::eigh(a + a.T());
    return std::vector<Tensor>{values, vectors};
  };
  auto qr = [](Tensor a) {
    auto [q, r] = linalg::qr(a);
    return std::vector<Tensor>{q, r};
  };
  auto svdGradient = [](Tensor a) {
    auto [u, s, vh] = linalg::svd(a);
    return grad(sum(pow(s, 3)), a);
  };
  return {
      onNormal("svd_f32_256x32x32", {Shape{256, 32, 32}}, float32, svd),
      onNormal("svd_f32_512", {square512}, float32, svd),
      onNormal("svd_c64_256", {Shape{256, 256}}, complex64, svd),
      onNormal("qr_f32_512", {square512}, float32, qr),
      {"solve_f32_512",
       [=] {
         return compiled([](Tensor a, Tensor b) { return linalg::solve(a, b); }, normal(square512), normal({512, 64}));
       }},
      {"cholesky_f32_512",
       [=] {
         Tensor a = normal(square512), positive = matmul(a, a.T()) + eye(512, float32);
         eval(positive);
         return compiled([](Tensor x) { return linalg::cholesky(x); }, positive);
       }},
      onNormal("eigh_f32_512", {square512}, float32, eigh),
      onNormal("svdgrad_f32_64x24x24", {Shape{64, 24, 24}}, float32, svdGradient),
      onNormal("fft_c64_4096x1024", {Shape{4096, 1024}}, complex64, [](Tensor x) { return fft::fft(x); }),
      onNormal("fft2_c64_2048", {Shape{2048, 2048}}, complex64, [](Tensor x) { return fft::fft2(x); }),
      onNormal("rfft_f32_1M", {Shape{1 << 20}}, float32, [](Tensor x) { return fft::rfft(x); }),
  };
}

} // namespace bench
