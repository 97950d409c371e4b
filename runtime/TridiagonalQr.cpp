// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Both iterations are chains of dependent operations: their scalars are double precision for float, too, which costs
// nothing and leaves no room for overflow, and they are written to keep the chain short.
#include "runtime/TridiagonalQr.h"
#include "runtime/Decompose.h"
#include "runtime/VectorLanes.h"
#include <atomic>
#include <limits>
#include <math.h>
#include <string.h>

namespace tcc::runtime {
namespace {

std::atomic<int64_t> mostSteps{30};

/// Against entries of the size of 1; squares are still normal numbers.
constexpr double negligible = 1e-140;

TCC_INLINE int64_t endOfBlock(const double *e, int64_t first, int64_t n) {
  int64_t last = first;
  while (last + 1 < n && e[last] != 0)
    ++last;
  return last;
}
template <class X> TCC_INLINE void exchange(X &x, X &y) {
  X old = x;
  x = y;
  y = old;
}

/// Takes steps until no e is left. split(first, last) makes negligible ones zero; exchangeColumns(i, j) is told where
/// the ends of a block are exchanged, so that the smaller diagonal entry, near which eigenvalues are found first, is in
/// front.
template <class Split, class Step, class Exchange>
TCC_INLINE bool iterate(int64_t n, double *d, double *e, Split &&split, Step &&step, Exchange &&exchangeColumns) {
  int64_t left = mostSteps * n;
  split(0, n - 1);
  for (int64_t begin = 0; begin < n;) {
    int64_t end = endOfBlock(e, begin, n);
    if (fabs(d[end]) < fabs(d[begin])) {
      for (int64_t i = begin, j = end; i < j; ++i, --j) {
        exchange(d[i], d[j]);
        exchangeColumns(i, j);
      }
      for (int64_t i = begin, j = end - 1; i < j; ++i, --j)
        exchange(e[i], e[j]);
    }
    for (; begin <= end; ++begin)
      for (int64_t last = endOfBlock(e, begin, end + 1); begin < last; last = endOfBlock(e, begin, last + 1)) {
        if (left-- == 0)
          return false;
        step(begin, last);
        split(begin, last);
      }
  }
  return true;
}

/// The eigenvalue of the leading 2 x 2 block that is nearer to d[0] (Wilkinson 1968).
TCC_INLINE double shiftFor(double first, double second, double coupling) {
  double half = (second - first) / (2 * coupling), root = sqrt(half * half + 1);
  return first - coupling / (half + (half < 0 ? -root : root));
}

/// One step of the QL iteration without square roots on rows [first, last], e squared. With c and s the squares of a
/// rotation's cosine and sine, p = gamma^2 / c (Pal, Walker and Kahan; Parlett 1980, section 8.15). The next p,
/// (p (alpha - shift) - s' gamma)^2 / (p r), is computed without waiting for c, s and gamma.
TCC_INLINE void squaredStep(double *d, double *e, int64_t first, int64_t last, double shift) {
  constexpr double least = 1e-280;
  double gamma = d[last] - shift, p = gamma * gamma, s = 0, before = 1, beforeR = 1;
  for (int64_t i = last - 1; i >= first; --i) {
    double square = e[i], r = p + square, alpha = d[i], turned = p * (alpha - shift) - square * gamma;
    double top = turned * turned, bottom = p * r, old = p;
    if (i + 1 < last)
      e[i + 1] = s * r;
    s = square / r;
    double next = turned / r;
    d[i + 1] = gamma + (alpha - next);
    gamma = next;
    if (__builtin_expect(top > least && bottom > least, 1))
      p = top / bottom;
    else if (double c = p / r; c > least)
      p = gamma * gamma / c;
    else
      p = before / beforeR * square;
    before = old;
    beforeR = r;
  }
  e[first] = s * p;
  d[first] = shift + gamma;
}

/// Rotation i, of columns i and i + 1, for i from last - 1 down to first.
struct Rotations {
  int64_t first = 0, last = 0;
  double cosine[mostTridiagonalVectors], sine[mostTridiagonalVectors];
};

/// One implicit QL step (Bowdler, Martin, Reinsch and Wilkinson 1968). While its chain of operations waits for itself,
/// meanwhile() finds idle units.
template <class F>
TCC_INLINE void implicitStep(double *d, double *e, double shift, Rotations &rotations, F &&meanwhile) {
  double g = d[rotations.last] - shift, s = 1, c = 1, p = 0;
  for (int64_t i = rotations.last - 1; i >= rotations.first; --i) {
    double f = s * e[i], b = c * e[i], square = f * f + g * g, root = sqrt(square), inverse = 1 / square;
    if (i + 1 < rotations.last)
      e[i + 1] = root;
    s = f * inverse * root;
    c = g * inverse * root;
    if (__builtin_expect(!(square > negligible * negligible), 0)) // zero: any rotation will do
      s = 1, c = 0;
    rotations.cosine[i] = c;
    rotations.sine[i] = s;
    g = d[i + 1] - p;
    double turned = (d[i] - g) * s + (2 * b) * c;
    p = s * turned;
    d[i + 1] = g + p;
    g = c * turned - b;
    meanwhile();
  }
  d[rotations.first] -= p;
  e[rotations.first] = g;
}

/// Columns x_i, x_(i+1) become c x_i - s x_(i+1), s x_i + c x_(i+1), one rotation at a time, in a few vectors of rows.
template <class R, int bytes> class Turning {
public:
  using V = Vector<R, bytes>;
  static constexpr int lanes = LanesOf<R, bytes>::count, most = int(mostTridiagonalVectors) / lanes,
                       atOnce = vectorRegisters<bytes> / 4 < most ? vectorRegisters<bytes> / 4 : most,
                       numRows = atOnce * lanes;

  TCC_INLINE Turning(R *z, int64_t ld, const Rotations &rotations)
      : z(z), ld(ld), rotations(rotations), next(rotations.last - 1) {
    for (int k = 0; k < atOnce; ++k)
      running[k] = vectorAt<R, bytes>(z + rotations.last * ld + k * lanes);
  }
  TCC_INLINE void one() {
    if (next < rotations.first)
      return;
    V c = V{} + R(rotations.cosine[next]), s = V{} + R(rotations.sine[next]);
    for (int k = 0; k < atOnce; ++k) {
      V x = vectorAt<R, bytes>(z + next * ld + k * lanes);
      vectorAt<R, bytes>(z + (next + 1) * ld + k * lanes) = s * x + c * running[k];
      running[k] = c * x - s * running[k];
    }
    --next;
  }
  TCC_INLINE void all() {
    while (next >= rotations.first)
      one();
    for (int k = 0; k < atOnce; ++k)
      vectorAt<R, bytes>(z + rotations.first * ld + k * lanes) = running[k];
  }

private:
  R *z;
  int64_t ld;
  const Rotations &rotations;
  int64_t next;
  V running[atOnce];
};

} // namespace

void limitTridiagonalSteps(int64_t steps) { mostSteps = steps; }

template <class R> int64_t tridiagonalValues(int64_t n, R *diagonal, const R *couplings) {
  Scratch<double> d(n), e(n);
  if (!d || !e)
    return noMemory;
  constexpr double epsilon = std::numeric_limits<R>::epsilon() / 2;
  for (int64_t i = 0; i < n; ++i) {
    d[i] = diagonal[i];
    e[i] = i + 1 < n ? double(couplings[i]) * double(couplings[i]) : 0;
  }
  bool converged = false;
  vectorised([&]<int>() TCC_INLINED {
    converged = iterate(
        n, d.get(), e.get(),
        [&](int64_t first, int64_t last) TCC_INLINED {
          for (int64_t i = first; i < last; ++i)
            if (e[i] <= epsilon * epsilon * fabs(d[i] * d[i + 1]) || e[i] <= negligible * negligible)
              e[i] = 0;
        },
        [&](int64_t first, int64_t last) TCC_INLINED {
          squaredStep(d.get(), e.get(), first, last, shiftFor(d[first], d[first + 1], sqrt(e[first])));
        },
        [](int64_t, int64_t) TCC_INLINED {});
  });
  for (int64_t j = 0; j < n; ++j) { // nearly sorted
    int64_t place = j;
    for (; place > 0 && double(diagonal[place - 1]) > d[j]; --place)
      diagonal[place] = diagonal[place - 1];
    diagonal[place] = R(d[j]);
  }
  return converged ? 0 : 1;
}

template <class R> int64_t tridiagonalVectors(int64_t n, R *diagonal, const R *couplings, R *vectors, int64_t ld) {
  constexpr int64_t most = mostTridiagonalVectors;
  constexpr double epsilon = std::numeric_limits<R>::epsilon() / 2;
  double d[most], e[most];
  Rotations both[2], *made = both, *pending = both + 1; // those of the step before are applied during the next one
  alignas(64) R z[most * most];
  bool converged = false;
  vectorised([&]<int bytes>() TCC_INLINED {
    using Turn = Turning<R, bytes>;
    const int64_t rows = (n + Turn::numRows - 1) / Turn::numRows * Turn::numRows;
    memset(static_cast<void *>(z), 0, size_t(rows * n) * sizeof(R));
    for (int64_t i = 0; i < n; ++i) {
      d[i] = diagonal[i];
      e[i] = i + 1 < n ? double(couplings[i]) : 0;
      z[i * (rows + 1)] = 1;
    }
    auto applyPending = [&](int64_t from) TCC_INLINED {
      for (int64_t row = from; row < rows; row += Turn::numRows)
        Turn(z + row, rows, *pending).all();
    };
    auto split = [&](int64_t first, int64_t last) TCC_INLINED {
      for (int64_t i = first; i < last; ++i)
        if (e[i] * e[i] <= epsilon * epsilon * fabs(d[i] * d[i + 1]) || fabs(e[i]) <= negligible)
          e[i] = 0;
    };
    auto step = [&](int64_t first, int64_t last) TCC_INLINED {
      made->first = first;
      made->last = last;
      Turn turn(z, rows, *pending);
      implicitStep(d, e, shiftFor(d[first], d[first + 1], e[first]), *made, [&]() TCC_INLINED { turn.one(); });
      turn.all();
      applyPending(Turn::numRows);
      exchange(made, pending);
    };
    auto exchangeColumns = [&](int64_t i, int64_t j) TCC_INLINED {
      applyPending(0);
      pending->last = pending->first;
      for (int64_t k = 0; k < rows; ++k)
        exchange(z[i * rows + k], z[j * rows + k]);
    };
    converged = iterate(n, d, e, split, step, exchangeColumns);
    applyPending(0);
    for (int64_t j = 0; j < n; ++j) {
      diagonal[j] = R(d[j]);
      for (int64_t i = 0; i < n; ++i)
        vectors[i + j * ld] = z[i + j * rows];
    }
  });
  return converged ? 0 : 1;
}

#define TCC_TRIDIAGONAL(R)                                                                                             \
  template int64_t tridiagonalValues(int64_t, R *, const R *);                                                         \
  template int64_t tridiagonalVectors(int64_t, R *, const R *, R *, int64_t);
TCC_TRIDIAGONAL(float)
TCC_TRIDIAGONAL(double)
#undef TCC_TRIDIAGONAL

} // namespace tcc::runtime
