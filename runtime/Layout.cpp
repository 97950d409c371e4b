// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// stridedCopy on the thread pool.
#include "runtime/Layout.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"

namespace tcc::runtime {
namespace {

struct Copy {
  int rank = 0;
  int64_t dims[maxRank + 2], strides[maxRank + 2];
};

template <class T> void copyAs(T *to, const T *from, const Copy &copy) {
  // Adjacent axes that are one axis in memory are already merged; the last axis is inner unless another is contiguous.
  int last = copy.rank - 1, contiguous = last;
  for (int i = 0; i < last; ++i)
    if (copy.strides[last] != 1 && copy.strides[i] == 1)
      contiguous = i;
  int64_t denseStrides[maxRank + 2];
  int64_t count = 1;
  for (int i = last; i >= 0; --i) {
    denseStrides[i] = count;
    count *= copy.dims[i];
  }
  constexpr int64_t block = 64;
  int64_t cols = copy.dims[last];
  int64_t rows = contiguous == last ? 1 : copy.dims[contiguous];
  int64_t rowBlocks = (rows + block - 1) / block;
  int64_t outer = count / (cols * rows);
  parallelFor(outer * rowBlocks, grainFor(0.4 * double(cols) * double(rows) / double(rowBlocks)),
              [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                  int64_t rest = i / rowBlocks, source = 0, target = 0;
                  for (int d = last - 1; d >= 0; --d) {
                    if (d == contiguous)
                      continue;
                    int64_t index = rest % copy.dims[d];
                    rest /= copy.dims[d];
                    source += index * copy.strides[d];
                    target += index * denseStrides[d];
                  }
                  if (contiguous == last) {
                    if (copy.strides[last] == 1)
                      memcpy(to + target, from + source, size_t(cols) * sizeof(T));
                    else
                      for (int64_t c = 0; c < cols; ++c)
                        to[target + c] = from[source + c * copy.strides[last]];
                    continue;
                  }
                  int64_t r0 = i % rowBlocks * block, r1 = r0 + block < rows ? r0 + block : rows;
                  transposeCopy(to + target + r0 * denseStrides[contiguous], denseStrides[contiguous],
                                from + source + r0, copy.strides[last], cols, r1 - r0);
                }
              });
}

struct Element16 {
  uint64_t low, high;
};

} // namespace

void stridedCopy(void *to, const void *from, int64_t elementSize, int rank, const int64_t *dims,
                 const int64_t *strides) {
  Copy copy;
  for (int i = 0; i < rank; ++i) {
    if (dims[i] == 0)
      return;
    if (dims[i] == 1)
      continue;
    int n = copy.rank;
    if (n && copy.strides[n - 1] == dims[i] * strides[i]) {
      copy.dims[n - 1] *= dims[i];
      copy.strides[n - 1] = strides[i];
      continue;
    }
    copy.dims[n] = dims[i];
    copy.strides[n] = strides[i];
    ++copy.rank;
  }
  if (copy.rank == 0) {
    copy.dims[0] = copy.strides[0] = 1;
    copy.rank = 1;
  }
  switch (elementSize) {
  case 1:
    return copyAs(static_cast<uint8_t *>(to), static_cast<const uint8_t *>(from), copy);
  case 2:
    return copyAs(static_cast<uint16_t *>(to), static_cast<const uint16_t *>(from), copy);
  case 4:
    return copyAs(static_cast<uint32_t *>(to), static_cast<const uint32_t *>(from), copy);
  case 8:
    return copyAs(static_cast<uint64_t *>(to), static_cast<const uint64_t *>(from), copy);
  default:
    return copyAs(static_cast<Element16 *>(to), static_cast<const Element16 *>(from), copy);
  }
}

} // namespace tcc::runtime
