// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Batched matrix products of strided matrices: how a product is cut into tiles, and which inner loop computes a tile.
#ifndef TCC_RUNTIME_PRODUCT_H
#define TCC_RUNTIME_PRODUCT_H

#include "runtime/Tensors.h"
#include <stdint.h>

namespace tcc::runtime {

/// Strides in elements.
template <class T> struct MatrixView {
  const T *data;
  int64_t rowStride, colStride;
};

/// An axis of a matrix: one or more axes of a tensor, the last one fastest. Strides in elements.
struct Axis {
  int rank = 0;
  int64_t dims[maxRank], strides[maxRank];
  void add(int64_t dim, int64_t stride) {
    dims[rank] = dim;
    strides[rank++] = stride;
  }
};
/// A matrix whose elements lie at data[place of the row + place of the column]. Both axes have a rank of one at least.
template <class T> struct StridedMatrix {
  const T *data = nullptr;
  Axis rows, columns;
  StridedMatrix() = default;
  StridedMatrix(MatrixView<T> view, int64_t m, int64_t n) : data(view.data) {
    rows.add(m, view.rowStride);
    columns.add(n, view.colStride);
  }
  bool isView() const { return rows.rank == 1 && columns.rank == 1; }
  MatrixView<T> view() const { return {data, rows.strides[0], columns.strides[0]}; }
};

/// What a product does to the numbers that are there: c = a b, c += a b, c -= a b; c = a b written past the caches,
/// where rows of c begin at multiples of 64 bytes.
enum class Update { Set, Add, Subtract, Stream };

/// c[b] = lhs[b] rhs[b] for all b, c dense row-major. `lhsOffset(b)` gives the element offset of batch entry b.
struct BatchOffsets {
  int rank;
  int64_t dims[maxRank], lhs[maxRank], rhs[maxRank];
};

template <class T> struct Product {
  int64_t batch, m, n, k;
  StridedMatrix<T> lhs,
      rhs; ///< views with one stride of 1, or any if suitsPacking
  BatchOffsets offsets;
  T *result;
};

/// c (=, +=, -=) a b, c {m, n} row-major with rows at distance ldc, in parallel where it is worth it. Also for parts of
/// one matrix, as long as c overlaps with neither a nor b: trailing updates of factorisations. (c^T = b^T a^T serves
/// column-major ones.) False without memory for packing. For float, double and complex numbers.
template <class T>
bool multiplyInto(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c, int64_t ldc, Update update);

/// Whether operands are packed whatever their layout, so that they need not be copied into views first.
template <class T> bool suitsPacking(int64_t m, int64_t n, int64_t k);

/// For each element type; for 16-bit floats where suitsPacking.
template <class T> int32_t multiply(const Product<T> &product, TccStatus *status);

} // namespace tcc::runtime
#endif
