// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Schur forms and eigenvalues of matrices that are not normal, with each vector extension: sizes around those at which
// the iteration changes its ways, matrices on which iterations are known to stall, bits of several numbers of threads.
#include "RuntimeMatrix.h"
#include "VectorLevels.h"
#include "runtime/Threads.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace tcc::runtime::test {
namespace {

constexpr double bound = 30;

template <class T> T valueOf(Z z) {
  if constexpr (isStdComplex<T>)
    return T(RealT<T>(z.real()), RealT<T>(z.imag()));
  else
    return T(z.real());
}

struct Named {
  const char *name;
  Matrix a;
};
/// Of test matrices for eigenvalues (Bai, Day, Demmel and Dongarra 1996, "A test matrix collection for non-Hermitian
/// eigenvalue problems"; Higham 2002, chapter 28).
template <class T> std::vector<Named> matrices(int64_t n) {
  constexpr bool c = isStdComplex<T>;
  std::mt19937 generator(11);
  std::normal_distribution<double> normal;
  Matrix random(n, n), jordan(n, n), cycle(n, n), companion(n, n), grcar(n, n), graded(n, n), upper(n, n), lower(n, n),
      turns(n, n), skew(n, n), coupled(n, n), frank(n, n), sparse(n, n), overflow(n, n), underflow(n, n);
  const double huge = double(std::numeric_limits<RealT<T>>::max()) / 64 / double(n),
               tiny = double(std::numeric_limits<RealT<T>>::min()) * 64;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const Z x(normal(generator), c ? normal(generator) : 0);
      random(i, j) = x;
      jordan(i, j) = i == j ? 0.5 : j == i + 1 ? 1 : 0;
      cycle(i, j) = j == (i + 1) % n ? 1 : 0;
      companion(i, j) = i == 0 ? x : i == j + 1 ? 1 : 0;
      grcar(i, j) = j == i - 1 ? -1 : j >= i && j <= i + 3 ? 1 : 0;
      graded(i, j) = x * std::pow(10, -6 * double(i + j) / double(n));
      upper(i, j) = i <= j ? x : 0;
      lower(i, j) = i >= j ? x : 0;
      turns(i, j) = i / 2 == j / 2 && i != j ? double(j - i) : 0;
      coupled(i, j) = j == i - 1 ? 1e-5 * x : i <= j ? x : 0;
      frank(i, j) = j >= i - 1 ? double(n - std::max(i, j)) / double(n) : 0;
      sparse(i, j) = std::abs(x) > 1.8 ? x : 0;
      overflow(i, j) = x * huge;
      underflow(i, j) = x * tiny;
    }
  skew = random - random.adjoint();
  return {{"random", random},
          {"zero", Matrix(n, n)},
          {"identity", identity(n)},
          {"a Jordan block", jordan},
          {"a cycle", cycle},
          {"companion", companion},
          {"Grcar", grcar},
          {"graded", graded},
          {"upper", upper},
          {"lower", lower},
          {"quarter turns", turns},
          {"skew", skew},
          {"weakly coupled", coupled},
          {"Frank", frank},
          {"sparse", sparse},
          {"near overflow", overflow},
          {"near underflow", underflow}};
}

template <class C> void expectConjugatePairs(const C *w, int64_t n, const char *name) {
  for (int64_t i = 0; i < n; ++i)
    if (w[i].imag() != 0) {
      ASSERT_LT(i + 1, n) << name;
      EXPECT_EQ(w[i], std::conj(w[i + 1])) << name << ' ' << n;
      ++i;
    }
}

template <class T> void check(const Named &each, int64_t n) {
  using C = std::complex<RealT<T>>;
  const double eps = epsilon<T>;
  Array<T> a({n, n});
  double scale = 0;
  for (int64_t i = 0; i < n * n; ++i) {
    a[i] = valueOf<T>(each.a.x[size_t(i)]);
    scale = std::max(scale, std::abs(Z(a[i])));
  }
  scale = scale > 0 ? std::ldexp(1.0, std::ilogb(scale)) : 1;
  Array<C> t({n, n}), z({n, n}), w({n}), v({n, n}), diagonal({n});
  ASSERT_OK(call(tcc_schur, {a.tensor()}, {t.tensor(), z.tensor()}));
  ASSERT_OK(call(tcc_eig, {a.tensor()}, {w.tensor(), v.tensor()}));
  Matrix A = matrixOf(a, 0, n, n), S = matrixOf(t, 0, n, n), Q = matrixOf(z, 0, n, n), V = matrixOf(v, 0, n, n),
         W = diagonalOf(w, 0, n, n, n);
  for (Matrix *m : {&A, &S, &W})
    for (Z &x : m->x)
      x /= scale;
  EXPECT_LT(ratio(Q * S * Q.adjoint() - A, A, eps), bound) << each.name << ' ' << n;
  EXPECT_LT(orthogonality(Q, eps), bound) << each.name << ' ' << n;
  for (int64_t i = 0; i < n; ++i) {
    diagonal[i] = t[i * (n + 1)];
    double norm = 0;
    for (int64_t j = 0; j < n; ++j) {
      norm += std::norm(V(j, i));
      if (j < i)
        EXPECT_EQ(t[i * n + j], C(0)) << each.name << ' ' << n;
    }
    EXPECT_NEAR(norm, 1, 30 * double(n) * eps) << each.name << ' ' << n;
  }
  // Of a graded matrix the residual is that of the balanced one.
  if (std::string(each.name) != "graded")
    EXPECT_LT(ratio(A * V - V * W, A, eps), bound) << "eig of " << each.name << ' ' << n;
  if constexpr (!isStdComplex<T>) {
    expectConjugatePairs(w.vector().data(), n, each.name);
    expectConjugatePairs(diagonal.vector().data(), n, each.name);
  }
}

template <class T> class RuntimeSchur : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(RuntimeSchur, Types);

TYPED_TEST(RuntimeSchur, matrices_that_are_not_normal) {
  EachLevel().run([] {
    for (int64_t n : {1, 2, 3, 4, 31, 34, 79})
      for (const Named &each : matrices<TypeParam>(n))
        check<TypeParam>(each, n);
  });
}

// Windows, several bulges, rows that wait.
TYPED_TEST(RuntimeSchur, large_matrices) {
  EachLevel().run([] {
    for (int64_t n : {81, 112})
      for (const Named &each : matrices<TypeParam>(n))
        check<TypeParam>(each, n);
    check<TypeParam>(matrices<TypeParam>(307)[0], 307);
  });
}

TYPED_TEST(RuntimeSchur, threads_change_no_bits) {
  using T = TypeParam;
  using C = std::complex<RealT<T>>;
  for (int64_t n : {60, 310}) {
    const Matrix random = matrices<T>(n)[0].a;
    Array<T> a({n, n});
    for (int64_t i = 0; i < n * n; ++i)
      a[i] = valueOf<T>(random.x[size_t(i)]);
    std::vector<C> first[5];
    for (int threads : {1, 2, 3, 8}) {
      setNumThreads(threads);
      Array<C> t({n, n}), z({n, n}), w({n}), v({n, n}), only({n});
      ASSERT_OK(call(tcc_schur, {a.tensor()}, {t.tensor(), z.tensor()}));
      ASSERT_OK(call(tcc_eig, {a.tensor()}, {w.tensor(), v.tensor()}));
      TccTensor none = v.tensor();
      none.data = nullptr;
      ASSERT_OK(call(tcc_eig, {a.tensor()}, {only.tensor(), none}));
      const std::vector<C> results[] = {t.vector(), z.vector(), w.vector(), v.vector(), only.vector()};
      for (int i = 0; i < 5; ++i)
        if (threads == 1)
          first[i] = results[i];
        else
          EXPECT_TRUE(first[i] == results[i]) << n << ", " << threads << " threads, result " << i;
    }
    setNumThreads(0);
  }
}

} // namespace
} // namespace tcc::runtime::test
