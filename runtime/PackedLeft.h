// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of one left operand with many tiles of columns: what blocked factorisations update with. It is packed once
// for all of them (PackedProduct.h packs both operands of a product on their own).
#ifndef TCC_RUNTIME_PACKEDLEFT_H
#define TCC_RUNTIME_PACKEDLEFT_H

#include "runtime/BlockProduct.h"
#include "runtime/Memory.h"

namespace tcc::runtime {

/// A block whose rows lie at distance `ld`, or the conjugate transpose of one.
template <class T> struct RowBlock {
  const T *data;
  int64_t ld;
  bool isAdjoint = false;
};

/// A left operand a {rows, steps} of products with so many `columns`, in all. If these are few, real operands are read
/// where they lie. What this class holds is found out anew wherever it is needed; the numbers lie in `space`.
template <class T> class PackedLeft {
public:
  /// Real numbers that `space` needs.
  static int64_t spaceFor(int64_t rows, int64_t steps, int64_t columns);
  PackedLeft(int64_t rows, int64_t steps, RowBlock<T> a, int64_t columns, Real<T> *space);
  void pack() const;

  /// c {rows, n} (=, +=, -=) a b, by the calling thread. With firstRow, rows before it are left out; up to 13 of them
  /// may change. Each result is one chain along each 256 steps, and the chains are added in order.
  void multiply(int64_t n, RowBlock<T> b, T *c, int64_t ldc, Update update, int64_t firstRow = 0) const;

private:
  static bool isDirect(int64_t columns) { return !isComplex<T> && columns <= 128; }
  PanelSizes<T> sizes;
  RowBlock<T> a;
  int64_t steps;
  Panels panels;
  Real<T> *packed; ///< for each block of steps its panels; null if a is read
  int64_t stride() const { return sizes.stride * (isComplex<T> ? 2 : 1); }
};

} // namespace tcc::runtime
#endif
