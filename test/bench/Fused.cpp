// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pointwise chains and reductions: what fusion and memory traffic decide.
#include "Workloads.h"

using namespace tcc;

namespace bench {

constexpr double mega = 1 << 20;

std::vector<Workload> fusedLoops() {
  const Shape large{4096, 4096}, rows{4096, 1024}, half{2048, 4096}, odd{333, 77};
  return {
      onNormal("gelu_chain_16M", {large, large}, float32,
               [](Tensor x, Tensor y) { return gelu(x * 1.5 + 0.1, {.approximate = "tanh"}) * y + x; },
               {128 * mega, 64 * mega}),
      onNormal("sum_sq_16M", {large}, float32, [](Tensor x) { return sum(x * x); }, {64 * mega}),
      onNormal("colsum_16M", {large}, float32, [](Tensor x) { return sum(exp(x), 0); }, {64 * mega}),
      onNormal("softmax_4096x1024", {rows}, float32, [](Tensor x) { return softmax(x); }, {16 * mega, 16 * mega}),
      onNormal("layernorm_4096x1024", {rows}, float32,
               [](Tensor x) {
                 Tensor centred = x - mean(x, -1, {.keepdims = true});
                 return centred * rsqrt(mean(square(centred), -1, {.keepdims = true}) + 1e-5);
               },
               {16 * mega, 16 * mega}),
      onNormal("add_16M", {large, large}, float32, [](Tensor x, Tensor y) { return x + y; }, {128 * mega, 64 * mega}),
      onNormal("chain_1d_16M", {Shape{1 << 24}, Shape{1 << 24}}, float32, [](Tensor x, Tensor y) { return x * 2 + y; },
               {128 * mega, 64 * mega}),
      onNormal("chain_f64_8M", {half, half}, float64, [](Tensor x, Tensor y) { return tanh(x) * y + x; },
               {128 * mega, 64 * mega}),
      onNormal("chain_bf16_16M", {large, large}, bfloat16, [](Tensor x, Tensor y) { return x * y + x; },
               {64 * mega, 32 * mega}),
      onNormal("chain_c64_8M", {half, half}, complex64, [](Tensor x, Tensor y) { return x * conj(y) + exp(x * 0.1f); },
               {128 * mega, 64 * mega}),
      onNormal("sum_and_sq_16M", {large}, float32,
               [](Tensor x) {
                 Tensor y = x * 2 + 1;
                 return std::vector<Tensor>{y, sum(square(y))};
               },
               {64 * mega, 64 * mega}),
      onNormal("rowmax_16M", {large}, float32, [](Tensor x) { return max(x, -1); }, {64 * mega}),
      onNormal("small_odd_333x77", {odd, Shape{77}}, float32,
               [](Tensor x, Tensor b) { return softmax(tanh(x * 0.5 + b)); }, {333 * 77 * 4, 333 * 77 * 4}),
      onNormal("broadcast_outer_4096", {Shape{4096}, Shape{4096}, large}, float32,
               [](Tensor x, Tensor y, Tensor z) { return expand_dims(x, 1) * y + z; }, {64 * mega, 64 * mega}),
      onNormal("strided_every_2nd_16M", {large}, float32, [](Tensor x) { return x(_, slice(_, _, 2)) * 2 + 1; },
               {64 * mega, 32 * mega}),
      onNormal("laplace_4096", {large}, float32,
               [](Tensor x) {
                 slice in(1, -1), low(_, -2), high(2, _);
                 return x(low, in) + x(high, in) + x(in, low) + x(in, high) - 4 * x(in, in);
               },
               {64 * mega, 64 * mega}),
  };
}

} // namespace bench
