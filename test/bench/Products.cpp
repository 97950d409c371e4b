// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dense products, attention and convolution.
#include "Workloads.h"

using namespace tcc;

namespace bench {

/// {batch, m, k} x {batch, k, n}; rank 2 without a batch.
static Workload product(std::string name, int64_t batch, int64_t m, int64_t k, int64_t n, Dtype dtype) {
  double complex = is_complex(dtype) ? 4 : 1, bytes = itemsize(dtype);
  Least least{bytes * double(batch) * double(m * k + k * n), bytes * double(batch) * double(m * n),
              2.0 * complex * double(batch) * double(m) * double(n) * double(k), dtype};
  Shape a = batch == 1 ? Shape{m, k} : Shape{batch, m, k}, b = batch == 1 ? Shape{k, n} : Shape{batch, k, n};
  return onNormal(std::move(name), {a, b}, dtype, [](Tensor x, Tensor y) { return matmul(x, y); }, least);
}

static Tensor attend(Tensor q, Tensor k, Tensor v) { return scaled_dot_product_attention(q, k, v); }
static Tensor convolve(Tensor x, Tensor w) { return conv2d(x, w, {.padding = {1, 1}}); }

std::vector<Workload> products() {
  std::vector<Workload> all;
  for (int64_t n : {256, 1024, 2048})
    all.push_back(product("matmul_f32_" + std::to_string(n), 1, n, n, n, float32));
  all.push_back(product("matmul_f64_1024", 1, 1024, 1024, 1024, float64));
  all.push_back(product("matmul_c64_1024", 1, 1024, 1024, 1024, complex64));
  all.push_back(product("bmm_f32_512x64", 512, 64, 64, 64, float32));
  all.push_back(product("matmul_bf16_1024", 1, 1024, 1024, 1024, bfloat16));
  all.push_back(product("bmm_f32_20000x8", 20000, 8, 8, 8, float32));
  all.push_back(product("bmm_c64_4096x16", 4096, 16, 16, 16, complex64));
  all.push_back(product("matmul_f32_4096x32x4096", 1, 4096, 32, 4096, float32));
  all.push_back(product("matvec_f32_4096", 1, 4096, 4096, 1, float32));
  all.push_back(product("matmul_f32_odd_333x77x129", 1, 333, 77, 129, float32));

  const double places = 8 * 56 * 56, weights = 64 * 64 * 9;
  const Shape image{8, 64, 56, 56}, window{64, 64, 3, 3};
  all.push_back(onNormal("conv3x3_8x64x56", {image, window}, float32, convolve, {0, 0, 2 * places * weights, float32}));
  all.push_back(
      onNormal("convgrad3x3_8x64x56", {image, window}, float32,
               [](Tensor x, Tensor w) { return grad(sum(square(convolve(x, w))), std::vector<Tensor>{x, w}); },
               {0, 0, 6 * places * weights, float32}));
  const Shape heads{4, 8, 512, 64};
  const double scores = 4.0 * 8 * 512 * 512 * 64;
  all.push_back(onNormal("attention_4x8x512x64", {heads, heads, heads}, float32, attend, {0, 0, 4 * scores, float32}));
  // Four products backwards, and the two forwards.
  all.push_back(onNormal(
      "attentiongrad_4x8x512x64", {heads, heads, heads}, float32,
      [](Tensor q, Tensor k, Tensor v) { return grad(sum(square(attend(q, k, v))), std::vector<Tensor>{q, k, v}); },
      {0, 0, 12 * scores, float32}));
  return all;
}

} // namespace bench
