// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_lu, tcc_lu_solve, tcc_det and tcc_solve. Matrices are factored in panels (LuPanel.cpp); what is right of them is
// updated in fixed tiles on our threads, the next panel first.
#include "runtime/Decompose.h"
#include "runtime/FactorPanel.h"
#include "runtime/PanelSchedule.h"
#include "runtime/Substitution.h"
#include <algorithm>
#include <atomic>

using namespace tcc::runtime;

namespace {

/// P A = L U of row-major m x n matrices. L is kept in panels until the end: rows of a panel are exchanged once for all
/// later ones, and products read it from whole cache lines.
template <class T> class BlockLu {
public:
  /// `columns`: those of the matrix and of right-hand sides.
  BlockLu(int64_t m, int64_t n, int64_t columns)
      : m(m), n(n), smaller(m < n ? m : n), width(widthFor(smaller)), panels((smaller + width - 1) / width),
        columnsRight(columns - width) {}
  bool allocate() {
    return lower.resize(offsetOf(panels)) && pivots.resize(smaller) && rowOf.resize(m) &&
           packed.resize(packedOffset(panels)) && work.resize(panelLuWork<T>(m));
  }

  /// u becomes U of `a` (below the diagonal nothing is meant), x {m, k} L^-1 P b. Returns the number, from 1 on, of the
  /// first pivot that is zero, else 0.
  int64_t factor(const T *a, T *u, const T *b, T *x, int64_t k) {
    firstZero = 0;
    isFinite = true;
    factorByPanels(
        smaller, n + k, width, double(m) * double(width) * 0.03, [&](int64_t p) { factorPanel(p, a, u); },
        [&](int64_t p, int64_t column, int64_t count) {
          // Right-hand sides are behind all panels: no tile holds columns of both.
          column < n ? update(p, a + column, u + column, n, count)
                     : update(p, b + column - n, x + column - n, k, count);
        });
    return firstZero;
  }
  /// Whether all numbers that factor() has read are. If not, its results mean nothing.
  bool hasReadFinite() const { return isFinite; }

  /// Puts L below the diagonal of a. Row i of P A is row perm[i] of A.
  void finish(T *a, int64_t *perm) {
    for (int64_t i = 0; i < m; ++i)
      perm[i] = i;
    for (int64_t p = panels - 1; p >= 0; --p) {
      const T *panel = lower.get() + offsetOf(p);
      int64_t first = begin(p), stride = strideOf(p);
      parallelFor(m - first, grainFor(double(columns(p)) * sizeof(T) * 0.2), [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i)
          memcpy(static_cast<void *>(a + (first + i) * n + first), panel + (perm[first + i] - first) * stride,
                 size_t(i < columns(p) ? i : columns(p)) * sizeof(T));
      });
      exchangedRows(p);
      for (int64_t i = first; i < m; ++i)
        perm[i] = rowOf[perm[i]];
    }
  }

private:
  int64_t m, n, smaller, width, panels, columnsRight, firstZero = 0;
  std::atomic<bool> isFinite{true};
  Scratch<T> lower, work;
  Scratch<Real<T>> packed; ///< the rows below the panels' diagonal blocks
  Scratch<int64_t> pivots, rowOf;

  /// Wide panels spare passes over what is right of them, but one thread factors them while others may wait for it.
  static int64_t widthFor(int64_t smaller) {
    constexpr int64_t narrow = 64, most = mostTriangle<T> < 2 * narrow ? narrow : 2 * narrow;
    const int64_t wide = smaller <= 1500 ? narrow : most;
    return smaller < wide ? smaller : wide;
  }

  int64_t begin(int64_t p) const { return p * width; }
  int64_t columns(int64_t p) const { return smaller - begin(p) < width ? smaller - begin(p) : width; }
  int64_t strideOf(int64_t p) const { return panelDistance<T>(columns(p)); }
  int64_t offsetOf(int64_t p) const { return (p * m - width * (p * (p - 1) / 2)) * panelDistance<T>(width); }

  void factorPanel(int64_t p, const T *a, T *u) {
    T *panel = lower.get() + offsetOf(p), *corner = u + begin(p) * (n + 1);
    int64_t stride = strideOf(p), count = columns(p);
    if (!copyToPanel(m - begin(p), count, p == 0 ? a : corner, n, panel) && p == 0)
      isFinite = false;
    int64_t zero = factorPanelLu(m - begin(p), count, panel, pivots.get() + begin(p), work.get());
    if (zero && !firstZero)
      firstZero = begin(p) + zero;
    for (int64_t i = 0; i < count; ++i)
      memcpy(static_cast<void *>(corner + i * n + i), panel + i * stride + i, size_t(count - i) * sizeof(T));
    rowsBelow(p).pack();
    if (p == 0)
      exchangedRows(0);
  }
  /// rowOf becomes the order that the exchanges of panel p give to rows.
  void exchangedRows(int64_t p) {
    const int64_t first = begin(p);
    for (int64_t i = first; i < m; ++i)
      rowOf[i] = i;
    for (int64_t j = 0; j < columns(p); ++j)
      std::swap(rowOf[first + j], rowOf[first + pivots[first + j]]);
  }

  int64_t packedOffset(int64_t p) const {
    int64_t offset = 0;
    while (p-- > 0)
      offset += PackedLeft<T>::spaceFor(m - begin(p) - columns(p), columns(p), columnsRight);
    return offset;
  }
  /// Of a panel's L.
  PackedLeft<T> rowsBelow(int64_t p) const {
    return PackedLeft<T>(m - begin(p) - columns(p), columns(p),
                         {lower.get() + offsetOf(p) + columns(p) * strideOf(p), strideOf(p)}, columnsRight,
                         packed.get() + packedOffset(p));
  }

  /// Some columns of the matrix or of right-hand sides, which the first panel takes from `from`.
  void update(int64_t p, const T *from, T *c, int64_t ldc, int64_t count) {
    T *rows = c + begin(p) * ldc;
    if (p == 0) {
      if (!copyFinite(c, ldc, from, ldc, m, count, rowOf.get()))
        isFinite = false;
    } else {
      exchangeRows(rows, ldc, count, pivots.get() + begin(p), columns(p));
    }
    solveTriangle(columns(p), count, lower.get() + offsetOf(p), strideOf(p), {true, false, true}, rows, ldc);
    rowsBelow(p).multiply(count, {rows, ldc}, rows + columns(p) * ldc, ldc, Update::Subtract);
  }
};

/// Whether a {n, n} is the identity, as right-hand sides of inverses are.
template <class T> bool isIdentity(const T *a, int64_t n) {
  if (!(a[0] == T(1)))
    return false;
  std::atomic<bool> isSame{true};
  parallelFor(n, grainFor(double(n) * sizeof(T) * 0.05), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end && isSame.load(std::memory_order_relaxed); ++i) {
      bool hasOther = false;
      for (int64_t j = 0; j < n; ++j)
        hasOther |= !(a[i * n + j] == T(i == j ? 1 : 0));
      if (hasOther)
        isSame = false;
    }
  });
  return isSame;
}

/// x = U^-1 L^-1 P, a tile of columns after the other: above the diagonal L^-1 is zero, so that a quarter of what a
/// solve with the identity takes is left out. False without memory.
template <class T> bool invert(int64_t n, const T *lu, const int64_t *perm, T *x) {
  BlockTriangle<T> lower(n, lu, n, {true, false, true}, n), upper(n, lu, n, {false, false, false}, n);
  if (!lower.prepare() || !upper.prepare())
    return false;
  const int64_t tile = columnTile<T>(n);
  std::atomic<bool> hasMemory{true};
  parallelFor((n + tile - 1) / tile, grainFor(double(n) * double(n * tile) * 0.02), [&](int64_t first, int64_t last) {
    Scratch<T> columns(n * tile);
    if (!columns) {
      hasMemory = false;
      return;
    }
    for (int64_t c = first * tile; c < last * tile && c < n; c += tile) {
      const int64_t count = n - c < tile ? n - c : tile;
      memset(static_cast<void *>(columns.get()), 0, size_t(n * tile) * sizeof(T));
      for (int64_t j = 0; j < count; ++j)
        columns[(c + j) * tile + j] = T(1);
      lower.solve(count, columns.get(), tile, c);
      upper.solve(count, columns.get(), tile);
      for (int64_t i = 0; i < n; ++i)
        memcpy(static_cast<void *>(x + i * n + c), columns.get() + i * tile, size_t(count) * sizeof(T));
    }
  });
  // Column k is column perm[k] of the inverse. Whole rows at a time: tiles would touch each line of them again.
  parallelFor(n, grainFor(double(n) * 0.5), [&](int64_t begin, int64_t end) {
    Scratch<T> row(n);
    if (!row) {
      hasMemory = false;
      return;
    }
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t k = 0; k < n; ++k)
        row[perm[k]] = x[i * n + k];
      memcpy(static_cast<void *>(x + i * n), row.get(), size_t(n) * sizeof(T));
    }
  });
  return hasMemory;
}

} // namespace

int32_t tcc_lu(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
               TccStatus *status) {
  TCC_CHECK(checkArguments("lu", in, n_in, 1, out, n_out, 2, status));
  MatrixBatch matrices;
  TCC_CHECK(matrixSizes("lu", in[0], matrices, status));
  int64_t m = matrices.m, n = matrices.n, smaller = m < n ? m : n;
  TCC_CHECK(checkResult("lu", "factors", out[0], in[0].dtype, matrices, 2, m, n, status));
  TCC_CHECK(checkResult("lu", "permutation", out[1], TCC_I64, matrices, 1, m, 0, status));
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data);
    T *lu = static_cast<T *>(out[0].data);
    int64_t *perm = static_cast<int64_t *>(out[1].data);
    BatchFailure failure;
    if (smaller == 0) {
      for (int64_t i = 0; i < matrices.batch * m; ++i)
        perm[i] = i % m;
      return TCC_OK;
    }
    if (isSmall(m > n ? m : n)) {
      TCC_CHECK(checkFinite("lu", in[0], matrices, status));
      smallLu(a, lu, perm, m, n, matrices.batch, failure);
      return failure.any() ? outOfMemory(status, "lu", smallWorkBytes(m * n, in[0].dtype)) : int32_t(TCC_OK);
    }
    std::atomic<bool> isFinite{true};
    forEachMatrix(matrices.batch, double(m) * n * double(smaller), [&](int64_t begin, int64_t end) {
      BlockLu<T> blocks(m, n, n);
      if (!blocks.allocate())
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        T *factors = lu + b * m * n;
        blocks.factor(a + b * m * n, factors, nullptr, nullptr, 0);
        if (!blocks.hasReadFinite())
          isFinite = false;
        blocks.finish(factors, perm + b * m);
      }
    });
    if (!isFinite)
      return checkFinite("lu", in[0], matrices, status);
    return failure.any() ? outOfMemory(status, "lu", m * n * int64_t(sizeof(T))) : int32_t(TCC_OK);
  });
}

int32_t tcc_solve(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                  TccStatus *status) {
  TCC_CHECK(checkArguments("solve", in, n_in, 2, out, n_out, 1, status));
  MatrixBatch matrices, rhs;
  TCC_CHECK(squareSizes("solve", in[0], matrices, status));
  TCC_CHECK(matrixSizes("solve", in[1], rhs, status));
  int64_t n = matrices.n, k = rhs.n;
  TCC_CHECK(checkResult("solve", "right-hand side", in[1], in[0].dtype, matrices, 2, n, k, status));
  TCC_CHECK(checkResult("solve", "result", out[0], in[0].dtype, matrices, 2, n, k, status));
  if (n == 0 || matrices.batch == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data), *b = static_cast<const T *>(in[1].data);
    T *x = static_cast<T *>(out[0].data);
    BatchFailure failure;
    std::atomic<bool> isFinite{true};
    auto refuseInfinite = [&]() -> int32_t {
      TCC_CHECK(checkFinite("solve", in[0], matrices, status));
      return checkFinite("solve", in[1], rhs, status);
    };
    if (isSmall(n) && k <= maxSmallColumns) {
      TCC_CHECK(refuseInfinite());
      smallSolve(a, b, x, n, k, matrices.batch, failure);
    } else {
      forEachMatrix(matrices.batch, double(n) * n * double(n / 3 + k), [&](int64_t begin, int64_t end) {
        BlockLu<T> blocks(n, n, n + k);
        Scratch<T> work(n * n);
        Scratch<int64_t> perm(n);
        if (!work || !perm || !blocks.allocate())
          return failure.report(begin, noMemory);
        for (int64_t i = begin; i < end; ++i) {
          const T *matrix = a + i * n * n, *source = b + i * n * k;
          T *solution = x + i * n * k;
          const bool isInverse = k == n && isIdentity(source, n);
          const int64_t info = isInverse ? blocks.factor(matrix, work.get(), nullptr, nullptr, 0)
                                         : blocks.factor(matrix, work.get(), source, solution, k);
          if (!blocks.hasReadFinite()) {
            isFinite = false;
          } else if (info) {
            failure.report(i, info);
          } else if (isInverse) {
            blocks.finish(work.get(), perm.get());
            if (!invert(n, work.get(), perm.get(), solution))
              failure.report(i, noMemory);
          } else if (!solveTriangular<T>(n, k, work.get(), n, {false, false, false}, solution, k)) {
            failure.report(i, noMemory);
          }
        }
      });
      if (!isFinite)
        return refuseInfinite();
    }
    if (!failure.any())
      return TCC_OK;
    if (failure.info() == noMemory)
      return outOfMemory(status, "solve", n * n * int64_t(sizeof(T)));
    return fail(status, TCC_ERROR_NUMERICAL,
                "[solve] expected a nonsingular matrix, got a singular one: pivot %lld is zero (batch index %lld)",
                (long long)failure.info(), (long long)failure.index());
  });
}

// a = P^T L U, so x = U^-1 L^-1 P b and, of the adjoint, x = P^T L^-H U^-H b.
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
    const T *lu = static_cast<const T *>(in[0].data), *b = static_cast<const T *>(in[2].data);
    T *y = static_cast<T *>(out[0].data);
    for (int64_t i = 0; i < matrices.batch; ++i)
      for (int64_t d = 0; d < n; ++d)
        if (lu[i * n * n + d * (n + 1)] == T(0))
          return fail(
              status, TCC_ERROR_NUMERICAL,
              "[solve] expected a nonsingular matrix, got a singular one: pivot %lld is zero (batch index %lld)",
              (long long)d + 1, (long long)i);
    BatchFailure failure;
    forEachMatrix(matrices.batch, double(n) * n * double(k), [&](int64_t begin, int64_t end) {
      Scratch<T> work(isAdjoint ? n * k : 0);
      if (!work)
        return failure.report(begin, noMemory);
      for (int64_t i = begin; i < end; ++i) {
        const T *factors = lu + i * n * n, *source = b + i * n * k;
        const int64_t *order = perm + i * n;
        T *x = y + i * n * k, *solution = isAdjoint ? work.get() : x;
        if (!isAdjoint && k == n && isIdentity(source, n)) {
          if (!invert(n, factors, order, x))
            return failure.report(i, noMemory);
          continue;
        }
        auto copyRow = [&](T *to, const T *from) { memcpy(static_cast<void *>(to), from, size_t(k) * sizeof(T)); };
        for (int64_t r = 0; r < n; ++r)
          copyRow(solution + r * k, source + (isAdjoint ? r : order[r]) * k);
        for (bool lower : {!isAdjoint, isAdjoint})
          if (!solveTriangular<T>(n, k, factors, n, {lower, isAdjoint, lower}, solution, k))
            return failure.report(i, noMemory);
        if (isAdjoint)
          for (int64_t r = 0; r < n; ++r)
            copyRow(x + order[r] * k, solution + r * k);
      }
    });
    return failure.any() ? outOfMemory(status, "solve", n * k * int64_t(sizeof(T))) : int32_t(TCC_OK);
  });
}

int32_t tcc_det(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                TccStatus *status) {
  TCC_CHECK(checkArguments("det", in, n_in, 3, out, n_out, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(squareSizes("det", in[1], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkPermutation("det", in[2], matrices, status));
  TCC_CHECK(checkResult("det", "result", out[0], in[1].dtype, matrices, 0, 0, 0, status));
  const int64_t *perm = static_cast<const int64_t *>(in[2].data);
  return dispatchLapack(in[1].dtype, [&]<class T>() -> int32_t {
    const T *lu = static_cast<const T *>(in[1].data);
    T *y = static_cast<T *>(out[0].data);
    BatchFailure failure;
    std::atomic<bool> isFinite{true};
    parallelFor(matrices.batch, grainFor(5 + double(n) * 4), [&](int64_t begin, int64_t end) {
      Scratch<uint8_t> seen(n);
      if (!seen)
        return failure.report(begin, noMemory);
      for (int64_t b = begin; b < end; ++b) {
        T product(1), zeros(0);
        for (int64_t i = 0; i < n; ++i) {
          const T &pivot = lu[b * n * n + i * (n + 1)];
          product = product * pivot;
          zeros = zeros + pivot * Real<T>(0);
        }
        if (!(zeros == T(0)))
          isFinite = false;
        y[b] = isOddPermutation(perm + b * n, n, seen.get()) ? T(0) - product : product;
      }
    });
    if (!isFinite)
      return checkFinite("det", in[1], matrices, status);
    return failure.any() ? outOfMemory(status, "det", n) : int32_t(TCC_OK);
  });
}
