// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Householder reduction of a matrix beside right-hand sides.
#ifndef TCC_RUNTIME_LEASTSQUARES_H
#define TCC_RUNTIME_LEASTSQUARES_H

#include "runtime/Elements.h"

namespace tcc::runtime {

/// Of ab = (a b), row-major, a {m, n} with m >= n > 0 and b {m, columns}: a becomes R with a = Q R, zeros below, and b
/// Q^H b. False without memory. Needs a BLAS; no square of a's numbers may overflow.
template <class T> bool triangularise(int64_t m, int64_t n, int64_t columns, T *ab);

} // namespace tcc::runtime
#endif
