// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x.at(i).set(v) and its kin: slices become pads and selects, which fuse; tensors become one scatter.
#include "frontend/Axes.h"
#include "frontend/Selection.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tcc {
namespace {

Tensor combine(const Tensor &old, const Tensor &v, std::string_view how, Loc where) {
  if (how == "add")
    return ops::add(old, v, where);
  if (how == "multiply")
    return ops::multiply(old, v, where);
  if (how == "min")
    return ops::minimum(old, v, where);
  return how == "max" ? ops::maximum(old, v, where) : v;
}

/// x with the sliced elements replaced by `part`, which has the view's shape.
Tensor put(const Tensor &x, const Tensor &part, const Selection &s, std::string_view how, Loc where) {
  Tensor v = reshapeTo(part, s.sliced, where);
  if (!s.reversed.empty())
    v = ops::reverse(v, s.reversed, where);
  if (s.sliced == x.shape())
    return combine(x, v, how, where);
  for (int64_t n : s.sliced)
    if (n == 0)
      return x;
  for (size_t i = 0; i < s.sliced.size(); ++i)
    if (isOpen(x.shape()[i]) && s.sliced[i] != x.shape()[i])
      fail("at", where, Kind::shape, "expected whole axes where the size is open, got shape ", x.shape());
  std::vector<int64_t> high, interior;
  for (size_t i = 0; i < s.sliced.size(); ++i) {
    int64_t used = s.starts[i] + (s.sliced[i] - 1) * s.strides[i] + 1;
    high.push_back(isOpen(x.shape()[i]) ? 0 : x.shape()[i] - used);
    interior.push_back(s.strides[i] - 1);
  }
  Tensor spread = ops::pad(v, constantLike(v, 0, where), s.starts, high, interior, where);
  if (how == "add")
    return ops::add(x, spread, where);
  Tensor on = broadcastTo(asDtype(Tensor(true), bool_, where), s.sliced, "at", where);
  Tensor inside = ops::pad(on, asDtype(Tensor(false), bool_, where), s.starts, high, interior, where);
  return ops::select(inside, combine(x, spread, how, where), x, where);
}

/// The update where a mask beside slices is true, by values that are the same for all of its true elements: how many
/// there are does not matter. An empty handle for any other update.
Tensor updateWhere(const Tensor &x, std::vector<Index> subscripts, Tensor value, const char *how, Loc where) {
  auto at = std::find_if(subscripts.begin(), subscripts.end(), isMask);
  if (at == subscripts.end())
    return {};
  Tensor mask = asNode(std::get<Tensor>(at->value), "at", where);
  int64_t rank = mask.ndim(), free = x.ndim() - rank, before = 0, behind = 0;
  bool isBehind = false, hasEllipsis = false;
  for (const Index &i : subscripts) {
    bool isSlice = std::holds_alternative<slice>(i.value) || std::holds_alternative<Placeholder>(i.value);
    if (&i == &*at)
      isBehind = true;
    else if (isSlice || std::holds_alternative<NewAxis>(i.value))
      (isBehind ? behind : before) += 1;
    else if (!std::holds_alternative<Ellipsis>(i.value) || std::exchange(hasEllipsis, true))
      return {};
    free -= isSlice;
  }
  // The axes that no subscript names lie where the ellipsis stands, or last.
  bool isFilledBefore =
      std::any_of(subscripts.begin(), at, [](const Index &i) { return std::holds_alternative<Ellipsis>(i.value); });
  if (free < 0)
    return {};
  int64_t first = isFilledBefore ? free : 0; // x's axis that the mask's first one is
  for (auto i = subscripts.begin(); i != at; ++i)
    first += !std::holds_alternative<NewAxis>(i->value) && !std::holds_alternative<Ellipsis>(i->value);
  (isFilledBefore ? before : behind) += free;
  if (!std::equal(mask.shape().begin(), mask.shape().end(), x.shape().begin() + first))
    return {};

  // In the result of x(...) the true elements are one axis, `behind` axes from the last.
  while (value.ndim() > before + 1 + behind && value.dim(0) == 1)
    value = reshapeTo(value, Shape(value.shape().begin() + 1, value.shape().end()), where);
  if (value.ndim() > behind) {
    Shape shape = value.shape();
    auto axis = shape.end() - 1 - behind;
    if (*axis != 1)
      return {};
    shape.insert(shape.erase(axis), size_t(rank), 1);
    value = reshapeTo(value, shape, where);
  }
  at = subscripts.erase(at);
  subscripts.insert(at, size_t(rank), Index(_, where));
  Selection s = select(x, subscripts);
  Shape over(x.shape().size(), 1);
  std::copy(mask.shape().begin(), mask.shape().end(), over.begin() + first);
  Tensor inside = viewOf(broadcastTo(reshapeTo(mask, over, where), x.shape(), "at", where), s), old = viewOf(x, s);
  Tensor changed = combine(old, broadcastTo(value, s.view, "at", where), how, where);
  return put(x, ops::select(inside, changed, old, where), s, "set", where);
}

Tensor update(const Tensor &x, const std::vector<Index> &subscripts, const Tensor &v, const char *how, Loc where) {
  if (is_complex(x.dtype()) && (std::string_view(how) == "min" || std::string_view(how) == "max"))
    fail("at", where, Kind::dtype, "expected real numbers for ", how, ", got ", x.dtype());
  if (!v.valid())
    fail("at", where, Kind::value, "expected a tensor, got an empty (default-constructed) one");
  Tensor value = storable(v, x.dtype(), "at", where);
  if (Tensor updated = updateWhere(x, subscripts, value, how, where); updated.valid())
    return updated;
  Selection s = select(x, subscripts);
  Shape shape = s.resultShape();
  // As in NumPy's assignment, leading axes of extent 1 are dropped.
  while (value.ndim() > int64_t(shape.size()) && value.dim(0) == 1)
    value = reshapeTo(value, Shape(value.shape().begin() + 1, value.shape().end()), where);
  value = broadcastTo(value, shape, "at", where);
  if (s.gathered.empty())
    return put(x, value, s, how, where);
  if (s.position > 0) {
    std::vector<int64_t> perm = s.placement(), inverse(perm.size());
    for (size_t i = 0; i < perm.size(); ++i)
      inverse[size_t(perm[i])] = int64_t(i);
    value = transpose(value, inverse, where);
  }
  // The scattered view goes back where it was sliced from; reversed axes were undone by neither, so put reverses them.
  Tensor scattered = ops::scatter(viewOf(x, s), value, s.indices, s.gathered, how, where);
  return put(x, scattered, s, "set", where);
}

} // namespace

Tensor At::set(Tensor v, Loc where) const { return update(x, subscripts, v, "set", where); }
Tensor At::add(Tensor v, Loc where) const { return update(x, subscripts, v, "add", where); }
Tensor At::multiply(Tensor v, Loc where) const { return update(x, subscripts, v, "multiply", where); }
Tensor At::min(Tensor v, Loc where) const { return update(x, subscripts, v, "min", where); }
Tensor At::max(Tensor v, Loc where) const { return update(x, subscripts, v, "max", where); }

} // namespace tcc
