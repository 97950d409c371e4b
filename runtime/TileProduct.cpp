// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Both operands are packed into tiles of 1 KiB (a: 16 rows x 32 of k; b: 16 pairs of k x 16 columns), padded with
// zeros; then blocks of 2 x 2 result tiles stay in registers along all of k. Every result is one chain along k, so
// neither blocks nor threads change bits.
#include "runtime/TileProduct.h"
#include "runtime/Threads.h"
#include "runtime/Vectorise.h"
#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#endif

namespace tcc::runtime {

#if defined(__x86_64__) && defined(__linux__)
namespace {

constexpr int64_t side = 16, depth = 32, tileElements = side * depth;

int64_t tilesOf(int64_t extent, int64_t of) { return (extent + of - 1) / of; }

/// Rows [16 i, 16 i + 16) of a, all of k.
TCC_INLINE void packRows(MatrixView<BFloat16> a, int64_t m, int64_t k, int64_t i, BFloat16 *to) {
  int64_t rows = m - i * side < side ? m - i * side : side;
  for (int64_t p = 0; p < k; p += depth, to += tileElements) {
    int64_t count = k - p < depth ? k - p : depth;
    if (rows < side || count < depth)
      memset(static_cast<void *>(to), 0, tileElements * sizeof(BFloat16));
    const BFloat16 *from = a.data + i * side * a.rowStride + p * a.colStride;
    if (a.colStride == 1)
      for (int64_t r = 0; r < rows; ++r)
        memcpy(static_cast<void *>(to + r * depth), from + r * a.rowStride, size_t(count) * sizeof(BFloat16));
    else
      for (int64_t c = 0; c < count; ++c)
        for (int64_t r = 0; r < rows; ++r)
          to[r * depth + c] = from[r * a.rowStride + c * a.colStride];
  }
}

/// Columns [16 j, 16 j + 16) of b, all of k: in each row of a tile the elements of two successive k alternate.
TCC_INLINE void packColumns(MatrixView<BFloat16> b, int64_t n, int64_t k, int64_t j, BFloat16 *to) {
  int64_t cols = n - j * side < side ? n - j * side : side;
  for (int64_t p = 0; p < k; p += depth, to += tileElements) {
    int64_t count = k - p < depth ? k - p : depth;
    const BFloat16 *from = b.data + p * b.rowStride + j * side * b.colStride;
    if (cols == side && count == depth && b.colStride == 1) {
      for (int64_t pair = 0; pair < side; ++pair)
        for (int64_t c = 0; c < side; ++c) {
          to[pair * depth + 2 * c] = from[2 * pair * b.rowStride + c];
          to[pair * depth + 2 * c + 1] = from[(2 * pair + 1) * b.rowStride + c];
        }
      continue;
    }
    memset(static_cast<void *>(to), 0, tileElements * sizeof(BFloat16));
    for (int64_t c = 0; c < cols; ++c)
      for (int64_t r = 0; r < count; ++r)
        to[r / 2 * depth + 2 * c + r % 2] = from[r * b.rowStride + c * b.colStride];
  }
}

/// 32 x 32 results from tiles packed along k: a0, a1 above each other, b0, b1 side by side.
__attribute__((target("amx-tile,amx-bf16"), noinline)) void multiplyPacked(const BFloat16 *a0, const BFloat16 *a1,
                                                                           const BFloat16 *b0, const BFloat16 *b1,
                                                                           int64_t steps, float *c) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t s = 0; s < steps; ++s) {
    _tile_loadd(4, a0 + s * tileElements, 64);
    _tile_loadd(6, b0 + s * tileElements, 64);
    _tile_loadd(5, a1 + s * tileElements, 64);
    _tile_loadd(7, b1 + s * tileElements, 64);
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

} // namespace

bool suitsTiles(int64_t m, int64_t n, int64_t k) {
  return k >= 16 && m >= 4 && n >= 4 && m * n * k >= 16384 && hasBf16Tiles();
}

int32_t multiplyTiles(const Product<BFloat16> &p, TccStatus *status) {
  if (p.batch == 0)
    return TCC_OK;
  const MatrixView<BFloat16> a = p.lhs.view(), b = p.rhs.view();
  int64_t tilesM = tilesOf(p.m, side), tilesN = tilesOf(p.n, side), steps = tilesOf(p.k, depth);
  // An even number of tiles each way: the last block multiplies zeros.
  int64_t evenM = (tilesM + 1) / 2 * 2, evenN = (tilesN + 1) / 2 * 2, strip = steps * tileElements;
  int64_t perMatrix = (evenM + evenN) * strip;
  Scratch<BFloat16> packed(p.batch * perMatrix);
  if (!packed)
    return outOfMemory(status, "dot_general", p.batch * perMatrix * int64_t(sizeof(BFloat16)));
  auto offsetsOf = [&](int64_t batch, int64_t &lhs, int64_t &rhs) {
    lhs = rhs = 0;
    for (int d = p.offsets.rank - 1; d >= 0; --d) {
      lhs += batch % p.offsets.dims[d] * p.offsets.lhs[d];
      rhs += batch % p.offsets.dims[d] * p.offsets.rhs[d];
      batch /= p.offsets.dims[d];
    }
  };
  parallelFor(p.batch * (evenM + evenN), grainFor(double(strip) * 0.1), [&](int64_t begin, int64_t end) {
    vectorised([&]<int>() TCC_INLINED {
      for (int64_t task = begin; task < end; ++task) {
        int64_t batch = task / (evenM + evenN), i = task % (evenM + evenN), lhs, rhs;
        offsetsOf(batch, lhs, rhs);
        BFloat16 *to = packed.get() + task * strip;
        if (i < tilesM)
          packRows({a.data + lhs, a.rowStride, a.colStride}, p.m, p.k, i, to);
        else if (i >= evenM && i - evenM < tilesN)
          packColumns({b.data + rhs, b.rowStride, b.colStride}, p.n, p.k, i - evenM, to);
        else
          memset(static_cast<void *>(to), 0, size_t(strip) * sizeof(BFloat16));
      }
    });
  });
  // A block of columns whose packed tiles stay in the second-level cache, for all rows of a task.
  int64_t pairsM = evenM / 2, pairsN = evenN / 2, wide = 262144 / (2 * strip) + 1;
  wide = wide < pairsN ? wide : pairsN;
  int64_t blocksN = tilesOf(pairsN, wide);
  parallelFor(p.batch * blocksN * pairsM, grainFor(double(wide) * steps * 60), [&](int64_t begin, int64_t end) {
    configureTiles();
    for (int64_t task = begin; task < end; ++task) {
      int64_t i = task % pairsM, block = task / pairsM % blocksN, batch = task / pairsM / blocksN;
      const BFloat16 *left = packed.get() + batch * perMatrix + 2 * i * strip;
      const BFloat16 *right = packed.get() + batch * perMatrix + evenM * strip;
      for (int64_t j = block * wide; j < pairsN && j < (block + 1) * wide; ++j) {
        alignas(64) float c[4 * side * side];
        multiplyPacked(left, left + strip, right + 2 * j * strip, right + (2 * j + 1) * strip, steps, c);
        int64_t rows = p.m - 2 * i * side < 2 * side ? p.m - 2 * i * side : 2 * side;
        int64_t cols = p.n - 2 * j * side < 2 * side ? p.n - 2 * j * side : 2 * side;
        BFloat16 *to = p.result + (batch * p.m + 2 * i * side) * p.n + 2 * j * side;
        vectorised([&]<int>() TCC_INLINED {
          for (int64_t r = 0; r < rows; ++r)
            for (int64_t s = 0; s < cols; ++s)
              to[r * p.n + s] = BFloat16(c[r * 2 * side + s]);
        });
      }
    }
    releaseTiles();
  });
  return TCC_OK;
}

#else

bool suitsTiles(int64_t, int64_t, int64_t) { return false; }
int32_t multiplyTiles(const Product<BFloat16> &, TccStatus *) { return TCC_ERROR_INTERNAL; }

#endif

} // namespace tcc::runtime
