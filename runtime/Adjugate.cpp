// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_adjugate: the transposed cofactors of square matrices, whose product with the matrix is its determinant. By
// its LU factors where it is far from singular, else from the singular values: adj(u s vh) = det(u) det(vh) v adj(s)
// u^H, in which nothing is divided (Stewart 1998, "On the adjugate matrix").
#include "runtime/JacobiSvd.h"
#include "runtime/SchurForm.h"

using namespace tcc::runtime;

namespace {

/// LU of a column-major matrix in place; the determinant.
template <class T> T determinant(T *a, BlasInt n, BlasInt *pivots) {
  BlasInt info = 0;
  lapack<T>()->getrf(&n, &n, a, &n, pivots, &info);
  T product(1);
  for (int64_t i = 0; i < n; ++i)
    product = (pivots[i] == i + 1 ? product : T(0) - product) * a[i * (int64_t(n) + 1)];
  return product;
}

template <class T> class AdjugateOf {
public:
  explicit AdjugateOf(int64_t n) : n(n) {}
  bool allocate() { return work.resize(n * n) && pivots.resize(n) && seen.resize(n); }
  int64_t bytes() const { return n * n * int64_t(sizeof(T)); }

  int32_t run(const T *a, const T *lu, const int64_t *perm, T *y, const TccTensor &like, TccStatus *status) {
    T det(isOddPermutation(perm, n, seen.get()) ? -1 : 1);
    double least = INFINITY, largest = 0;
    for (int64_t i = 0; i < n; ++i) {
      double pivot = sqrt(squaredNorm(lu[i * (n + 1)]));
      least = fmin(least, pivot), largest = fmax(largest, pivot);
      det = det * lu[i * (n + 1)];
    }
    // The inverse's relative error is eps times the condition, about the pivots' ratio: as small as a solve's.
    double ratio = sizeof(Real<T>) == 8 ? 0x1p-24 : 0x1p-10;
    if (least > largest * ratio && squaredNorm(det) > 0 && isfinite(squaredNorm(det)))
      return invert(lu, perm, det, y);
    return fromSingularValues(a, y, like, status);
  }

private:
  // a y = det I as tcc_lu_solve does it: y^T = (det P)^T L^-T U^-T in Fortran's view of packed factors.
  int32_t invert(const T *lu, const int64_t *perm, T det, T *y) {
    BlasInt order = BlasInt(n);
    const T one(1);
    for (int64_t row = 0; row < n; ++row)
      for (int64_t column = 0; column < n; ++column)
        y[row * n + column] = column == perm[row] ? one : T(0);
    blas<T>()->trsm("R", "U", "N", "U", &order, &order, &one, lu, &order, y, &order, 1, 1, 1, 1);
    blas<T>()->trsm("R", "L", "N", "N", &order, &order, &det, lu, &order, y, &order, 1, 1, 1, 1);
    return TCC_OK;
  }

  int32_t fromSingularValues(const T *a, T *y, const TccTensor &like, TccStatus *status) {
    Scratch<T> u(n * n), vh(n * n);
    Scratch<Real<T>> s(n);
    if (!u || !vh || !s)
      return outOfMemory(status, "gradient of det", bytes());
    int64_t shape[2] = {n, n}, full = 0;
    int32_t real = realDtype(like.dtype);
    TccTensor in = {const_cast<T *>(a), like.dtype, 2, shape};
    TccTensor out[3] = {{u.get(), like.dtype, 2, shape}, {s.get(), real, 1, shape}, {vh.get(), like.dtype, 2, shape}};
    TCC_CHECK(tcc_svd(&in, 1, out, 3, &full, status));
    BlasInt order = BlasInt(n);
    multiplyInto(work.get(), "N", vh.get(), "N", u.get(), order, order, order);
    T phase = determinant(work.get(), order, pivots.get());
    for (int64_t i = 0; i < n; ++i) {
      double others = 1;
      for (int64_t k = 0; k < n; ++k)
        others *= k == i ? 1.0 : double(s[k]);
      T factor = phase * T(Real<T>(others));
      for (int64_t r = 0; r < n; ++r)
        vh[i * n + r] = conjugate(vh[i * n + r]) * factor;
    }
    for (int64_t i = 0; i < n * n; ++i)
      u[i] = conjugate(u[i]);
    // The result's transpose is conj(u) (phase adj(s) conj(vh)), both factors seen transposed.
    const T one(1), zero(0);
    blas<T>()->gemm("T", "T", &order, &order, &order, &one, u.get(), &order, vh.get(), &order, &zero, y, &order, 1, 1);
    return TCC_OK;
  }

  int64_t n;
  Scratch<T> work;
  Scratch<BlasInt> pivots;
  Scratch<uint8_t> seen;
};

} // namespace

int32_t tcc_adjugate(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                     TccStatus *status) {
  const char *op = "gradient of det";
  TCC_CHECK(checkArguments(op, in, n_in, 3, out, n_out, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch(op, in[0], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult(op, "factors", in[1], in[0].dtype, matrices, 2, n, n, status));
  TCC_CHECK(checkPermutation(op, in[2], matrices, status));
  TCC_CHECK(checkResult(op, "result", out[0], in[0].dtype, matrices, 2, n, n, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    if (!lapack<T>())
      return noLibrary(op, "LAPACK", status);
    const T *a = static_cast<const T *>(in[0].data), *lu = static_cast<const T *>(in[1].data);
    const int64_t *perm = static_cast<const int64_t *>(in[2].data);
    T *y = static_cast<T *>(out[0].data);
    BatchFailure failure;
    forEachMatrix(matrices.batch, 3.0 * double(n) * n * n, [&](int64_t begin, int64_t end) {
      AdjugateOf<T> adjugate(n);
      if (!adjugate.allocate())
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        TccStatus local;
        if (int32_t code = adjugate.run(a + b * n * n, lu + b * n * n, perm + b * n, y + b * n * n, in[0], &local))
          failure.report(b, code == TCC_ERROR_MEMORY ? noMemory : code);
      }
    });
    if (!failure.any())
      return TCC_OK;
    if (failure.info() == noMemory)
      return outOfMemory(status, op, AdjugateOf<T>(n).bytes());
    return fail(status, int32_t(failure.info()), "[%s] the singular values did not converge (batch index %lld)", op,
                (long long)failure.index());
  });
}
