// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_adjugate, the transposed cofactors of square matrices, whose product with the matrix is its determinant, and
// tcc_adjugate_tangent, their derivative. By LU factors of what is far from singular, else from the singular values:
// adj(u s vh) = det(u) det(vh) v adj(s) u^H, in which nothing is divided (Stewart 1998, "On the adjugate matrix").
#include "runtime/JacobiSvd.h"
#include "runtime/RowProduct.h"
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

/// A number whose exponent has room for products of many.
struct WideNumber {
  double mantissa = 1;
  int64_t exponent = 0;
  WideNumber operator*(double x) const {
    int shift = 0;
    double product = frexp(mantissa * x, &shift);
    return {product, exponent + shift};
  }
  WideNumber operator/(double x) const {
    int shift = 0;
    WideNumber ratio = *this * (1 / frexp(x, &shift));
    ratio.exponent -= shift;
    return ratio;
  }
  double value() const { return ldexp(mantissa, int(exponent < -4000 ? -4000 : exponent > 4000 ? 4000 : exponent)); }
};

template <class T> class AdjugateOf {
public:
  AdjugateOf(int64_t n, int32_t dtype) : n(n), dtype(dtype) {}
  bool allocate() { return work.resize(n * n) && pivots.resize(n) && seen.resize(n); }
  int64_t bytes() const { return 4 * n * n * int64_t(sizeof(T)); }

  /// y = adj(a), or with e its derivative along e.
  int32_t run(const T *a, const T *lu, const int64_t *perm, const T *e, T *y, TccStatus *status) {
    T det(isOddPermutation(perm, n, seen.get()) ? -1 : 1);
    double least = INFINITY, largest = 0;
    for (int64_t i = 0; i < n; ++i) {
      double pivot = sqrt(squaredNorm(lu[i * (n + 1)]));
      least = fmin(least, pivot), largest = fmax(largest, pivot);
      det = det * lu[i * (n + 1)];
    }
    // The inverse's relative error is eps times the condition, about the pivots' ratio: as small as a solve's.
    double ratio = sizeof(Real<T>) == 8 ? 0x1p-24 : 0x1p-10;
    if (least > largest * ratio && squaredNorm(det) > 0 && isfinite(squaredNorm(det))) {
      invert(lu, perm, e ? T(1) : det, y);
      return e ? tangentOfRegular(e, det, y, status) : int32_t(TCC_OK);
    }
    return fromSingularValues(a, e, y, status);
  }

private:
  // a y = det I as tcc_lu_solve does it: y^T = (det P)^T L^-T U^-T in Fortran's view of packed factors.
  void invert(const T *lu, const int64_t *perm, T det, T *y) {
    BlasInt order = BlasInt(n);
    const T one(1);
    for (int64_t row = 0; row < n; ++row)
      for (int64_t column = 0; column < n; ++column)
        y[row * n + column] = column == perm[row] ? one : T(0);
    blas<T>()->trsm("R", "U", "N", "U", &order, &order, &one, lu, &order, y, &order, 1, 1, 1, 1);
    blas<T>()->trsm("R", "L", "N", "N", &order, &order, &det, lu, &order, y, &order, 1, 1, 1, 1);
  }

  /// With x = a^-1, in y: det (tr(x e) x - x e x).
  int32_t tangentOfRegular(const T *e, T det, T *y, TccStatus *status) {
    Scratch<T> inverse(n * n);
    if (!inverse)
      return outOfMemory(status, "second derivative of det", bytes());
    memcpy(static_cast<void *>(inverse.get()), y, size_t(n * n) * sizeof(T));
    RowBlock<T> x{inverse.get(), n};
    addProduct<T>(n, n, n, T(1), x, {e, n}, T(0), work.get(), n);
    T trace(0);
    for (int64_t i = 0; i < n; ++i)
      trace = trace + work[i * (n + 1)];
    for (int64_t i = 0; i < n * n; ++i)
      y[i] = inverse[i] * (trace * det);
    addProduct<T>(n, n, n, T(0) - det, {work.get(), n}, x, T(1), y, n);
    return TCC_OK;
  }

  int32_t fromSingularValues(const T *a, const T *e, T *y, TccStatus *status) {
    Scratch<T> u(n * n), vh(n * n), inner(e ? n * n : 1);
    Scratch<Real<T>> s(n);
    if (!u || !vh || !s || !inner)
      return outOfMemory(status, "gradient of det", bytes());
    int64_t shape[2] = {n, n}, full = 0;
    TccTensor in = {const_cast<T *>(a), dtype, 2, shape};
    TccTensor out[3] = {{u.get(), dtype, 2, shape}, {s.get(), realDtype(dtype), 1, shape}, {vh.get(), dtype, 2, shape}};
    TCC_CHECK(tcc_svd(&in, 1, out, 3, &full, status));
    RowBlock<T> left{u.get(), n, true}, right{vh.get(), n, true};
    addProduct<T>(n, n, n, T(1), {u.get(), n}, {vh.get(), n}, T(0), work.get(), n);
    T phase = determinant(work.get(), BlasInt(n), pivots.get());
    if (e) {
      addProduct<T>(n, n, n, T(1), left, {e, n}, T(0), work.get(), n);
      addProduct<T>(n, n, n, T(1), {work.get(), n}, right, T(0), inner.get(), n);
      differentiateDiagonal(s.get(), inner.get());
      addProduct<T>(n, n, n, phase, right, {inner.get(), n}, T(0), work.get(), n);
      addProduct<T>(n, n, n, T(1), {work.get(), n}, left, T(0), y, n);
      return TCC_OK;
    }
    // v adj(s): row i of vh times the product of the other values, seen adjoint.
    for (int64_t i = 0; i < n; ++i) {
      WideNumber others;
      for (int64_t k = 0; k < n; ++k)
        others = others * (k == i ? 1.0 : double(s[k]));
      T factor = conjugate(phase * T(Real<T>(others.value())));
      for (int64_t r = 0; r < n; ++r)
        vh[i * n + r] = vh[i * n + r] * factor;
    }
    addProduct<T>(n, n, n, T(1), right, left, T(0), y, n);
    return TCC_OK;
  }

  /// The derivative of adj(diag(s)) along e, in place of e, s descending. With p_ij the product of all values but s_i
  /// and s_j it is -p_ij e_ij off the diagonal, and on it the sum over k of p_ik e_kk. Only the two smallest values are
  /// left out of products, the others divided by: where one of those is zero, all p are.
  void differentiateDiagonal(const Real<T> *s, T *e) {
    WideNumber most;
    for (int64_t i = 0; i + 2 < n; ++i)
      most = most * double(s[i]);
    auto without = [&](int64_t i, int64_t j) {
      WideNumber p = most;
      for (int64_t k : {n - 2, n - 1})
        if (k != i && k != j)
          p = p * double(s[k]);
      for (int64_t k : {i, j})
        if (k < n - 2 && s[k] > 0)
          p = p / double(s[k]);
      return T(Real<T>(p.value()));
    };
    for (int64_t i = 0; i < n; ++i)
      work[i] = T(0);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        if (i == j)
          continue;
        T p = without(i, j);
        work[i] = work[i] + p * e[j * (n + 1)];
        e[i * n + j] = T(0) - p * e[i * n + j];
      }
    for (int64_t i = 0; i < n; ++i)
      e[i * (n + 1)] = work[i];
  }

  int64_t n;
  int32_t dtype;
  Scratch<T> work;
  Scratch<BlasInt> pivots;
  Scratch<uint8_t> seen;
};

/// in: the matrices, their factors and permutations, and for the derivative a direction.
int32_t adjugate(const char *op, const TccTensor *in, int32_t numIn, bool isTangent, const TccTensor *out,
                 int32_t numOut, TccStatus *status) {
  TCC_CHECK(checkArguments(op, in, numIn, isTangent ? 4 : 3, out, numOut, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch(op, in[0], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult(op, "factors", in[1], in[0].dtype, matrices, 2, n, n, status));
  TCC_CHECK(checkPermutation(op, in[2], matrices, status));
  if (isTangent)
    TCC_CHECK(checkResult(op, "direction", in[3], in[0].dtype, matrices, 2, n, n, status));
  TCC_CHECK(checkResult(op, "result", out[0], in[0].dtype, matrices, 2, n, n, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    if (!lapack<T>())
      return noLibrary(op, "LAPACK", status);
    const T *a = static_cast<const T *>(in[0].data), *lu = static_cast<const T *>(in[1].data),
            *e = isTangent ? static_cast<const T *>(in[3].data) : nullptr;
    const int64_t *perm = static_cast<const int64_t *>(in[2].data);
    T *y = static_cast<T *>(out[0].data);
    BatchFailure failure;
    forEachMatrix(matrices.batch, (isTangent ? 6.0 : 3.0) * double(n) * n * n, [&](int64_t begin, int64_t end) {
      AdjugateOf<T> adjugate(n, in[0].dtype);
      if (!adjugate.allocate())
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        TccStatus local;
        if (int32_t code = adjugate.run(a + b * n * n, lu + b * n * n, perm + b * n, e ? e + b * n * n : nullptr,
                                        y + b * n * n, &local))
          failure.report(b, code == TCC_ERROR_MEMORY ? noMemory : code);
      }
    });
    if (!failure.any())
      return TCC_OK;
    if (failure.info() == noMemory)
      return outOfMemory(status, op, AdjugateOf<T>(n, in[0].dtype).bytes());
    return fail(status, int32_t(failure.info()), "[%s] the singular values did not converge (batch index %lld)", op,
                (long long)failure.index());
  });
}

} // namespace

int32_t tcc_adjugate(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                     TccStatus *status) {
  return adjugate("gradient of det", in, n_in, /*isTangent=*/false, out, n_out, status);
}

int32_t tcc_adjugate_tangent(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                             TccStatus *status) {
  return adjugate("second derivative of det", in, n_in, /*isTangent=*/true, out, n_out, status);
}
