// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bulge b of a sweep makes its step s, a reflection of rows s + 1 to s + 3 that clears column s, at the time
// s - (low - 1) + 3 b. A window is what the steps of some times touch near the diagonal; it is worked on in a copy, so
// that vectors may run over its edges. Rows above the last bulge of the chain wait until the sweep is over.
#include "runtime/BulgeSweep.h"
#include "runtime/PanelArithmetic.h"
#include "runtime/Threads.h"
#include <atomic>

namespace tcc::runtime {
namespace {

/// Rows that begin to wait together: a line of the cache of them.
template <class T> inline constexpr int64_t blockRows = rowsAtOnce<T>;
/// Blocks to which a reflection is applied at once, as many as registers allow: a chain alone waits for its own
/// results.
template <class T, int bytes>
inline constexpr int blocksAtOnce = bytes == 64                    ? (isComplex<T> ? 4 : 6)
                                    : bytes == 32 && !isComplex<T> ? 2
                                                                   : 1;
/// Times of a window.
template <class T> int64_t timesTogether(int64_t count) { return count <= 2 ? 16 : 16 + count / 4 * 8; }

template <class T> void copyNumbers(T *to, const T *from, int64_t count) {
  memcpy(static_cast<void *>(to), from, size_t(count) * sizeof(T));
}
template <class T> void clearNumbers(T *x, int64_t count) {
  memset(static_cast<void *>(x), 0, size_t(count) * sizeof(T));
}
template <class T> int64_t alignDown(int64_t i) { return i / rowsAtOnce<T> * rowsAtOnce<T>; }

/// x, three numbers, becomes (beta, v1, v2) with (1 - tau v v^H)^H x = (beta, 0, 0) for v = (1, v1, v2) and real beta;
/// returns tau. Squares of doubles must be in range.
template <class T> TCC_INLINE T reflectorInRange(T *x) {
  using R = Real<T>;
  auto square = [](T v) TCC_INLINED {
    return double(realOf(v)) * double(realOf(v)) + double(imaginaryOf(v)) * double(imaginaryOf(v));
  };
  const double re = double(realOf(x[0])), im = double(imaginaryOf(x[0])), tail = square(x[1]) + square(x[2]);
  if (tail == 0 && im == 0)
    return T(0);
  const double norm = sqrt(re * re + im * im + tail), beta = re > 0 ? -norm : norm, a = re - beta, over = 1 / beta;
  x[0] = T(R(beta));
  if constexpr (isComplex<T>) {
    const double inverse = 1 / (a * a + im * im), inverseRe = a * inverse, inverseIm = -im * inverse;
    for (int i = 1; i < 3; ++i) {
      double u = double(x[i].re), v = double(x[i].im);
      x[i] = {R(u * inverseRe - v * inverseIm), R(u * inverseIm + v * inverseRe)};
    }
    return {R(-a * over), R(-im * over)};
  } else {
    const double inverse = 1 / a;
    x[1] = R(double(x[1]) * inverse);
    x[2] = R(double(x[2]) * inverse);
    return R(-a * over);
  }
}
/// The same for any numbers.
template <class T> TCC_INLINE T makeSmallReflector(T *x) {
  if constexpr (sizeof(Real<T>) == 4) {
    return reflectorInRange(x);
  } else {
    const double most = fmax(sizeOf(x[0]), fmax(sizeOf(x[1]), sizeOf(x[2])));
    if (most > 1e-100 && most < 1e100)
      return reflectorInRange(x);
    if (most == 0)
      return T(0);
    int exponent;
    frexp(most, &exponent);
    for (int i = 0; i < 3; ++i)
      x[i] = timesPowerOfTwo(x[i], -exponent);
    T tau = reflectorInRange(x);
    x[0] = timesPowerOfTwo(x[0], exponent);
    return tau;
  }
}

/// The first column of (h - s1) (h - s2), but for a factor, from the block's first rows and columns.
template <class T> void startBulge(const T *row0, const T *row1, const T *row2, ShiftPair<Real<T>> s, T *x) {
  using R = Real<T>;
  const R size = sizeOf(row0[0] - complexOf<T>(s.second.re, 0)) + R(fabs(s.second.im)) + sizeOf(row1[0]);
  if (size == 0) {
    x[0] = x[1] = x[2] = T(0);
    return;
  }
  const R scale = 1 / size;
  const T below = row1[0] * T(scale), trace = row0[0] + row1[1];
  if constexpr (isComplex<T>) {
    x[0] = (row0[0] - s.first) * ((row0[0] - s.second) * T(scale)) + row0[1] * below;
    x[1] = below * (trace - s.first - s.second);
  } else {
    x[0] = (row0[0] - s.first.re) * ((row0[0] - s.second.re) * scale) - s.first.im * (s.second.im * scale) +
           row0[1] * below;
    x[1] = below * (trace - s.first.re - s.second.re);
  }
  x[2] = below * row2[1];
}

/// A number that multiplies vectors.
template <class T, int bytes> struct Factor {
  using R = Real<T>;
  using V = Vector<R, bytes>;
  V re, im;
  TCC_INLINE explicit Factor(T x, bool isConjugated = false) {
    re = V{} + realOf(x);
    if constexpr (isComplex<T>)
      im = (isConjugated ? -x.im : x.im) * signs(std::make_integer_sequence<int, LanesOf<R, bytes>::count>());
  }
  template <int... l> TCC_INLINE static V signs(std::integer_sequence<int, l...>) {
    return V{(l % 2 ? R(1) : R(-1))...};
  }
};
/// A vector, and of complex numbers the same with real and imaginary parts exchanged.
template <class T, int bytes> struct Turned {
  using V = Vector<Real<T>, bytes>;
  V straight, crossed;
  TCC_INLINE explicit Turned(V x) : straight(x) {
    if constexpr (isComplex<T>)
      crossed = [&]<int... l>(std::integer_sequence<int, l...>) TCC_INLINED {
        return V(__builtin_shufflevector(x, x, (l ^ 1)...));
      }(std::make_integer_sequence<int, LanesOf<Real<T>, bytes>::count>());
  }
};
template <class T, int bytes>
TCC_INLINE void addTo(Vector<Real<T>, bytes> &sum, const Factor<T, bytes> &f, const Turned<T, bytes> &x) {
  sum += f.re * x.straight;
  if constexpr (isComplex<T>)
    sum += f.im * x.crossed;
}
template <class T, int bytes>
TCC_INLINE void subtractFrom(Vector<Real<T>, bytes> &sum, const Factor<T, bytes> &f, const Turned<T, bytes> &x) {
  sum -= f.re * x.straight;
  if constexpr (isComplex<T>)
    sum -= f.im * x.crossed;
}

/// Reflections of rows 0 to 2, 1 to 3, and so on; the last one of two rows only, if isShort. Two rows stay in
/// registers.
template <class T, int bytes, int vectors, bool conjugated>
TCC_INLINE void applyChain(T *rows, int64_t ld, const SmallReflection<T> *steps, int64_t count, bool isShort) {
  using R = Real<T>;
  using V = Vector<R, bytes>;
  using F = Factor<T, bytes>;
  constexpr int lanes = LanesOf<R, bytes>::count;
  V x[vectors], y[vectors], z[vectors];
  for (int v = 0; v < vectors; ++v) {
    x[v] = vectorAt<R, bytes>(numbers(rows) + v * lanes);
    y[v] = vectorAt<R, bytes>(numbers(rows + ld) + v * lanes);
  }
  for (int64_t k = 0; k < count; ++k, rows += ld) {
    const SmallReflection<T> &s = steps[k];
    const bool isLast = isShort && k + 1 == count;
    const F t(s.t, conjugated), t1(s.t1, conjugated), t2(s.t2, conjugated), g1(s.g1, conjugated), g2(s.g2, conjugated);
    for (int v = 0; v < vectors; ++v)
      z[v] = isLast ? V{} : vectorAt<R, bytes>(numbers(rows + 2 * ld) + v * lanes);
    for (int v = 0; v < vectors; ++v) {
      V sum{};
      addTo<T, bytes>(sum, t, Turned<T, bytes>(x[v]));
      addTo<T, bytes>(sum, t1, Turned<T, bytes>(y[v]));
      addTo<T, bytes>(sum, t2, Turned<T, bytes>(z[v]));
      vectorAt<R, bytes>(numbers(rows) + v * lanes) = x[v] - sum;
      const Turned<T, bytes> turned(sum);
      x[v] = y[v];
      subtractFrom<T, bytes>(x[v], g1, turned);
      y[v] = z[v];
      subtractFrom<T, bytes>(y[v], g2, turned);
    }
  }
  for (int v = 0; v < vectors; ++v) {
    vectorAt<R, bytes>(numbers(rows) + v * lanes) = x[v];
    if (!isShort)
      vectorAt<R, bytes>(numbers(rows + ld) + v * lanes) = y[v];
  }
}

/// Three columns by 1 - tau (1, v1, v2)^T (1, v1, v2)^*: four numbers of a row are a vector, of which the last one
/// stays.
template <class T> TCC_INLINE void reflectColumns(T *columns, int64_t ld, int64_t rows, T v1, T v2, T tau) {
  using R = Real<T>;
  constexpr int bytes = 4 * int(sizeof(T)), parts = isComplex<T> ? 2 : 1;
  using V = Vector<R, bytes>;
  const T left[4] = {tau, v1 * tau, v2 * tau, T(0)}, right[4] = {T(1), conjugate(v1), conjugate(v2), T(0)};
  V leftRe, leftIm, rightRe, rightIm;
  for (int l = 0; l < 4 * parts; ++l) {
    leftRe[l] = realOf(left[l / parts]), rightRe[l] = realOf(right[l / parts]);
    leftIm[l] = l % 2 ? imaginaryOf(left[l / parts]) : -imaginaryOf(left[l / parts]);
    rightIm[l] = l % 2 ? imaginaryOf(right[l / parts]) : -imaginaryOf(right[l / parts]);
  }
  auto turned = []<int... l>(V x, auto by, std::integer_sequence<int, l...>)
                    TCC_INLINED { return V(__builtin_shufflevector(x, x, (l ^ decltype(by)::value)...)); };
  constexpr auto lanes = std::make_integer_sequence<int, 4 * parts>();
  for (int64_t i = 0; i < rows; ++i) {
    V &x = vectorAt<R, bytes>(numbers(columns + i * ld));
    V sum = x * leftRe;
    if constexpr (isComplex<T>)
      sum += turned(x, std::integral_constant<int, 1>(), lanes) * leftIm;
    sum += turned(sum, std::integral_constant<int, parts>(), lanes);
    sum += turned(sum, std::integral_constant<int, 2 * parts>(), lanes);
    V y = x - sum * rightRe;
    if constexpr (isComplex<T>)
      y -= turned(sum, std::integral_constant<int, 1>(), lanes) * rightIm;
    x = y;
  }
}

/// to[j][i] = from[i][j]; rows and columns multiples of rowsAtOnce. What is beyond `rowsThere` rows of one side is not
/// touched, or a copy of the last one.
template <class T, int bytes, bool isBack>
TCC_INLINE void transposeRows(T *matrix, int64_t ld, T *work, int64_t ldWork, int64_t rows, int64_t columns) {
  if constexpr (sizeof(T) <= 8) {
    using Unit = std::conditional_t<sizeof(T) == 8, double, float>;
    constexpr int lanes = LanesOf<Unit, bytes>::count;
    Vector<Unit, bytes> square[lanes];
    for (int64_t i = 0; i < rows; i += lanes)
      for (int64_t j = 0; j < columns; j += lanes) {
        if constexpr (isBack) {
          for (int l = 0; l < lanes; ++l)
            square[l] = vectorAt<Unit, bytes>(reinterpret_cast<Unit *>(work + (j + l) * ldWork + i));
          transposeSquare<Unit, bytes>(square);
          for (int l = 0; l < lanes && i + l < rows; ++l)
            vectorAt<Unit, bytes>(reinterpret_cast<Unit *>(matrix + (i + l) * ld + j)) = square[l];
        } else {
          for (int l = 0; l < lanes; ++l)
            square[l] =
                vectorAt<Unit, bytes>(reinterpret_cast<Unit *>(matrix + (i + l < rows ? i + l : rows - 1) * ld + j));
          transposeSquare<Unit, bytes>(square);
          for (int l = 0; l < lanes; ++l)
            vectorAt<Unit, bytes>(reinterpret_cast<Unit *>(work + (j + l) * ldWork + i)) = square[l];
        }
      }
  } else {
    const int64_t padded = paddedRows<T>(rows);
    for (int64_t i = 0; i < padded; ++i)
      for (int64_t j = 0; j < columns; ++j)
        if constexpr (!isBack)
          work[j * ldWork + i] = matrix[(i < rows ? i : rows - 1) * ld + j];
        else if (i < rows)
          matrix[i * ld + j] = work[j * ldWork + i];
  }
}

} // namespace

template <class T> bool BulgeSweep<T>::allocate(int64_t n, int64_t mostBulges) {
  windowRows = 3 * mostBulges + timesTogether<T>(mostBulges) + 2 * blockRows<T>;
  localLd = windowRows + 2 * rowsAtOnce<T>;
  localLd = paddedRows<T>(localLd);
  return window.resize((windowRows + 2) * localLd) && heads.resize(mostBulges) && reflections.resize(mostBulges * n);
}

/// The reflection that a bulge's step needs, in a window whose rows begin with `first`, its columns with the one
/// before.
template <class T> TCC_INLINE void BulgeSweep<T>::generate(int64_t first, int64_t bulge, int64_t step) {
  const int64_t row = step + 1 - first, at = row; // column `step` of the window
  const T *x = window.get() + row * localLd, *y = x + localLd, *z = y + localLd;
  T parts[3];
  if (step < low)
    startBulge(x + at + 1, y + at + 1, z + at + 1, shifts[bulge], parts);
  else
    parts[0] = x[at], parts[1] = y[at], parts[2] = step == high - 2 ? T(0) : z[at];
  const T tau = makeSmallReflector(parts), turned = conjugate(tau);
  heads[bulge] = parts[0];
  SmallReflection<T> &reflection = reflections[bulge * (high - low) + step - (low - 1)];
  if (squareOf(tau) == 0)
    reflection = {T(0), T(0), T(0), T(0), T(0)};
  else
    reflection = {turned, turned * conjugate(parts[1]), turned * conjugate(parts[2]), parts[1], parts[2]};
}

/// A step in the window: columns up to `width` and rows from `top` on take part.
template <class T>
template <int bytes>
TCC_INLINE void BulgeSweep<T>::advance(int64_t first, int64_t top, int64_t rows, int64_t width, int64_t bulge,
                                       int64_t step) {
  constexpr int64_t lanes = bytes / int64_t(sizeof(T));
  const int64_t row = step + 1 - first, at = row;
  const bool isShort = step == high - 2;
  T *const x = window.get() + row * localLd, *const y = x + localLd, *const z = y + localLd;
  const SmallReflection<T> &reflection = reflections[bulge * (high - low) + step - (low - 1)];
  if (squareOf(reflection.t) != 0) {
    for (int64_t j = at / lanes * lanes; j < width; j += lanes)
      applyChain<T, bytes, 1, false>(x + j, localLd, &reflection, 1, isShort);
    const int64_t end = isShort ? row + 2 : row + 4 < rows ? row + 4 : rows;
    reflectColumns(window.get() + (top - first) * localLd + at + 1, localLd, end - (top - first), reflection.g1,
                   reflection.g2, conjugate(reflection.t));
  }
  if (step < low)
    return;
  x[at] = heads[bulge], y[at] = T(0);
  if (!isShort)
    z[at] = T(0);
}

template <class T>
template <int bytes>
TCC_INLINE void BulgeSweep<T>::chase(const HessenbergProblem<T> &p, int64_t beginTime, int64_t endTime) {
  auto topAt = [&](int64_t time) TCC_INLINED {
    const int64_t waiting = time - 3 * (count - 1);
    return defers && waiting > 0 ? low + alignDown<T>(waiting) : low;
  };
  const int64_t first = topAt(beginTime), last = low + endTime + 1 < high ? low + endTime + 1 : high;
  const int64_t rows = (last < high ? last + 1 : last) - first + 1, skip = first > low ? 0 : 1;
  // Whole lines of the cache: what is beyond begins with one.
  const int64_t columnEnd = paddedRows<T>(last + 1), width = columnEnd - (first - 1);
  T *const local = window.get();
  for (int64_t i = 0; i < rows; ++i) {
    T *row = local + i * localLd;
    row[0] = T(0);
    copyNumbers(row + skip, p.h + (first + i) * p.ld + first - 1 + skip, width - skip);
    clearNumbers(row + width, (localLd < width + rowsAtOnce<T> ? localLd : width + rowsAtOnce<T>)-width);
  }
  for (int64_t time = beginTime; time < endTime; ++time) {
    const int64_t top = topAt(time);
    // Reflections of one time do not depend on each other: only their steps do.
    const int64_t newest = time / 3 < count - 1 ? time / 3 : count - 1;
    const int64_t oldest = time > high - low - 1 ? (time - (high - low - 1) + 2) / 3 : 0;
    for (int64_t b = oldest; b <= newest; ++b)
      generate(first, b, low - 1 + time - 3 * b);
    for (int64_t b = oldest; b <= newest; ++b)
      advance<bytes>(first, top, rows, width, b, low - 1 + time - 3 * b);
  }
  for (int64_t i = 0; i < rows; ++i)
    copyNumbers(p.h + (first + i) * p.ld + first - 1 + skip, local + i * localLd + skip, width - skip);
}

/// The steps of these times on `blocks` blocks of each row; row `low` is number `offset`.
template <class T>
template <int bytes, bool conjugated>
TCC_INLINE void BulgeSweep<T>::applySteps(T *rows, int64_t ldRows, int64_t offset, int64_t blocks, int64_t beginTime,
                                          int64_t endTime) const {
  for (int64_t b = 0; b < count; ++b) {
    // Relative to the first step, low - 1.
    const int64_t most = high - low, from = beginTime > 3 * b ? beginTime - 3 * b : 0,
                  to = endTime - 3 * b < most ? endTime - 3 * b : most;
    if (from >= to)
      continue;
    [&]<int... less>(std::integer_sequence<int, less...>) TCC_INLINED {
      auto chain = [&](auto number) TCC_INLINED {
        applyChain<T, bytes, decltype(number)::value * 64 / bytes, conjugated>(
            rows + (from + offset) * ldRows, ldRows, reflections.get() + b * most + from, to - from, to == most);
        return true;
      };
      (void)((blocks == less + 1 && chain(std::integral_constant<int, less + 1>())) || ...);
    }(std::make_integer_sequence<int, blocksAtOnce<T, bytes>>());
  }
}

/// The steps of these times on all columns of a tile of rows; `lowRow` is row `low` of it. The transpose of the basis
/// is multiplied by the transposes of what multiplies it, the matrix by adjoints.
template <class T>
template <bool conjugated>
void BulgeSweep<T>::applyAcross(T *lowRow, int64_t ldRows, int64_t columns, int64_t beginTime, int64_t endTime) const {
  const int64_t together = timesTogether<T>(count);
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int64_t atOnce = blocksAtOnce<T, bytes>;
    const int64_t blocks = (columns + blockRows<T> - 1) / blockRows<T>;
    for (int64_t block = 0; block < blocks; block += atOnce)
      for (int64_t time = beginTime; time < endTime; time += together)
        applySteps<bytes, conjugated>(lowRow + block * blockRows<T>, ldRows, 0,
                                      blocks - block < atOnce ? blocks - block : atOnce, time,
                                      endTime - time < together ? endTime : time + together);
  });
}

/// Columns of rows that waited, or are above the active block: blocks of them from `firstRow` on, transposed.
template <class T>
void BulgeSweep<T>::applyAbove(const HessenbergProblem<T> &p, int64_t firstRow, int64_t numRows, T *work) const {
  const bool waited = firstRow >= low;
  const int64_t from = alignDown<T>(waited ? firstRow + blockRows<T> : low), columns = paddedRows<T>(high + 1) - from;
  const int64_t blocks = (numRows + blockRows<T> - 1) / blockRows<T>, together = timesTogether<T>(count);
  // When a block's first reflection has its turn.
  auto beginOf = [&](int64_t block) {
    return waited ? firstRow - low + (block + 1) * blockRows<T> + 3 * (count - 1) : int64_t(0);
  };
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int64_t ldWork = blocksAtOnce<T, bytes> * blockRows<T>;
    T *rows = p.h + firstRow * p.ld + from;
    transposeRows<T, bytes, false>(rows, p.ld, work, ldWork, numRows, columns);
    for (int64_t block = 0; block < blocks; ++block)
      for (int64_t time = beginOf(block), end = block + 1 < blocks ? beginOf(block + 1) : times; time < end;
           time += together)
        applySteps<bytes, true>(work, ldWork, low - from, block + 1, time,
                                end - time < together ? end : time + together);
    transposeRows<T, bytes, true>(rows, p.ld, work, ldWork, numRows, columns);
  });
}

template <class T>
bool BulgeSweep<T>::run(const HessenbergProblem<T> &p, int64_t lowRow, int64_t highRow, const ShiftPair<Real<T>> *pairs,
                        int64_t numPairs) {
  low = lowRow, high = highRow, count = numPairs, shifts = pairs;
  times = high - low + 3 * (count - 1);
  defers = high - low >= 32;
  const int64_t together = defers ? timesTogether<T>(count) : times, right = p.wantsForm ? p.n : high + 1;
  const double nanoseconds = double(count) * 0.2 * (isComplex<T> ? 4 : 1); // of a step on a block
  auto share = [](int64_t tiles, double each, auto &&body) {
    const double grain = 4000 / (each > 1 ? each : 1);
    parallelFor(tiles, grain < 1 ? 1 : int64_t(grain), body);
  };
  for (int64_t time = 0; time < times; time += together) {
    const int64_t end = times - time < together ? times : time + together;
    vectorised([&]<int bytes>() TCC_INLINED { chase<bytes>(p, time, end); });
    const int64_t last = low + end + 1 < high ? low + end + 1 : high, next = paddedRows<T>(last + 1);
    if (next >= right)
      continue;
    const int64_t side = 12 * blockRows<T>, tiles = (right - next + side - 1) / side;
    share(tiles, double(end - time) * 12 * nanoseconds, [&](int64_t from, int64_t to) {
      const int64_t begin = next + from * side, columns = (to == tiles ? right : next + to * side) - begin;
      applyAcross<false>(p.h + low * p.ld + begin, p.ld, columns, time, end);
    });
  }
  int64_t atOnce = 0;
  vectorised([&]<int bytes>() TCC_INLINED { atOnce = blocksAtOnce<T, bytes>; });
  const int64_t side = atOnce * blockRows<T>, waiting = defers ? (high - low - 1) / blockRows<T> * blockRows<T> : 0;
  const int64_t tilesOfBasis = p.zt ? (p.zRows + side - 1) / side : 0, above = p.wantsForm ? low : 0;
  const int64_t tilesAbove = (above + side - 1) / side, tilesWaiting = (waiting + side - 1) / side;
  std::atomic<bool> isComplete{true};
  share(tilesOfBasis + tilesAbove + tilesWaiting, double(times) * double(atOnce) * nanoseconds,
        [&](int64_t from, int64_t to) {
          Scratch<T> work;
          for (int64_t tile = from; tile < to; ++tile) {
            if (tile < tilesOfBasis) {
              const int64_t column = tile * side, columns = p.zRows - column < side ? p.zRows - column : side;
              applyAcross<true>(p.zt + low * p.ldz + column, p.ldz, columns, 0, times);
              continue;
            }
            if (!work && !work.resize(paddedRows<T>(high - low + 1 + 2 * blockRows<T>) * side)) {
              isComplete = false;
              return;
            }
            const bool isAbove = tile < tilesOfBasis + tilesAbove;
            const int64_t index = tile - tilesOfBasis - (isAbove ? 0 : tilesAbove),
                          end = isAbove ? above : low + waiting;
            const int64_t row = (isAbove ? 0 : low) + index * side;
            applyAbove(p, row, end - row < side ? end - row : side, work.get());
          }
        });
  return isComplete;
}

template class BulgeSweep<float>;
template class BulgeSweep<double>;
template class BulgeSweep<Complex<float>>;
template class BulgeSweep<Complex<double>>;

} // namespace tcc::runtime
