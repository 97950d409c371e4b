// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products in the blocked scheme of Goto and van de Geijn (2008, ACM Trans. Math. Softw. 34, 12): packed once
// for all threads, in blocks for each level of cache.
#ifndef TCC_RUNTIME_PACKEDPRODUCT_H
#define TCC_RUNTIME_PACKEDPRODUCT_H

#include "runtime/Elements.h"
#include "runtime/Product.h"

namespace tcc::runtime {

/// c (=, +=, -=) a b over steps [first, first + k) of the contraction, k > 0; c {m, n} row-major with rows at distance
/// ldc. Every result is one chain along each block of at most 256 steps of k, and the chains are added in order: no
/// number of threads changes a bit. Real numbers of 16 bits are multiplied and added in float and rounded once; c is
/// Set then. False without memory for packing. For each element type but the integers.
template <class T>
bool packedProduct(int64_t m, int64_t n, int64_t first, int64_t k, const StridedMatrix<T> &a, const StridedMatrix<T> &b,
                   T *c, int64_t ldc, Update update);

} // namespace tcc::runtime
#endif
