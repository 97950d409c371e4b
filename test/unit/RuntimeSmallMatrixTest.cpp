// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small matrices in vector lanes: LAPACK's residual measures for every size, on every instruction set of this machine,
// hard matrices, errors, and the same bits wherever a matrix lies in a batch.
#include "RuntimeMatrix.h"
#include "runtime/SmallMatrix.h"

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

template <class T> class SmallMatrices : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(SmallMatrices, Types);

/// Hermitian positive definite: a a^H + 1.
template <class T> Array<T> positiveDefinite(const Array<T> &a, int64_t batch, int64_t n) {
  Array<T> g({batch, n, n});
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        Z sum = i == j ? 1 : 0;
        for (int64_t k = 0; k < n; ++k)
          sum += Z(a[(b * n + i) * n + k]) * std::conj(Z(a[(b * n + j) * n + k]));
        if constexpr (isStdComplex<T>)
          g[(b * n + i) * n + j] = T(sum);
        else
          g[(b * n + i) * n + j] = T(sum.real());
      }
  return g;
}

TYPED_TEST(SmallMatrices, every_size_reconstructs) {
  using T = TypeParam;
  constexpr double eps = epsilon<T>;
  const int64_t batch = 19, columns = 3;
  for (int64_t n = 1; n <= maxSmall; ++n) {
    Array<T> a = randomArray<T>({batch, n, n}, unsigned(n)), g = positiveDefinite(a, batch, n), l({batch, n, n});
    Array<T> b = randomArray<T>({batch, n, columns}), x({batch, n, columns}), v({batch, n, n}), lu({batch, n, n});
    Array<int64_t> perm({batch, n});
    Array<RealT<T>> w({batch, n});
    ASSERT_OK(call(tcc_cholesky, {g.tensor()}, {l.tensor()}));
    ASSERT_OK(call(tcc_solve, {a.tensor(), b.tensor()}, {x.tensor()}));
    ASSERT_OK(call(tcc_eigh, {g.tensor()}, {w.tensor(), v.tensor()}));
    ASSERT_OK(call(tcc_lu, {a.tensor()}, {lu.tensor(), perm.tensor()}));
    for (int64_t k = 0; k < batch; ++k) {
      Matrix A = matrixOf(a, k, n, n), G = matrixOf(g, k, n, n), L = matrixOf(l, k, n, n), V = matrixOf(v, k, n, n);
      Matrix B = matrixOf(b, k, n, columns), X = matrixOf(x, k, n, columns), P = matrixOf(lu, k, n, n);
      EXPECT_LT(ratio(L * L.adjoint() - G, G, eps), 30) << n;
      EXPECT_LT((A * X - B).norm(), 30 * double(n) * eps * A.norm() * X.norm()) << n;
      EXPECT_LT(ratio(V * diagonalOf(w, k, n, n, n) * V.adjoint() - G, G, eps), 30) << n;
      EXPECT_LT(orthogonality(V, eps), 30) << n;
      Matrix lower = identity(n), upper(n, n), permuted(n, n);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j) {
          (j < i ? lower : upper)(i, j) = P(i, j);
          permuted(i, j) = A(perm[k * n + i], j);
          EXPECT_LE(std::abs(lower(i, j)), 1.42) << "pivots are the largest by |re| + |im|";
        }
      EXPECT_LT(ratio(lower * upper - permuted, A, eps), 30) << n;
    }
  }
}

TYPED_TEST(SmallMatrices, triangular_systems_of_all_kinds) {
  using T = TypeParam;
  const int64_t batch = 17, n = 7, columns = 2;
  Array<T> a = randomArray<T>({batch, n, n}), b = randomArray<T>({batch, n, columns}, 2), x({batch, n, columns});
  for (int64_t lower : {0, 1})
    for (int64_t adjoint : {0, 1})
      for (int64_t unit : {0, 1}) {
        ASSERT_OK(call(tcc_triangular_solve, {a.tensor(), b.tensor()}, {x.tensor()}, {lower, adjoint, unit}));
        for (int64_t k = 0; k < batch; ++k) {
          Matrix A = matrixOf(a, k, n, n), X = matrixOf(x, k, n, columns);
          for (int64_t i = 0; i < n; ++i)
            for (int64_t j = 0; j < n; ++j)
              if (lower ? j > i : j < i)
                A(i, j) = 0;
              else if (unit && i == j)
                A(i, j) = 1;
          Matrix residual = (adjoint ? A.adjoint() : A) * X - matrixOf(b, k, n, columns);
          EXPECT_LT(residual.norm(), 30 * double(n) * epsilon<T> * A.norm() * X.norm());
        }
      }
}

enum class Kind { Random, Deficient, Zero, Identity, Huge, Tiny, Graded };

template <class T> Array<T> hardMatrix(Kind kind, int64_t batch, int64_t m, int64_t n) {
  using R = RealT<T>;
  Array<T> a = randomArray<T>({batch, m, n}, unsigned(m * 40 + n));
  for (int64_t e = 0; e < a.size(); ++e) {
    int64_t i = e / n % m, j = e % n, b = e / (m * n);
    if (kind == Kind::Zero)
      a[e] = T(0);
    else if (kind == Kind::Identity)
      a[e] = T(i == j ? 1 : 0);
    else if (kind == Kind::Huge)
      a[e] *= std::numeric_limits<R>::max() / 100;
    else if (kind == Kind::Tiny)
      a[e] *= std::numeric_limits<R>::min() * 100;
    else if (kind == Kind::Graded)
      a[e] *= R(std::pow(10.0, -double(i) - double(j)));
    else if (kind == Kind::Deficient && j == n - 1)
      a[e] = a[(b * m + i) * n];
  }
  return a;
}

TYPED_TEST(SmallMatrices, svd_of_hard_matrices) {
  using T = TypeParam;
  using R = RealT<T>;
  const int64_t batch = 18;
  for (int64_t m : {1, 2, 5, 16, 21, 32})
    for (int64_t n : {1, 3, 8, 16, 32})
      for (Kind kind :
           {Kind::Random, Kind::Deficient, Kind::Zero, Kind::Identity, Kind::Huge, Kind::Tiny, Kind::Graded}) {
        bool full = (m + n) % 2;
        int64_t k = std::min(m, n), ku = full ? m : k, kv = full ? n : k;
        Array<T> a = hardMatrix<T>(kind, batch, m, n), u({batch, m, ku}), vh({batch, kv, n});
        Array<R> s({batch, k}), only({batch, k});
        ASSERT_OK(call(tcc_svd, {a.tensor()}, {u.tensor(), s.tensor(), vh.tensor()}, {full}));
        ASSERT_OK(call(tcc_svdvals, {a.tensor()}, {only.tensor()}));
        EXPECT_EQ(bytesOf(s), bytesOf(only));
        // Norms of huge float64 matrices overflow in double: compare scaled ones.
        double scale = kind == Kind::Huge   ? 1 / double(std::numeric_limits<R>::max())
                       : kind == Kind::Tiny ? 1 / double(std::numeric_limits<R>::min())
                                            : 1;
        for (int64_t b = 0; b < batch; ++b) {
          Matrix A = matrixOf(a, b, m, n), U = matrixOf(u, b, m, ku), V = matrixOf(vh, b, kv, n);
          Matrix S = diagonalOf(s, b, k, ku, kv);
          for (Z &x : A.x)
            x *= scale;
          for (Z &x : S.x)
            x *= scale;
          EXPECT_LT(ratio(U * S * V - A, A, epsilon<T>), 30) << m << 'x' << n << " kind " << int(kind);
          EXPECT_LT(orthogonality(U, epsilon<T>), 30) << m << 'x' << n << " kind " << int(kind);
          EXPECT_LT(orthogonality(V.adjoint(), epsilon<T>), 30) << m << 'x' << n << " kind " << int(kind);
          for (int64_t i = 0; i + 1 < k; ++i)
            EXPECT_GE(s[b * k + i], s[b * k + i + 1]);
        }
      }
}

TYPED_TEST(SmallMatrices, eigh_of_hard_matrices) {
  using T = TypeParam;
  using R = RealT<T>;
  const int64_t batch = 18;
  for (int64_t n : {1, 2, 9, 16})
    for (Kind kind :
         {Kind::Random, Kind::Deficient, Kind::Zero, Kind::Identity, Kind::Huge, Kind::Tiny, Kind::Graded}) {
      Array<T> a = hardMatrix<T>(kind, batch, n, n), v({batch, n, n});
      Array<R> w({batch, n});
      double scale = kind == Kind::Huge   ? 1 / double(std::numeric_limits<R>::max())
                     : kind == Kind::Tiny ? 1 / double(std::numeric_limits<R>::min())
                                          : 1;
      ASSERT_OK(call(tcc_eigh, {a.tensor()}, {w.tensor(), v.tensor()}));
      for (int64_t b = 0; b < batch; ++b) {
        Matrix A = matrixOf(a, b, n, n), V = matrixOf(v, b, n, n), W = diagonalOf(w, b, n, n, n);
        for (int64_t i = 0; i < n; ++i)
          for (int64_t j = 0; j <= i; ++j) // the lower triangle counts, and the diagonal's real parts
            A(j, i) = i == j ? Z(A(i, i).real()) : std::conj(A(i, j));
        for (Z &x : A.x)
          x *= scale;
        for (Z &x : W.x)
          x *= scale;
        EXPECT_LT(ratio(V * W * V.adjoint() - A, A, epsilon<T>), 30) << n << " kind " << int(kind);
        EXPECT_LT(orthogonality(V, epsilon<T>), 30) << n << " kind " << int(kind);
        for (int64_t i = 0; i + 1 < n; ++i)
          EXPECT_LE(w[b * n + i], w[b * n + i + 1]);
      }
    }
}

TYPED_TEST(SmallMatrices, bits_do_not_depend_on_the_batch) {
  using T = TypeParam;
  const int64_t batch = 37, n = 6;
  Array<T> a = hardMatrix<T>(Kind::Random, batch, n, n);
  for (int64_t e = 0; e < 5 * n * n; ++e) // neighbours that converge at once
    a[e] = T(e % (n * n) % (n + 1) == 0 ? 1 : 0);
  Array<T> u({batch, n, n}), vh({batch, n, n}), v({batch, n, n});
  Array<RealT<T>> s({batch, n}), w({batch, n});
  for (int threads : {1, 3}) {
    setNumThreads(threads);
    ASSERT_OK(call(tcc_svd, {a.tensor()}, {u.tensor(), s.tensor(), vh.tensor()}, {0}));
    ASSERT_OK(call(tcc_eigh, {a.tensor()}, {w.tensor(), v.tensor()}));
    for (int64_t k = 0; k < batch; ++k) {
      Array<T> one({1, n, n}), u1({1, n, n}), vh1({1, n, n}), v1({1, n, n});
      Array<RealT<T>> s1({1, n}), w1({1, n});
      std::copy(a.data.get() + k * n * n, a.data.get() + (k + 1) * n * n, one.data.get());
      ASSERT_OK(call(tcc_svd, {one.tensor()}, {u1.tensor(), s1.tensor(), vh1.tensor()}, {0}));
      ASSERT_OK(call(tcc_eigh, {one.tensor()}, {w1.tensor(), v1.tensor()}));
      auto part = [&](auto &all, auto &single) {
        size_t size = bytesOf(single).size();
        EXPECT_TRUE(bytesOf(all).substr(size_t(k) * size, size) == bytesOf(single)) << k;
      };
      part(u, u1), part(s, s1), part(vh, vh1), part(w, w1), part(v, v1);
    }
  }
  setNumThreads(0);
}

TYPED_TEST(SmallMatrices, failures_name_the_matrix) {
  using T = TypeParam;
  const int64_t batch = 40, n = 3;
  Array<T> a({batch, n, n}), b({batch, n, 1}), x({batch, n, 1}), l({batch, n, n});
  for (int64_t e = 0; e < a.size(); ++e)
    a[e] = T(e % 9 % 4 == 0 ? 1 : 0);
  std::fill(b.data.get(), b.data.get() + b.size(), T(1));
  a[33 * 9 + 4] = T(0);
  a[21 * 9 + 8] = T(-1);
  EXPECT_EQ(call(tcc_solve, {a.tensor(), b.tensor()}, {x.tensor()}).message,
            "[solve] expected a nonsingular matrix, got a singular one: pivot 2 is zero (batch index 33)");
  EXPECT_EQ(call(tcc_cholesky, {a.tensor()}, {l.tensor()}).message,
            "[cholesky] expected a positive definite matrix, got leading minor of order 3 not positive definite (batch "
            "index 21)");
}

/// The vectors that this machine would not choose are right, too.
template <class R> void checkTable(const SmallMatrixKernels<R> &kernels) {
  const int64_t n = 5, count = kernels.width - 1;
  Array<R> a = randomArray<R>({count, n, n}), u({count, n, n}), s({count, n}), vh({count, n, n}), lu({count, n, n});
  Scratch<R> work(kernels.width * 200);
  std::vector<int64_t> info(size_t(kernels.width));
  kernels.svd(a.data.get(), u.data.get(), s.data.get(), vh.data.get(), n, n, n, n, count, work.get(), info.data());
  for (int64_t b = 0; b < count; ++b) {
    Matrix A = matrixOf(a, b, n, n), U = matrixOf(u, b, n, n), V = matrixOf(vh, b, n, n);
    EXPECT_LT(ratio(U * diagonalOf(s, b, n, n, n) * V - A, A, epsilon<R>), 30);
    EXPECT_EQ(info[size_t(b)], 0);
  }
}
TEST(SmallMatrixTables, every_instruction_set_of_this_machine) {
  checkTable(smallMatrixBase.f32);
  checkTable(smallMatrixBase.f64);
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    checkTable(smallMatrixAvx2.f32);
    checkTable(smallMatrixAvx2.f64);
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    checkTable(smallMatrixAvx512.f32);
    checkTable(smallMatrixAvx512.f64);
  }
#endif
}

} // namespace
