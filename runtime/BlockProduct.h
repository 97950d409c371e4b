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

/// Columns of a vector of 64 bytes. Complex numbers take two, of real and of imaginary parts.
template <class T> inline constexpr int64_t unitColumns = 64 / sizeof(Real<T>);
/// Numbers of columns are padded to multiples of that.
template <class R> inline int64_t padded(int64_t columns) {
  return (columns + unitColumns<R> - 1) / unitColumns<R> * unitColumns<R>;
}
/// Columns in blocks of nearly equal width, at most as many vectors as a step of the loops multiplies.
template <class T> struct ColumnBlocks {
  static constexpr int64_t most = isComplex<T> ? 1 : 3, widest = most * unitColumns<T>;
  int64_t units, count;
  explicit ColumnBlocks(int64_t columns)
      : units((columns + unitColumns<T> - 1) / unitColumns<T>), count((units + most - 1) / most) {}
  int64_t begin(int64_t block) const { return units * block / count * unitColumns<T>; }
  /// Real numbers in a row of a packed block.
  int64_t width(int64_t block) const { return (begin(block + 1) - begin(block)) * (isComplex<T> ? 2 : 1); }
};

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
/// The right operand in ColumnBlocks: the one that begins with column j lies at j * step, its rows at distance `ld`, or
/// if ld is 0 one behind the other.
template <class R> struct Blocks {
  const R *data;
  int64_t ld, step;
};

/// `rows` rows in `count` panels of nearly equal height.
struct Panels {
  int64_t rows, count;
  int64_t begin(int64_t panel) const { return rows * panel / count; }
};
/// The most rows of a packed panel: sums that stay in registers beside vectors of b and an element of a. With 512 bits
/// 8 x 3 sums need 11 loads for 24 multiplications; 14 x 2 would need 16 for 28, and reach 87 instead of 92 percent of
/// the peak. Of complex numbers each load serves twice as many.
#if defined(__aarch64__)
template <class T, int bytes> inline constexpr int panelHeight = 14;
#else
template <class T, int bytes> inline constexpr int panelHeight = bytes < 64 ? 6 : isComplex<T> ? 14 : 8;
#endif
/// Elements from one column of a packed panel to the next.
template <class T, int bytes> inline constexpr int panelStride = panelHeight<T, bytes> == 14 ? 16 : 8;
/// The most rows of a panel that is read where it lies: more would need more registers for their addresses.
template <int bytes> inline constexpr int directHeight = bytes == 64 ? 8 : 4;
/// The same for this CPU.
template <class T> struct PanelSizes {
  int64_t height = 0, stride = 0, direct = 0;
  PanelSizes() {
    vectorised([&]<int bytes>() TCC_INLINED {
      height = panelHeight<T, bytes>;
      stride = panelStride<T, bytes>;
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
  const int64_t most = PanelSizes<R>().direct, count = (m + most - 1) / most;
  panelProduct({m, count}, 0, count, n, k, a, b, c, ldc, accumulate ? Update::Add : Update::Set);
}

/// The transpose of `rows` x `columns` numbers at distance `ld`, times `factor`, in blocks of rows padded with zeros.
template <class R> Blocks<R> packTransposed(const R *from, int64_t ld, int64_t rows, int64_t columns, R factor, R *to);

} // namespace tcc::runtime
#endif
