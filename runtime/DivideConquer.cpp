// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The trees of halves, their leaves and what a merge of each kind does.
#include "runtime/SpectralMerge.h"
#include "runtime/TridiagonalQr.h"

namespace tcc::runtime {
namespace {

template <class R> struct Rows {
  Scratch<R> first, last;
  bool resize(int64_t n) {
    if (!first.resize(n) || !last.resize(n))
      return false;
    memset(first.get(), 0, size_t(n) * sizeof(R));
    memset(last.get(), 0, size_t(n) * sizeof(R));
    return true;
  }
};
template <class R> void clearMatrix(VectorMatrix<R> m, int64_t n) {
  for (int64_t j = 0; j < n; ++j)
    memset(m.data + j * m.ld, 0, size_t(n) * sizeof(R));
}

template <class R> void sortLeaf(const R *d, int64_t n, int32_t *order) {
  for (int64_t j = 0; j < n; ++j) {
    int64_t place = j;
    for (; place > 0 && d[order[place - 1]] > d[j]; --place)
      order[place] = order[place - 1];
    order[place] = int32_t(j);
  }
}

//===----------------------------------------------------------------------===//
// Tridiagonal matrices
//===----------------------------------------------------------------------===//

template <class R> class Tridiagonal {
public:
  Tridiagonal(int64_t n, R *d, R *e, Basis<R> q, int32_t *order) : n(n), d(d), e(e), q(q), order(order) {}

  int64_t run() {
    int depth = depthOf(n, mostTridiagonalVectors);
    // t = diag(t_1, t_2) + |e| (1, sign e) (1, sign e)^T at each cut
    for (int64_t i = 1; i < int64_t(1) << depth; ++i) {
      int64_t cut = n * i >> depth;
      d[cut - 1] -= fabs(e[cut - 1]);
      d[cut] -= fabs(e[cut - 1]);
    }
    return climb(
        depth, [&](int64_t i) { return leaf(n * i >> depth, n * (i + 1) >> depth); },
        [&](int level, int64_t i) {
          return merge(n * (2 * i) >> (level + 1), n * (2 * i + 1) >> (level + 1), n * (2 * i + 2) >> (level + 1));
        });
  }

private:
  int64_t leaf(int64_t lo, int64_t hi) {
    if (int64_t failure = tridiagonalVectors(hi - lo, d + lo, e + lo, q.at(lo, lo), q.matrix.ld))
      return failure;
    sortLeaf(d + lo, hi - lo, order + lo);
    return 0;
  }

  int64_t merge(int64_t lo, int64_t cut, int64_t hi) {
    const int64_t size = hi - lo, half = cut - lo;
    Merge<R> poles(size);
    if (!poles.ok)
      return noMemory;
    // z is of length 1
    const R edge = e[cut - 1], root = R(0.70710678118654752440), rho = 2 * fabs(edge);
    int64_t place = 0;
    R most = 0;
    inOrder(d + lo, order + lo, half, d + cut, order + cut, hi - cut, [&](bool isSecond, int64_t j) {
      int64_t column = isSecond ? half + j : j;
      R entry = *q.at(isSecond ? cut : cut - 1, lo + column);
      poles.d[place] = d[lo + column];
      poles.z[place] = isSecond && edge < 0 ? -entry * root : entry * root;
      most = fmax(most, fmax(fabs(poles.d[place]), fabs(poles.z[place])));
      poles.column[place] = int32_t(column);
      poles.support[place++] = isSecond ? Second : First;
    });
    poles.deflate(0, rho, 4 * std::numeric_limits<R>::epsilon() * most,
                  [&](int64_t x, int64_t y, R c, R s) { q.rotate(lo + x, lo + y, lo, size, c, s); });
    if (!poles.solve(rho, /*isSquared=*/false))
      return 1;
    if (int64_t failure = vectors(poles, lo, cut, hi))
      return failure;
    poles.finish(d + lo, order + lo);
    return 0;
  }

  int64_t vectors(const Merge<R> &poles, int64_t lo, int64_t cut, int64_t hi) {
    GroupedVectors<R> grouped;
    if (!grouped.gather(poles, q, lo, {lo, cut}, {cut - lo, hi - cut}, hi - lo, /*missing=*/-1))
      return noMemory;
    const int64_t padded = poles.innerSize();
    std::atomic<int64_t> failure{0};
    forEachTile<R>(poles.numKept, hi - lo, [&](int64_t from, int64_t width) {
      Scratch<R> inner(padded * width);
      if (!inner) {
        failure = noMemory;
        return;
      }
      for (int64_t j = 0; j < width; ++j) {
        R *column = inner.get() + j * padded;
        poles.innerVector(from + j, false, column);
        normalise(column, padded);
      }
      grouped.multiply(q, lo, from, width, inner.get(), padded);
    });
    return failure;
  }

  int64_t n;
  R *d, *e;
  Basis<R> q;
  int32_t *order;
};

//===----------------------------------------------------------------------===//
// Bidiagonal matrices
//===----------------------------------------------------------------------===//

/// A node is rows [lo, hi) with columns [lo, hi], or [lo, hi) at the end of the matrix. Its singular vectors have their
/// places in u and v; behind them, where there is a column more, v has the vector of the null space. Row `cut`, with
/// entries `alpha` and `beta`, ties the halves together.
template <class R> class Bidiagonal {
  static constexpr int64_t largestLeaf = 32;

public:
  Bidiagonal(int64_t n, R *d, R *e, R most, Basis<R> u, Basis<R> v, int32_t *order)
      : n(n), d(d), e(e), smallest(std::numeric_limits<R>::epsilon() * std::numeric_limits<R>::epsilon() * most), u(u),
        v(v), order(order) {}

  int64_t run() {
    return climb(
        depthOf(n, largestLeaf),
        [&](int64_t i) {
          auto [lo, hi] = node(depthOf(n, largestLeaf), i);
          return leaf(lo, hi);
        },
        [&](int level, int64_t i) {
          auto [lo, hi] = node(level, i);
          return merge(lo, cutOf(lo, hi), hi);
        });
  }

private:
  struct Range {
    int64_t lo, hi;
  };
  static int64_t cutOf(int64_t lo, int64_t hi) { return lo + (hi - lo - 1) / 2; }
  Range node(int level, int64_t index) const {
    Range range{0, n};
    for (int bit = level - 1; bit >= 0; --bit) {
      int64_t cut = cutOf(range.lo, range.hi);
      range = index >> bit & 1 ? Range{cut + 1, range.hi} : Range{range.lo, cut};
    }
    return range;
  }
  bool isFull() const { return v.matrix.data; }

  int64_t leaf(int64_t lo, int64_t hi) {
    constexpr BlasInt side = BlasInt(largestLeaf + 1);
    R left[side * side], rightT[side * side], unused[1], work[4 * side];
    BlasInt size = BlasInt(hi - lo), extra = hi < n, columns = size + extra, rows = isFull() ? size : 0, none = 0,
            one = 1, info = 0;
    for (int64_t i = 0; i < side * side; ++i)
      left[i] = rightT[i] = R(i % (side + 1) == 0 ? 1 : 0);
    lapack<R>()->lasdq("U", &extra, &size, &columns, &rows, &none, d + lo, e + lo, rightT, &side, left, &side, unused,
                       &one, work, &info, 1);
    for (int64_t j = 0; j < columns; ++j)
      if (isFull()) {
        for (int64_t i = 0; i < columns; ++i)
          *v.at(lo + i, lo + j) = rightT[j + i * side];
        for (int64_t i = 0; i < size && j < size; ++i)
          *u.at(lo + i, lo + j) = left[i + j * side];
      } else {
        v.first[lo + j] = rightT[j];
        v.last[lo + j] = rightT[j + (columns - 1) * side];
      }
    sortLeaf(d + lo, size, order + lo);
    return info;
  }

  int64_t merge(int64_t lo, int64_t cut, int64_t hi) {
    const int64_t size = hi - lo, half = cut - lo, columns = size + (hi < n);
    const R alpha = d[cut], beta = e[cut];
    Merge<R> poles(size);
    if (!poles.ok)
      return noMemory;
    // The row's entries in the basis of the halves' vectors.
    auto entryOf = [&](bool isSecond, int64_t column) {
      if (isFull())
        return isSecond ? beta * *v.at(cut + 1, lo + column) : alpha * *v.at(cut, lo + column);
      return isSecond ? beta * v.first[lo + column] : alpha * v.last[lo + column];
    };
    R most = fmax(fabs(alpha), fabs(beta));
    int64_t place = 1;
    inOrder(d + lo, order + lo, half, d + cut + 1, order + cut + 1, hi - cut - 1, [&](bool isSecond, int64_t j) {
      int64_t column = isSecond ? half + 1 + j : j;
      poles.d[place] = d[lo + column];
      poles.z[place] = entryOf(isSecond, column);
      most = fmax(most, poles.d[place]);
      poles.column[place] = int32_t(column);
      poles.support[place++] = isSecond ? Second : First;
    });
    const R tolerance = fmax(4 * std::numeric_limits<R>::epsilon() * most, smallest);
    // Of the halves' null vectors one combination meets the row.
    R null = entryOf(false, half), nullSecond = columns > size ? entryOf(true, size) : R(0);
    if (!isFull()) {
      memset(v.last + lo, 0, size_t(half + 1) * sizeof(R));
      memset(v.first + cut + 1, 0, size_t(lo + columns - cut - 1) * sizeof(R));
    }
    if (columns > size) {
      R length = hypot(null, nullSecond);
      if (length > tolerance)
        v.rotate(cut, hi, lo, columns, null / length, nullSecond / length);
      null = length;
    }
    poles.d[0] = 0;
    poles.z[0] = fabs(null) > tolerance ? null : tolerance;
    poles.column[0] = int32_t(half);
    poles.support[0] = Both;
    poles.deflate(1, R(1), tolerance, [&](int64_t x, int64_t y, R c, R s) {
      v.rotate(lo + x, lo + y, lo, columns, c, s);
      if (isFull())
        u.rotate(lo + x, lo + y, lo, size, c, s);
    });
    if (!poles.solve(R(1), /*isSquared=*/true))
      return 1;
    if (int64_t failure = isFull() ? vectors(poles, lo, cut, hi) : mergeRows(poles, v, lo))
      return failure;
    poles.finish(d + lo, order + lo);
    return 0;
  }

  int64_t vectors(const Merge<R> &poles, int64_t lo, int64_t cut, int64_t hi) {
    GroupedVectors<R> left, right;
    const int64_t columns = hi - lo + (hi < n), padded = poles.innerSize(), rowPlace = poles.begin(true);
    if (!left.gather(poles, u, lo, {lo, cut + 1}, {cut - lo, hi - cut - 1}, hi - lo, /*missing=*/cut - lo) ||
        !right.gather(poles, v, lo, {lo, cut + 1}, {cut + 1 - lo, lo + columns - cut - 1}, columns, /*missing=*/-1))
      return noMemory;
    std::atomic<int64_t> failure{0};
    forEachTile<R>(poles.numKept, 2 * (hi - lo), [&](int64_t from, int64_t width) {
      Scratch<R> inner(2 * padded * width);
      if (!inner) {
        failure = noMemory;
        return;
      }
      R *other = inner.get() + padded * width;
      for (int64_t j = 0; j < width; ++j) {
        R *x = inner.get() + j * padded, *y = other + j * padded;
        poles.innerVector(from + j, true, x);
        poles.otherVector(x, rowPlace, y);
        normalise(x, padded);
        normalise(y, padded);
      }
      right.multiply(v, lo, from, width, inner.get(), padded);
      left.multiply(u, lo, from, width, other, padded);
      for (int64_t j = 0; j < width; ++j)
        *u.at(cut, lo + from + j) = other[rowPlace + j * padded];
    });
    return failure;
  }

  int64_t n;
  R *d, *e, smallest; ///< negligible for the whole matrix
  Basis<R> u, v;
  int32_t *order;
};

} // namespace

template <class R> int64_t solveTridiagonal(int64_t n, R *d, R *e, VectorMatrix<R> vectors, int32_t *order) {
  clearMatrix(vectors, n);
  return Tridiagonal<R>(n, d, e, {vectors, nullptr, nullptr}, order).run();
}

template <class R>
int64_t solveBidiagonal(int64_t n, R *d, R *e, VectorMatrix<R> u, VectorMatrix<R> v, int32_t *order) {
  Rows<R> rows;
  if (v.data) {
    clearMatrix(u, n);
    clearMatrix(v, n);
  } else if (!rows.resize(n)) {
    return noMemory;
  }
  R most = 0;
  for (int64_t i = 0; i < n; ++i)
    most = fmax(most, fmax(fabs(d[i]), i + 1 < n ? fabs(e[i]) : R(0)));
  if (most == 0) {
    for (int64_t i = 0; i < n; ++i) {
      order[i] = int32_t(i);
      if (v.data)
        u.data[i * (u.ld + 1)] = v.data[i * (v.ld + 1)] = 1;
    }
    return 0;
  }
  return Bidiagonal<R>(n, d, e, most, {u, nullptr, nullptr}, {v, rows.first.get(), rows.last.get()}, order).run();
}

#define TCC_DIVIDE_CONQUER(R)                                                                                          \
  template int64_t solveTridiagonal(int64_t, R *, R *, VectorMatrix<R>, int32_t *);                                    \
  template int64_t solveBidiagonal(int64_t, R *, R *, VectorMatrix<R>, VectorMatrix<R>, int32_t *);
TCC_DIVIDE_CONQUER(float)
TCC_DIVIDE_CONQUER(double)
#undef TCC_DIVIDE_CONQUER

} // namespace tcc::runtime
