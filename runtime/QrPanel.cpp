// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Householder QR of a panel, a cache line of columns at a time: each column in one pass over the rows, in which a row
// takes the column's reflection and at once adds to the products that the next column's reflection is made of; then the
// other lines by products in registers (Schreiber and Van Loan 1989).
#include "runtime/FactorPanel.h"
#include "runtime/PanelArithmetic.h"
#include <float.h>

namespace tcc::runtime {
namespace {

template <class R> inline constexpr R least = sizeof(R) == 4 ? R(FLT_MIN) : R(DBL_MIN);
template <class R> inline constexpr R precision = sizeof(R) == 4 ? R(FLT_EPSILON) : R(DBL_EPSILON);
/// Below it, squares that have underflowed may be more than a rounding error of their sum.
template <class R> inline constexpr R smallSum = least<R> / (precision<R> * precision<R>);

template <class T, int bytes> class QrPanel {
  using Lanes = PanelLanes<T, bytes>;
  using R = Real<T>;
  using V = typename Lanes::V;
  static constexpr int line = int(lineColumns<T>), vectors = 64 / bytes, lanes = Lanes::lanes, parts = Lanes::parts;

  int64_t rows, stride;
  T *panel, *window; // the line of columns that is being factored, from its first diagonal element on
  int64_t height;    // of the window
  alignas(64) T sums[line], reflected[line]; // of conj(x) row over rows below the diagonal, x the current column; what
                                             // a row loses for each unit of v

  /// Rows from..: take the reflection of column j, whose v is x scale there (not if `isFirst`: then nothing has been
  /// reflected yet), and from the second on add to the sums of column `next`.
  template <bool isFirst> TCC_INLINE void pass(int64_t from, int64_t j, int64_t next, T scale) {
    V u[vectors][parts], added[parts][vectors] = {};
    for (int k = 0; k < vectors; ++k)
      Lanes::split(vectorAt<R, bytes>(numbers(reflected) + k * lanes), u[k]);
    for (int64_t i = from; i < height; ++i) {
      T *row = window + i * stride;
      V x[vectors];
      for (int k = 0; k < vectors; ++k)
        x[k] = vectorAt<R, bytes>(numbers(row) + k * lanes);
      if (!isFirst) {
        T v = row[j] * scale;
        for (int k = 0; k < vectors; ++k) {
          Lanes::subtract(x[k], v, u[k]);
          vectorAt<R, bytes>(numbers(row) + k * lanes) = x[k];
        }
        row[j] = v;
        if (i == from)
          continue; // the diagonal's row of the next column
      }
      T y = row[next]; // what is stored, to the bit: of a column that cancels, only its own products are its norm
      for (int k = 0; k < vectors; ++k)
        for (int part = 0; part < parts; ++part)
          added[part][k] += partOf(y, part) * x[k];
    }
    for (int k = 0; k < vectors; ++k) {
      V sum = added[0][k];
      if constexpr (parts == 2) { // - i times the second
        V values[2];
        Lanes::split(added[1][k], values);
        sum -= values[1];
      }
      vectorAt<R, bytes>(numbers(sums) + k * lanes) = sum;
    }
    if (!isFirst)
      sums[j] = sums[j] * scale; // its place in the registers held x
  }

  /// Scales column j from the diagonal on to about one and sums anew. Returns the exponent that was taken out.
  TCC_INLINE int rescale(int64_t j) {
    R largest = 0;
    for (int64_t i = j; i < height; ++i)
      for (int part = 0; part < parts; ++part)
        largest = R(fmax(largest, fabs(partOf(window[i * stride + j], part))));
    int exponent = 0;
    if (largest > 0) {
      exponent = ilogb(largest);
      for (int64_t i = j; i < height; ++i)
        window[i * stride + j] = timesPowerOfTwo(window[i * stride + j], -exponent);
      pass<true>(j + 1, j, j, T(1));
    }
    return exponent;
  }

  static TCC_INLINE R squareOf(T x) {
    R square = 0;
    for (int part = 0; part < parts; ++part)
      square += partOf(x, part) * partOf(x, part);
    return square;
  }

  /// The first `columns` of the window; t is its part of T^H.
  TCC_INLINE void factorWindow(int64_t columns, T *t) {
    pass<true>(1, 0, 0, T(1));
    for (int64_t j = 0; j < columns; ++j) {
      T *row = window + j * stride, alpha = row[j];
      R below = partOf(sums[j], 0), square = below + squareOf(alpha);
      int exponent = 0;
      if (!(square >= smallSum<R>)) {
        exponent = rescale(j);
        alpha = row[j];
        below = partOf(sums[j], 0);
        square = below + squareOf(alpha);
      }
      // As LAPACK's larfg: beta real, and no reflection of a column that has nothing to be removed. tau is conjugated.
      T tau(0), scale(0);
      R beta = partOf(alpha, 0);
      if (below != 0 || (parts == 2 && partOf(alpha, 1) != 0)) {
        beta = R(copysign(sqrt(square), -partOf(alpha, 0)));
        R distance = partOf(alpha, 0) - beta;
        if constexpr (parts == 2) {
          tau = T(-distance / beta, alpha.im / beta);
          scale = reciprocal(T(distance, alpha.im));
        } else {
          tau = -distance / beta;
          scale = 1 / distance;
        }
      }
      // v^H times the columns: those to the right are reflected, those to the left are the v before and make T.
      T products[line], *ownT = t + j * stride;
      for (int l = 0; l < line; ++l) {
        products[l] = row[l] + conjugate(scale) * sums[l];
        reflected[l] = l > j ? tau * products[l] : T(0);
        row[l] = row[l] - reflected[l];
        ownT[l] = T(0);
      }
      for (int64_t p = 0; p < j; ++p)
        for (int l = 0; l < line; ++l)
          ownT[l] = ownT[l] + products[p] * t[p * stride + l];
      for (int l = 0; l < line; ++l)
        ownT[l] = T(0) - tau * ownT[l];
      ownT[j] = tau;
      pass<false>(j + 1, j, j + 1 < columns ? j + 1 : j, scale);
      row[j] = T(R(scalbn(beta, exponent)));
    }
  }

  /// result {columns, line} = - V^H x for a line of columns x of the panel.
  TCC_INLINE void project(int64_t columns, const T *x, T *result) const {
    constexpr int many = Lanes::rows;
    for (int64_t c = 0; c < columns; c += many) {
      V added[many][vectors] = {};
      for (int64_t i = 0; i < height; ++i) {
        const T *v = window + i * stride + c;
        V values[vectors][parts];
        for (int k = 0; k < vectors; ++k)
          Lanes::split(vectorAt<R, bytes>(numbers(x + i * stride) + k * lanes), values[k]);
        for (int l = 0; l < many; ++l)
          for (int k = 0; k < vectors; ++k)
            Lanes::subtract(added[l][k], conjugate(v[l]), values[k]);
      }
      Lanes::store(added, result + c * line, line);
    }
  }

public:
  TCC_INLINE QrPanel(int64_t rows, int64_t stride, T *panel) : rows(rows), stride(stride), panel(panel) {}

  TCC_INLINE void factor(int64_t columns, T *adjointT, T *r, int64_t ldr) {
    alignas(64) T projected[(line + 8) * line], turned[line * line];
    memset(static_cast<void *>(adjointT), 0, size_t(columns * stride) * sizeof(T));
    for (int64_t first = 0; first < columns; first += line) {
      int64_t count = columns - first < line ? columns - first : line;
      window = panel + first * (stride + 1);
      height = rows - first;
      T *t = adjointT + first * (stride + 1);
      factorWindow(count, t);
      for (int64_t i = 0; i < columns; ++i)
        for (int64_t j = first; j < first + count; ++j) {
          T &x = panel[i * stride + j];
          r[i * ldr + j] = j < i ? T(0) : x;
          x = j < i ? x : T(j == i ? 1 : 0);
        }
      for (int64_t other = 0; other < columns; other += line) {
        if (other == first)
          continue;
        project(count, panel + first * stride + other, projected);
        memset(static_cast<void *>(turned), 0, sizeof(turned));
        Lanes::subtractLine(count, count, t, stride, projected, line, turned, line);
        if (other > first) // C - V T^H V^H C
          Lanes::subtractLine(height, count, window, stride, turned, line, panel + first * stride + other, stride);
        else // T^H gains - T_2^H V_2^H V_1 T_1^H; lines of T_1^H end where those of V_1 do
          for (int64_t column = 0; column <= other; column += line)
            Lanes::subtractLine(count, line, turned, line, adjointT + other * stride + column, stride,
                                adjointT + first * stride + column, stride);
      }
    }
  }
};

} // namespace

template <class T> void factorPanelQr(int64_t rows, int64_t columns, T *panel, T *adjointT, T *r, int64_t ldr) {
  vectorised([&]<int bytes>() TCC_INLINED {
    QrPanel<T, bytes>(rows, panelDistance<T>(columns), panel).factor(columns, adjointT, r, ldr);
  });
}

#define TCC_INSTANTIATE(T) template void factorPanelQr(int64_t, int64_t, T *, T *, T *, int64_t);
TCC_INSTANTIATE(float)
TCC_INSTANTIATE(double)
TCC_INSTANTIATE(Complex<float>)
TCC_INSTANTIATE(Complex<double>)
#undef TCC_INSTANTIATE

} // namespace tcc::runtime
