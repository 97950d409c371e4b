// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products of bfloat16 in the tile registers of x86 (AMX), where there are any.
#ifndef TCC_RUNTIME_TILEPRODUCT_H
#define TCC_RUNTIME_TILEPRODUCT_H

#include "runtime/Elements.h"
#include "runtime/Product.h"

namespace tcc::runtime {

/// Whether multiplyTiles() is there and worth its packing for matrices of this size.
bool suitsTiles(int64_t m, int64_t n, int64_t k);
/// Sums in float, rounded once to bfloat16. Subnormal numbers count as zero: the instruction knows none.
int32_t multiplyTiles(const Product<BFloat16> &product, TccStatus *status);

} // namespace tcc::runtime
#endif
