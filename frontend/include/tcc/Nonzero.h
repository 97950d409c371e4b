// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions whose results' sizes depend on values. Outside of compile() they evaluate their argument; a compiled
// function runs in stages there. In the bodies of loops and branches, in vmap and in saved functions no value is known:
// give a fixed size, which drops results beyond it and fills up missing ones. All are differentiable, in both cases.
#pragma once

#include "tcc/Tensor.h"

#include <concepts>

namespace tcc {

struct NonzeroOptions {
  /// The number of results; as many as there are without it.
  std::optional<int64_t> size = {};
  int64_t fill_value = 0;
};
/// For each axis the int64 indices of the elements that are not zero, in row-major order.
TCC_API std::vector<Tensor> nonzero(const Tensor &x, NonzeroOptions options = {}, Loc where = Loc::current());
/// The same in the flattened tensor.
TCC_API Tensor flatnonzero(const Tensor &x, NonzeroOptions options = {}, Loc where = Loc::current());
/// The same as rows: {count, x.ndim()}.
TCC_API Tensor argwhere(const Tensor &x, NonzeroOptions options = {}, Loc where = Loc::current());

struct CompressOptions {
  /// The extent of the result along the axis; as many as there are true conditions without it.
  std::optional<int64_t> size = {};
  Tensor fill_value = 0;
};
/// x's parts along an axis (of the flattened tensor without one) where the 1-d condition is true.
TCC_API Tensor compress(const Tensor &condition, const Tensor &x, std::optional<int64_t> axis = {},
                        CompressOptions options = {}, Loc where = Loc::current());

struct UniqueOptions {
  /// The number of results; as many as there are without it.
  std::optional<int64_t> size = {};
  /// The smallest element if empty.
  Tensor fill_value = {};
  /// The distinct parts along this axis, in lexicographic order, instead of elements; each NaN is one of its own.
  std::optional<int64_t> axis = {};
};
/// The distinct elements, sorted; all NaN count as one.
TCC_API Tensor unique(const Tensor &x, UniqueOptions options = {}, Loc where = Loc::current());
struct Unique {
  Tensor values;          ///< sorted
  Tensor indices;         ///< of their first occurrences in the flattened tensor, or along the axis
  Tensor inverse_indices; ///< values(inverse_indices) is x; of x's shape, or one for each part along the axis
  Tensor counts;          ///< how often each occurs; 0 for fill values
};
/// The distinct elements and where they are; each NaN is one of its own, as in NumPy's function.
TCC_API Unique unique_all(const Tensor &x, UniqueOptions options = {}, Loc where = Loc::current());

struct RepeatOptions {
  /// The extent of the result along the axis: the sum of the counts without it. The last element fills up.
  std::optional<int64_t> total_repeat_length = {};
};
namespace detail {
TCC_API Tensor repeatBy(const Tensor &x, const Tensor &counts, std::optional<int64_t> axis,
                        const RepeatOptions &options, Loc where);
}
/// Repeats each element as often as `counts` says: one integer, or one for each along the axis; without an axis of the
/// flattened tensor.
template <std::same_as<Tensor> T>
Tensor repeat(const Tensor &x, const T &counts, std::optional<int64_t> axis = {}, RepeatOptions options = {},
              Loc where = Loc::current()) {
  return detail::repeatBy(x, counts, axis, options, where);
}

} // namespace tcc
