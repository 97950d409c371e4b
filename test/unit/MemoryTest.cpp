// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Under set_memory_limit values are computed again rather than kept, with the same bits; what cannot fit is an error.
#include "tcc/tcc.h"
#include <gtest/gtest.h>

using namespace tcc;

namespace {

constexpr int64_t width = 256, layers = 32, matrixBytes = width * width * 8;

/// A chain of layers: gradients of its weights need the input of each.
struct Chain {
  std::vector<Tensor> weights;
  Tensor x;
  Chain() : x(random::normal({width, width}, float64)) {
    for (int64_t i = 0; i < layers; ++i)
      weights.push_back(random::normal({width, width}, float64) / 16.0);
    eval(weights);
    eval(x);
  }
  std::vector<Tensor> gradients() const {
    Tensor y = x;
    for (const Tensor &w : weights)
      y = tanh(matmul(y, w));
    return grad(sum(y * y), weights);
  }
};

} // namespace

TEST(Memory, what_a_limit_forbids_to_keep_is_computed_again) {
  Chain chain;
  std::vector<Tensor> want = chain.gradients();
  eval(want);
  for (int64_t kept : {24, 14, 8}) {
    std::vector<Tensor> got = chain.gradients();
    // Beside the results there is room for `kept` of the 32 values that the weights' gradients need.
    set_memory_limit(memory_stats().live_bytes + (layers + kept) * matrixBytes);
    reset_peak_memory();
    eval(got);
    EXPECT_LE(memory_stats().peak_bytes, memory_stats().limit_bytes);
    set_memory_limit(0);
    for (size_t i = 0; i < want.size(); ++i)
      EXPECT_EQ(got[i].to_vector<double>(), want[i].to_vector<double>()) << "weight " << i << ", " << kept << " kept";
  }
}

TEST(Memory, gradients_of_weights_do_not_keep_all_cotangents) {
  // Beside the results y of each layer is kept, from which tanh' is computed again; of the cotangents two or three
  // (blocks are rounded up by at most a quarter). All cotangents would be another 32.
  Chain chain;
  std::vector<Tensor> gradients = chain.gradients();
  int64_t before = memory_stats().live_bytes;
  reset_peak_memory();
  eval(gradients);
  EXPECT_LT(memory_stats().peak_bytes - before, (2 * layers + 12) * matrixBytes);
}

TEST(Memory, what_cannot_fit_is_an_error_and_leaves_nothing_behind) {
  Chain chain;
  std::vector<Tensor> got = chain.gradients();
  int64_t live = memory_stats().live_bytes;
  set_memory_limit(live + (layers + 1) * matrixBytes);
  EXPECT_THROW(eval(got), Error);
  EXPECT_EQ(memory_stats().live_bytes, live);
  set_memory_limit(0);
  eval(got);
}
