// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Indexing by function. Index tensors are integers; negative ones count from the end; out of range is an error, at once
// where it can be known and when the program runs otherwise.
#pragma once

#include "tcc/Index.h"

namespace tcc {

/// x's parts at indices i along an axis (of the flattened tensor without one): i's shape replaces the axis.
TCC_API Tensor take(const Tensor &x, const Tensor &i, std::optional<int64_t> axis = {}, Loc where = Loc::current());
/// result[.., k, ..] = x[.., i[.., k, ..], ..]; shapes broadcast outside the axis.
TCC_API Tensor take_along_axis(const Tensor &x, const Tensor &i, int64_t axis, Loc where = Loc::current());
/// x with x[.., i[.., k, ..], ..] = v[.., k, ..].
TCC_API Tensor put_along_axis(const Tensor &x, const Tensor &i, const Tensor &v, int64_t axis,
                              Loc where = Loc::current());
/// PyTorch's: i may be smaller than x outside the axis.
TCC_API Tensor gather(const Tensor &x, const Tensor &i, int64_t axis, Loc where = Loc::current());
/// PyTorch's: x plus v at i along the axis; duplicates add up.
TCC_API Tensor scatter_add(const Tensor &x, const Tensor &i, const Tensor &v, int64_t axis, Loc where = Loc::current());
/// PyTorch's scatter_: of duplicates the last wins.
TCC_API Tensor scatter_set(const Tensor &x, const Tensor &i, const Tensor &v, int64_t axis, Loc where = Loc::current());
/// Sums the rows of x with equal ids into n rows; ids outside [0, n) are an error.
TCC_API Tensor segment_sum(const Tensor &x, const Tensor &ids, int64_t n, Loc where = Loc::current());
/// The block of that size at data-dependent starts (one integer for each axis), which are clamped into range.
TCC_API Tensor dynamic_slice(const Tensor &x, const Tensor &starts, Shape sizes, Loc where = Loc::current());
/// x with a block replaced; starts are clamped as in dynamic_slice.
TCC_API Tensor dynamic_update_slice(const Tensor &x, const Tensor &update, const Tensor &starts,
                                    Loc where = Loc::current());

} // namespace tcc
