// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_qr. LAPACK's view of a row-major a = q r is a^T = r^T q^T, an LQ decomposition: its triangle and its orthonormal
// rows are, read row-major, r and q, so nothing is transposed.
#include "runtime/Decompose.h"

using namespace tcc::runtime;

int32_t tcc_qr(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
               TccStatus *status) {
  TCC_CHECK(checkArguments("qr", in, n_in, 1, out, n_out, 2, status));
  bool full = AttributeReader(attrs).integer();
  MatrixBatch matrices;
  TCC_CHECK(matrixBatch("qr", in[0], matrices, status));
  int64_t m = matrices.m, n = matrices.n, smaller = m < n ? m : n, k = full ? m : smaller;
  TCC_CHECK(checkResult("qr", "q", out[0], in[0].dtype, matrices, 2, m, k, status));
  TCC_CHECK(checkResult("qr", "r", out[1], in[0].dtype, matrices, 2, k, n, status));
  if (matrices.batch == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data);
    T *q = static_cast<T *>(out[0].data), *r = static_cast<T *>(out[1].data);
    if (smaller == 0) {
      // The empty product of reflections: the identity.
      for (int64_t b = 0; b < matrices.batch; ++b)
        for (int64_t i = 0; i < m; ++i)
          for (int64_t j = 0; j < k; ++j)
            q[(b * m + i) * k + j] = T(i == j ? 1 : 0);
      return TCC_OK;
    }
    const LapackTable<T> *table = lapack<T>();
    if (!table)
      return noLibrary("qr", "LAPACK", status);
    BlasInt rows = BlasInt(n), cols = BlasInt(m), reflections = BlasInt(smaller), wanted = BlasInt(k);
    BlasInt query = -1, info = 0;
    T size1, size2;
    table->gelqf(&rows, &cols, nullptr, &rows, nullptr, &size1, &query, &info);
    table->unglq(&wanted, &cols, &reflections, nullptr, &wanted, nullptr, &size2, &query, &info);
    BlasInt lwork1 = workspaceSize(size1, rows), lwork2 = workspaceSize(size2, wanted);
    BlasInt lwork = lwork1 > lwork2 ? lwork1 : lwork2;
    BatchFailure failure;
    forEachMatrix(matrices.batch, 4.0 * double(m) * double(n) * double(smaller), [&](int64_t begin, int64_t end) {
      Scratch<T> lq(m * n), tau(smaller), work(lwork);
      if (!lq || !tau || !work)
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        memcpy(static_cast<void *>(lq.get()), a + b * m * n, size_t(m * n) * sizeof(T));
        BlasInt result = 0;
        table->gelqf(&rows, &cols, lq.get(), &rows, tau.get(), work.get(), &lwork, &result);
        T *triangle = r + b * k * n;
        for (int64_t i = 0; i < k; ++i) {
          int64_t zeros = i < smaller ? i : n;
          memset(static_cast<void *>(triangle + i * n), 0, size_t(zeros) * sizeof(T));
          memcpy(static_cast<void *>(triangle + i * n + zeros), lq.get() + i * n + zeros,
                 size_t(n - zeros) * sizeof(T));
        }
        T *basis = q + b * m * k;
        for (int64_t j = 0; j < m; ++j)
          memcpy(static_cast<void *>(basis + j * k), lq.get() + j * n, size_t(smaller) * sizeof(T));
        table->unglq(&wanted, &cols, &reflections, basis, &wanted, tau.get(), work.get(), &lwork, &result);
      }
    });
    return failure.any() ? outOfMemory(status, "qr", (m * n + lwork) * int64_t(sizeof(T))) : int32_t(TCC_OK);
  });
}
