// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Least squares, pseudo-inverses, polar factors and exponentials by what defines them, of full and lower rank, one by
// one and in batches of small matrices.
#include "RuntimeMatrix.h"

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

template <class T> class RuntimeMatrixFunctions : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(RuntimeMatrixFunctions, Types);

struct Sizes {
  int64_t batch, m, n, rank;
};
const Sizes sizes[] = {{1, 1, 1, 1},       {3, 5, 3, 3},    {3, 3, 5, 3},    {2, 6, 4, 2},    {20, 4, 4, 3},
                       {1, 40, 40, 40},    {2, 70, 20, 20}, {2, 20, 70, 20}, {1, 90, 50, 30}, {1, 50, 90, 30},
                       {1, 300, 100, 100}, {2, 0, 3, 0},    {2, 3, 0, 0}};

template <class T> Array<T> zeros(std::vector<int64_t> shape) {
  Array<T> a(std::move(shape));
  std::fill_n(a.data.get(), a.size(), T(0));
  return a;
}

/// Products of random factors, and 2 on the diagonal of those of full rank, so that the condition stays small.
template <class T> Array<T> ofRank(const Sizes &s) {
  Array<T> a({s.batch, s.m, s.n});
  if (s.rank == std::min(s.m, s.n)) {
    a = randomArray<T>({s.batch, s.m, s.n});
    for (int64_t b = 0; b < s.batch; ++b)
      for (int64_t i = 0; i < s.rank; ++i)
        a[(b * s.m + i) * s.n + i] += T(RealT<T>(2 * std::sqrt(double(std::max(s.m, s.n)))));
    return a;
  }
  Array<T> left = randomArray<T>({s.batch, s.m, s.rank}, 2), right = randomArray<T>({s.batch, s.rank, s.n}, 3);
  for (int64_t b = 0; b < s.batch; ++b) {
    Matrix product = matrixOf(left, b, s.m, s.rank) * matrixOf(right, b, s.rank, s.n);
    for (int64_t i = 0; i < s.m * s.n; ++i) {
      if constexpr (isStdComplex<T>)
        a[b * s.m * s.n + i] = T(product.x[size_t(i)]);
      else
        a[b * s.m * s.n + i] = T(product.x[size_t(i)].real());
    }
  }
  return a;
}

// Penrose's four equations.
TYPED_TEST(RuntimeMatrixFunctions, pinv_is_the_pseudo_inverse) {
  using T = TypeParam;
  for (const Sizes &s : sizes) {
    Array<T> a = ofRank<T>(s), x({s.batch, s.n, s.m});
    ASSERT_OK(call(tcc_pinv, {a.tensor()}, {x.tensor()}));
    for (int64_t b = 0; b < s.batch; ++b) {
      Matrix A = matrixOf(a, b, s.m, s.n), X = matrixOf(x, b, s.n, s.m), AX = A * X, XA = X * A;
      double condition = 1 + A.norm() * X.norm();
      EXPECT_LT(ratio(AX * A - A, A, epsilon<T>), 30 * condition) << s.m << 'x' << s.n;
      EXPECT_LT(ratio(XA * X - X, X, epsilon<T>), 30 * condition) << s.m << 'x' << s.n;
      EXPECT_LT((AX - AX.adjoint()).norm(), 30 * condition * double(s.m + s.n) * epsilon<T>);
      EXPECT_LT((XA - XA.adjoint()).norm(), 30 * condition * double(s.m + s.n) * epsilon<T>);
    }
  }
}

TYPED_TEST(RuntimeMatrixFunctions, lstsq_is_the_pseudo_inverse_times_b) {
  using T = TypeParam;
  for (const Sizes &s : sizes)
    for (int64_t columns : {1, 7}) {
      Array<T> a = ofRank<T>(s), b = randomArray<T>({s.batch, s.m, columns}, 4), x({s.batch, s.n, s.m}),
               y({s.batch, s.n, columns});
      Array<int64_t> rank({s.batch});
      ASSERT_OK(call(tcc_pinv, {a.tensor()}, {x.tensor()}));
      ASSERT_OK(call(tcc_lstsq, {a.tensor(), b.tensor()}, {y.tensor(), rank.tensor()}));
      for (int64_t i = 0; i < s.batch; ++i) {
        EXPECT_EQ(rank[i], s.rank) << s.m << 'x' << s.n;
        Matrix A = matrixOf(a, i, s.m, s.n), X = matrixOf(x, i, s.n, s.m), B = matrixOf(b, i, s.m, columns);
        double scale = X.norm() * B.norm() * (1 + A.norm() * X.norm()) * double(s.m + s.n) * epsilon<T>;
        EXPECT_LE((matrixOf(y, i, s.n, columns) - X * B).norm(), 30 * scale) << s.m << 'x' << s.n;
      }
    }
}

TYPED_TEST(RuntimeMatrixFunctions, polar_leaves_a_positive_factor) {
  using T = TypeParam;
  for (const Sizes &s : sizes) {
    Array<T> a = ofRank<T>(s), u({s.batch, s.m, s.n});
    ASSERT_OK(call(tcc_polar, {a.tensor()}, {u.tensor()}));
    for (int64_t b = 0; b < s.batch; ++b) {
      Matrix A = matrixOf(a, b, s.m, s.n), U = matrixOf(u, b, s.m, s.n), P = U.adjoint() * A;
      EXPECT_LT(orthogonality(s.m < s.n ? U.adjoint() : U, epsilon<T>), 30) << s.m << 'x' << s.n;
      EXPECT_LT(ratio(P - P.adjoint(), A, epsilon<T>), 30) << s.m << 'x' << s.n;
      EXPECT_LT(ratio(U * P - A, A, epsilon<T>), 30) << s.m << 'x' << s.n;
      double trace = 0;
      for (int64_t i = 0; i < s.n; ++i)
        trace += P(i, i).real();
      EXPECT_GE(trace, 0.99 * A.norm());
    }
  }
}

// Where the condition is beyond what QR proves, and where squares leave the range of numbers.
TEST(RuntimeLeastSquares, hard_matrices_take_the_singular_values) {
  int64_t m = 60, n = 40;
  for (double scale : {1.0, 1e200, 1e-200, 1e-300}) {
    Array<double> a = randomArray<double>({m, n}), b = randomArray<double>({m, 1}, 2), y({n, 1});
    for (int64_t i = 0; i < m * n; ++i)
      a[i] *= scale;
    Array<int64_t> rank(std::vector<int64_t>{});
    ASSERT_OK(call(tcc_lstsq, {a.tensor(), b.tensor()}, {y.tensor(), rank.tensor()}));
    EXPECT_EQ(rank[0], n);
    Matrix A = matrixOf(a, 0, m, n), Y = matrixOf(y, 0, n, 1);
    for (Z &x : A.x)
      x /= scale;
    for (Z &x : Y.x)
      x *= scale;
    EXPECT_LT((A.adjoint() * (A * Y - matrixOf(b, 0, m, 1))).norm(), 1e-11) << scale;
  }
  // Hilbert's matrix: its numerical rank is NumPy's.
  Array<double> h({20, 20});
  for (int64_t i = 0; i < 20; ++i)
    for (int64_t j = 0; j < 20; ++j)
      h[i * 20 + j] = 1 / double(i + j + 1);
  Array<double> b = zeros<double>({20, 1}), y({20, 1});
  Array<int64_t> rank(std::vector<int64_t>{});
  b[0] = 1;
  ASSERT_OK(call(tcc_lstsq, {h.tensor(), b.tensor()}, {y.tensor(), rank.tensor()}));
  EXPECT_EQ(rank[0], 13);
}

using Long = std::complex<long double>;

/// exp(a) by scaling to a norm of 1/8 and 20 terms, in long double.
Matrix exponential(const Matrix &a) {
  int64_t n = a.n;
  int squarings = std::max(0, int(std::ceil(std::log2(a.norm() + 1e-300))) + 3);
  std::vector<Long> x(size_t(n * n)), term(size_t(n * n)), sum(size_t(n * n));
  auto multiply = [n](const std::vector<Long> &p, const std::vector<Long> &q) {
    std::vector<Long> r(size_t(n * n));
    for (int64_t i = 0; i < n; ++i)
      for (int64_t k = 0; k < n; ++k)
        for (int64_t j = 0; j < n; ++j)
          r[size_t(i * n + j)] += p[size_t(i * n + k)] * q[size_t(k * n + j)];
    return r;
  };
  for (int64_t i = 0; i < n * n; ++i) {
    x[size_t(i)] = Long(a.x[size_t(i)]) * std::ldexp(1.0L, -squarings);
    term[size_t(i)] = sum[size_t(i)] = i % (n + 1) == 0 ? 1 : 0;
  }
  for (int k = 1; k <= 20; ++k) {
    term = multiply(term, x);
    for (size_t i = 0; i < term.size(); ++i)
      sum[i] += term[i] /= k;
  }
  for (int k = 0; k < squarings; ++k)
    sum = multiply(sum, sum);
  Matrix result(n, n);
  for (size_t i = 0; i < sum.size(); ++i)
    result.x[i] = Z(sum[i]);
  return result;
}

TYPED_TEST(RuntimeMatrixFunctions, expm_is_the_exponential) {
  using T = TypeParam;
  for (int64_t n : {1, 2, 3, 4, 7, 16, 17, 40})
    for (double norm : {0.0, 1e-3, 0.04, 0.5, 1.0, 3.0, 20.0}) {
      Array<T> a = randomArray<T>({2, n, n}), y({2, n, n});
      for (int64_t b = 0; b < 2; ++b) {
        double size = matrixOf(a, b, n, n).norm();
        for (int64_t i = 0; i < n * n; ++i)
          a[b * n * n + i] *= RealT<T>(norm / size);
      }
      ASSERT_OK(call(tcc_expm, {a.tensor()}, {y.tensor()}));
      for (int64_t b = 0; b < 2; ++b) {
        Matrix expected = exponential(matrixOf(a, b, n, n));
        EXPECT_LT(ratio(matrixOf(y, b, n, n) - expected, expected, epsilon<T>), 10 * (1 + norm)) << n << ' ' << norm;
      }
    }
}

// The powers of these blocks are far smaller than powers of their norm: scaled by that, they would lose six digits.
TEST(RuntimeExpm, is_not_scaled_too_much) {
  for (int64_t n : {2, 4, 16, 30}) {
    Array<double> a = zeros<double>({n, n}), y({n, n});
    for (int64_t i = 0; i < n; i += 2) {
      a[i * (n + 1)] = 1, a[i * (n + 1) + 1] = 1e6;
      a[(i + 1) * (n + 1)] = -1;
    }
    ASSERT_OK(call(tcc_expm, {a.tensor()}, {y.tensor()}));
    for (int64_t i = 0; i < n; i += 2) {
      EXPECT_NEAR(y[i * (n + 1)] / std::exp(1.0), 1, 1e-13) << n;
      EXPECT_NEAR(y[i * (n + 1) + 1] / (1e6 * std::sinh(1.0)), 1, 1e-13) << n;
      EXPECT_NEAR(y[(i + 1) * (n + 1)] / std::exp(-1.0), 1, 1e-13) << n;
    }
  }
}

TEST(RuntimeExpm, a_matrix_has_the_same_bits_in_any_batch) {
  for (int64_t n : {3, 8, 20}) {
    Array<double> all = randomArray<double>({21, n, n}), y({21, n, n}), one({n, n}), alone({n, n});
    for (int64_t i = 0; i < all.size(); ++i)
      all[i] *= 1 + double(i / (n * n) % 5) * (i % 7 == 0 ? 100 : 1);
    ASSERT_OK(call(tcc_expm, {all.tensor()}, {y.tensor()}));
    for (int64_t b : {0, 7, 20}) {
      std::copy_n(&all[b * n * n], n * n, &one[0]);
      ASSERT_OK(call(tcc_expm, {one.tensor()}, {alone.tensor()}));
      EXPECT_EQ(memcmp(&alone[0], &y[b * n * n], size_t(n * n) * sizeof(double)), 0) << n;
    }
  }
}

// The second derivative of det, at matrices of any rank: against the polynomial of 3 x 3 matrices.
TYPED_TEST(RuntimeMatrixFunctions, adjugate_tangent_is_a_polynomial) {
  using T = TypeParam;
  auto adjugate = [](const Matrix &a) {
    Matrix y(3, 3);
    for (int64_t i = 0; i < 3; ++i)
      for (int64_t j = 0; j < 3; ++j) {
        int64_t r = (j + 1) % 3, s = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
        y(i, j) = a(r, c) * a(s, d) - a(r, d) * a(s, c);
      }
    return y;
  };
  for (int64_t rank : {0, 1, 2, 3}) {
    Array<T> a = rank ? ofRank<T>({1, 3, 3, rank}) : zeros<T>({1, 3, 3}), e = randomArray<T>({1, 3, 3}, 5),
             lu({1, 3, 3}), y({1, 3, 3});
    Array<int64_t> perm({1, 3});
    ASSERT_OK(call(tcc_lu, {a.tensor()}, {lu.tensor(), perm.tensor()}));
    ASSERT_OK(call(tcc_adjugate_tangent, {a.tensor(), lu.tensor(), perm.tensor(), e.tensor()}, {y.tensor()}));
    // adj is quadratic: its derivative is half the difference of two values.
    Matrix A = matrixOf(a, 0, 3, 3), E = matrixOf(e, 0, 3, 3),
           expected = adjugate(A - (Matrix(3, 3) - E)) - adjugate(A - E);
    for (Z &x : expected.x)
      x *= 0.5;
    EXPECT_LT((matrixOf(y, 0, 3, 3) - expected).norm(), 200 * (1 + A.norm()) * E.norm() * epsilon<T>) << rank;
  }
}

} // namespace
