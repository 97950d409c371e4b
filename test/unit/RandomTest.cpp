// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random numbers: ranges, and moments within five standard errors of the distributions' own.
#include "tcc/tcc.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace tcc;

static void expectMoments(const Tensor &x, double mean_, double var_) {
  Tensor v = x.astype(float64);
  double n = double(v.size()), m = mean(v).item<double>();
  EXPECT_NEAR(m, mean_, 5 * std::sqrt(var_ / n));
  // The variance of the sample variance is below 9 var^2 / n for all that is tested here.
  EXPECT_NEAR(var(v).item<double>(), var_, 15 * var_ / std::sqrt(n));
}

TEST(Random, Moments) {
  Tensor k = random::key(42);
  const Shape s{20000};
  for (Dtype d : {float32, float64}) {
    expectMoments(random::uniform(k, s, d), 0.5, 1.0 / 12);
    expectMoments(random::normal(k, s, d, {.mean = 2, .stddev = 3}), 2, 9);
    expectMoments(random::exponential(k, s, d), 1, 1);
    expectMoments(random::gumbel(k, s, d), 0.5772156649, M_PI * M_PI / 6);
    expectMoments(random::gamma(k, 3.5, s, d), 3.5, 3.5);
    expectMoments(random::gamma(k, 0.5, s, d), 0.5, 0.5);
    expectMoments(random::beta(k, 2.0, 3.0, s, d), 0.4, 0.04);
    expectMoments(random::truncated_normal(k, -1, 1, s, d), 0, 0.29112509);
  }
  expectMoments(random::randint(k, -3, 4, s), 0, 4);
  expectMoments(random::bernoulli(k, 0.3, s), 0.3, 0.21);
  expectMoments(random::poisson(k, 3.0, s), 3, 3);
  expectMoments(random::poisson(k, 40.0, s), 40, 40);
  Tensor z = random::normal(k, s, complex128);
  EXPECT_NEAR(mean(square(abs(z))).item<double>(), 1, 0.05);
  EXPECT_NEAR(mean(square(real(z))).item<double>(), 0.5, 0.03);
}

TEST(Random, KeysAndRanges) {
  Tensor k = random::key(1);
  EXPECT_EQ(random::uniform(k, {5}).to_vector<float>(), random::uniform(random::key(1), {5}).to_vector<float>());
  EXPECT_NE(random::uniform({5}).to_vector<float>(), random::uniform({5}).to_vector<float>());
  random::seed(7);
  std::vector<float> first = random::normal({3}).to_vector<float>();
  random::seed(7);
  EXPECT_EQ(random::normal({3}).to_vector<float>(), first);
  Tensor u = random::uniform(k, {10000}, float32, {.low = -1, .high = 2});
  EXPECT_GE(min(u).item<float>(), -1.0f);
  EXPECT_LT(max(u).item<float>(), 2.0f);
  std::vector<int64_t> p = sort(random::permutation(k, 50)).to_vector<int64_t>();
  EXPECT_EQ(p, arange(50).to_vector<int64_t>());
  EXPECT_EQ(random::split(k, 3).shape(), (Shape{3, 2}));
  Tensor logits = log(tensor({0.1, 0.6, 0.3}));
  Tensor picks = random::categorical(k, logits, {20000});
  EXPECT_NEAR(mean((picks == 1).astype(float64)).item<double>(), 0.6, 0.02);
}
