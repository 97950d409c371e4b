// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Hermitian matrices to tridiagonal form, others to bidiagonal and to Hessenberg form by reflections, in panels whose
// products with vectors run in fixed tiles on all threads (Dongarra, Sorensen and Hammarling 1989).
#ifndef TCC_RUNTIME_CONDENSEDFORM_H
#define TCC_RUNTIME_CONDENSEDFORM_H

#include "runtime/DivideConquer.h"
#include "runtime/Reflectors.h"
#include "runtime/Threads.h"
#include <limits>
#include <math.h>

namespace tcc::runtime {

/// A column-major work matrix, padded by zeros for MatrixVector.h. The entries must be at most of the size of one.
template <class T> struct WorkMatrix {
  Scratch<T> data;
  int64_t rows = 0, columns = 0, ld = 0;
  /// All zeros; false when memory is exhausted.
  bool resize(int64_t rows, int64_t columns);
  T *column(int64_t j) const { return data.get() + j * ld; }
};

/// a = Q t Q^H for Hermitian a, given by its lower triangle; t has the diagonal d (n) and the subdiagonal e (n - 1),
/// real. a becomes the vectors of Q's n - 1 reflections (Reflections with shift 1). False when memory is exhausted.
template <class T> bool tridiagonalize(const WorkMatrix<T> &a, Real<T> *d, Real<T> *e, T *tau);

/// a = Q b P^H, rows >= columns = n; b has the diagonal d (n) and the superdiagonal e (n - 1), real. a becomes the
/// vectors of Q's n reflections (shift 0), `right` (n x n) those of P's n - 1 (shift 1). False when memory is
/// exhausted.
template <class T>
bool bidiagonalize(const WorkMatrix<T> &a, const WorkMatrix<T> &right, Real<T> *d, Real<T> *e, T *tauLeft, T *tauRight);

/// a = Q h Q^H with h in Hessenberg form, which replaces a; v (n x n, zeros) gets the vectors of Q's n - 2 reflections
/// (shift 1). False when memory is exhausted.
template <class T> bool reduceToHessenberg(const WorkMatrix<T> &a, const WorkMatrix<T> &v, T *tau);

/// The power of two that brings the largest part of an entry to the size of 1; 1 for zeros.
template <class T> Real<T> unitScale(const T *a, int64_t count);

/// store(first, width, c) gets tiles of the vectors: columns of `reflections` times those of `inner` (n x n) in the
/// given order and, beyond them, the unit vectors; c is column-major with leading dimension `rows`.
template <class T, class Store>
bool backTransform(Reflections<T> &reflections, int64_t rows, int64_t columns, VectorMatrix<Real<T>> inner, int64_t n,
                   const int32_t *order, bool isDescending, Store &&store) {
  if (!reflections.prepare())
    return false;
  int64_t width = tileWidth(columns, columns > 768 ? 128 : 64), tiles = (columns + width - 1) / width;
  std::atomic<bool> ok{true};
  double cost = double(rows) * double(rows) * double(width) * double(sizeof(T)) * 0.01;
  parallelFor(tiles, grainFor(cost), [&](int64_t begin, int64_t end) {
    Scratch<T> c(rows * width), work(reflections.workSize(width));
    if (!c || !work) {
      ok = false;
      return;
    }
    for (int64_t t = begin; t < end; ++t) {
      int64_t first = t * width, count = first + width < columns ? width : columns - first;
      memset(static_cast<void *>(c.get()), 0, size_t(rows * count) * sizeof(T));
      for (int64_t j = 0; j < count; ++j) {
        T *column = c.get() + j * rows;
        if (first + j >= n) {
          column[first + j] = T(1);
          continue;
        }
        const Real<T> *from = inner.data + order[isDescending ? n - 1 - first - j : first + j] * inner.ld;
        for (int64_t i = 0; i < n; ++i)
          column[i] = T(from[i]);
      }
      reflections.apply(c.get(), rows, count, work.get());
      store(first, count, c.get());
    }
  });
  return ok;
}

} // namespace tcc::runtime
#endif
