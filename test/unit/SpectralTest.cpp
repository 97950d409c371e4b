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

/// Evaluates and expects the error of a derivative that does not exist.
void expectNoGradient(const Loss &loss, const Tensor &a, const std::string &text) {
  try {
    eval({grad(loss(a), a)});
    ADD_FAILURE() << "expected an error: " << text;
  } catch (const Error &error) {
    EXPECT_EQ(error.kind, Kind::numerical);
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("SpectralTest.cpp"), std::string::npos) << error.what();
  }
}

TEST(Spectral, LossesThatDependOnTheBasisAreErrors) {
  const std::string choice = "does not depend on the choice of vectors";
  for (Dtype d : {float64, complex128}) {
    Tensor w = noise({3, 3}, d, 1);
    Loss vectors = [=](const Tensor &m) { return overlap(w, linalg::eigh(hermitian(m)).eigenvectors); };
    Loss cubes = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      return sum(real(v * v * v));
    };
    Loss left = [=](const Tensor &m) { return overlap(w, linalg::svd(m).u); };
    // A projector on part of a group of equal values.
    Loss cut = [=](const Tensor &m) {
      Tensor v = linalg::eigh(hermitian(m)).eigenvectors(_, slice(0, 2));
      return overlap(w, matmul(v, adjointOf(v)));
    };
    for (const Loss &loss : {vectors, cubes, cut})
      for (const Tensor &a : {eye(3, d), rotated({1, 2, 2}, d)})
        expectNoGradient(loss, a, choice);
    for (const Tensor &a : {eye(3, d), rotated({1, 2, 2}, d)})
      expectNoGradient(left, a, choice);
    // The polar factor of a singular matrix.
    expectNoGradient([=](const Tensor &m) { return overlap(w, linalg::polar(m).u); }, diagonalMatrix({1, 0, 0}, d),
                     "expected a matrix of full rank");
    expectNoGradient(
        [=](const Tensor &m) { return overlap(w, linalg::svd(m(_, slice(0, 1)), {.full_matrices = true}).u); },
        noise({3, 3}, d, 2), "basis of a complement");
  }
  // Phases, which are free everywhere.
  Tensor a = noise({3, 3}, complex128, 3), w = noise({3, 3}, complex128, 4);
  expectNoGradient([=](const Tensor &m) { return overlap(w, linalg::eigh(hermitian(m)).eigenvectors); }, a, choice);
  expectNoGradient([=](const Tensor &m) { return overlap(w, linalg::eig(m).eigenvectors); }, a, choice);
  expectNoGradient([=](const Tensor &m) { return overlap(w, linalg::schur(m).z); }, a, choice);
}

// Factors that depend on the values and meet the vectors late, or depend on several values.
TEST(Spectral, FactorsThatAreNotScalings) {
  for (Dtype d : {float64, complex128}) {
    Tensor w1 = noise({3, 3}, d, 1), w2 = noise({3, 3}, d, 2);
    auto sums = [](const Tensor &e) { return expand_dims(e, -1) + expand_dims(e, -2); };
    Loss lyapunov = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      Tensor inside = matmul(adjointOf(v), matmul(w1, v)) / sums(e).astype(d);
      return overlap(w2, matmul(v, matmul(inside, adjointOf(v))));
    };
    Loss normalised = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      return overlap(w1, matmul(scaled(v, square(e) / norm(e)), adjointOf(v))) * max(e);
    };
    // Products of single elements: invariant as a whole only.
    Loss columnwise = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      Tensor y = scaled(v, e);
      return sum(real(sum(conj(v) * matmul(w1, y), 0) * sum(conj(v) * y, 0)));
    };
    Loss late = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      return sum(real(diag(matmul(adjointOf(v), matmul(w1, v)))) * exp(e));
    };
    Loss squares = [=](const Tensor &m) {
      auto [e, v] = linalg::eigh(hermitian(m));
      return sum(square(abs(matmul(adjointOf(v), matmul(w1, v)))) * exp(sums(e)));
    };
    for (const Loss &loss : {lyapunov, columnwise, late, squares})
      for (const Tensor &a :
           {2.0 * eye(3, d), diagonalMatrix({2, 2, 1}, d), rotated({2, 1, 2}, d), rotated({3, 2, 1}, d)})
        expectGradient(loss, a);
    // max(e) has a kink where the largest value is not alone.
    for (const Tensor &a : {diagonalMatrix({3, 2, 2}, d), rotated({2, 3, 2}, d)})
      expectGradient(normalised, a);
    Loss rescaled = [=](const Tensor &m) {
      auto [u, s, vh] = linalg::svd(m);
      return overlap(w1, matmul(scaled(u, s / norm(s)), vh)) +
             overlap(w2, matmul(scaled(u, square(s) / sum(s)), adjointOf(u)));
    };
    Loss weighted = [=](const Tensor &m) {
      auto [u, s, vh] = linalg::svd(m);
      Tensor inside = matmul(adjointOf(u), matmul(w1, adjointOf(vh))) * exp(sums(s)).astype(d);
      return overlap(w2, matmul(u, matmul(inside, vh)));
    };
    for (const Tensor &a :
         {2.0 * eye(3, d), diagonalMatrix({2, 2, 1}, d), rotated({2, 1, 2}, d), rotated({3, 2, 1}, d)})
      for (const Loss &loss : {rescaled, weighted})
        expectGradient(loss, a);
  }
}

// Values far below the largest, where a tolerance relative to that would take different values for equal.
TEST(Spectral, SmallValuesOfBadlyScaledMatrices) {
  Tensor q = linalg::qr(noise({4, 4}, float64, 1)).q, w = noise({4, 4}, float64, 2);
  Tensor values = tensor({1.0, 1e-3, 3e-9, 1e-9});
  Tensor a = diagonalMatrix({1, 1e-3, 3e-9, 1e-9}, float64);
  auto [e, v] = linalg::eigh(a);
  Tensor g = grad(overlap(w, matmul(scaled(v, log(e)), adjointOf(v))), a);
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; j < 4; ++j) {
      double x = valueOf(values(i)), y = valueOf(values(j)), h = valueOf(w(i, j) + w(j, i)) / 2;
      double expected = h * (i == j ? 1 / x : (std::log(x) - std::log(y)) / (x - y));
      EXPECT_NEAR(valueOf(g(i, j)), expected, 1e-6 * std::abs(expected)) << i << ' ' << j;
    }
}

TEST(Spectral, EigenvectorsOfMatricesThatAreNotNormal) {
  for (Dtype d : {float64, complex128}) {
    Tensor s = noise({3, 3}, d, 1), w = noise({3, 3}, complex128, 2);
    Loss function = [=](const Tensor &m) {
      auto [e, v] = linalg::eig(m);
      Tensor f = matmul(v * exp(e), linalg::inv(v));
      return overlap(w, f) + overlap(w, matmul(f, matmul(w, f)));
    };
    Tensor degenerate = matmul(matmul(s, diagonalMatrix({2, 2, 1}, d)), linalg::inv(s));
    eval({degenerate});
    for (const Tensor &a : {eye(3, d), diagonalMatrix({2, 1, 2}, d), noise({3, 3}, d, 3)})
      expectGradient(function, a);
    expectGradient(function, degenerate, 1e-6);
  }
}

TEST(Spectral, GeneralisedProblem) {
  for (Dtype d : {float64, complex128}) {
    Tensor a = hermitian(noise({3, 3}, d, 1)), c = noise({3, 3}, d, 2), w1 = noise({3, 3}, d, 3);
    Tensor b = matmul(c, adjointOf(c)) + eye(3, d);
    auto [w, v] = linalg::eigh(a, b);
    EXPECT_LE(valueOf(max(abs(matmul(a, v) - matmul(b, scaled(v, w))))), 1e-13);
    EXPECT_LE(valueOf(max(abs(matmul(adjointOf(v), matmul(b, v)) - eye(3, d)))), 1e-13);
    auto functionOf = [=](const Tensor &p, const Tensor &q) {
      auto [e, x] = linalg::eigh(p, q);
      return overlap(w1, matmul(scaled(x, exp(e)), adjointOf(x)));
    };
    // Also where all values are 2.
    for (const Tensor &point : {a, 2.0 * b})
      expectGradient([=](const Tensor &m) { return functionOf(hermitian(m), b); }, point);
    // The pencil's other matrix does not follow the point.
    Tensor twice = stop_gradient(2.0 * b);
    for (const Tensor &point : {b, 0.5 * a + 3.0 * eye(3, d)})
      expectGradient([=](const Tensor &m) { return functionOf(twice, hermitian(m)); }, point);
  }
}

TEST(Spectral, FullMatrices) {
  for (Dtype d : {float64, complex128})
    for (Shape shape : {Shape{5, 2}, Shape{2, 5}, Shape{2, 4, 2}}) {
      int64_t rows = shape.end()[-2], columns = shape.end()[-1], n = std::max(rows, columns);
      Tensor w1 = noise({n, n}, d, 1), w2 = noise(shape, d, 2);
      Loss complements = [=](const Tensor &m) {
        auto [u, s, vh] = linalg::svd(m, {.full_matrices = true});
        Tensor basis =
            rows > columns ? u(ellipsis, slice(columns, rows)) : adjointOf(vh)(ellipsis, slice(rows, columns));
        Tensor thin = matmul(scaled(u(ellipsis, slice(0, 2)), tanh(s)), vh(ellipsis, slice(0, 2), _));
        return overlap(w1, matmul(basis, adjointOf(basis))) + overlap(w2, thin);
      };
      for (const Tensor &a : {noise(shape, d, 3), zeros(shape, d) + eye(rows, columns, 0, d)})
        expectGradient(complements, a);
    }
}

// The subspace that a truncation drops moves the one that it keeps.
TEST(Spectral, Truncation) {
  for (Dtype d : {float64, complex128})
    for (Shape shape : {Shape{6, 4}, Shape{4, 6}, Shape{2, 5, 5}}) {
      Tensor w = noise(shape, d, 1), a = noise(shape, d, 2);
      Loss truncated = [=](const Tensor &m) {
        auto [u, s, vh] = linalg::svd(m, {.max_rank = 2});
        return overlap(w, matmul(scaled(u, s / norm(s, -1, {.keepdims = true})), vh)) + overlap(w, matmul(u, vh));
      };
      expectGradient(truncated, a);
    }
}

TEST(Spectral, SecondDerivativesAtEqualValuesAreExactOrErrors) {
  Tensor w = noise({3, 3}, float64, 1), direction = hermitian(noise({3, 3}, float64, 2));
  // Of functions of the values alone the gradient is v f'(w) v^H: its derivative is a first one through the vectors.
  Loss values = [=](const Tensor &m) { return sum(exp(linalg::eigvalsh(hermitian(m)))); };
  for (const Tensor &a : {eye(3, float64), rotated({2, 1, 2}, float64)})
    expectGradient([=](const Tensor &m) { return overlap(direction, grad(values(m), m)); }, a, 1e-6);
  Loss nuclear = [=](const Tensor &m) { return sum(exp(linalg::svdvals(m))); };
  expectGradient([=](const Tensor &m) { return overlap(w, grad(nuclear(m), m)); }, rotated({2, 1, 2}, float64), 1e-6);
  Loss vectors = [=](const Tensor &m) {
    auto [e, v] = linalg::eigh(hermitian(m));
    return overlap(w, matmul(scaled(v, exp(e)), adjointOf(v)));
  };
  Loss slope = [=](const Tensor &m) { return overlap(direction, grad(vectors(m), m)); };
  expectNoGradient(slope, eye(3, float64), "second derivative");
  expectGradient(slope, diagonalMatrix({1, 2, 4}, float64), 1e-6);
  // Values and vectors of one matrix, decomposed twice.
  Loss twice = [=](const Tensor &m) {
    Tensor e = linalg::eigh(hermitian(m)).eigenvalues, v = linalg::eigh(hermitian(m)).eigenvectors;
    return overlap(w, matmul(scaled(v, exp(e)), adjointOf(v)));
  };
  expectNoGradient(twice, eye(3, float64), "two decompositions of one matrix");
  expectGradient(twice, diagonalMatrix({1, 2, 4}, float64));
  // Forward mode is linear in the cotangents, not in the matrix: it is a first derivative.
  Tensor a = eye(3, float64), tangent = jvp({vectors(a)}, {a}, {direction})[0];
  EXPECT_NEAR(valueOf(tangent), std::exp(1.0) * valueOf(overlap(w, direction)), 1e-10);
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
