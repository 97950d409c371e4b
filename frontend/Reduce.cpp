// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions and scans: NumPy's result types and empty cases around the reduction ops.
#include "tcc/Reduce.h"
#include "frontend/Axes.h"
#include "frontend/ComplexOrder.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <cmath>
#include <limits>

namespace tcc {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How many elements lie along the axes; -1 if a size is open.
int64_t countOver(const Tensor &x, const std::vector<int64_t> &axes) {
  Shape along;
  for (int64_t a : axes)
    along.push_back(x.shape()[size_t(a)]);
  return hasOpen(along) ? -1 : elementCount(along);
}
/// The same less `ddof`, at least 0, as a weak number or a tensor of a dtype.
Tensor divisorOver(const Tensor &x, const std::vector<int64_t> &axes, int64_t ddof, Dtype dtype, Loc where) {
  if (int64_t n = countOver(x, axes); n >= 0)
    return Tensor(std::max(0.0, double(n - ddof)));
  Tensor n = asDtype(ops::extent(x, axes, where), dtype, where);
  return ddof == 0 ? n : maximum(subtract(n, double(ddof), where), 0.0, where);
}

Tensor keep(const Tensor &y, const Tensor &x, const std::vector<int64_t> &axes, bool keepdims, Loc where) {
  return keepdims ? reshapeTo(y, withOnes(x.shape(), axes), where) : y;
}

/// bool and the integers that are narrower than int64, as NumPy sums them.
Tensor widened(const Tensor &x, const char *op, Loc where) {
  Tensor a = asNode(x, op, where);
  return is_inexact(a.dtype()) ? a : asDtype(a, int64, where);
}

void expectElements(const Tensor &x, const std::vector<int64_t> &axes, const char *op, Loc where) {
  if (countOver(x, axes) == 0)
    fail(op, where, Kind::shape, "expected at least one element to reduce, got shape ", x.shape());
}

/// The axes as one, which comes last.
Tensor flattened(const Tensor &a, const std::vector<int64_t> &axes, Loc where) {
  std::vector<int64_t> target;
  Shape shape;
  for (int64_t i = 0; i < a.ndim(); ++i)
    if (!contains(axes, i))
      shape.push_back(a.shape()[size_t(i)]);
  for (size_t i = 0; i < axes.size(); ++i)
    target.push_back(int64_t(shape.size() + i));
  shape.push_back(countOver(a, axes));
  return reshapeTo(moveaxis(a, axes, target, where), shape, where);
}

template <class Op>
Tensor extremum(const Tensor &x, const Axes &axes, ReduceOptions o, const char *op, Loc where, Op reduce) {
  Tensor a = asNode(x, op, where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), op, where);
  expectElements(a, list, op, where);
  if (list.empty())
    return a;
  if (is_complex(a.dtype())) {
    Tensor lines = flattened(a, list, where);
    int64_t axis = lines.ndim() - 1;
    Tensor at = expand_dims(complexArgExtremum(lines, axis, std::string_view(op) == "max", where), -1, where);
    return keep(squeeze(take_along_axis(lines, at, axis, where), axis, where), a, list, o.keepdims, where);
  }
  // Bool is ordered: max is or, min is and.
  if (a.dtype() == bool_)
    return keep(std::string_view(op) == "max" ? ops::reduce_or(a, list, where) : ops::reduce_and(a, list, where), a,
                list, o.keepdims, where);
  return keep(reduce(a, list, where), a, list, o.keepdims, where);
}

template <class Op>
Tensor argExtremum(const Tensor &x, const Axes &axes, ReduceOptions o, const char *op, Loc where, Op reduce) {
  Tensor a = asNode(x, op, where);
  auto find = [&](const Tensor &t, int64_t axis) {
    return is_complex(t.dtype()) ? complexArgExtremum(t, axis, std::string_view(op) == "argmax", where)
                                 : reduce(t, axis, where);
  };
  if (!axes.value) {
    Tensor flat = flatten(a, where);
    expectElements(flat, {0}, op, where);
    Tensor at = find(flat, 0);
    return o.keepdims ? reshapeTo(at, Shape(a.shape().size(), 1), where) : at;
  }
  int64_t axis = singleAxis(axes, a.ndim(), op, where);
  expectElements(a, {axis}, op, where);
  return keep(find(a, axis), a, {axis}, o.keepdims, where);
}

/// The scanned axis: without one the tensor is flattened.
std::pair<Tensor, int64_t> scanned(const Tensor &a, const Axes &axis, const char *op, Loc where) {
  if (!axis.value)
    return {flatten(a, where), 0};
  return {a, singleAxis(axis, a.ndim(), op, where)};
}

} // namespace

Tensor sum(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  Tensor a = widened(x, "sum", where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "sum", where);
  return list.empty() ? a : keep(ops::reduce_sum(a, list, where), a, list, o.keepdims, where);
}
Tensor prod(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  Tensor a = widened(x, "prod", where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "prod", where);
  return list.empty() ? a : keep(ops::reduce_prod(a, list, where), a, list, o.keepdims, where);
}
Tensor mean(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  Tensor a = asInexact(x, "mean", where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "mean", where);
  // Sums of halves are kept in float32: their mean is in range even where the sum is not.
  Tensor wide = asWide(a, "mean", where);
  Tensor total = sum(wide, list, o, where);
  return asDtype(divide(total, divisorOver(a, list, 0, real_dtype(wide.dtype()), where), where), a.dtype(), where);
}
Tensor max(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  return extremum(x, axes, o, "max", where, ops::reduce_max);
}
Tensor min(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  return extremum(x, axes, o, "min", where, ops::reduce_min);
}
Tensor argmax(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  return argExtremum(x, axes, o, "argmax", where, ops::argmax);
}
Tensor argmin(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  return argExtremum(x, axes, o, "argmin", where, ops::argmin);
}
Tensor all(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  Tensor a = asDtype(asNode(x, "all", where), bool_, where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "all", where);
  return list.empty() ? a : keep(ops::reduce_and(a, list, where), a, list, o.keepdims, where);
}
Tensor any(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  Tensor a = asDtype(asNode(x, "any", where), bool_, where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "any", where);
  return list.empty() ? a : keep(ops::reduce_or(a, list, where), a, list, o.keepdims, where);
}

Tensor logsumexp(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  Tensor a = asInexact(x, "logsumexp", where);
  expectReal(a, "logsumexp", where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "logsumexp", where);
  if (countOver(a, list) == 0)
    return log(sum(a, list, o, where), where);
  // The shift cancels in the derivative, too. Where the maximum is infinite the shift is 0: exp gives 0 or inf.
  Tensor top = max(a, list, {.keepdims = true}, where);
  Tensor shift = ops::stop_gradient(tcc::where(isfinite(top, where), top, constantLike(a, 0, where), where), where);
  Tensor total = log(sum(exp(subtract(a, shift, where), where), list, {.keepdims = true}, where), where);
  Tensor y = add(total, shift, where);
  if (o.keepdims || list.empty())
    return y;
  return squeeze(y, list, where);
}

Tensor norm(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  Tensor a = asInexact(x, "norm", where);
  // |z|^2 without the root that abs has, so that the gradient at a zero element is 0.
  Tensor squares = is_complex(a.dtype()) ? add(square(real(a, where), where), square(imag(a, where), where), where)
                                         : square(a, where);
  Tensor total = sum(squares, std::move(axes), o, where);
  // At 0 the root has an infinite slope, whose product with the zero inside would be NaN: 1 stands in there.
  Tensor zero = equal(total, 0.0, where);
  Tensor safe = tcc::where(zero, constantLike(total, 1, where), total, where);
  return tcc::where(zero, constantLike(total, 0, where), sqrt(safe, where), where);
}

Tensor median(const Tensor &x, Axes axes, ReduceOptions o, Loc where) {
  Tensor a = asInexact(x, "median", where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "median", where);
  if (countOver(a, list) < 0)
    fail("median", where, Kind::shape, "expected known sizes along the axes, got ", a.shape());
  Tensor lines = flattened(a, list, where);
  int64_t axis = lines.ndim() - 1, n = lines.shape().back();
  if (n == 0) // as the mean of nothing
    return mean(a, list, o, where);
  Tensor sorted = sort(lines, axis, where);
  Tensor middle = selectAxis(sorted, axis, n / 2, where);
  if (n % 2 == 0)
    middle = multiply(add(selectAxis(sorted, axis, n / 2 - 1, where), middle, where), 0.5, where);
  // Sorting puts NaN last: the last element tells whether there is one.
  Tensor last = selectAxis(sorted, axis, n - 1, where);
  return keep(tcc::where(isnan(last, where), last, middle, where), a, list, o.keepdims, where);
}

Tensor var(const Tensor &x, Axes axes, VarOptions o, Loc where) {
  Tensor a = asInexact(x, "var", where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "var", where);
  Tensor wide = asWide(a, "var", where);
  Tensor d = subtract(wide, mean(wide, list, {.keepdims = true}, where), where);
  Tensor squares = is_complex(d.dtype()) ? add(square(real(d, where), where), square(imag(d, where), where), where)
                                         : square(d, where);
  Tensor divisor = divisorOver(a, list, o.ddof, squares.dtype(), where);
  Tensor y = divide(sum(squares, list, {.keepdims = o.keepdims}, where), divisor, where);
  return asDtype(y, real_dtype(a.dtype()), where);
}
Tensor std_dev(const Tensor &x, Axes axes, VarOptions o, Loc where) {
  return sqrt(var(x, std::move(axes), o, where), where);
}

//===----------------------------------------------------------------------===//
// Scans
//===----------------------------------------------------------------------===//

Tensor cumsum(const Tensor &x, Axes axis, Loc where) {
  auto [a, k] = scanned(widened(x, "cumsum", where), axis, "cumsum", where);
  return ops::cumsum(a, k, false, where);
}
Tensor cumprod(const Tensor &x, Axes axis, Loc where) {
  auto [a, k] = scanned(widened(x, "cumprod", where), axis, "cumprod", where);
  return ops::cumprod(a, k, false, where);
}
Tensor cummax(const Tensor &x, Axes axis, Loc where) {
  expectReal(x, "cummax", where);
  auto [a, k] = scanned(asNode(x, "cummax", where), axis, "cummax", where);
  return ops::cummax(a, k, false, where);
}
Tensor cummin(const Tensor &x, Axes axis, Loc where) {
  expectReal(x, "cummin", where);
  auto [a, k] = scanned(asNode(x, "cummin", where), axis, "cummin", where);
  return ops::cummin(a, k, false, where);
}

// By doubling: after step s element i holds the sum over the last 2^s elements up to i. logaddexp keeps each partial
// sum exact relative to its own size, which a common shift would not.
Tensor logcumsumexp(const Tensor &x, Axes axis, Loc where) {
  Tensor inexact = asInexact(x, "logcumsumexp", where);
  expectReal(inexact, "logcumsumexp", where);
  auto [a, k] = scanned(inexact, axis, "logcumsumexp", where);
  int64_t n = a.dim(k);
  for (int64_t s = 1; s < n; s *= 2) {
    std::vector<int64_t> low(a.shape().size(), 0), none = low;
    low[size_t(k)] = s;
    Tensor shifted =
        ops::pad(sliceAxis(a, k, 0, n - s, where), constantLike(a, -infinity, where), low, none, none, where);
    a = logaddexp(a, shifted, where);
  }
  return a;
}

Tensor diff(const Tensor &x, int64_t n, int64_t axis, Loc where) {
  Tensor a = asNode(x, "diff", where);
  int64_t k = normalizeAxis(axis, a.ndim(), "diff", where);
  if (n < 0)
    fail("diff", where, Kind::value, "expected an order that is not negative, got ", n);
  for (; n > 0; --n) {
    int64_t extent = a.dim(k);
    if (extent == 0)
      break;
    Tensor high = sliceAxis(a, k, 1, extent, where), low = sliceAxis(a, k, 0, extent - 1, where);
    a = a.dtype() == bool_ ? not_equal(high, low, where) : subtract(high, low, where);
  }
  return a;
}

} // namespace tcc
