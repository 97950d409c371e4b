// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dense products, attention and convolution.
#include "Workloads.h"

using namespace tcc;

namespace bench {

static Workload product(std::string name, Shape a, Shape b, Dtype dtype) {
  return {std::move(name), [=] {
            return compiled([](Tensor x, Tensor y) { return matmul(x, y); }, normal(a, dtype), normal(b, dtype));
          }};
}

std::vector<Workload> products() {
  std::vector<Workload> all;
  for (int64_t n : {256, 1024, 2048})
    all.push_back(product("matmul_f32_" + std::to_string(n), {n, n}, {n, n}, float32));
  all.push_back(product("matmul_f64_1024", {1024, 1024}, {1024, 1024}, float64));
  all.push_back(product("matmul_c64_1024", {1024, 1024}, {1024, 1024}, complex64));
  all.push_back(product("bmm_f32_512x64", {512, 64, 64}, {512, 64, 64}, float32));
  all.push_back(product("matmul_bf16_1024", {1024, 1024}, {1024, 1024}, bfloat16));
  all.push_back({"attention_4x8x512x64", [] {
                   Shape shape{4, 8, 512, 64};
                   return compiled([](Tensor q, Tensor k, Tensor v) { return scaled_dot_product_attention(q, k, v); },
                                   normal(shape), normal(shape), normal(shape));
                 }});
  all.push_back({"conv3x3_8x64x56", [] {
                   return compiled([](Tensor x, Tensor w) { return conv2d(x, w, {.padding = {1, 1}}); },
                                   normal({8, 64, 56, 56}), normal({64, 64, 3, 3}));
                 }});
  return all;
}

} // namespace bench
