// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// vmap: checks the axes, traces the function on slices, and puts the axes of what batching gives where the caller wants
// them.
#include "tcc/Vmap.h"
#include "frontend/Axes.h"
#include "frontend/TensorImpl.h"
#include "frontend/Trace.h"
#include "tcc/Random.h"
#include "tcc/Shape.h"
#include "tcc/Transforms.h"

namespace tcc {
namespace {

/// A function that is being traced on slices. The stacks have the slices along their first axis.
struct Mapped {
  int64_t size;
  std::vector<Tensor> slices, stacks;

  Tensor add(const Tensor &stack, const std::vector<Tensor> &args, Loc where) {
    stacks.push_back(stack);
    slices.push_back(sliceOf(stack, args, where));
    return slices.back();
  }
};
/// The functions this thread is tracing, outermost first.
thread_local std::vector<Mapped *> mapped;

struct MappedScope {
  explicit MappedScope(Mapped &m) { mapped.push_back(&m); }
  ~MappedScope() { mapped.pop_back(); }
  MappedScope(const MappedScope &) = delete;
  MappedScope &operator=(const MappedScope &) = delete;
};

std::string ordinal(const char *what, size_t k) { return std::string(what) + " " + std::to_string(k); }

/// One axis, or none, for each of n arguments or results.
std::vector<std::optional<int64_t>> axesFor(size_t n, const MapAxes &axes, const char *what, Loc where) {
  if (axes.value.size() != 1 && axes.value.size() != n)
    fail("vmap", where, Kind::value, "expected one axis, or one for each of ", n, " ", what, "s, got ",
         axes.value.size());
  std::vector<std::optional<int64_t>> out;
  for (size_t k = 0; k < n; ++k)
    out.push_back(axes.value[axes.value.size() == 1 ? 0 : k].value);
  return out;
}

int64_t mappedAxis(int64_t axis, int64_t rank, const std::string &of, const Shape &shape, Loc where) {
  if (axis < -rank || axis >= rank)
    fail("vmap", where, Kind::index, "expected an axis in [", -rank, ", ", rank, ") for ", of, " of shape ", shape,
         ", got ", axis);
  return axis < 0 ? axis + rank : axis;
}

Tensor moved(const Tensor &x, int64_t from, int64_t to, Loc where) {
  return from == to ? x : moveaxis(x, from, to, where);
}

} // namespace

bool isMapping() { return !mapped.empty(); }

Tensor keyOfSlice(Tensor key, Loc where) {
  // Each function splits the key of its own slice among those of the next one.
  for (Mapped *m : mapped)
    key = m->add(random::split(key, m->size, where), {}, where);
  return key;
}

detail::TraceResult detail::mapOver(const std::vector<Tensor> &args, const MapAxes &in_axes, const MapAxes &out_axes,
                                    const TraceBody &body, Loc where) {
  std::vector<std::optional<int64_t>> in = axesFor(args.size(), in_axes, "argument", where);
  std::optional<size_t> first;
  std::vector<Tensor> all = args;
  for (size_t k = 0; k < args.size(); ++k) {
    if (!args[k].valid())
      fail("vmap", where, Kind::value, "expected tensors as arguments, got an empty (default-constructed) one");
    if (!in[k])
      continue;
    int64_t axis = mappedAxis(*in[k], args[k].ndim(), ordinal("argument", k), args[k].shape(), where);
    all[k] = moved(args[k], axis, 0, where);
    if (!first)
      first = k;
    if (all[k].dim(0) != all[*first].dim(0))
      fail("vmap", where, Kind::shape, "expected mapped axes of equal extent, got ", all[*first].dim(0),
           " for argument ", *first, " and ", all[k].dim(0), " for argument ", k);
  }
  if (!first)
    fail("vmap", where, Kind::value, "expected at least one mapped argument, got none of ", args.size());

  Mapped m{all[*first].dim(0), {}, {}};
  for (size_t k = 0; k < args.size(); ++k)
    if (in[k])
      all[k] = m.add(all[k], args, where);
  TraceResult results;
  {
    MappedScope scope(m);
    results = body(all);
  }
  std::vector<std::optional<int64_t>> out = axesFor(results.tensors.size(), out_axes, "result", where);
  for (const Tensor &y : results.tensors)
    if (!y.valid())
      fail("vmap", where, Kind::value, "expected tensors as results, got an empty (default-constructed) one");
  std::vector<Shape> shapes;
  for (const Tensor &y : results.tensors) {
    shapes.push_back(y.shape());
    shapes.back().insert(shapes.back().begin(), m.size);
  }
  std::vector<bool> isStacked = batchResults(results.tensors, m.slices, m.stacks, where);
  for (size_t k = 0; k < shapes.size(); ++k) {
    Tensor &y = results.tensors[k];
    if (!out[k] && isStacked[k])
      fail("vmap", where, Kind::value, "expected ", ordinal("result", k),
           " to be the same for all slices, as its axis is _, but it depends on a mapped argument");
    if (!out[k])
      continue;
    int64_t axis = mappedAxis(*out[k], int64_t(shapes[k].size()), ordinal("result", k), shapes[k], where);
    y = moved(isStacked[k] ? y : broadcast_to(strong(y), shapes[k], where), 0, axis, where);
  }
  return results;
}

} // namespace tcc
