// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A few columns at a time, so that the vectors are read once for all of them. Complex numbers stay interleaved: the
// products with real and with imaginary parts are summed apart, and parts change places only at the end.
#include "runtime/MatrixVector.h"
#include "runtime/VectorLanes.h"
#include <utility>

namespace tcc::runtime {
namespace {

template <class R, int bytes> TCC_INLINE Vector<R, bytes> swapPairs(Vector<R, bytes> x) {
  return [&]<int... i>(std::integer_sequence<int, i...>) TCC_INLINED {
    return Vector<R, bytes>(__builtin_shufflevector(x, x, (i ^ 1)...));
  }(std::make_integer_sequence<int, LanesOf<R, bytes>::count>());
}

template <class T, int bytes, int count, bool dots, bool adds>
TCC_INLINE void passColumns(const T *a, int64_t ld, int64_t rows, const T *x, T *products, const T *factors, T *y) {
  using R = Real<T>;
  using V = Vector<R, bytes>;
  constexpr int parts = isComplex<T> ? 2 : 1, lanes = LanesOf<R, bytes>::count, imaginary = isComplex<T> ? count : 1;
  const R *columns = reinterpret_cast<const R *>(a), *along = reinterpret_cast<const R *>(x);
  R *to = reinterpret_cast<R *>(y);
  V straight[count] = {}, crossed[imaginary] = {}, re[count] = {}, im[imaginary] = {};
  if constexpr (adds)
    for (int j = 0; j < count; ++j) {
      re[j] = V{} + realOf(factors[j]);
      if constexpr (isComplex<T>)
        im[j] = V{} + factors[j].im;
    }
  for (int64_t i = 0; i < rows * parts; i += lanes) {
    V here = {}, turned = {}, sum = {}, sumTurned = {};
    if constexpr (dots)
      here = vectorAt<R, bytes>(along + i);
    if constexpr (dots && isComplex<T>)
      turned = swapPairs<R, bytes>(here);
    for (int j = 0; j < count; ++j) {
      V column = vectorAt<R, bytes>(columns + j * ld * parts + i);
      if constexpr (dots) {
        straight[j] += column * here;
        if constexpr (isComplex<T>)
          crossed[j] += column * turned;
      }
      if constexpr (adds) {
        sum += column * re[j];
        if constexpr (isComplex<T>)
          sumTurned += column * im[j];
      }
    }
    if constexpr (adds) {
      V &target = vectorAt<R, bytes>(to + i);
      if constexpr (isComplex<T>) {
        V sign;
        for (int l = 0; l < lanes; ++l)
          sign[l] = l % 2 ? R(1) : R(-1);
        sum += swapPairs<R, bytes>(sumTurned) * sign;
      }
      target += sum;
    }
  }
  if constexpr (dots)
    for (int j = 0; j < count; ++j) {
      R real = 0, cross = 0;
      for (int l = 0; l < lanes; ++l) {
        real += straight[j][l];
        // conj(a) x = (a.re x.re + a.im x.im) + i (a.re x.im - a.im x.re)
        if constexpr (isComplex<T>)
          cross += l % 2 ? -crossed[j][l] : crossed[j][l];
      }
      products[j] = complexOf<T>(real, cross);
    }
}

template <class T, bool dots, bool adds>
void pass(const T *a, int64_t ld, int64_t rows, int64_t columns, const T *x, T *products, const T *factors, T *y) {
  vectorised([&]<int bytes>() TCC_INLINED {
    // As many sums and factors as registers allow: 32 of them with 64 bytes, else 16.
    constexpr int count = (bytes == 64 ? 8 : 4) / (isComplex<T> ? 2 : 1);
    auto some = [&](auto number, int64_t j) TCC_INLINED {
      passColumns<T, bytes, decltype(number)::value, dots, adds>(a + j * ld, ld, rows, x, dots ? products + j : nullptr,
                                                                 adds ? factors + j : nullptr, y);
    };
    int64_t j = 0;
    for (; j + count <= columns; j += count)
      some(std::integral_constant<int, count>(), j);
    for (; j + 2 <= columns; j += 2)
      some(std::integral_constant<int, 2>(), j);
    for (; j < columns; ++j)
      some(std::integral_constant<int, 1>(), j);
  });
}

} // namespace

template <class T> void dotColumns(const T *a, int64_t ld, int64_t rows, int64_t columns, const T *x, T *products) {
  pass<T, true, false>(a, ld, rows, columns, x, products, nullptr, nullptr);
}
template <class T> void addColumns(const T *a, int64_t ld, int64_t rows, int64_t columns, const T *factors, T *y) {
  pass<T, false, true>(a, ld, rows, columns, nullptr, nullptr, factors, y);
}
template <class T>
void dotAndAddColumns(const T *a, int64_t ld, int64_t rows, int64_t columns, const T *x, T *products, const T *factors,
                      T *y) {
  pass<T, true, true>(a, ld, rows, columns, x, products, factors, y);
}

#define TCC_MATRIX_VECTOR(T)                                                                                           \
  template void dotColumns(const T *, int64_t, int64_t, int64_t, const T *, T *);                                      \
  template void addColumns(const T *, int64_t, int64_t, int64_t, const T *, T *);                                      \
  template void dotAndAddColumns(const T *, int64_t, int64_t, int64_t, const T *, T *, const T *, T *);
TCC_MATRIX_VECTOR(float)
TCC_MATRIX_VECTOR(double)
TCC_MATRIX_VECTOR(Complex<float>)
TCC_MATRIX_VECTOR(Complex<double>)
#undef TCC_MATRIX_VECTOR

} // namespace tcc::runtime
