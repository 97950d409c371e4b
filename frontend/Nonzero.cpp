// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions whose results' sizes depend on values: found by the host, or of a fixed size, computed by the program.
#include "tcc/Nonzero.h"
#include "frontend/Axes.h"
#include "frontend/ValueSizes.h"
#include "tcc/Control.h"
#include "tcc/Create.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <numeric>

namespace tcc {
namespace {

/// The indices of the true elements for each axis of `mask`, which has one at least.
std::vector<Tensor> indicesIn(const Tensor &mask, Loc where) {
  const Shape &shape = mask.shape();
  const uint8_t *data = static_cast<const uint8_t *>(evaluated(mask, where).data());
  int64_t total = mask.size(), count = 0, width = shape.back();
  for (int64_t i = 0; i < total; ++i)
    count += data[i];
  // One element more: below, each is written before it is known to count.
  std::vector<Buffer> buffers;
  std::vector<int64_t *> at;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    buffers.push_back(allocateElements(int64, {count + 1}, "nonzero", where));
    at.push_back(static_cast<int64_t *>(buffers.back().data()));
  }
  Shape row(shape.size(), 0);
  int64_t *columns = at.back();
  for (int64_t begin = 0, end = 0; begin < total && end < count; begin += width) {
    int64_t first = end;
    for (int64_t i = 0; i < width; ++i) {
      columns[end] = i;
      end += data[begin + i];
    }
    for (size_t axis = 0; axis + 1 < shape.size(); ++axis)
      std::fill(at[axis] + first, at[axis] + end, row[axis]);
    for (size_t axis = shape.size() - 1; axis-- > 0;) {
      if (++row[axis] < shape[axis])
        break;
      row[axis] = 0;
    }
  }
  std::vector<Tensor> lines;
  for (Buffer &buffer : buffers)
    lines.push_back(fromBuffer(std::move(buffer), int64, {count}));
  return lines;
}

void expectSize(std::optional<int64_t> size, const char *op, Loc where) {
  if (size && *size < 0)
    fail(op, where, Kind::value, "expected a size that is not negative, got ", *size);
}

/// Which of `size` results there are, for so many true elements.
Tensor isThere(const Tensor &mask, int64_t size, Loc where) {
  return less(iotaOf({size}, 0, int64, where), sum(mask, _, {}, where), where);
}

/// The first `size` true elements of a 1-d mask, filled up with `fill`. An element's place is the number of true ones
/// before it; those that have none go to one more place, which is dropped.
Tensor fixedIndices(const Tensor &mask, int64_t size, int64_t fill, Loc where) {
  Tensor before = subtract(cumsum(mask, 0, where), 1, where);
  Tensor place = tcc::where(logical_and(mask, less(before, size, where), where), before, size, where);
  Tensor places = ops::scatter(zerosOf(int64, {size + 1}, where), iotaOf(mask.shape(), 0, int64, where), {place}, {0},
                               "set", where);
  return tcc::where(isThere(mask, size, where), sliceAxis(places, 0, 0, size, where), fill, where);
}

Tensor flatIndices(const Tensor &mask, std::optional<int64_t> size, int64_t fill, const char *op, Loc where) {
  return size ? fixedIndices(mask, *size, fill, where) : trueIndices(mask, op, where)[0];
}

std::vector<Tensor> nonzeroOf(const Tensor &x, const NonzeroOptions &options, const char *op, Loc where) {
  Tensor a = asNode(x, op, where);
  if (a.ndim() == 0)
    fail(op, where, Kind::shape, "expected a tensor with axes, got a 0-d tensor");
  expectSize(options.size, op, where);
  Tensor mask = asDtype(a, bool_, where);
  if (!options.size)
    return trueIndices(mask, op, where);
  Tensor flat = flatten(mask, where), index = fixedIndices(flat, *options.size, 0, where);
  Tensor there = isThere(flat, *options.size, where);
  std::vector<Tensor> lines;
  int64_t inner = 1;
  for (int64_t axis = a.ndim(); axis-- > 0;) {
    int64_t n = std::max<int64_t>(a.dim(axis), 1);
    Tensor line = remainder(floor_divide(index, inner, where), n, where);
    lines.push_back(tcc::where(there, line, options.fill_value, where));
    inner *= n;
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

/// The lexicographic order of rows: stable sorts by one column after the other, the last first.
Tensor rowOrder(const Tensor &rows, Loc where) {
  int64_t n = rows.dim(0), m = elementCount(rows.shape()) / std::max<int64_t>(n, 1);
  Tensor columns = reshapeTo(moveaxis(rows, 0, -1, where), {m, n}, where);
  return fori_loop(
      0, m,
      [&](const Tensor &turn, const std::vector<Tensor> &state) {
        Tensor column = take(columns, subtract(m - 1, turn, where), 0, where);
        Tensor next = argsort(ops::gather(column, {state[0]}, {0}, where), 0, where);
        return std::vector<Tensor>{ops::gather(state[0], {next}, {0}, where)};
      },
      {iotaOf({n}, 0, int64, where)}, where)[0];
}

/// What all forms of unique have in common.
struct Runs {
  Tensor items;         ///< the elements, or the parts along the axis, which is moved to the front
  Tensor order, sorted; ///< `order` only if asked for, or of parts
  Tensor isFirst;       ///< of equal items, in sorted order
};

Runs runsOf(const Tensor &x, std::optional<int64_t> axis, bool ordered, bool mergeNan, const char *op, Loc where) {
  Runs runs;
  Tensor a = asNode(x, op, where);
  runs.items = axis ? moveaxis(a, normalizeAxis(*axis, a.ndim(), op, where), 0, where) : flatten(a, where);
  int64_t n = runs.items.dim(0);
  if (axis) {
    runs.order = n == 0 ? zerosOf(int64, {0}, where) : rowOrder(runs.items, where);
    runs.sorted = ops::gather(runs.items, {runs.order}, {0}, where);
  } else if (ordered) {
    runs.order = argsort(runs.items, 0, where);
    runs.sorted = ops::gather(runs.items, {runs.order}, {0}, where);
  } else {
    runs.sorted = sort(runs.items, 0, where);
  }
  if (n == 0) {
    runs.isFirst = zerosOf(bool_, {0}, where);
    return runs;
  }
  Tensor high = sliceAxis(runs.sorted, 0, 1, n, where), low = sliceAxis(runs.sorted, 0, 0, n - 1, where);
  Tensor fresh = not_equal(high, low, where);
  if (axis) {
    std::vector<int64_t> rest(size_t(a.ndim() - 1));
    std::iota(rest.begin(), rest.end(), 1);
    fresh = any(fresh, rest, {}, where);
  } else if (mergeNan && is_inexact(a.dtype()))
    fresh = logical_and(fresh, logical_not(logical_and(isnan(high, where), isnan(low, where), where), where), where);
  runs.isFirst = ops::pad(fresh, asDtype(Tensor(true), bool_, where), {1}, {0}, {0}, where);
  return runs;
}

Tensor valuesOf(const Runs &runs, const Tensor &index, const UniqueOptions &options, const char *op, Loc where) {
  const Tensor &fill = options.fill_value;
  bool isEmpty = runs.items.dim(0) == 0;
  Dtype dtype = runs.items.dtype();
  Shape shape = runs.items.shape(), line(shape.size(), 1);
  if (options.size)
    shape[0] = line[0] = *options.size;
  if (isEmpty && options.size.value_or(0) > 0 && !fill.valid())
    fail(op, where, Kind::value, "expected a fill_value for ", *options.size, " results of a tensor without elements");
  if (isEmpty && options.size)
    return broadcastTo(fill.valid() ? storable(fill, dtype, op, where) : zerosOf(dtype, {}, where), shape, op, where);
  Tensor values = ops::gather(runs.sorted, {index}, {0}, where);
  if (!options.size || !fill.valid())
    return values;
  return tcc::where(reshapeTo(isThere(runs.isFirst, *options.size, where), line, where), values,
                    storable(fill, dtype, op, where), where);
}

} // namespace

std::vector<Tensor> trueIndices(const Tensor &mask, const char *op, Loc where) {
  return found(mask, op, [where](const Tensor &data) { return indicesIn(data, where); }, where);
}

std::vector<Tensor> nonzero(const Tensor &x, NonzeroOptions options, Loc where) {
  return nonzeroOf(x, options, "nonzero", where);
}
Tensor flatnonzero(const Tensor &x, NonzeroOptions options, Loc where) {
  return nonzeroOf(flatten(asNode(x, "flatnonzero", where), where), options, "flatnonzero", where)[0];
}
Tensor argwhere(const Tensor &x, NonzeroOptions options, Loc where) {
  return stack(nonzeroOf(x, options, "argwhere", where), 1, where);
}

Tensor compress(const Tensor &condition, const Tensor &x, std::optional<int64_t> axis, CompressOptions options,
                Loc where) {
  Tensor a = asNode(x, "compress", where), mask = asDtype(asNode(condition, "compress", where), bool_, where);
  if (!axis)
    a = flatten(a, where);
  if (mask.ndim() != 1)
    fail("compress", where, Kind::shape, "expected a condition with one axis, got shape ", mask.shape());
  expectSize(options.size, "compress", where);
  int64_t k = normalizeAxis(axis.value_or(0), a.ndim(), "compress", where);
  Tensor index = flatIndices(mask, options.size, 0, "compress", where);
  // As in NumPy the condition may be shorter than the axis, and longer where it is false.
  bool isWithin = mask.dim(0) <= a.dim(k) && a.dim(k) > 0;
  Tensor parts;
  if (isWithin) {
    parts = moveaxis(ops::gather(a, {index}, {k}, where), 0, k, where);
  } else if (options.size && a.dim(k) == 0) { // nothing to take even for what is filled
    Shape shape = a.shape();
    shape[size_t(k)] = *options.size;
    parts = zerosOf(a.dtype(), shape, where);
  } else {
    parts = take(a, index, k, where);
  }
  if (!options.size)
    return parts;
  Shape line(size_t(a.ndim()), 1);
  line[size_t(k)] = *options.size;
  return tcc::where(reshapeTo(isThere(mask, *options.size, where), line, where), parts,
                    storable(options.fill_value, a.dtype(), "compress", where), where);
}

Tensor unique(const Tensor &x, UniqueOptions options, Loc where) {
  expectSize(options.size, "unique", where);
  Runs runs = runsOf(x, options.axis, /*ordered=*/false, /*mergeNan=*/true, "unique", where);
  Tensor index = flatIndices(runs.isFirst, options.size, 0, "unique", where);
  return moveaxis(valuesOf(runs, index, options, "unique", where), 0, options.axis.value_or(0), where);
}

Unique unique_all(const Tensor &x, UniqueOptions options, Loc where) {
  const char *op = "unique_all";
  expectSize(options.size, op, where);
  Runs runs = runsOf(x, options.axis, /*ordered=*/true, /*mergeNan=*/false, op, where);
  int64_t n = runs.items.dim(0);
  Tensor index = flatIndices(runs.isFirst, options.size, 0, op, where), counts;
  if (options.size) {
    counts = diff(fixedIndices(runs.isFirst, *options.size + 1, n, where), 1, 0, where);
  } else {
    counts = diff(ops::pad(index, asDtype(Tensor(n), int64, where), {0}, {1}, {0}, where), 1, 0, where);
  }
  Tensor rank = subtract(cumsum(runs.isFirst, 0, where), 1, where);
  Tensor inverse = ops::scatter(zerosOf(int64, {n}, where), rank, {runs.order}, {0}, "set", where);
  return {moveaxis(valuesOf(runs, index, options, op, where), 0, options.axis.value_or(0), where),
          n == 0 ? index : ops::gather(runs.order, {index}, {0}, where),
          options.axis ? inverse : reshapeTo(inverse, x.shape(), where), counts};
}

Tensor detail::repeatBy(const Tensor &x, const Tensor &counts, std::optional<int64_t> axis,
                        const RepeatOptions &options, Loc where) {
  Tensor a = asNode(x, "repeat", where);
  if (!axis)
    a = flatten(a, where);
  int64_t k = normalizeAxis(axis.value_or(0), a.ndim(), "repeat", where), n = a.dim(k);
  expectInteger(counts, "repeat", where);
  expectSize(options.total_repeat_length, "repeat", where);
  if (counts.ndim() > 1 || (counts.size() != 1 && counts.size() != n))
    fail("repeat", where, Kind::shape, "expected one count or ", n, ", got shape ", counts.shape());
  Tensor wide = broadcastTo(asDtype(counts, int64, where), {n}, "repeat", where), source;
  if (options.total_repeat_length) {
    if (n == 0 && *options.total_repeat_length > 0)
      fail("repeat", where, Kind::shape, "expected something to repeat, got shape ", a.shape());
    // A result's source is the first element at whose end it has not been passed.
    Tensor place = iotaOf({*options.total_repeat_length}, 0, int64, where);
    source = searchsorted(cumsum(wide, 0, where), place, {.side = "right"}, where);
    source = minimum(source, n - 1, where);
  } else {
    auto sources = [where](const Tensor &data) {
      const int64_t *count = static_cast<const int64_t *>(evaluated(data, where).data());
      std::vector<int64_t> list;
      for (int64_t i = 0; i < data.size(); ++i) {
        if (count[i] < 0)
          fail("repeat", where, Kind::value, "expected counts that are not negative, got ", count[i]);
        list.insert(list.end(), size_t(count[i]), i);
      }
      int64_t total = int64_t(list.size());
      return std::vector<Tensor>{fromIntegers(list, {total}, where)};
    };
    source = found(wide, "repeat", sources, where)[0];
  }
  return moveaxis(ops::gather(a, {source}, {k}, where), 0, k, where);
}

} // namespace tcc
