// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients through eigh and svd where eigenvalues and singular values coincide, against central differences of sixth
// order.
#include "gtest/gtest.h"
#include <tcc/tcc.h>

#include <cmath>
#include <functional>

using namespace tcc;

namespace {

using Loss = std::function<Tensor(const Tensor &)>;

Tensor adjointOf(const Tensor &a) { return conj(swapaxes(a, -1, -2)); }
Tensor noise(Shape shape, Dtype d, int seed) { return random::normal(random::key(seed), shape, d); }
Tensor hermitian(const Tensor &a) { return (a + adjointOf(a)) / 2.0; }
Tensor scaled(const Tensor &v, const Tensor &f) { return v * expand_dims(f.astype(v.dtype()), -2); }
/// Re <w, x>
Tensor overlap(const Tensor &w, const Tensor &x) { return sum(real(conj(w) * x)); }
double valueOf(const Tensor &x) { return x.astype(float64).item<double>(); }

void expectGradient(const Loss &loss, const Tensor &x, double tolerance = 1e-7) {
  Tensor g = grad(loss(x), x);
  ASSERT_EQ(g.shape(), x.shape());
  for (int seed : {91, 92, 93}) {
    Tensor direction = noise(x.shape(), x.dtype(), seed);
    const double h = 1e-3;
    auto span = [&](double k) { return valueOf(loss(x + k * h * direction)) - valueOf(loss(x - k * h * direction)); };
    // Sixth order.
    double expected = (45 * span(1) - 9 * span(2) + span(3)) / (60 * h), got = valueOf(overlap(g, direction));
    EXPECT_NEAR(got, expected, tolerance * (1 + std::abs(expected)));
  }
}

Tensor diagonalMatrix(std::vector<double> values, Dtype d) { return diag(tensor(values)).astype(d); }

/// q diag(values) q^H for a random unitary q: degenerate but for rounding.
Tensor rotated(std::vector<double> values, Dtype d) {
  int64_t n = int64_t(values.size());
  Tensor q = linalg::qr(noise({n, n}, d, 71)).q;
  Tensor a = matmul(scaled(q, tensor(values)), adjointOf(q));
  eval({a});
  return a;
}

} // namespace

TEST(Spectral, TwoFunctionsOfAHermitianMatrix) {
  for (Dtype d : {float64, complex128}) {
    Tensor w1 = noise({3, 3}, d, 1), w2 = noise({3, 3}, d, 2);
    Loss sumOfTwo = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      return overlap(w1, matmul(scaled(v, exp(e)), adjointOf(v))) +
             overlap(w2, matmul(scaled(v, sqrt(e)), adjointOf(v)));
    };
    Loss productOfTwo = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      Tensor f = matmul(scaled(v, exp(e)), adjointOf(v)), g = matmul(scaled(v, log(e)), adjointOf(v));
      return overlap(w1, matmul(matmul(f, w2), g)) + sum(square(abs(f))) * sum(pow(e, 3.0));
    };
    // A factor of either side, a quotient, sums of scaled vectors, a diagonal matrix as the factor.
    Loss manners = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      Tensor left = scaled(v, sqrt(e)), sums = scaled(scaled(v, exp(e)) + v / expand_dims(e.astype(d), -2), sin(e));
      Tensor inMatrix = matmul(v, matmul(diag(cos(e)).astype(d), adjointOf(v)));
      Tensor applied = matmul(v, expand_dims(tanh(e).astype(d), -1) * matmul(adjointOf(v), w2));
      return overlap(w1, matmul(left, adjointOf(left))) + overlap(w2, matmul(sums, adjointOf(v))) +
             overlap(w2, inMatrix) + overlap(w1, applied);
    };
    for (const Loss &loss : {sumOfTwo, productOfTwo, manners})
      for (const Tensor &a : {eye(3, d), diagonalMatrix({2, 2, 1}, d), rotated({2, 1, 2}, d), rotated({1, 1, 1}, d),
                              rotated({3, 2, 1}, d)})
        expectGradient(loss, a);
  }
}

TEST(Spectral, TwoFunctionsOfSingularValues) {
  for (Dtype d : {float64, complex128}) {
    Tensor w1 = noise({3, 3}, d, 1), w2 = noise({3, 3}, d, 2), w3 = noise({3, 3}, d, 3);
    Loss loss = [=](const Tensor &m) {
      auto [u, s, vh] = linalg::svd(m);
      return overlap(w1, matmul(scaled(u, tanh(s)), vh)) + overlap(w2, matmul(scaled(u, exp(s * s)), adjointOf(u))) +
             overlap(w3, matmul(adjointOf(vh), matmul(diag(cos(s)).astype(d), vh))) + sum(s * s);
    };
    Loss product = [=](const Tensor &m) {
      auto [u, s, vh] = linalg::svd(m);
      Tensor f = matmul(scaled(u, tanh(s)), vh), g = matmul(u, expand_dims(sinh(s).astype(d), -1) * vh);
      return overlap(w1, matmul(matmul(f, w2), g));
    };
    for (const Tensor &a : {eye(3, d), diagonalMatrix({2, 2, 1}, d), matmul(noise({3, 3}, d, 5), eye(3, d)),
                            matmul(rotated({2, 1, 2}, d), linalg::qr(noise({3, 3}, d, 6)).q)})
      for (const Loss &each : {loss, product})
        expectGradient(each, a);
    // Two zeros, three zeros.
    for (const Tensor &a : {zeros({3, 3}, d), diagonalMatrix({0, 2, 0}, d), matmul(rotated({2, 0, 2}, d), w2)})
      for (const Loss &each : {loss, product})
        expectGradient(each, a);
  }
}

TEST(Spectral, RectangularAndStackedMatrices) {
  for (Dtype d : {float64, complex128})
    for (Shape shape : {Shape{5, 3}, Shape{3, 5}, Shape{2, 4, 3}}) {
      Tensor w1 = noise(shape, d, 1), w2 = noise(shape, d, 2), zero = zeros(shape, d);
      Loss loss = [=](const Tensor &m) {
        auto [u, s, vh] = linalg::svd(m);
        Tensor f = matmul(scaled(u, tanh(s)), vh);
        return overlap(w1, f) + sum(square(abs(f * w2))) + overlap(w2, matmul(scaled(u, pow(s, 3.0)), vh)) +
               overlap(w2, matmul(u, expand_dims(sinh(s).astype(d), -1) * vh));
      };
      int64_t rows = shape.end()[-2], columns = shape.end()[-1];
      Tensor unit = zero + 2.0 * eye(std::max(rows, columns), d)(slice(0, rows), slice(0, columns));
      for (const Tensor &a : {zero, unit, noise(shape, d, 7)})
        expectGradient(loss, a);
    }
}

TEST(Spectral, SinglePrecision) {
  Tensor w1 = noise({4, 4}, float32, 1), w2 = noise({4, 4}, float32, 2), a = 2.0 * eye(4, float32);
  auto [e, v] = linalg::eigh(hermitian(a));
  Tensor y =
      overlap(w1, matmul(scaled(v, exp(e)), adjointOf(v))) + overlap(w2, matmul(scaled(v, sqrt(e)), adjointOf(v)));
  Tensor expected = std::exp(2.0) * hermitian(w1) + (0.5 / std::sqrt(2.0)) * hermitian(w2);
  EXPECT_LE(valueOf(max(abs(grad(y, a) - expected))), 1e-5);
}

// Layers whose vectors' rotations are seen by the next layer, but not by the loss.
TEST(Spectral, ChainsOfDecompositions) {
  Tensor w = noise({4, 4}, float64, 1);
  Loss loss = [=](const Tensor &m) {
    Tensor x = m;
    for (int layer = 0; layer < 3; ++layer) {
      auto [u, s, vh] = linalg::svd(x);
      Tensor left = scaled(u, sqrt(s)), right = expand_dims(sqrt(s), -1) * vh;
      // right left: its rows and columns rotate with the vectors.
      x = matmul(right, left);
    }
    return trace(matmul(x, matmul(x, x))) + sum(square(x));
  };
  expectGradient(loss, 2.0 * eye(4, float64));
  expectGradient(loss, diagonalMatrix({2, 2, 1, 1}, float64));
  expectGradient(loss, eye(4, float64) + 0.3 * w);
}

// A loss that sees the rotation has no gradient; what is returned must be finite.
TEST(Spectral, LossesThatDependOnTheBasisStayFinite) {
  for (Dtype d : {float64, complex128})
    for (const Tensor &a : {eye(3, d), zeros({3, 3}, d)}) {
      auto [e, v] = linalg::eigh(hermitian(a));
      auto [u, s, vh] = linalg::svd(a);
      for (const Tensor &loss : {sum(real(v * v * v)), sum(real(u)) + sum(real(vh * vh * vh)) + sum(s)})
        EXPECT_TRUE(std::isfinite(valueOf(sum(abs(grad(loss, a))))));
    }
}

TEST(Spectral, SecondOrder) {
  Tensor w = noise({3, 3}, float64, 1), direction = noise({3, 3}, float64, 2), a = noise({3, 3}, float64, 3);
  Loss viaEigh = [=](const Tensor &m) {
    auto [e, v] = linalg::eigh(hermitian(m));
    return overlap(w, matmul(scaled(v, exp(e)), adjointOf(v)));
  };
  Loss viaSvd = [=](const Tensor &m) {
    auto [u, s, vh] = linalg::svd(m);
    return overlap(w, matmul(scaled(u, tanh(s)), vh));
  };
  for (const Loss &loss : {viaEigh, viaSvd})
    expectGradient([=](const Tensor &m) { return overlap(direction, grad(loss(m), m)); }, a, 1e-6);
  Tensor h = hessian(viaEigh(a), a);
  EXPECT_LE(valueOf(max(abs(h.reshape({9, 9}) - transpose(h.reshape({9, 9}))))), 1e-10);
}
