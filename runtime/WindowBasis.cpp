// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products in place: what is overwritten is copied first, in tiles that stay in the first-level cache.
#include "runtime/WindowBasis.h"
#include "runtime/SmallProduct.h"
#include "runtime/Threads.h"

namespace tcc::runtime {
namespace {

/// Products that run at once: rows, and vectors of columns.
template <class T, int bytes> inline constexpr int rowsInRegisters = (bytes == 64 ? 8 : 4) / (isComplex<T> ? 2 : 1);
constexpr int vectorsAtOnce = 2;
template <class T, int bytes>
inline constexpr int64_t columnsAtOnce = vectorsAtOnce * (bytes / int64_t(sizeof(Real<T>)));
/// Of any vector length.
template <class T> inline constexpr int64_t mostColumnsAtOnce = columnsAtOnce<T, 64>;

/// Real parts of a row of `count` numbers, and behind `width` of them the imaginary ones; zeros up to `width`.
template <class T> TCC_INLINE void splitRow(const T *from, int64_t count, int64_t width, Real<T> *to) {
  if constexpr (isComplex<T>) {
    for (int64_t j = 0; j < count; ++j)
      to[j] = from[j].re, to[width + j] = from[j].im;
    for (int64_t j = count; j < width; ++j)
      to[j] = to[width + j] = 0;
  } else {
    for (int64_t j = 0; j < count; ++j)
      to[j] = from[j];
    for (int64_t j = count; j < width; ++j)
      to[j] = 0;
  }
}
template <class T> TCC_INLINE void joinRow(const Real<T> *from, int64_t count, int64_t width, T *to) {
  for (int64_t j = 0; j < count; ++j)
    if constexpr (isComplex<T>)
      to[j] = {from[j], from[width + j]};
    else
      to[j] = from[j];
}

/// c (m x `count` <= columnsAtOnce) = a b, with b in rows of split numbers.
template <class T, int bytes>
TCC_INLINE void multiplyTile(int64_t m, int64_t count, int64_t k, const T *a, int64_t lda, const Real<T> *b, T *c,
                             int64_t ldc) {
  using R = Real<T>;
  constexpr int64_t parts = isComplex<T> ? 2 : 1, width = columnsAtOnce<T, bytes>;
  constexpr int most = rowsInRegisters<T, bytes>;
  R block[most * width * parts];
  auto some = [&](auto number, int64_t i) TCC_INLINED {
    constexpr int rows = decltype(number)::value;
    multiplyBlock<T, bytes, rows, vectorsAtOnce>(
        k, a + i * lda, lda, 1, b, [&](int64_t p) TCC_INLINED { return p * width * parts; }, width, block,
        width * parts, width);
    for (int r = 0; r < rows; ++r)
      joinRow(block + r * width * parts, count, width, c + (i + r) * ldc);
  };
  int64_t i = 0;
  for (; i + most <= m; i += most)
    some(std::integral_constant<int, most>(), i);
  if constexpr (most > 2)
    for (; i + 2 <= m; i += 2)
      some(std::integral_constant<int, 2>(), i);
  for (; i < m; ++i)
    some(std::integral_constant<int, 1>(), i);
}

/// rows = a rows for square a, of `size` rows.
template <class T> void multiplyRows(const T *a, int64_t lda, int64_t size, T *rows, int64_t ld, int64_t columns) {
  constexpr int64_t parts = isComplex<T> ? 2 : 1;
  alignas(64) Real<T> tile[mostWindowRows * columnsAtOnce<T, 64> * parts];
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int64_t width = columnsAtOnce<T, bytes>;
    for (int64_t j = 0; j < columns; j += width) {
      const int64_t count = columns - j < width ? columns - j : width;
      for (int64_t k = 0; k < size; ++k)
        splitRow(rows + k * ld + j, count, width, tile + k * width * parts);
      multiplyTile<T, bytes>(size, count, size, a, lda, tile, rows + j, ld);
    }
  });
}

/// Columns = columns b for square b in tiles of columns.
template <class T> void multiplyColumns(T *columns, int64_t ld, int64_t rows, const Real<T> *b, int64_t size) {
  constexpr int64_t parts = isComplex<T> ? 2 : 1, atOnce = 8;
  T copy[atOnce * mostWindowRows];
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int64_t width = columnsAtOnce<T, bytes>;
    for (int64_t i = 0; i < rows; i += atOnce) {
      const int64_t some = rows - i < atOnce ? rows - i : atOnce;
      for (int64_t r = 0; r < some; ++r)
        memcpy(static_cast<void *>(copy + r * size), columns + (i + r) * ld, size_t(size) * sizeof(T));
      for (int64_t j = 0; j < size; j += width)
        multiplyTile<T, bytes>(some, size - j < width ? size - j : width, size, copy, size, b + j * size * parts,
                               columns + i * ld + j, ld);
    }
  });
}

} // namespace

template <class T> bool WindowBasis<T>::allocate(int64_t most) {
  constexpr int64_t width = columnsAtOnce<T, 64>;
  return adjoint.resize(most * most) &&
         packed.resize(most * ((most + width - 1) / width * width) * (isComplex<T> ? 2 : 1));
}

template <class T>
void WindowBasis<T>::apply(const HessenbergProblem<T> &problem, int64_t first, int64_t top, int64_t right,
                           const T *transpose, int64_t ld, int64_t size) {
  constexpr int64_t parts = isComplex<T> ? 2 : 1;
  const int64_t end = first + size;
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j)
      adjoint[i * size + j] = conjugate(transpose[i * ld + j]);
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int64_t width = columnsAtOnce<T, bytes>;
    T row[width];
    for (int64_t j = 0; j < size; j += width)
      for (int64_t k = 0; k < size; ++k) {
        for (int64_t c = 0; c < width; ++c)
          row[c] = j + c < size ? transpose[(j + c) * ld + k] : T(0);
        splitRow(row, width, width, packed.get() + (j * size + k * width) * parts);
      }
  });
  const int64_t across = right > end ? right - end : 0, above = first - top, basis = problem.zt ? problem.zRows : 0;
  constexpr int64_t side = 64;
  const int64_t tilesAcross = (across + side - 1) / side, tilesAbove = (above + side - 1) / side,
                tilesOfBasis = (basis + side - 1) / side;
  const double nanoseconds =
      double(size) * double(size) * double(side) * double(sizeof(T)) * (isComplex<T> ? 0.012 : 0.006);
  const double grain = 4000 / (nanoseconds > 1 ? nanoseconds : 1);
  parallelFor(tilesAcross + tilesAbove + tilesOfBasis, grain < 1 ? 1 : int64_t(grain), [&](int64_t from, int64_t to) {
    auto extent = [&](int64_t tile, int64_t all) { return all - tile * side < side ? all - tile * side : side; };
    for (int64_t t = from; t < to; ++t)
      if (t < tilesAcross)
        multiplyRows(adjoint.get(), size, size, problem.h + first * problem.ld + end + t * side, problem.ld,
                     extent(t, across));
      else if (int64_t a = t - tilesAcross; a < tilesAbove)
        multiplyColumns(problem.h + (top + a * side) * problem.ld + first, problem.ld, extent(a, above), packed.get(),
                        size);
      else
        multiplyRows(transpose, ld, size, problem.zt + first * problem.ldz + (a - tilesAbove) * side, problem.ldz,
                     extent(a - tilesAbove, basis));
  });
}

template class WindowBasis<float>;
template class WindowBasis<double>;
template class WindowBasis<Complex<float>>;
template class WindowBasis<Complex<double>>;

} // namespace tcc::runtime
