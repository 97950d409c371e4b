// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How attention multiplies tiles: with vectors, its operands as numbers of type R, or in tile registers, where operands
// are rounded to bfloat16 and sums are floats.
#ifndef TCC_RUNTIME_ATTENTIONPRODUCTS_H
#define TCC_RUNTIME_ATTENTIONPRODUCTS_H

#include "runtime/AttentionTiles.h"
#include "runtime/BfloatTiles.h"

namespace tcc::runtime {

/// Operands are made from dense rows of the call's dtype, or from tiles of scores. `store` is memory for size(lines,
/// steps) numbers; an operand may refer to it or to what it is made from.
template <class N> struct VectorProducts {
  using R = N;
  using Left = runtime::Left<R>;
  using Right = Blocks<R>;
  int32_t dtype;

  /// To what columns of results are padded.
  static int64_t padded(int64_t columns) { return runtime::padded<R>(columns); }
  static int64_t size(int64_t lines, int64_t steps) { return padded(lines) * (steps + padded(steps)); }
  Left left(const void *rows, int64_t count, int64_t columns, R *store) const {
    return {rowsOf<R>(dtype, rows, count, columns, store), padded(columns)};
  }
  /// From row `first` on, a multiple of 32; `steps` as it was packed.
  static Left rowsFrom(Left operand, int64_t first, int64_t) { return {operand.data + first * operand.ld, operand.ld}; }
  Left left(const R *tile, int64_t, int64_t, R *) const { return {tile, tileStride<R>}; }
  Left leftTransposed(const R *tile, int64_t, int64_t, R *) const { return {tile, tileStride<R>, LeftOrder::Columns}; }
  Right right(const void *rows, int64_t count, int64_t columns, R *store) const {
    return {rowsOf<R>(dtype, rows, count, columns, store), padded(columns), 1};
  }
  /// Results with it are multiplied by `factor`.
  Right rightTransposed(const void *rows, int64_t count, int64_t columns, double factor, R *store) const {
    return packTransposed<R>(dtype, rows, count, columns, factor, store, store + padded(count) * columns);
  }
  /// c (+)= a b, n columns padded.
  void multiply(int64_t m, int64_t n, int64_t k, Left a, Right b, R *c, int64_t ldc, bool adds) const {
    tileProduct<R>(m, padded(n), k, a, b, c, ldc, adds);
  }
};

/// For bfloat16. Rows of results are padded to multiples of 32, too.
struct TileProducts {
  using R = float;
  using Left = const BFloat16 *;
  struct Right {
    const BFloat16 *data;
    float factor;
  };
  int32_t dtype;
  TileRegisters registers = {};

  static int64_t padded(int64_t columns) { return paddedToTiles(columns); }
  static int64_t size(int64_t lines, int64_t steps) { return tiledSize(lines, steps) / 2; }
  Left left(const void *rows, int64_t count, int64_t columns, R *store) const {
    return pack<BFloat16>(TileSide::Left, {static_cast<const BFloat16 *>(rows), columns, 1, count}, columns, store);
  }
  static Left rowsFrom(Left operand, int64_t first, int64_t steps) {
    return operand + first * tilesAlong(steps) * tileDepth;
  }
  Left left(const R *tile, int64_t m, int64_t n, R *store) const {
    return pack<float>(TileSide::Left, {tile, tileStride<R>, 1, m}, n, store);
  }
  Left leftTransposed(const R *tile, int64_t m, int64_t n, R *store) const {
    return pack<float>(TileSide::Left, {tile, 1, tileStride<R>, n}, m, store);
  }
  Right right(const void *rows, int64_t count, int64_t columns, R *store) const {
    return {pack<BFloat16>(TileSide::Right, {static_cast<const BFloat16 *>(rows), 1, columns, columns}, count, store),
            1};
  }
  Right rightTransposed(const void *rows, int64_t count, int64_t columns, double factor, R *store) const {
    return {pack<BFloat16>(TileSide::Right, {static_cast<const BFloat16 *>(rows), columns, 1, count}, columns, store),
            float(factor)};
  }
  void multiply(int64_t m, int64_t n, int64_t k, Left a, Right b, R *c, int64_t ldc, bool adds) const {
    tiledProduct(m, n, k, a, b.data, c, ldc, adds);
    if (b.factor != 1)
      scaleRows(m, padded(n), c, ldc, b.factor);
  }

private:
  template <class T> static const BFloat16 *pack(TileSide side, const TileLines<T> &lines, int64_t k, R *store) {
    BFloat16 *to = reinterpret_cast<BFloat16 *>(store);
    packTiles<T>(side, lines, k, to);
    return to;
  }
};

/// Calls f.template operator()<Products>().
template <class F> int32_t dispatchProducts(const AttentionCall &call, F &&f) {
  if (call.dtype == TCC_F64)
    return f.template operator()<VectorProducts<double>>();
  // Tiles of fewer numbers would multiply zeros.
  if (call.dtype == TCC_BF16 && hasBf16Tiles() && call.queries >= 16 && call.width >= 16 && call.valueWidth >= 16)
    return f.template operator()<TileProducts>();
  return f.template operator()<VectorProducts<float>>();
}

} // namespace tcc::runtime
#endif
