// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LAPACK's Schur decomposition with its work arrays, and products of column-major matrices: what the matrix equations
// and the functions of matrices are made of.
#ifndef TCC_RUNTIME_SCHURFORM_H
#define TCC_RUNTIME_SCHURFORM_H

#include "runtime/Decompose.h"

namespace tcc::runtime {

/// a = u s u^H of one column-major matrix after another; s is quasi-triangular for real T.
template <class T> class SchurForm {
public:
  explicit SchurForm(BlasInt n, bool hasVectors = true) : job(hasVectors ? "V" : "N"), n(n) {
    T query(0);
    Real<T> realQuery;
    lwork = -1;
    gees(nullptr, nullptr, nullptr, nullptr, &query, &realQuery);
    lwork = workspaceSize(query, 3 * n);
  }
  bool allocate() { return values.resize(n) && imaginary.resize(n) && realWork.resize(n) && work.resize(lwork); }
  int64_t bytes() const { return (int64_t(lwork) + 3 * int64_t(n)) * int64_t(sizeof(T)); }
  /// s replaces the matrix; u is not used without vectors. Returns LAPACK's info.
  int64_t run(T *matrix, T *u) { return gees(matrix, values.get(), imaginary.get(), u, work.get(), realWork.get()); }

private:
  BlasInt gees(T *a, T *w, T *wi, T *u, T *space, Real<T> *realSpace) {
    BlasInt info = 0, selected = 0;
    BlasInt leading = n > 0 ? n : 1;
    void *none = nullptr;
    if constexpr (isComplex<T>)
      callFortran(lapack<T>()->gees, job, "N", none, &n, a, &leading, &selected, w, u, &leading, space, &lwork,
                  realSpace, static_cast<BlasInt *>(nullptr), &info, Length(1), Length(1));
    else
      callFortran(lapack<T>()->gees, job, "N", none, &n, a, &leading, &selected, w, wi, u, &leading, space, &lwork,
                  static_cast<BlasInt *>(nullptr), &info, Length(1), Length(1));
    return info;
  }

  const char *job;
  BlasInt n, lwork;
  Scratch<T> values, imaginary, work;
  Scratch<Real<T>> realWork;
};

/// c = op(a) op(b) of column-major matrices, c of m x n; "N" or "C" say which.
template <class T>
inline void multiplyInto(T *c, const char *opA, const T *a, const char *opB, const T *b, BlasInt m, BlasInt n,
                         BlasInt k) {
  const T one(1), zero(0);
  BlasInt lda = *opA == 'N' ? m : k, ldb = *opB == 'N' ? k : n;
  blas<T>()->gemm(opA, opB, &m, &n, &k, &one, a, &lda, b, &ldb, &zero, c, &m, 1, 1);
}

/// x / y of complex numbers by Smith 1962: no square overflows.
template <class C> inline C quotient(C x, C y) {
  Real<C> re = y.re < 0 ? -y.re : y.re, im = y.im < 0 ? -y.im : y.im;
  bool swap = re < im;
  Real<C> large = swap ? y.im : y.re, small = swap ? y.re : y.im, ratio = small / large, scale = large + small * ratio;
  if (swap)
    return {(x.re * ratio + x.im) / scale, (x.im * ratio - x.re) / scale};
  return {(x.re + x.im * ratio) / scale, (x.im - x.re * ratio) / scale};
}

} // namespace tcc::runtime
#endif
