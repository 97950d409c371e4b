// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_svd and tcc_svdvals: divide and conquer, then QR iteration, then Jacobi. In LAPACK's view a row-major a = u s vh
// is a^T = vh^T s u^T: the left vectors it returns are, read row-major, vh and the right ones u.
#include "runtime/Decompose.h"
#include "runtime/JacobiSvd.h"
#include "runtime/SmallMatrix.h"

using namespace tcc::runtime;

namespace {

/// One SVD of a column-major rows x cols matrix with its work arrays.
template <class T> class Driver {
public:
  Driver(char job, BlasInt rows, BlasInt cols) : job(job), rows(rows), cols(cols) {
    table = lapack<T>();
    smaller = rows < cols ? rows : cols;
    BlasInt larger = rows < cols ? cols : rows;
    numLeft = job == 'A' ? rows : smaller;
    numRight = job == 'A' ? cols : smaller;
    T size1(0), size2(0);
    lwork = -1;
    gesdd(nullptr, nullptr, nullptr, nullptr, &size1);
    gesvd(nullptr, nullptr, nullptr, nullptr, &size2);
    lwork = workspaceSize(size1, 1);
    BlasInt other = workspaceSize(size2, 1);
    lwork = lwork > other ? lwork : other;
    int64_t s = smaller, l = larger;
    // rwork of zgesdd; its documentation grew over LAPACK's versions, this is the largest.
    realSize = !isComplex<T> ? 0
               : job == 'N'  ? 7 * s
                             : s * (5 * s + 7 > 2 * l + 2 * s + 1 ? 5 * s + 7 : 2 * l + 2 * s + 1);
  }
  bool allocate() {
    return work.resize(lwork) && realWork.resize(realSize) && integers.resize(8 * int64_t(smaller)) &&
           copy.resize(int64_t(rows) * cols);
  }
  int64_t bytes() const { return (int64_t(lwork) + int64_t(rows) * cols) * int64_t(sizeof(T)) + realSize * 8; }

  /// 0, a LAPACK info, or noMemory.
  int64_t run(const T *matrix, Real<T> *s, T *u, T *vt) {
    auto restore = [&] { memcpy(static_cast<void *>(copy.get()), matrix, sizeof(T) * size_t(rows) * size_t(cols)); };
    restore();
    if (gesdd(copy.get(), s, u, vt, work.get()) == 0 && finite(s))
      return 0;
    restore();
    BlasInt info = gesvd(copy.get(), s, u, vt, work.get());
    if (info == 0 && finite(s))
      return 0;
    int code = jacobiSvd(matrix, rows, cols, s, u, numLeft, vt, numRight);
    return code == 0 ? 0 : code < 0 ? noMemory : info > 0 ? info : 1;
  }

private:
  bool finite(const Real<T> *s) const {
    for (BlasInt i = 0; i < smaller; ++i)
      if (!isfinite(s[i]))
        return false;
    return true;
  }
  BlasInt gesdd(T *a, Real<T> *s, T *u, T *vt, T *workspace) {
    BlasInt info = 0;
    if constexpr (isComplex<T>)
      callFortran(table->gesdd, &job, &rows, &cols, a, &rows, s, u, &rows, vt, &numRight, workspace, &lwork,
                  realWork.get(), integers.get(), &info, Length(1));
    else
      callFortran(table->gesdd, &job, &rows, &cols, a, &rows, s, u, &rows, vt, &numRight, workspace, &lwork,
                  integers.get(), &info, Length(1));
    return info;
  }
  BlasInt gesvd(T *a, Real<T> *s, T *u, T *vt, T *workspace) {
    BlasInt info = 0;
    if constexpr (isComplex<T>)
      callFortran(table->gesvd, &job, &job, &rows, &cols, a, &rows, s, u, &rows, vt, &numRight, workspace, &lwork,
                  realWork.get(), &info, Length(1), Length(1));
    else
      callFortran(table->gesvd, &job, &job, &rows, &cols, a, &rows, s, u, &rows, vt, &numRight, workspace, &lwork,
                  &info, Length(1), Length(1));
    return info;
  }

  const LapackTable<T> *table;
  char job;
  BlasInt rows, cols, smaller, numLeft, numRight, lwork;
  int64_t realSize;
  Scratch<T> work, copy;
  Scratch<Real<T>> realWork;
  Scratch<BlasInt> integers;
};

int32_t svd(const char *op, const TccTensor &in, const MatrixBatch &matrices, char job, void *u, void *s, void *vh,
            TccStatus *status) {
  int64_t m = matrices.m, n = matrices.n, smaller = m < n ? m : n;
  int64_t numU = job == 'A' ? m : smaller, numV = job == 'A' ? n : smaller;
  if (matrices.batch == 0)
    return TCC_OK;
  return dispatchLapack(in.dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in.data);
    T *left = static_cast<T *>(u), *right = static_cast<T *>(vh);
    Real<T> *values = static_cast<Real<T> *>(s);
    if (smaller == 0) {
      for (int64_t b = 0; b < matrices.batch; ++b) {
        for (int64_t i = 0; i < m * numU; ++i)
          left[b * m * numU + i] = T(i % (numU + 1) == 0 ? 1 : 0);
        for (int64_t i = 0; i < numV * n; ++i)
          right[b * numV * n + i] = T(i % (n + 1) == 0 ? 1 : 0);
      }
      return TCC_OK;
    }
    BatchFailure failure;
    if (isSmallSvd(m, n, matrices.batch)) {
      smallSvd(a, left, values, right, m, n, numU, numV, matrices.batch, failure);
      return notConverged(op, failure, smallWorkBytes(4 * (m + n) * (m + n), in.dtype), status);
    }
    if (!lapack<T>())
      return noLibrary(op, "LAPACK", status);
    double flop = double(m) * double(n) * double(smaller) * (job == 'N' ? 4 : 14);
    forEachMatrix(matrices.batch, flop, [&](int64_t begin, int64_t end) {
      Driver<T> driver(job, BlasInt(n), BlasInt(m));
      if (!driver.allocate())
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b)
        if (int64_t info = driver.run(a + b * m * n, values + b * smaller, right ? right + b * numV * n : nullptr,
                                      left ? left + b * m * numU : nullptr))
          failure.report(b, info);
    });
    return notConverged(op, failure, failure.any() ? Driver<T>(job, BlasInt(n), BlasInt(m)).bytes() : 0, status);
  });
}

} // namespace

int32_t tcc_svd(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                TccStatus *status) {
  TCC_CHECK(checkArguments("svd", in, n_in, 1, out, n_out, 3, status));
  bool full = AttributeReader(attrs).integer();
  MatrixBatch matrices;
  TCC_CHECK(matrixBatch("svd", in[0], matrices, status));
  int64_t m = matrices.m, n = matrices.n, smaller = m < n ? m : n;
  TCC_CHECK(checkResult("svd", "u", out[0], in[0].dtype, matrices, 2, m, full ? m : smaller, status));
  TCC_CHECK(checkResult("svd", "s", out[1], realDtype(in[0].dtype), matrices, 1, smaller, 0, status));
  TCC_CHECK(checkResult("svd", "vh", out[2], in[0].dtype, matrices, 2, full ? n : smaller, n, status));
  return svd("svd", in[0], matrices, full ? 'A' : 'S', out[0].data, out[1].data, out[2].data, status);
}

int32_t tcc_svdvals(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                    TccStatus *status) {
  TCC_CHECK(checkArguments("svdvals", in, n_in, 1, out, n_out, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(matrixBatch("svdvals", in[0], matrices, status));
  int64_t smaller = matrices.m < matrices.n ? matrices.m : matrices.n;
  TCC_CHECK(checkResult("svdvals", "result", out[0], realDtype(in[0].dtype), matrices, 1, smaller, 0, status));
  if (smaller == 0)
    return TCC_OK;
  return svd("svdvals", in[0], matrices, 'N', nullptr, out[0].data, nullptr, status);
}
