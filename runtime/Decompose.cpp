// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Input checks of the decompositions.
#include "runtime/Decompose.h"
#include <limits.h>

namespace tcc::runtime {
namespace {

/// Index of the first entry that is not finite, -1 if all are. By exponent bits, so that it is a vector loop.
template <class Bits> int64_t firstNonFinite(const Bits *data, int64_t count, Bits exponent) {
  constexpr int64_t block = 4096;
  std::atomic<int64_t> first{INT64_MAX};
  parallelFor((count + block - 1) / block, grainFor(block * 0.2), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end && b * block < first.load(std::memory_order_relaxed); ++b) {
      int64_t from = b * block, to = from + block < count ? from + block : count;
      Bits found = 0;
      for (int64_t i = from; i < to; ++i)
        found |= Bits((data[i] & exponent) == exponent);
      if (!found)
        continue;
      int64_t index = from;
      while ((data[index] & exponent) != exponent)
        ++index;
      int64_t lowest = first.load();
      while (index < lowest && !first.compare_exchange_weak(lowest, index))
        ;
    }
  });
  return first == INT64_MAX ? -1 : first.load();
}

} // namespace

int32_t checkFinite(const char *op, const TccTensor &t, const MatrixBatch &matrices, TccStatus *status) {
  bool isComplexType = t.dtype == TCC_C64 || t.dtype == TCC_C128;
  bool isSingle = t.dtype == TCC_F32 || t.dtype == TCC_C64;
  int64_t count = numElements(t) * (isComplexType ? 2 : 1), index;
  if (isSingle)
    index = firstNonFinite(static_cast<const uint32_t *>(t.data), count, uint32_t(0x7f800000));
  else
    index = firstNonFinite(static_cast<const uint64_t *>(t.data), count, uint64_t(0x7ff0000000000000));
  if (index < 0)
    return TCC_OK;
  double value =
      isSingle ? double(static_cast<const float *>(t.data)[index]) : static_cast<const double *>(t.data)[index];
  int64_t element = isComplexType ? index / 2 : index, size = matrices.m * matrices.n;
  return fail(status, TCC_ERROR_NUMERICAL,
              "[%s] expected finite input, got %s at row %lld, column %lld (batch index %lld)", op,
              value != value ? "nan"
              : value > 0    ? "inf"
                             : "-inf",
              (long long)(element % size / matrices.n), (long long)(element % matrices.n), (long long)(element / size));
}

int32_t matrixSizes(const char *op, const TccTensor &t, MatrixBatch &matrices, TccStatus *status) {
  if (t.dtype < TCC_F32)
    return fail(status, TCC_ERROR_DTYPE, "[%s] expected float32, float64, complex64 or complex128, got %s", op,
                dtypeName(t.dtype));
  if (t.rank < 2)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected a matrix or a batch of matrices, got rank %d", op, t.rank);
  matrices = {extentOf(t, 0, t.rank - 2), t.shape[t.rank - 2], t.shape[t.rank - 1], t.rank - 2, t.shape};
  if (matrices.m > INT_MAX || matrices.n > INT_MAX)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected sizes below 2^31, got %lldx%lld", op, (long long)matrices.m,
                (long long)matrices.n);
  return TCC_OK;
}

int32_t squareSizes(const char *op, const TccTensor &t, MatrixBatch &matrices, TccStatus *status) {
  if (t.rank >= 2 && t.shape[t.rank - 2] != t.shape[t.rank - 1])
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected a square matrix, got %lldx%lld", op,
                (long long)t.shape[t.rank - 2], (long long)t.shape[t.rank - 1]);
  return matrixSizes(op, t, matrices, status);
}

int32_t matrixBatch(const char *op, const TccTensor &t, MatrixBatch &matrices, TccStatus *status) {
  TCC_CHECK(matrixSizes(op, t, matrices, status));
  return checkFinite(op, t, matrices, status);
}

int32_t squareBatch(const char *op, const TccTensor &t, MatrixBatch &matrices, TccStatus *status) {
  TCC_CHECK(squareSizes(op, t, matrices, status));
  return checkFinite(op, t, matrices, status);
}

int32_t checkResult(const char *op, const char *what, const TccTensor &t, int32_t dtype, const MatrixBatch &matrices,
                    int32_t rank, int64_t rows, int64_t cols, TccStatus *status) {
  int64_t shape[maxRank + 2];
  for (int32_t i = 0; i < matrices.batchRank; ++i)
    shape[i] = matrices.shape[i];
  shape[matrices.batchRank] = rows;
  shape[matrices.batchRank + 1] = cols;
  return checkTensor(op, what, t, dtype, matrices.batchRank + rank, shape, status);
}

int32_t checkPermutation(const char *op, const TccTensor &perm, const MatrixBatch &matrices, TccStatus *status) {
  TCC_CHECK(checkResult(op, "permutation", perm, TCC_I64, matrices, 1, matrices.n, 0, status));
  const int64_t *rows = static_cast<const int64_t *>(perm.data);
  for (int64_t i = 0; i < matrices.batch * matrices.n; ++i)
    if (rows[i] < 0 || rows[i] >= matrices.n)
      return fail(status, TCC_ERROR_INDEX, "[%s] expected a permutation of %lld rows, got row %lld", op,
                  (long long)matrices.n, (long long)rows[i]);
  return TCC_OK;
}

// n minus the number of its cycles.
bool isOddPermutation(const int64_t *perm, int64_t n, uint8_t *seen) {
  bool isOdd = false;
  if (n <= 8) { // its inversions
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < i; ++j)
        isOdd ^= perm[j] > perm[i];
    return isOdd;
  }
  memset(seen, 0, size_t(n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = i, first = 1; !seen[j]; j = perm[j], first = 0) {
      seen[j] = 1;
      isOdd ^= !first;
    }
  return isOdd;
}

int32_t realDtype(int32_t dtype) { return dtype == TCC_C64 ? TCC_F32 : dtype == TCC_C128 ? TCC_F64 : dtype; }
int32_t complexDtype(int32_t dtype) { return dtype == TCC_F32 ? TCC_C64 : dtype == TCC_F64 ? TCC_C128 : dtype; }

int32_t notConverged(const char *op, const BatchFailure &failure, int64_t bytes, TccStatus *status) {
  if (!failure.any())
    return TCC_OK;
  if (failure.info() == noMemory)
    return outOfMemory(status, op, bytes);
  return fail(status, TCC_ERROR_NUMERICAL, "[%s] did not converge: LAPACK info %lld (batch index %lld)", op,
              (long long)failure.info(), (long long)failure.index());
}

} // namespace tcc::runtime
