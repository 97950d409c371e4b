// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products whose operands stay in the first-level caches: a block of results in vector registers, one column vector of
// b and one broadcast element of a at a time. Each result is one chain along k, so blocking changes no bits.
#ifndef TCC_RUNTIME_SMALLPRODUCT_H
#define TCC_RUNTIME_SMALLPRODUCT_H

#include "runtime/Elements.h"
#include "runtime/Product.h"
#include "runtime/Vectorise.h"

namespace tcc::runtime {

/// Elements of b that fit the buffer into which columns are packed.
inline constexpr int64_t packedElements = 8192;

/// c = a b (c += a b, if `accumulates`) for `rows` x (vectors * lanes) results. For each p < k, b has vectors * lanes
/// elements at offsetOf(p); of complex b the real parts, and the imaginary parts `plane` behind them. c has these
/// columns, too, in full.
template <class T, int bytes, int rows, int vectors, bool accumulates = false, class Offset>
TCC_INLINE void multiplyBlock(int64_t k, const T *a, int64_t rowStride, int64_t colStride, const Real<T> *b,
                              Offset offsetOf, int64_t plane, Real<T> *c, int64_t ldc, int64_t planeOfC) {
  using R = Real<T>;
  constexpr int lanes = bytes / int(sizeof(R));
  typedef R Vector __attribute__((vector_size(bytes), aligned(alignof(R)), may_alias));
  Vector re[rows][vectors] = {}, im[isComplex<T> ? rows : 1][vectors] = {};
  if constexpr (accumulates)
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v) {
        re[r][v] = *reinterpret_cast<const Vector *>(c + r * ldc + v * lanes);
        if constexpr (isComplex<T>)
          im[r][v] = *reinterpret_cast<const Vector *>(c + r * ldc + planeOfC + v * lanes);
      }
  for (int64_t p = 0; p < k; ++p) {
    Vector x[vectors], y[isComplex<T> ? vectors : 1];
    const R *from = b + offsetOf(p);
    for (int v = 0; v < vectors; ++v) {
      x[v] = *reinterpret_cast<const Vector *>(from + v * lanes);
      if constexpr (isComplex<T>)
        y[v] = *reinterpret_cast<const Vector *>(from + plane + v * lanes);
    }
    for (int r = 0; r < rows; ++r) {
      T factor = a[r * rowStride + p * colStride];
      for (int v = 0; v < vectors; ++v) {
        if constexpr (isComplex<T>) {
          re[r][v] += factor.re * x[v];
          re[r][v] -= factor.im * y[v];
          im[r][v] += factor.re * y[v];
          im[r][v] += factor.im * x[v];
        } else {
          re[r][v] += factor * x[v];
        }
      }
    }
  }
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) {
      *reinterpret_cast<Vector *>(c + r * ldc + v * lanes) = re[r][v];
      if constexpr (isComplex<T>)
        *reinterpret_cast<Vector *>(c + r * ldc + planeOfC + v * lanes) = im[r][v];
    }
}

/// `count` <= vectors * lanes columns of all rows.
template <class T, int bytes, int vectors>
TCC_INLINE void multiplyColumns(int64_t m, int64_t count, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c,
                                int64_t ldc, Real<T> *packed) {
  using R = Real<T>;
  constexpr int64_t width = vectors * (bytes / int64_t(sizeof(R)));
  constexpr int rows = isComplex<T> ? 4 : 8;
  const R *columns;
  int64_t ldb, plane = 0;
  if (!isComplex<T> && b.colStride == 1 && count == width) {
    columns = reinterpret_cast<const R *>(b.data);
    ldb = b.rowStride;
  } else {
    constexpr int64_t parts = isComplex<T> ? 2 : 1;
    for (int64_t p = 0; p < k; ++p)
      for (int64_t j = 0; j < width; ++j) {
        T value = j < count ? b.data[p * b.rowStride + j * b.colStride] : T(0);
        if constexpr (isComplex<T>) {
          packed[p * width * 2 + j] = value.re;
          packed[p * width * 2 + width + j] = value.im;
        } else {
          packed[p * width + j] = value;
        }
      }
    columns = packed;
    ldb = width * parts;
    plane = width;
  }
  R block[rows * width * (isComplex<T> ? 2 : 1)];
  bool direct = !isComplex<T> && count == width;
  auto some = [&](auto number, int64_t i) TCC_INLINED {
    constexpr int n = decltype(number)::value;
    const T *from = a.data + i * a.rowStride;
    auto offsetOf = [&](int64_t p) TCC_INLINED { return p * ldb; };
    if (direct)
      return multiplyBlock<T, bytes, n, vectors>(k, from, a.rowStride, a.colStride, columns, offsetOf, plane,
                                                 reinterpret_cast<R *>(c + i * ldc), ldc, 0);
    multiplyBlock<T, bytes, n, vectors>(k, from, a.rowStride, a.colStride, columns, offsetOf, plane, block,
                                        width * (isComplex<T> ? 2 : 1), width);
    for (int64_t r = 0; r < n; ++r)
      for (int64_t j = 0; j < count; ++j)
        if constexpr (isComplex<T>)
          c[(i + r) * ldc + j] = {block[r * width * 2 + j], block[r * width * 2 + width + j]};
        else
          c[(i + r) * ldc + j] = block[r * width + j];
  };
  int64_t i = 0;
  for (; i + rows <= m; i += rows)
    some(std::integral_constant<int, rows>(), i);
  if constexpr (rows > 4)
    for (; i + 4 <= m; i += 4)
      some(std::integral_constant<int, 4>(), i);
  for (; i < m; ++i)
    some(std::integral_constant<int, 1>(), i);
}

/// c = a b, c row-major with ldc, for k <= packedElements / 64.
template <class T, int bytes>
TCC_INLINE void multiplySmall(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c, int64_t ldc,
                              Real<T> *packed) {
  constexpr int64_t lanes = bytes / int64_t(sizeof(Real<T>));
  for (int64_t j = 0; j < n;) {
    int64_t rest = n - j, count;
    MatrixView<T> columns{b.data + j * b.colStride, b.rowStride, b.colStride};
    if (rest > lanes) {
      count = rest < 2 * lanes ? rest : 2 * lanes;
      multiplyColumns<T, bytes, 2>(m, count, k, a, columns, c + j, ldc, packed);
    } else if (rest > lanes / 2 || bytes == 16) {
      count = rest;
      multiplyColumns<T, bytes, 1>(m, count, k, a, columns, c + j, ldc, packed);
    } else if (rest > lanes / 4 || bytes == 32) {
      count = rest;
      multiplyColumns<T, (bytes > 16 ? bytes / 2 : 16), 1>(m, count, k, a, columns, c + j, ldc, packed);
    } else {
      count = rest;
      multiplyColumns<T, 16, 1>(m, count, k, a, columns, c + j, ldc, packed);
    }
    j += count;
  }
}

} // namespace tcc::runtime
#endif
