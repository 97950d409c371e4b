// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Indexing by function, over the gather and scatter ops.
#include "frontend/Axes.h"
#include "frontend/Selection.h"
#include "frontend/TensorImpl.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <algorithm>

namespace tcc {
namespace {

/// For each axis of `shape` its own positions, but `i` for one of them.
std::vector<Tensor> grid(const Shape &shape, int64_t axis, const Tensor &i, Loc where) {
  std::vector<Tensor> indices;
  for (int64_t d = 0; d < int64_t(shape.size()); ++d)
    indices.push_back(d == axis ? i : iotaOf(shape, d, int64, where));
  return indices;
}

std::vector<int64_t> allAxes(const Tensor &x) { return normalizeAxes(_, x.ndim(), "gather", Loc::current()); }

void expectSameRank(const Tensor &x, const Tensor &i, const char *op, Loc where) {
  expectTensor(i, op, where);
  if (x.ndim() != i.ndim() || x.ndim() == 0)
    fail(op, where, Kind::shape, "expected indices with as many axes as the tensor, at least one, got ", x.shape(),
         " and ", i.shape());
}

/// PyTorch's conditions: outside the axis the index is no larger than x, and nowhere larger than the values.
void expectWithin(const Shape &inner, const Shape &outer, int64_t except, const char *op, Loc where) {
  bool fits = inner.size() == outer.size();
  for (size_t d = 0; fits && d < inner.size(); ++d)
    fits = int64_t(d) == except || mayAgree(inner[d], outer[d]) || inner[d] <= outer[d];
  if (!fits)
    fail(op, where, Kind::shape, "expected indices no larger than ", outer, except >= 0 ? " outside the axis" : "",
         ", got ", inner);
}

Tensor scatterAlong(const Tensor &x, const Tensor &i, const Tensor &v, int64_t axis, const char *how, const char *op,
                    Loc where) {
  Tensor a = asNode(x, op, where);
  expectSameRank(a, i, op, where);
  int64_t k = normalizeAxis(axis, a.ndim(), op, where);
  expectWithin(i.shape(), a.shape(), k, op, where);
  Tensor value = storable(v, a.dtype(), op, where);
  if (value.ndim() == 0)
    value = broadcastTo(value, i.shape(), op, where);
  expectWithin(i.shape(), value.shape(), -1, op, where);
  for (int64_t d = 0; d < a.ndim(); ++d)
    value = sliceAxis(value, d, 0, i.shape()[size_t(d)], where);
  Tensor at = checkedIndex(i, a.dim(k), k, op, where);
  return ops::scatter(a, value, grid(i.shape(), k, at, where), allAxes(a), how, where);
}

/// Positions of a block, for each axis one tensor of the block's shape.
std::vector<Tensor> blockGrid(const Tensor &x, const Tensor &starts, const Shape &sizes, const char *op, Loc where) {
  expectInteger(starts, op, where);
  if (starts.shape() != Shape{x.ndim()})
    fail(op, where, Kind::shape, "expected one start for each of ", x.ndim(), " axes, got shape ", starts.shape());
  if (int64_t(sizes.size()) != x.ndim())
    fail(op, where, Kind::shape, "expected a block of ", x.ndim(), " axes, got ", sizes);
  std::vector<Tensor> indices;
  Tensor wide = asDtype(starts, int64, where);
  for (int64_t d = 0; d < x.ndim(); ++d) {
    int64_t n = x.dim(d), size = sizes[size_t(d)];
    if (size < 0 || size > n)
      fail(op, where, Kind::shape, "expected a block within ", x.shape(), ", got ", sizes);
    Tensor start = selectAxis(wide, 0, d, where);
    start = tcc::where(less(start, 0, where), add(start, n, where), start, where);
    start = clip(start, 0, n - size, where);
    indices.push_back(add(iotaOf(sizes, d, int64, where), start, where));
  }
  return indices;
}

} // namespace

Tensor gatherAlong(const Tensor &x, const Tensor &at, int64_t axis, Loc where) {
  return ops::gather(x, grid(at.shape(), axis, at, where), allAxes(x), where);
}

Tensor take(const Tensor &x, const Tensor &i, std::optional<int64_t> axis, Loc where) {
  Tensor a = asNode(x, "take", where);
  if (!axis)
    return take(flatten(a, where), i, 0, where);
  int64_t k = normalizeAxis(*axis, a.ndim(), "take", where);
  if (isWeak(i) && is_integer(i.dtype())) {
    int64_t p = asInteger(*i.impl()->weak), n = a.dim(k);
    if (p < -n || p >= n)
      fail("take", where, Kind::index, "expected an index in [", -n, ", ", n, ") for axis ", k, ", got ", p);
    return selectAxis(a, k, p < 0 ? p + n : p, where);
  }
  Tensor rows = ops::gather(a, {checkedIndex(i, a.dim(k), k, "take", where)}, {k}, where);
  // gather puts the index's axes first; they belong where the axis was.
  std::vector<int64_t> perm;
  int64_t n = i.ndim(), rank = rows.ndim();
  for (int64_t d = 0; d < k; ++d)
    perm.push_back(n + d);
  for (int64_t d = 0; d < n; ++d)
    perm.push_back(d);
  for (int64_t d = n + k; d < rank; ++d)
    perm.push_back(d);
  return transpose(rows, perm, where);
}

Tensor take_along_axis(const Tensor &x, const Tensor &i, int64_t axis, Loc where) {
  Tensor a = asNode(x, "take_along_axis", where);
  expectSameRank(a, i, "take_along_axis", where);
  int64_t k = normalizeAxis(axis, a.ndim(), "take_along_axis", where);
  Shape mine = a.shape(), theirs = i.shape();
  mine[size_t(k)] = theirs[size_t(k)] = 1;
  Shape common = broadcastShapes(mine, theirs, "take_along_axis", where);
  Shape whole = common, shape = common;
  whole[size_t(k)] = a.dim(k);
  shape[size_t(k)] = i.shape()[size_t(k)];
  Tensor at = broadcastTo(checkedIndex(i, a.dim(k), k, "take_along_axis", where), shape, "take_along_axis", where);
  return gatherAlong(broadcastTo(a, whole, "take_along_axis", where), at, k, where);
}

Tensor put_along_axis(const Tensor &x, const Tensor &i, const Tensor &v, int64_t axis, Loc where) {
  Tensor a = asNode(x, "put_along_axis", where);
  expectSameRank(a, i, "put_along_axis", where);
  int64_t k = normalizeAxis(axis, a.ndim(), "put_along_axis", where);
  Shape shape = a.shape();
  shape[size_t(k)] = i.shape()[size_t(k)];
  Tensor at = broadcastTo(checkedIndex(i, a.dim(k), k, "put_along_axis", where), shape, "put_along_axis", where);
  Tensor value = broadcastTo(storable(v, a.dtype(), "put_along_axis", where), shape, "put_along_axis", where);
  return ops::scatter(a, value, grid(shape, k, at, where), allAxes(a), "set", where);
}

Tensor gather(const Tensor &x, const Tensor &i, int64_t axis, Loc where) {
  Tensor a = asNode(x, "gather", where);
  expectSameRank(a, i, "gather", where);
  int64_t k = normalizeAxis(axis, a.ndim(), "gather", where);
  expectWithin(i.shape(), a.shape(), k, "gather", where);
  return gatherAlong(a, checkedIndex(i, a.dim(k), k, "gather", where), k, where);
}

Tensor scatter_add(const Tensor &x, const Tensor &i, const Tensor &v, int64_t axis, Loc where) {
  return scatterAlong(x, i, v, axis, "add", "scatter_add", where);
}
Tensor scatter_set(const Tensor &x, const Tensor &i, const Tensor &v, int64_t axis, Loc where) {
  return scatterAlong(x, i, v, axis, "set", "scatter_set", where);
}

Tensor segment_sum(const Tensor &x, const Tensor &ids, int64_t n, Loc where) {
  Tensor a = asNode(x, "segment_sum", where);
  expectInteger(ids, "segment_sum", where);
  if (a.ndim() == 0 || ids.shape() != Shape{a.shape().front()})
    fail("segment_sum", where, Kind::shape, "expected one id for each row of ", a.shape(), ", got shape ", ids.shape());
  if (n < 0)
    fail("segment_sum", where, Kind::value, "expected a count that is not negative, got ", n);
  Tensor at = checkedIndex(ids, n, 0, "segment_sum", where, /*fromEnd=*/false);
  Shape shape = a.shape();
  shape[0] = n;
  return ops::scatter(zerosOf(a.dtype(), shape, where), a, {at}, {0}, "add", where);
}

Tensor dynamic_slice(const Tensor &x, const Tensor &starts, Shape sizes, Loc where) {
  Tensor a = asNode(x, "dynamic_slice", where);
  std::vector<Tensor> indices = blockGrid(a, starts, sizes, "dynamic_slice", where);
  return indices.empty() ? a : ops::gather(a, indices, allAxes(a), where);
}

Tensor dynamic_update_slice(const Tensor &x, const Tensor &update, const Tensor &starts, Loc where) {
  Tensor a = asNode(x, "dynamic_update_slice", where), v = storable(update, a.dtype(), "dynamic_update_slice", where);
  std::vector<Tensor> indices = blockGrid(a, starts, v.shape(), "dynamic_update_slice", where);
  return indices.empty() ? v : ops::scatter(a, v, indices, allAxes(a), "set", where);
}

} // namespace tcc
