// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// c = factor a b + keep c on blocks of row-major matrices, by the calling thread, as BLAS has it.
#ifndef TCC_RUNTIME_ROWPRODUCT_H
#define TCC_RUNTIME_ROWPRODUCT_H

#include "runtime/BlasLibrary.h"
#include "runtime/PackedLeft.h"

namespace tcc::runtime {

/// c {m, n}; k, the sum's length, is not 0 unless c is to stay as it is.
template <class T>
void addProduct(int64_t m, int64_t n, int64_t k, T factor, RowBlock<T> a, RowBlock<T> b, T keep, T *c, int64_t ldc) {
  if (m == 0 || n == 0 || k == 0)
    return;
  // Fortran sees transposes: c^T = b^T a^T, and of an adjoint the conjugate, which is the adjoint of what it sees.
  BlasInt rows = BlasInt(n), columns = BlasInt(m), inner = BlasInt(k), lda = BlasInt(a.ld), ldb = BlasInt(b.ld),
          leading = BlasInt(ldc);
  if (n == 1 && !a.isAdjoint && !b.isAdjoint) {
    blas<T>()->gemv("T", &inner, &columns, &factor, a.data, &lda, b.data, &ldb, &keep, c, &leading, 1);
    return;
  }
  blas<T>()->gemm(b.isAdjoint ? "C" : "N", a.isAdjoint ? "C" : "N", &rows, &columns, &inner, &factor, b.data, &ldb,
                  a.data, &lda, &keep, c, &leading, 1, 1);
}

} // namespace tcc::runtime
#endif
