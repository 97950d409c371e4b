// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Early deflation takes the Schur form of a window at the end of the active block: rows whose part of the spike, which
// the subdiagonal entry before the window becomes, is negligible have converged; the eigenvalues of the others are
// shifts.
#include "runtime/HessenbergQr.h"
#include "runtime/ComplexArithmetic.h"
#include "runtime/Decompose.h"
#include "runtime/PanelArithmetic.h"
#include "runtime/Reflectors.h"
#include <limits>
#include <math.h>

namespace tcc::runtime {
namespace {

template <class R> constexpr R ulp = std::numeric_limits<R>::epsilon();
template <class R> constexpr R safeMin = std::numeric_limits<R>::min();

/// The first row of the unreduced block that ends with row `high`; the subdiagonal entry before it becomes zero. By
/// Ahues and Tisseur (LAPACK Working Note 122, 1997).
template <class T> int64_t beginOfBlock(const HessenbergProblem<T> &p, int64_t high) {
  using R = Real<T>;
  const R small = safeMin<R> * (R(p.n) / ulp<R>);
  for (int64_t k = high; k > 0; --k) {
    T *row = p.h + k * p.ld, *above = row - p.ld;
    const R below = sizeOf(row[k - 1]);
    bool isNegligible = below <= small;
    if (!isNegligible) {
      R diagonal = sizeOf(above[k - 1]) + sizeOf(row[k]);
      if (diagonal == 0) {
        if (k >= 2)
          diagonal += sizeOf(above[k - 2]);
        if (k + 1 < p.n)
          diagonal += sizeOf(row[p.ld + k]);
      }
      if (below <= ulp<R> * diagonal) {
        const R opposite = sizeOf(above[k]), own = sizeOf(row[k]), apart = sizeOf(above[k - 1] - row[k]);
        const R ab = fmax(below, opposite), ba = fmin(below, opposite), aa = fmax(own, apart), bb = fmin(own, apart);
        const R s = aa + ab;
        isNegligible = ba * (ab / s) <= fmax(small, ulp<R> * (bb * (aa / s)));
      }
    }
    if (isNegligible) {
      row[k - 1] = T(0);
      return k;
    }
  }
  return 0;
}

/// Rows k and k + 1 by [c s; -conj(s) c] from the left, columns by its adjoint from the right.
template <class T> void rotateRows(T *a, int64_t ld, int64_t k, int64_t from, int64_t to, Real<T> c, T s) {
  T *x = a + k * ld, *y = x + ld;
  const T cosine(c), back = conjugate(s);
  for (int64_t j = from; j < to; ++j) {
    T u = x[j], v = y[j];
    x[j] = cosine * u + s * v;
    y[j] = cosine * v - back * u;
  }
}
template <class T> void rotateColumns(T *a, int64_t ld, int64_t rows, int64_t k, Real<T> c, T s) {
  const T cosine(c), back = conjugate(s);
  for (int64_t i = 0; i < rows; ++i) {
    T *x = a + i * ld + k, u = x[0], v = x[1];
    x[0] = cosine * u + back * v;
    x[1] = cosine * v - s * u;
  }
}

/// A rotation that makes [a b; c d] triangular, or if its eigenvalues are complex a = d and b c < 0.
template <class R> void standardise(R &a, R &b, R &c, R &d, R &cosine, R &sine) {
  cosine = 1, sine = 0;
  auto sign = [](R x) { return signbit(x) ? R(-1) : R(1); };
  if (c == 0)
    return;
  if (b == 0) {
    cosine = 0, sine = 1;
    R old = d;
    d = a, a = old;
    b = -c, c = 0;
    return;
  }
  if (a - d == 0 && sign(b) != sign(c))
    return;
  R half = R(0.5) * (a - d), most = fmax(fabs(b), fabs(c)), least = fmin(fabs(b), fabs(c)) * sign(b) * sign(c);
  R scale = fmax(fabs(half), most), discriminant = half / scale * half + most / scale * least;
  if (discriminant >= 4 * ulp<R>) {
    // Real eigenvalues, clearly apart.
    R z = half + sign(half) * (R(sqrt(scale)) * R(sqrt(discriminant)));
    a = d + z;
    d = d - most / z * least;
    R tau = hypot(c, z);
    cosine = z / tau, sine = c / tau;
    b = b - c;
    c = 0;
    return;
  }
  // Complex or nearly equal: first a = d.
  R sum = b + c, difference = a - d;
  {
    R large = fmax(fabs(difference), fabs(sum));
    int exponent;
    frexp(large, &exponent);
    sum = ldexp(sum, -exponent), difference = ldexp(difference, -exponent);
  }
  R tau = hypot(sum, difference);
  cosine = sqrt(R(0.5) * (1 + fabs(sum) / tau));
  sine = -(R(0.5) * difference / (tau * cosine)) * sign(sum);
  R aa = a * cosine + b * sine, bb = -a * sine + b * cosine, cc = c * cosine + d * sine, dd = -c * sine + d * cosine;
  a = aa * cosine + cc * sine;
  b = bb * cosine + dd * sine;
  c = -aa * sine + cc * cosine;
  d = -bb * sine + dd * cosine;
  R middle = R(0.5) * (a + d);
  a = d = middle;
  if (c == 0)
    return;
  if (b == 0) {
    b = -c, c = 0;
    R old = cosine;
    cosine = -sine, sine = old;
  } else if (sign(b) == sign(c)) {
    // Real after all.
    R rootB = sqrt(fabs(b)), rootC = sqrt(fabs(c)), p = rootB * rootC * sign(c), over = 1 / sqrt(fabs(b + c));
    a = middle + p;
    d = middle - p;
    b = b - c;
    c = 0;
    R c1 = rootB * over, s1 = rootC * over, old = cosine;
    cosine = old * c1 - sine * s1;
    sine = old * s1 + sine * c1;
  }
}

template <class R> Complex<R> complexFrom(R x) { return {x, 0}; }
template <class R> Complex<R> complexFrom(Complex<R> x) { return x; }

/// d + z is the eigenvalue of [a b; c d] that is farther from d; the other one is d - b c / z.
template <class C> C offsetFromCorner(C a, C b, C c, C d) {
  // Squares of small numbers must not vanish.
  const Real<C> size = fmax(sizeOf(a - d), fmax(sizeOf(b), sizeOf(c)));
  int exponent = 0;
  frexp(size, &exponent);
  const C half = timesPowerOfTwo(a - d, -exponent - 1);
  const C root = rootOf(half * half + timesPowerOfTwo(b, -exponent) * timesPowerOfTwo(c, -exponent));
  const C plus = half + root, minus = half - root;
  return timesPowerOfTwo(squareOf(plus) >= squareOf(minus) ? plus : minus, exponent);
}

template <class R> ShiftPair<R> eigenvaluesOf(Complex<R> a, Complex<R> b, Complex<R> c, Complex<R> d) {
  const Complex<R> z = offsetFromCorner(a, b, c, d);
  if (z == Complex<R>(0))
    return {d, d};
  return {d + z, d - quotient(b, z) * c};
}

} // namespace

template <class T> void triangularizePair(const HessenbergProblem<T> &p, int64_t k, Complex<Real<T>> *values) {
  using R = Real<T>;
  T *row = p.h + k * p.ld + k, *next = row + p.ld;
  R cosine;
  T sine;
  if constexpr (isComplex<T>) {
    // (z, c) belongs to the eigenvalue d + z.
    const T c = next[0], z = offsetFromCorner(row[0], row[1], c, next[1]);
    R size = R(hypot(z.re, z.im)), norm = R(hypot(size, hypot(c.re, c.im)));
    T phase = size == 0 ? T(1) : T(z.re / size, z.im / size);
    cosine = norm == 0 ? R(1) : size / norm;
    sine = norm == 0 ? T(0) : phase * T(c.re / norm, -c.im / norm);
    rotateRows(p.h, p.ld, k, k, p.wantsForm ? p.n : k + 2, cosine, sine);
    rotateColumns(p.h + (p.wantsForm ? 0 : k * p.ld), p.ld, p.wantsForm ? k + 2 : 2, k, cosine, sine);
    next[0] = T(0);
    values[0] = row[0], values[1] = next[1];
  } else {
    R a = row[0], b = row[1], c = next[0], d = next[1];
    standardise(a, b, c, d, cosine, sine);
    if (p.wantsForm) {
      rotateRows(p.h, p.ld, k, k + 2, p.n, cosine, sine);
      rotateColumns(p.h, p.ld, k, k, cosine, sine);
    }
    row[0] = a, row[1] = b, next[0] = c, next[1] = d;
    R imaginary = c == 0 ? R(0) : R(sqrt(fabs(b))) * R(sqrt(fabs(c)));
    values[0] = {a, imaginary}, values[1] = {d, -imaginary};
  }
  if (p.zt)
    rotateRows(p.zt, p.ldz, k, 0, p.zRows, cosine, conjugate(sine));
}

namespace {

/// The eigenvalues of rows k and k + 1 as shifts.
template <class T> ShiftPair<Real<T>> shiftsOfPair(const HessenbergProblem<T> &p, int64_t k) {
  using R = Real<T>;
  const T *row = p.h + k * p.ld + k, *next = row + p.ld;
  auto pair = eigenvaluesOf(complexFrom(row[0]), complexFrom(row[1]), complexFrom(next[0]), complexFrom(next[1]));
  if constexpr (!isComplex<T>) {
    if (pair.first.im != 0) {
      pair.second = conjugate(pair.first);
      return pair;
    }
    pair.second.im = 0;
  }
  // The one that is closer to the corner, twice.
  const Complex<R> corner = complexFrom(next[1]);
  const bool isFirst = squareOf(pair.first - corner) < squareOf(pair.second - corner);
  (isFirst ? pair.second : pair.first) = isFirst ? pair.first : pair.second;
  return pair;
}

/// Shifts that are no eigenvalues, where those did not help (as LAPACK's laqr0).
template <class T> ShiftPair<Real<T>> exceptionalShifts(const HessenbergProblem<T> &p, int64_t row) {
  using R = Real<T>;
  const T *last = p.h + row * p.ld, *above = last - p.ld;
  const R size = sizeOf(last[row - 1]) + sizeOf(above[row - 2]);
  const Complex<R> center = complexFrom(last[row]) + Complex<R>(R(0.75) * size);
  const R apart = size * R(0.6614378277661477); // sqrt(0.4375)
  return {center + Complex<R>(0, apart), center - Complex<R>(0, apart)};
}

/// a -= factors w^T for rows of `count` numbers, a multiple of 64 bytes.
template <class T> void subtractOuter(T *a, int64_t ld, int64_t rows, const T *factors, const T *w, int64_t count) {
  vectorised([&]<int bytes>() TCC_INLINED {
    using Lanes = PanelLanes<T, bytes>;
    for (int64_t j = 0; j < count; j += Lanes::columns) {
      typename Lanes::V values[Lanes::parts];
      Lanes::split(vectorAt<Real<T>, bytes>(numbers(w + j)), values);
      for (int64_t i = 0; i < rows; ++i)
        Lanes::subtract(vectorAt<Real<T>, bytes>(numbers(a + i * ld + j)), factors[i], values);
    }
  });
}

/// Bulges of a sweep and rows of the window in which eigenvalues are sought before it, for an active block of `rows`;
/// neither grows as the block shrinks. Measured: a window pays from 80 rows on.
struct Effort {
  int64_t bulges, window;
};
Effort effortFor(int64_t rows) {
  if (rows < 80)
    return {1, 0};
  if (rows < 150)
    return {4, 16};
  if (rows < 300)
    return {4, 24};
  return rows < 600 ? Effort{6, 32} : Effort{8, 48};
}
/// Percents of a window that have to converge for it to be tried again at once.
constexpr int64_t promising = 14;

int64_t sweepsPerRow = 30;

} // namespace

template <class T> bool HessenbergQr<T>::allocate(int64_t n) {
  const Effort most = effortFor(n);
  const int64_t inner = most.window > 0 ? most.window : 1, rows = paddedRows<T>(inner);
  ld = rows;
  return sweep.allocate(n, most.bulges) && innerSweep.allocate(inner, 1) && basis.allocate(inner) &&
         form.resize(rows * ld) && vectors.resize(rows * ld) && spike.resize(ld) && conjugated.resize(ld) &&
         factors.resize(rows) && sums.resize(ld) && values.resize(inner) && shifts.resize(inner + 2);
}

void limitQrSweeps(int64_t perRow) { sweepsPerRow = perRow; }

template <class T> int64_t HessenbergQr<T>::run(const HessenbergProblem<T> &problem, Complex<Real<T>> *w) {
  return iterate(problem, w, sweep, true);
}

template <class T>
int64_t HessenbergQr<T>::iterate(const HessenbergProblem<T> &p, Complex<Real<T>> *w, BulgeSweep<T> &with,
                                 bool deflatesEarly) {
  int64_t high = p.n - 1, stalled = 0, left = sweepsPerRow * (p.n > 10 ? p.n : 10);
  while (high >= 0) {
    const int64_t low = beginOfBlock(p, high), rows = high - low + 1;
    if (rows <= 2) {
      if (rows == 1)
        w[high] = complexFrom(p.h[high * (p.ld + 1)]);
      else
        triangularizePair(p, low, w + low);
      high = low - 1;
      stalled = 0;
      continue;
    }
    if (left-- <= 0)
      return high + 1;
    const Effort effort = deflatesEarly ? effortFor(rows) : Effort{1, 0};
    int64_t end = high, count = 0;
    if (effort.window) {
      int64_t numShifts = 0, deflated = deflate(p, low, high, effort.window, numShifts);
      if (deflated) {
        stalled = 0;
        end -= deflated;
        if (deflated * 100 > promising * effort.window || end - low < 2)
          continue;
      }
      count = pairShifts(numShifts, effort.bulges);
    }
    if (++stalled % 6 == 0)
      for (count = 0; count < effort.bulges && end - 2 * count >= low + 2; ++count)
        shifts[count] = exceptionalShifts(p, end - 2 * count);
    else if (count == 0)
      shifts[count++] = shiftsOfPair(p, end - 1);
    if (!with.run(p, low, end, shifts.get(), count))
      return noMemory;
  }
  return 0;
}

/// Pairs of the last eigenvalues of the window, the first `numShifts` of which have not converged.
template <class T> int64_t HessenbergQr<T>::pairShifts(int64_t numShifts, int64_t most) {
  int64_t count = 0, single = -1;
  for (int64_t j = numShifts - 1; j >= 0 && count < most; --j) {
    if (!isComplex<T> && values[j].im != 0) {
      shifts[count++] = {values[j - 1], values[j]};
      --j;
    } else if (single >= 0) {
      shifts[count++] = {values[single], values[j]};
      single = -1;
    } else {
      single = j;
    }
  }
  if (count == 0 && single >= 0)
    shifts[count++] = {values[single], values[single]};
  return count;
}

/// Eigenvalues that were found to have converged at the end of rows [low, high]: these rows are in Schur form then. If
/// none, the matrix is as it was.
template <class T>
int64_t HessenbergQr<T>::deflate(const HessenbergProblem<T> &p, int64_t low, int64_t high, int64_t rows,
                                 int64_t &numShifts) {
  using R = Real<T>;
  const int64_t top = high - rows + 1, padded = paddedRows<T>(rows) * ld;
  T coupling = top > low ? p.h[top * p.ld + top - 1] : T(0);
  memset(static_cast<void *>(form.get()), 0, size_t(padded) * sizeof(T));
  memset(static_cast<void *>(vectors.get()), 0, size_t(padded) * sizeof(T));
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t from = i > 0 ? i - 1 : 0;
    memcpy(static_cast<void *>(form.get() + i * ld + from), p.h + (top + i) * p.ld + top + from,
           size_t(rows - from) * sizeof(T));
    vectors[i * (ld + 1)] = T(1);
  }
  if (iterate({rows, form.get(), ld, vectors.get(), ld, rows, true}, values.get(), innerSweep, false)) {
    numShifts = 0;
    return 0;
  }
  const R small = safeMin<R> * (R(p.n) / ulp<R>), spikeSize = sizeOf(coupling);
  int64_t size = rows;
  while (size > 0) {
    const T *row = form.get() + (size - 1) * ld;
    const bool isPair = !isComplex<T> && size >= 2 && row[size - 2] != T(0);
    R weight = sizeOf(row[size - 1]), part = spikeSize * sizeOf(vectors[(size - 1) * ld]);
    if (isPair) {
      weight += R(sqrt(sizeOf(row[size - 2]))) * R(sqrt(sizeOf(row[size - 1 - ld])));
      part = R(fmax(part, spikeSize * sizeOf(vectors[(size - 2) * ld])));
    }
    if (weight == 0)
      weight = spikeSize;
    if (part > fmax(small, ulp<R> * weight))
      break;
    size -= isPair ? 2 : 1;
  }
  numShifts = size;
  if (size == rows)
    return 0;
  R beta = 0;
  if (size > 0) {
    for (int64_t j = 0; j < ld; ++j)
      spike[j] = j < size ? conjugate(vectors[j * ld]) : T(0);
    restoreHessenberg(rows, size, beta);
  }
  if (top > low)
    p.h[top * p.ld + top - 1] = coupling * T(beta);
  for (int64_t i = 0; i < rows; ++i)
    memcpy(static_cast<void *>(p.h + (top + i) * p.ld + top), form.get() + i * ld, size_t(rows) * sizeof(T));
  basis.apply(p, top, p.wantsForm ? 0 : low, p.wantsForm ? p.n : high + 1, vectors.get(), ld, rows);
  return rows - size;
}

/// The spike becomes (beta, 0, ..), the first `size` rows of the form Hessenberg again.
template <class T> void HessenbergQr<T>::restoreHessenberg(int64_t rows, int64_t size, Real<T> &beta) {
  T *const x = spike.get();
  for (int64_t k = -1; k < 0 || k < size - 2; ++k) {
    Real<T> entry;
    if (k >= 0) {
      for (int64_t i = 0; i < ld; ++i)
        x[i] = i > k && i < size ? form[i * ld + k] : T(0);
    }
    const T tau = makeReflector(x, k + 1, ld, k < 0 ? beta : entry);
    for (int64_t i = 0; i < ld; ++i)
      conjugated[i] = conjugate(x[i]);
    // From the left: rows of the form.
    memset(static_cast<void *>(sums.get()), 0, size_t(ld) * sizeof(T));
    addColumns<T>(form.get() + (k + 1) * ld, ld, ld, size - k - 1, conjugated.get() + k + 1, sums.get());
    for (int64_t i = k + 1; i < size; ++i)
      factors[i] = x[i] * conjugate(tau);
    subtractOuter(form.get() + (k + 1) * ld, ld, size - k - 1, factors.get() + k + 1, sums.get(), ld);
    if (k >= 0) {
      form[(k + 1) * ld + k] = T(entry);
      for (int64_t i = k + 2; i < size; ++i)
        form[i * ld + k] = T(0);
    }
    // From the right: columns of the form and of the basis, which are rows of its transpose.
    dotColumns<T>(form.get(), ld, ld, size, conjugated.get(), factors.get());
    for (int64_t i = 0; i < size; ++i)
      factors[i] = conjugate(factors[i]) * tau;
    subtractOuter(form.get(), ld, size, factors.get(), conjugated.get(), ld);
    memset(static_cast<void *>(sums.get()), 0, size_t(ld) * sizeof(T));
    addColumns<T>(vectors.get() + (k + 1) * ld, ld, ld, size - k - 1, x + k + 1, sums.get());
    for (int64_t i = k + 1; i < size; ++i)
      factors[i] = conjugated[i] * tau;
    subtractOuter(vectors.get() + (k + 1) * ld, ld, size - k - 1, factors.get() + k + 1, sums.get(), ld);
  }
}

template void triangularizePair(const HessenbergProblem<Complex<float>> &, int64_t, Complex<float> *);
template void triangularizePair(const HessenbergProblem<Complex<double>> &, int64_t, Complex<double> *);
template class HessenbergQr<float>;
template class HessenbergQr<double>;
template class HessenbergQr<Complex<float>>;
template class HessenbergQr<Complex<double>>;

} // namespace tcc::runtime
