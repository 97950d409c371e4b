// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factors of panels, a few columns of a matrix, by vector code along their rows: what remains of blocked LU and QR
// beside products. A panel lies in memory of its own, rows of whole cache lines, padded with zeros.
#ifndef TCC_RUNTIME_FACTORPANEL_H
#define TCC_RUNTIME_FACTORPANEL_H

#include "runtime/Elements.h"
#include "runtime/Threads.h"
#include "runtime/VectorLanes.h"
#include <stdint.h>
#include <utility>

namespace tcc::runtime {

/// The most columns that a panel of reflections may have.
template <class T> inline constexpr int64_t mostPanelColumns = 256 / sizeof(T);
/// Columns in a cache line, by which panels are worked on.
template <class T> inline constexpr int64_t lineColumns = 64 / sizeof(T);
/// Distance of its rows: an odd number of cache lines, so that one line of each row finds room in the first-level
/// cache.
template <class T> inline int64_t panelDistance(int64_t columns) {
  return ((columns + lineColumns<T> - 1) / lineColumns<T> | 1) * lineColumns<T>;
}

/// Copies rows, row order[i] to row i where there is an order; whether all numbers are finite.
template <class T>
bool copyFinite(T *to, int64_t ldTo, const T *from, int64_t ldFrom, int64_t rows, int64_t columns,
                const int64_t *order = nullptr) {
  using R = Real<T>;
  const int64_t count = columns * int64_t(sizeof(T) / sizeof(R));
  R finite(0);
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int64_t lanes = LanesOf<R, bytes>::count, ahead = 8;
    auto rowOf = [&](int64_t i)
                     TCC_INLINED { return reinterpret_cast<const R *>(from + (order ? order[i] : i) * ldFrom); };
    // Zero times what is not finite is no number.
    Vector<R, bytes> sums{};
    for (int64_t i = 0; i < rows; ++i) {
      const R *row = rowOf(i), *next = i + ahead < rows ? rowOf(i + ahead) : row;
      R *copy = reinterpret_cast<R *>(to + i * ldTo);
      int64_t j = 0;
      for (; j + lanes <= count; j += lanes) {
        __builtin_prefetch(next + j);
        const Vector<R, bytes> x = vectorAt<R, bytes>(row + j);
        vectorAt<R, bytes>(copy + j) = x;
        sums += x * R(0);
      }
      for (; j < count; ++j) {
        copy[j] = row[j];
        sums[0] += row[j] * R(0);
      }
    }
    for (int64_t l = 0; l < lanes; ++l)
      finite += sums[l];
  });
  return finite == 0;
}

/// Fills a panel from rows at distance `ld`; whether all numbers are finite.
template <class T> bool copyToPanel(int64_t rows, int64_t columns, const T *from, int64_t ld, T *panel) {
  int64_t stride = panelDistance<T>(columns);
  for (int64_t i = 0; i < rows; ++i)
    memset(static_cast<void *>(panel + i * stride + columns), 0, size_t(stride - columns) * sizeof(T));
  return copyFinite(panel, stride, from, ld, rows, columns);
}

/// Exchanges rows j and pivots[j] of some columns, for all j < steps in this order.
template <class T> void exchangeRows(T *x, int64_t ld, int64_t columns, const int64_t *pivots, int64_t steps) {
  using R = Real<T>;
  const int64_t count = columns * int64_t(sizeof(T) / sizeof(R));
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int64_t lanes = LanesOf<R, bytes>::count, ahead = 4;
    auto rowAt = [&](int64_t i) TCC_INLINED { return reinterpret_cast<R *>(x + i * ld); };
    for (int64_t step = 0; step < steps; ++step) {
      const R *next = rowAt(pivots[step + ahead < steps ? step + ahead : step]);
      for (int64_t l = 0; l < count; l += 64 / int64_t(sizeof(R)))
        __builtin_prefetch(next + l, 1);
      if (pivots[step] == step)
        continue;
      R *row = rowAt(step), *other = rowAt(pivots[step]);
      int64_t l = 0;
      for (; l + lanes <= count; l += lanes) {
        const Vector<R, bytes> x = vectorAt<R, bytes>(row + l);
        vectorAt<R, bytes>(row + l) = vectorAt<R, bytes>(other + l);
        vectorAt<R, bytes>(other + l) = x;
      }
      for (; l < count; ++l)
        std::swap(row[l], other[l]);
    }
  });
}

/// Copies rows of matrices on the pool.
template <class T> void copyRows(T *to, int64_t ldTo, const T *from, int64_t ldFrom, int64_t rows, int64_t columns) {
  parallelFor(rows, grainFor(double(columns) * sizeof(T) * 0.1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      memcpy(static_cast<void *>(to + i * ldTo), from + i * ldFrom, size_t(columns) * sizeof(T));
  });
}

/// Householder's reflections H = I - tau v v^H of a panel's columns, Q = H_0 H_1 ... = I - V T V^H: `panel` becomes V,
/// ones and zeros included, `adjointT` (columns x columns at the panel's stride) T^H and `r` (ldr) the upper triangle
/// R, whose diagonal is real. rows >= columns > 0; no sum of squares of a column may overflow.
template <class T> void factorPanelQr(int64_t rows, int64_t columns, T *panel, T *adjointT, T *r, int64_t ldr);

/// P panel = L U by row exchanges: `panel` becomes the unit lower trapezoid L over U, and step j exchanged rows j and
/// pivots[j]. rows >= columns > 0, columns <= mostTriangle. `work` holds a line of columns. Returns the number, from 1
/// on, of the first pivot that is zero, else 0.
template <class T> int64_t factorPanelLu(int64_t rows, int64_t columns, T *panel, int64_t *pivots, T *work);
template <class T> inline int64_t panelLuWork(int64_t rows) { return lineColumns<T> * panelDistance<T>(rows); }

} // namespace tcc::runtime
#endif
