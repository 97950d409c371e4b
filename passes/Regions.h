// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of an iteration space in which every concatenation and every padding reads one operand only, so that each part
// is a loop nest without choices.
#pragma once

#include "mlir/IR/Value.h"

namespace tcc {

/// A box of iterations: `sizes[d]` of them along dim d, from `origin[d]` on.
struct Region {
  llvm::SmallVector<int64_t> origin, sizes;
};

/// Cuts the iteration space of `sizes` where the operand changes that an element of one of `tensors`, which have these
/// sizes, is read from. One region if it is small, if nothing changes along affine positions, or if there would be more
/// loop nests than are worth compiling.
llvm::SmallVector<Region> findRegions(llvm::ArrayRef<mlir::Value> tensors, llvm::ArrayRef<int64_t> sizes);

} // namespace tcc
