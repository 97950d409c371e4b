// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_lu, tcc_lu_solve, tcc_det and tcc_solve. Large matrices are factored in panels whose updates run in fixed tiles
// on our threads.
#include "runtime/Decompose.h"
#include "runtime/Layout.h"
#include "runtime/SmallMatrix.h"

using namespace tcc::runtime;

namespace {

/// Column-major PA = LU in place with pivots as LAPACK's getrf (1-based). Returns its info; > 0 means a zero pivot.
template <class T> int64_t factor(T *a, BlasInt m, BlasInt n, BlasInt *pivots) {
  const BlasTable<T> &blas = *tcc::runtime::blas<T>();
  const LapackTable<T> &lapack = *tcc::runtime::lapack<T>();
  constexpr BlasInt panel = 128;
  constexpr BlasInt tile = 256;
  BlasInt smaller = m < n ? m : n, info = 0;
  if (smaller < 6 * panel) {
    lapack.getrf(&m, &n, a, &m, pivots, &info);
    return info;
  }
  const T one(1), minusOne(-1);
  auto at = [&](int64_t row, int64_t col) { return a + row + col * m; };
  int64_t firstZero = 0;
  for (BlasInt k = 0; k < smaller; k += panel) {
    BlasInt width = smaller - k < panel ? smaller - k : panel, rows = m - k;
    lapack.getrf(&rows, &width, at(k, k), &m, pivots + k, &info);
    if (info && !firstZero)
      firstZero = k + info;
    for (BlasInt i = k; i < k + width; ++i)
      pivots[i] += k;
    auto swapRows = [&](int64_t col) {
      for (BlasInt i = k; i < k + width; ++i) {
        T x = *at(i, col);
        *at(i, col) = *at(pivots[i] - 1, col);
        *at(pivots[i] - 1, col) = x;
      }
    };
    parallelFor(k, 32, [&](int64_t begin, int64_t end) {
      for (int64_t col = begin; col < end; ++col)
        swapRows(col);
    });
    BlasInt next = k + width, tilesN = (n - next + tile - 1) / tile, tilesM = (m - next + tile - 1) / tile;
    parallelFor(tilesN, 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        BlasInt col = next + BlasInt(t) * tile, cols = n - col < tile ? n - col : tile;
        for (BlasInt c = col; c < col + cols; ++c)
          swapRows(c);
        blas.trsm("L", "L", "N", "U", &width, &cols, &one, at(k, k), &m, at(k, col), &m, 1, 1, 1, 1);
      }
    });
    parallelFor(int64_t(tilesN) * tilesM, 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        BlasInt row = next + BlasInt(t % tilesM) * tile, col = next + BlasInt(t / tilesM) * tile;
        BlasInt height = m - row < tile ? m - row : tile, cols = n - col < tile ? n - col : tile;
        blas.gemm("N", "N", &height, &cols, &width, &minusOne, at(row, k), &m, at(k, col), &m, &one, at(row, col), &m,
                  1, 1);
      }
    });
  }
  return firstZero;
}

} // namespace

int32_t tcc_lu(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
               TccStatus *status) {
  TCC_CHECK(checkArguments("lu", in, n_in, 1, out, n_out, 2, status));
  MatrixBatch matrices;
  TCC_CHECK(matrixBatch("lu", in[0], matrices, status));
  int64_t m = matrices.m, n = matrices.n, smaller = m < n ? m : n;
  TCC_CHECK(checkResult("lu", "factors", out[0], in[0].dtype, matrices, 2, m, n, status));
  TCC_CHECK(checkResult("lu", "permutation", out[1], TCC_I64, matrices, 1, m, 0, status));
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data);
    T *lu = static_cast<T *>(out[0].data);
    int64_t *perm = static_cast<int64_t *>(out[1].data);
    BatchFailure failure;
    if (smaller > 0 && isSmall(m > n ? m : n)) {
      smallLu(a, lu, perm, m, n, matrices.batch, failure);
      return failure.any() ? outOfMemory(status, "lu", smallWorkBytes(m * n, in[0].dtype)) : int32_t(TCC_OK);
    }
    if (smaller > 0 && matrices.batch > 0 && !lapack<T>())
      return noLibrary("lu", "LAPACK", status);
    forEachMatrix(matrices.batch, double(m) * n * double(smaller), [&](int64_t begin, int64_t end) {
      // Row pivoting needs columns that LAPACK sees as columns: the one driver that must transpose.
      Scratch<T> work(m * n);
      Scratch<BlasInt> pivots(smaller);
      if (!work || !pivots)
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        int64_t *order = perm + b * m;
        for (int64_t i = 0; i < m; ++i)
          order[i] = i;
        if (smaller == 0)
          continue;
        transposeCopy(work.get(), m, a + b * m * n, n, m, n);
        factor(work.get(), BlasInt(m), BlasInt(n), pivots.get());
        transposeCopy(lu + b * m * n, n, work.get(), m, n, m);
        for (int64_t i = 0; i < smaller; ++i) {
          int64_t other = pivots[i] - 1, kept = order[i];
          order[i] = order[other];
          order[other] = kept;
        }
      }
    });
    return failure.any() ? outOfMemory(status, "lu", m * n * int64_t(sizeof(T))) : int32_t(TCC_OK);
  });
}

int32_t tcc_solve(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                  TccStatus *status) {
  TCC_CHECK(checkArguments("solve", in, n_in, 2, out, n_out, 1, status));
  MatrixBatch matrices, rhs;
  TCC_CHECK(squareBatch("solve", in[0], matrices, status));
  TCC_CHECK(matrixBatch("solve", in[1], rhs, status));
  int64_t n = matrices.n, k = rhs.n;
  TCC_CHECK(checkResult("solve", "right-hand side", in[1], in[0].dtype, matrices, 2, n, k, status));
  TCC_CHECK(checkResult("solve", "result", out[0], in[0].dtype, matrices, 2, n, k, status));
  if (n == 0 || matrices.batch == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data), *b = static_cast<const T *>(in[1].data);
    T *x = static_cast<T *>(out[0].data);
    BatchFailure failure;
    bool small = isSmall(n) && k <= maxSmallColumns;
    if (!small && !lapack<T>())
      return noLibrary("solve", "LAPACK", status);
    if (small)
      smallSolve(a, b, x, n, k, matrices.batch, failure);
    else
      forEachMatrix(matrices.batch, double(n) * n * double(n / 3 + k), [&](int64_t begin, int64_t end) {
        Scratch<T> work(n * n);
        Scratch<BlasInt> pivots(n);
        if (!work || !pivots)
          return failure.report(begin, noMemory);
        const T one(1);
        BlasInt order = BlasInt(n), leading = BlasInt(k > 0 ? k : 1);
        for (int64_t i = begin; i < end; ++i) {
          // Fortran sees a^T = p l u, so a x = b is x^T p l u = b^T: two solves from the right, then p^T moves columns
          // of x^T, which are rows of x. Nothing is transposed.
          memcpy(static_cast<void *>(work.get()), a + i * n * n, size_t(n * n) * sizeof(T));
          if (int64_t info = factor(work.get(), order, order, pivots.get())) {
            failure.report(i, info);
            continue;
          }
          if (k == 0)
            continue;
          T *solution = x + i * n * k;
          memcpy(static_cast<void *>(solution), b + i * n * k, size_t(n * k) * sizeof(T));
          constexpr int64_t part = 128;
          parallelFor((k + part - 1) / part, grainFor(double(n) * n * part * 0.1), [&](int64_t first, int64_t last) {
            for (int64_t p = first; p < last; ++p) {
              T *columns = solution + p * part;
              BlasInt rows = BlasInt(k - p * part < part ? k - p * part : part);
              blas<T>()->trsm("R", "U", "N", "N", &rows, &order, &one, work.get(), &order, columns, &leading, 1, 1, 1,
                              1);
              blas<T>()->trsm("R", "L", "N", "U", &rows, &order, &one, work.get(), &order, columns, &leading, 1, 1, 1,
                              1);
            }
          });
          for (int64_t r = n - 1; r >= 0; --r)
            if (int64_t other = pivots[r] - 1; other != r)
              for (int64_t c = 0; c < k; ++c) {
                T kept = solution[r * k + c];
                solution[r * k + c] = solution[other * k + c];
                solution[other * k + c] = kept;
              }
        }
      });
    if (!failure.any())
      return TCC_OK;
    if (failure.info() == noMemory)
      return outOfMemory(status, "solve", n * n * int64_t(sizeof(T)));
    return fail(status, TCC_ERROR_NUMERICAL,
                "[solve] expected a nonsingular matrix, got a singular one: pivot %lld is zero (batch index %lld)",
                (long long)failure.info(), (long long)failure.index());
  });
}

// In Fortran's view the packed factors are transposed: L^T above the diagonal, U^T below and on it. a = P^T L U, so a y
// = b is y^T = (P b)^T L^-T U^-T and a^H y = b is (P y)^T = b^T conj(U)^-1 conj(L)^-1: solves from the right.
int32_t tcc_lu_solve(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                     TccStatus *status) {
  TCC_CHECK(checkArguments("solve", in, n_in, 3, out, n_out, 1, status));
  bool isAdjoint = AttributeReader(attrs).integer();
  MatrixBatch matrices, rhs;
  TCC_CHECK(squareBatch("solve", in[0], matrices, status));
  TCC_CHECK(matrixBatch("solve", in[2], rhs, status));
  int64_t n = matrices.n, k = rhs.n;
  TCC_CHECK(checkPermutation("solve", in[1], matrices, status));
  TCC_CHECK(checkResult("solve", "right-hand side", in[2], in[0].dtype, matrices, 2, n, k, status));
  TCC_CHECK(checkResult("solve", "result", out[0], in[0].dtype, matrices, 2, n, k, status));
  if (n == 0 || matrices.batch == 0)
    return TCC_OK;
  const int64_t *perm = static_cast<const int64_t *>(in[1].data);
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    if (!lapack<T>())
      return noLibrary("solve", "LAPACK", status);
    const T *lu = static_cast<const T *>(in[0].data), *b = static_cast<const T *>(in[2].data);
    T *y = static_cast<T *>(out[0].data);
    for (int64_t i = 0; i < matrices.batch; ++i)
      for (int64_t d = 0; d < n; ++d)
        if (lu[i * n * n + d * (n + 1)] == T(0))
          return fail(
              status, TCC_ERROR_NUMERICAL,
              "[solve] expected a nonsingular matrix, got a singular one: pivot %lld is zero (batch index %lld)",
              (long long)d + 1, (long long)i);
    constexpr int64_t part = 128;
    int64_t parts = (k + part - 1) / part;
    BatchFailure failure;
    parallelFor(matrices.batch * parts, grainFor(500 + double(n) * n * double(k < part ? k : part) * 0.2),
                [&](int64_t begin, int64_t end) {
                  Scratch<T> work(n * (k < part ? k : part));
                  if (!work)
                    return failure.report(0, noMemory);
                  for (int64_t task = begin; task < end; ++task) {
                    int64_t i = task / parts, col = task % parts * part, cols = k - col < part ? k - col : part;
                    const T *factors = lu + i * n * n, *source = b + i * n * k + col, one(1);
                    T *target = y + i * n * k + col;
                    const int64_t *order = perm + i * n;
                    auto copyRow = [&](T *to, const T *from) {
                      memcpy(static_cast<void *>(to), from, size_t(cols) * sizeof(T));
                    };
                    BlasInt width = BlasInt(cols), size = BlasInt(n);
                    auto solveRight = [&](const char *triangle, const char *op, const char *diagonal) {
                      blas<T>()->trsm("R", triangle, op, diagonal, &width, &size, &one, factors, &size, work.get(),
                                      &width, 1, 1, 1, 1);
                    };
                    for (int64_t r = 0; r < n; ++r)
                      copyRow(work.get() + r * cols, source + (isAdjoint ? r : order[r]) * k);
                    if (isAdjoint) {
                      solveRight("L", "C", "N");
                      solveRight("U", "C", "U");
                    } else {
                      solveRight("U", "N", "U");
                      solveRight("L", "N", "N");
                    }
                    for (int64_t r = 0; r < n; ++r)
                      copyRow(target + (isAdjoint ? order[r] : r) * k, work.get() + r * cols);
                  }
                });
    return failure.any() ? outOfMemory(status, "solve", n * part * int64_t(sizeof(T))) : int32_t(TCC_OK);
  });
}

int32_t tcc_det(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                TccStatus *status) {
  TCC_CHECK(checkArguments("det", in, n_in, 3, out, n_out, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("det", in[1], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkPermutation("det", in[2], matrices, status));
  TCC_CHECK(checkResult("det", "result", out[0], in[1].dtype, matrices, 0, 0, 0, status));
  const int64_t *perm = static_cast<const int64_t *>(in[2].data);
  return dispatchLapack(in[1].dtype, [&]<class T>() -> int32_t {
    const T *lu = static_cast<const T *>(in[1].data);
    T *y = static_cast<T *>(out[0].data);
    Scratch<uint8_t> seen(n + 1);
    if (!seen)
      return outOfMemory(status, "det", n + 1);
    for (int64_t b = 0; b < matrices.batch; ++b) {
      T product(1);
      for (int64_t i = 0; i < n; ++i)
        product = product * lu[b * n * n + i * (n + 1)];
      y[b] = isOddPermutation(perm + b * n, n, seen.get()) ? T(0) - product : product;
    }
    return TCC_OK;
  });
}
