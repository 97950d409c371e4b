// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_eigh, tcc_eig and tcc_schur. Eigenvectors are columns, which in a row-major result are strided: these drivers
// transpose once on the way out.
#include "runtime/CondensedForm.h"
#include "runtime/Decompose.h"
#include "runtime/Layout.h"
#include "runtime/SchurForm.h"
#include "runtime/SmallMatrix.h"
#include "runtime/TridiagonalQr.h"

using namespace tcc::runtime;

namespace {

/// Eigen-decomposition of a row-major Hermitian matrix, given by its lower triangle; v is null if not wanted. Returns
/// 0, noMemory, or 1 where an eigenvalue did not converge.
template <class T> int64_t decomposeHermitian(const T *matrix, int64_t n, Real<T> *w, T *v) {
  using R = Real<T>;
  WorkMatrix<T> a;
  Scratch<T> tau(n);
  Scratch<R> offDiagonal(n), diagonal(n), vectors(v ? n * n : 0);
  Scratch<int32_t> order(n);
  if (!a.resize(n, n) || !tau || !offDiagonal || !diagonal || !vectors || !order)
    return noMemory;
  R scale = unitScale(matrix, n * n), unscale = 1 / scale;
  transposeCopy(a.data.get(), a.ld, matrix, n, n, n, [=](T x) { return x * T(scale); });
  if (!tridiagonalize(a, diagonal.get(), offDiagonal.get(), tau.get()))
    return noMemory;
  if (!v) {
    int64_t failure = tridiagonalValues(n, diagonal.get(), offDiagonal.get());
    for (int64_t j = 0; j < n; ++j)
      w[j] = diagonal[j] * unscale;
    return failure;
  }
  VectorMatrix<R> inner{vectors.get(), n};
  if (int64_t failure = solveTridiagonal(n, diagonal.get(), offDiagonal.get(), inner, order.get()))
    return failure;
  for (int64_t j = 0; j < n; ++j)
    w[j] = diagonal[order[j]] * unscale;
  Reflections<T> reflections(a.data.get(), a.ld, n, n - 1, 1, tau.get());
  bool ok =
      backTransform(reflections, n, n, inner, n, order.get(), /*isDescending=*/false,
                    [&](int64_t first, int64_t count, const T *c) { transposeCopy(v + first, n, c, n, count, n); });
  return ok ? 0 : noMemory;
}

/// By LAPACK's QR iteration, which converges where divide and conquer may not. Returns its info.
template <class T> int64_t decomposeByIteration(const T *matrix, BlasInt n, Real<T> *w, T *v) {
  BlasInt info = 0, lwork = -1;
  const char *job = v ? "V" : "N";
  auto heev = [&](T *a, T *work, Real<T> *realWork) {
    if constexpr (isComplex<T>)
      callFortran(lapack<T>()->heev, job, "U", &n, a, &n, w, work, &lwork, realWork, &info, Length(1), Length(1));
    else
      callFortran(lapack<T>()->heev, job, "U", &n, a, &n, w, work, &lwork, &info, Length(1), Length(1));
  };
  T query(0);
  heev(nullptr, &query, nullptr);
  lwork = workspaceSize(query, 3 * n);
  Scratch<T> vectors(int64_t(n) * n), work(lwork);
  Scratch<Real<T>> realWork(3 * int64_t(n));
  if (!vectors || !work || !realWork)
    return noMemory;
  memcpy(static_cast<void *>(vectors.get()), matrix, sizeof(T) * size_t(n) * size_t(n));
  heev(vectors.get(), work.get(), realWork.get());
  // Seen by Fortran, the lower triangle is the upper one of a^T = conj(a), whose eigenvectors are conjugated.
  if (v && info == 0)
    transposeCopy(v, n, vectors.get(), n, n, n, [](T x) { return conjugate(x); });
  return info;
}

/// geev of a real matrix with complex results: pairs of real vectors (re, im) belong to conjugate pairs of values. v is
/// null if not wanted.
template <class T>
void unpackPairs(const T *wr, const T *wi, const T *vectors, int64_t n, Complex<T> *w, Complex<T> *v) {
  for (int64_t j = 0; j < n; ++j) {
    w[j] = {wr[j], wi[j]};
    if (wi[j] == 0) {
      for (int64_t i = 0; v && i < n; ++i)
        v[i * n + j] = {vectors[i + j * n], 0};
    } else {
      w[j + 1] = {wr[j + 1], wi[j + 1]};
      for (int64_t i = 0; v && i < n; ++i) {
        v[i * n + j] = {vectors[i + j * n], vectors[i + (j + 1) * n]};
        v[i * n + j + 1] = conjugate(v[i * n + j]);
      }
      ++j;
    }
  }
}

template <class T>
int32_t eig(const TccTensor *in, const TccTensor *out, const MatrixBatch &matrices, TccStatus *status) {
  using C = Complex<Real<T>>;
  const LapackTable<T> *table = lapack<T>();
  if (!table)
    return noLibrary("eig", "LAPACK", status);
  const T *a = static_cast<const T *>(in[0].data);
  C *w = static_cast<C *>(out[0].data), *v = static_cast<C *>(out[1].data);
  const char *job = v ? "V" : "N";
  BlasInt n = BlasInt(matrices.n);
  int64_t size = int64_t(n) * n;
  auto geev = [&](T *matrix, T *values, T *imaginary, Real<T> *realWork, T *vectors, T *work, BlasInt lwork) {
    BlasInt info = 0;
    if constexpr (isComplex<T>)
      callFortran(table->geev, "N", job, &n, matrix, &n, values, static_cast<T *>(nullptr), &n, vectors, &n, work,
                  &lwork, realWork, &info, Length(1), Length(1));
    else
      callFortran(table->geev, "N", job, &n, matrix, &n, values, imaginary, static_cast<T *>(nullptr), &n, vectors, &n,
                  work, &lwork, &info, Length(1), Length(1));
    return info;
  };
  T query(0);
  Real<T> realQuery; // trevc3 answers there too
  geev(nullptr, nullptr, nullptr, &realQuery, nullptr, &query, -1);
  BlasInt lwork = workspaceSize(query, 4 * n);
  BatchFailure failure;
  forEachMatrix(matrices.batch, 25.0 * n * double(size), [&](int64_t begin, int64_t end) {
    Scratch<T> matrix(size), vectors(v ? size : 0), values(n), imaginary(n), work(lwork);
    Scratch<Real<T>> realWork(2 * int64_t(n));
    if (!matrix || !vectors || !values || !imaginary || !work || !realWork)
      return failure.report(begin, noMemory);
    for (int64_t b = begin; b < end; ++b) {
      transposeCopy(matrix.get(), n, a + b * size, n, n, n);
      if (BlasInt info =
              geev(matrix.get(), values.get(), imaginary.get(), realWork.get(), vectors.get(), work.get(), lwork)) {
        failure.report(b, info);
        continue;
      }
      if constexpr (isComplex<T>) {
        memcpy(static_cast<void *>(w + b * n), values.get(), size_t(n) * sizeof(T));
        if (v)
          transposeCopy(v + b * size, n, vectors.get(), n, n, n);
      } else {
        unpackPairs(values.get(), imaginary.get(), vectors.get(), n, w + b * n, v ? v + b * size : nullptr);
      }
    }
  });
  return notConverged("eig", failure, (2 * size + lwork) * int64_t(sizeof(T)), status);
}

} // namespace

int32_t tcc_eigh(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                 TccStatus *status) {
  TCC_CHECK(checkArguments("eigh", in, n_in, 1, out, n_out, 2, status, tcc_eigh_optional_results));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("eigh", in[0], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult("eigh", "eigenvalues", out[0], realDtype(in[0].dtype), matrices, 1, n, 0, status));
  TCC_CHECK(checkResult("eigh", "eigenvectors", out[1], in[0].dtype, matrices, 2, n, n, status));
  if (numElements(out[1]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data);
    Real<T> *w = static_cast<Real<T> *>(out[0].data);
    T *v = static_cast<T *>(out[1].data);
    BatchFailure failure;
    if (isSmall(n)) {
      smallEigh(a, w, v, n, matrices.batch, failure);
      return notConverged("eigh", failure, smallWorkBytes(2 * n * n + 5 * n, in[0].dtype), status);
    }
    if (!lapack<T>())
      return noLibrary("eigh", "LAPACK", status);
    forEachMatrix(matrices.batch, 9.0 * double(n) * n * n, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const T *matrix = a + b * n * n;
        T *vectors = v ? v + b * n * n : nullptr;
        int64_t info = decomposeHermitian(matrix, n, w + b * n, vectors);
        if (info && info != noMemory)
          info = decomposeByIteration(matrix, BlasInt(n), w + b * n, vectors);
        if (info)
          failure.report(b, info);
      }
    });
    return notConverged("eigh", failure, 4 * n * n * int64_t(sizeof(T)), status);
  });
}

int32_t tcc_eig(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                TccStatus *status) {
  TCC_CHECK(checkArguments("eig", in, n_in, 1, out, n_out, 2, status, tcc_eig_optional_results));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("eig", in[0], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult("eig", "eigenvalues", out[0], complexDtype(in[0].dtype), matrices, 1, n, 0, status));
  TCC_CHECK(checkResult("eig", "eigenvectors", out[1], complexDtype(in[0].dtype), matrices, 2, n, n, status));
  if (numElements(out[1]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() { return eig<T>(in, out, matrices, status); });
}

int32_t tcc_schur(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                  TccStatus *status) {
  TCC_CHECK(checkArguments("schur", in, n_in, 1, out, n_out, 2, status, tcc_schur_optional_results));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("schur", in[0], matrices, status));
  BlasInt n = BlasInt(matrices.n);
  int64_t size = int64_t(n) * n;
  int32_t dtype = complexDtype(in[0].dtype);
  TCC_CHECK(checkResult("schur", "t", out[0], dtype, matrices, 2, n, n, status));
  TCC_CHECK(checkResult("schur", "z", out[1], dtype, matrices, 2, n, n, status));
  if (numElements(out[1]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    using C = Complex<Real<T>>;
    if (!lapack<C>())
      return noLibrary("schur", "LAPACK", status);
    const T *a = static_cast<const T *>(in[0].data);
    C *t = static_cast<C *>(out[0].data), *z = static_cast<C *>(out[1].data);
    BatchFailure failure;
    forEachMatrix(matrices.batch, 100.0 * n * double(size), [&](int64_t begin, int64_t end) {
      Scratch<C> matrix(size), vectors(z ? size : 0);
      SchurForm<C> form(n, z);
      if (!matrix || !vectors || !form.allocate())
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        transposeCopy(matrix.get(), n, a + b * size, n, n, n, [](T x) { return C(x); });
        if (int64_t info = form.run(matrix.get(), vectors.get())) {
          failure.report(b, info);
          continue;
        }
        transposeCopy(t + b * size, n, matrix.get(), n, n, n);
        if (z)
          transposeCopy(z + b * size, n, vectors.get(), n, n, n);
      }
    });
    return notConverged("schur", failure, failure.any() ? SchurForm<C>(n).bytes() : 0, status);
  });
}
