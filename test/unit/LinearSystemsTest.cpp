// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the compiler makes of linear systems (passes/LinearSystems.cpp) has the same values and gradients, and
// randomized decompositions of large matrices.
#include "gtest/gtest.h"
#include <tcc/tcc.h>

#include <cmath>
#include <functional>

using namespace tcc;

namespace {

constexpr Dtype dtypes[] = {float32, float64, complex64, complex128};

Tensor adjointOf(const Tensor &a) { return conj(swapaxes(a, -1, -2)); }
Tensor noise(Shape shape, Dtype d, int seed) {
  Tensor x = random::normal(random::key(seed), shape, d);
  eval(x);
  return x;
}
double largest(const Tensor &x) { return max(abs(x)).astype(float64).item<double>(); }
double epsilonOf(Dtype d) { return d == float32 || d == complex64 ? 0x1p-23 : 0x1p-52; }
Tensor overlap(const Tensor &w, const Tensor &x) { return sum(real(conj(w) * x)); }

/// A well-conditioned matrix of size n, in stacks.
Tensor regular(Shape shape, Dtype d, int seed) {
  Tensor a = noise(shape, d, seed) + 2.0 * std::sqrt(double(shape.back())) * eye(shape.back(), d);
  eval(a);
  return a;
}

} // namespace

// Both sides of a x = b, for each structure that the compiler knows.
TEST(LinearSystems, StructureKeepsTheSolution) {
  for (Dtype d : dtypes)
    for (Shape shape : {Shape{24, 24}, Shape{3, 24, 24}, Shape{5, 5}}) {
      if (shape != Shape{24, 24} && d != complex128)
        continue;
      Shape wide = shape;
      wide.back() = 4;
      Tensor a = regular(shape, d, 1), b = noise(wide, d, 2), v = noise({shape.back()}, float64, 3) + 5.0;
      std::function<Tensor(Tensor)> matrices[] = {
          [](Tensor m) { return m; },
          [](Tensor m) { return adjointOf(m); },
          [](Tensor m) { return tril(m); },
          [](Tensor m) { return adjointOf(triu(m)); },
          [](Tensor m) { return linalg::qr(m).q; },
          [](Tensor m) { return adjointOf(linalg::svd(m).u); },
          [](Tensor m) { return 0.1 * matmul(m, adjointOf(m)) + 2.0 * eye(m.dim(-1), m.dtype()); },
          [&](Tensor m) { return m * 0.0 + diag(v).astype(m.dtype()); },
          [&](Tensor m) { return diag(v).astype(m.dtype()) + zeros(m.shape(), m.dtype()); },
      };
      for (auto &make : matrices) {
        Tensor m = make(a), x = linalg::solve(m, b), y = matmul(linalg::inv(m), b),
               z = matmul(adjointOf(b), linalg::inv(m));
        double bound = 500 * double(shape.back()) * epsilonOf(d);
        EXPECT_LE(largest(matmul(m, x) - b), bound * largest(x) * largest(m));
        EXPECT_LE(largest(matmul(m, y) - b), bound * largest(x) * largest(m));
        EXPECT_LE(largest(matmul(z, m) - adjointOf(b)), bound * largest(z) * largest(m));
        // A matrix that is data has no structure.
        Tensor fixed = m;
        eval(fixed);
        EXPECT_LE(largest(linalg::det(m) - linalg::det(fixed)), bound * largest(linalg::det(fixed)));
      }
    }
}

TEST(LinearSystems, SharedFactorsGiveTheSameGradients) {
  for (Dtype d : {float64, complex128}) {
    Tensor a = regular({20, 20}, d, 1), b = noise({20, 3}, d, 2), w = noise({20, 3}, d, 3), u = noise({20, 20}, d, 4);
    auto loss = [=](const Tensor &m) {
      return overlap(w, linalg::solve(m, b)) + linalg::slogdet(m).logabsdet + overlap(w, matmul(linalg::inv(m), b)) +
             real(log(linalg::det(m)));
    };
    const double h = 1e-4;
    auto span = [&](double k) { return (loss(a + k * h * u) - loss(a - k * h * u)).astype(float64).item<double>(); };
    double expected = (45 * span(1) - 9 * span(2) + span(3)) / (60 * h);
    double got = overlap(u, grad(loss(a), a)).item<double>();
    EXPECT_NEAR(got, expected, 1e-9 * (1 + std::abs(expected)));
  }
}

TEST(LinearSystems, SingularMatricesAreErrors) {
  Tensor v = tensor({1.0, 0.0, 2.0}), b = ones({3, 1}, float64), a = diag(v);
  EXPECT_THROW(eval(linalg::solve(a, b)), Error);
  Tensor x = noise({3, 3}, float64, 1) * tensor({1.0, 0.0, 1.0});
  eval(x);
  EXPECT_EQ(linalg::slogdet(x).sign.item<double>(), 0);
  EXPECT_EQ(linalg::slogdet(x).logabsdet.item<double>(), -INFINITY);
  EXPECT_THROW(eval(grad(linalg::slogdet(x).logabsdet, x)), Error);
}

// Positive but for rounding: LU where Cholesky finds a negative pivot.
TEST(LinearSystems, SemidefiniteMatricesAreSolvedToo) {
  for (Dtype d : dtypes) {
    Tensor a = noise({40, 30}, d, 1), b = noise({40, 2}, d, 2);
    auto matrix = [&] { return matmul(a, adjointOf(a)) + 1e-9 * eye(40, d); };
    Tensor m = matrix(), x = linalg::solve(m, b);
    EXPECT_LE(largest(matmul(m, x) - b), 1e4 * epsilonOf(d) * largest(m) * largest(x));
  }
}

// Of decaying singular values: as good as the exact truncation.
TEST(RandomizedSvd, DecayingSpectra) {
  for (Dtype d : dtypes)
    for (Shape shape : {Shape{120, 80}, Shape{80, 120}, Shape{2, 90, 90}})
      for (double decay : {0.3, 0.7}) {
        if ((decay == 0.7) != (epsilonOf(d) < 1e-10))
          continue;
        int64_t m = shape.end()[-2], n = shape.end()[-1], k = std::min(m, n), kept = 8;
        Shape left = shape, right = shape;
        left.back() = k;
        right.end()[-2] = k;
        Tensor s = power(decay, arange(k, float64)).astype(real_dtype(d));
        Tensor p = linalg::qr(noise(left, d, 1)).q, q = adjointOf(linalg::qr(adjointOf(noise(right, d, 2))).q);
        Tensor a = matmul(p * expand_dims(s.astype(d), -2), q);
        eval(a);
        auto [u, values, vh] = linalg::svd(a, {.max_rank = kept, .randomized = true});
        double left_out = std::pow(decay, double(kept)), eps = epsilonOf(d);
        EXPECT_LE(largest(values - s(slice(0, kept))), 50 * eps + 20 * std::pow(left_out * std::pow(decay, 10), 2));
        EXPECT_LE(largest(matmul(adjointOf(u), u) - eye(kept, d)), 200 * eps);
        EXPECT_LE(largest(matmul(vh, adjointOf(vh)) - eye(kept, d)), 200 * eps);
        Tensor back = matmul(u * expand_dims(values.astype(d), -2), vh);
        EXPECT_LE(largest(back - a), 1.01 * left_out + 200 * eps);
        // Another sketch: the same matrix.
        auto other = linalg::svd(a, {.max_rank = kept, .randomized = true, .key = random::key(7)});
        Tensor again = matmul(other.u * expand_dims(other.s.astype(d), -2), other.vh);
        EXPECT_LE(largest(again - back), 1e-3 * left_out + 400 * eps);
      }
}

// Gradients are those of the exact truncation, with the part of the singular vectors that is left out.
TEST(RandomizedSvd, Gradients) {
  for (Dtype d : {float64, complex128}) {
    Tensor s = power(0.4, arange(30, float64)), w = noise({40, 30}, d, 3);
    Tensor a = matmul(linalg::qr(noise({40, 30}, d, 1)).q * s.astype(d), linalg::qr(noise({30, 30}, d, 2)).q);
    eval(a);
    auto slope = [&](linalg::SvdOptions o) {
      auto [u, values, vh] = linalg::svd(a, o);
      return grad(overlap(w, matmul(u * tanh(values).astype(d), vh)), a);
    };
    Tensor exact = slope({.max_rank = 5}), got = slope({.max_rank = 5, .randomized = true});
    EXPECT_LE(largest(got - exact), 1e-10 * largest(exact));
    // Of a matrix of rank 3 the sketch has columns without a singular value.
    Tensor low = matmul(noise({40, 3}, d, 4), noise({3, 30}, d, 5));
    eval(low);
    auto lowSlope = [&](linalg::SvdOptions o) {
      auto [u, values, vh] = linalg::svd(low, o);
      return grad(overlap(w, matmul(u * tanh(values).astype(d), vh)), low);
    };
    exact = lowSlope({.max_rank = 3}), got = lowSlope({.max_rank = 3, .randomized = true});
    EXPECT_LE(largest(got - exact), 1e-10 * largest(exact));
  }
}

TEST(RandomizedSvd, Errors) {
  Tensor a = ones({30, 30}, float64);
  EXPECT_THROW(linalg::svd(a, {.randomized = true}), Error);
  EXPECT_THROW(linalg::svd(a, {.max_rank = 2, .randomized = true, .oversampling = -1}), Error);
}
