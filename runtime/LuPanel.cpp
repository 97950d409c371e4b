// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LU of a panel with partial pivoting: a cache line of columns at a time, transposed so that vectors run along them,
// each column in one pass; then other lines by products in registers.
#include "runtime/FactorPanel.h"
#include "runtime/PanelArithmetic.h"
#include "runtime/Substitution.h"

namespace tcc::runtime {
namespace {

template <class T, int bytes> class LuPanel {
  using Lanes = PanelLanes<T, bytes>;
  using R = Real<T>;
  using V = typename Lanes::V;
  using Bits = typename LanesOf<R, bytes>::Bits;
  static constexpr int line = int(lineColumns<T>), parts = Lanes::parts;
  int64_t rows, stride;
  T *panel, *work; // columns of the line that is being factored, at distance `distance`
  int64_t distance;

  template <size_t... l> TCC_INLINE static V sizesOf(V x, std::index_sequence<l...>) {
    x = x < 0 ? -x : x;
    return parts == 1 ? x : x + __builtin_shufflevector(x, x, int(l ^ 1)...);
  }
  template <size_t... l> TCC_INLINE static Bits numbersFrom(std::index_sequence<l...>) {
    return Bits{int(l / parts)...};
  }

  /// The largest entries met so far in each lane, and their rows.
  struct Pivots {
    V sizes = V{} - 1;
    Bits rows{};
    TCC_INLINE void add(V x, int64_t row) {
      constexpr auto lanes = std::make_index_sequence<size_t(Lanes::lanes)>();
      const V size = sizesOf(x, lanes);
      const Bits larger = size > sizes, numbers = numbersFrom(lanes) + typename LanesOf<R, bytes>::Int(row);
      sizes = larger ? size : sizes;
      rows = larger ? numbers : rows;
    }
  };

  /// Column j of the line below row `line`, less `count` columns before it times x[0], x[1], ...
  template <int vectors> TCC_INLINE void subtractBefore(int64_t j, T *x, int64_t row, Pivots &pivots) const {
    V sums[vectors];
    for (int v = 0; v < vectors; ++v)
      sums[v] = vectorAt<R, bytes>(numbers(x + row) + v * Lanes::lanes);
    for (int64_t p = 0; p < j; ++p) {
      const R *before = numbers(work + p * distance + row);
      for (int v = 0; v < vectors; ++v) {
        V values[parts];
        Lanes::split(vectorAt<R, bytes>(before + v * Lanes::lanes), values);
        Lanes::subtract(sums[v], x[p], values);
      }
    }
    for (int v = 0; v < vectors; ++v) {
      vectorAt<R, bytes>(numbers(x + row) + v * Lanes::lanes) = sums[v];
      pivots.add(sums[v], row + v * Lanes::columns);
    }
  }

  /// Makes column j, of `height` rows, what elimination has left of it; returns the row of its largest entry from row
  /// j on.
  TCC_INLINE int64_t eliminate(int64_t j, int64_t height) const {
    T *x = work + j * distance;
    int64_t largest = j, top = height < line ? height : line;
    R size = -1;
    for (int64_t i = 1; i < top; ++i)
      for (int64_t p = 0; p < i && p < j; ++p)
        x[i] = x[i] - work[p * distance + i] * x[p];
    for (int64_t i = j; i < top; ++i)
      if (R here = sizeOf(x[i]); here > size)
        size = here, largest = i;
    Pivots pivots;
    int64_t row = line;
    for (; row + 4 * Lanes::columns <= height; row += 4 * Lanes::columns)
      subtractBefore<4>(j, x, row, pivots);
    for (; row < height; row += Lanes::columns)
      subtractBefore<1>(j, x, row, pivots);
    for (int l = 0; l < Lanes::lanes && height > line; ++l)
      if (pivots.sizes[l] > size || (pivots.sizes[l] == size && pivots.rows[l] < largest))
        size = pivots.sizes[l], largest = pivots.rows[l];
    return largest < height ? largest : j; // behind the last row lie zeros
  }

  /// Between the panel and the columns of `work`, from row and column `first` on.
  template <bool isBack> TCC_INLINE void transpose(int64_t first) const {
    using Element = std::conditional_t<sizeof(T) == 4, float, double>;
    constexpr int64_t side = sizeof(T) <= 8 ? bytes / int64_t(sizeof(T)) : 1;
    const int64_t height = rows - first;
    T *corner = panel + first * (stride + 1);
    for (int64_t i = 0; i < height; i += side)
      for (int64_t j = 0; j < line; j += side) {
        T *byRows = corner + i * stride + j, *byColumns = work + j * distance + i;
        if constexpr (side > 1)
          if (i + side <= height) {
            Vector<Element, bytes> lines[side];
            for (int l = 0; l < side; ++l)
              lines[l] = vectorAt<Element, bytes>(
                  reinterpret_cast<Element *>(isBack ? byColumns + l * distance : byRows + l * stride));
            transposeSquare<Element, bytes>(lines);
            for (int l = 0; l < side; ++l)
              vectorAt<Element, bytes>(
                  reinterpret_cast<Element *>(isBack ? byRows + l * stride : byColumns + l * distance)) = lines[l];
            continue;
          }
        for (int64_t r = 0; r < side && i + r < height; ++r)
          for (int64_t c = 0; c < side; ++c)
            if (isBack)
              byRows[r * stride + c] = byColumns[c * distance + r];
            else
              byColumns[c * distance + r] = byRows[r * stride + c];
      }
    for (int64_t i = height; !isBack && i < distance && i < height + line; ++i)
      for (int64_t j = 0; j < line; ++j)
        work[j * distance + i] = T(0);
  }

  /// `count` columns from row and column `first` on.
  TCC_INLINE int64_t factorLine(int64_t first, int64_t count, int64_t *pivots) const {
    const int64_t height = rows - first;
    int64_t firstZero = 0;
    transpose<false>(first);
    for (int64_t j = 0; j < count; ++j) {
      const int64_t pivot = eliminate(j, height);
      pivots[first + j] = first + pivot;
      if (pivot != j) {
        for (int64_t c = 0; c < line; ++c)
          std::swap(work[c * distance + j], work[c * distance + pivot]);
        T *row = panel + (first + j) * stride, *other = panel + (first + pivot) * stride;
        for (int64_t l = 0; l < stride; ++l)
          std::swap(row[l], other[l]);
      }
      constexpr int limit = sizeof(R) == 4 ? 60 : 500;
      T *x = work + j * distance, value = x[j], scale(0);
      if (value == T(0)) {
        firstZero = firstZero ? firstZero : first + j + 1;
      } else if (int exponent = ilogb(sizeOf(value)); (exponent > -limit && exponent < limit) || !(value == value)) {
        scale = reciprocal(value);
      } else {
        // Its reciprocal, or a complex one's square, may leave the range: the column is divided by a number near 1.
        for (int64_t i = j + 1; i < height; ++i)
          x[i] = timesPowerOfTwo(x[i], -exponent);
        scale = reciprocal(timesPowerOfTwo(value, -exponent));
      }
      for (int64_t i = j + 1; i < height; ++i)
        x[i] = x[i] * scale;
    }
    transpose<true>(first);
    return firstZero;
  }

public:
  TCC_INLINE LuPanel(int64_t rows, int64_t columns, T *panel, T *work)
      : rows(rows), stride(panelDistance<T>(columns)), panel(panel), work(work), distance(panelDistance<T>(rows)) {}

  TCC_INLINE int64_t factor(int64_t columns, int64_t *pivots) const {
    int64_t firstZero = 0;
    for (int64_t lines = 1, middle = 0; middle < columns; ++lines) {
      int64_t zero = factorLine(middle, columns - middle < line ? columns - middle : line, pivots);
      firstZero = firstZero ? firstZero : zero;
      middle = lines * line;
      if (middle >= columns)
        break;
      // Halves of halves (Toledo 1997): as many lines as the largest power of two in their number are behind.
      int64_t count = (lines & -lines) * line, first = middle - count, rest = columns - middle;
      int64_t width = rest < count ? (rest + line - 1) / line * line : count;
      solveTriangle(count, width, panel + first * (stride + 1), stride, {true, false, true},
                    panel + first * stride + middle, stride);
      constexpr int64_t stripe = 32; // rows that stay in the first-level cache for all lines
      for (int64_t i = middle; i < rows; i += stripe)
        for (int64_t column = middle; column < middle + width; column += line)
          Lanes::subtractLine(rows - i < stripe ? rows - i : stripe, count, panel + i * stride + first, stride,
                              panel + first * stride + column, stride, panel + i * stride + column, stride);
    }
    return firstZero;
  }
};

} // namespace

template <class T> int64_t factorPanelLu(int64_t rows, int64_t columns, T *panel, int64_t *pivots, T *work) {
  int64_t firstZero = 0;
  vectorised([&]<int bytes>()
                 TCC_INLINED { firstZero = LuPanel<T, bytes>(rows, columns, panel, work).factor(columns, pivots); });
  return firstZero;
}

#define TCC_INSTANTIATE(T) template int64_t factorPanelLu(int64_t, int64_t, T *, int64_t *, T *);
TCC_INSTANTIATE(float)
TCC_INSTANTIATE(double)
TCC_INSTANTIATE(Complex<float>)
TCC_INSTANTIATE(Complex<double>)
#undef TCC_INSTANTIATE

} // namespace tcc::runtime
