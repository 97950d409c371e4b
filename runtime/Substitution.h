// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Triangular systems of row-major matrices.
#ifndef TCC_RUNTIME_SUBSTITUTION_H
#define TCC_RUNTIME_SUBSTITUTION_H

#include "runtime/SmallMatrix.h"

namespace tcc::runtime {

/// x {n, columns} := t^-1 x for n <= mostPanelColumns, by the calling thread. Reads the triangle only, of a unit one
/// not the diagonal; diagonals may be as small as any number but zero. No adjoints.
template <class T>
void solveTriangle(int64_t n, int64_t columns, const T *t, int64_t ldt, TriangleOptions options, T *x, int64_t ldx);

/// The same for any n, and with adjoints, right-hand sides in fixed tiles on the pool.
template <class T>
void solveTriangular(int64_t n, int64_t columns, const T *t, int64_t ldt, TriangleOptions options, T *x, int64_t ldx);

} // namespace tcc::runtime
#endif
