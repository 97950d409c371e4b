// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comparisons and the larger and smaller of pairs. Complex numbers are ordered as in NumPy: by their real parts, then
// by their imaginary parts; one with a NaN part is not comparable.
#include "frontend/Axes.h"
#include "frontend/ComplexOrder.h"
#include "frontend/TensorImpl.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <limits>

namespace tcc {
namespace {

/// An integer scalar that the array's dtype cannot hold is still a number to compare with: both are int64 then.
bool needsWide(const Tensor &array, const Tensor &scalar) {
  return array.valid() && isWeak(scalar) && !isWeak(array) && is_integer(array.dtype()) && is_integer(scalar.dtype()) &&
         !holds(array.dtype(), asInteger(*scalar.impl()->weak));
}

std::pair<Tensor, Tensor> comparable(const Tensor &a, const Tensor &b, const char *op, Loc where) {
  if (needsWide(a, b))
    return promoteBinary(asDtype(a, int64, where), b, Promote::keep, op, where);
  if (needsWide(b, a))
    return promoteBinary(a, asDtype(b, int64, where), Promote::keep, op, where);
  return promoteBinary(a, b, Promote::keep, op, where);
}

using Build = Tensor (*)(const Tensor &, const Tensor &, Loc);

/// a < b or a <= b, as `last` says for the imaginary parts of numbers with equal real parts.
Tensor lexicographic(const Tensor &a, const Tensor &b, Build last, Loc where) {
  Tensor x = real(a, where), y = real(b, where), u = imag(a, where), v = imag(b, where);
  Tensor known = logical_and(equal(u, u, where), equal(v, v, where), where);
  Tensor before = logical_and(ops::less(x, y, where), known, where);
  return logical_or(before, logical_and(equal(x, y, where), last(u, v, where), where), where);
}

Tensor ordered(const Tensor &a, const Tensor &b, Build build, bool swapped, Build last, const char *op, Loc where) {
  auto [x, y] = comparable(a, b, op, where);
  if (!is_complex(x.dtype()))
    return build(x, y, where);
  return swapped ? lexicographic(y, x, last, where) : lexicographic(x, y, last, where);
}

/// The larger, or smaller, of each pair; the first NaN wins.
Tensor extreme(const Tensor &a, const Tensor &b, Build build, bool larger, const char *op, Loc where) {
  auto [x, y] = promoteBinary(a, b, Promote::keep, op, where);
  if (!is_complex(x.dtype()))
    return build(x, y, where);
  Tensor first = larger ? lexicographic(y, x, ops::less_equal, where) : lexicographic(x, y, ops::less_equal, where);
  return tcc::where(logical_or(first, isnan(x, where), where), x, y, where);
}

} // namespace

Tensor equal(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = comparable(a, b, "equal", where);
  return ops::equal(x, y, where);
}
Tensor not_equal(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = comparable(a, b, "not_equal", where);
  return ops::not_equal(x, y, where);
}
Tensor less(const Tensor &a, const Tensor &b, Loc where) {
  return ordered(a, b, ops::less, false, ops::less, "less", where);
}
Tensor less_equal(const Tensor &a, const Tensor &b, Loc where) {
  return ordered(a, b, ops::less_equal, false, ops::less_equal, "less_equal", where);
}
Tensor greater(const Tensor &a, const Tensor &b, Loc where) {
  return ordered(a, b, ops::greater, true, ops::less, "greater", where);
}
Tensor greater_equal(const Tensor &a, const Tensor &b, Loc where) {
  return ordered(a, b, ops::greater_equal, true, ops::less_equal, "greater_equal", where);
}
Tensor maximum(const Tensor &a, const Tensor &b, Loc where) {
  return extreme(a, b, ops::maximum, true, "maximum", where);
}
Tensor minimum(const Tensor &a, const Tensor &b, Loc where) {
  return extreme(a, b, ops::minimum, false, "minimum", where);
}

// Sorting by the last key first, stably. Numbers without NaN come first, then those with a NaN imaginary part, with a
// NaN real part, with both.
Tensor complexArgsort(const Tensor &x, int64_t axis, Loc where) {
  Tensor order = ops::argsort(imag(x, where), axis, where);
  auto refine = [&](const Tensor &key) {
    Tensor next = ops::argsort(take_along_axis(key, order, axis, where), axis, where);
    order = take_along_axis(order, next, axis, where);
  };
  refine(real(x, where));
  refine(asDtype(isnan(imag(x, where), where), int8, where));
  refine(asDtype(isnan(real(x, where), where), int8, where));
  return order;
}

Tensor complexArgExtremum(const Tensor &x, int64_t axis, bool larger, Loc where) {
  Tensor re = real(x, where), im = imag(x, where);
  auto best = [&](const Tensor &part) {
    ReduceOptions keep{.keepdims = true};
    return equal(part, larger ? max(part, axis, keep, where) : min(part, axis, keep, where), where);
  };
  Tensor candidate = best(re);
  double never = larger ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  Tensor hit = logical_and(candidate, best(tcc::where(candidate, im, never, where)), where);
  Tensor nan = isnan(x, where);
  hit = tcc::where(any(nan, axis, {.keepdims = true}, where), nan, hit, where);
  return ops::argmax(asDtype(hit, int8, where), axis, where);
}

} // namespace tcc
