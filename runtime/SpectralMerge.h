// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A merge of divide and conquer: which poles stay, their roots, and the vectors of the halves times those of the change
// of rank one. Without vectors only their first and last entries are kept: they are all that a merge reads.
#ifndef TCC_RUNTIME_SPECTRALMERGE_H
#define TCC_RUNTIME_SPECTRALMERGE_H

#include "runtime/Decompose.h"
#include "runtime/DivideConquer.h"
#include "runtime/Reflectors.h"
#include "runtime/Secular.h"
#include <limits>
#include <math.h>

namespace tcc::runtime {

constexpr int64_t rootsAtOnce = 16;

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
inline int depthOf(int64_t n, int64_t largestLeaf) {
  int depth = 0;
  while ((n + (int64_t(1) << depth) - 1) >> depth > largestLeaf)
    ++depth;
  return depth;
}

/// Without matrices of vectors: the new first and last entries of the vectors of node [lo, lo + count).
template <class R> int64_t mergeRows(const Merge<R> &poles, const Basis<R> &basis, int64_t lo) {
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
      poles.innerVector(j, /*isSquared=*/true, inner.get());
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

} // namespace tcc::runtime
#endif
