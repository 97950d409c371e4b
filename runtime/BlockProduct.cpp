// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Blocks of 8 rows and two vectors of results in registers; the right operand is packed for a stretch of k at a time,
// so that it stays in the first-level cache for all rows, and the left one is read where it lies.
#include "runtime/BlockProduct.h"
#include "runtime/Elements.h"
#include "runtime/VectorLanes.h"
#include <utility>

namespace tcc::runtime {
namespace {

/// c (+)= a b for rows x (vectors * lanes) results. Rows of a lie together, or, if isTransposed, columns do: then all
/// of a's addresses are one register and a constant, and otherwise so for four steps along k. (Arithmetic on addresses
/// would take the places of multiplications.)
template <class R, int bytes, int rows, int vectors, bool isTransposed>
TCC_INLINE void multiplyBlock(int64_t k, const R *a, int64_t lda, const R *b, int64_t ldb, R *c, int64_t ldc,
                              bool accumulate) {
  using V = Vector<R, bytes>;
  constexpr int lanes = bytes / int(sizeof(R)), unrolled = isTransposed ? 1 : 4;
  V sums[rows][vectors] = {};
  if (accumulate)
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v)
        sums[r][v] = vectorAt<R, bytes>(c + r * ldc + v * lanes);
  auto step = [&](int offset) TCC_INLINED {
    V x[vectors];
    for (int v = 0; v < vectors; ++v)
      x[v] = vectorAt<R, bytes>(b + offset * ldb + v * lanes);
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v)
        sums[r][v] += (isTransposed ? a[offset * lda + r] : a[r * lda + offset]) * x[v];
  };
  int64_t p = 0;
  for (; p + unrolled <= k; p += unrolled) {
    for (int offset = 0; offset < unrolled; ++offset)
      step(offset);
    a += isTransposed ? unrolled * lda : unrolled;
    b += unrolled * ldb;
  }
  for (int offset = 0; p < k; ++p, ++offset)
    step(offset);
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v)
      vectorAt<R, bytes>(c + r * ldc + v * lanes) = sums[r][v];
}

/// The same for any number of rows, and columns in multiples of a vector of 64 bytes.
template <class R, int bytes, bool isTransposed>
TCC_INLINE void multiplyTile(int64_t m, int64_t n, int64_t k, const R *a, int64_t lda, Blocks<R> b, R *c, int64_t ldc,
                             bool accumulate) {
  constexpr int lanes = bytes / int(sizeof(R));
  // As many sums as registers allow beside the vectors of b: 16 of 32, 8 of 16.
  constexpr int rows = bytes == 64 ? 8 : 4;
  auto columns = [&](auto vectors, int64_t j) TCC_INLINED {
    constexpr int count = decltype(vectors)::value;
    const R *block = b.data + j / blockColumns<R> * b.step + j % blockColumns<R>;
    int64_t i = 0, down = isTransposed ? 1 : lda;
    for (; i + rows <= m; i += rows)
      multiplyBlock<R, bytes, rows, count, isTransposed>(k, a + i * down, lda, block, b.ld, c + i * ldc + j, ldc,
                                                         accumulate);
    for (; i < m; ++i)
      multiplyBlock<R, bytes, 1, count, isTransposed>(k, a + i * down, lda, block, b.ld, c + i * ldc + j, ldc,
                                                      accumulate);
  };
  int64_t j = 0;
  for (; j + 2 * lanes <= n; j += 2 * lanes)
    columns(std::integral_constant<int, 2>(), j);
  if (j < n)
    columns(std::integral_constant<int, 1>(), j);
}

/// Rows of vectors become columns, by halves: in step s, elements whose numbers differ in bit s change places.
template <class R, int bytes, int s, size_t... l>
TCC_INLINE void exchange(Vector<R, bytes> &a, Vector<R, bytes> &b, std::index_sequence<l...>) {
  constexpr int count = int(sizeof...(l));
  Vector<R, bytes> upper = __builtin_shufflevector(a, b, (int(l) & s ? count + int(l) - s : int(l))...);
  b = __builtin_shufflevector(a, b, (int(l) & s ? count + int(l) : int(l) + s)...);
  a = upper;
}
template <class R, int bytes, int s = 1> TCC_INLINE void transposeLanes(Vector<R, bytes> *rows) {
  constexpr int count = LanesOf<R, bytes>::count;
  if constexpr (s < count) {
    for (int i = 0; i < count; ++i)
      if (!(i & s))
        exchange<R, bytes, s>(rows[i], rows[i + s], std::make_index_sequence<count>());
    transposeLanes<R, bytes, 2 * s>(rows);
  }
}

/// Steps of k that are packed at a time: a block of 32 KiB.
constexpr int64_t depth = 256;

} // namespace

template <class R>
void tileProduct(int64_t m, int64_t n, int64_t k, Rows<R> a, Blocks<R> b, R *c, int64_t ldc, bool accumulate) {
  vectorised([&]<int bytes>() TCC_INLINED {
    if (a.isTransposed)
      multiplyTile<R, bytes, true>(m, n, k, a.data, a.ld, b, c, ldc, accumulate);
    else
      multiplyTile<R, bytes, false>(m, n, k, a.data, a.ld, b, c, ldc, accumulate);
  });
}

template <class R> Blocks<R> packTransposed(const R *from, int64_t ld, int64_t rows, int64_t columns, R factor, R *to) {
  constexpr int64_t side = blockColumns<R>;
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int64_t lanes = LanesOf<R, bytes>::count;
    for (int64_t i = 0; i < rows; i += side) {
      R *block = to + i * columns;
      for (int64_t r = 0; r < side; r += lanes) {
        const R *x = from + (i + r) * ld;
        int64_t j = 0, count = rows - i - r < lanes ? rows - i - r : lanes;
        for (; count == lanes && j + lanes <= columns; j += lanes) {
          Vector<R, bytes> tile[lanes];
          for (int64_t l = 0; l < lanes; ++l)
            tile[l] = vectorAt<R, bytes>(x + l * ld + j) * factor;
          transposeLanes<R, bytes>(tile);
          for (int64_t l = 0; l < lanes; ++l)
            vectorAt<R, bytes>(block + (j + l) * side + r) = tile[l];
        }
        for (; j < columns; ++j)
          for (int64_t l = 0; l < lanes; ++l)
            block[j * side + r + l] = l < count ? x[l * ld + j] * factor : R(0);
      }
    }
  });
  return {to, side, columns * side};
}

/// A block of `columns` columns, padded with zeros.
template <class R> static void packRows(const R *from, int64_t ld, int64_t rows, int64_t columns, R *to) {
  constexpr int64_t side = blockColumns<R>;
  vectorised([&]<int bytes>() TCC_INLINED {
    for (int64_t i = 0; i < rows; ++i)
      if (columns == side)
        for (int64_t j = 0; j < side; j += LanesOf<R, bytes>::count)
          vectorAt<R, bytes>(to + i * side + j) = vectorAt<R, bytes>(from + i * ld + j);
      else
        for (int64_t j = 0; j < side; ++j)
          to[i * side + j] = j < columns ? from[i * ld + j] : R(0);
  });
}

/// Measured against OpenBLAS on one core: 0.97 to 1.5 times as fast within these bounds, slower beyond them, where the
/// left operand leaves the second-level cache; of a transposed one every step reads another line.
template <class R> bool suitsBlocks(int64_t m, int64_t n, int64_t k, MatrixView<R> a, MatrixView<R> b) {
  return m >= 16 && n >= blockColumns<R> && k >= 16 && m * k <= 1 << 18 &&
         (a.colStride == 1 || (a.rowStride == 1 && k <= 512)) && (b.rowStride == 1 || b.colStride == 1);
}

template <class R>
void blockProduct(int64_t m, int64_t n, int64_t k, MatrixView<R> a, MatrixView<R> b, R *c, int64_t ldc) {
  constexpr int64_t side = blockColumns<R>, atOnce = 64;
  alignas(64) R packed[depth * side], ragged[atOnce * side];
  bool isTransposed = a.colStride != 1;
  int64_t lda = isTransposed ? a.colStride : a.rowStride;
  for (int64_t p = 0; p < k; p += depth) {
    int64_t steps = k - p < depth ? k - p : depth;
    for (int64_t j = 0; j < n; j += side) {
      int64_t width = n - j < side ? n - j : side;
      const R *from = b.data + p * b.rowStride + j * b.colStride;
      if (b.colStride == 1)
        packRows<R>(from, b.rowStride, steps, width, packed);
      else
        packTransposed<R>(from, b.colStride, width, steps, R(1), packed);
      Rows<R> rows{a.data + p * a.colStride, lda, isTransposed};
      if (width == padded<R>(width)) {
        tileProduct<R>(m, width, steps, rows, {packed, side, 0}, c + j, ldc, p > 0);
        continue;
      }
      // Where a row ends within a vector, it must not be written beyond.
      for (int64_t i = 0; i < m; i += atOnce) {
        int64_t height = m - i < atOnce ? m - i : atOnce;
        auto each = [&](auto &&f) {
          for (int64_t r = 0; r < height; ++r)
            for (int64_t l = 0; l < width; ++l)
              f(ragged[r * side + l], c[(i + r) * ldc + j + l]);
        };
        if (p > 0)
          each([](R &inside, R outside) { inside = outside; });
        tileProduct<R>(height, padded<R>(width), steps, {a.data + p * a.colStride + i * a.rowStride, lda, isTransposed},
                       {packed, side, 0}, ragged, side, p > 0);
        each([](R inside, R &outside) { outside = inside; });
      }
    }
  }
}

#define TCC_BLOCKS(R)                                                                                                  \
  template void tileProduct(int64_t, int64_t, int64_t, Rows<R>, Blocks<R>, R *, int64_t, bool);                        \
  template Blocks<R> packTransposed(const R *, int64_t, int64_t, int64_t, R, R *);                                     \
  template bool suitsBlocks(int64_t, int64_t, int64_t, MatrixView<R>, MatrixView<R>);                                  \
  template void blockProduct(int64_t, int64_t, int64_t, MatrixView<R>, MatrixView<R>, R *, int64_t);
TCC_BLOCKS(float)
TCC_BLOCKS(double)
#undef TCC_BLOCKS

} // namespace tcc::runtime
