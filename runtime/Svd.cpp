// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_svd and tcc_svdvals: divide and conquer, then QR iteration, then Jacobi. To who reads columns, a row-major
// a = u s vh is a^T = vh^T s u^T: its left vectors are, read row-major, vh and the right ones u.
#include "runtime/CondensedForm.h"
#include "runtime/Decompose.h"
#include "runtime/JacobiSvd.h"
#include "runtime/Layout.h"
#include "runtime/SmallMatrix.h"

using namespace tcc::runtime;

namespace {

/// Divide and conquer for a row-major m x n matrix; u (m x numU) and vh (numV x n) are null if not wanted. Returns 0,
/// noMemory, or 1 where a singular value did not converge.
template <class T>
int64_t divideAndConquer(const T *matrix, int64_t m, int64_t n, Real<T> *s, T *u, int64_t numU, T *vh, int64_t numV) {
  using R = Real<T>;
  bool flip = m < n; // the transpose, read as columns
  int64_t rows = flip ? n : m, columns = flip ? m : n;
  bool hasVectors = u || vh;
  WorkMatrix<T> a, right;
  Scratch<T> tauLeft(columns), tauRight(columns);
  Scratch<R> d(columns), e(columns), vectors(hasVectors ? 2 * columns * columns : 0);
  Scratch<int32_t> order(columns);
  if (!a.resize(rows, columns) || !right.resize(columns, columns) || !tauLeft || !tauRight || !d || !e || !vectors ||
      !order)
    return noMemory;
  R scale = unitScale(matrix, m * n), unscale = 1 / scale;
  auto scaled = [=](T x) { return x * T(scale); };
  if (flip)
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t i = 0; i < rows; ++i)
        a.column(j)[i] = scaled(matrix[j * rows + i]);
  else
    transposeCopy(a.data.get(), a.ld, matrix, n, m, n, scaled);
  if (!bidiagonalize(a, right, d.get(), e.get(), tauLeft.get(), tauRight.get()))
    return noMemory;
  VectorMatrix<R> left{hasVectors ? vectors.get() : nullptr, columns},
      other{hasVectors ? vectors.get() + columns * columns : nullptr, columns};
  if (int64_t failure = solveBidiagonal(columns, d.get(), e.get(), left, other, order.get()))
    return failure;
  for (int64_t j = 0; j < columns; ++j)
    s[j] = d[order[columns - 1 - j]] * unscale;
  Reflections<T> q(a.data.get(), a.ld, rows, columns, 0, tauLeft.get());
  Reflections<T> p(right.data.get(), right.ld, columns, columns - 1, 1, tauRight.get());
  // matrix = L s R^H, or, of the flipped one, matrix^T, so that vh = L^T and u = conj(R).
  auto storeLeft = [&](int64_t first, int64_t count, const T *c) {
    if (flip)
      memcpy(static_cast<void *>(vh + first * n), c, size_t(count * n) * sizeof(T));
    else
      transposeCopy(u + first, numU, c, m, count, m);
  };
  auto storeRight = [&](int64_t first, int64_t count, const T *c) {
    if (flip)
      transposeCopy(u + first, numU, c, m, count, m, [](T x) { return conjugate(x); });
    else
      for (int64_t i = 0; i < count * n; ++i)
        vh[first * n + i] = conjugate(c[i]);
  };
  if ((flip ? vh : u) &&
      !backTransform(q, rows, flip ? numV : numU, left, columns, order.get(), /*isDescending=*/true, storeLeft))
    return noMemory;
  if ((flip ? u : vh) &&
      !backTransform(p, columns, columns, other, columns, order.get(), /*isDescending=*/true, storeRight))
    return noMemory;
  return 0;
}

/// LAPACK's QR iteration for a column-major rows x cols matrix; u and vt are null if not wanted. Returns its info.
template <class T>
int64_t iterate(const T *matrix, BlasInt rows, BlasInt cols, Real<T> *s, T *u, BlasInt numLeft, T *vt,
                BlasInt numRight) {
  BlasInt smaller = rows < cols ? rows : cols, lwork = -1, info = 0;
  const char *some = numLeft == rows && numRight == cols ? "A" : "S", *jobU = u ? some : "N", *jobV = vt ? some : "N";
  Scratch<Real<T>> realWork(isComplex<T> ? 5 * int64_t(smaller) : 1);
  auto gesvd = [&](T *a, T *work) {
    if constexpr (isComplex<T>)
      callFortran(lapack<T>()->gesvd, jobU, jobV, &rows, &cols, a, &rows, s, u, &rows, vt, &numRight, work, &lwork,
                  realWork.get(), &info, Length(1), Length(1));
    else
      callFortran(lapack<T>()->gesvd, jobU, jobV, &rows, &cols, a, &rows, s, u, &rows, vt, &numRight, work, &lwork,
                  &info, Length(1), Length(1));
  };
  T query(0);
  gesvd(nullptr, &query);
  lwork = workspaceSize(query, 5 * (rows > cols ? rows : cols));
  Scratch<T> copy(int64_t(rows) * cols), work(lwork);
  if (!realWork || !copy || !work)
    return noMemory;
  memcpy(static_cast<void *>(copy.get()), matrix, sizeof(T) * size_t(rows) * size_t(cols));
  gesvd(copy.get(), work.get());
  for (BlasInt i = 0; i < smaller; ++i)
    if (!isfinite(s[i]))
      return info ? info : 1;
  return info;
}

/// 0, a LAPACK info, or noMemory.
template <class T>
int64_t decompose(const T *matrix, int64_t m, int64_t n, Real<T> *s, T *u, int64_t numU, T *vh, int64_t numV) {
  int64_t failure = divideAndConquer(matrix, m, n, s, u, numU, vh, numV);
  if (failure == 0 || failure == noMemory)
    return failure;
  int64_t info = iterate(matrix, BlasInt(n), BlasInt(m), s, vh, BlasInt(numV), u, BlasInt(numU));
  if (info == 0 || info == noMemory)
    return info;
  int code = jacobiSvd(matrix, n, m, s, vh, numV, u, numU);
  return code == 0 ? 0 : code < 0 ? noMemory : info;
}

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
        for (int64_t i = 0; left && i < m * numU; ++i)
          left[b * m * numU + i] = T(i % (numU + 1) == 0 ? 1 : 0);
        for (int64_t i = 0; right && i < numV * n; ++i)
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
      for (int64_t b = begin; b < end; ++b)
        if (int64_t info = decompose(a + b * m * n, m, n, values + b * smaller, left ? left + b * m * numU : nullptr,
                                     numU, right ? right + b * numV * n : nullptr, numV))
          failure.report(b, info);
    });
    return notConverged(op, failure, 4 * m * n * int64_t(sizeof(T)), status);
  });
}

} // namespace

int32_t tcc_svd(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                TccStatus *status) {
  TCC_CHECK(checkArguments("svd", in, n_in, 1, out, n_out, 3, status, tcc_svd_optional_results));
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
