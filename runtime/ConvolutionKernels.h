// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The inner loops of a convolution: tiles of results in registers, and panels of a few columns of the windows' matrix.
#ifndef TCC_RUNTIME_CONVOLUTIONKERNELS_H
#define TCC_RUNTIME_CONVOLUTIONKERNELS_H

#include "runtime/SmallProduct.h"
#include "runtime/Vectorise.h"

namespace tcc::runtime {

/// The registers of a tile: rows x vectors of results, beside a row of b and an element of a.
template <class T, int bytes> struct Tile {
  static constexpr int lanes = bytes / int(sizeof(Real<T>));
  static constexpr bool isWide = bytes == 64 && !std::is_integral_v<T>;
  static constexpr int rows = isWide && !isComplex<T> ? 8 : isWide || !isComplex<T> ? 4 : 2;
  static constexpr int vectors = isComplex<T> && !isWide ? 2 : std::is_integral_v<T> ? 2 : 3;
  static constexpr int64_t width = vectors * lanes;
};
/// The widest of them.
inline constexpr int64_t maxTileWidth = 128;
template <class T> int64_t tileWidth() {
  int64_t width = 0;
  vectorised([&]<int bytes>() TCC_INLINED { width = Tile<T, bytes>::width; });
  return width;
}

/// c += a b for `count` rows, as many at a time as there are registers for. Row p of b lies at at[p].
template <class T, int bytes, int rows, int vectors>
TCC_INLINE void multiplyRows(int64_t count, int64_t k, const T *a, int64_t rowStride, const Real<T> *b,
                             const int64_t *at, int64_t plane, Real<T> *c, int64_t ldc, int64_t planeOfC) {
  auto offsetOf = [at](int64_t p) TCC_INLINED { return at[p]; };
  for (; count >= rows; count -= rows, a += rows * rowStride, c += rows * ldc)
    multiplyBlock<T, bytes, rows, vectors, true>(k, a, rowStride, 1, b, offsetOf, plane, c, ldc, planeOfC);
  if constexpr (rows > 1)
    multiplyRows<T, bytes, 1, vectors>(count, k, a, rowStride, b, at, plane, c, ldc, planeOfC);
}

/// The same for `columns` columns rounded up to a vector or a tile.
template <class T>
void multiplyColumns(int64_t columns, int64_t count, int64_t k, const T *a, int64_t rowStride, const Real<T> *b,
                     const int64_t *at, int64_t plane, Real<T> *c, int64_t ldc, int64_t planeOfC) {
  vectorised([&]<int bytes>() TCC_INLINED {
    using Registers = Tile<T, bytes>;
    if (columns > Registers::lanes)
      multiplyRows<T, bytes, Registers::rows, Registers::vectors>(count, k, a, rowStride, b, at, plane, c, ldc,
                                                                  planeOfC);
    else
      multiplyRows<T, bytes, Registers::rows, 1>(count, k, a, rowStride, b, at, plane, c, ldc, planeOfC);
  });
}

/// A run of columns of a panel: where their elements begin.
template <class R> struct Segment {
  const R *from;
  int64_t column, count;
};

/// Row p < rows of a panel is to[p * ld ..] and has the elements at[p] behind the segments' beginnings. May read and
/// write up to a vector beyond a segment, if `mayOverrun`.
template <class R, int bytes>
TCC_INLINE void packRuns(const Segment<R> *segments, int64_t numSegments, const int64_t *at, int64_t rows, R *to,
                         int64_t ld, bool mayOverrun) {
  constexpr int64_t lanes = bytes / int64_t(sizeof(R));
  typedef R Vector __attribute__((vector_size(bytes), aligned(alignof(R)), may_alias));
  for (int64_t p = 0; p < rows; ++p, to += ld)
    for (int64_t s = 0; s < numSegments; ++s) {
      const R *from = segments[s].from + at[p];
      R *run = to + segments[s].column;
      int64_t i = 0, count = segments[s].count;
      if (mayOverrun) {
        // What is written too much belongs to segments and rows that come later.
        for (; i < count; i += lanes)
          *reinterpret_cast<Vector *>(run + i) = *reinterpret_cast<const Vector *>(from + i);
        continue;
      }
      for (; i + lanes <= count; i += lanes)
        *reinterpret_cast<Vector *>(run + i) = *reinterpret_cast<const Vector *>(from + i);
      for (; i < count; ++i)
        run[i] = from[i];
    }
}

/// Swaps blocks of `half` x `half` elements across the diagonal, then inside them.
template <class R, int lanes, int half, class Vector> TCC_INLINE void transposeBlocks(Vector (&rows)[lanes]) {
  if constexpr (half > 0) {
    auto swap = [&]<int... l>(Vector &a, Vector &b, std::integer_sequence<int, l...>) TCC_INLINED {
      Vector low = __builtin_shufflevector(a, b, (l & half ? lanes + l - half : l)...);
      b = __builtin_shufflevector(a, b, (l & half ? lanes + l : l + half)...);
      a = low;
    };
    for (int r = 0; r < lanes; ++r)
      if (!(r & half))
        swap(rows[r], rows[r + half], std::make_integer_sequence<int, lanes>());
    transposeBlocks<R, lanes, half / 2>(rows);
  }
}

/// The same for short segments, where rows that follow each other lie behind each other in memory: by squares of a
/// vector's length. sources: where each column begins.
template <class R, int bytes>
TCC_INLINE void packTransposed(const R *const *sources, int64_t columns, const int64_t *at, int64_t rows, R *to,
                               int64_t ld) {
  constexpr int lanes = bytes / int(sizeof(R));
  typedef R Vector __attribute__((vector_size(bytes)));
  typedef R Unaligned __attribute__((vector_size(bytes), aligned(alignof(R)), may_alias));
  auto packRows = [&](int64_t first, int64_t count) TCC_INLINED {
    for (int64_t c = 0; c < columns; c += lanes) {
      if constexpr (sizeof(R) >= 4)
        if (count == lanes && c + lanes <= columns) {
          Vector square[lanes];
          for (int i = 0; i < lanes; ++i)
            square[i] = *reinterpret_cast<const Unaligned *>(sources[c + i] + at[first]);
          transposeBlocks<R, lanes, lanes / 2>(square);
          for (int i = 0; i < lanes; ++i)
            *reinterpret_cast<Unaligned *>(to + (first + i) * ld + c) = square[i];
          continue;
        }
      for (int64_t i = c; i < c + lanes && i < columns; ++i)
        for (int64_t r = first; r < first + count; ++r)
          to[r * ld + i] = sources[i][at[r]];
    }
  };
  for (int64_t p = 0; p < rows;) {
    int64_t end = p + 1;
    while (end < rows && at[end] == at[p] + (end - p))
      ++end;
    int64_t begin = p;
    for (; p + lanes <= end; p += lanes)
      packRows(p, lanes);
    // The last square may overlap the one before.
    if (p < end)
      end - begin >= lanes ? packRows(end - lanes, lanes) : packRows(p, end - p);
    p = end;
  }
}

template <class R>
void packPanel(const Segment<R> *segments, int64_t numSegments, const R *const *sources, int64_t columns,
               const int64_t *at, int64_t rows, R *to, int64_t ld, bool mayOverrun, bool isScattered) {
  vectorised([&]<int bytes>() TCC_INLINED {
    if (isScattered)
      packTransposed<R, bytes>(sources, columns, at, rows, to, ld);
    else
      packRuns<R, bytes>(segments, numSegments, at, rows, to, ld, mayOverrun);
  });
}

} // namespace tcc::runtime
#endif
