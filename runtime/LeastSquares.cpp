// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_lstsq, tcc_pinv and tcc_polar. Singular values below eps max(m, n) times the largest are zeros, as in NumPy.
// Where a triangular factor R of the matrix proves that there are none, by |R| |R^-1| in the Frobenius norm, which
// bounds the condition, QR takes the place of the singular values.
#include "runtime/LeastSquares.h"
#include "runtime/Decompose.h"
#include "runtime/Layout.h"
#include "runtime/Product.h"
#include "runtime/RowProduct.h"
#include "runtime/SmallMatrix.h"
#include "runtime/Substitution.h"
#include "runtime/Vectorise.h"
#include <limits>
#include <math.h>

using namespace tcc::runtime;

namespace {

/// In several chains, which are as many on every CPU.
template <class T> double normOf(const T *x, int64_t count) {
  constexpr int chains = 16;
  const Real<T> *numbers = reinterpret_cast<const Real<T> *>(x);
  const int64_t size = count * (isComplex<T> ? 2 : 1), whole = size / chains * chains;
  double sums[chains] = {}, total = 0;
  vectorised([&]<int>() TCC_INLINED {
    for (int64_t i = 0; i < whole; i += chains)
      for (int l = 0; l < chains; ++l)
        sums[l] += double(numbers[i + l]) * double(numbers[i + l]);
  });
  for (int64_t i = whole; i < size; ++i)
    sums[i - whole] += double(numbers[i]) * double(numbers[i]);
  for (double sum : sums)
    total += sum;
  return sqrt(total);
}
/// to {n, m} = from^H
template <class T> void adjointCopy(T *to, const T *from, int64_t m, int64_t n) {
  transposeCopy(to, m, from, n, m, n, [](T x) { return conjugate(x); });
}

/// c {batch, m, n} = a b, where a, b or both lie in memory as their transposes.
template <class T>
int32_t multiplyAll(int64_t batch, int64_t m, int64_t n, int64_t k, const T *a, bool isTransposedA, const T *b,
                    bool isTransposedB, T *c, TccStatus *status) {
  MatrixView<T> left = isTransposedA ? MatrixView<T>{a, 1, m} : MatrixView<T>{a, k, 1},
                right = isTransposedB ? MatrixView<T>{b, 1, k} : MatrixView<T>{b, n, 1};
  return multiply(Product<T>{batch, m, n, k, {left, m, k}, {right, k, n}, {1, {batch}, {m * k}, {k * n}}, c}, status);
}

/// pinv(a), pinv(a) b and the unitary polar factor of m x n matrices.
template <class T> class LeastSquares {
public:
  LeastSquares(const char *op, int32_t dtype, int64_t m, int64_t n)
      : op(op), dtype(dtype), m(m), n(n), smaller(m < n ? m : n), larger(m < n ? n : m),
        rcond(double(std::numeric_limits<Real<T>>::epsilon()) * double(larger)) {}

  /// y {batch, n, columns} = pinv(a) b, or pinv(a) if b is null; `rank` may be null.
  int32_t bySingularValues(int64_t batch, const T *a, const T *b, int64_t columns, T *y, int64_t *rank,
                           TccStatus *status) {
    TCC_CHECK(decompose(batch, a, status));
    for (int64_t i = 0; i < batch; ++i) {
      const Real<T> *values = s.get() + i * smaller;
      int64_t count = 0;
      for (int64_t k = 0; k < smaller; ++k) {
        bool counts = double(values[k]) > rcond * double(values[0]);
        count += counts;
        T *row = vh.get() + (i * smaller + k) * n;
        for (int64_t j = 0; j < n; ++j)
          row[j] = counts ? conjugate(row[j]) * T(1 / values[k]) : T(0);
      }
      if (rank)
        rank[i] = count;
    }
    if constexpr (isComplex<T>)
      for (int64_t i = 0; i < batch * m * smaller; ++i)
        u[i] = conjugate(u[i]);
    // Seen transposed, u is u^H now, and vh is v s^+.
    if (!b)
      return multiplyAll<T>(batch, n, m, smaller, vh.get(), true, u.get(), true, y, status);
    Scratch<T> inner(batch * smaller * columns);
    if (!inner)
      return outOfMemory(status, op, batch * smaller * columns * int64_t(sizeof(T)));
    TCC_CHECK(multiplyAll<T>(batch, smaller, columns, m, u.get(), true, b, false, inner.get(), status));
    return multiplyAll<T>(batch, n, columns, smaller, vh.get(), true, inner.get(), false, y, status);
  }

  int32_t polar(int64_t batch, const T *a, T *y, TccStatus *status) {
    TCC_CHECK(decompose(batch, a, status));
    return multiplyAll<T>(batch, m, n, smaller, u.get(), false, vh.get(), false, y, status);
  }

  /// The same as bySingularValues of one matrix if that has full rank for certain, else `isProven` becomes false.
  int32_t byTriangle(const T *a, const T *b, int64_t columns, T *y, bool &isProven, TccStatus *status) {
    return b && m >= n ? byReflections(a, b, columns, y, isProven, status)
                       : byOrthonormalBasis(a, b, columns, y, isProven, status);
  }

private:
  /// Q is not formed: b is reflected beside a.
  int32_t byReflections(const T *a, const T *b, int64_t columns, T *y, bool &isProven, TccStatus *status) {
    int64_t width = n + columns;
    Scratch<T> ab(m * width);
    if (!ab)
      return outOfMemory(status, op, m * width * int64_t(sizeof(T)));
    for (int64_t i = 0; i < m; ++i) {
      memcpy(static_cast<void *>(ab.get() + i * width), a + i * n, size_t(n) * sizeof(T));
      memcpy(static_cast<void *>(ab.get() + i * width + n), b + i * columns, size_t(columns) * sizeof(T));
    }
    if (!triangularise(m, n, columns, ab.get()))
      return outOfMemory(status, op, m * width * int64_t(sizeof(T)));
    TCC_CHECK(proveRank(ab.get(), width, isProven, status));
    if (!isProven)
      return TCC_OK;
    for (int64_t i = 0; i < n; ++i)
      memcpy(static_cast<void *>(y + i * columns), ab.get() + i * width + n, size_t(columns) * sizeof(T));
    if (!solveTriangular(n, columns, ab.get(), width, {false, false, false}, y, columns))
      return outOfMemory(status, op, m * n * int64_t(sizeof(T)));
    return TCC_OK;
  }

  /// tall = q r is a, or a^H if a is wide: pinv(tall) = r^-1 q^H.
  int32_t byOrthonormalBasis(const T *a, const T *b, int64_t columns, T *y, bool &isProven, TccStatus *status) {
    bool isWide = m < n;
    Scratch<T> turned(isWide ? m * n : 1), q(m * n), r(smaller * smaller);
    if (!turned || !q || !r)
      return outOfMemory(status, op, 3 * m * n * int64_t(sizeof(T)));
    if (isWide)
      adjointCopy(turned.get(), a, m, n);
    int64_t shape[2] = {larger, smaller}, triangle[2] = {smaller, smaller}, full = 0;
    TccTensor in = {const_cast<T *>(isWide ? turned.get() : a), dtype, 2, shape};
    TccTensor out[2] = {{q.get(), dtype, 2, shape}, {r.get(), dtype, 2, triangle}};
    TCC_CHECK(tcc_qr(&in, 1, out, 2, &full, status));
    TCC_CHECK(proveRank(r.get(), smaller, isProven, status));
    if (!isProven)
      return TCC_OK;
    if (!b) {
      T *result = isWide ? turned.get() : y;
      adjointCopy(result, q.get(), larger, smaller);
      if (!solveTriangular(smaller, larger, r.get(), smaller, {false, false, false}, result, larger))
        return outOfMemory(status, op, m * n * int64_t(sizeof(T)));
      if (isWide)
        adjointCopy(y, result, smaller, larger);
      return TCC_OK;
    }
    // Wide: y = q r^-H b.
    Scratch<T> inner(m * columns);
    if (!inner)
      return outOfMemory(status, op, m * columns * int64_t(sizeof(T)));
    memcpy(static_cast<void *>(inner.get()), b, size_t(m * columns) * sizeof(T));
    if (!solveTriangular(m, columns, r.get(), m, {false, true, false}, inner.get(), columns))
      return outOfMemory(status, op, m * n * int64_t(sizeof(T)));
    return multiplyAll<T>(1, n, columns, m, q.get(), false, inner.get(), false, y, status);
  }

  /// Whether r, upper triangular with rows at distance ld, is of full rank for certain, and neither so large nor so
  /// small that the reflections could have lost bits.
  int32_t proveRank(const T *r, int64_t ld, bool &isProven, TccStatus *status) {
    double norm = 0;
    isProven = true;
    for (int64_t i = 0; i < smaller; ++i) {
      norm = hypot(norm, normOf(r + i * (ld + 1), smaller - i));
      isProven &= normOf(r + i * (ld + 1), 1) > 0;
    }
    if (!isProven)
      return TCC_OK;
    Scratch<T> inverse(smaller * smaller);
    if (!inverse)
      return outOfMemory(status, op, smaller * smaller * int64_t(sizeof(T)));
    for (int64_t i = 0; i < smaller * smaller; ++i)
      inverse[i] = T(i % (smaller + 1) == 0 ? 1 : 0);
    if (!solveTriangular(smaller, smaller, r, ld, {false, false, false}, inverse.get(), smaller))
      return outOfMemory(status, op, m * n * int64_t(sizeof(T)));
    constexpr double limit = sizeof(Real<T>) == 4 ? 1e12 : 1e120;
    double inverseNorm = normOf(inverse.get(), smaller * smaller);
    isProven = norm < limit && inverseNorm < limit && norm * inverseNorm * rcond < 1;
    return TCC_OK;
  }

  int32_t decompose(int64_t batch, const T *a, TccStatus *status) {
    if (!u.resize(batch * m * smaller) || !s.resize(batch * smaller) || !vh.resize(batch * smaller * n))
      return outOfMemory(status, op, batch * (m + n) * smaller * int64_t(sizeof(T)));
    int64_t shapes[4][3] = {{batch, m, n}, {batch, m, smaller}, {batch, smaller}, {batch, smaller, n}}, full = 0;
    TccTensor in = {const_cast<T *>(a), dtype, 3, shapes[0]};
    TccTensor out[3] = {
        {u.get(), dtype, 3, shapes[1]}, {s.get(), realDtype(dtype), 2, shapes[2]}, {vh.get(), dtype, 3, shapes[3]}};
    return tcc_svd(&in, 1, out, 3, &full, status);
  }

  const char *op;
  int32_t dtype;
  int64_t m, n, smaller, larger;
  double rcond;
  Scratch<T> u, vh;
  Scratch<Real<T>> s;
};

/// y = pinv(a) b, or pinv(a) if b is null.
int32_t solveAll(const char *op, const TccTensor &a, const MatrixBatch &matrices, const TccTensor *b, int64_t columns,
                 const TccTensor &y, int64_t *rank, TccStatus *status) {
  int64_t m = matrices.m, n = matrices.n, smaller = m < n ? m : n;
  if (matrices.batch == 0)
    return TCC_OK;
  if (smaller == 0 || numElements(y) == 0) {
    // Nothing to solve; a rank is asked for all the same.
    if (numElements(y) > 0)
      memset(y.data, 0, size_t(numBytes(y)));
    if (!rank || smaller == 0) {
      for (int64_t i = 0; rank && i < matrices.batch; ++i)
        rank[i] = 0;
      return TCC_OK;
    }
  }
  return dispatchLapack(a.dtype, [&]<class T>() -> int32_t {
    const T *from = static_cast<const T *>(a.data), *rhs = b ? static_cast<const T *>(b->data) : nullptr;
    T *to = static_cast<T *>(y.data);
    if (isSmallSvd(m, n, matrices.batch))
      return LeastSquares<T>(op, a.dtype, m, n).bySingularValues(matrices.batch, from, rhs, columns, to, rank, status);
    if (!blas<T>())
      return noLibrary(op, "BLAS", status);
    BatchFailure failure;
    double flop = 4 * double(m) * double(n) * double(smaller);
    forEachMatrix(matrices.batch, flop, [&](int64_t begin, int64_t end) {
      LeastSquares<T> worker(op, a.dtype, m, n);
      for (int64_t i = begin; i < end; ++i) {
        const T *matrix = from + i * m * n, *right = rhs ? rhs + i * m * columns : nullptr;
        T *result = to + i * n * columns;
        TccStatus local;
        bool isProven = false;
        int32_t code = worker.byTriangle(matrix, right, columns, result, isProven, &local);
        if (rank)
          rank[i] = smaller;
        if (code == TCC_OK && !isProven)
          code = worker.bySingularValues(1, matrix, right, columns, result, rank ? rank + i : nullptr, &local);
        if (code)
          failure.report(i, code == TCC_ERROR_MEMORY ? noMemory : code);
      }
    });
    if (!failure.any())
      return TCC_OK;
    if (failure.info() == noMemory)
      return outOfMemory(status, op, 4 * m * n * int64_t(sizeof(T)));
    return fail(status, int32_t(failure.info()), "[%s] the singular values did not converge (batch index %lld)", op,
                (long long)failure.index());
  });
}

} // namespace

int32_t tcc_lstsq(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                  TccStatus *status) {
  TCC_CHECK(checkArguments("lstsq", in, n_in, 2, out, n_out, 2, status));
  MatrixBatch matrices;
  TCC_CHECK(matrixBatch("lstsq", in[0], matrices, status));
  int64_t columns = in[1].rank > 0 ? in[1].shape[in[1].rank - 1] : 0;
  TCC_CHECK(checkResult("lstsq", "right-hand side", in[1], in[0].dtype, matrices, 2, matrices.m, columns, status));
  TCC_CHECK(checkResult("lstsq", "solution", out[0], in[0].dtype, matrices, 2, matrices.n, columns, status));
  TCC_CHECK(checkResult("lstsq", "rank", out[1], TCC_I64, matrices, 0, 0, 0, status));
  return solveAll("lstsq", in[0], matrices, &in[1], columns, out[0], static_cast<int64_t *>(out[1].data), status);
}

int32_t tcc_pinv(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                 TccStatus *status) {
  TCC_CHECK(checkArguments("pinv", in, n_in, 1, out, n_out, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(matrixBatch("pinv", in[0], matrices, status));
  TCC_CHECK(checkResult("pinv", "result", out[0], in[0].dtype, matrices, 2, matrices.n, matrices.m, status));
  return solveAll("pinv", in[0], matrices, nullptr, matrices.m, out[0], nullptr, status);
}

int32_t tcc_polar(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                  TccStatus *status) {
  TCC_CHECK(checkArguments("polar", in, n_in, 1, out, n_out, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(matrixBatch("polar", in[0], matrices, status));
  TCC_CHECK(checkResult("polar", "result", out[0], in[0].dtype, matrices, 2, matrices.m, matrices.n, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    return LeastSquares<T>("polar", in[0].dtype, matrices.m, matrices.n)
        .polar(matrices.batch, static_cast<const T *>(in[0].data), static_cast<T *>(out[0].data), status);
  });
}
