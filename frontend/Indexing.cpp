// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's indexing, basic and advanced: from subscripts to slices, reshapes and one gather.
#include "frontend/Axes.h"
#include "frontend/Selection.h"
#include "frontend/TensorImpl.h"
#include "frontend/ValueSizes.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <numeric>

namespace tcc {

const Index detail::absent;

std::vector<Index> subscriptList(std::initializer_list<const Index *> list) {
  std::vector<Index> out;
  for (const Index *i : list)
    if (i != &detail::absent)
      out.push_back(*i);
  return out;
}

bool isMask(const Index &i) {
  auto *t = std::get_if<Tensor>(&i.value);
  return t && t->valid() && t->dtype() == bool_;
}

namespace {

[[noreturn]] void outOfRange(const char *op, int64_t low, int64_t bound, int64_t axis, int64_t got, Loc where) {
  fail(op, where, Kind::index, "expected an index in [", low, ", ", bound, ") for axis ", axis, ", got ", got);
}

/// One axis of the view, or what advances along x; or an ellipsis for no axis, which still stands between its
/// neighbours.
struct Part {
  enum { sliceAll, sliceSome, integer, array, newAxis, nothing } kind;
  int64_t axis = -1; // of x
  int64_t i = 0;
  std::optional<slice> bounds = {};
  Tensor index = {};
  bool isChecked = false; // the index is in range
};

int64_t axesTaken(const Index &i) {
  if (std::holds_alternative<NewAxis>(i.value) || std::holds_alternative<Ellipsis>(i.value))
    return 0;
  return isMask(i) ? std::get<Tensor>(i.value).ndim() : 1;
}

/// A slice of an axis of extent n, as Python resolves it: first element, step and count.
struct Range {
  int64_t first, step, count;
};
Range resolve(const slice &s, int64_t n, Loc where) {
  int64_t step = s.step.value.value_or(1);
  if (step == 0)
    fail("index", where, Kind::index, "expected a slice step other than 0, got 0");
  int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
  auto clamp = [&](int64_t v) { return std::clamp(v < 0 ? v + n : v, low, high); };
  int64_t begin = s.begin.value ? clamp(*s.begin.value) : step > 0 ? low : high;
  int64_t end = s.end.value ? clamp(*s.end.value) : step > 0 ? high : low;
  int64_t count =
      step > 0 ? (end > begin ? (end - begin - 1) / step + 1 : 0) : (begin > end ? (begin - end - 1) / -step + 1 : 0);
  return {begin, step, count};
}

void addMask(std::vector<Part> &parts, const Tensor &x, const Tensor &mask, int64_t &axis, Loc where) {
  // A 0-d mask selects all or nothing along a new axis.
  if (mask.ndim() == 0) {
    parts.push_back({.kind = Part::newAxis});
    parts.back().index = trueIndices(reshapeTo(asNode(mask, "index", where), {1}, where), "index", where)[0];
    return;
  }
  for (int64_t k = 0; k < mask.ndim(); ++k)
    if (mask.shape()[size_t(k)] != x.shape()[size_t(axis + k)])
      fail("index", where, Kind::index, "expected a mask of extent ", x.shape()[size_t(axis + k)], " for axis ",
           axis + k, ", got ", mask.shape()[size_t(k)]);
  for (Tensor &line : trueIndices(mask, "index", where))
    parts.push_back({.kind = Part::array, .axis = axis++, .index = std::move(line), .isChecked = true});
}

std::vector<Part> partsOf(const Tensor &x, const std::vector<Index> &subscripts, Loc where) {
  int64_t taken = 0, ellipses = 0;
  for (const Index &i : subscripts) {
    if (auto *t = std::get_if<Tensor>(&i.value); t && !t->valid())
      fail("index", where, Kind::value, "expected a tensor, got an empty (default-constructed) one");
    taken += axesTaken(i);
    ellipses += std::holds_alternative<Ellipsis>(i.value);
  }
  if (ellipses > 1)
    fail("index", where, Kind::index, "expected at most one ellipsis, got ", ellipses);
  if (taken > x.ndim())
    fail("index", where, Kind::index, "expected at most ", x.ndim(), " subscripts for shape ", x.shape(), ", got ",
         taken);
  std::vector<Part> parts;
  int64_t axis = 0;
  auto fill = [&] {
    for (int64_t n = x.ndim() - taken; n > 0; --n)
      parts.push_back({.kind = Part::sliceAll, .axis = axis++});
  };
  for (const Index &i : subscripts) {
    if (std::holds_alternative<Ellipsis>(i.value)) {
      if (taken == x.ndim())
        parts.push_back({.kind = Part::nothing});
      fill();
    } else if (std::holds_alternative<NewAxis>(i.value))
      parts.push_back({.kind = Part::newAxis});
    else if (std::holds_alternative<Placeholder>(i.value))
      parts.push_back({.kind = Part::sliceAll, .axis = axis++});
    else if (auto *s = std::get_if<slice>(&i.value))
      parts.push_back({.kind = Part::sliceSome, .axis = axis++, .bounds = *s});
    else if (auto *k = std::get_if<int64_t>(&i.value))
      parts.push_back({.kind = Part::integer, .axis = axis++, .i = *k});
    else if (isMask(i))
      addMask(parts, x, std::get<Tensor>(i.value), axis, i.where);
    else {
      const Tensor &t = std::get<Tensor>(i.value);
      expectInteger(t, "index", i.where);
      if (isWeak(t))
        parts.push_back({.kind = Part::integer, .axis = axis++, .i = asInteger(*t.impl()->weak)});
      else
        parts.push_back({.kind = Part::array, .axis = axis++, .index = t});
    }
  }
  if (ellipses == 0)
    fill();
  return parts;
}

} // namespace

Tensor checkedIndex(const Tensor &i, int64_t bound, int64_t axis, const char *op, Loc where, bool fromEnd) {
  expectInteger(i, op, where);
  // Data that is there already is checked and normalised here; past some size the program does it, in parallel.
  constexpr int64_t small = 1 << 16;
  if (!isWeak(i) && !(i.impl()->ready.load(std::memory_order_acquire) && i.size() <= small)) {
    Tensor wide = asDtype(i, int64, where);
    // The op lets negative ones count from the end: where they must not, they are sent behind it.
    return ops::check_index(fromEnd ? wide : tcc::where(less(wide, 0, where), bound, wide, where), bound, where);
  }
  std::vector<int64_t> values =
      isWeak(i) ? std::vector<int64_t>{asInteger(*i.impl()->weak)} : evaluatedIntegers(i, where);
  bool same = !isWeak(i) && i.dtype() == int64;
  int64_t low = fromEnd ? -bound : 0;
  for (int64_t &v : values) {
    if (v < low || v >= bound)
      outOfRange(op, low, bound, axis, v, where);
    same &= v >= 0;
    v = v < 0 ? v + bound : v;
  }
  return same ? i : fromIntegers(values, i.shape(), where);
}

Selection select(const Tensor &x, const std::vector<Index> &subscripts) {
  Selection s;
  s.where = subscripts.empty() ? Loc::current() : subscripts.front().where;
  std::vector<Part> parts = partsOf(x, subscripts, s.where);
  bool advanced = std::any_of(parts.begin(), parts.end(), [](const Part &p) { return p.index.valid(); });

  size_t rank = x.shape().size();
  s.starts.assign(rank, 0);
  s.limits = wholeLimits(x);
  s.strides.assign(rank, 1);
  s.sliced = x.shape();
  std::vector<Tensor> raw;
  std::vector<int64_t> runs; // positions among the parts of what counts as advanced
  for (size_t p = 0; p < parts.size(); ++p) {
    const Part &part = parts[p];
    size_t a = size_t(part.axis);
    int64_t n = part.axis < 0 ? 1 : x.shape()[a];
    switch (part.kind) {
    case Part::newAxis:
      s.view.push_back(1);
      if (part.index.valid()) {
        s.gathered.push_back(int64_t(s.view.size()) - 1);
        raw.push_back(part.index);
        runs.push_back(int64_t(p));
      }
      break;
    case Part::nothing:
      break;
    case Part::sliceAll:
      s.view.push_back(n);
      break;
    case Part::sliceSome: {
      if (isOpen(n)) {
        const slice &b = *part.bounds;
        int64_t step = b.step.value.value_or(1), begin = b.begin.value.value_or(0), end = b.end.value.value_or(0);
        bool turned = step == -1 && !b.begin.value && !b.end.value;
        if (!turned && (step <= 0 || begin < 0))
          fail("index", s.where, Kind::index, "expected a slice with a positive step and begin, or {:: -1}, of axis ",
               part.axis, " of open size, got begin ", begin, " and step ", step);
        // Where Python would clamp, the program checks: the end may not lie behind the axis.
        s.starts[a] = begin;
        s.limits[a] = !b.end.value ? -1 : end < 0 ? end - 1 : std::max(begin, end);
        s.strides[a] = std::abs(step);
        if (turned)
          s.reversed.push_back(part.axis);
        s.sliced[a] = turned ? n : s.limits[a] < 0 ? anySize : (s.limits[a] - begin + step - 1) / step;
        s.view.push_back(s.sliced[a]);
        break;
      }
      Range r = resolve(*part.bounds, n, s.where);
      int64_t last = r.first + (r.count - 1) * r.step;
      s.starts[a] = r.count == 0 ? 0 : std::min(r.first, last);
      s.limits[a] = r.count == 0 ? 0 : std::max(r.first, last) + 1;
      s.strides[a] = std::abs(r.step);
      if (r.step < 0 && r.count > 1)
        s.reversed.push_back(part.axis);
      s.sliced[a] = r.count;
      s.view.push_back(r.count);
      break;
    }
    case Part::integer: {
      if (isOpen(n) && part.i < 0)
        fail("index", s.where, Kind::index, "expected an index that is not negative for axis ", part.axis,
             " of open size, got ", part.i);
      if (!isOpen(n) && (part.i < -n || part.i >= n))
        outOfRange("index", -n, n, part.axis, part.i, s.where);
      int64_t i = part.i < 0 ? part.i + n : part.i;
      s.starts[a] = i;
      s.limits[a] = i + 1;
      s.sliced[a] = 1;
      // Beside tensors an integer counts as one of them for the place of the result's axes (it needs no gather).
      if (advanced)
        runs.push_back(int64_t(p));
      break;
    }
    case Part::array:
      if (isOpen(n))
        fail("index", s.where, Kind::index, "expected an axis of known size for a tensor of indices, got shape ",
             x.shape());
      s.gathered.push_back(int64_t(s.view.size()));
      s.view.push_back(n);
      raw.push_back(part.isChecked ? part.index : checkedIndex(part.index, n, part.axis, "index", s.where));
      runs.push_back(int64_t(p));
      break;
    }
  }
  if (raw.empty())
    return s;
  s.indexShape = broadcastShapes(raw, "index", s.where);
  for (const Tensor &t : raw)
    s.indices.push_back(broadcastTo(t, s.indexShape, "index", s.where));
  // NumPy: tensors (and integers) side by side leave their axes in place, others put them first.
  bool adjacent = runs.back() - runs.front() + 1 == int64_t(runs.size());
  if (adjacent)
    for (int64_t p = 0; p < runs.front(); ++p)
      s.position += parts[size_t(p)].kind != Part::nothing;
  return s;
}

std::vector<int64_t> Selection::placement() const {
  int64_t n = int64_t(indexShape.size()), rest = int64_t(view.size() - gathered.size());
  std::vector<int64_t> perm;
  for (int64_t i = 0; i < position; ++i)
    perm.push_back(n + i);
  for (int64_t i = 0; i < n; ++i)
    perm.push_back(i);
  for (int64_t i = position; i < rest; ++i)
    perm.push_back(n + i);
  return perm;
}

Shape Selection::resultShape() const {
  if (gathered.empty())
    return view;
  Shape rest;
  for (int64_t i = 0; i < int64_t(view.size()); ++i)
    if (!contains(gathered, i))
      rest.push_back(view[size_t(i)]);
  rest.insert(rest.begin() + position, indexShape.begin(), indexShape.end());
  return rest;
}

Tensor viewOf(const Tensor &x, const Selection &s) {
  Tensor y = s.sliced == x.shape() ? x : ops::slice(x, s.starts, s.limits, s.strides, s.where);
  if (!s.reversed.empty())
    y = ops::reverse(y, s.reversed, s.where);
  return reshapeTo(y, s.view, s.where);
}

Tensor selected(const Tensor &x, const Selection &s) {
  Tensor y = viewOf(x, s);
  if (s.gathered.empty())
    return y;
  y = ops::gather(y, s.indices, s.gathered, s.where);
  return s.position == 0 ? y : transpose(y, s.placement(), s.where);
}

Tensor Tensor::operator[](const Index &i) const {
  Tensor x = asNode(*this, "index", i.where);
  return selected(x, select(x, {i}));
}
Tensor Tensor::operator()(const Index &a, const Index &b, const Index &c, const Index &d, const Index &e,
                          const Index &f, const Index &g, const Index &h) const {
  Tensor x = asNode(*this, "index", a.where);
  return selected(x, select(x, subscriptList({&a, &b, &c, &d, &e, &f, &g, &h})));
}
At Tensor::at(const Index &a, const Index &b, const Index &c, const Index &d, const Index &e, const Index &f,
              const Index &g, const Index &h) const {
  return At(asNode(*this, "at", a.where), subscriptList({&a, &b, &c, &d, &e, &f, &g, &h}));
}

} // namespace tcc
