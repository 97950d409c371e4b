// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Substitution in vector registers, a few rows at a time, and in blocks with products between them.
#include "runtime/Substitution.h"
#include "runtime/FactorPanel.h"
#include "runtime/PanelArithmetic.h"
#include <float.h>

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
      // Divisions of vectors would take as long as the sums of 60 rows; a subnormal number's reciprocal overflows.
      constexpr R least = sizeof(R) == 4 ? R(FLT_MIN) : R(DBL_MIN);
      return fabs(divisor) >= least ? x * (1 / divisor) : x / divisor;
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

  /// Solves row q of some rows, and subtracts it from those that come after. `t` is their triangle.
  template <bool isLower, int rows, int q> TCC_INLINE void eliminateRow(const T *t, V (&sums)[rows][vectors]) const {
    for (int v = 0; v < vectors; ++v) {
      V values[Lanes::parts];
      if (!isUnit)
        sums[q][v] = quotient(sums[q][v], t[q * ld + q]);
      Lanes::split(sums[q][v], values);
      for (int r = isLower ? q + 1 : 0; r < (isLower ? rows : q); ++r)
        Lanes::subtract(sums[r][v], t[r * ld + q], values);
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
    // Each row is a constant to the compiler: sums at places that it finds out late would not stay in registers.
    [&]<int... step>(std::integer_sequence<int, step...>) TCC_INLINED {
      (..., eliminateRow<isLower, rows, isLower ? step : rows - 1 - step>(t + i, sums));
    }(std::make_integer_sequence<int, rows>());
    Lanes::store(sums, x + i * ldx, ldx);
  }

public:
  /// Columns of x.
  static constexpr int columns = vectors * Lanes::columns;
  TCC_INLINE Substitution(int64_t n, const T *triangle, int64_t ld, bool isUnit, T *x, int64_t ldx)
      : n(n), ld(ld), ldx(ldx), triangle(triangle), x(x), isUnit(isUnit) {}
  /// Copies the first `count` columns of n rows.
  TCC_INLINE static void copy(int64_t n, int64_t count, T *to, int64_t ldTo, const T *from, int64_t ldFrom) {
    for (int64_t i = 0; i < n; ++i, to += ldTo, from += ldFrom) {
      if (count < columns) {
        memcpy(static_cast<void *>(to), from, size_t(count) * sizeof(T));
        continue;
      }
      V row[1][vectors];
      Lanes::load(row, from, ldFrom);
      Lanes::store(row, to, ldTo);
    }
  }
  /// `count` columns of x, put side by side in `part`: in a matrix their rows may lie where the cache has few places.
  TCC_INLINE static void solvePart(int64_t n, int64_t count, const T *triangle, int64_t ld, TriangleOptions options,
                                   T *x, int64_t ldx, T *part) {
    if (count < columns)
      memset(static_cast<void *>(part), 0, size_t(n * columns) * sizeof(T));
    copy(n, count, part, columns, x, ldx);
    Substitution(n, triangle, ld, options.unitDiagonal, part, columns).solve(options.lower);
    copy(n, count, x, ldx, part, columns);
  }
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
    alignas(64) T part[mostTriangle<T> * Two::columns];
    for (int64_t c = 0; c < columns; c += Two::columns) {
      const int64_t rest = columns - c, count = rest < Two::columns ? rest : Two::columns;
      if (count <= One::columns)
        One::solvePart(n, count, t, ldt, options, x + c, ldx, part);
      else
        Two::solvePart(n, count, t, ldt, options, x + c, ldx, part);
    }
  });
}

template <class T>
BlockTriangle<T>::BlockTriangle(int64_t n, const T *t, int64_t ld, TriangleOptions options, int64_t columns)
    : n(n), ld(ld), columns(columns), blocks((n + block - 1) / block), t(t), options(options),
      isLower(options.lower != options.adjoint) {}

template <class T> PackedLeft<T> BlockTriangle<T>::besideBlock(int64_t b) const {
  const int64_t first = isLower ? end(b) : 0, rows = isLower ? n - end(b) : begin(b);
  const T *corner = options.adjoint ? t + begin(b) * ld + first : t + first * ld + begin(b);
  return PackedLeft<T>(rows, end(b) - begin(b), {corner, ld, options.adjoint}, columns,
                       packed.get() + b * spaceForBlock());
}

template <class T> bool BlockTriangle<T>::prepare() {
  if (!packed.resize(blocks * spaceForBlock()) || !adjoints.resize(options.adjoint ? blocks * block * block : 0))
    return false;
  parallelFor(blocks, grainFor(double(n) * double(block) * 0.5), [&](int64_t first, int64_t last) {
    for (int64_t b = first; b < last; ++b) {
      besideBlock(b).pack();
      const T *diagonal = t + begin(b) * (ld + 1);
      for (int64_t i = 0; options.adjoint && i < end(b) - begin(b); ++i)
        for (int64_t j = 0; j < end(b) - begin(b); ++j)
          adjoints[(b * block + i) * block + j] = conjugate(diagonal[j * ld + i]);
    }
  });
  return true;
}

template <class T> void BlockTriangle<T>::solve(int64_t count, T *x, int64_t ldx, int64_t firstRow) const {
  for (int64_t step = firstRow / block; step < blocks; ++step) {
    const int64_t b = isLower ? step : blocks - 1 - step;
    T *rows = x + begin(b) * ldx;
    solveTriangle(end(b) - begin(b), count,
                  options.adjoint ? adjoints.get() + b * block * block : t + begin(b) * (ld + 1),
                  options.adjoint ? block : ld, {isLower, false, options.unitDiagonal}, rows, ldx);
    besideBlock(b).multiply(count, {rows, ldx}, isLower ? x + end(b) * ldx : x, ldx, Update::Subtract);
  }
}

template <class T>
bool solveTriangular(int64_t n, int64_t columns, const T *t, int64_t ldt, TriangleOptions options, T *x, int64_t ldx) {
  BlockTriangle<T> triangle(n, t, ldt, options, columns);
  if (!triangle.prepare())
    return false;
  const int64_t tile = columnTile<T>(columns);
  parallelFor((columns + tile - 1) / tile, grainFor(double(n) * double(n * tile) * 0.02),
              [&](int64_t first, int64_t last) {
                for (int64_t c = first * tile; c < last * tile && c < columns; c += tile)
                  triangle.solve(columns - c < tile ? columns - c : tile, x + c, ldx);
              });
  return true;
}

#define TCC_INSTANTIATE(T)                                                                                             \
  template void solveTriangle(int64_t, int64_t, const T *, int64_t, TriangleOptions, T *, int64_t);                    \
  template class BlockTriangle<T>;                                                                                     \
  template bool solveTriangular(int64_t, int64_t, const T *, int64_t, TriangleOptions, T *, int64_t);
TCC_INSTANTIATE(float)
TCC_INSTANTIATE(double)
TCC_INSTANTIATE(Complex<float>)
TCC_INSTANTIATE(Complex<double>)
#undef TCC_INSTANTIATE

} // namespace tcc::runtime
