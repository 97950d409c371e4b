// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the vector code of panels shares: parts of numbers, powers of two, and products whose results stay in registers.
// Complex numbers lie as pairs; a factor's imaginary part multiplies i times a vector.
#ifndef TCC_RUNTIME_PANELARITHMETIC_H
#define TCC_RUNTIME_PANELARITHMETIC_H

#include "runtime/Elements.h"
#include "runtime/VectorLanes.h"
#include <math.h>
#include <utility>

namespace tcc::runtime {

template <class T> TCC_INLINE const Real<T> *numbers(const T *x) { return reinterpret_cast<const Real<T> *>(x); }
template <class T> TCC_INLINE Real<T> *numbers(T *x) { return reinterpret_cast<Real<T> *>(x); }
template <class R> TCC_INLINE R partOf(R x, int) { return x; }
template <class R> TCC_INLINE R partOf(Complex<R> x, int part) { return part ? x.im : x.re; }
/// As LAPACK compares complex numbers.
template <class R> TCC_INLINE R sizeOf(R x) { return R(fabs(x)); }
template <class R> TCC_INLINE R sizeOf(Complex<R> x) { return R(fabs(x.re) + fabs(x.im)); }
template <class T> T timesPowerOfTwo(T x, int exponent) {
  if constexpr (isComplex<T>)
    return T(Real<T>(scalbn(x.re, exponent)), Real<T>(scalbn(x.im, exponent)));
  else
    return T(scalbn(x, exponent));
}
/// Of a number whose square is in range.
template <class T> T reciprocal(T x) {
  if constexpr (isComplex<T>) {
    Real<T> square = x.re * x.re + x.im * x.im;
    return T(x.re / square, -x.im / square);
  } else {
    return 1 / x;
  }
}

/// Vectors of numbers as the code of one instruction set sees them.
template <class T, int bytes> struct PanelLanes {
  using R = Real<T>;
  using V = Vector<R, bytes>;
  static constexpr int parts = isComplex<T> ? 2 : 1, lanes = bytes / int(sizeof(R)), columns = lanes / parts;
  /// Results in registers beside what they are made of.
  static constexpr int rows = bytes == 64 ? 8 : 4;

  template <size_t... l> TCC_INLINE static V turn(V x, std::index_sequence<l...>) {
    const V signs = {(l & 1 ? R(1) : R(-1))...};
    return __builtin_shufflevector(x, x, int(l ^ 1)...) * signs;
  }
  /// x and, if numbers are complex, i x.
  TCC_INLINE static void split(V x, V (&values)[parts]) {
    values[0] = x;
    if constexpr (parts == 2)
      values[1] = turn(x, std::make_index_sequence<size_t(lanes)>());
  }
  TCC_INLINE static void subtract(V &from, T factor, const V (&x)[parts]) {
    for (int part = 0; part < parts; ++part)
      from -= partOf(factor, part) * x[part];
  }
  /// sums -= a x for k columns of a and rows of x.
  template <int rows, int vectors>
  TCC_INLINE static void subtractProduct(V (&sums)[rows][vectors], int64_t k, const T *a, int64_t lda, const T *x,
                                         int64_t ldx) {
    auto step = [&](int offset) TCC_INLINED {
      V values[vectors][parts];
      for (int v = 0; v < vectors; ++v)
        split(vectorAt<R, bytes>(numbers(x + offset * ldx) + v * lanes), values[v]);
      for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v)
          subtract(sums[r][v], a[r * lda + offset], values[v]);
    };
    // Four at a time: arithmetic on addresses would take the places of multiplications.
    constexpr int unrolled = 4;
    for (int64_t j = 0; j < k / unrolled; ++j, a += unrolled, x += unrolled * ldx)
      for (int offset = 0; offset < unrolled; ++offset)
        step(offset);
    for (int offset = 0; offset < k % unrolled; ++offset)
      step(offset);
  }
  template <int rows, int vectors> TCC_INLINE static void load(V (&sums)[rows][vectors], const T *x, int64_t ldx) {
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v)
        sums[r][v] = vectorAt<R, bytes>(numbers(x + r * ldx) + v * lanes);
  }
  template <int rows, int vectors> TCC_INLINE static void store(const V (&sums)[rows][vectors], T *x, int64_t ldx) {
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v)
        vectorAt<R, bytes>(numbers(x + r * ldx) + v * lanes) = sums[r][v];
  }
  /// c -= a x for any number of rows of c, which is one cache line wide; k columns of a.
  TCC_INLINE static void subtractLine(int64_t rows, int64_t k, const T *a, int64_t lda, const T *x, int64_t ldx, T *c,
                                      int64_t ldc) {
    constexpr int many = PanelLanes::rows;
    int64_t i = 0;
    auto update = [&](auto count) TCC_INLINED {
      V sums[decltype(count)::value][64 / bytes];
      load(sums, c + i * ldc, ldc);
      subtractProduct(sums, k, a + i * lda, lda, x, ldx);
      store(sums, c + i * ldc, ldc);
      i += decltype(count)::value;
    };
    while (i + many <= rows)
      update(std::integral_constant<int, many>());
    while (i < rows)
      update(std::integral_constant<int, 1>());
  }
};

} // namespace tcc::runtime
#endif
