// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Both operands are packed into tiles; then blocks of 2 x 2 result tiles stay in registers along 512 of k. Every result
// is one chain along k, so neither blocks nor threads change bits.
#include "runtime/TileProduct.h"
#include "runtime/BfloatTiles.h"
#include "runtime/Memory.h"
#include "runtime/Threads.h"
#include "runtime/Vectorise.h"
#include <atomic>

namespace tcc::runtime {

namespace {

/// Tiles of k that are multiplied before the next results: those of two strips of a stay in the first-level cache.
constexpr int64_t chunk = 16;
/// Strips that a task packs.
constexpr int64_t together = 8;
/// Elements of b's strips that stay in the second-level cache.
constexpr int64_t blockElements = 1 << 19;

/// The strips of one product after the other: a's, then b's, an even number of each; the last block may multiply zeros.
struct TileProduct {
  const Product<BFloat16> &p;
  const MatrixView<BFloat16> a = p.lhs.view(), b = p.rhs.view();
  const int64_t pairsM = tilesOf(p.m, 2 * tileSide), pairsN = tilesOf(p.n, 2 * tileSide);
  const int64_t steps = tilesAlong(p.k);
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
    if (begin < 2 * pairsM)
      packStrips(TileSide::Left, {a.data + lhs, a.rowStride, a.colStride, p.m}, begin, end, to);
    else
      packStrips(TileSide::Right, {b.data + rhs, b.colStride, b.rowStride, p.n}, begin - 2 * pairsM, end - 2 * pairsM,
                 to);
  }
  void packStrips(TileSide side, TileLines<BFloat16> all, int64_t begin, int64_t end, BFloat16 *to) const {
    // Strip by strip, or where lines lie side by side a tile of each.
    const int64_t count = end - begin;
    for (int64_t t = 0; t < count * steps; ++t) {
      const int64_t number = all.stride == 1 ? t % count : t / steps, s = all.stride == 1 ? t / count : t % steps;
      const int64_t first = (begin + number) * tileSide, rest = all.count - first;
      packTile<BFloat16>(
          side, {all.data + first * all.stride + s * tileDepth * all.along, all.stride, all.along, rest < 0 ? 0 : rest},
          p.k - s * tileDepth, to + number * strip + s * tileElements);
    }
  }

  /// 32 rows by 32 columns from `begin` to `end` of them; `sums` holds 1024 numbers for each.
  void multiply(int64_t batch, const BFloat16 *packed, int64_t i, int64_t begin, int64_t end, float *sums) const {
    const BFloat16 *left = packed + 2 * i * strip;
    for (int64_t s = 0; s < steps; s += chunk)
      for (int64_t j = begin; j < end; ++j) {
        const BFloat16 *right = packed + 2 * (pairsM + j) * strip + s * tileElements;
        float *c = sums + (j - begin) * 4 * tileSide * tileSide;
        multiplyTileBlock(left + s * tileElements, left + strip + s * tileElements, right, right + strip,
                          steps - s < chunk ? steps - s : chunk, c, 2 * tileSide, s > 0);
        if (s + chunk >= steps)
          store(batch, i, j, c);
      }
  }

  void store(int64_t batch, int64_t i, int64_t j, const float *c) const {
    const int64_t top = 2 * i * tileSide, left = 2 * j * tileSide;
    const int64_t rows = p.m - top < 2 * tileSide ? p.m - top : 2 * tileSide;
    const int64_t columns = p.n - left < 2 * tileSide ? p.n - left : 2 * tileSide;
    roundTileBlock(c, 2 * tileSide, rows, columns, p.result + (batch * p.m + top) * p.n + left, p.n);
  }

  int64_t sumsOf() const { return wide * 4 * tileSide * tileSide; }

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
                  TileRegisters registers;
                  for (int64_t batch = begin; batch < end; ++batch) {
                    pack(batch, 0, 2 * pairsM, packed.get());
                    pack(batch, 2 * pairsM, strips, packed.get() + 2 * pairsM * strip);
                    for (int64_t i = 0; i < pairsM; ++i)
                      for (int64_t j = 0; j < pairsN; j += wide)
                        multiply(batch, packed.get(), i, j, j + wide < pairsN ? j + wide : pairsN, sums.get());
                  }
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
          TileRegisters registers;
          for (int64_t task = begin; task < end; ++task) {
            const int64_t i = task % pairsM, j = task / pairsM % blocks * wide, batch = task / pairsM / blocks;
            multiply(batch, packed.get() + batch * perMatrix, i, j, j + wide < pairsN ? j + wide : pairsN, sums.get());
          }
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

} // namespace tcc::runtime
