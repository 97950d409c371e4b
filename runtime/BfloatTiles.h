// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operands of bfloat16 in tiles of 1 KiB (left: 16 rows x 32 of k; right: 16 pairs of k x 16 columns), and their
// products in the tile registers of x86 (AMX). Only where hasBf16Tiles().
#ifndef TCC_RUNTIME_BFLOATTILES_H
#define TCC_RUNTIME_BFLOATTILES_H

#include "runtime/Elements.h"
#include <stdint.h>

namespace tcc::runtime {

inline constexpr int64_t tileSide = 16, tileDepth = 32, tileElements = tileSide * tileDepth;
inline int64_t tilesOf(int64_t extent, int64_t of) { return (extent + of - 1) / of; }
/// How much of so many lines in blocks is not padding.
inline double filledPart(int64_t count, int64_t of) { return double(count) / double(tilesOf(count, of) * of); }
/// Strips are 16 lines, tile behind tile along k. Products take two of each operand at a time.
inline int64_t tilesAlong(int64_t k) { return tilesOf(k, tileDepth); }
inline int64_t paddedToTiles(int64_t lines) { return tilesOf(lines, 2 * tileSide) * 2 * tileSide; }
/// Elements of so many packed lines.
inline int64_t tiledSize(int64_t lines, int64_t k) { return paddedToTiles(lines) * tilesAlong(k) * tileDepth; }

/// Rows of a left operand or columns of a right one.
template <class T> struct TileLines {
  const T *data;
  int64_t stride, along; ///< from line to line, and along k; one of them is 1
  int64_t count;         ///< that exist
};
enum class TileSide { Left, Right };

/// Packs the first tile of the lines, of which `steps` elements exist; zeros are what does not. Floats are rounded to
/// nearest even. For BFloat16 and float.
template <class T> void packTile(TileSide side, const TileLines<T> &lines, int64_t steps, BFloat16 *to);
/// All tiles of all lines, an even number of strips.
template <class T> void packTiles(TileSide side, const TileLines<T> &lines, int64_t k, BFloat16 *to);

/// Tile registers are configured while one of these lives, for its thread; tileProduct() and multiplyTileBlock() need
/// it.
struct TileRegisters {
  TileRegisters();
  ~TileRegisters();
  TileRegisters(const TileRegisters &) = delete;
};

/// 32 x 32 results at distance ldc (+)= strips a0, a1 above each other times b0, b1 side by side, `steps` tiles of
/// each. Subnormal numbers count as zero: the instruction knows none.
void multiplyTileBlock(const BFloat16 *a0, const BFloat16 *a1, const BFloat16 *b0, const BFloat16 *b1, int64_t steps,
                       float *c, int64_t ldc, bool adds);
/// The same with columns of b that lie at b0 + offsets[step] and b1 + offsets[step]: a row of 16 pairs of successive k,
/// and 15 more at distance `stride`.
void multiplyTileWindows(const BFloat16 *a0, const BFloat16 *a1, const uint32_t *b0, const uint32_t *b1, int64_t stride,
                         const int64_t *offsets, int64_t steps, float *c, int64_t ldc);
/// The transpose of 32 x 32 numbers without gaps.
void transposeTileBlock(const float *c, float *to);
/// c (+)= a b of packed operands, k elements along; rows and columns of c are padded to multiples of 32.
void tiledProduct(int64_t m, int64_t n, int64_t k, const BFloat16 *a, const BFloat16 *b, float *c, int64_t ldc,
                  bool adds);
/// A block of results rounded to nearest even, at most 32 columns; like the products, this takes subnormal numbers as
/// 0.
void roundTileBlock(const float *c, int64_t ldc, int64_t rows, int64_t columns, BFloat16 *to, int64_t ld);

} // namespace tcc::runtime
#endif
