// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of matrices: exponential, logarithm, square root, and Sylvester's equation.
#include "frontend/Matrix.h"
#include "tcc/Linalg.h"

namespace tcc::linalg {
namespace {

Tensor asComplexSquare(const Tensor &x, const char *op, Loc where) {
  Tensor a = asSquare(x, op, where);
  return asDtype(a, complex_dtype(a.dtype()), where);
}

} // namespace

Tensor solve_sylvester(const Tensor &x, const Tensor &y, const Tensor &z, Loc where) {
  Tensor a = asSquare(x, "solve_sylvester", where), b = asSquare(y, "solve_sylvester", where),
         q = asMatrix(z, "solve_sylvester", where);
  Dtype dtype = promote(promote(a.dtype(), b.dtype()), q.dtype());
  a = asDtype(a, dtype, where), b = asDtype(b, dtype, where), q = asDtype(q, dtype, where);
  if (a.dim(-1) != q.dim(-2) || b.dim(-1) != q.dim(-1))
    fail("solve_sylvester", where, Kind::shape, "expected {m, m}, {n, n} and {m, n}, got ", a.shape(), ", ", b.shape(),
         " and ", q.shape());
  Shape batch =
      broadcastShapes(broadcastShapes(Shape(a.shape().begin(), a.shape().end() - 2),
                                      Shape(b.shape().begin(), b.shape().end() - 2), "solve_sylvester", where),
                      Shape(q.shape().begin(), q.shape().end() - 2), "solve_sylvester", where);
  auto wide = [&](const Tensor &m) {
    Shape shape = batch;
    shape.insert(shape.end(), m.shape().end() - 2, m.shape().end());
    return broadcastTo(m, shape, "solve_sylvester", where);
  };
  return ops::sylvester(wide(a), wide(b), wide(q), where);
}

Tensor sqrtm(const Tensor &x, Loc where) { return ops::sqrtm(asComplexSquare(x, "sqrtm", where), where); }
Tensor logm(const Tensor &x, Loc where) { return ops::logm(asComplexSquare(x, "logm", where), where); }
Tensor expm(const Tensor &x, Loc where) { return ops::expm(asSquare(x, "expm", where), where); }

} // namespace tcc::linalg
