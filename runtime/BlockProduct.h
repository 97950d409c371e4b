// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of tiles in vector registers, with the right operand in packed blocks: for operands that stay in the
// second-level cache, where packing both, as BLAS does, costs more than it saves. Each result is one chain along k.
#ifndef TCC_RUNTIME_BLOCKPRODUCT_H
#define TCC_RUNTIME_BLOCKPRODUCT_H

#include "runtime/Product.h"

namespace tcc::runtime {

/// Columns of a packed block: two vectors of 64 bytes.
template <class R> inline constexpr int64_t blockColumns = 128 / sizeof(R);
/// Numbers of columns are padded to multiples of a vector of 64 bytes.
template <class R> inline int64_t padded(int64_t columns) {
  constexpr int64_t lanes = 64 / sizeof(R);
  return (columns + lanes - 1) / lanes * lanes;
}

/// The left operand, or its transpose: rows at distance `ld`.
template <class R> struct Rows {
  const R *data;
  int64_t ld;
  bool isTransposed = false;
};
/// The right operand: blocks of blockColumns columns at distance `step`, rows of a block at distance `ld`.
template <class R> struct Blocks {
  const R *data;
  int64_t ld, step;
};

/// c (+)= a b, c {m, n} with n padded, k columns of a. For float and double.
template <class R>
void tileProduct(int64_t m, int64_t n, int64_t k, Rows<R> a, Blocks<R> b, R *c, int64_t ldc, bool accumulate);

/// The transpose of `rows` x `columns` numbers at distance `ld`, times `factor`, in blocks of rows padded with zeros.
template <class R> Blocks<R> packTransposed(const R *from, int64_t ld, int64_t rows, int64_t columns, R factor, R *to);

/// Whether blockProduct() is the fastest way to c = a b for one thread.
template <class R> bool suitsBlocks(int64_t m, int64_t n, int64_t k, MatrixView<R> a, MatrixView<R> b);
/// c = a b, c row-major with ldc.
template <class R>
void blockProduct(int64_t m, int64_t n, int64_t k, MatrixView<R> a, MatrixView<R> b, R *c, int64_t ldc);

} // namespace tcc::runtime
#endif
