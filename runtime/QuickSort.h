// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting unsigned keys with vectors: quicksort, its partitions by compressing registers, its short pieces by bitonic
// networks in registers.
#ifndef TCC_RUNTIME_QUICKSORT_H
#define TCC_RUNTIME_QUICKSORT_H

#include <stdint.h>

namespace tcc::runtime {

/// Whether this CPU has what quickSort needs (AVX-512).
bool hasQuickSort();
/// Sorts n keys in place; `other` has room for as many.
void quickSort(uint32_t *keys, uint32_t *other, int64_t n);
void quickSort(uint64_t *keys, uint64_t *other, int64_t n);

} // namespace tcc::runtime
#endif
