// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies between memory orders: dense results from strided or transposed sources, blocked for the cache.
#ifndef TCC_RUNTIME_LAYOUT_H
#define TCC_RUNTIME_LAYOUT_H

#include "runtime/Elements.h"
#include <stdint.h>

namespace tcc::runtime {

/// to[c * toStride + r] = f(from[r * fromStride + c]), in blocks that fit the first-level cache both ways.
template <class To, class From, class F>
void transposeCopy(To *to, int64_t toStride, const From *from, int64_t fromStride, int64_t rows, int64_t cols, F f) {
  constexpr int64_t block = 32;
  for (int64_t r0 = 0; r0 < rows; r0 += block)
    for (int64_t c0 = 0; c0 < cols; c0 += block) {
      int64_t r1 = r0 + block < rows ? r0 + block : rows, c1 = c0 + block < cols ? c0 + block : cols;
      for (int64_t c = c0; c < c1; ++c)
        for (int64_t r = r0; r < r1; ++r)
          to[c * toStride + r] = f(from[r * fromStride + c]);
    }
}
template <class T>
void transposeCopy(T *to, int64_t toStride, const T *from, int64_t fromStride, int64_t rows, int64_t cols) {
  transposeCopy(to, toStride, from, fromStride, rows, cols, [](T x) { return x; });
}

/// Writes the elements at `from` + sum(index * stride) densely in row-major order of `dims`. Strides in elements.
void stridedCopy(void *to, const void *from, int64_t elementSize, int rank, const int64_t *dims,
                 const int64_t *strides);

} // namespace tcc::runtime
#endif
