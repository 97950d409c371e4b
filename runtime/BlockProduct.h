// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of tiles in vector registers: the innermost loops of matrix products and of attention. The right operand
// lies in blocks of columns; the left one in panels of rows, or as it is. Each result is one chain along k, added to
// what was there, so that no tiling changes a bit.
#ifndef TCC_RUNTIME_BLOCKPRODUCT_H
#define TCC_RUNTIME_BLOCKPRODUCT_H

#include "runtime/Elements.h"
#include "runtime/Product.h"
#include "runtime/Vectorise.h"

namespace tcc::runtime {

/// Columns of a packed block: two vectors of 64 bytes, of complex numbers one of real and one of imaginary parts.
template <class T> inline constexpr int64_t blockColumns = 128 / sizeof(T);
/// Real numbers in a row of a packed block.
template <class T> inline constexpr int64_t blockWidth = 128 / sizeof(Real<T>);
/// Numbers of columns are padded to multiples of a vector of 64 bytes.
template <class R> inline int64_t padded(int64_t columns) {
  constexpr int64_t lanes = 64 / sizeof(R);
  return (columns + lanes - 1) / lanes * lanes;
}

/// How the left operand lies in memory.
enum class LeftOrder {
  Rows,    ///< row-major
  Columns, ///< column-major
  Panels   ///< panels of at most panelHeight rows, column by column; of complex numbers first the real parts
};
/// The left operand: rows, columns or panels at distance `ld`.
template <class R> struct Left {
  const R *data;
  int64_t ld;
  LeftOrder order = LeftOrder::Rows;
};
/// The right operand: blocks of blockColumns columns at distance `step`, rows of a block at distance `ld`.
template <class R> struct Blocks {
  const R *data;
  int64_t ld, step;
};

/// `rows` rows in `count` panels of nearly equal height.
struct Panels {
  int64_t rows, count;
  int64_t begin(int64_t panel) const { return rows * panel / count; }
};
/// The most rows of a packed panel: sums that stay in registers beside two vectors of b and an element of a, 28 of 32
/// or 12 of 16.
#if defined(__aarch64__)
template <int bytes> inline constexpr int panelHeight = 14;
#else
template <int bytes> inline constexpr int panelHeight = bytes == 64 ? 14 : 6;
#endif
/// Elements from one column of a packed panel to the next: whole vectors.
template <int bytes> inline constexpr int panelStride = panelHeight<bytes> == 14 ? 16 : 8;
/// The most rows of a panel that is read where it lies: more would need more registers for their addresses.
template <int bytes> inline constexpr int directHeight = bytes == 64 ? 8 : 4;
/// The same for this CPU.
struct PanelSizes {
  int64_t height = 0, stride = 0, direct = 0;
  PanelSizes() {
    vectorised([&]<int bytes>() TCC_INLINED {
      height = panelHeight<bytes>;
      stride = panelStride<bytes>;
      direct = directHeight<bytes>;
    });
  }
};

/// The rows of panels [begin, end) of c (=, +=, -=) a b: n columns of c, k of a. The left operand begins with the first
/// of these panels, packed ones at distance a.ld; c with the first of all. Complex left operands are packed. For float,
/// double and complex numbers.
template <class T>
void panelProduct(Panels panels, int64_t begin, int64_t end, int64_t n, int64_t k, Left<Real<T>> a, Blocks<Real<T>> b,
                  T *c, int64_t ldc, Update update);

/// c (+)= a b for all rows of a left operand that is not packed, n padded. For float and double.
template <class R>
inline void tileProduct(int64_t m, int64_t n, int64_t k, Left<R> a, Blocks<R> b, R *c, int64_t ldc, bool accumulate) {
  const int64_t most = PanelSizes().direct, count = (m + most - 1) / most;
  panelProduct({m, count}, 0, count, n, k, a, b, c, ldc, accumulate ? Update::Add : Update::Set);
}

/// The transpose of `rows` x `columns` numbers at distance `ld`, times `factor`, in blocks of rows padded with zeros.
template <class R> Blocks<R> packTransposed(const R *from, int64_t ld, int64_t rows, int64_t columns, R factor, R *to);

} // namespace tcc::runtime
#endif
