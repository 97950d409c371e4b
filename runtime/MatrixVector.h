// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of a column-major matrix with a vector from either side, in one pass over the matrix where both are wanted:
// what reductions to condensed form (tridiagonal, bidiagonal) spend their time in.
#ifndef TCC_RUNTIME_MATRIXVECTOR_H
#define TCC_RUNTIME_MATRIXVECTOR_H

#include "runtime/Elements.h"
#include <stdint.h>

namespace tcc::runtime {

template <class T> inline T complexOf(Real<T> re, Real<T> im) {
  if constexpr (isComplex<T>)
    return {re, im};
  else
    return re;
}
template <class T> inline Real<T> realOf(T x) {
  if constexpr (isComplex<T>)
    return x.re;
  else
    return x;
}
template <class T> inline Real<T> imaginaryOf(T x) {
  if constexpr (isComplex<T>)
    return x.im;
  else
    return 0;
}
template <class T> inline Real<T> squareOf(T x) { return realOf(x) * realOf(x) + imaginaryOf(x) * imaginaryOf(x); }

/// Numbers of rows and columns are multiples of this and columns begin at multiples of 64 bytes: callers pad by zeros.
template <class T> inline constexpr int64_t rowsAtOnce = 64 / sizeof(T);
template <class T> inline int64_t paddedRows(int64_t n) {
  return (n + rowsAtOnce<T> - 1) / rowsAtOnce<T> * rowsAtOnce<T>;
}
/// A leading dimension for `n` rows: columns a multiple of 4096 bytes apart would share few lines of the caches.
template <class T> inline int64_t paddedLeading(int64_t n) {
  int64_t ld = paddedRows<T>(n);
  return ld * int64_t(sizeof(T)) % 1024 == 0 ? ld + rowsAtOnce<T> : ld;
}

/// products[j] = sum_i conj(a[i + j ld]) x[i]. Here and below any number of columns.
template <class T> void dotColumns(const T *a, int64_t ld, int64_t rows, int64_t columns, const T *x, T *products);
/// y[i] += sum_j a[i + j ld] factors[j].
template <class T> void addColumns(const T *a, int64_t ld, int64_t rows, int64_t columns, const T *factors, T *y);
/// Both.
template <class T>
void dotAndAddColumns(const T *a, int64_t ld, int64_t rows, int64_t columns, const T *x, T *products, const T *factors,
                      T *y);

} // namespace tcc::runtime
#endif
