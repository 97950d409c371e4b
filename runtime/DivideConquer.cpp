// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tree of halves and its merges. Without vectors only the first and last rows of the (right) vectors are kept: they
// are all that a merge reads.
#include "runtime/DivideConquer.h"
#include "runtime/Decompose.h"
#include "runtime/Reflectors.h"
#include "runtime/Secular.h"
#include <limits>
#include <math.h>

namespace tcc::runtime {
namespace {

constexpr int64_t largestLeaf = 32, rootsAtOnce = 16;

/// Where the vectors of a node have entries: in its first half, in both, in its second half.
enum Support : uint8_t { First, Both, Second, numSupports };

/// Vectors of all nodes side by side; a node's are columns [lo, lo + n) of the rows that it covers.
template <class R> struct Basis {
  VectorMatrix<R> matrix;
  R *first, *last; ///< the first and last rows of each node, if `matrix` is null
  R *at(int64_t row, int64_t column) const { return matrix.data + row + column * matrix.ld; }
  /// Columns x, y become c x + s y, c y - s x.
  void rotate(int64_t x, int64_t y, int64_t row, int64_t rows, R c, R s) const {
    auto turn = [&](R *p, R *q, int64_t count) {
      for (int64_t i = 0; i < count; ++i) {
        R old = p[i];
        p[i] = c * old + s * q[i];
        q[i] = c * q[i] - s * old;
      }
    };
    if (matrix.data)
      return turn(at(row, x), at(row, y), rows);
    turn(first + x, first + y, 1);
    turn(last + x, last + y, 1);
  }
};

/// The poles of a merge: those that stay, in ascending order, and those for which nothing changes.
template <class R> class Merge {
public:
  /// `count` poles; work arrays for them.
  explicit Merge(int64_t count) : count(count), padded((count + 15) / 16 * 16) {
    ok = reals.resize(8 * padded) && indices.resize(5 * padded) && supports.resize(padded);
    R *next = reals.get();
    for (R **array : {&d, &z, &keptD, &keptZ, &weights, &offset, &groupedD, &groupedWeights})
      *array = next, next += padded;
    int32_t *nextIndex = indices.get();
    for (int32_t **array : {&column, &kept, &deflated, &origin, &grouped})
      *array = nextIndex, nextIndex += padded;
    support = supports.get();
  }
  int64_t bytes() const { return padded * int64_t(8 * sizeof(R) + 21); }

  /// Leaves out what is negligible against `tolerance`: poles with small z, and one of two close poles after a rotation
  /// that makes its z zero. `rotateColumns(a, b, c, s)` turns the vectors; the first `fixed` poles stay as they are.
  template <class F> void deflate(int64_t fixed, R rho, R tolerance, F &&rotateColumns) {
    int64_t previous = -1;
    numKept = numDeflated = 0;
    for (; numKept < fixed; ++numKept)
      kept[numKept] = int32_t(numKept);
    for (int64_t j = fixed; j < count; ++j) {
      if (rho * fabs(z[j]) <= tolerance) {
        deflated[numDeflated++] = int32_t(j);
        continue;
      }
      if (previous >= 0) {
        R length = hypot(z[j], z[previous]), c = z[j] / length, s = -z[previous] / length, gap = d[j] - d[previous];
        if (fabs(gap * c * s) <= tolerance) {
          z[j] = length;
          z[previous] = 0;
          rotateColumns(column[previous], column[j], c, s);
          R low = d[previous], high = d[j];
          d[j] = low * s * s + high * c * c;
          d[previous] = low * c * c + high * s * s;
          if (support[j] != support[previous])
            support[j] = support[previous] = Both;
          deflated[numDeflated++] = int32_t(previous);
        } else {
          kept[numKept++] = int32_t(previous);
        }
      }
      previous = j;
    }
    if (previous >= 0)
      kept[numKept++] = int32_t(previous);
    for (int64_t j = 0; j < numKept; ++j) {
      keptD[j] = d[kept[j]];
      keptZ[j] = z[kept[j]];
    }
    // A fixed pole is zero: it must differ from the next one.
    if (fixed && numKept > 1 && keptD[1] <= tolerance / 2)
      keptD[1] = tolerance / 2;
  }

  /// Roots and the zs that belong to them, which are also put in groups by support; false if a root did not converge.
  bool solve(R rho, bool isSquared) {
    if (numKept == 0) {
      for (int64_t &end : ends)
        end = 0;
      return true;
    }
    SecularEquation<R> equation{numKept, keptD, keptZ, rho, isSquared};
    int64_t tiles = (numKept + rootsAtOnce - 1) / rootsAtOnce;
    std::atomic<bool> converged{true};
    auto each = [&](double passes, auto &&body) {
      parallelFor(tiles, grainFor(passes * double(rootsAtOnce * numKept) * double(sizeof(R)) * 0.1),
                  [&](int64_t begin, int64_t end) {
                    body(begin * rootsAtOnce, end * rootsAtOnce < numKept ? end * rootsAtOnce : numKept);
                  });
    };
    each(6, [&](int64_t begin, int64_t end) {
      if (!secularRoots(equation, begin, end, origin, offset))
        converged = false;
    });
    if (!converged)
      return false;
    each(1, [&](int64_t begin, int64_t end) { secularWeights(equation, origin, offset, begin, end, weights); });
    int64_t place = 0;
    for (int which = 0; which < numSupports; ++which) {
      for (int64_t j = 0; j < numKept; ++j)
        if (support[kept[j]] == which) {
          grouped[place] = int32_t(j);
          groupedD[place] = keptD[j];
          groupedWeights[place++] = weights[j];
        }
      ends[which] = place;
    }
    R far = 4 * (fabs(keptD[numKept - 1]) + fabs(keptD[0])) + 4 * rho + 4;
    for (; place % 16; ++place)
      groupedD[place] = far, groupedWeights[place] = 0;
    return true;
  }
  R root(int64_t j) const { return keptD[origin[j]] + offset[j]; }
  /// Column j of the inner vectors, in groups, not normalised.
  void innerVector(int64_t j, bool isSquared, R *to) const {
    secularVector(groupedD, groupedWeights, isSquared, innerSize(), keptD[origin[j]], offset[j], to);
  }
  int64_t innerSize() const { return (numKept + 15) / 16 * 16; }
  /// The other inner vector of a singular value, whose entry at `place` of the groups, of the new row's pole, is -1.
  void otherVector(const R *inner, int64_t place, R *to) const {
    for (int64_t i = 0; i < innerSize(); ++i)
      to[i] = inner[i] * groupedD[i];
    to[place] = -1;
  }
  /// Of those that have entries in the first half, or in the second.
  int64_t begin(bool isSecond) const { return isSecond ? ends[First] : 0; }
  int64_t end(bool isSecond) const { return isSecond ? ends[Second] : ends[Both]; }
  /// The column of the pole at `place` in the groups.
  int64_t groupedColumn(int64_t place) const { return column[kept[grouped[place]]]; }

  /// New values of the node, kept ones first, and their order.
  void finish(R *values, int32_t *order) {
    for (int64_t j = 0; j < numKept; ++j)
      values[j] = root(j);
    for (int64_t j = 0; j < numDeflated; ++j)
      values[numKept + j] = d[deflated[j]];
    // Deflated values are nearly sorted; roots are sorted but for rounding.
    for (int64_t j = 0; j < count; ++j) {
      int64_t place = j;
      if (j >= numKept) { // among the roots by bisection
        int64_t low = 0, high = j;
        while (low < high) {
          int64_t middle = (low + high) / 2;
          (values[order[middle]] <= values[j] ? low : high) =
              (values[order[middle]] <= values[j] ? middle + 1 : middle);
        }
        memmove(order + low + 1, order + low, size_t(j - low) * sizeof(int32_t));
        place = low;
      } else {
        for (; place > 0 && values[order[place - 1]] > values[j]; --place)
          order[place] = order[place - 1];
      }
      order[place] = int32_t(j);
    }
  }

  bool ok;
  const int64_t count, padded;
  int64_t numKept = 0, numDeflated = 0;
  R *d, *z;        ///< sorted, with the column of each and where it has entries
  int32_t *column; // relative to the node
  uint8_t *support;
  int32_t *kept, *deflated, *grouped;

private:
  R *keptD, *keptZ, *weights, *offset, *groupedD, *groupedWeights;
  int32_t *origin;
  int64_t ends[numSupports];
  Scratch<R> reals;
  Scratch<int32_t> indices;
  Scratch<uint8_t> supports;
};

/// Copies of a node's vectors, in the merge's groups: what the products read while they overwrite the basis.
template <class R> struct GroupedVectors {
  Scratch<R> halves[2], deflated;
  int64_t rows[2], begin[2], count[2], starts[2]; ///< of each half: its rows, its part of the groups
  /// The pole in column `missing` has no vector here.
  bool gather(const Merge<R> &merge, const Basis<R> &basis, int64_t lo, const int64_t (&starts)[2],
              const int64_t (&rows)[2], int64_t height, int64_t missing) {
    for (int h = 0; h < 2; ++h) {
      this->rows[h] = rows[h];
      this->starts[h] = starts[h];
      begin[h] = merge.begin(h);
      count[h] = merge.end(h) - begin[h];
      if (!halves[h].resize(rows[h] * count[h]))
        return false;
    }
    if (!deflated.resize(height * merge.numDeflated))
      return false;
    parallelFor(merge.end(true), grainFor(double(height) * 0.3), [&](int64_t from, int64_t to) {
      for (int64_t place = from; place < to; ++place)
        for (int h = 0; h < 2; ++h)
          if (place >= begin[h] && place < begin[h] + count[h]) {
            int64_t column = merge.groupedColumn(place);
            R *target = halves[h].get() + (place - begin[h]) * rows[h];
            if (column == missing)
              memset(target, 0, size_t(rows[h]) * sizeof(R));
            else
              memcpy(target, basis.at(starts[h], lo + column), size_t(rows[h]) * sizeof(R));
          }
    });
    for (int64_t j = 0; j < merge.numDeflated; ++j)
      memcpy(deflated.get() + j * height, basis.at(starts[0], lo + merge.column[merge.deflated[j]]),
             size_t(height) * sizeof(R));
    for (int64_t j = 0; j < merge.numDeflated; ++j)
      memcpy(basis.at(starts[0], lo + merge.numKept + j), deflated.get() + j * height, size_t(height) * sizeof(R));
    return true;
  }
  /// Columns [from, from + width) of the basis: the groups times `inner` (in groups, `ld` apart).
  void multiply(const Basis<R> &basis, int64_t lo, int64_t from, int64_t width, const R *inner, int64_t ld) const {
    const R one = 1, zero = 0;
    for (int h = 0; h < 2; ++h) {
      R *target = basis.at(starts[h], lo + from);
      BlasInt m = BlasInt(rows[h]), n = BlasInt(width), k = BlasInt(count[h]), ldb = BlasInt(ld),
              ldc = BlasInt(basis.matrix.ld);
      if (m == 0)
        continue;
      if (k == 0)
        for (int64_t j = 0; j < width; ++j)
          memset(target + j * basis.matrix.ld, 0, size_t(m) * sizeof(R));
      else
        blas<R>()->gemm("N", "N", &m, &n, &k, &one, halves[h].get(), &m, inner + begin[h], &ldb, &zero, target, &ldc, 1,
                        1);
    }
  }
};

/// Of work arrays, padded by zeros.
template <class R> R dotOf(const R *x, const R *y, int64_t padded) {
  R sum;
  dotColumns<R>(x, 0, padded, 1, y, &sum);
  return sum;
}
template <class R> void normalise(R *x, int64_t padded) {
  R factor = 1 / sqrt(dotOf(x, x, padded));
  for (int64_t i = 0; i < padded; ++i)
    x[i] *= factor;
}

/// body(begin, width) for tiles of inner vectors.
template <class R, class F> void forEachTile(int64_t count, int64_t height, F &&body) {
  int64_t width = tileWidth(count, 128);
  parallelFor((count + width - 1) / width, grainFor(double(width) * double(height) * double(count) * sizeof(R) * 0.01),
              [&](int64_t begin, int64_t end) {
                for (int64_t t = begin; t < end; ++t)
                  body(t * width, (t + 1) * width < count ? width : count - t * width);
              });
}

/// Merges two sorted sequences: body(isSecond, index in its half) in ascending order.
template <class R, class F>
void inOrder(const R *first, const int32_t *orderFirst, int64_t numFirst, const R *second, const int32_t *orderSecond,
             int64_t numSecond, F &&body) {
  for (int64_t i = 0, j = 0; i + j < numFirst + numSecond;)
    if (j == numSecond || (i < numFirst && first[orderFirst[i]] <= second[orderSecond[j]]))
      body(false, orderFirst[i++]);
    else
      body(true, orderSecond[j++]);
}

/// Runs a binary tree from its leaves: leaf(index), merge(level, index); both return 0 or a failure.
template <class Leaf, class Node> int64_t climb(int depth, Leaf &&leaf, Node &&node) {
  BatchFailure failure;
  for (int level = depth; level >= 0 && !failure.any(); --level)
    parallelFor(int64_t(1) << level, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        if (int64_t info = level == depth ? leaf(i) : node(level, i))
          failure.report(i, info);
    });
  return failure.any() ? failure.info() : 0;
}
int depthOf(int64_t n) {
  int depth = 0;
  while ((n + (int64_t(1) << depth) - 1) >> depth > largestLeaf)
    ++depth;
  return depth;
}

/// Without matrices of vectors: the new first and last entries of the vectors of node [lo, lo + count).
template <class R> int64_t mergeRows(const Merge<R> &poles, const Basis<R> &basis, int64_t lo, bool isSquared) {
  const int64_t kept = poles.numKept, size = poles.count, padded = poles.innerSize();
  Scratch<R> entries(2 * padded + 2 * size);
  if (!entries)
    return noMemory;
  R *first = entries.get(), *last = first + padded, *newFirst = last + padded, *newLast = newFirst + size;
  memset(static_cast<void *>(first), 0, size_t(2 * padded) * sizeof(R));
  for (int64_t p = 0; p < kept; ++p) {
    first[p] = basis.first[lo + poles.groupedColumn(p)];
    last[p] = basis.last[lo + poles.groupedColumn(p)];
  }
  std::atomic<int64_t> failure{0};
  forEachTile<R>(kept, 16, [&](int64_t from, int64_t width) {
    Scratch<R> inner(padded);
    if (!inner) {
      failure = noMemory;
      return;
    }
    for (int64_t j = from; j < from + width; ++j) {
      poles.innerVector(j, isSquared, inner.get());
      normalise(inner.get(), padded);
      newFirst[j] = dotOf(first, inner.get(), padded);
      newLast[j] = dotOf(last, inner.get(), padded);
    }
  });
  for (int64_t j = kept; j < size; ++j) {
    int64_t column = lo + poles.column[poles.deflated[j - kept]];
    newFirst[j] = basis.first[column];
    newLast[j] = basis.last[column];
  }
  memcpy(basis.first + lo, newFirst, size_t(size) * sizeof(R));
  memcpy(basis.last + lo, newLast, size_t(size) * sizeof(R));
  return failure;
}

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

//===----------------------------------------------------------------------===//
// Tridiagonal matrices
//===----------------------------------------------------------------------===//

template <class R> class Tridiagonal {
public:
  Tridiagonal(int64_t n, R *d, R *e, Basis<R> q, int32_t *order) : n(n), d(d), e(e), q(q), order(order) {}

  int64_t run() {
    int depth = depthOf(n);
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
    R vectors[largestLeaf * largestLeaf], work[2 * largestLeaf];
    BlasInt size = BlasInt(hi - lo), info = 0, ld = q.matrix.data ? BlasInt(q.matrix.ld) : size;
    R *z = q.matrix.data ? q.at(lo, lo) : vectors;
    lapack<R>()->steqr("I", &size, d + lo, e + lo, z, &ld, work, &info, 1);
    for (int64_t j = 0; j < size; ++j) {
      order[lo + j] = int32_t(j);
      if (!q.matrix.data) {
        q.first[lo + j] = z[j * ld];
        q.last[lo + j] = z[size - 1 + j * ld];
      }
    }
    return info;
  }

  int64_t merge(int64_t lo, int64_t cut, int64_t hi) {
    const int64_t size = hi - lo, half = cut - lo;
    const bool isFull = q.matrix.data;
    Merge<R> poles(size);
    if (!poles.ok)
      return noMemory;
    // z is of length 1
    const R edge = e[cut - 1], root = R(0.70710678118654752440), rho = 2 * fabs(edge);
    int64_t place = 0;
    R most = 0;
    inOrder(d + lo, order + lo, half, d + cut, order + cut, hi - cut, [&](bool isSecond, int64_t j) {
      int64_t column = isSecond ? half + j : j;
      R entry = isFull ? *q.at(isSecond ? cut : cut - 1, lo + column) : (isSecond ? q.first : q.last)[lo + column];
      poles.d[place] = d[lo + column];
      poles.z[place] = isSecond && edge < 0 ? -entry * root : entry * root;
      most = fmax(most, fmax(fabs(poles.d[place]), fabs(poles.z[place])));
      poles.column[place] = int32_t(column);
      poles.support[place++] = isSecond ? Second : First;
    });
    if (!isFull) {
      memset(q.last + lo, 0, size_t(half) * sizeof(R));
      memset(q.first + cut, 0, size_t(hi - cut) * sizeof(R));
    }
    poles.deflate(0, rho, 4 * std::numeric_limits<R>::epsilon() * most,
                  [&](int64_t x, int64_t y, R c, R s) { q.rotate(lo + x, lo + y, lo, size, c, s); });
    if (!poles.solve(rho, /*isSquared=*/false))
      return 1;
    if (int64_t failure = isFull ? vectors(poles, lo, cut, hi) : mergeRows(poles, q, lo, /*isSquared=*/false))
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
public:
  Bidiagonal(int64_t n, R *d, R *e, R most, Basis<R> u, Basis<R> v, int32_t *order)
      : n(n), d(d), e(e), smallest(std::numeric_limits<R>::epsilon() * std::numeric_limits<R>::epsilon() * most), u(u),
        v(v), order(order) {}

  int64_t run() {
    return climb(
        depthOf(n),
        [&](int64_t i) {
          auto [lo, hi] = node(depthOf(n), i);
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
    for (int64_t j = 0; j < size; ++j) { // LAPACK's versions differ in their order
      int64_t place = j;
      for (; place > 0 && d[lo + order[lo + place - 1]] > d[lo + j]; --place)
        order[lo + place] = order[lo + place - 1];
      order[lo + place] = int32_t(j);
    }
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
    if (int64_t failure = isFull() ? vectors(poles, lo, cut, hi) : mergeRows(poles, v, lo, /*isSquared=*/true))
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
  Rows<R> rows;
  if (vectors.data)
    clearMatrix(vectors, n);
  else if (!rows.resize(n))
    return noMemory;
  return Tridiagonal<R>(n, d, e, {vectors, rows.first.get(), rows.last.get()}, order).run();
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
