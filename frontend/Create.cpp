// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors from values, counts and patterns.
#include "tcc/Create.h"
#include "frontend/Axes.h"
#include "frontend/TensorImpl.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tcc {

Tensor detail::fromElements(const void *elements, int64_t count, Dtype elementType, Shape shape,
                            std::optional<Dtype> dtype, Loc where) {
  if (checkedCount(shape, "tensor", where) != count)
    fail("tensor", where, Kind::shape, "expected ", elementCount(shape), " elements for shape ", shape, ", got ",
         count);
  Dtype target = dtype.value_or(elementType);
  expectStorable(elementType, target, "tensor", where);
  Buffer buffer = allocateElements(target, shape, "tensor", where);
  if (target == elementType) {
    if (count > 0)
      std::memcpy(buffer.data(), elements, size_t(count * itemsize(target)));
  } else {
    for (int64_t i = 0; i < count; ++i)
      writeElement(target, buffer.data(), i, readElement(elementType, elements, i));
  }
  return fromBuffer(std::move(buffer), target, std::move(shape));
}

Tensor detail::fromLiterals(const void *elements, int64_t count, Dtype elementType, Shape shape,
                            std::optional<Dtype> dtype, Loc where) {
  if (dtype && is_integer(*dtype) && is_integer(elementType))
    for (int64_t i = 0; i < count; ++i)
      if (int64_t value = asInteger(readElement(elementType, elements, i)); !holds(*dtype, value))
        fail("tensor", where, Kind::value, "expected numbers that ", *dtype, " has, got ", value);
  return fromElements(elements, count, elementType, std::move(shape), dtype, where);
}

void detail::expectRow(size_t expected, size_t got, Loc where) {
  if (expected != got)
    fail("tensor", where, Kind::shape, "expected nested braces of equal length, got ", expected, " and ", got);
}

/// A tensor the user made belongs to its graph like any other, unlike a scalar that some expression needed.
static Tensor ofItsGraph(Tensor constant) {
  constant.impl()->splat.reset();
  return constant;
}

Tensor full(Shape shape, Tensor value, std::optional<Dtype> dtype, Loc where) {
  expectTensor(value, "full", where);
  checkedCount(shape, "full", where);
  // A C++ number has its kind only: a floating one gives float32, as in the other functions here.
  if (!dtype && isWeak(value))
    dtype = promoteWeak(is_inexact(value.dtype()) ? float32 : bool_, value.dtype());
  Tensor x = dtype ? storable(value, *dtype, "full", where) : value;
  return isWeak(x) ? ofItsGraph(emitSplat(*x.impl()->weak, x.dtype(), shape, where))
                   : broadcastTo(x, shape, "full", where);
}
// A constant is written with its shape, instead of being broadcast: the graph may repeat it wherever it is needed.
static Tensor splat(int64_t value, Dtype dtype, const Shape &shape, const char *op, Loc where) {
  checkedCount(shape, op, where);
  Scalar scalar = value;
  if (is_floating(dtype))
    scalar = double(value);
  if (is_complex(dtype))
    scalar = std::complex<double>(double(value));
  return ofItsGraph(emitSplat(scalar, dtype, shape, where));
}
Tensor zeros(Shape shape, Dtype dtype, Loc where) { return splat(0, dtype, shape, "zeros", where); }
Tensor ones(Shape shape, Dtype dtype, Loc where) { return splat(1, dtype, shape, "ones", where); }
Tensor empty(Shape shape, Dtype dtype, Loc where) { return splat(0, dtype, shape, "empty", where); }
Tensor zeros_like(const Tensor &x, std::optional<Dtype> dtype, Loc where) {
  expectTensor(x, "zeros_like", where);
  return zeros(x.shape(), dtype.value_or(x.dtype()), where);
}
Tensor ones_like(const Tensor &x, std::optional<Dtype> dtype, Loc where) {
  expectTensor(x, "ones_like", where);
  return ones(x.shape(), dtype.value_or(x.dtype()), where);
}
Tensor empty_like(const Tensor &x, std::optional<Dtype> dtype, Loc where) { return zeros_like(x, dtype, where); }
Tensor full_like(const Tensor &x, Tensor value, std::optional<Dtype> dtype, Loc where) {
  expectTensor(x, "full_like", where);
  return full(x.shape(), std::move(value), dtype.value_or(x.dtype()), where);
}

Tensor arange(Tensor stop, std::optional<Dtype> dtype, Loc where) {
  expectTensor(stop, "arange", where);
  Tensor zero = is_inexact(stop.dtype()) ? Tensor(0.0f) : Tensor(0);
  return arange(zero, std::move(stop), dtype, where);
}
Tensor arange(Tensor start, Tensor stop, std::optional<Dtype> dtype, Loc where) {
  return arange(std::move(start), std::move(stop), Tensor(1), dtype, where);
}
Tensor arange(Tensor start, Tensor stop, Tensor step, std::optional<Dtype> dtype, Loc where) {
  const Tensor xs[] = {start, stop, step};
  bool inexact = false;
  for (const Tensor &x : xs) {
    expectReal(x, "arange", where);
    inexact |= is_inexact(x.dtype());
  }
  Dtype target = dtype.value_or(inexact ? float32 : int64);
  if (is_complex(target))
    fail("arange", where, Kind::dtype, "expected a real dtype, got ", target);
  Scalar lo = evaluatedScalar(start, "arange", where), hi = evaluatedScalar(stop, "arange", where),
         by = evaluatedScalar(step, "arange", where);
  if (asDouble(by) == 0)
    fail("arange", where, Kind::value, "expected a step other than 0, got 0");
  if (inexact) {
    double extent = std::ceil((asDouble(hi) - asDouble(lo)) / asDouble(by));
    if (!(extent < 0x1p62))
      fail("arange", where, Kind::value, "expected finite bounds, got ", asDouble(lo), " to ", asDouble(hi), " by ",
           asDouble(by));
    int64_t n = extent < 0 ? 0 : int64_t(extent);
    // In float64, so that far elements of a float32 range are right to the last bit.
    Dtype work = is_floating(target) ? float64 : target;
    Tensor line = iotaOf({n}, 0, float64, where);
    if (asDouble(by) != 1)
      line = multiply(line, asDouble(by), where);
    if (asDouble(lo) != 0)
      line = add(line, asDouble(lo), where);
    return asDtype(asDtype(line, work, where), target, where);
  }
  int64_t first = asInteger(lo), last = asInteger(hi), d = asInteger(by);
  int64_t n =
      d > 0 ? (last > first ? (last - first - 1) / d + 1 : 0) : (last < first ? (first - last - 1) / -d + 1 : 0);
  Tensor line = iotaOf({n}, 0, int64, where);
  if (d != 1)
    line = multiply(line, d, where);
  if (first != 0)
    line = add(line, first, where);
  return asDtype(line, target, where);
}

Tensor linspace(double lo, double hi, int64_t n, Dtype dtype, LinspaceOptions options, Loc where) {
  if (n < 0)
    fail("linspace", where, Kind::value, "expected a count that is not negative, got ", n);
  double parts = double(options.endpoint ? n - 1 : n);
  Tensor k = iotaOf({n}, 0, float64, where);
  if (parts <= 0)
    return asDtype(add(multiply(k, 0.0, where), is_integer(dtype) ? std::floor(lo) : lo, where), dtype, where);
  Tensor line = add(multiply(k, (hi - lo) / parts, where), lo, where);
  // The last value is exact, as in NumPy.
  if (options.endpoint)
    line = tcc::where(equal(k, parts, where), Tensor(hi), line, where);
  // To integers NumPy rounds down, not towards zero.
  return asDtype(is_integer(dtype) ? floor(line, where) : line, dtype, where);
}

/// Bool {n, m}: column - row <= k.
static Tensor lowerMask(const Shape &shape, int64_t k, Loc where) {
  int64_t rank = int64_t(shape.size());
  Tensor row = iotaOf(shape, rank - 2, int64, where), column = iotaOf(shape, rank - 1, int64, where);
  return less_equal(column, add(row, k, where), where);
}

static void expectExtents(int64_t n, int64_t m, const char *op, Loc where) {
  if (n < 0 || m < 0)
    fail(op, where, Kind::shape, "expected extents that are not negative, got ", Shape{n, m});
}

Tensor eye(int64_t n, Dtype dtype, Loc where) { return eye(n, n, 0, dtype, where); }
Tensor eye(int64_t n, int64_t m, int64_t k, Dtype dtype, Loc where) {
  expectExtents(n, m, "eye", where);
  Tensor row = iotaOf({n, m}, 0, int64, where), column = iotaOf({n, m}, 1, int64, where);
  return asDtype(equal(column, k == 0 ? row : add(row, k, where), where), dtype, where);
}
Tensor tri(int64_t n, int64_t m, int64_t k, Dtype dtype, Loc where) {
  expectExtents(n, m, "tri", where);
  return asDtype(lowerMask({n, m}, k, where), dtype, where);
}

static Tensor triangle(const Tensor &x, int64_t k, bool lower, const char *op, Loc where) {
  Tensor a = asNode(x, op, where);
  if (a.ndim() < 2)
    fail(op, where, Kind::shape, "expected at least two axes, got ", a.shape());
  Tensor zero = zerosOf(a.dtype(), a.shape(), where);
  Tensor mask = lowerMask(a.shape(), lower ? k : k - 1, where);
  return lower ? ops::select(mask, a, zero, where) : ops::select(mask, zero, a, where);
}
Tensor tril(const Tensor &x, int64_t k, Loc where) { return triangle(x, k, true, "tril", where); }
Tensor triu(const Tensor &x, int64_t k, Loc where) { return triangle(x, k, false, "triu", where); }

Tensor diag(const Tensor &x, int64_t k, Loc where) {
  Tensor a = asNode(x, "diag", where);
  if (a.ndim() == 1) {
    int64_t n = a.dim(0), m = n + std::abs(k);
    Tensor line = padAxis(a, 0, k < 0 ? -k : 0, k > 0 ? k : 0, where);
    // Row i has its element in column i + k: the padded vector stands along the rows.
    Tensor rows = ops::broadcast(line, {0}, a.dtype(), {m, m}, where);
    Tensor hit = eye(m, m, k, bool_, where);
    return ops::select(hit, rows, zerosOf(a.dtype(), {m, m}, where), where);
  }
  if (a.ndim() != 2)
    fail("diag", where, Kind::shape, "expected one or two axes, got ", a.shape());
  int64_t rows = a.dim(0), columns = a.dim(1);
  int64_t row = k < 0 ? -k : 0, column = k > 0 ? k : 0;
  int64_t n = std::max<int64_t>(0, std::min(rows - row, columns - column));
  if (n == 0)
    return zerosOf(a.dtype(), {0}, where);
  // Elements of a diagonal are columns + 1 apart.
  Tensor flat = reshapeTo(a, {rows * columns}, where);
  int64_t first = row * columns + column;
  return ops::slice(flat, {first}, {first + (n - 1) * (columns + 1) + 1}, {columns + 1}, where);
}

std::vector<Tensor> meshgrid(const std::vector<Tensor> &xs, MeshgridOptions options, Loc where) {
  if (options.indexing != "xy" && options.indexing != "ij")
    fail("meshgrid", where, Kind::value, "expected indexing \"xy\" or \"ij\", got \"", options.indexing, "\"");
  Shape shape;
  for (const Tensor &x : xs) {
    expectTensor(x, "meshgrid", where);
    if (x.ndim() > 1)
      fail("meshgrid", where, Kind::shape, "expected 1-d tensors, got ", x.shape());
    shape.push_back(x.size());
  }
  bool swap = options.indexing == "xy" && xs.size() >= 2;
  if (swap)
    std::swap(shape[0], shape[1]);
  std::vector<Tensor> grids;
  for (size_t i = 0; i < xs.size(); ++i) {
    int64_t axis = swap && i < 2 ? 1 - int64_t(i) : int64_t(i);
    Tensor line = reshapeTo(asNode(xs[i], "meshgrid", where), {xs[i].size()}, where);
    grids.push_back(ops::broadcast(line, {axis}, line.dtype(), shape, where));
  }
  return grids;
}

Tensor one_hot(const Tensor &x, int64_t n, Dtype dtype, Loc where) {
  Tensor i = asNode(x, "one_hot", where);
  expectInteger(i, "one_hot", where);
  if (n < 0)
    fail("one_hot", where, Kind::value, "expected a count that is not negative, got ", n);
  Tensor classes = iotaOf({n}, 0, int64, where);
  Shape shape = i.shape();
  shape.push_back(1);
  return asDtype(equal(reshapeTo(asDtype(i, int64, where), shape, where), classes, where), dtype, where);
}

} // namespace tcc
