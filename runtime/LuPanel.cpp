// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LU of a panel with partial pivoting: a cache line of columns at a time, each column in one pass over the rows, then
// the lines to the right by products in registers.
#include "runtime/FactorPanel.h"
#include "runtime/PanelArithmetic.h"
#include "runtime/Substitution.h"

namespace tcc::runtime {
namespace {

template <class T> struct Pivot {
  int64_t row;
  Real<T> size;
};

template <class T, int bytes> class LuPanel {
  using Lanes = PanelLanes<T, bytes>;
  using R = Real<T>;
  using V = typename Lanes::V;
  static constexpr int line = int(lineColumns<T>), vectors = 64 / bytes, parts = Lanes::parts;
  int64_t rows, stride;
  T *panel;

  /// Column j of the line of columns that begins at `first` is eliminated from the rows below j: they become x scale
  /// there and lose that times row j to the right. Finds the largest entry of column `next`.
  TCC_INLINE Pivot<T> eliminate(int64_t first, int64_t j, int64_t next, T scale) {
    alignas(64) T pivots[line];
    for (int l = 0; l < line; ++l)
      pivots[l] = first + l > j ? panel[j * stride + first + l] : T(0);
    V u[vectors][parts];
    for (int k = 0; k < vectors; ++k)
      Lanes::split(vectorAt<R, bytes>(numbers(pivots) + k * Lanes::lanes), u[k]);
    Pivot<T> pivot{j + 1, -1};
    for (int64_t i = j + 1; i < rows; ++i) {
      T *row = panel + i * stride, l = row[j] * scale;
      R *x = numbers(row + first);
      for (int k = 0; k < vectors; ++k) {
        V value = vectorAt<R, bytes>(x + k * Lanes::lanes);
        Lanes::subtract(value, l, u[k]);
        vectorAt<R, bytes>(x + k * Lanes::lanes) = value;
      }
      row[j] = l;
      if (R size = sizeOf(row[next]); size > pivot.size)
        pivot = {i, size};
    }
    return pivot;
  }

  /// Columns [first, last) of rows first...
  TCC_INLINE int64_t factorLine(int64_t first, int64_t last, int64_t *pivots) {
    Pivot<T> pivot{first, -1};
    for (int64_t i = first; i < rows; ++i)
      if (R size = sizeOf(panel[i * stride + first]); size > pivot.size)
        pivot = {i, size};
    int64_t firstZero = 0;
    for (int64_t j = first; j < last; ++j) {
      pivots[j] = pivot.row;
      if (pivot.row != j)
        for (int64_t l = 0; l < stride; ++l)
          std::swap(panel[j * stride + l], panel[pivot.row * stride + l]);
      constexpr int limit = sizeof(R) == 4 ? 60 : 500;
      T scale(0), value = panel[j * stride + j];
      if (value == T(0)) {
        firstZero = firstZero ? firstZero : j + 1;
      } else if (int exponent = ilogb(sizeOf(value)); exponent > -limit && exponent < limit) {
        scale = reciprocal(value);
      } else {
        // Its reciprocal, or a complex one's square, may leave the range: the column is divided by a number near 1.
        for (int64_t i = j + 1; i < rows; ++i)
          panel[i * stride + j] = timesPowerOfTwo(panel[i * stride + j], -exponent);
        scale = reciprocal(timesPowerOfTwo(value, -exponent));
      }
      pivot = eliminate(first, j, j + 1 < last ? j + 1 : j, scale);
    }
    return firstZero;
  }

public:
  TCC_INLINE LuPanel(int64_t rows, int64_t stride, T *panel) : rows(rows), stride(stride), panel(panel) {}
  TCC_INLINE int64_t factor(int64_t columns, int64_t *pivots) {
    int64_t firstZero = 0;
    for (int64_t first = 0; first < columns; first += line) {
      int64_t last = first + line < columns ? first + line : columns;
      int64_t zero = factorLine(first, last, pivots);
      firstZero = firstZero ? firstZero : zero;
      if (last < columns)
        solveTriangle(last - first, (columns - last + line - 1) / line * line, panel + first * (stride + 1), stride,
                      {true, false, true}, panel + first * stride + last, stride);
      for (int64_t column = last; column < columns; column += line)
        Lanes::subtractLine(rows - last, last - first, panel + last * stride + first, stride,
                            panel + first * stride + column, stride, panel + last * stride + column, stride);
    }
    return firstZero;
  }
};

} // namespace

template <class T> int64_t factorPanelLu(int64_t rows, int64_t columns, T *panel, int64_t *pivots) {
  int64_t firstZero = 0;
  vectorised([&]<int bytes>() TCC_INLINED {
    firstZero = LuPanel<T, bytes>(rows, panelStride<T>(columns), panel).factor(columns, pivots);
  });
  return firstZero;
}

#define TCC_INSTANTIATE(T) template int64_t factorPanelLu(int64_t, int64_t, T *, int64_t *);
TCC_INSTANTIATE(float)
TCC_INSTANTIATE(double)
TCC_INSTANTIATE(Complex<float>)
TCC_INSTANTIATE(Complex<double>)
#undef TCC_INSTANTIATE

} // namespace tcc::runtime
