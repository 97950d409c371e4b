// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pointwise chains and reductions: what fusion and memory traffic decide.
#include "Workloads.h"

using namespace tcc;

namespace bench {

std::vector<Workload> fusedLoops() {
  const Shape large{4096, 4096}, rows{4096, 1024};
  return {
      {"gelu_chain_16M",
       [=] {
         return compiled([](Tensor x, Tensor y) { return gelu(x * 1.5 + 0.1, {.approximate = "tanh"}) * y + x; },
                         normal(large), normal(large));
       }},
      {"sum_sq_16M", [=] { return compiled([](Tensor x) { return sum(x * x); }, normal(large)); }},
      {"colsum_16M", [=] { return compiled([](Tensor x) { return sum(exp(x), 0); }, normal(large)); }},
      {"softmax_4096x1024", [=] { return compiled([](Tensor x) { return softmax(x); }, normal(rows)); }},
      {"layernorm_4096x1024",
       [=] {
         return compiled(
             [](Tensor x) {
               Tensor centred = x - mean(x, -1, {.keepdims = true});
               return centred * rsqrt(mean(square(centred), -1, {.keepdims = true}) + 1e-5);
             },
             normal(rows));
       }},
      {"transpose_add_4096",
       [=] { return compiled([](Tensor x, Tensor y) { return x.T() + y; }, normal(large), normal(large)); }},
  };
}

} // namespace bench
