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
  Tensor cov = tensor({{2.0, -1.0}, {-1.0, 3.0}}), centre = tensor({1.0, -2.0});
  Tensor y = random::multivariate_normal(k, centre, cov, s);
  ASSERT_EQ(y.shape(), (Shape{20000, 2}));
  expectMoments(y(_, 0), 1, 2);
  expectMoments(y(_, 1), -2, 3);
  Tensor d = y - centre; // the product's variance is 2 * 3 + 1
  EXPECT_NEAR(mean(d(_, 0) * d(_, 1)).item<double>(), -1, 5 * std::sqrt(7.0 / 20000));
}

// Inversion in double precision ends where probabilities are 1e-16 beside 1.
TEST(Random, TailsOfTruncatedNormals) {
  Tensor k = random::key(7);
  // Below hi = 41 the density is nearly 40 exp(-40 (x - 40)).
  for (double sign : {1.0, -1.0}) {
    double lo = sign > 0 ? 40 : -41, hi = sign > 0 ? 41 : -40;
    Tensor x = random::truncated_normal(k, lo, hi, {20000}, float64);
    EXPECT_GE(min(x).item<double>(), lo);
    EXPECT_LE(max(x).item<double>(), hi);
    // SciPy: truncnorm(40, 41).mean() and its standard deviation / sqrt(20000)
    EXPECT_NEAR(sign * mean(x).item<double>(), 40.02496884721639, 4 * 0.0249533 / std::sqrt(20000));
  }
  Tensor far = random::truncated_normal(k, -std::numeric_limits<double>::infinity(), -10, {20000}, float64);
  EXPECT_NEAR(mean(far).item<double>(), -10.09809323396186, 4 * 0.0972 / std::sqrt(20000));
  Tensor narrow = random::truncated_normal(k, 6, 6 + 1e-9, {20000}, float64);
  EXPECT_NEAR(mean((narrow - 6.0) * 1e9).item<double>(), 0.5, 0.01);
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

/// The largest distance between the samples' and the distribution's own function, below its 0.999 quantile.
template <class Cdf> static void expectDistribution(const Tensor &x, Cdf cdf, const char *name) {
  std::vector<double> v = sort(x.astype(float64)).to_vector<double>();
  double n = double(v.size()), worst = 0;
  for (size_t i = 0; i < v.size(); ++i)
    worst = std::max({worst, cdf(v[i]) - double(i) / n, double(i + 1) / n - cdf(v[i])});
  EXPECT_LT(worst, 1.95 / std::sqrt(n)) << name;
}

TEST(Random, UniformStaysBelowItsEnd) {
  for (auto [low, high] : {std::pair(1.0, 2.0), {-2.0, -1.0}, {100.0, 101.0}, {0.0, 1e-6}, {-1.0, 0.0}})
    for (Dtype dtype : {float16, bfloat16, float32, float64}) {
      Tensor u = random::uniform(random::key(7), {100000}, dtype, {.low = low, .high = high}).astype(float64);
      EXPECT_LT(max(u).item<double>(), high) << dtype;
      EXPECT_GE(min(u).item<double>(), low * (1 + (low < 0 ? 1e-12 : -1e-12))) << dtype;
      EXPECT_NEAR(mean(u).item<double>(), (low + high) / 2, 0.02 * (high - low) + (dtype == bfloat16 ? 0.5 : 0))
          << dtype;
    }
}

TEST(Random, DistributionFunctions) {
  Tensor k = random::key(3);
  const Shape s{20000};
  auto normal = [](double x) { return std::erfc(-x / M_SQRT2) / 2; };
  for (Dtype d : {float32, float64}) {
    expectDistribution(random::uniform(k, s, d), [](double x) { return x; }, "uniform");
    expectDistribution(random::normal(k, s, d), normal, "normal");
    expectDistribution(random::exponential(k, s, d), [](double x) { return -std::expm1(-x); }, "exponential");
    expectDistribution(random::gumbel(k, s, d), [](double x) { return std::exp(-std::exp(-x)); }, "gumbel");
    expectDistribution(random::gamma(k, 2.0, s, d), [](double x) { return 1 - (1 + x) * std::exp(-x); }, "gamma 2");
    expectDistribution(random::gamma(k, 0.5, s, d), [](double x) { return std::erf(std::sqrt(x)); }, "gamma 1/2");
    expectDistribution(random::beta(k, 2.0, 1.0, s, d), [](double x) { return x * x; }, "beta 2 1");
    expectDistribution(
        random::beta(k, 0.5, 0.5, s, d), [](double x) { return 2 / M_PI * std::asin(std::sqrt(x)); }, "beta 1/2 1/2");
    expectDistribution(
        random::truncated_normal(k, 1, 3, s, d),
        [&](double x) { return (normal(x) - normal(1)) / (normal(3) - normal(1)); }, "truncated_normal");
  }
  // Parameters so small that both gamma variates underflow.
  EXPECT_TRUE(all(isfinite(random::beta(k, 0.01, 0.01, s))).item<bool>());
  EXPECT_TRUE(all(isnan(random::gamma(k, -1.0, {3}))).item<bool>());
}

// Implicit reparameterisation: the mean of a sample's derivative is the derivative of the mean, of its square that of
// the second moment.
TEST(Random, GradientsOfGammaAndBeta) {
  Tensor k = random::key(5);
  for (double p : {0.3, 1.0, 2.5, 40.0}) {
    Tensor a = tensor(p), x = random::gamma(k, a, {20000}, float64);
    EXPECT_NEAR(grad(mean(x), a).item<double>(), 1, 0.03) << p;
    EXPECT_NEAR(grad(mean(square(x)), a).item<double>() / (2 * p + 1), 1, 0.06) << p;
  }
  // The derivative follows each sample, not only their mean.
  Tensor one = tensor(1.0), x = random::gamma(k, one, {200}, float64);
  Tensor slopes = jacobian(x, one);
  // At a = 1 the variate is exponential, and dx/da = -e^x d/da P(a, x), checked by P's central difference in its
  // series.
  std::vector<double> at = x.to_vector<double>(), got = slopes.to_vector<double>();
  auto lower = [](double a, double x) {
    double term = 1 / a, sum = term;
    for (int n = 1; n < 200; ++n)
      sum += term *= x / (a + n);
    return sum * std::exp(-x + a * std::log(x) - std::lgamma(a));
  };
  for (size_t i = 0; i < at.size(); ++i) {
    double want = -(lower(1 + 1e-4, at[i]) - lower(1 - 1e-4, at[i])) / 2e-4 * std::exp(at[i]);
    EXPECT_NEAR(got[i], want, 1e-6 * std::exp(at[i])) << at[i];
  }
  Tensor p = tensor(2.0), q = tensor(3.0), y = random::beta(k, p, q, {20000}, float64);
  std::vector<Tensor> g = grad(mean(y), {p, q});
  EXPECT_NEAR(g[0].item<double>(), 3.0 / 25, 0.005);
  EXPECT_NEAR(g[1].item<double>(), -2.0 / 25, 0.005);
  // Through a compiled function, too.
  auto f = compile([&](Tensor a) { return mean(random::gamma(k, a, {2000}, float64)); });
  Tensor a = tensor(1.5);
  EXPECT_NEAR(grad(f(a), a).item<double>(), 1, 0.1);
}

TEST(Random, SameBitsForAnyThreadCount) {
  Tensor k = random::key(9);
  int before = num_threads();
  std::vector<std::vector<double>> seen;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    std::vector<double> all;
    for (const Tensor &x :
         {random::normal(k, {50001}, float64), random::gamma(k, 0.5, {20001}, float64),
          random::poisson(k, 20.0, {20001}).astype(float64), random::permutation(k, 5000).astype(float64)})
      for (double v : x.to_vector<double>())
        all.push_back(v);
    seen.push_back(std::move(all));
  }
  set_num_threads(before);
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}
