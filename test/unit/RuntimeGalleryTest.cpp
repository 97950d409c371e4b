// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decompositions of the matrices that are hard for them, measured as LAPACK measures its own (norm-wise residuals in
// units of n eps, below 30), and what happens when LAPACK's iterations do not converge.
#include "RuntimeMatrix.h"
#include "runtime/BlasLibrary.h"
#include "runtime/HessenbergQr.h"
#include "runtime/TridiagonalQr.h"
#include "gtest/gtest.h"

#include <cmath>
#include <functional>

namespace tcc::runtime::test {
namespace {

constexpr double bound = 30;

template <class T> T valueOf(Z z) {
  if constexpr (isStdComplex<T>)
    return T(z);
  else
    return T(z.real());
}
template <class T> Array<T> arrayOf(const Matrix &m) {
  Array<T> a({m.m, m.n});
  for (int64_t i = 0; i < m.m * m.n; ++i)
    a[i] = valueOf<T>(m.x[size_t(i)]);
  return a;
}

/// An orthogonal (unitary) matrix: reflections of the identity.
Matrix rotation(int64_t n, bool isComplex, unsigned seed) {
  Matrix q = identity(n);
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  for (int64_t k = 0; k < 4; ++k) {
    Matrix v(n, 1);
    for (Z &x : v.x)
      x = Z(normal(random), isComplex ? normal(random) : 0);
    double norm = v.norm();
    for (Z &x : v.x)
      x *= std::sqrt(2.0) / norm;
    q = q - v * (v.adjoint() * q);
  }
  return q;
}
Matrix withSingularValues(int64_t n, bool isComplex, const std::function<double(double)> &valueAt) {
  Matrix s(n, n);
  for (int64_t i = 0; i < n; ++i)
    s(i, i) = valueAt(n > 1 ? double(i) / double(n - 1) : 0);
  return rotation(n, isComplex, 1) * s * rotation(n, isComplex, 2);
}
Matrix scaled(Matrix a, double factor) {
  for (Z &x : a.x)
    x *= factor;
  return a;
}

struct Named {
  std::string name;
  Matrix a;
};
/// Demmel and McKenney 1989, "A test matrix generation suite"; Higham 2002, "Accuracy and stability", chapter 28.
template <class T> std::vector<Named> gallery(int64_t n) {
  bool c = isStdComplex<T>;
  double eps = epsilon<T>, huge = double(std::numeric_limits<RealT<T>>::max()),
         tiny = double(std::numeric_limits<RealT<T>>::min());
  Matrix wilkinson(n, n), hilbert(n, n), kahan(n, n), rows(n, n), random(n, n), ones(n, n);
  std::mt19937 generator(7);
  std::normal_distribution<double> normal;
  double theta = 1.2;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      wilkinson(i, j) = i == j ? std::abs(double(i) - double(n - 1) / 2) : std::abs(i - j) == 1 ? 1.0 : 0.0;
      hilbert(i, j) = 1.0 / double(i + j + 1);
      kahan(i, j) = (i == j ? 1.0 : i < j ? -std::cos(theta) : 0.0) * std::pow(std::sin(theta), double(i));
      random(i, j) = Z(normal(generator), c ? normal(generator) : 0);
      rows(i, j) = random(i, j) * std::pow(10.0, 12 * (double(i) / double(n) - 0.5));
      ones(i, j) = 1;
    }
  return {
      {"random", random},
      {"zero", Matrix(n, n)},
      {"ones", ones},
      {"graded", withSingularValues(n, c, [=](double x) { return std::pow(eps, x); })},
      {"clustered at eps", withSingularValues(n, c, [=](double x) { return x == 0 ? 1 : eps; })},
      {"clustered at 1", withSingularValues(n, c, [=](double x) { return x == 1 ? eps : 1; })},
      {"rank-deficient", withSingularValues(n, c, [](double x) { return x < 0.5 ? 1 - x : 0; })},
      {"badly scaled rows", rows},
      {"badly scaled columns", rows.adjoint()},
      {"Wilkinson", wilkinson},
      {"Hilbert", hilbert},
      {"Kahan", kahan},
      {"near overflow", scaled(random, huge / 64 / double(n))},
      {"near underflow", scaled(random, tiny * 64)},
      {"graded near underflow", scaled(withSingularValues(n, c, [=](double x) { return std::pow(eps, x); }), tiny * 4)},
  };
}

/// Divided by a power of two near its largest entry, so that norms neither overflow nor vanish.
double scaleOf(const Matrix &a) {
  double largest = 0;
  for (Z x : a.x)
    largest = std::max({largest, std::abs(x.real()), std::abs(x.imag())});
  return largest > 0 ? std::ldexp(1.0, std::ilogb(largest)) : 1;
}
Matrix normalised(const Matrix &a, double scale) {
  Matrix r = a;
  for (Z &x : r.x)
    x /= scale;
  return r;
}

template <class T> class RuntimeGallery : public testing::Test {};
using Types = testing::Types<float, double, std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(RuntimeGallery, Types);

const int64_t sizes[] = {1, 2, 5, 12, 40};
const int64_t spectralSizes[] = {1, 2, 5, 12, 40, 101}; // the last takes panels, tiles and merges of merges

template <class T> void expectSvd(const Array<T> &a, const std::string &name, int64_t n) {
  Array<T> u({n, n}), vh({n, n});
  Array<RealT<T>> s({n}), only({n});
  ASSERT_OK(call(tcc_svd, {a.tensor()}, {u.tensor(), s.tensor(), vh.tensor()}, {0}));
  ASSERT_OK(call(tcc_svdvals, {a.tensor()}, {only.tensor()}));
  Matrix A = matrixOf(a, 0, n, n), U = matrixOf(u, 0, n, n), V = matrixOf(vh, 0, n, n);
  double scale = scaleOf(A), eps = epsilon<T>;
  Matrix S = normalised(diagonalOf(s, 0, n, n, n), scale), N = normalised(A, scale);
  EXPECT_LT(ratio(U * S * V - N, N, eps), bound) << "svd of " << name << ' ' << n;
  EXPECT_LT(orthogonality(U, eps), bound) << name << ' ' << n;
  EXPECT_LT(orthogonality(V.adjoint(), eps), bound) << name << ' ' << n;
  for (int64_t i = 0; i < n; ++i) {
    EXPECT_GE(s[i], i + 1 < n ? s[i + 1] : 0) << name;
    EXPECT_LE(std::abs(double(s[i]) - double(only[i])) / scale, bound * double(n) * eps * std::max(1.0, N.norm()))
        << name;
  }
}

TYPED_TEST(RuntimeGallery, singular_values) {
  using T = TypeParam;
  for (int64_t n : spectralSizes)
    for (const Named &each : gallery<T>(n))
      expectSvd(arrayOf<T>(each.a), each.name, n);
}

TYPED_TEST(RuntimeGallery, qr_and_lu) {
  using T = TypeParam;
  double eps = epsilon<T>;
  for (int64_t n : sizes)
    for (const Named &each : gallery<T>(n)) {
      Array<T> a = arrayOf<T>(each.a), q({n, n}), r({n, n}), lu({n, n});
      Array<int64_t> perm({n});
      ASSERT_OK(call(tcc_qr, {a.tensor()}, {q.tensor(), r.tensor()}, {0}));
      ASSERT_OK(call(tcc_lu, {a.tensor()}, {lu.tensor(), perm.tensor()}));
      Matrix A = matrixOf(a, 0, n, n);
      double scale = scaleOf(A);
      Matrix N = normalised(A, scale), Q = matrixOf(q, 0, n, n), R = normalised(matrixOf(r, 0, n, n), scale);
      EXPECT_LT(ratio(Q * R - N, N, eps), bound) << "qr of " << each.name << ' ' << n;
      EXPECT_LT(orthogonality(Q, eps), bound) << "qr of " << each.name << ' ' << n;
      Matrix L = identity(n), U(n, n), P(n, n);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j) {
          (j < i ? L(i, j) : U(i, j)) = j < i ? Z(lu[i * n + j]) : Z(lu[i * n + j]) / scale;
          P(i, j) = N(perm[i], j);
        }
      EXPECT_LT(ratio(L * U - P, N, eps), bound) << "lu of " << each.name << ' ' << n;
    }
}

TYPED_TEST(RuntimeGallery, hermitian_matrices) {
  using T = TypeParam;
  double eps = epsilon<T>;
  for (int64_t n : spectralSizes)
    for (const Named &each : gallery<T>(n)) {
      Array<T> a = arrayOf<T>(scaled(each.a, 0.5)), v({n, n});
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j <= i; ++j) {
          T lower = a[i * n + j], upper = a[j * n + i];
          if constexpr (isStdComplex<T>) {
            a[i * n + j] = lower + std::conj(upper);
            a[j * n + i] = std::conj(a[i * n + j]);
          } else {
            a[i * n + j] = a[j * n + i] = lower + upper;
          }
        }
      Array<RealT<T>> w({n}), only({n});
      TccTensor unwanted = v.tensor();
      unwanted.data = nullptr;
      ASSERT_OK(call(tcc_eigh, {a.tensor()}, {w.tensor(), v.tensor()}));
      ASSERT_OK(call(tcc_eigh, {a.tensor()}, {only.tensor(), unwanted}));
      Matrix A = matrixOf(a, 0, n, n), V = matrixOf(v, 0, n, n);
      double scale = scaleOf(A);
      Matrix N = normalised(A, scale), W = normalised(diagonalOf(w, 0, n, n, n), scale);
      EXPECT_LT(ratio(N * V - V * W, N, eps), bound) << "eigh of " << each.name << ' ' << n;
      EXPECT_LT(orthogonality(V, eps), bound) << "eigh of " << each.name << ' ' << n;
      for (int64_t i = 0; i < n; ++i)
        EXPECT_LE(std::abs(double(w[i]) - double(only[i])) / scale, bound * double(n) * eps * std::max(1.0, N.norm()))
            << "eigenvalues alone of " << each.name << ' ' << n;
    }
}

TYPED_TEST(RuntimeGallery, positive_definite_matrices) {
  using T = TypeParam;
  double eps = epsilon<T>;
  for (int64_t n : sizes)
    for (const Named &each : gallery<T>(n)) {
      double scale = scaleOf(each.a);
      Matrix N = normalised(each.a, scale), G = N * N.adjoint();
      // Condition 1e-2 / eps: no rounding makes it indefinite.
      double shift = 100 * eps * double(n) * std::max(1.0, G.norm());
      for (int64_t i = 0; i < n; ++i)
        G(i, i) += shift;
      // Within a quarter of what is there: the root's square must be in range.
      Array<T> a = arrayOf<T>(scaled(G, std::min(scale, 1e30))), l({n, n});
      ASSERT_OK(call(tcc_cholesky, {a.tensor()}, {l.tensor()}));
      Matrix A = matrixOf(a, 0, n, n), L = normalised(matrixOf(l, 0, n, n), std::sqrt(std::min(scale, 1e30)));
      Matrix M = normalised(A, std::min(scale, 1e30));
      EXPECT_LT(ratio(L * L.adjoint() - M, M, eps), bound) << "cholesky of " << each.name << ' ' << n;
    }
}

TYPED_TEST(RuntimeGallery, eigenvalues) {
  using T = TypeParam;
  using C = std::complex<RealT<T>>;
  double eps = epsilon<T>;
  for (int64_t n : sizes)
    for (const Named &each : gallery<T>(n)) {
      Array<T> a = arrayOf<T>(each.a);
      Array<C> w({n}), v({n, n}), t({n, n}), z({n, n});
      ASSERT_OK(call(tcc_eig, {a.tensor()}, {w.tensor(), v.tensor()}));
      ASSERT_OK(call(tcc_schur, {a.tensor()}, {t.tensor(), z.tensor()}));
      Matrix A = matrixOf(a, 0, n, n), V = matrixOf(v, 0, n, n), Q = matrixOf(z, 0, n, n);
      double scale = scaleOf(A);
      Matrix N = normalised(A, scale), W = normalised(diagonalOf(w, 0, n, n, n), scale),
             S = normalised(matrixOf(t, 0, n, n), scale);
      // geev balances first: its residual is that of the balanced matrix, which for badly scaled ones is another.
      if (each.name.find("badly scaled") == std::string::npos)
        EXPECT_LT(ratio(N * V - V * W, N, eps), bound) << "eig of " << each.name << ' ' << n;
      EXPECT_LT(ratio(Q * S * Q.adjoint() - N, N, eps), bound) << "schur of " << each.name << ' ' << n;
      EXPECT_LT(orthogonality(Q, eps), bound) << "schur of " << each.name << ' ' << n;
    }
}

TYPED_TEST(RuntimeGallery, linear_systems) {
  using T = TypeParam;
  double eps = epsilon<T>;
  for (int64_t n : sizes)
    for (const Named &each : gallery<T>(n)) {
      if (each.name == "zero" || each.name == "ones" || each.name == "rank-deficient")
        continue;
      Array<T> a = arrayOf<T>(each.a), b({n, 2}), x({n, 2}), y({n, 2}), lu({n, n});
      // A solution of the size of one, so that it is in range.
      Matrix A = matrixOf(a, 0, n, n), X(n, 2);
      double scale = scaleOf(A);
      for (int64_t i = 0; i < 2 * n; ++i)
        X.x[size_t(i)] = std::cos(double(i));
      Matrix N = normalised(A, scale);
      b = arrayOf<T>(scaled(N * X, scale));
      Array<int64_t> perm({n});
      Result solved = call(tcc_solve, {a.tensor(), b.tensor()}, {x.tensor()});
      if (solved.code == TCC_ERROR_NUMERICAL)
        continue; // Hilbert's matrix and others may be singular in this precision
      ASSERT_OK(solved);
      ASSERT_OK(call(tcc_lu, {a.tensor()}, {lu.tensor(), perm.tensor()}));
      ASSERT_OK(call(tcc_lu_solve, {lu.tensor(), perm.tensor(), b.tensor()}, {y.tensor()}, {0}));
      Matrix B = normalised(matrixOf(b, 0, n, 2), scale);
      for (const Array<T> *solution : {&x, &y}) {
        Matrix S = matrixOf(*solution, 0, n, 2);
        double size = N.norm() * S.norm() * double(n) * eps;
        EXPECT_LE((N * S - B).norm(), bound * size) << "solve with " << each.name << ' ' << n;
      }
    }
}

//===----------------------------------------------------------------------===//
// Routines that fail
//===----------------------------------------------------------------------===//

int calls;

/// Routines differ in the place of lwork and info; all are pointers, so that one signature fits.
template <class T, int lworkAt, int infoAt>
void failing(void *p0, void *p1, void *p2, void *p3, void *p4, void *p5, void *p6, void *p7, void *p8, void *p9,
             void *p10, void *p11, void *p12, void *p13, void *p14) {
  void *p[] = {p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14};
  *static_cast<BlasInt *>(p[infoAt]) = 0;
  if (*static_cast<BlasInt *>(p[lworkAt]) == -1) {
    *static_cast<T *>(p[lworkAt - 1]) = T(1);
    return;
  }
  ++calls;
  *static_cast<BlasInt *>(p[infoAt]) = 7;
}

/// Replaces a routine until the end of the scope.
class Broken {
public:
  Broken(void *&routine, void *replacement) : routine(routine), original(routine) { routine = replacement; }
  ~Broken() { routine = original; }

private:
  void *&routine, *original;
};

template <class T> using Own = std::conditional_t<isStdComplex<T>, Complex<RealT<T>>, T>;

/// What divide and conquer begins with fails.
template <class R> class BrokenLeaves {
public:
  BrokenLeaves() : table(*lapackForTests<R>()), lasdq(table.lasdq) {
    limitTridiagonalSteps(0);
    table.lasdq = [](const char *, const BlasInt *, const BlasInt *, const BlasInt *, const BlasInt *, const BlasInt *,
                     R *, R *, R *, const BlasInt *, R *, const BlasInt *, R *, const BlasInt *, R *, BlasInt *info,
                     Length) { *info = 5; };
  }
  ~BrokenLeaves() {
    limitTridiagonalSteps(30);
    table.lasdq = lasdq;
  }

private:
  LapackTable<R> &table;
  decltype(LapackTable<R>::lasdq) lasdq;
};

TYPED_TEST(RuntimeGallery, svd_falls_back) {
  using T = TypeParam;
  using O = Own<T>;
  constexpr bool c = isStdComplex<T>;
  int64_t n = 40;
  LapackTable<O> &table = *lapackForTests<O>();
  BrokenLeaves<RealT<T>> first;
  for (const Named &each : gallery<T>(n))
    expectSvd(arrayOf<T>(each.a), "(by gesvd) " + each.name, n);
  // gesvd: jobu jobv m n a lda s u ldu vt ldvt work lwork [rwork] info
  Broken second(table.gesvd, reinterpret_cast<void *>(&failing < O, 12, c ? 14 : 13 >));
  calls = 0;
  for (const Named &each : gallery<T>(n))
    expectSvd(arrayOf<T>(each.a), "(by Jacobi) " + each.name, n);
  EXPECT_EQ(calls, 2 * int(gallery<T>(n).size() - 1)); // zeros need no iteration
}

TYPED_TEST(RuntimeGallery, failures_carry_infos_and_indices) {
  using T = TypeParam;
  using O = Own<T>;
  using C = std::complex<RealT<T>>;
  constexpr bool c = isStdComplex<T>;
  int64_t n = 20;
  LapackTable<O> &table = *lapackForTests<O>();
  Array<T> a = randomArray<T>({3, n, n}), v({3, n, n});
  Array<RealT<T>> w({3, n});
  Array<C> x({3, n}), y({3, n, n}), z({3, n, n});
  {
    BrokenLeaves<RealT<T>> first;
    ASSERT_OK(call(tcc_eigh, {a.tensor()}, {w.tensor(), v.tensor()}));
    // heev: job uplo n a lda w work lwork [rwork] info
    Broken second(table.heev, reinterpret_cast<void *>(&failing < O, 7, c ? 9 : 8 >));
    EXPECT_EQ(call(tcc_eigh, {a.tensor()}, {w.tensor(), v.tensor()}).message,
              "[eigh] did not converge: LAPACK info 7 (batch index 0)");
  }
  {
    limitQrSweeps(0);
    EXPECT_EQ(call(tcc_eig, {a.tensor()}, {x.tensor(), y.tensor()}).message,
              "[eig] did not converge: LAPACK info 20 (batch index 0)");
    EXPECT_EQ(call(tcc_schur, {a.tensor()}, {z.tensor(), y.tensor()}).message,
              "[schur] did not converge: LAPACK info 20 (batch index 0)");
    limitQrSweeps(30);
  }
}

} // namespace
} // namespace tcc::runtime::test
