// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rearranging elements.
#pragma once

#include "tcc/Tensor.h"

#include <string>

namespace tcc {

/// One extent may be -1. Throws if the number of elements differs.
TCC_API Tensor reshape(const Tensor &x, Shape shape, Loc where = Loc::current());
TCC_API Tensor flatten(const Tensor &x, Loc where = Loc::current());
/// The number of positions along the axes, int64 and 0-d: the only way to compute with a size that is open while a
/// function is traced (Compile.h, Spec).
TCC_API Tensor extent(const Tensor &x, Axes axes = _, Loc where = Loc::current());
/// Drops axes of extent 1: all, or those given (throws if another extent).
TCC_API Tensor squeeze(const Tensor &x, Axes axes = {}, Loc where = Loc::current());
/// Inserts axes of extent 1, at these positions of the result.
TCC_API Tensor expand_dims(const Tensor &x, Axes axes, Loc where = Loc::current());
/// Reverses the axes, or result axis i is x's axis perm[i].
TCC_API Tensor transpose(const Tensor &x, Axes perm = {}, Loc where = Loc::current());
TCC_API Tensor swapaxes(const Tensor &x, int64_t a, int64_t b, Loc where = Loc::current());
TCC_API Tensor moveaxis(const Tensor &x, Axes from, Axes to, Loc where = Loc::current());
/// Reverses the order of elements along axes.
TCC_API Tensor flip(const Tensor &x, Axes axes = {}, Loc where = Loc::current());
/// Shifts cyclically; without axes the flattened tensor.
TCC_API Tensor roll(const Tensor &x, Axes shift, Axes axes = {}, Loc where = Loc::current());
TCC_API Tensor broadcast_to(const Tensor &x, Shape shape, Loc where = Loc::current());
struct PadOptions {
  /// "constant", "edge", "reflect", "symmetric" or "wrap"; "maximum", "mean", "median" or "minimum" of the axis;
  /// "linear_ramp" from the edge to `value`; "empty", whose new elements mean nothing (they are 0).
  std::string mode = "constant";
  /// Of "constant", and at the ends of "linear_ramp".
  double value = 0;
  /// Of how many elements next to each end the modes of statistics are; of all without it.
  std::optional<int64_t> stat_length = {};
};
/// Adds elements {before, after} each axis; one pair is used for all axes.
TCC_API Tensor pad(const Tensor &x, std::vector<std::pair<int64_t, int64_t>> widths, PadOptions options = {},
                   Loc where = Loc::current());
TCC_API Tensor tile(const Tensor &x, Shape reps, Loc where = Loc::current());
/// Repeats each element n times (one count, or one for each); without an axis of the flattened tensor.
TCC_API Tensor repeat(const Tensor &x, Axes n, std::optional<int64_t> axis = {}, Loc where = Loc::current());
/// Joins along an existing axis; dtypes promote.
TCC_API Tensor concatenate(const std::vector<Tensor> &xs, int64_t axis = 0, Loc where = Loc::current());
/// Joins along a new axis; dtypes promote.
TCC_API Tensor stack(const std::vector<Tensor> &xs, int64_t axis = 0, Loc where = Loc::current());
/// n equal parts. Throws if the extent is no multiple of n.
TCC_API std::vector<Tensor> split(const Tensor &x, int64_t n, int64_t axis = 0, Loc where = Loc::current());
/// Parts that begin at 0 and at each of these positions.
TCC_API std::vector<Tensor> split(const Tensor &x, std::initializer_list<int64_t> at, int64_t axis = 0,
                                  Loc where = Loc::current());
TCC_API std::vector<Tensor> split(const Tensor &x, const Shape &at, int64_t axis = 0, Loc where = Loc::current());
/// Turns by k quarters in the plane of two axes, from the first towards the second.
TCC_API Tensor rot90(const Tensor &x, int64_t k = 1, Axes axes = {0, 1}, Loc where = Loc::current());

} // namespace tcc
