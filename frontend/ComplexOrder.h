// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's order of complex numbers (Comparisons.cpp) for sorting and extrema along one axis.
#pragma once

#include "tcc/Tensor.h"

namespace tcc {

/// The stable order of complex x along an axis.
Tensor complexArgsort(const Tensor &x, int64_t axis, Loc where);
/// Where the largest or smallest element along an axis is: the first of equals, the first NaN if there is one.
Tensor complexArgExtremum(const Tensor &x, int64_t axis, bool larger, Loc where);

} // namespace tcc
