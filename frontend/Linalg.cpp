// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Linear systems, triangular and Cholesky factors, inverses, determinants, norms and products.
#include "tcc/Linalg.h"
#include "frontend/Matrix.h"
#include "tcc/Contract.h"
#include "tcc/Create.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tcc {

Tensor asMatrix(const Tensor &a, const char *op, Loc where) {
  Tensor m = asWide(a, op, where);
  if (m.ndim() < 2)
    fail(op, where, Kind::shape, "expected a matrix or a stack of matrices, got shape ", m.shape());
  return m;
}
Tensor asSquare(const Tensor &a, const char *op, Loc where) {
  Tensor m = asMatrix(a, op, where);
  if (m.dim(-1) != m.dim(-2))
    fail(op, where, Kind::shape, "expected square matrices, got shape ", m.shape());
  return m;
}
Tensor adjoint(const Tensor &a, Loc where) { return conj(swapaxes(a, -1, -2, where), where); }
Tensor identityLike(const Tensor &a, Loc where) { return eye(a.dim(-1), a.dtype(), where); }
Tensor scaleColumns(const Tensor &m, const Tensor &v, Loc where) {
  return multiply(m, asDtype(expand_dims(v, -2, where), m.dtype(), where), where);
}
double epsilonOf(Dtype dtype) {
  return real_dtype(dtype) == float64 ? std::numeric_limits<double>::epsilon()
                                      : double(std::numeric_limits<float>::epsilon());
}

RightHandSide rightHandSide(const Tensor &x, const Tensor &y, const char *op, Loc where) {
  Tensor a = asSquare(x, op, where), b = asWide(y, op, where);
  Dtype dtype = promote(a.dtype(), b.dtype());
  a = asDtype(a, dtype, where);
  b = asDtype(b, dtype, where);
  if (b.ndim() == 0)
    fail(op, where, Kind::shape, "expected a right-hand side with axes, got a 0-d tensor");
  bool vector = b.ndim() == 1;
  if (vector)
    b = expand_dims(b, 1, where);
  if (a.dim(-1) != b.dim(-2))
    fail(op, where, Kind::shape, "expected as many rows as unknowns, got ", x.shape(), " and ", y.shape());
  Shape p(a.shape().begin(), a.shape().end() - 2), q(b.shape().begin(), b.shape().end() - 2);
  Shape batch = broadcastShapes(p, q, op, where), shapeA = batch, shapeB = batch;
  shapeA.insert(shapeA.end(), a.shape().end() - 2, a.shape().end());
  shapeB.insert(shapeB.end(), b.shape().end() - 2, b.shape().end());
  return {broadcastTo(a, shapeA, op, where), broadcastTo(b, shapeB, op, where), vector};
}
Tensor RightHandSide::finish(const Tensor &x, Loc where) const { return vector ? squeeze(x, -1, where) : x; }

namespace linalg {

Tensor cholesky(const Tensor &a, CholeskyOptions o, Loc where) {
  Tensor m = asSquare(a, "cholesky", where);
  return o.upper ? adjoint(ops::cholesky(adjoint(m, where), where), where) : ops::cholesky(m, where);
}

Tensor cholesky_solve(const Tensor &c, const Tensor &b, CholeskyOptions o, Loc where) {
  RightHandSide s = rightHandSide(c, b, "cholesky_solve", where);
  bool lower = !o.upper;
  Tensor y = ops::triangular_solve(s.a, s.b, lower, /*adjoint=*/o.upper, false, where);
  return s.finish(ops::triangular_solve(s.a, y, lower, /*adjoint=*/lower, false, where), where);
}

Lu lu(const Tensor &a, Loc where) {
  Tensor m = asMatrix(a, "lu", where);
  auto [packed, perm] = ops::lu(m, where);
  int64_t rows = m.dim(-2), columns = m.dim(-1), k = std::min(rows, columns), rank = m.ndim();
  // Row k of the permuted matrix is row perm[k] of a: p has its ones at (perm[k], k).
  Shape shape = perm.shape();
  shape.push_back(rows);
  Tensor row = iotaOf(shape, rank - 2, int64, where);
  Tensor p = asDtype(equal(row, expand_dims(perm, -2, where), where), m.dtype(), where);
  Tensor left = sliceAxis(packed, rank - 1, 0, k, where), right = sliceAxis(packed, rank - 2, 0, k, where);
  Tensor l = add(tril(left, -1, where), eye(rows, k, 0, m.dtype(), where), where);
  return {p, l, triu(right, 0, where)};
}

LuFactor lu_factor(const Tensor &a, Loc where) {
  auto [packed, perm] = ops::lu(asSquare(a, "lu_factor", where), where);
  return {packed, perm};
}

Tensor lu_solve(const LuFactor &f, const Tensor &b, Loc where) {
  RightHandSide s = rightHandSide(f.lu, b, "lu_solve", where);
  Shape shape = s.b.shape();
  shape.back() = 1;
  Tensor perm = broadcastTo(expand_dims(f.pivots, -1, where), shape, "lu_solve", where);
  Tensor permuted = take_along_axis(s.b, perm, -2, where);
  Tensor y = ops::triangular_solve(s.a, permuted, true, false, /*unit_diagonal=*/true, where);
  return s.finish(ops::triangular_solve(s.a, y, false, false, false, where), where);
}

Tensor solve(const Tensor &a, const Tensor &b, Loc where) {
  RightHandSide s = rightHandSide(a, b, "solve", where);
  return s.finish(ops::solve(s.a, s.b, where), where);
}

Tensor solve_triangular(const Tensor &a, const Tensor &b, TriangularOptions o, Loc where) {
  RightHandSide s = rightHandSide(a, b, "solve_triangular", where);
  return s.finish(ops::triangular_solve(s.a, s.b, o.lower, o.trans, o.unit_diagonal, where), where);
}

Tensor inv(const Tensor &a, Loc where) {
  Tensor m = asSquare(a, "inv", where);
  return ops::solve(m, broadcastTo(identityLike(m, where), m.shape(), "inv", where), where);
}

/// +1 or -1: the parity of the number of inversions.
static Tensor permutationSign(const Tensor &perm, Dtype dtype, Loc where) {
  Shape shape = perm.shape();
  shape.push_back(perm.shape().back());
  int64_t rank = int64_t(shape.size());
  Tensor i = iotaOf(shape, rank - 2, int64, where), j = iotaOf(shape, rank - 1, int64, where);
  Tensor falls = greater(expand_dims(perm, -1, where), expand_dims(perm, -2, where), where);
  Tensor count = sum(logical_and(less(i, j, where), falls, where), {-2, -1}, {}, where);
  return asDtype(subtract(1, multiply(bitwise_and(count, 1, where), 2, where), where), dtype, where);
}

Tensor det(const Tensor &a, Loc where) {
  Tensor m = asSquare(a, "det", where);
  auto [packed, perm] = ops::lu(m, where);
  return ops::det(m, packed, perm, where);
}

/// Reason::singular of dialect/MatrixAlgebra.h.
static constexpr int64_t singularReason = 3;

// Differentiated as the determinant of a over a number that keeps it in range: by cofactors from the same factors.
Slogdet slogdet(const Tensor &a, Loc where) {
  Tensor m = asSquare(a, "slogdet", where);
  auto [packed, perm] = ops::lu(m, where);
  int64_t rank = m.ndim();
  Tensor diagonal = diagonalOf(packed, 0, rank - 2, rank - 1, where), logs = log(abs(diagonal, where), where);
  Tensor signOfDet =
      multiply(prod(sign(diagonal, where), -1, {}, where), permutationSign(perm, m.dtype(), where), where);
  Tensor logabsdet = sum(logs, -1, {}, where);
  if (m.dim(-1) == 0)
    return {signOfDet, logabsdet};
  Tensor scale = asDtype(exp(mean(logs, -1, {}, where), where), m.dtype(), where);
  Tensor row = iotaOf(m.shape(), rank - 2, int64, where), column = iotaOf(m.shape(), rank - 1, int64, where);
  Tensor isSingular = logical_and(equal(row, column, where), equal(packed, 0, where), where);
  Tensor each = ops::stop_gradient(expand_dims(expand_dims(scale, -1, where), -1, where), where);
  each = ops::check(each, isSingular, singularReason, where);
  Tensor isLower = greater(row, column, where);
  Tensor factors = tcc::where(isLower, packed, divide(packed, each, where), where);
  Tensor det = ops::det(divide(m, each, where), factors, perm, where);
  return {ops::with_gradient(signOfDet, sign(det, where), where),
          ops::with_gradient(logabsdet, log(abs(det, where), where), where)};
}

Tensor matrix_power(const Tensor &a, int64_t n, Loc where) {
  Tensor m = asNode(a, "matrix_power", where);
  if (m.ndim() < 2 || m.dim(-1) != m.dim(-2))
    fail("matrix_power", where, Kind::shape, "expected square matrices, got shape ", m.shape());
  if (n == std::numeric_limits<int64_t>::min())
    fail("matrix_power", where, Kind::value, "expected a power above -2^63, got ", n);
  if (n < 0)
    m = inv(m, where), n = -n;
  if (n == 0)
    return broadcastTo(identityLike(m, where), m.shape(), "matrix_power", where);
  Tensor result;
  for (; n > 0; n /= 2) {
    if (n % 2)
      result = result.valid() ? matmul(result, m, where) : m;
    if (n > 1)
      m = matmul(m, m, where);
  }
  return result;
}

Tensor multi_dot(const std::vector<Tensor> &xs, Loc where) {
  size_t n = xs.size();
  if (n == 0)
    fail("multi_dot", where, Kind::value, "expected at least one tensor, got none");
  for (const Tensor &x : xs)
    expectTensor(x, "multi_dot", where);
  if (n == 1)
    return xs[0];
  for (size_t i = 0; i < n; ++i)
    if (xs[i].ndim() != 2 && !(xs[i].ndim() == 1 && (i == 0 || i + 1 == n)))
      fail("multi_dot", where, Kind::shape, "expected matrices, and vectors only at the ends, got ", xs[i].shape());
  std::vector<double> p{xs[0].ndim() == 1 ? 1.0 : double(xs[0].dim(0))};
  for (size_t i = 0; i < n; ++i)
    p.push_back(i + 1 == n && xs[i].ndim() == 1 ? 1.0 : double(xs[i].shape().back()));
  // The textbook recurrence (Cormen et al., 15.2): cost[i][j] over the best place to split.
  std::vector<std::vector<double>> cost(n, std::vector<double>(n, 0));
  std::vector<std::vector<size_t>> at(n, std::vector<size_t>(n, 0));
  for (size_t length = 1; length < n; ++length)
    for (size_t i = 0; i + length < n; ++i) {
      size_t j = i + length;
      cost[i][j] = std::numeric_limits<double>::infinity();
      for (size_t k = i; k < j; ++k)
        if (double c = cost[i][k] + cost[k + 1][j] + p[i] * p[k + 1] * p[j + 1]; c < cost[i][j])
          cost[i][j] = c, at[i][j] = k;
    }
  auto product = [&](auto &self, size_t i, size_t j) -> Tensor {
    return i == j ? xs[i] : matmul(self(self, i, at[i][j]), self(self, at[i][j] + 1, j), where);
  };
  return product(product, 0, n - 1);
}

/// The largest length; of none 0, as in NumPy.
static Tensor largest(const Tensor &lengths, const std::vector<int64_t> &axes, ReduceOptions keep, Loc where) {
  bool none = std::any_of(axes.begin(), axes.end(), [&](int64_t axis) { return lengths.dim(axis) == 0; });
  return none ? sum(lengths, axes, keep, where) : max(lengths, axes, keep, where);
}

static Tensor vectorNorm(const Tensor &a, double p, const std::vector<int64_t> &axes, bool keepdims, Loc where) {
  ReduceOptions keep{keepdims};
  if (p == 2)
    return tcc::norm(a, axes, keep, where);
  Tensor m = abs(a, where);
  if (std::isinf(p))
    return p > 0 ? largest(m, axes, keep, where) : min(m, axes, keep, where);
  if (p == 0)
    return asDtype(sum(not_equal(m, 0, where), axes, keep, where), m.dtype(), where);
  if (p == 1)
    return sum(m, axes, keep, where);
  return power(sum(power(m, p, where), axes, keep, where), 1 / p, where);
}

Tensor norm(const Tensor &x, NormOptions o, Loc where) {
  Tensor a = asInexact(x, "norm", where);
  std::vector<int64_t> axes = normalizeAxes(o.axes, a.ndim(), "norm", where);
  if (!o.ord.value)
    return tcc::norm(a, axes, {o.keepdims}, where);
  const std::string *name = std::get_if<std::string>(&*o.ord.value);
  double p = name ? 0 : std::get<double>(*o.ord.value);
  if (axes.size() == 1 && !name)
    return vectorNorm(a, p, axes, o.keepdims, where);
  if (axes.size() != 2)
    fail("norm", where, Kind::value, "expected one axis for a number, or two axes, got ", axes.size(), " axes");
  if (name && *name == "fro")
    return tcc::norm(a, axes, {o.keepdims}, where);
  if (name && *name != "nuc")
    fail("norm", where, Kind::value, "expected ord \"fro\", \"nuc\" or a number, got \"", *name, "\"");
  bool columns = std::abs(p) == 1, singular = name || std::abs(p) == 2;
  if (!singular && !columns && !std::isinf(p))
    fail("norm", where, Kind::value, "expected a matrix norm of order 1, 2 or inf, or their negatives, got ", p);
  Tensor y;
  if (singular) {
    Tensor s = svdvals(moveaxis(a, axes, Axes{-2, -1}, where), where);
    y = name ? sum(s, -1, {}, where) : p > 0 ? largest(s, {-1}, {}, where) : min(s, -1, {}, where);
  } else {
    Tensor lines =
        moveaxis(sum(abs(a, where), columns ? axes[0] : axes[1], {.keepdims = true}, where), axes, Axes{-2, -1}, where);
    y = p > 0 ? largest(lines, {-2, -1}, {}, where) : min(lines, {-2, -1}, {}, where);
  }
  return o.keepdims ? reshapeTo(y, withOnes(a.shape(), axes), where) : y;
}

} // namespace linalg
} // namespace tcc
