// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rearranging elements: NumPy's shape functions as slices, transposes, pads and concatenations.
#include "tcc/Shape.h"
#include "frontend/Axes.h"
#include "frontend/TensorImpl.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"

#include <algorithm>
#include <numeric>

namespace tcc {

static std::string elementsText(const Tensor &x) {
  return (hasOpen(x.shape()) ? "as many" : std::to_string(x.size())) + " elements";
}

Tensor reshape(const Tensor &x, Shape shape, Loc where) {
  Tensor a = asNode(x, "reshape", where);
  auto open = std::find(shape.begin(), shape.end(), -1);
  if (std::count(shape.begin(), shape.end(), -1) > 1)
    fail("reshape", where, Kind::shape, "expected at most one extent of -1, got ", shape);
  Shape wanted = shape;
  if (open != shape.end()) {
    *open = 1;
    int64_t known = checkedCount(shape, "reshape", where);
    bool isKnown = known >= 0 && !hasOpen(a.shape());
    if (known == 0 || (isKnown && a.size() % known != 0))
      fail("reshape", where, Kind::shape, "expected a shape of ", elementsText(a), ", got ", wanted);
    *open = isKnown ? a.size() / known : anySize;
  }
  // With open sizes the op compares, or the program when it runs.
  if (!hasOpen(shape) && !hasOpen(a.shape()) && checkedCount(shape, "reshape", where) != a.size())
    fail("reshape", where, Kind::shape, "expected a shape of ", elementsText(a), ", got ", wanted);
  return reshapeTo(a, shape, where);
}

Tensor flatten(const Tensor &x, Loc where) {
  Tensor a = asNode(x, "flatten", where);
  return reshapeTo(a, {hasOpen(a.shape()) ? anySize : a.size()}, where);
}

Tensor extent(const Tensor &x, Axes axes, Loc where) {
  Tensor a = asNode(x, "extent", where);
  return ops::extent(a, normalizeAxes(axes, a.ndim(), "extent", where), where);
}

Tensor squeeze(const Tensor &x, Axes axes, Loc where) {
  Tensor a = asNode(x, "squeeze", where);
  std::vector<int64_t> drop = normalizeAxes(axes, a.ndim(), "squeeze", where);
  Shape shape;
  for (int64_t i = 0; i < a.ndim(); ++i) {
    bool listed = contains(drop, i);
    int64_t n = a.shape()[size_t(i)];
    if (listed && axes.value && n != 1)
      fail("squeeze", where, Kind::shape, "expected extent 1 of axis ", i, ", got shape ", a.shape());
    if (!listed || n != 1)
      shape.push_back(n);
  }
  return reshapeTo(a, shape, where);
}

Tensor expand_dims(const Tensor &x, Axes axes, Loc where) {
  Tensor a = asNode(x, "expand_dims", where);
  if (!axes.value)
    fail("expand_dims", where, Kind::value, "expected axes, got none");
  int64_t rank = a.ndim() + int64_t(axes.value->size());
  std::vector<int64_t> added = normalizeAxes(axes, rank, "expand_dims", where);
  Shape shape;
  for (int64_t i = 0, next = 0; i < rank; ++i)
    shape.push_back(contains(added, i) ? 1 : a.shape()[size_t(next++)]);
  return reshapeTo(a, shape, where);
}

static Tensor permute(const Tensor &a, const std::vector<int64_t> &perm, Loc where) {
  return std::is_sorted(perm.begin(), perm.end()) ? a : ops::transpose(a, perm, where);
}

Tensor transpose(const Tensor &x, Axes perm, Loc where) {
  Tensor a = asNode(x, "transpose", where);
  std::vector<int64_t> order = normalizeAxes(perm, a.ndim(), "transpose", where);
  if (int64_t(order.size()) != a.ndim())
    fail("transpose", where, Kind::value, "expected a permutation of ", a.ndim(), " axes, got ", *perm.value);
  if (!perm.value)
    std::reverse(order.begin(), order.end());
  return permute(a, order, where);
}

Tensor swapaxes(const Tensor &x, int64_t p, int64_t q, Loc where) {
  Tensor a = asNode(x, "swapaxes", where);
  std::vector<int64_t> perm = normalizeAxes(_, a.ndim(), "swapaxes", where);
  int64_t i = normalizeAxis(p, a.ndim(), "swapaxes", where), j = normalizeAxis(q, a.ndim(), "swapaxes", where);
  std::swap(perm[size_t(i)], perm[size_t(j)]);
  return permute(a, perm, where);
}

Tensor moveaxis(const Tensor &x, Axes from, Axes to, Loc where) {
  Tensor a = asNode(x, "moveaxis", where);
  std::vector<int64_t> source = normalizeAxes(from, a.ndim(), "moveaxis", where);
  std::vector<int64_t> target = normalizeAxes(to, a.ndim(), "moveaxis", where);
  if (source.size() != target.size())
    fail("moveaxis", where, Kind::value, "expected as many targets as axes, got ", source.size(), " and ",
         target.size());
  std::vector<int64_t> perm(size_t(a.ndim()), -1);
  for (size_t i = 0; i < source.size(); ++i)
    perm[size_t(target[i])] = source[i];
  int64_t next = 0;
  for (int64_t &p : perm) {
    if (p >= 0)
      continue;
    while (contains(source, next))
      ++next;
    p = next++;
  }
  return permute(a, perm, where);
}

Tensor flip(const Tensor &x, Axes axes, Loc where) {
  Tensor a = asNode(x, "flip", where);
  std::vector<int64_t> list = normalizeAxes(axes, a.ndim(), "flip", where);
  return list.empty() ? a : ops::reverse(a, list, where);
}

Tensor roll(const Tensor &x, Axes shift, Axes axes, Loc where) {
  Tensor a = asNode(x, "roll", where);
  if (!shift.value || shift.value->empty())
    fail("roll", where, Kind::value, "expected a shift, got none");
  if (!axes.value) {
    int64_t total = std::accumulate(shift.value->begin(), shift.value->end(), int64_t(0));
    return reshapeTo(roll(flatten(a, where), total, 0, where), a.shape(), where);
  }
  std::vector<int64_t> shifts = *shift.value, list = *axes.value;
  if (list.empty())
    return a;
  if (shifts.size() != list.size() && shifts.size() != 1 && list.size() != 1)
    fail("roll", where, Kind::value, "expected as many shifts as axes, got ", shifts.size(), " and ", list.size());
  for (size_t i = 0; i < std::max(shifts.size(), list.size()); ++i) {
    int64_t axis = normalizeAxis(list[list.size() == 1 ? 0 : i], a.ndim(), "roll", where);
    int64_t n = a.dim(axis), by = shifts[shifts.size() == 1 ? 0 : i];
    if (n == 0)
      continue;
    int64_t k = (by % n + n) % n;
    if (k != 0)
      a = ops::concatenate({sliceAxis(a, axis, n - k, n, where), sliceAxis(a, axis, 0, n - k, where)}, axis, where);
  }
  return a;
}

Tensor broadcast_to(const Tensor &x, Shape shape, Loc where) {
  checkedCount(shape, "broadcast_to", where);
  return broadcastTo(asNode(x, "broadcast_to", where), shape, "broadcast_to", where);
}

/// The value of which the modes of statistics continue an axis at one end; nothing for other modes. Integers are
/// rounded.
static std::optional<Tensor> statistic(const Tensor &a, int64_t axis, bool front, const PadOptions &o, Loc where) {
  const std::string &mode = o.mode;
  using Reduction = Tensor(const Tensor &, Axes, ReduceOptions, Loc);
  Reduction *reduce = mode == "maximum"   ? max
                      : mode == "mean"    ? mean
                      : mode == "median"  ? median
                      : mode == "minimum" ? min
                                          : static_cast<Reduction *>(nullptr);
  if (!reduce)
    return {};
  int64_t n = a.dim(axis), length = std::min(n, o.stat_length.value_or(n));
  Tensor near = sliceAxis(a, axis, front ? 0 : n - length, front ? length : n, where);
  Tensor value = reduce(near, axis, {.keepdims = true}, where);
  if (is_integer(a.dtype()) && is_inexact(value.dtype()))
    value = round(value, 0, where);
  return value.astype(a.dtype(), where);
}

/// `count` elements next to one end of an axis, as one of NumPy's modes continues it.
static Tensor padding(const Tensor &a, int64_t axis, int64_t count, bool front, const PadOptions &o, Loc where) {
  const std::string &mode = o.mode;
  int64_t n = a.dim(axis);
  Shape shape = a.shape();
  shape[size_t(axis)] = count;
  std::optional<Tensor> value = statistic(a, axis, front, o, where);
  if (mode == "edge" || mode == "linear_ramp")
    value = sliceAxis(a, axis, front ? 0 : n - 1, front ? 1 : n, where);
  if (mode == "linear_ramp") {
    // In steps of 1 / count of the way from `value`, which the last element has, to the edge; integers round down.
    Tensor edge = asInexact(*value, "pad", where), ends = constantLike(edge, o.value, where);
    Shape line(shape.size(), 1);
    line[size_t(axis)] = count;
    Tensor steps = iotaOf(line, axis, int64, where);
    Tensor part = divide(front ? steps : subtract(count - 1, steps, where), double(count), where);
    Tensor ramp =
        add(ends, multiply(subtract(edge, ends, where), asDtype(part, real_dtype(edge.dtype()), where), where), where);
    return asDtype(is_inexact(a.dtype()) ? ramp : floor(ramp, where), a.dtype(), where);
  }
  if (value)
    return broadcastTo(*value, shape, "pad", where);
  // Positions in the periodic continuation of the axis, as runs that ascend or descend within it.
  int64_t period = mode == "reflect" ? std::max<int64_t>(1, 2 * (n - 1)) : mode == "symmetric" ? 2 * n : n;
  auto source = [&](int64_t p) {
    int64_t q = (p % period + period) % period;
    return q < n ? q : mode == "reflect" ? period - q : 2 * n - 1 - q;
  };
  std::vector<Tensor> runs;
  int64_t begin = front ? -count : n, end = front ? 0 : n + count;
  for (int64_t p = begin; p < end;) {
    int64_t first = source(p), last = first, q = p + 1;
    int64_t step = q < end ? source(q) - first : 1;
    while (q < end && (step == 1 || step == -1) && source(q) == last + step)
      last += step, ++q;
    Tensor run = sliceAxis(a, axis, std::min(first, last), std::max(first, last) + 1, where);
    runs.push_back(first > last ? ops::reverse(run, {axis}, where) : run);
    p = q;
  }
  return runs.size() == 1 ? runs[0] : ops::concatenate(runs, axis, where);
}

Tensor pad(const Tensor &x, std::vector<std::pair<int64_t, int64_t>> widths, PadOptions options, Loc where) {
  Tensor a = asNode(x, "pad", where);
  if (widths.size() == 1)
    widths.resize(size_t(a.ndim()), widths[0]);
  if (int64_t(widths.size()) != a.ndim())
    fail("pad", where, Kind::value, "expected one pair of widths, or one for each of ", a.ndim(), " axes, got ",
         widths.size());
  std::vector<int64_t> low, high, interior(widths.size(), 0);
  for (auto [before, after] : widths) {
    if (before < 0 || after < 0)
      fail("pad", where, Kind::value, "expected widths that are not negative, got ", std::min(before, after));
    if (int64_t both; __builtin_add_overflow(before, after, &both))
      fail("pad", where, Kind::value, "expected widths whose sum fits 64 bits, got ", before, " and ", after);
    low.push_back(before);
    high.push_back(after);
  }
  if (options.mode == "constant" || options.mode == "empty")
    return ops::pad(a, constantLike(a, options.mode == "empty" ? 0 : options.value, where), low, high, interior, where);
  if (options.stat_length && *options.stat_length < 1)
    fail("pad", where, Kind::value, "expected a stat_length of at least 1, got ", *options.stat_length);
  constexpr const char *modes[] = {"edge", "reflect", "symmetric", "wrap",       "maximum",
                                   "mean", "median",  "minimum",   "linear_ramp"};
  if (std::find(std::begin(modes), std::end(modes), options.mode) == std::end(modes))
    fail(
        "pad", where, Kind::value,
        "expected mode constant, edge, reflect, symmetric, wrap, maximum, mean, median, minimum, linear_ramp or empty, "
        "got \"",
        options.mode, "\"");
  for (int64_t axis = 0; axis < a.ndim(); ++axis) {
    auto [before, after] = widths[size_t(axis)];
    if (before == 0 && after == 0)
      continue;
    if (a.dim(axis) == 0)
      fail("pad", where, Kind::shape, "expected elements to continue for mode ", options.mode, ", got shape ",
           a.shape());
    std::vector<Tensor> parts;
    if (before)
      parts.push_back(padding(a, axis, before, true, options, where));
    parts.push_back(a);
    if (after)
      parts.push_back(padding(a, axis, after, false, options, where));
    a = ops::concatenate(parts, axis, where);
  }
  return a;
}

/// Each axis i as a pair: `outer[i]` copies around, `inner[i]` copies of each element.
static Tensor replicate(const Tensor &a, const Shape &outer, const Shape &inner, const char *op, Loc where) {
  Shape between, result;
  std::vector<int64_t> dims;
  for (size_t i = 0; i < outer.size(); ++i) {
    dims.push_back(int64_t(between.size()) + 1);
    between.insert(between.end(), {outer[i], a.shape()[i], inner[i]});
  }
  checkedCount(between, op, where);
  for (size_t i = 0; i < outer.size(); ++i) {
    int64_t n = a.shape()[i], copies = outer[i] * inner[i];
    result.push_back(!isOpen(n) ? n * copies : copies == 1 ? n : anySize);
  }
  if (result == a.shape())
    return a;
  return ops::reshape(ops::broadcast(a, dims, a.dtype(), between, where), a.dtype(), result, where);
}

Tensor tile(const Tensor &x, Shape reps, Loc where) {
  Tensor a = asNode(x, "tile", where);
  for (int64_t r : reps)
    if (r < 0)
      fail("tile", where, Kind::value, "expected counts that are not negative, got ", reps);
  Shape shape = a.shape();
  if (shape.size() < reps.size())
    shape.insert(shape.begin(), reps.size() - shape.size(), 1);
  if (reps.size() < shape.size())
    reps.insert(reps.begin(), shape.size() - reps.size(), 1);
  return replicate(reshapeTo(a, shape, where), reps, Shape(shape.size(), 1), "tile", where);
}

Tensor repeat(const Tensor &x, Axes n, std::optional<int64_t> axis, Loc where) {
  Tensor a = asNode(x, "repeat", where);
  if (!axis)
    return repeat(flatten(a, where), n, 0, where);
  int64_t k = normalizeAxis(*axis, a.ndim(), "repeat", where);
  if (!n.value || (n.value->size() != 1 && int64_t(n.value->size()) != a.dim(k)))
    fail("repeat", where, Kind::value, "expected one count or ", a.dim(k), ", got ",
         n.value ? int64_t(n.value->size()) : 0);
  for (int64_t count : *n.value)
    if (count < 0)
      fail("repeat", where, Kind::value, "expected counts that are not negative, got ", *n.value);
  if (n.value->size() == 1) {
    Shape inner(a.shape().size(), 1);
    inner[size_t(k)] = n.value->front();
    return replicate(a, Shape(a.shape().size(), 1), inner, "repeat", where);
  }
  std::vector<int64_t> source;
  for (int64_t i = 0; i < a.dim(k); ++i)
    source.insert(source.end(), size_t((*n.value)[size_t(i)]), i);
  int64_t count = int64_t(source.size());
  Tensor rows = ops::gather(a, {fromIntegers(source, {count}, where)}, {k}, where);
  return moveaxis(rows, 0, k, where);
}

/// Many parts are put together in groups first: a kernel has a loop for each of its operands, and those of equal groups
/// are one kernel.
static Tensor joined(std::vector<Tensor> parts, int64_t axis, Loc where) {
  constexpr size_t mostParts = 32;
  while (parts.size() > mostParts) {
    std::vector<Tensor> groups;
    for (size_t begin = 0; begin < parts.size(); begin += mostParts) {
      std::vector<Tensor> group(parts.begin() + begin, parts.begin() + std::min(begin + mostParts, parts.size()));
      groups.push_back(joined(std::move(group), axis, where));
    }
    parts = std::move(groups);
  }
  return parts.size() == 1 ? parts[0] : ops::concatenate(parts, axis, where);
}

Tensor concatenate(const std::vector<Tensor> &xs, int64_t axis, Loc where) {
  if (xs.empty())
    fail("concatenate", where, Kind::value, "expected at least one tensor, got none");
  Dtype dtype = commonDtype(xs, "concatenate", where);
  int64_t k = normalizeAxis(axis, xs[0].ndim(), "concatenate", where), total = 0;
  std::vector<Tensor> parts;
  for (const Tensor &x : xs) {
    Shape other = x.shape();
    bool fits = other.size() == xs[0].shape().size();
    if (fits)
      other[size_t(k)] = xs[0].shape()[size_t(k)];
    if (!fits || !mayAgree(other, xs[0].shape()))
      fail("concatenate", where, Kind::shape, "expected shapes that agree outside axis ", k, ", got ", xs[0].shape(),
           " and ", x.shape());
    if (int64_t extent = x.shape()[size_t(k)]; !isOpen(extent) && __builtin_add_overflow(total, extent, &total))
      fail("concatenate", where, Kind::shape, "expected extents along axis ", k, " whose sum fits 64 bits, got ",
           xs[0].shape(), " and ", x.shape());
    parts.push_back(asDtype(x, dtype, where));
  }
  return joined(std::move(parts), k, where);
}

Tensor stack(const std::vector<Tensor> &xs, int64_t axis, Loc where) {
  if (xs.empty())
    fail("stack", where, Kind::value, "expected at least one tensor, got none");
  Dtype dtype = commonDtype(xs, "stack", where);
  int64_t k = normalizeAxis(axis, xs[0].ndim() + 1, "stack", where);
  Shape shape = xs[0].shape();
  shape.insert(shape.begin() + k, 1);
  std::vector<Tensor> parts;
  for (const Tensor &x : xs) {
    if (!mayAgree(x.shape(), xs[0].shape()))
      fail("stack", where, Kind::shape, "expected equal shapes, got ", xs[0].shape(), " and ", x.shape());
    parts.push_back(reshapeTo(asDtype(x, dtype, where), shape, where));
  }
  return joined(std::move(parts), k, where);
}

std::vector<Tensor> split(const Tensor &x, int64_t n, int64_t axis, Loc where) {
  expectTensor(x, "split", where);
  int64_t extent = x.dim(normalizeAxis(axis, x.ndim(), "split", where), where);
  if (n <= 0 || extent % n != 0)
    fail("split", where, Kind::value, "expected a number of parts that divides ", extent, ", got ", n);
  Shape at;
  for (int64_t i = 1; i < n; ++i)
    at.push_back(i * (extent / n));
  return split(x, at, axis, where);
}
std::vector<Tensor> split(const Tensor &x, std::initializer_list<int64_t> at, int64_t axis, Loc where) {
  return split(x, Shape(at), axis, where);
}
std::vector<Tensor> split(const Tensor &x, const Shape &at, int64_t axis, Loc where) {
  Tensor a = asNode(x, "split", where);
  int64_t k = normalizeAxis(axis, a.ndim(), "split", where), n = a.dim(k);
  std::vector<Tensor> parts;
  // Positions mean what they mean in Python's slices.
  auto clamp = [n](int64_t p) { return std::clamp<int64_t>(p < 0 ? p + n : p, 0, n); };
  for (size_t i = 0; i <= at.size(); ++i) {
    int64_t begin = i == 0 ? 0 : clamp(at[i - 1]), end = i == at.size() ? n : clamp(at[i]);
    parts.push_back(sliceAxis(a, k, begin, std::max(begin, end), where));
  }
  return parts;
}

Tensor rot90(const Tensor &x, int64_t k, Axes axes, Loc where) {
  Tensor a = asNode(x, "rot90", where);
  std::vector<int64_t> plane = normalizeAxes(axes, a.ndim(), "rot90", where);
  if (plane.size() != 2)
    fail("rot90", where, Kind::value, "expected two axes, got ", plane.size());
  switch ((k % 4 + 4) % 4) {
  case 0:
    return a;
  case 1:
    return swapaxes(flip(a, plane[1], where), plane[0], plane[1], where);
  case 2:
    return flip(a, plane, where);
  default:
    return flip(swapaxes(a, plane[0], plane[1], where), plane[1], where);
  }
}

} // namespace tcc
