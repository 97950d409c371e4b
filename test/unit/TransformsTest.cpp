// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients of values by themselves, and gradients of the user's own: custom_vjp, to any order and in other
// transformations.
#include "tcc/tcc.h"

#include <gtest/gtest.h>

using namespace tcc;

namespace {

using Values = std::vector<Tensor>;

/// x^3, and how often its pullback was traced.
auto cube(int &traced) {
  return custom_vjp([](Tensor x) { return x * x * x; }, [](Tensor x) { return std::pair(x * x * x, Values{x}); },
                    [&traced](Values saved, Tensor g) {
                      ++traced;
                      return Values{3.0 * g * square(saved[0])};
                    });
}
/// x w, with a gradient of its own in x: g w^2.
auto scaled() {
  return custom_vjp([](Tensor x, Tensor w) { return x * w; },
                    [](Tensor x, Tensor w) { return std::pair(x * w, Values{x, w}); },
                    [](Values saved, Tensor g) { return Values{g * square(saved[1]), g * saved[0]}; });
}

} // namespace

TEST(Grad, OfDataByItself) {
  Tensor x = tensor({1.0, 2.0, 3.0}), s = tensor(2.0);
  EXPECT_EQ(grad(s, s).item<double>(), 1.0);
  EXPECT_TRUE(allclose(jacobian(x, x), eye(3, float64)));
  EXPECT_TRUE(allclose(jacobian(roll(x, 0), x), eye(3, float64))); // folded to x
  EXPECT_TRUE(allclose(vjp({x, x}, {x}, {ones({3}, float64), x})[0], x + 1));
  EXPECT_TRUE(allclose(jvp({x}, {x}, {3 * x})[0], 3 * x));
  Variable v("v", tensor(3.0));
  EXPECT_EQ(grad(v, v).item<double>(), 1.0);
  Tensor y = sin(x);
  eval(y);
  EXPECT_TRUE(allclose(jacobian(y, y), eye(3, float64)));
  EXPECT_TRUE(allclose(jacobian(y, x), diag(cos(x))));
  Tensor number = 2.0;
  EXPECT_THROW(grad(number, number), Error);
}

TEST(CustomVjp, DerivativesOfEveryOrder) {
  int traced = 0;
  auto f = cube(traced);
  Tensor x = tensor({0.5, -2.0}), y = sum(f(x));
  for (const Tensor &want : {3.0 * square(x), 6.0 * x, 6.0 * ones({2}, float64), zeros({2}, float64)}) {
    Tensor slope = grad(y, x);
    EXPECT_TRUE(allclose(slope, want, 1e-14)) << slope << want;
    y = sum(slope);
  }
  EXPECT_EQ(traced, 1);
  EXPECT_TRUE(allclose(hessian(sum(f(x)), x), diag(6.0 * x), 1e-14));
  EXPECT_TRUE(allclose(jvp({f(x)}, {x}, {tensor({2.0, 3.0})})[0], 3.0 * square(x) * tensor({2.0, 3.0}), 1e-14));
}

TEST(CustomVjp, WhatSlicesShareTakesTheirSum) {
  Tensor xs = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}), w = tensor({3.0, 4.0});
  auto f = scaled();
  for (const Tensor &y : {vmap([&](Tensor x) { return f(x, w); })(xs), vmap(f, {0, _})(xs, w)}) {
    EXPECT_TRUE(allclose(y, xs * w, 1e-15));
    auto slopes = grad(sum(y), {xs, w});
    EXPECT_TRUE(allclose(slopes[0], broadcast_to(square(w), {3, 2}), 1e-15));
    EXPECT_TRUE(allclose(slopes[1], sum(xs, 0), 1e-15));
    EXPECT_TRUE(allclose(grad(sum(slopes[0]), w), 6.0 * w, 1e-15));
  }
}

TEST(CustomVjp, InLoopsCheckpointsAndCompiledFunctions) {
  Tensor x = tensor({3.0, 4.0});
  auto f = scaled();
  // Turns: 2 x0, then 2 x0 x1. Its own gradients: d0 = (1 + x1^2) 2, d1 = 2 x0.
  auto rows = scan(
                  [&](auto c, auto e) {
                    Tensor n = f(c[0], e[0]);
                    return std::pair(Values{n}, Values{n});
                  },
                  {tensor(2.0)}, {x})
                  .second[0];
  EXPECT_TRUE(allclose(grad(sum(rows), x), tensor({34.0, 6.0}), 1e-15));
  EXPECT_TRUE(allclose(hessian(sum(rows), x), tensor({{0.0, 16.0}, {2.0, 0.0}}), 1e-15));
  int traced = 0;
  auto g = cube(traced);
  EXPECT_TRUE(allclose(grad(sum(checkpoint([&](Tensor t) { return g(t) * x; })(x)), x), 4.0 * x * x * x, 1e-15));
  auto h = compile([&](Tensor t) { return g(t); });
  EXPECT_TRUE(allclose(hessian(sum(h(x)), x), diag(6.0 * x), 1e-15));
  EXPECT_TRUE(allclose(compile([&](Tensor t) { return hessian(sum(g(t)), t); })(x), diag(6.0 * x), 1e-15));
}

TEST(CustomVjp, ArgumentsWithoutGradient) {
  auto f = custom_vjp(
      [](Tensor x, Tensor i) { return x(i); }, [](Tensor x, Tensor i) { return std::pair(x(i), Values{x, i}); },
      [](Values saved, Tensor g) { return Values{zeros_like(saved[0]).at(saved[1]).add(g), Tensor()}; });
  Tensor x = tensor({1.0, 2.0});
  EXPECT_EQ(grad(sum(f(x, tensor({0, 1, 1}))), x).to_vector<double>(), (std::vector<double>{1, 2}));
  EXPECT_THROW(custom_vjp([](Tensor x) { return x; }, [](Tensor x) { return std::pair(x, Values{}); },
                          [](Values, Tensor) { return Values{}; })(x),
               Error);
  EXPECT_THROW(custom_vjp([](Tensor x) { return x; }, [](Tensor x) { return std::pair(x, Values{}); },
                          [](Values, Tensor g) { return Values{sum(g)}; })(x),
               Error);
}
