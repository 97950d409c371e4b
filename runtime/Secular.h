// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A diagonal matrix changed by a matrix of rank one: the eigenvalues of diag(d) + rho z z^T, or the singular values of
// diag(d) with a row z added, and their vectors. Each vector lane has a root of its own.
// R.-C. Li, "Solving secular equations stably and efficiently", LAPACK Working Note 89 (1994), for the iteration;
// Gu and Eisenstat, SIAM J. Matrix Anal. Appl. 16 (1995), for vectors that are orthogonal whatever the roots' errors.
#ifndef TCC_RUNTIME_SECULAR_H
#define TCC_RUNTIME_SECULAR_H

#include <stdint.h>

namespace tcc::runtime {

/// 1 + rho sum_i z_i^2 / (p_i - x) = 0 with poles p_i = d_i, or p_i = d_i^2 and x = s^2 if isSquared. d is ascending
/// and not negative if isSquared; no z is zero. Root j lies between poles j and j + 1; it is d[origin[j]] + offset[j].
template <class R> struct SecularEquation {
  int64_t count;
  const R *d, *z;
  R rho;
  bool isSquared;
};

/// Roots [begin, end); `begin` is a multiple of 16 unless 0. False if one did not converge.
template <class R>
bool secularRoots(const SecularEquation<R> &equation, int64_t begin, int64_t end, int32_t *origin, R *offset);

/// zs [begin, end) for which the computed roots are the exact ones (with rho = 1). `begin` as above.
template <class R>
void secularWeights(const SecularEquation<R> &equation, const int32_t *origin, const R *offset, int64_t begin,
                    int64_t end, R *weights);

/// to[i] = weights[i] / (p_i - x), i < padded, for the root d_origin + offset. Beyond count, weights are 0 and d far
/// away.
template <class R>
void secularVector(const R *d, const R *weights, bool isSquared, int64_t padded, R origin, R offset, R *to);

} // namespace tcc::runtime
#endif
