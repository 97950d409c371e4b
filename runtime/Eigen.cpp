// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_eigh, tcc_eig and tcc_schur. Eigenvectors are columns, which in a row-major result are strided: these drivers
// transpose once on the way out.
#include "runtime/Decompose.h"
#include "runtime/Layout.h"
#include "runtime/SchurForm.h"
#include "runtime/SmallMatrix.h"

using namespace tcc::runtime;

namespace {

/// Eigen-decomposition of a Hermitian matrix of which the upper triangle (column-major) is given.
template <class T> class HermitianDriver {
public:
  explicit HermitianDriver(BlasInt n) : n(n), table(lapack<T>()) {
    T size1(0), size2(0);
    Real<T> realQuery = 0;
    BlasInt integerQuery = 0;
    lwork = lrwork = liwork = -1;
    heevd(nullptr, nullptr, &size1, &realQuery, &integerQuery);
    heev(nullptr, nullptr, &size2, nullptr);
    lwork = workspaceSize(size1, 1);
    BlasInt other = workspaceSize(size2, 1);
    lwork = lwork > other ? lwork : other;
    lrwork = isComplex<T> ? workspaceSize(realQuery, 3 * n + 1) : 1;
    liwork = integerQuery > 1 ? integerQuery : 1;
  }
  bool allocate() {
    return work.resize(lwork) && realWork.resize(lrwork) && integers.resize(liwork) && vectors.resize(int64_t(n) * n);
  }
  int64_t bytes() const { return (int64_t(lwork) + int64_t(n) * n) * int64_t(sizeof(T)); }

  /// Leaves the vectors in `vectors`. Returns LAPACK's info.
  int64_t run(const T *matrix, Real<T> *w) {
    auto restore = [&] { memcpy(static_cast<void *>(vectors.get()), matrix, sizeof(T) * size_t(n) * size_t(n)); };
    restore();
    BlasInt info = heevd(vectors.get(), w, work.get(), realWork.get(), integers.get());
    if (info == 0)
      return 0;
    restore(); // QR iteration converges where divide and conquer may not
    return heev(vectors.get(), w, work.get(), realWork.get());
  }

  Scratch<T> vectors;

private:
  BlasInt heevd(T *a, Real<T> *w, T *workspace, Real<T> *realSpace, BlasInt *integerSpace) {
    BlasInt info = 0;
    if constexpr (isComplex<T>)
      callFortran(table->heevd, "V", "U", &n, a, &n, w, workspace, &lwork, realSpace, &lrwork, integerSpace, &liwork,
                  &info, Length(1), Length(1));
    else
      callFortran(table->heevd, "V", "U", &n, a, &n, w, workspace, &lwork, integerSpace, &liwork, &info, Length(1),
                  Length(1));
    return info;
  }
  BlasInt heev(T *a, Real<T> *w, T *workspace, Real<T> *realSpace) {
    BlasInt info = 0;
    if constexpr (isComplex<T>)
      callFortran(table->heev, "V", "U", &n, a, &n, w, workspace, &lwork, realSpace, &info, Length(1), Length(1));
    else
      callFortran(table->heev, "V", "U", &n, a, &n, w, workspace, &lwork, &info, Length(1), Length(1));
    return info;
  }

  BlasInt n, lwork, lrwork, liwork;
  const LapackTable<T> *table;
  Scratch<T> work;
  Scratch<Real<T>> realWork;
  Scratch<BlasInt> integers;
};

/// geev of a real matrix with complex results: pairs of real vectors (re, im) belong to conjugate pairs of values.
template <class T>
void unpackPairs(const T *wr, const T *wi, const T *vectors, int64_t n, Complex<T> *w, Complex<T> *v) {
  for (int64_t j = 0; j < n; ++j) {
    w[j] = {wr[j], wi[j]};
    if (wi[j] == 0) {
      for (int64_t i = 0; i < n; ++i)
        v[i * n + j] = {vectors[i + j * n], 0};
    } else {
      w[j + 1] = {wr[j + 1], wi[j + 1]};
      for (int64_t i = 0; i < n; ++i) {
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
  BlasInt n = BlasInt(matrices.n);
  int64_t size = int64_t(n) * n;
  auto geev = [&](T *matrix, T *values, T *imaginary, Real<T> *realWork, T *vectors, T *work, BlasInt lwork) {
    BlasInt info = 0;
    if constexpr (isComplex<T>)
      callFortran(table->geev, "N", "V", &n, matrix, &n, values, static_cast<T *>(nullptr), &n, vectors, &n, work,
                  &lwork, realWork, &info, Length(1), Length(1));
    else
      callFortran(table->geev, "N", "V", &n, matrix, &n, values, imaginary, static_cast<T *>(nullptr), &n, vectors, &n,
                  work, &lwork, &info, Length(1), Length(1));
    return info;
  };
  T query(0);
  Real<T> realQuery; // trevc3 answers there too
  geev(nullptr, nullptr, nullptr, &realQuery, nullptr, &query, -1);
  BlasInt lwork = workspaceSize(query, 4 * n);
  BatchFailure failure;
  forEachMatrix(matrices.batch, 25.0 * n * double(size), [&](int64_t begin, int64_t end) {
    Scratch<T> matrix(size), vectors(size), values(n), imaginary(n), work(lwork);
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
        transposeCopy(v + b * size, n, vectors.get(), n, n, n);
      } else {
        unpackPairs(values.get(), imaginary.get(), vectors.get(), n, w + b * n, v + b * size);
      }
    }
  });
  return notConverged("eig", failure, (2 * size + lwork) * int64_t(sizeof(T)), status);
}

} // namespace

int32_t tcc_eigh(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                 TccStatus *status) {
  TCC_CHECK(checkArguments("eigh", in, n_in, 1, out, n_out, 2, status));
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
      HermitianDriver<T> driver{BlasInt(n)};
      if (!driver.allocate())
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        // Seen by Fortran, the lower triangle is the upper one of a^T = conj(a), whose eigenvectors are conjugated.
        if (int64_t info = driver.run(a + b * n * n, w + b * n))
          failure.report(b, info);
        else
          transposeCopy(v + b * n * n, n, driver.vectors.get(), n, n, n, [](T x) { return conjugate(x); });
      }
    });
    return notConverged("eigh", failure, failure.any() ? HermitianDriver<T>(BlasInt(n)).bytes() : 0, status);
  });
}

int32_t tcc_eig(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                TccStatus *status) {
  TCC_CHECK(checkArguments("eig", in, n_in, 1, out, n_out, 2, status));
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
  TCC_CHECK(checkArguments("schur", in, n_in, 1, out, n_out, 2, status));
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
      Scratch<C> matrix(size), vectors(size);
      SchurForm<C> form(n);
      if (!matrix || !vectors || !form.allocate())
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        transposeCopy(matrix.get(), n, a + b * size, n, n, n, [](T x) { return C(x); });
        if (int64_t info = form.run(matrix.get(), vectors.get())) {
          failure.report(b, info);
          continue;
        }
        transposeCopy(t + b * size, n, matrix.get(), n, n, n);
        transposeCopy(z + b * size, n, vectors.get(), n, n, n);
      }
    });
    return notConverged("schur", failure, failure.any() ? SchurForm<C>(n).bytes() : 0, status);
  });
}
