// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Factors of panels, a few columns of a matrix, by vector code along their rows: what remains of blocked LU and QR
// beside products. A panel lies in memory of its own, rows of whole cache lines, padded with zeros.
#ifndef TCC_RUNTIME_FACTORPANEL_H
#define TCC_RUNTIME_FACTORPANEL_H

#include "runtime/Elements.h"
#include "runtime/Threads.h"
#include <stdint.h>

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

/// Fills a panel from rows at distance `ld`.
template <class T> void copyToPanel(int64_t rows, int64_t columns, const T *from, int64_t ld, T *panel) {
  int64_t stride = panelDistance<T>(columns);
  for (int64_t i = 0; i < rows; ++i) {
    memcpy(static_cast<void *>(panel + i * stride), from + i * ld, size_t(columns) * sizeof(T));
    memset(static_cast<void *>(panel + i * stride + columns), 0, size_t(stride - columns) * sizeof(T));
  }
}

/// Copies rows of matrices on the pool.
template <class T> void copyRows(T *to, int64_t ldTo, const T *from, int64_t ldFrom, int64_t rows, int64_t columns) {
  parallelFor(rows, grainFor(double(columns) * sizeof(T) * 0.1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      memcpy(static_cast<void *>(to + i * ldTo), from + i * ldFrom, size_t(columns) * sizeof(T));
  });
}

/// Columns that are updated at a time: whole panels, wide enough to repay the packing inside a product.
inline int64_t panelTile(int64_t extent, int64_t width) {
  int64_t least = extent > 512 ? 128 : 64;
  return (least + width - 1) / width * width;
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

/// Right-looking factorisation of n columns, `smaller` of which are factored in panels of `width`: factor(panel), then
/// update(panel, column, count) for all columns right of it, in tiles on the pool; the next panel is updated and
/// factored first, beside the other tiles. Tiles depend on the sizes alone. `cost`: nanoseconds of updating a column.
template <class Factor, class Update>
void factorByPanels(int64_t smaller, int64_t n, int64_t width, double cost, Factor &&factor, Update &&update) {
  factor(0);
  for (int64_t p = 0; p * width < smaller; ++p) {
    int64_t next = p * width + (smaller - p * width < width ? smaller - p * width : width);
    int64_t following = smaller - next < width ? smaller - next : width, rest = n - next - following;
    int64_t tile = panelTile(rest, width), tiles = (rest + tile - 1) / tile, isFollowed = following > 0;
    parallelFor(tiles + isFollowed, grainFor(cost * double(tile)), [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        if (task < isFollowed) {
          update(p, next, following);
          factor(p + 1);
          continue;
        }
        int64_t column = next + following + (task - isFollowed) * tile;
        update(p, column, n - column < tile ? n - column : tile);
      }
    });
  }
}

} // namespace tcc::runtime
#endif
