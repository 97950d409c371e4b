// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// QR iteration for real symmetric tridiagonal matrices: all eigenvalues of any size, without square roots, and, of
// small ones, the vectors too: the leaves of divide and conquer.
#ifndef TCC_RUNTIME_TRIDIAGONALQR_H
#define TCC_RUNTIME_TRIDIAGONALQR_H

#include <stdint.h>

namespace tcc::runtime {

// The diagonal d has n entries, the subdiagonal e n - 1, of the size of n at most. Both return 0, 1 if a value did not
// converge, or noMemory.

/// d becomes the eigenvalues in ascending order.
template <class R> int64_t tridiagonalValues(int64_t n, R *d, const R *e);

inline constexpr int64_t mostTridiagonalVectors = 64;
/// d[j] becomes the eigenvalue of column j of `vectors` (column-major), in no order; n <= mostTridiagonalVectors.
template <class R> int64_t tridiagonalVectors(int64_t n, R *d, const R *e, R *vectors, int64_t ld);

/// Steps that an eigenvalue may take on average, 30 unless told otherwise: for tests.
void limitTridiagonalSteps(int64_t steps);

} // namespace tcc::runtime
#endif
