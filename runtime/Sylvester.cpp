// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_sylvester and tcc_schur_solve: linear equations for matrices. LAPACK sees row-major matrices transposed, and the
// transpose of a y + y b = q is b^T y^T + y^T a^T = q^T: the same equation with a and b exchanged.
#include "runtime/JacobiSvd.h"
#include "runtime/RowProduct.h"
#include "runtime/SchurForm.h"

using namespace tcc::runtime;

namespace {

/// Reported instead of a LAPACK info when the equation has no unique solution.
constexpr int64_t isSingular = INT64_MIN + 1;

/// Bartels and Stewart 1972: by the Schur forms of both matrices. All column-major: a of m x m, b of n x n, y of m x n.
template <class T> class SylvesterSolver {
public:
  SylvesterSolver(BlasInt m, BlasInt n) : m(m), n(n), formA(m), formB(n) {}
  bool allocate() {
    int64_t sizeA = int64_t(m) * m, sizeB = int64_t(n) * n, size = int64_t(m) * n;
    return formA.allocate() && formB.allocate() && s.resize(sizeA) && u.resize(sizeA) && r.resize(sizeB) &&
           v.resize(sizeB) && work.resize(size);
  }
  int64_t bytes() const {
    return formA.bytes() + formB.bytes() + (2 * int64_t(m) * m + 2 * int64_t(n) * n) * int64_t(sizeof(T));
  }
  int64_t run(const T *a, const T *b, const T *q, T *y) {
    memcpy(static_cast<void *>(s.get()), a, sizeof(T) * size_t(m) * size_t(m));
    memcpy(static_cast<void *>(r.get()), b, sizeof(T) * size_t(n) * size_t(n));
    if (int64_t info = formA.run(s.get(), u.get()))
      return info;
    if (int64_t info = formB.run(r.get(), v.get()))
      return info;
    const char *adjoint = isComplex<T> ? "C" : "T";
    multiplyInto(work.get(), adjoint, u.get(), "N", q, m, n, m);
    multiplyInto(y, "N", work.get(), "N", v.get(), m, n, n);
    BlasInt plus = 1, info = 0;
    Real<T> scale = 1;
    lapack<T>()->trsyl("N", "N", &plus, &m, &n, s.get(), &m, r.get(), &n, y, &m, &scale, &info, 1, 1);
    // 1: eigenvalues were moved apart, because one of a and one of -b coincide. What comes out solves another equation.
    if (info || scale == 0)
      return isSingular;
    if (scale != 1)
      for (int64_t i = 0; i < int64_t(m) * n; ++i)
        y[i] = y[i] * T(1 / scale);
    multiplyInto(work.get(), "N", u.get(), "N", y, m, n, m);
    multiplyInto(y, "N", work.get(), adjoint, v.get(), m, n, n);
    return 0;
  }

private:
  BlasInt m, n;
  SchurForm<T> formA, formB;
  Scratch<T> s, u, r, v, work;
};

template <class T> bool isHermitian(const T *a, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j)
      if (squaredNorm(a[i * n + j] - conjugate(a[j * n + i])) != 0)
        return false;
  return true;
}

/// a y + y b = q of Hermitian matrices, row-major: with a = u s u^H and b = v r v^H it is s (u^H y v) + (u^H y v) r =
/// u^H q v. Eigenvectors cost a fraction of a Schur form, and large ones are found on all threads.
template <class T> class HermitianSylvester {
public:
  HermitianSylvester(int64_t m, int64_t n, int32_t dtype) : m(m), n(n), dtype(dtype) {}
  bool allocate() { return s.resize(m) && u.resize(m * m) && r.resize(n) && v.resize(n * n) && work.resize(m * n); }
  int64_t run(const T *a, const T *b, const T *q, T *y) {
    bool isSame = m == n && memcmp(a, b, sizeof(T) * size_t(m * m)) == 0;
    if (!decompose(a, m, s.get(), u.get()) || (!isSame && !decompose(b, n, r.get(), v.get())))
      return 1;
    const Real<T> *left = s.get(), *right = isSame ? left : r.get();
    RowBlock<T> basis{isSame ? u.get() : v.get(), n};
    double largest = fmax(fmax(fabs(double(left[0])), fabs(double(left[m - 1]))),
                          fmax(fabs(double(right[0])), fabs(double(right[n - 1]))));
    double least = largest * double(std::numeric_limits<Real<T>>::epsilon());
    addProduct<T>(m, n, m, T(1), {u.get(), m, true}, {q, n}, T(0), work.get(), n);
    addProduct<T>(m, n, n, T(1), {work.get(), n}, basis, T(0), y, n);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        Real<T> sum = left[i] + right[j];
        if (fabs(double(sum)) <= least)
          return isSingular;
        y[i * n + j] = y[i * n + j] * T(1 / sum);
      }
    addProduct<T>(m, n, m, T(1), {u.get(), m}, {y, n}, T(0), work.get(), n);
    addProduct<T>(m, n, n, T(1), {work.get(), n}, {basis.data, n, true}, T(0), y, n);
    return 0;
  }

private:
  bool decompose(const T *a, int64_t size, Real<T> *values, T *vectors) {
    int64_t shape[2] = {size, size};
    TccTensor in = {const_cast<T *>(a), dtype, 2, shape};
    TccTensor out[2] = {{values, realDtype(dtype), 1, shape}, {vectors, dtype, 2, shape}};
    TccStatus status;
    return tcc_eigh(&in, 1, out, 2, nullptr, &status) == TCC_OK;
  }
  int64_t m, n;
  int32_t dtype;
  Scratch<Real<T>> s, r;
  Scratch<T> u, v, work;
};

/// Strictly lower y with tril(y t - t y, -1) = tril(e, -1), t upper triangular, all row-major and in place of e.
/// Element (i, j) of the left side is y_ij (t_jj - t_ii) + sum of y_ik t_kj, k < j, - sum of t_ik y_kj, k > i: columns
/// from the left, rows from below. With t^H instead it is y_ij conj(t_jj - t_ii) + sum of y_ik conj(t_jk), j < k < i, -
/// sum of conj(t_ki) y_kj, j < k < i: columns from the right, rows from above. Returns the row + 1 of a pair of equal
/// eigenvalues, where there is no unique y.
template <class C> int64_t solveForTurning(const C *t, C *y, int64_t n, bool isAdjoint, Real<C> tolerance) {
  auto at = [n](auto *m, int64_t i, int64_t j) -> auto & { return m[i * n + j]; };
  auto solveElement = [&](int64_t i, int64_t j, C rest) {
    C gap = at(t, j, j) - at(t, i, i);
    if (isAdjoint)
      gap = conjugate(gap);
    if (sqrt(squaredNorm(gap)) <= double(tolerance))
      return false;
    at(y, i, j) = quotient(rest, gap);
    return true;
  };
  if (!isAdjoint) {
    for (int64_t j = 0; j < n; ++j)
      for (int64_t i = n - 1; i > j; --i) {
        C rest = at(y, i, j);
        for (int64_t k = 0; k < j; ++k)
          rest = rest - at(y, i, k) * at(t, k, j);
        for (int64_t k = i + 1; k < n; ++k)
          rest = rest + at(t, i, k) * at(y, k, j);
        if (!solveElement(i, j, rest))
          return i + 1;
      }
  } else {
    for (int64_t j = n - 1; j >= 0; --j)
      for (int64_t i = j + 1; i < n; ++i) {
        C rest = at(y, i, j);
        for (int64_t k = j + 1; k < i; ++k)
          rest = rest - at(y, i, k) * conjugate(at(t, j, k)) + conjugate(at(t, k, i)) * at(y, k, j);
        if (!solveElement(i, j, rest))
          return i + 1;
      }
  }
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = i; j < n; ++j)
      at(y, i, j) = C(0);
  return 0;
}

} // namespace

int32_t tcc_sylvester(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                      TccStatus *status) {
  const char *op = "solve_sylvester";
  TCC_CHECK(checkArguments(op, in, n_in, 3, out, n_out, 1, status));
  MatrixBatch left, right, rhs;
  TCC_CHECK(squareBatch(op, in[0], left, status));
  TCC_CHECK(squareBatch(op, in[1], right, status));
  TCC_CHECK(matrixBatch(op, in[2], rhs, status));
  int64_t m = left.n, n = right.n;
  TCC_CHECK(checkResult(op, "b", in[1], in[0].dtype, left, 2, n, n, status));
  TCC_CHECK(checkResult(op, "q", in[2], in[0].dtype, left, 2, m, n, status));
  TCC_CHECK(checkResult(op, "result", out[0], in[0].dtype, left, 2, m, n, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    if (!lapack<T>())
      return noLibrary(op, "LAPACK", status);
    const T *a = static_cast<const T *>(in[0].data), *b = static_cast<const T *>(in[1].data),
            *q = static_cast<const T *>(in[2].data);
    T *y = static_cast<T *>(out[0].data);
    BatchFailure failure;
    forEachMatrix(left.batch, 25.0 * (double(m) * m * m + double(n) * n * n), [&](int64_t begin, int64_t end) {
      SylvesterSolver<T> solver{BlasInt(n), BlasInt(m)};
      HermitianSylvester<T> hermitian(m, n, in[0].dtype);
      bool hasSolver = false, hasHermitian = false;
      for (int64_t i = begin; i < end; ++i) {
        const T *left = a + i * m * m, *right = b + i * n * n;
        bool isDiagonable = isHermitian(left, m) && isHermitian(right, n);
        bool &isReady = isDiagonable ? hasHermitian : hasSolver;
        if (!isReady && !(isDiagonable ? hermitian.allocate() : solver.allocate()))
          return failure.report(i, noMemory);
        isReady = true;
        if (int64_t info = isDiagonable ? hermitian.run(left, right, q + i * m * n, y + i * m * n)
                                        : solver.run(right, left, q + i * m * n, y + i * m * n))
          failure.report(i, info);
      }
    });
    if (!failure.any())
      return TCC_OK;
    if (failure.info() == noMemory)
      return outOfMemory(status, op, SylvesterSolver<T>(BlasInt(n), BlasInt(m)).bytes());
    if (failure.info() == isSingular)
      return fail(status, TCC_ERROR_NUMERICAL,
                  "[%s] expected matrices of which a and -b share no eigenvalue: there is no unique solution (LAPACK "
                  "info 1, batch index %lld)",
                  op, (long long)failure.index());
    return fail(status, TCC_ERROR_NUMERICAL, "[%s] did not converge: LAPACK info %lld (batch index %lld)", op,
                (long long)failure.info(), (long long)failure.index());
  });
}

int32_t tcc_schur_solve(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                        TccStatus *status) {
  const char *op = "gradient of schur";
  TCC_CHECK(checkArguments(op, in, n_in, 2, out, n_out, 1, status));
  bool isAdjoint = AttributeReader(attrs).integer();
  MatrixBatch matrices, rhs;
  TCC_CHECK(squareBatch(op, in[0], matrices, status));
  TCC_CHECK(matrixBatch(op, in[1], rhs, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult(op, "right-hand side", in[1], in[0].dtype, matrices, 2, n, n, status));
  TCC_CHECK(checkResult(op, "result", out[0], in[0].dtype, matrices, 2, n, n, status));
  return dispatchLapack(in[0].dtype, [&]<class C>() -> int32_t {
    if constexpr (!isComplex<C>) {
      return fail(status, TCC_ERROR_DTYPE, "[%s] expected complex matrices, got %s", op, dtypeName(in[0].dtype));
    } else {
      const C *t = static_cast<const C *>(in[0].data), *e = static_cast<const C *>(in[1].data);
      C *y = static_cast<C *>(out[0].data);
      BatchFailure failure;
      forEachMatrix(matrices.batch, 3.0 * double(n) * n * n, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; ++b) {
          memcpy(static_cast<void *>(y + b * n * n), e + b * n * n, size_t(n * n) * sizeof(C));
          double largest = 0;
          for (int64_t i = 0; i < n * n; ++i)
            largest = fmax(largest, squaredNorm(t[b * n * n + i]));
          // LAPACK's error: what agrees within it may be equal (dialect/SpectralAdjoints.cpp has the same bound).
          double eps = sizeof(Real<C>) == 8 ? 0x1p-52 : 0x1p-23;
          Real<C> tolerance = Real<C>(4 * fmax(8, double(n)) * eps * sqrt(largest));
          if (int64_t row = solveForTurning(t + b * n * n, y + b * n * n, n, isAdjoint, tolerance))
            failure.report(b, row);
        }
      });
      if (failure.any())
        return fail(status, TCC_ERROR_NUMERICAL,
                    "[%s] expected distinct eigenvalues, got equal ones (position %lld, batch index %lld): the Schur "
                    "vectors are not determined by the matrix there",
                    op, (long long)failure.info() - 1, (long long)failure.index());
      return TCC_OK;
    }
  });
}
