// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of matrices: exponential, logarithm, square root, and Sylvester's equation below them.
#include "frontend/Matrix.h"
#include "tcc/Contract.h"
#include "tcc/Linalg.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"
#include "tcc/Transforms.h"

#include <array>
#include <cmath>

namespace tcc::linalg {
namespace {

/// The column j of rows [0, rows), as a matrix of one column.
Tensor columnOf(const Tensor &m, int64_t j, int64_t rows, Loc where) {
  int64_t rank = m.ndim();
  return sliceAxis(sliceAxis(m, rank - 1, j, j + 1, where), rank - 2, 0, rows, where);
}

/// m + m'_jj I, for matrices m and a diagonal element of another.
Tensor shiftedBy(const Tensor &m, const Tensor &other, int64_t j, Loc where) {
  int64_t rank = other.ndim();
  Tensor element = sliceAxis(columnOf(other, j, j + 1, where), rank - 2, j, j + 1, where);
  return add(m, multiply(identityLike(m, where), element, where), where);
}

Tensor solveUpper(const Tensor &t, const Tensor &b, Loc where) {
  return ops::triangular_solve(t, b, false, false, false, where);
}

/// x with a x + x b = q, by complex Schur forms (Bartels and Stewart 1972): one column after the other. No gradient.
Tensor sylvester(const Tensor &a, const Tensor &b, const Tensor &q, Loc where) {
  Schur fa = schur(a, where), fb = schur(b, where);
  Dtype dtype = fa.t.dtype();
  Tensor f = matmul(matmul(adjoint(fa.z, where), asDtype(q, dtype, where), where), fb.z, where);
  int64_t n = b.dim(-1), m = a.dim(-1);
  Tensor y;
  for (int64_t j = 0; j < n; ++j) {
    Tensor rhs = columnOf(f, j, m, where);
    if (j > 0)
      rhs = subtract(rhs, matmul(y, columnOf(fb.t, j, j, where), where), where);
    Tensor column = solveUpper(shiftedBy(fa.t, fb.t, j, where), rhs, where);
    y = j == 0 ? column : concatenate({y, column}, -1, where);
  }
  Tensor x = matmul(matmul(fa.z, y, where), adjoint(fb.z, where), where);
  return is_complex(q.dtype()) ? x : asDtype(real(x, where), q.dtype(), where);
}

void expectUnknowns(const Tensor &a, const char *op, Loc where) {
  if (a.dim(-1) == 0)
    fail(op, where, Kind::shape, "expected matrices with elements, got shape ", a.shape());
}

/// Nodes and weights of Gauss-Legendre quadrature on [0, 1], by Newton's method on the Legendre polynomial.
template <size_t N> std::array<std::pair<double, double>, N> gaussLegendre() {
  std::array<std::pair<double, double>, N> rule;
  for (size_t i = 0; i < N; ++i) {
    double x = std::cos(3.14159265358979323846 * (double(i) + 0.75) / (double(N) + 0.5)), slope = 1;
    for (int k = 0; k < 100; ++k) {
      double p = 1, before = 0;
      for (size_t d = 1; d <= N; ++d) {
        double next = ((2.0 * double(d) - 1) * x * p - (double(d) - 1) * before) / double(d);
        before = p, p = next;
      }
      slope = double(N) * (x * p - before) / (x * x - 1);
      double step = p / slope;
      x -= step;
      if (std::abs(step) < 1e-16)
        break;
    }
    rule[i] = {(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)};
  }
  return rule;
}

} // namespace

// For a x + x b = q: z of a^H z + z b^H = g is q's cotangent, then -z x^H is a's and -x^H z is b's.
Tensor solve_sylvester(const Tensor &x, const Tensor &y, const Tensor &z, Loc where) {
  Tensor a = asSquare(x, "solve_sylvester", where), b = asSquare(y, "solve_sylvester", where),
         q = asMatrix(z, "solve_sylvester", where);
  Dtype dtype = promote(promote(a.dtype(), b.dtype()), q.dtype());
  a = asDtype(a, dtype, where), b = asDtype(b, dtype, where), q = asDtype(q, dtype, where);
  if (a.dim(-1) != q.dim(-2) || b.dim(-1) != q.dim(-1))
    fail("solve_sylvester", where, Kind::shape, "expected {m, m}, {n, n} and {m, n}, got ", a.shape(), ", ", b.shape(),
         " and ", q.shape());
  expectUnknowns(a, "solve_sylvester", where);
  expectUnknowns(b, "solve_sylvester", where);
  Shape batch =
      broadcastShapes(broadcastShapes(Shape(a.shape().begin(), a.shape().end() - 2),
                                      Shape(b.shape().begin(), b.shape().end() - 2), "solve_sylvester", where),
                      Shape(q.shape().begin(), q.shape().end() - 2), "solve_sylvester", where);
  auto wide = [&](const Tensor &m) {
    Shape shape = batch;
    shape.insert(shape.end(), m.shape().end() - 2, m.shape().end());
    return broadcastTo(m, shape, "solve_sylvester", where);
  };
  a = wide(a), b = wide(b), q = wide(q);
  Tensor fixedA = stop_gradient(a, where), fixedB = stop_gradient(b, where);
  Tensor solution = sylvester(fixedA, fixedB, stop_gradient(q, where), where);
  Tensor g = detail::placeholderLike(solution), h = adjoint(solution, where);
  Tensor w = sylvester(adjoint(fixedA, where), adjoint(fixedB, where), g, where);
  return detail::withPullback(solution, {a, b, q},
                              {neg(matmul(w, h, where), where), neg(matmul(h, w, where), where), w}, g, where);
}

// Björck and Hammarling 1983 on the Schur form, column by column: (r + r_jj) r_j = t_j above the diagonal.
Tensor sqrtm(const Tensor &x, Loc where) {
  Tensor m = asSquare(x, "sqrtm", where);
  expectUnknowns(m, "sqrtm", where);
  Tensor a = asDtype(m, complex_dtype(m.dtype()), where), fixed = stop_gradient(a, where);
  Schur f = schur(fixed, where);
  int64_t n = a.dim(-1), rank = a.ndim();
  Tensor diagonal = sqrt(diagonalOf(f.t, 0, rank - 2, rank - 1, where), where), r;
  for (int64_t j = 0; j < n; ++j) {
    Tensor corner = expand_dims(sliceAxis(diagonal, rank - 2, j, j + 1, where), -1, where);
    if (j == 0) {
      r = corner;
      continue;
    }
    Tensor left = add(r, multiply(identityLike(r, where), corner, where), where);
    Tensor above = solveUpper(left, columnOf(f.t, j, j, where), where);
    r = concatenate({padAxis(r, rank - 2, 0, 1, where), concatenate({above, corner}, -2, where)}, -1, where);
  }
  Tensor root = matmul(matmul(f.z, r, where), adjoint(f.z, where), where);
  // root dx + dx root = da, so a's cotangent solves the adjoint equation.
  Tensor g = detail::placeholderLike(root), h = adjoint(root, where);
  return detail::withPullback(root, {a}, {sylvester(h, h, g, where)}, g, where);
}

// Inverse scaling and squaring: 2^k log(a^(1/2^k)), and log(1 + y) as the integral of y / (1 + t y) over t in [0, 1]
// (Dieci, Morini and Papini 1996). Ten nodes are exact to double precision for |y| <= 1/2: the error is
// ((1 - r) / (1 + r))^21 with r = sqrt(1 + y) (Kenney and Laub 1989). Each root costs one bit, so k is data: all are in
// the graph, and those not needed keep the matrix. Everything but the roots is a composition, which carries the
// gradient.
Tensor logm(const Tensor &x, Loc where) {
  Tensor a = asSquare(x, "logm", where);
  expectUnknowns(a, "logm", where);
  Tensor root = asDtype(a, complex_dtype(a.dtype()), where), identity = identityLike(root, where);
  Dtype real = real_dtype(root.dtype());
  Tensor scale(1.0);
  constexpr int roots = 10;
  for (int k = 0; k < roots; ++k) {
    Tensor distance = max(sum(abs(subtract(root, identity, where), where), -2, {}, where), -1, {}, where);
    Tensor active = expand_dims(greater(stop_gradient(distance, where), 0.5, where), {-2, -1}, where);
    root = tcc::where(active, sqrtm(root, where), root, where);
    scale = multiply(scale, add(asDtype(active, real, where), 1.0, where), where);
  }
  Tensor y = subtract(root, identity, where), total;
  for (auto [node, weight] : gaussLegendre<10>()) {
    Tensor part = multiply(ops::solve(add(multiply(y, node, where), identity, where), y, where), weight, where);
    total = total.valid() ? add(total, part, where) : part;
  }
  return multiply(total, scale, where);
}

// Higham 2005, "The scaling and squaring method for the matrix exponential revisited": degree 13, theta 5.37. The
// number of squarings is data: all are in the graph, and those not needed square the identity.
Tensor expm(const Tensor &x, Loc where) {
  Tensor a = asSquare(x, "expm", where);
  if (a.size() == 0)
    return a;
  static constexpr double b[] = {64764752532480000,
                                 32382376266240000,
                                 7771770303897600,
                                 1187353796428800,
                                 129060195264000,
                                 10559470521600,
                                 670442572800,
                                 33522128640,
                                 1323241920,
                                 40840800,
                                 960960,
                                 16380,
                                 182,
                                 1};
  constexpr int squarings = 16;
  Tensor norm1 = stop_gradient(max(sum(abs(a, where), -2, {}, where), -1, {}, where), where);
  Tensor s = clip(ceil(log2(divide(norm1, 5.371920351148152, where), where), where), 0.0, double(squarings), where);
  auto matrixwise = [&](const Tensor &v) { return expand_dims(v, {-2, -1}, where); };
  a = multiply(a, asDtype(matrixwise(exp2(neg(s, where), where)), a.dtype(), where), where);
  Tensor identity = identityLike(a, where), a2 = matmul(a, a, where), a4 = matmul(a2, a2, where),
         a6 = matmul(a4, a2, where);
  // b_k+6 a6 + b_k+4 a4 + b_k+2 a2, over b_0 so that float32 stays in range.
  auto poly = [&](int k) {
    return add(add(multiply(a6, b[k + 4] / b[0], where), multiply(a4, b[k + 2] / b[0], where), where),
               multiply(a2, b[k] / b[0], where), where);
  };
  Tensor u = matmul(
      a, add(add(matmul(a6, poly(9), where), poly(3), where), multiply(identity, b[1] / b[0], where), where), where);
  Tensor v = add(add(matmul(a6, poly(8), where), poly(2), where), identity, where);
  Tensor r = ops::solve(subtract(v, u, where), add(v, u, where), where);
  Tensor count = matrixwise(s);
  for (int k = 0; k < squarings; ++k) {
    Tensor active = less(double(k), count, where);
    Tensor base = tcc::where(active, r, identity, where);
    r = tcc::where(active, matmul(base, base, where), r, where);
  }
  return r;
}

} // namespace tcc::linalg
