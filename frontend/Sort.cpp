// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sorting and searching.
#include "frontend/Axes.h"
#include "frontend/ComplexOrder.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <bit>
#include <cmath>

namespace tcc {

static Tensor sortable(const Tensor &x, int64_t &axis, const char *op, Loc where) {
  Tensor a = asNode(x, op, where);
  axis = normalizeAxis(axis, a.ndim(), op, where);
  return a;
}

Tensor sort(const Tensor &x, int64_t axis, Loc where) {
  Tensor a = sortable(x, axis, "sort", where);
  return is_complex(a.dtype()) ? take_along_axis(a, complexArgsort(a, axis, where), axis, where)
                               : ops::sort(a, axis, where);
}
Tensor argsort(const Tensor &x, int64_t axis, Loc where) {
  Tensor a = sortable(x, axis, "argsort", where);
  return is_complex(a.dtype()) ? complexArgsort(a, axis, where) : ops::argsort(a, axis, where);
}

TopK topk(const Tensor &x, int64_t k, int64_t axis, Loc where) {
  Tensor a = sortable(x, axis, "topk", where);
  int64_t n = a.dim(axis);
  if (k < 0 || k > n)
    fail("topk", where, Kind::value, "expected a count in [0, ", n, "], got ", k);
  // Of equal elements the first must stay first in descending order: sort the reversed axis ascending, stably, and read
  // the result backwards.
  Tensor order = argsort(ops::reverse(a, {axis}, where), axis, where);
  Tensor last = ops::reverse(sliceAxis(order, axis, n - k, n, where), {axis}, where);
  Tensor indices = subtract(n - 1, last, where);
  return {take_along_axis(a, indices, axis, where), indices};
}

// Binary search for all v at once: the position grows by halving steps, the number of steps depends on the length only.
Tensor searchsorted(const Tensor &a, const Tensor &v, SearchOptions options, Loc where) {
  if (options.side != "left" && options.side != "right")
    fail("searchsorted", where, Kind::value, "expected side \"left\" or \"right\", got \"", options.side, "\"");
  const Tensor both[] = {a, v};
  Dtype dtype = commonDtype(both, "searchsorted", where);
  Tensor line = asDtype(a, dtype, where), x = asDtype(v, dtype, where);
  if (line.ndim() != 1)
    fail("searchsorted", where, Kind::shape, "expected a sorted 1-d tensor, got shape ", line.shape());
  int64_t n = line.dim(0);
  Tensor position = zerosOf(int64, x.shape(), where);
  if (n == 0)
    return position;
  bool left = options.side == "left", inexact = is_inexact(dtype);
  for (int64_t step = int64_t(std::bit_floor(uint64_t(n))); step > 0; step /= 2) {
    Tensor next = add(position, step, where);
    // Past the end nothing is smaller; the probe is clamped so that the gather stays in range.
    Tensor probe = ops::gather(line, {minimum(subtract(next, 1, where), n - 1, where)}, {0}, where);
    Tensor before = left ? less(probe, x, where) : less_equal(probe, x, where);
    if (inexact) {
      // NaN sorts last: it comes after every number, and equals itself.
      Tensor nan = isnan(x, where);
      before = logical_or(before, left ? logical_and(nan, logical_not(isnan(probe, where), where), where) : nan, where);
    }
    position = tcc::where(logical_and(less_equal(next, n, where), before, where), next, position, where);
  }
  return position;
}

} // namespace tcc
