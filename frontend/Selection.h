// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What NumPy's subscripts select, as a slice of x followed by a gather: shared by reading (Indexing.cpp) and updating
// (Update.cpp).
#pragma once

#include "tcc/Index.h"

#include <vector>

namespace tcc {

/// Slices come first, then integers are dropped and new axes inserted (the view), then tensors gather from the view.
struct Selection {
  // For each axis of x: what is sliced, forwards; `reversed` axes are read backwards afterwards.
  std::vector<int64_t> starts, limits, strides, reversed;
  /// x's shape after slicing, and after dropping and inserting axes.
  Shape sliced, view;
  /// Non-negative int64 tensors of one shape for these axes of the view.
  std::vector<Tensor> indices;
  std::vector<int64_t> gathered;
  Shape indexShape;
  /// Where indexShape stands in the result.
  int64_t position = 0;
  Loc where;

  /// The order of axes that takes gather's result (indexShape first) to the user's, and whether it is needed.
  std::vector<int64_t> placement() const;
  Shape resultShape() const;
};

Selection select(const Tensor &x, const std::vector<Index> &subscripts);
/// Whether it is a tensor of bools.
bool isMask(const Index &i);
/// The subscripts of operator() and at().
std::vector<Index> subscriptList(std::initializer_list<const Index *> list);

/// Sliced and viewed, before the gather.
Tensor viewOf(const Tensor &x, const Selection &s);
Tensor selected(const Tensor &x, const Selection &s);

/// `i` as non-negative int64 below `bound`: checked at once if it is known, when the program runs otherwise. Negative
/// ones count from the end, or are out of range.
Tensor checkedIndex(const Tensor &i, int64_t bound, int64_t axis, const char *op, Loc where, bool fromEnd = true);
/// x[.., at[.., k, ..], ..] for checked positions, whose shape is within x's outside the axis.
Tensor gatherAlong(const Tensor &x, const Tensor &at, int64_t axis, Loc where);

} // namespace tcc
