// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products of tensors in NumPy's forms, over dot_general.
#include "tcc/Contract.h"
#include "frontend/Contraction.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <algorithm>

namespace tcc {

Tensor dotGeneral(const Tensor &a, const Tensor &b, const std::vector<int64_t> &batchA,
                  const std::vector<int64_t> &batchB, const std::vector<int64_t> &contractA,
                  const std::vector<int64_t> &contractB, Loc where) {
  if (a.dtype() != bool_)
    return ops::dot_general(a, b, batchA, batchB, contractA, contractB, where);
  Tensor count =
      ops::dot_general(asDtype(a, int64, where), asDtype(b, int64, where), batchA, batchB, contractA, contractB, where);
  return asDtype(count, bool_, where);
}

static std::pair<Tensor, Tensor> common(const Tensor &a, const Tensor &b, const char *op, Loc where) {
  const Tensor xs[] = {a, b};
  Dtype dtype = commonDtype(xs, op, where);
  return {asDtype(a, dtype, where), asDtype(b, dtype, where)};
}

[[noreturn]] static void innerMismatch(const Tensor &a, const Tensor &b, const char *op, Loc where) {
  fail(op, where, Kind::shape, "expected inner extents that agree, got ", a.shape(), " and ", b.shape());
}

Tensor matrixProduct(const Tensor &a, const Tensor &b, const char *op, Loc where) {
  int64_t p = a.ndim(), q = b.ndim();
  if (!mayAgree(a.shape().back(), b.shape()[size_t(q - 2)]))
    innerMismatch(a, b, op, where);
  // One matrix on the right: the batch axes are free axes of the left.
  if (q == 2)
    return dotGeneral(a, b, {}, {}, {p - 1}, {0}, where);
  Shape batchA(a.shape().begin(), a.shape().end() - 2), batchB(b.shape().begin(), b.shape().end() - 2);
  Shape batch = broadcastShapes(batchA, batchB, op, where), shapeA = batch, shapeB = batch;
  shapeA.insert(shapeA.end(), a.shape().end() - 2, a.shape().end());
  shapeB.insert(shapeB.end(), b.shape().end() - 2, b.shape().end());
  std::vector<int64_t> axes;
  int64_t n = int64_t(batch.size());
  for (int64_t i = 0; i < n; ++i)
    axes.push_back(i);
  return dotGeneral(broadcastTo(a, shapeA, op, where), broadcastTo(b, shapeB, op, where), axes, axes, {n + 1}, {n},
                    where);
}

Tensor matmul(const Tensor &x, const Tensor &y, Loc where) {
  auto [a, b] = common(x, y, "matmul", where);
  if (a.ndim() == 0 || b.ndim() == 0)
    fail("matmul", where, Kind::shape, "expected operands with axes, got ", a.shape(), " and ", b.shape());
  if (a.ndim() > 1 && b.ndim() > 1)
    return matrixProduct(a, b, "matmul", where);
  int64_t inner = b.ndim() == 1 ? 0 : b.ndim() - 2;
  if (!mayAgree(a.shape().back(), b.shape()[size_t(inner)]))
    innerMismatch(a, b, "matmul", where);
  return dotGeneral(a, b, {}, {}, {a.ndim() - 1}, {inner}, where);
}

Tensor dot(const Tensor &x, const Tensor &y, Loc where) {
  expectTensor(x, "dot", where);
  expectTensor(y, "dot", where);
  if (x.ndim() == 0 || y.ndim() == 0)
    return multiply(x, y, where);
  auto [a, b] = common(x, y, "dot", where);
  int64_t inner = b.ndim() == 1 ? 0 : b.ndim() - 2;
  if (!mayAgree(a.shape().back(), b.shape()[size_t(inner)]))
    innerMismatch(a, b, "dot", where);
  return dotGeneral(a, b, {}, {}, {a.ndim() - 1}, {inner}, where);
}

Tensor vdot(const Tensor &x, const Tensor &y, Loc where) {
  auto [a, b] = common(flatten(x, where), flatten(y, where), "vdot", where);
  if (!mayAgree(a.shape(), b.shape()))
    fail("vdot", where, Kind::shape, "expected equally many elements, got ", x.shape(), " and ", y.shape());
  return dotGeneral(conj(a, where), b, {}, {}, {0}, {0}, where);
}

Tensor inner(const Tensor &x, const Tensor &y, Loc where) {
  expectTensor(x, "inner", where);
  expectTensor(y, "inner", where);
  if (x.ndim() == 0 || y.ndim() == 0)
    return multiply(x, y, where);
  auto [a, b] = common(x, y, "inner", where);
  if (!mayAgree(a.shape().back(), b.shape().back()))
    fail("inner", where, Kind::shape, "expected last extents that agree, got ", a.shape(), " and ", b.shape());
  return dotGeneral(a, b, {}, {}, {a.ndim() - 1}, {b.ndim() - 1}, where);
}

Tensor outer(const Tensor &x, const Tensor &y, Loc where) {
  return multiply(expand_dims(flatten(x, where), 1, where), expand_dims(flatten(y, where), 0, where), where);
}

Tensor kron(const Tensor &x, const Tensor &y, Loc where) {
  auto [a, b] = common(x, y, "kron", where);
  size_t rank = size_t(std::max(a.ndim(), b.ndim()));
  Shape p = a.shape(), q = b.shape(), left, right, result;
  p.insert(p.begin(), rank - p.size(), 1);
  q.insert(q.begin(), rank - q.size(), 1);
  for (size_t i = 0; i < rank; ++i) {
    left.insert(left.end(), {p[i], 1});
    right.insert(right.end(), {1, q[i]});
    result.push_back(p[i] == 1 ? q[i] : q[i] == 1 ? p[i] : isOpen(p[i]) || isOpen(q[i]) ? anySize : p[i] * q[i]);
  }
  return reshapeTo(multiply(reshapeTo(a, left, where), reshapeTo(b, right, where), where), result, where);
}

Tensor tensordot(const Tensor &a, const Tensor &b, int64_t n, Loc where) {
  expectTensor(a, "tensordot", where);
  expectTensor(b, "tensordot", where);
  if (n < 0 || n > a.ndim() || n > b.ndim())
    fail("tensordot", where, Kind::value, "expected a number of axes that both have, got ", n, " for ", a.shape(),
         " and ", b.shape());
  Shape mine, theirs;
  for (int64_t i = 0; i < n; ++i) {
    mine.push_back(a.ndim() - n + i);
    theirs.push_back(i);
  }
  return tensordot(a, b, mine, theirs, where);
}

Tensor tensordot(const Tensor &x, const Tensor &y, Shape axesOfA, Shape axesOfB, Loc where) {
  auto [a, b] = common(x, y, "tensordot", where);
  std::vector<int64_t> p = normalizeAxes(axesOfA, a.ndim(), "tensordot", where);
  std::vector<int64_t> q = normalizeAxes(axesOfB, b.ndim(), "tensordot", where);
  bool fits = p.size() == q.size();
  for (size_t i = 0; fits && i < p.size(); ++i)
    fits = mayAgree(a.shape()[size_t(p[i])], b.shape()[size_t(q[i])]);
  if (!fits)
    fail("tensordot", where, Kind::shape, "expected equal extents of the axes ", axesOfA, " and ", axesOfB, ", got ",
         a.shape(), " and ", b.shape());
  if (!p.empty())
    return dotGeneral(a, b, {}, {}, p, q, where);
  Shape left = a.shape();
  left.resize(left.size() + b.shape().size(), 1);
  return multiply(reshapeTo(a, left, where), b, where);
}

Tensor diagonalOf(const Tensor &x, int64_t offset, int64_t p, int64_t q, Loc where) {
  Tensor a = moveaxis(x, std::vector<int64_t>{p, q}, std::vector<int64_t>{-2, -1}, where);
  int64_t rows = a.dim(-2), columns = a.dim(-1), row = std::max<int64_t>(0, -offset),
          column = std::max<int64_t>(0, offset);
  int64_t n = std::max<int64_t>(0, std::min(rows - row, columns - column));
  Shape flat(a.shape().begin(), a.shape().end() - 2), shape = flat;
  flat.push_back(rows * columns);
  shape.push_back(n);
  if (n == 0)
    return zerosOf(a.dtype(), shape, where);
  // Elements of a diagonal are columns + 1 apart.
  Tensor lines = reshapeTo(a, flat, where);
  std::vector<int64_t> starts(flat.size(), 0), limits = wholeLimits(lines), strides(flat.size(), 1);
  starts.back() = row * columns + column;
  limits.back() = starts.back() + (n - 1) * (columns + 1) + 1;
  strides.back() = columns + 1;
  return ops::slice(lines, starts, limits, strides, where);
}

Tensor trace(const Tensor &x, int64_t offset, int64_t axis1, int64_t axis2, Loc where) {
  Tensor a = asNode(x, "trace", where);
  if (a.ndim() < 2)
    fail("trace", where, Kind::shape, "expected at least two axes, got ", a.shape());
  std::vector<int64_t> axes = normalizeAxes(std::vector<int64_t>{axis1, axis2}, a.ndim(), "trace", where);
  return sum(diagonalOf(a, offset, axes[0], axes[1], where), -1, {}, where);
}

} // namespace tcc
