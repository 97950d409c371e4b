// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Both operands are packed into tiles of 1 KiB (a: 16 rows x 32 of k; b: 16 pairs of k x 16 columns), padded with
// zeros; then blocks of 2 x 2 result tiles stay in registers along 512 of k. Every result is one chain along k, so
// neither blocks nor threads change bits.
#include "runtime/TileProduct.h"
#include "runtime/Packing.h"
#include "runtime/Threads.h"
#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#endif
#include <atomic>

namespace tcc::runtime {

#if defined(__x86_64__) && defined(__linux__)
namespace {

constexpr int64_t side = 16, depth = 32, tileElements = side * depth;

int64_t tilesOf(int64_t extent, int64_t of) { return (extent + of - 1) / of; }

/// Tiles of k that are multiplied before the next results: those of two strips of a stay in the first-level cache.
constexpr int64_t chunk = 16;
/// Strips that a task packs.
constexpr int64_t together = 8;
/// Elements of b's strips that stay in the second-level cache.
constexpr int64_t blockElements = 1 << 19;

/// 16 lines of an operand, a's rows or b's columns.
struct Lines {
  const BFloat16 *data;
  int64_t stride, along; ///< from line to line, and along k
  int64_t count;         ///< that exist
};

/// A tile: lines in rows, or columns in which the elements of two successive k alternate.
template <int bytes, bool inRows> TCC_INLINE void packTile(Lines lines, int64_t steps, BFloat16 *to) {
  if constexpr (bytes == 64)
    if (lines.count == side && steps >= depth && (lines.along == 1 || lines.stride == 1)) {
      // 16 x 16 pairs of two successive k.
      typedef uint16_t Narrow __attribute__((vector_size(32), aligned(2), may_alias));
      typedef uint32_t Pairs __attribute__((vector_size(64)));
      Vector<int32_t, 64> pairs[side];
      const bool areLines = lines.along == 1;
      for (int64_t i = 0; i < side; ++i)
        if (areLines) {
          memcpy(&pairs[i], lines.data + i * lines.stride, 64);
        } else {
          const BFloat16 *first = lines.data + 2 * i * lines.along, *second = first + lines.along;
          // What the next tile reads is far away.
          __builtin_prefetch(first + depth * lines.along);
          __builtin_prefetch(second + depth * lines.along);
          pairs[i] =
              Vector<int32_t, 64>(__builtin_convertvector(*reinterpret_cast<const Narrow *>(first), Pairs) |
                                  __builtin_convertvector(*reinterpret_cast<const Narrow *>(second), Pairs) << 16);
        }
      if (areLines != inRows)
        transposeSquare<int32_t, 64>(pairs);
      memcpy(static_cast<void *>(to), pairs, sizeof(pairs));
      return;
    }
  memset(static_cast<void *>(to), 0, tileElements * sizeof(BFloat16));
  for (int64_t i = 0; i < lines.count; ++i)
    for (int64_t s = 0; s < steps && s < depth; ++s)
      to[inRows ? i * depth + s : s / 2 * depth + 2 * i + s % 2] = lines.data[i * lines.stride + s * lines.along];
}

/// 32 x 32 results (+)= tiles packed along k: a0, a1 above each other, b0, b1 side by side. Those of b must not push
/// a's out of the first-level cache (measured: 1.15 times as fast).
__attribute__((target("amx-tile,amx-bf16"), noinline)) void multiplyPacked(const BFloat16 *a0, const BFloat16 *a1,
                                                                           const BFloat16 *b0, const BFloat16 *b1,
                                                                           int64_t steps, float *c, bool adds) {
  if (adds) {
    _tile_loadd(0, c, 128);
    _tile_loadd(1, c + side, 128);
    _tile_loadd(2, c + side * 2 * side, 128);
    _tile_loadd(3, c + side * 2 * side + side, 128);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t s = 0; s < steps; ++s) {
    _tile_loadd(4, a0 + s * tileElements, 64);
    _tile_stream_loadd(6, b0 + s * tileElements, 64);
    _tile_loadd(5, a1 + s * tileElements, 64);
    _tile_stream_loadd(7, b1 + s * tileElements, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, 128);
  _tile_stored(1, c + side, 128);
  _tile_stored(2, c + side * 2 * side, 128);
  _tile_stored(3, c + side * 2 * side + side, 128);
}

/// A block of results rounded to nearest even; like the products in tile registers, this takes denormal numbers as 0.
__attribute__((target("avx512f,avx512bw,avx512bf16"))) void roundBlock(const float *c, int64_t rows, int64_t cols,
                                                                       BFloat16 *to, int64_t ld) {
  const __mmask32 mask = cols == 2 * side ? ~__mmask32(0) : (__mmask32(1) << cols) - 1;
  for (int64_t r = 0; r < rows; ++r, c += 2 * side, to += ld) {
    const __m512bh row = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(c + side), _mm512_loadu_ps(c));
    __m512i bits;
    __builtin_memcpy(&bits, &row, sizeof(bits));
    _mm512_mask_storeu_epi16(to, mask, bits);
  }
}

/// All eight tiles: 16 rows of 64 bytes.
__attribute__((target("amx-tile"))) void configureTiles() {
  struct alignas(64) {
    uint8_t palette = 1, startRow = 0, reserved[14] = {};
    uint16_t bytes[16] = {};
    uint8_t rows[16] = {};
  } config;
  for (int i = 0; i < 8; ++i) {
    config.bytes[i] = 64;
    config.rows[i] = side;
  }
  _tile_loadconfig(&config);
}
__attribute__((target("amx-tile"))) void releaseTiles() { _tile_release(); }

/// The strips of one product after the other: a's, then b's, an even number of each; the last block may multiply zeros.
struct TileProduct {
  const Product<BFloat16> &p;
  const MatrixView<BFloat16> a = p.lhs.view(), b = p.rhs.view();
  const int64_t pairsM = tilesOf(p.m, 2 * side), pairsN = tilesOf(p.n, 2 * side), steps = tilesOf(p.k, depth);
  const int64_t strip = steps * tileElements, strips = 2 * (pairsM + pairsN), perMatrix = strips * strip;
  /// Pairs of b's strips that are multiplied with one of a's.
  const int64_t wide = blockElements / (2 * strip) < 1        ? 1
                       : blockElements / (2 * strip) < pairsN ? blockElements / (2 * strip)
                                                              : pairsN;

  /// Packs strips [begin, end), all of a or all of b.
  void pack(int64_t batch, int64_t begin, int64_t end, BFloat16 *to) const {
    int64_t lhs = 0, rhs = 0;
    for (int d = p.offsets.rank - 1; d >= 0; --d) {
      lhs += batch % p.offsets.dims[d] * p.offsets.lhs[d];
      rhs += batch % p.offsets.dims[d] * p.offsets.rhs[d];
      batch /= p.offsets.dims[d];
    }
    vectorised([&]<int bytes>() TCC_INLINED {
      if (begin < 2 * pairsM)
        packStrips<bytes, true>({a.data + lhs, a.rowStride, a.colStride, p.m}, begin, end, to);
      else
        packStrips<bytes, false>({b.data + rhs, b.colStride, b.rowStride, p.n}, begin - 2 * pairsM, end - 2 * pairsM,
                                 to);
    });
  }
  template <int bytes, bool inRows>
  TCC_INLINE void packStrips(Lines all, int64_t begin, int64_t end, BFloat16 *to) const {
    // Strip by strip, or where lines lie side by side a tile of each.
    const int64_t count = end - begin;
    for (int64_t t = 0; t < count * steps; ++t) {
      const int64_t number = all.stride == 1 ? t % count : t / steps, s = all.stride == 1 ? t / count : t % steps;
      const int64_t first = (begin + number) * side, rest = all.count - first;
      packTile<bytes, inRows>({all.data + first * all.stride + s * depth * all.along, all.stride, all.along,
                               rest < 0      ? 0
                               : rest < side ? rest
                                             : side},
                              p.k - s * depth, to + number * strip + s * tileElements);
    }
  }

  /// 32 rows by 32 columns from `begin` to `end` of them; `sums` holds 1024 numbers for each.
  void multiply(int64_t batch, const BFloat16 *packed, int64_t i, int64_t begin, int64_t end, float *sums) const {
    const BFloat16 *left = packed + 2 * i * strip;
    for (int64_t s = 0; s < steps; s += chunk)
      for (int64_t j = begin; j < end; ++j) {
        const BFloat16 *right = packed + 2 * (pairsM + j) * strip + s * tileElements;
        float *c = sums + (j - begin) * 4 * side * side;
        multiplyPacked(left + s * tileElements, left + strip + s * tileElements, right, right + strip,
                       steps - s < chunk ? steps - s : chunk, c, s > 0);
        if (s + chunk >= steps)
          store(batch, i, j, c);
      }
  }

  void store(int64_t batch, int64_t i, int64_t j, const float *c) const {
    const int64_t rows = p.m - 2 * i * side < 2 * side ? p.m - 2 * i * side : 2 * side;
    const int64_t cols = p.n - 2 * j * side < 2 * side ? p.n - 2 * j * side : 2 * side;
    roundBlock(c, rows, cols, p.result + (batch * p.m + 2 * i * side) * p.n + 2 * j * side, p.n);
  }

  int64_t sumsOf() const { return wide * 4 * side * side; }

  /// Each product by one thread, its operands packed into that thread's cache.
  bool runEach() const {
    std::atomic<bool> hasFailed{false};
    parallelFor(p.batch, grainFor(double(perMatrix) * 0.1 + double(pairsM * pairsN * steps) * 40),
                [&](int64_t begin, int64_t end) {
                  Scratch<BFloat16> packed(perMatrix);
                  Scratch<float> sums(sumsOf());
                  if (!packed || !sums) {
                    hasFailed = true;
                    return;
                  }
                  configureTiles();
                  for (int64_t batch = begin; batch < end; ++batch) {
                    pack(batch, 0, 2 * pairsM, packed.get());
                    pack(batch, 2 * pairsM, strips, packed.get() + 2 * pairsM * strip);
                    for (int64_t i = 0; i < pairsM; ++i)
                      for (int64_t j = 0; j < pairsN; j += wide)
                        multiply(batch, packed.get(), i, j, j + wide < pairsN ? j + wide : pairsN, sums.get());
                  }
                  releaseTiles();
                });
    return !hasFailed;
  }

  /// All operands packed by all threads, then blocks of columns for all rows of a task.
  bool runShared() const {
    Scratch<BFloat16> packed(p.batch * perMatrix);
    if (!packed)
      return false;
    // Several strips at a time: of rows of b whole lines of the cache.
    const int64_t tasksM = tilesOf(2 * pairsM, together), tasks = tasksM + tilesOf(2 * pairsN, together);
    parallelFor(p.batch * tasks, grainFor(double(together * strip) * 0.1), [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t number = task % tasks;
        const bool isRight = number >= tasksM;
        const int64_t last = isRight ? strips : 2 * pairsM;
        const int64_t first = isRight ? 2 * pairsM + (number - tasksM) * together : number * together;
        pack(task / tasks, first, first + together < last ? first + together : last,
             packed.get() + (task / tasks) * perMatrix + first * strip);
      }
    });
    const int64_t blocks = tilesOf(pairsN, wide);
    std::atomic<bool> hasFailed{false};
    parallelFor(
        p.batch * blocks * pairsM, grainFor(double(wide) * double(steps) * 60), [&](int64_t begin, int64_t end) {
          Scratch<float> sums(sumsOf());
          if (!sums) {
            hasFailed = true;
            return;
          }
          configureTiles();
          for (int64_t task = begin; task < end; ++task) {
            const int64_t i = task % pairsM, j = task / pairsM % blocks * wide, batch = task / pairsM / blocks;
            multiply(batch, packed.get() + batch * perMatrix, i, j, j + wide < pairsN ? j + wide : pairsN, sums.get());
          }
          releaseTiles();
        });
    return !hasFailed;
  }
};

} // namespace

bool suitsTiles(int64_t m, int64_t n, int64_t k) {
  return k >= 16 && m >= 4 && n >= 4 && m * n * k >= 16384 && hasBf16Tiles();
}

int32_t multiplyTiles(const Product<BFloat16> &p, TccStatus *status) {
  if (p.batch == 0)
    return TCC_OK;
  const TileProduct product{p};
  const bool isOneEach = p.batch >= 2 * numThreads() && product.perMatrix <= blockElements;
  if (isOneEach ? product.runEach() : product.runShared())
    return TCC_OK;
  return outOfMemory(status, "dot_general", (isOneEach ? 1 : p.batch) * product.perMatrix * int64_t(sizeof(BFloat16)));
}

#else

bool suitsTiles(int64_t, int64_t, int64_t) { return false; }
int32_t multiplyTiles(const Product<BFloat16> &, TccStatus *) { return TCC_ERROR_INTERNAL; }

#endif

} // namespace tcc::runtime
