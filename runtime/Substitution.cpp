// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Substitution in vector registers, a few rows at a time, and in blocks whose products are BLAS's.
#include "runtime/Substitution.h"
#include "runtime/FactorPanel.h"
#include "runtime/PanelArithmetic.h"
#include "runtime/RowProduct.h"

namespace tcc::runtime {
namespace {

template <class T, int bytes, int vectors> class Substitution {
  using Lanes = PanelLanes<T, bytes>;
  using R = Real<T>;
  using V = typename Lanes::V;
  int64_t n, ld, ldx;
  const T *triangle;
  T *x;
  bool isUnit;

  TCC_INLINE static V quotient(V x, T divisor) {
    if constexpr (!isComplex<T>) {
      return x / divisor;
    } else {
      int exponent = ilogb(sizeOf(divisor));
      T factor = reciprocal(timesPowerOfTwo(divisor, -exponent));
      V values[2];
      Lanes::split(x, values);
      // In two steps, because 2^-exponent need not be a number.
      int half = -exponent / 2;
      return (factor.re * values[0] + factor.im * values[1]) * R(scalbn(R(1), half)) *
             R(scalbn(R(1), -exponent - half));
    }
  }

  /// Rows [i, i + rows), whose predecessors are solved.
  template <bool isLower, int rows> TCC_INLINE void solveRows(int64_t i) const {
    V sums[rows][vectors];
    Lanes::load(sums, x + i * ldx, ldx);
    const T *t = triangle + i * ld;
    if (isLower)
      Lanes::subtractProduct(sums, i, t, ld, x, ldx);
    else
      Lanes::subtractProduct(sums, n - i - rows, t + i + rows, ld, x + (i + rows) * ldx, ldx);
    for (int step = 0; step < rows; ++step) {
      int q = isLower ? step : rows - 1 - step;
      for (int v = 0; v < vectors; ++v) {
        V values[Lanes::parts];
        if (!isUnit)
          sums[q][v] = quotient(sums[q][v], t[q * ld + i + q]);
        Lanes::split(sums[q][v], values);
        for (int r = isLower ? q + 1 : 0; r < (isLower ? rows : q); ++r)
          Lanes::subtract(sums[r][v], t[r * ld + i + q], values);
      }
    }
    Lanes::store(sums, x + i * ldx, ldx);
  }

public:
  /// Columns of x.
  static constexpr int columns = vectors * Lanes::columns;
  TCC_INLINE Substitution(int64_t n, const T *triangle, int64_t ld, bool isUnit, T *x, int64_t ldx)
      : n(n), ld(ld), ldx(ldx), triangle(triangle), x(x), isUnit(isUnit) {}
  TCC_INLINE void solve(bool isLower) const {
    constexpr int rows = Lanes::rows;
    int64_t whole = n / rows * rows;
    if (isLower) {
      for (int64_t i = 0; i < whole; i += rows)
        solveRows<true, rows>(i);
      for (int64_t i = whole; i < n; ++i)
        solveRows<true, 1>(i);
    } else {
      for (int64_t i = n - 1; i >= whole; --i)
        solveRows<false, 1>(i);
      for (int64_t i = whole - rows; i >= 0; i -= rows)
        solveRows<false, rows>(i);
    }
  }
};

} // namespace

template <class T>
void solveTriangle(int64_t n, int64_t columns, const T *t, int64_t ldt, TriangleOptions options, T *x, int64_t ldx) {
  vectorised([&]<int bytes>() TCC_INLINED {
    using Two = Substitution<T, bytes, 2>;
    using One = Substitution<T, bytes, 1>;
    int64_t c = 0;
    for (; c + Two::columns <= columns; c += Two::columns)
      Two(n, t, ldt, options.unitDiagonal, x + c, ldx).solve(options.lower);
    for (; c < columns; c += One::columns) {
      if (c + One::columns <= columns) {
        One(n, t, ldt, options.unitDiagonal, x + c, ldx).solve(options.lower);
        continue;
      }
      // The last columns are fewer than a vector holds.
      alignas(64) T padded[mostPanelColumns<T> * One::columns];
      int64_t count = columns - c;
      for (int64_t i = 0; i < n; ++i)
        for (int64_t l = 0; l < One::columns; ++l)
          padded[i * One::columns + l] = l < count ? x[i * ldx + c + l] : T(0);
      One(n, t, ldt, options.unitDiagonal, padded, One::columns).solve(options.lower);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t l = 0; l < count; ++l)
          x[i * ldx + c + l] = padded[i * One::columns + l];
    }
  });
}

template <class T>
void solveTriangular(int64_t n, int64_t columns, const T *t, int64_t ldt, TriangleOptions options, T *x, int64_t ldx) {
  constexpr int64_t block = mostPanelColumns<T>, least = 128 / int64_t(sizeof(T)) < 16 ? 16 : 128 / int64_t(sizeof(T));
  bool isLower = options.lower != options.adjoint;
  // Eight tiles or more, each wide enough for BLAS's registers and at most as wide as it likes best.
  int64_t tile = (columns / 8 + least - 1) / least * least;
  tile = tile < least ? least : tile > 128 ? 128 : tile;
  int64_t blocks = (n + block - 1) / block;
  parallelFor((columns + tile - 1) / tile, grainFor(double(n) * double(n * (columns < tile ? columns : tile)) * 0.03),
              [&](int64_t first, int64_t last) {
                alignas(64) T adjoint[block * block];
                for (int64_t task = first; task < last; ++task) {
                  T *column = x + task * tile;
                  int64_t count = columns - task * tile < tile ? columns - task * tile : tile;
                  for (int64_t step = 0; step < blocks; ++step) {
                    int64_t begin = (isLower ? step : blocks - 1 - step) * block;
                    int64_t end = begin + block < n ? begin + block : n, size = end - begin;
                    int64_t solved = isLower ? 0 : end, length = isLower ? begin : n - end;
                    T *rows = column + begin * ldx;
                    RowBlock<T> before{options.adjoint ? t + solved * ldt + begin : t + begin * ldt + solved, ldt,
                                       options.adjoint};
                    addProduct<T>(size, count, length, T(-1), before, {column + solved * ldx, ldx}, T(1), rows, ldx);
                    const T *diagonal = t + begin * (ldt + 1);
                    if (options.adjoint)
                      for (int64_t i = 0; i < size; ++i)
                        for (int64_t j = 0; j < size; ++j)
                          adjoint[i * block + j] = conjugate(diagonal[j * ldt + i]);
                    solveTriangle(size, count, options.adjoint ? adjoint : diagonal, options.adjoint ? block : ldt,
                                  {isLower, false, options.unitDiagonal}, rows, ldx);
                  }
                }
              });
}

#define TCC_INSTANTIATE(T)                                                                                             \
  template void solveTriangle(int64_t, int64_t, const T *, int64_t, TriangleOptions, T *, int64_t);                    \
  template void solveTriangular(int64_t, int64_t, const T *, int64_t, TriangleOptions, T *, int64_t);
TCC_INSTANTIATE(float)
TCC_INSTANTIATE(double)
TCC_INSTANTIATE(Complex<float>)
TCC_INSTANTIATE(Complex<double>)
#undef TCC_INSTANTIATE

} // namespace tcc::runtime
