// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Axes as users name them, and the small tensors that compositions are made of.
#include "frontend/Axes.h"
#include "frontend/TensorImpl.h"

#include <algorithm>

namespace tcc {

int64_t normalizeAxis(int64_t axis, int64_t rank, const char *op, Loc where) {
  if (axis < -rank || axis >= rank) {
    if (rank == 0)
      fail(op, where, Kind::index, "expected a tensor with axes, got axis ", axis, " of a 0-d tensor");
    fail(op, where, Kind::index, "expected an axis in [", -rank, ", ", rank, "), got ", axis);
  }
  return axis < 0 ? axis + rank : axis;
}

std::vector<int64_t> normalizeAxes(const Axes &axes, int64_t rank, const char *op, Loc where) {
  std::vector<int64_t> out;
  if (!axes.value) {
    for (int64_t i = 0; i < rank; ++i)
      out.push_back(i);
    return out;
  }
  for (int64_t axis : *axes.value) {
    int64_t a = normalizeAxis(axis, rank, op, where);
    if (contains(out, a))
      fail(op, where, Kind::value, "expected distinct axes, got ", *axes.value);
    out.push_back(a);
  }
  return out;
}

int64_t singleAxis(const Axes &axes, int64_t rank, const char *op, Loc where) {
  if (!axes.value || axes.value->size() != 1)
    fail(op, where, Kind::value, "expected one axis, got ", axes.value ? int64_t(axes.value->size()) : rank, " axes");
  return normalizeAxis(axes.value->front(), rank, op, where);
}

bool contains(const std::vector<int64_t> &list, int64_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Tensor asNode(const Tensor &x, const char *op, Loc where) { return promoteUnary(x, Promote::keep, op, where); }
Tensor asInexact(const Tensor &x, const char *op, Loc where) { return promoteUnary(x, Promote::inexact, op, where); }
Tensor asWide(const Tensor &x, const char *op, Loc where) {
  Tensor y = asInexact(x, op, where);
  return y.dtype() == float16 || y.dtype() == bfloat16 ? asDtype(y, float32, where) : y;
}

void expectReal(const Tensor &x, const char *op, Loc where) {
  expectTensor(x, op, where);
  if (is_complex(x.dtype()))
    fail(op, where, Kind::dtype, "expected real numbers, got ", x.dtype());
}
void expectStorable(Dtype elements, Dtype dtype, const char *op, Loc where) {
  if (is_complex(elements) && !is_complex(dtype))
    fail(op, where, Kind::dtype, "expected values that convert to ", dtype, ", got ", elements);
}
Tensor storable(const Tensor &x, Dtype dtype, const char *op, Loc where) {
  expectTensor(x, op, where);
  expectStorable(x.dtype(), dtype, op, where);
  return asDtype(x, dtype, where);
}
void expectInteger(const Tensor &x, const char *op, Loc where) {
  expectTensor(x, op, where);
  if (!is_integer(x.dtype()))
    fail(op, where, Kind::dtype, "expected integers, got ", x.dtype());
}

Tensor constantLike(const Tensor &x, double value, Loc where) { return asDtype(Tensor(value), x.dtype(), where); }
Tensor zerosOf(Dtype dtype, const Shape &shape, Loc where) {
  return broadcastTo(asDtype(Tensor(0), dtype, where), shape, "zeros", where);
}

Tensor iotaOf(const Shape &shape, int64_t axis, Dtype dtype, Loc where) {
  bool direct = dtype == int32 || dtype == int64 || dtype == uint32 || dtype == float32 || dtype == float64;
  Tensor line = ops::iota(0, direct ? dtype : int64, {shape[size_t(axis)]}, where);
  if (shape.size() > 1)
    line = ops::broadcast(line, {axis}, line.dtype(), shape, where);
  return asDtype(line, dtype, where);
}

std::vector<int64_t> wholeLimits(const Tensor &x) {
  std::vector<int64_t> limits = x.shape();
  std::replace_if(limits.begin(), limits.end(), isOpen, -1);
  return limits;
}

Tensor sliceAxis(const Tensor &x, int64_t axis, int64_t begin, int64_t end, Loc where) {
  if (begin == 0 && end == x.shape()[size_t(axis)])
    return x;
  std::vector<int64_t> starts(x.shape().size(), 0), limits = wholeLimits(x), strides(x.shape().size(), 1);
  starts[size_t(axis)] = begin;
  limits[size_t(axis)] = isOpen(end) ? -1 : end;
  return ops::slice(x, starts, limits, strides, where);
}

Tensor selectAxis(const Tensor &x, int64_t axis, int64_t i, Loc where) {
  Shape shape = x.shape();
  shape.erase(shape.begin() + axis);
  return reshapeTo(sliceAxis(x, axis, i, i + 1, where), shape, where);
}

Tensor padAxis(const Tensor &x, int64_t axis, int64_t before, int64_t after, Loc where) {
  if (before == 0 && after == 0)
    return x;
  std::vector<int64_t> low(x.shape().size(), 0), high = low, interior = low;
  low[size_t(axis)] = before;
  high[size_t(axis)] = after;
  return ops::pad(x, constantLike(x, 0, where), low, high, interior, where);
}

Tensor reshapeTo(const Tensor &x, const Shape &shape, Loc where) {
  bool same = std::equal(x.shape().begin(), x.shape().end(), shape.begin(), shape.end(),
                         [](int64_t n, int64_t wanted) { return n == wanted || (isOpen(n) && wanted == anySize); });
  return same ? x : ops::reshape(x, x.dtype(), shape, where);
}

Shape withOnes(Shape shape, const std::vector<int64_t> &axes) {
  for (int64_t a : axes)
    shape[size_t(a)] = 1;
  return shape;
}

} // namespace tcc
