// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_cholesky, tcc_positive_solve and tcc_triangular_solve: large ones in panels and tiles on our threads, batches one
// matrix per thread.
#include "runtime/Decompose.h"
#include "runtime/FactorPanel.h"
#include "runtime/PanelSchedule.h"
#include "runtime/Substitution.h"

using namespace tcc::runtime;

namespace {

/// Columns of a panel; smaller matrices are LAPACK's.
constexpr int64_t panelColumns = 64;

/// x {rows, panelColumns} := x l^-H for a row-major lower triangle l: a stripe of rows after the other, transposed.
template <class T> void solveFromRight(int64_t rows, const T *l, T *x, int64_t ld) {
  constexpr int64_t stripe = 32;
  alignas(64) T columns[panelColumns * stripe];
  for (int64_t first = 0; first < rows; first += stripe) {
    T *corner = x + first * ld;
    const int64_t count = rows - first < stripe ? rows - first : stripe;
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < panelColumns; ++j)
        columns[j * stripe + i] = conjugate(corner[i * ld + j]);
    solveTriangle(panelColumns, count, l, ld, {true, false, false}, columns, stripe);
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < panelColumns; ++j)
        corner[i * ld + j] = conjugate(columns[j * stripe + i]);
  }
}

/// Of the packed rows below panel p's diagonal block.
template <class T> int64_t packedOffset(int64_t n, int64_t p) {
  int64_t offset = 0;
  while (p-- > 0)
    offset += PackedLeft<T>::spaceFor(n - (p + 1) * panelColumns, panelColumns, n);
  return offset;
}

/// Factors the lower triangle of a row-major Hermitian matrix in place; what is above the diagonal loses its meaning.
/// Returns LAPACK's info: the order of the first leading minor that is not positive definite.
/// `space` holds factorSpace() numbers.
template <class T> int64_t factorSpace(int64_t n) { return packedOffset<T>(n, n / panelColumns); }
template <class T> int64_t factor(T *a, int64_t n, Real<T> *space) {
  // Fortran sees the transpose, a^T = u^H u with u = l^T, in whose memory l is in row-major order.
  BlasInt leading = BlasInt(n), info = 0;
  if (n <= panelColumns) {
    lapack<T>()->potrf("U", &leading, a, &leading, &info, 1);
    return info;
  }
  int64_t failed = 0;
  // The rows below a diagonal block.
  auto rowsBelow = [&](int64_t p) {
    int64_t next = (p + 1) * panelColumns;
    return PackedLeft<T>(n - next, panelColumns, {a + next * n + next - panelColumns, n}, n,
                         space + packedOffset<T>(n, p));
  };
  auto factorPanel = [&](int64_t p) {
    if (failed)
      return;
    int64_t begin = p * panelColumns;
    BlasInt width = BlasInt(n - begin < panelColumns ? n - begin : panelColumns);
    T *diagonal = a + begin * (n + 1);
    lapack<T>()->potrf("U", &width, diagonal, &leading, &info, 1);
    if (info)
      failed = begin + info;
    else if (int64_t below = n - begin - width; below > 0) {
      solveFromRight(below, diagonal, diagonal + width * n, n);
      rowsBelow(p).pack();
    }
  };
  // A tile's rows above the diagonal are updated, too: they are few.
  auto update = [&](int64_t p, int64_t column, int64_t count) {
    int64_t next = (p + 1) * panelColumns;
    rowsBelow(p).multiply(count, {a + column * n + p * panelColumns, n, true}, a + next * n + column, n,
                          Update::Subtract, column - next);
  };
  factorByPanels(n, n, panelColumns, double(n) * panelColumns * 0.02, factorPanel, update);
  return failed;
}

template <class T> void clearAboveDiagonal(T *a, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    memset(static_cast<void *>(a + i * n + i + 1), 0, size_t(n - i - 1) * sizeof(T));
}

} // namespace

int32_t tcc_cholesky(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                     TccStatus *status) {
  TCC_CHECK(checkArguments("cholesky", in, n_in, 1, out, n_out, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("cholesky", in[0], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult("cholesky", "result", out[0], in[0].dtype, matrices, 2, n, n, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data);
    T *l = static_cast<T *>(out[0].data);
    BatchFailure failure;
    if (isSmall(n)) {
      smallCholesky(a, l, n, matrices.batch, failure);
    } else {
      if (!lapack<T>())
        return noLibrary("cholesky", "LAPACK", status);
      forEachMatrix(matrices.batch, double(n) * n * n / 3, [&](int64_t begin, int64_t end) {
        Scratch<Real<T>> space(factorSpace<T>(n));
        if (!space)
          return failure.report(begin, noMemory);
        for (int64_t b = begin; b < end; ++b) {
          T *factorOf = l + b * n * n;
          const T *source = a + b * n * n;
          copyRows(factorOf, n, source, n, n, n);
          if (int64_t info = factor(factorOf, n, space.get()))
            failure.report(b, info);
          clearAboveDiagonal(factorOf, n);
        }
      });
    }
    if (failure.any() && failure.info() == noMemory)
      return outOfMemory(status, "cholesky", smallWorkBytes(n * n, in[0].dtype));
    if (failure.any())
      return fail(status, TCC_ERROR_NUMERICAL,
                  "[cholesky] expected a positive definite matrix, got leading minor of order %lld not positive "
                  "definite (batch index %lld)",
                  (long long)failure.info(), (long long)failure.index());
    return TCC_OK;
  });
}

// By the factors of Cholesky, half the work of LU; a matrix that rounding has made indefinite is solved as any other.
int32_t tcc_positive_solve(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                           TccStatus *status) {
  TCC_CHECK(checkArguments("solve", in, n_in, 2, out, n_out, 1, status));
  MatrixBatch matrices, rhs;
  TCC_CHECK(squareBatch("solve", in[0], matrices, status));
  TCC_CHECK(matrixBatch("solve", in[1], rhs, status));
  int64_t n = matrices.n, k = rhs.n;
  if (isSmall(n))
    return tcc_solve(in, n_in, out, n_out, attrs, status);
  TCC_CHECK(checkResult("solve", "right-hand side", in[1], in[0].dtype, matrices, 2, n, k, status));
  TCC_CHECK(checkResult("solve", "result", out[0], in[0].dtype, matrices, 2, n, k, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    if (!lapack<T>())
      return noLibrary("solve", "LAPACK", status);
    T *a = static_cast<T *>(in[0].data), *b = static_cast<T *>(in[1].data), *x = static_cast<T *>(out[0].data);
    BatchFailure failure;
    forEachMatrix(matrices.batch, double(n) * n * double(n / 6 + k), [&](int64_t begin, int64_t end) {
      Scratch<T> work(n * n);
      Scratch<Real<T>> space(factorSpace<T>(n));
      if (!work || !space)
        return failure.report(begin, noMemory);
      for (int64_t i = begin; i < end; ++i) {
        T *matrix = a + i * n * n, *source = b + i * n * k, *solution = x + i * n * k;
        memcpy(static_cast<void *>(work.get()), matrix, size_t(n * n) * sizeof(T));
        if (factor(work.get(), n, space.get())) {
          int64_t square[2] = {n, n}, columns[2] = {n, k};
          TccTensor system[2] = {{matrix, in[0].dtype, 2, square}, {source, in[0].dtype, 2, columns}};
          TccTensor result = {solution, in[0].dtype, 2, columns};
          TccStatus local;
          if (int32_t code = tcc_solve(system, 2, &result, 1, nullptr, &local))
            failure.report(i, code == TCC_ERROR_MEMORY ? noMemory : code);
          continue;
        }
        // Of the copy only l, the lower triangle, is meant.
        memcpy(static_cast<void *>(solution), source, size_t(n * k) * sizeof(T));
        for (bool adjoint : {false, true})
          if (!solveTriangular<T>(n, k, work.get(), n, {true, adjoint, false}, solution, k))
            failure.report(i, noMemory);
      }
    });
    if (!failure.any())
      return TCC_OK;
    if (failure.info() == noMemory)
      return outOfMemory(status, "solve", n * n * int64_t(sizeof(T)));
    return fail(status, int32_t(failure.info()),
                "[solve] expected a nonsingular matrix, got a singular one (batch index %lld)",
                (long long)failure.index());
  });
}

int32_t tcc_triangular_solve(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out,
                             const int64_t *attrs, TccStatus *status) {
  const char *op = "triangular_solve";
  TCC_CHECK(checkArguments(op, in, n_in, 2, out, n_out, 1, status));
  AttributeReader reader(attrs);
  bool lower = reader.integer(), adjoint = reader.integer(), unitDiagonal = reader.integer();
  MatrixBatch matrices, rhs;
  TCC_CHECK(squareBatch(op, in[0], matrices, status));
  TCC_CHECK(matrixBatch(op, in[1], rhs, status));
  int64_t n = matrices.n, k = rhs.n;
  TCC_CHECK(checkResult(op, "right-hand side", in[1], in[0].dtype, matrices, 2, n, k, status));
  TCC_CHECK(checkResult(op, "result", out[0], in[0].dtype, matrices, 2, n, k, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data), *b = static_cast<const T *>(in[1].data);
    T *x = static_cast<T *>(out[0].data);
    if (!unitDiagonal)
      for (int64_t i = 0; i < matrices.batch; ++i)
        for (int64_t d = 0; d < n; ++d)
          if (a[i * n * n + d * (n + 1)] == T(0))
            return fail(status, TCC_ERROR_NUMERICAL,
                        "[%s] expected a nonsingular matrix, got zero at diagonal index %lld (batch index %lld)", op,
                        (long long)d, (long long)i);
    if (isSmall(n) && k <= maxSmallColumns) {
      BatchFailure failure;
      smallTriangularSolve(a, b, x, n, k, {lower, adjoint, unitDiagonal}, matrices.batch, failure);
      return failure.any() ? outOfMemory(status, op, smallWorkBytes(n * (n + k), in[0].dtype)) : int32_t(TCC_OK);
    }
    BatchFailure failure;
    forEachMatrix(matrices.batch, double(n) * n * double(k) / 3, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        memcpy(static_cast<void *>(x + i * n * k), b + i * n * k, size_t(n * k) * sizeof(T));
        if (!solveTriangular<T>(n, k, a + i * n * n, n, {lower, adjoint, unitDiagonal}, x + i * n * k, k))
          failure.report(i, noMemory);
      }
    });
    return failure.any() ? outOfMemory(status, op, n * n * int64_t(sizeof(T))) : int32_t(TCC_OK);
  });
}
