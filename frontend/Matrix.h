// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stacks of matrices as linalg:: functions take them.
#pragma once

#include "frontend/Contraction.h"

namespace tcc {

/// float32, float64, complex64 or complex128 with at least two axes.
Tensor asMatrix(const Tensor &a, const char *op, Loc where);
/// The same, and square.
Tensor asSquare(const Tensor &a, const char *op, Loc where);
/// Conjugate transpose of the last two axes.
Tensor adjoint(const Tensor &a, Loc where);
/// The identity of a's matrices, without batch axes.
Tensor identityLike(const Tensor &a, Loc where);
/// v {..., n} times the columns of m {..., k, n}.
Tensor scaleColumns(const Tensor &m, const Tensor &v, Loc where);
/// The unit roundoff of that precision, times two.
double epsilonOf(Dtype dtype);

/// Right-hand sides: one dtype, one batch, a matrix; `finish` undoes it.
struct RightHandSide {
  Tensor a, b;
  bool vector;
  Tensor finish(const Tensor &x, Loc where) const;
};
RightHandSide rightHandSide(const Tensor &a, const Tensor &b, const char *op, Loc where);

} // namespace tcc
