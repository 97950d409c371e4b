// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eigenvalues and vectors of real symmetric tridiagonal matrices, singular values of real upper bidiagonal ones, with
// vectors if they are wanted: halves are solved and merged by a change of rank one (Cuppen 1981; Gu and Eisenstat, SIAM
// J. Matrix Anal. Appl. 16 (1995)). Merges of a level, and the roots and products of a merge, run on all threads.
#ifndef TCC_RUNTIME_DIVIDECONQUER_H
#define TCC_RUNTIME_DIVIDECONQUER_H

#include "runtime/BlasLibrary.h"
#include "runtime/Memory.h"

namespace tcc::runtime {

/// Column-major, n x n.
template <class R> struct VectorMatrix {
  R *data = nullptr;
  int64_t ld = 0;
};

/// d (n) becomes the values, column order[j] of `vectors` belongs to the j-th in ascending order, which is d[order[j]].
/// e (n - 1) is lost. Returns 0, 1 if a value did not converge, or noMemory.
template <class R> int64_t solveTridiagonal(int64_t n, R *d, R *e, VectorMatrix<R> vectors, int32_t *order);

/// The same for b = u diag(d) v^T with diagonal d and superdiagonal e; data of u and v is null if they are not wanted.
template <class R> int64_t solveBidiagonal(int64_t n, R *d, R *e, VectorMatrix<R> u, VectorMatrix<R> v, int32_t *order);

} // namespace tcc::runtime
#endif
