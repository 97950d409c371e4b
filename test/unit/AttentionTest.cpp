// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention against the same in products and softmax: dtypes, masks, broadcasting, derivatives to second order, vmap,
// and what is stored.
#include "tcc/tcc.h"

#include <gtest/gtest.h>

using namespace tcc;

namespace {

Tensor attend(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionOptions &o) {
  return scaled_dot_product_attention(q, k, v, o);
}

/// With all scores.
Tensor composed(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionOptions &o) {
  constexpr double none = -std::numeric_limits<double>::infinity();
  Tensor scores = matmul(q, swapaxes(k, -1, -2)) * o.scale.value_or(1 / std::sqrt(double(q.dim(-1))));
  if (o.causal)
    scores = where(tri(q.dim(-2), k.dim(-2)) > 0, scores, none);
  if (o.mask)
    scores = o.mask->dtype() == bool_ ? where(*o.mask, scores, none) : scores + *o.mask;
  return matmul(softmax(scores, -1), v);
}

Tensor sample(const Shape &shape, int64_t seed, Dtype dtype = float64) {
  return random::normal(random::key(seed), shape, dtype);
}

/// Values and gradients agree; q, k, v in the composition are as wide as the library computes.
void expectSame(const Tensor &q, const Tensor &k, const Tensor &v, const AttentionOptions &o, double tolerance,
                const char *text) {
  Tensor y = attend(q, k, v, o), want = composed(q, k, v, o);
  EXPECT_EQ(y.dtype(), want.dtype()) << text;
  ASSERT_EQ(y.shape(), want.shape()) << text;
  EXPECT_TRUE(allclose(y, want, tolerance, tolerance)) << text;
  std::vector<Tensor> xs = {q, k, v};
  if (o.mask && is_inexact(o.mask->dtype()))
    xs.push_back(*o.mask);
  Tensor c = sample(y.shape(), 9, y.dtype());
  std::vector<Tensor> got = grad(sum(y * c), xs), wanted = grad(sum(want * c), xs);
  for (size_t i = 0; i < xs.size(); ++i)
    EXPECT_TRUE(allclose(got[i], wanted[i], tolerance, tolerance)) << text << ", gradient " << i;
}
#define EXPECT_SAME(q, k, v, tolerance, ...) expectSame(q, k, v, __VA_ARGS__, tolerance, #__VA_ARGS__)

TEST(Attention, IsTheComposition) {
  Tensor q = sample({2, 3, 5, 4}, 1), k = sample({2, 3, 7, 4}, 2), v = sample({2, 3, 7, 6}, 3);
  EXPECT_SAME(q, k, v, 1e-12, {});
  EXPECT_SAME(q, k, v, 1e-12, {.causal = true});
  EXPECT_SAME(q, k, v, 1e-12, {.scale = 0.3});
  EXPECT_SAME(q, k, v, 1e-12, {.mask = tri(5, 7, 1) > 0});
  EXPECT_SAME(q, k, v, 1e-12, {.mask = sample({5, 7}, 4), .causal = true});
  EXPECT_SAME(q, k, v, 1e-12, {.mask = sample({7}, 4)});
  EXPECT_SAME(q, k, v, 1e-12, {.mask = sample({2, 1, 1, 7}, 4)});
  EXPECT_SAME(q, k, v, 1e-12, {.mask = sample({3, 5, 1}, 4)});
  // The mask has a leading axis that the others lack, two heads share keys and values.
  EXPECT_SAME(sample({5, 4}, 1), sample({7, 4}, 2), sample({7, 6}, 3), 1e-12, {.mask = sample({3, 5, 7}, 4)});
  EXPECT_SAME(sample({2, 2, 5, 4}, 1), sample({2, 1, 7, 4}, 2), sample({2, 1, 7, 6}, 3), 1e-12, {});
}

TEST(Attention, TakesEveryFloat) {
  auto all = [](Dtype dtype) {
    return std::array{sample({2, 5, 4}, 1, dtype), sample({2, 7, 4}, 2, dtype), sample({2, 7, 6}, 3, dtype)};
  };
  auto [q, k, v] = all(float32);
  EXPECT_SAME(q, k, v, 1e-5, {.causal = true});
  EXPECT_SAME(q, k, v, 1e-5, {.mask = sample({5, 7}, 4)}); // a float64 mask makes the result float64
  EXPECT_SAME(q, k.astype(float64), v, 1e-5, {});
  for (Dtype dtype : {float16, bfloat16}) {
    auto [q, k, v] = all(dtype);
    double tolerance = dtype == float16 ? 4e-3 : 3e-2;
    Tensor y = attend(q, k, v, {.causal = true});
    EXPECT_EQ(y.dtype(), dtype);
    EXPECT_TRUE(allclose(y.astype(float32),
                         composed(q.astype(float32), k.astype(float32), v.astype(float32), {.causal = true}), tolerance,
                         tolerance));
    Tensor dk = grad(sum(attend(q, k, v, {}).astype(float32)), k);
    Tensor wide = k.astype(float32);
    Tensor want = grad(sum(composed(q.astype(float32), wide, v.astype(float32), {})), wide);
    EXPECT_TRUE(allclose(dk.astype(float32), want, tolerance, tolerance));
  }
  Tensor ones = tensor({{1, 0}, {0, 1}});
  Tensor y = attend(ones, ones, ones.astype(float32), {});
  EXPECT_EQ(y.dtype(), float64);
  EXPECT_TRUE(allclose(y, composed(ones, ones, ones.astype(float32), {}), 1e-12, 1e-12));
}

TEST(Attention, EmptyAndMaskedRows) {
  EXPECT_EQ(attend(sample({0, 4}, 1), sample({3, 4}, 2), sample({3, 2}, 3), {}).shape(), (Shape{0, 2}));
  EXPECT_TRUE(allclose(attend(sample({3, 4}, 1), sample({0, 4}, 2), sample({0, 2}, 3), {}), zeros({3, 2}, float64)));
  Tensor q = sample({2, 4}, 1), k = sample({3, 4}, 2), v = sample({3, 2}, 3),
         mask = tensor({{true, true, false}, {false, false, false}});
  Tensor y = attend(q, k, v, {.mask = mask});
  EXPECT_TRUE(allclose(y[1], zeros({2}, float64)));
  for (const Tensor &g : grad(sum(square(y)), {q, k, v}))
    EXPECT_TRUE(all(isfinite(g)).item<bool>());
}

TEST(Attention, SecondDerivatives) {
  Tensor q = sample({2, 5, 4}, 1), k = sample({2, 7, 4}, 2), v = sample({2, 7, 3}, 3), mask = sample({1, 5, 7}, 4);
  auto second = [&](auto &&f) {
    std::vector<Tensor> xs = {q, k, v, mask};
    Tensor sum = zeros({}, float64);
    for (const Tensor &g : grad(tcc::sum(sin(f(q, k, v, AttentionOptions{.mask = mask, .causal = true}))), xs))
      sum = sum + tcc::sum(square(g));
    return grad(sum, xs);
  };
  std::vector<Tensor> got = second(attend), want = second(composed);
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(allclose(got[i], want[i], 1e-11, 1e-11)) << i;
  // The same tensor thrice: its cotangents are one sum.
  auto self = [&](auto &&f) {
    Tensor g = grad(sum(sin(f(q, q, q, AttentionOptions{}))), q);
    return grad(sum(square(g)), q);
  };
  EXPECT_TRUE(allclose(self(attend), self(composed), 1e-11, 1e-11));
  std::vector<Tensor> forward =
      jvp({attend(q, k, v, {})}, {q}, {v(_, slice(0, 5), _)(_, _, slice(0, 1)) * ones_like(q)});
  std::vector<Tensor> wanted =
      jvp({composed(q, k, v, {})}, {q}, {v(_, slice(0, 5), _)(_, _, slice(0, 1)) * ones_like(q)});
  EXPECT_TRUE(allclose(forward[0], wanted[0], 1e-12, 1e-12));
}

TEST(Attention, MapsOverSlices) {
  Tensor q = sample({3, 5, 4}, 1), k = sample({3, 7, 4}, 2), v = sample({7, 2}, 3), mask = tri(5, 7, 1) > 0;
  auto f = [&](Tensor a, Tensor b) { return attend(a, b, v, {.mask = mask}); };
  Tensor all = vmap(f)(q, k);
  EXPECT_NE(dump(all).find("tensor<1x5x7xi1>"), std::string::npos) << dump(all); // the shared mask is not repeated
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_TRUE(allclose(all[i], f(q[i], k[i]), 1e-13, 1e-13));
}

TEST(Attention, StoresNoScores) {
  // 64 MiB of scores, were there any.
  Tensor q = sample({4096, 16}, 1, float32), k = sample({4096, 16}, 2, float32);
  eval(q, k);
  set_memory_limit(memory_stats().live_bytes + (24 << 20));
  EXPECT_NO_THROW(eval(grad(sum(square(attend(q, k, k, {}))), {q, k})));
  set_memory_limit(0);
  EXPECT_EQ(dump(grad(sum(attend(q, k, k, {})), q)).find("4096x4096"), std::string::npos);
}

} // namespace
