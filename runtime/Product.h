// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Batched matrix products of strided matrices: how a product is cut into tiles, and which inner loop computes a tile.
#ifndef TCC_RUNTIME_PRODUCT_H
#define TCC_RUNTIME_PRODUCT_H

#include "runtime/Tensors.h"
#include <stdint.h>

namespace tcc::runtime {

/// Strides in elements; one of them is 1 (or its extent is).
template <class T> struct MatrixView {
  const T *data;
  int64_t rowStride, colStride;
};

/// c[b] = lhs[b] rhs[b] for all b, c dense row-major. `lhsOffset(b)` gives the element offset of batch entry b.
struct BatchOffsets {
  int rank;
  int64_t dims[maxRank], lhs[maxRank], rhs[maxRank];
};

template <class T> struct Product {
  int64_t batch, m, n, k;
  MatrixView<T> lhs, rhs;
  BatchOffsets offsets;
  T *result;
};

/// For each element type but the 16-bit floats.
template <class T> int32_t multiply(const Product<T> &product, TccStatus *status);

} // namespace tcc::runtime
#endif
