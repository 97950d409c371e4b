// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What all decompositions share: the batch of matrices, the check for finite input (LAPACK may not return from an
// infinity), parallel iteration over the batch and messages that name the failing matrix.
// A row-major matrix is, to LAPACK, its column-major transpose; each driver says how it makes use of that.
#ifndef TCC_RUNTIME_DECOMPOSE_H
#define TCC_RUNTIME_DECOMPOSE_H

#include "runtime/BlasLibrary.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include <atomic>

namespace tcc::runtime {

struct MatrixBatch {
  int64_t batch, m, n;
  int32_t batchRank;
  const int64_t *shape;
};

/// Checks rank, dtype, sizes and that all entries are finite.
int32_t matrixBatch(const char *op, const TccTensor &t, MatrixBatch &matrices, TccStatus *status);
int32_t squareBatch(const char *op, const TccTensor &t, MatrixBatch &matrices, TccStatus *status);
/// The same in two parts, for what notices numbers that are not finite while it reads them.
int32_t matrixSizes(const char *op, const TccTensor &t, MatrixBatch &matrices, TccStatus *status);
int32_t squareSizes(const char *op, const TccTensor &t, MatrixBatch &matrices, TccStatus *status);
int32_t checkFinite(const char *op, const TccTensor &t, const MatrixBatch &matrices, TccStatus *status);
/// Checks that `t` has the batch axes of `matrices` followed by `rank` sizes.
int32_t checkResult(const char *op, const char *what, const TccTensor &t, int32_t dtype, const MatrixBatch &matrices,
                    int32_t rank, int64_t rows, int64_t cols, TccStatus *status);
/// Checks that `perm` holds rows of the matrices: what reads the results of lu indexes by it.
int32_t checkPermutation(const char *op, const TccTensor &perm, const MatrixBatch &matrices, TccStatus *status);
/// Whether a permutation of n rows takes an odd number of exchanges; `seen` holds n bytes.
bool isOddPermutation(const int64_t *perm, int64_t n, uint8_t *seen);
/// The real (or complex) dtype of the same precision.
int32_t realDtype(int32_t dtype);
int32_t complexDtype(int32_t dtype);

/// Reported instead of a LAPACK info when a work array could not be had.
inline constexpr int64_t noMemory = INT64_MIN;

/// TCC_OK, or that a work array of `bytes` could not be had, or that LAPACK's iteration gave up.
int32_t notConverged(const char *op, const BatchFailure &failure, int64_t bytes, TccStatus *status);

/// body(begin, end) runs for ranges of the batch on the pool; `flop` is the work of one matrix. A few large ones are
/// taken one at a time: ranges of two would leave a thread without work at the end.
template <class F> void forEachMatrix(int64_t batch, double flop, F &&body) {
  const int64_t grain = grainFor(500 + flop * 0.3), threads = numThreads();
  if (grain > 1 || batch <= threads || batch > 64 * threads)
    return parallelFor(batch, grain, body);
  std::atomic<int64_t> next{0};
  parallelFor(threads, 1, [&](int64_t, int64_t) {
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < batch;)
      body(i, i + 1);
  });
}

/// A LAPACK routine whose signature depends on the element type.
template <class... Arguments> inline void callFortran(void *routine, Arguments... arguments) {
  reinterpret_cast<void (*)(Arguments...)>(routine)(arguments...);
}

/// The optimal size that a workspace query has stored in work[0]; rounded up because a float cannot hold every size.
template <class T> inline BlasInt workspaceSize(T query, BlasInt least) {
  double size;
  if constexpr (isComplex<T>)
    size = double(query.re);
  else
    size = double(query);
  size = size * (sizeof(Real<T>) == 4 ? 1.0000002 : 1) + 1;
  BlasInt rounded = size < 2147483647.0 ? BlasInt(size) : 2147483647;
  return rounded > least ? rounded : least;
}

} // namespace tcc::runtime
#endif
