// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT's way from lines in memory to split arrays and back, and what lies between: transforms of any length,
// complex and real. A plan has either a line in each lane of a vector, or a line by itself, whose neighbours fill the
// vectors. Included after FftButterflies.h, in the same namespaces and under the same target pragma.

/// Which element of (a, b), `w` each, is element i of the shuffled vector. Pieces are of 16 bytes.
enum class Shuffle {
  PieceLow,
  PieceHigh,
  PairLow,
  PairHigh,
  EvenPieces,
  OddPieces,
  Even,
  Odd,
  ZipLow,
  ZipHigh,
  Reverse
};
template <Shuffle kind, int w, int piece> constexpr int shuffled(int i) {
  int q = i / piece * piece, r = i % piece;
  switch (kind) {
  case Shuffle::PieceLow:
    return q + r / 2 + (r % 2 ? w : 0);
  case Shuffle::PieceHigh:
    return q + piece / 2 + r / 2 + (r % 2 ? w : 0);
  case Shuffle::PairLow:
    return q + r % 2 + (r / 2 ? w : 0);
  case Shuffle::PairHigh:
    return q + 2 + r % 2 + (r / 2 ? w : 0);
  case Shuffle::EvenPieces:
    return 2 * q + r;
  case Shuffle::OddPieces:
    return 2 * q + piece + r;
  case Shuffle::Even:
    return 2 * i;
  case Shuffle::Odd:
    return 2 * i + 1;
  case Shuffle::ZipLow:
    return i / 2 + (i % 2 ? w : 0);
  case Shuffle::ZipHigh:
    return w / 2 + i / 2 + (i % 2 ? w : 0);
  case Shuffle::Reverse:
    return w - 1 - i;
  }
}
template <Shuffle kind, class R, int... i>
inline __attribute__((always_inline)) V<R> shuffleBy(V<R> a, V<R> b, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(a, b, shuffled<kind, int(vectorLanes<R>), 16 / int(sizeof(R))>(i)...);
}
template <Shuffle kind, class R> inline __attribute__((always_inline)) V<R> shuffle(V<R> a, V<R> b) {
  return shuffleBy<kind, R>(a, b, std::make_integer_sequence<int, int(vectorLanes<R>)>());
}

/// rows[i][j] becomes rows[j][i]: first within pieces, as every instruction set can, then piece by piece.
template <class R> inline __attribute__((always_inline)) void transposeVectors(V<R> *rows) {
  constexpr int w = int(vectorLanes<R>), piece = 16 / int(sizeof(R)), pieces = w / piece;
  for (int g = 0; g < w; g += piece) {
    V<R> *r = rows + g;
    V<R> low = shuffle<Shuffle::PieceLow, R>(r[0], r[1]), high = shuffle<Shuffle::PieceHigh, R>(r[0], r[1]);
    if constexpr (piece == 4) {
      V<R> low2 = shuffle<Shuffle::PieceLow, R>(r[2], r[3]), high2 = shuffle<Shuffle::PieceHigh, R>(r[2], r[3]);
      r[0] = shuffle<Shuffle::PairLow, R>(low, low2), r[1] = shuffle<Shuffle::PairHigh, R>(low, low2);
      r[2] = shuffle<Shuffle::PairLow, R>(high, high2), r[3] = shuffle<Shuffle::PairHigh, R>(high, high2);
    } else {
      r[0] = low, r[1] = high;
    }
  }
  for (int j = 0; j < piece && pieces > 1; ++j) {
    V<R> *r = rows + j;
    V<R> even = shuffle<Shuffle::EvenPieces, R>(r[0], r[piece]), odd = shuffle<Shuffle::OddPieces, R>(r[0], r[piece]);
    if constexpr (pieces == 4) {
      V<R> even2 = shuffle<Shuffle::EvenPieces, R>(r[2 * piece], r[3 * piece]);
      V<R> odd2 = shuffle<Shuffle::OddPieces, R>(r[2 * piece], r[3 * piece]);
      r[0] = shuffle<Shuffle::EvenPieces, R>(even, even2), r[2 * piece] = shuffle<Shuffle::OddPieces, R>(even, even2);
      r[piece] = shuffle<Shuffle::EvenPieces, R>(odd, odd2), r[3 * piece] = shuffle<Shuffle::OddPieces, R>(odd, odd2);
    } else {
      r[0] = even, r[piece] = odd;
    }
  }
}

//===----------------------------------------------------------------------===//
// Lines in memory
//===----------------------------------------------------------------------===//

/// The lines of one call on one side, in numbers of R: entry k of line l has its real part at at[l] + k * step and its
/// imaginary part `gap` behind; gap 0: there are no imaginary parts.
template <class R> struct Side {
  int64_t at[vectorLanes<R>], step, gap;
  bool columns;   ///< lines are neighbours in memory, `count` of them
  bool following; ///< lines are contiguous and follow one another
};

/// `pairs`: a real line read as half as many complex numbers.
template <class R>
Side<R> sideOf(const FftLines &f, bool real, bool pairs, int64_t outerStride, int64_t first, int64_t count,
               int64_t lanes, int64_t entries) {
  Side<R> side;
  int64_t size = real ? 1 : 2, whole = size * (real && pairs ? 2 * entries : entries);
  side.step = real && !pairs ? f.inner : 2 * f.inner;
  side.gap = !real ? 1 : pairs ? f.inner : 0;
  side.columns = lanes > 1 && f.inner > 1;
  side.following = count == lanes && lanes > 1 && f.inner == 1;
  for (int64_t l = 0, outer = first / f.innerCount, inner = first % f.innerCount; l < lanes; ++l) {
    side.at[l] = (outer * outerStride + inner) * size;
    if (l + 1 < count && ++inner == f.innerCount) { // idle lanes repeat the last line
      inner = 0;
      ++outer;
    }
    side.columns &= l >= count || side.at[l] == side.at[0] + l * size;
    side.following &= side.at[l] == side.at[0] + l * whole;
  }
  return side;
}

/// The first `count` of a vector's lanes alone, if there are not more.
template <class R> inline __attribute__((always_inline)) V<R> loadSome(const R *from, int64_t count) {
  if (count >= vectorLanes<R>)
    return load(from);
  V<R> value = {};
  for (int64_t l = 0; l < count; ++l)
    value[l] = from[l];
  return value;
}
template <class R> inline __attribute__((always_inline)) void storeSome(R *to, V<R> value, int64_t count) {
  if (count >= vectorLanes<R>)
    return store(to, value);
  for (int64_t l = 0; l < count; ++l)
    to[l] = value[l];
}

/// Reads `entries` of each line into split arrays; im stays as it is where there are no imaginary parts. `pad` holds a
/// vector's lanes of short lines.
template <class R>
void gather(const Side<R> &side, const R *in, int64_t lanes, int64_t count, int64_t entries, R *__restrict re,
            R *__restrict im, R *pad) {
  constexpr int64_t w = vectorLanes<R>;
  bool dense = side.gap ? side.step == 2 && side.gap == 1 : side.step == 1;
  int64_t block = side.gap ? w / 2 : w;
  if (lanes == 1 && dense && entries >= w) {
    const R *from = in + side.at[0];
    overVectors<R>(entries, [&](int64_t k) __attribute__((always_inline)) {
      if (side.gap) {
        V<R> a = load(from + 2 * k), b = load(from + 2 * k + w);
        store(re + k, shuffle<Shuffle::Even, R>(a, b));
        store(im + k, shuffle<Shuffle::Odd, R>(a, b));
      } else {
        store(re + k, load(from + k));
      }
    });
  } else if (side.columns) {
    for (int64_t k = 0; k < entries; ++k) {
      const R *from = in + side.at[0] + k * side.step;
      if (side.gap == 1) {
        V<R> a = loadSome(from, 2 * count), b = loadSome(from + w, 2 * count - w);
        store(re + k * w, shuffle<Shuffle::Even, R>(a, b));
        store(im + k * w, shuffle<Shuffle::Odd, R>(a, b));
      } else {
        store(re + k * w, loadSome(from, count));
        if (side.gap)
          store(im + k * w, loadSome(from + side.gap, count));
      }
    }
  } else if (lanes == w && dense && (entries >= block || side.following)) {
    const R *from[w];
    for (int64_t l = 0; l < w; ++l)
      from[l] = in + side.at[l];
    if (entries < block) { // vectors would reach beyond the last line
      int64_t length = side.step * entries;
      __builtin_memcpy(pad, from[0], size_t(w * length) * sizeof(R));
      for (int64_t l = 0; l < w; ++l)
        from[l] = pad + l * length;
    }
    for (int64_t k = 0; k < entries; k += block) {
      int64_t begin = k + block <= entries || entries < block ? k : entries - block;
      V<R> rows[w];
      for (int64_t l = 0; l < w; ++l)
        rows[l] = load(from[l] + begin * side.step);
      transposeVectors<R>(rows);
      int64_t kept = entries - begin < block ? entries - begin : block;
      if (side.gap)
        for (int64_t j = 0; j < kept; ++j) {
          store(re + (begin + j) * w, rows[2 * j]);
          store(im + (begin + j) * w, rows[2 * j + 1]);
        }
      else
        for (int64_t j = 0; j < kept; ++j)
          store(re + (begin + j) * w, rows[j]);
    }
  } else {
    // In blocks of entries: lines lie far apart, often by powers of two, and the caches keep one block of each.
    for (int64_t begin = 0; begin < entries; begin += 16)
      for (int64_t l = 0; l < lanes; ++l)
        for (int64_t k = begin; k < (begin + 16 < entries ? begin + 16 : entries); ++k) {
          const R *from = in + side.at[l] + k * side.step;
          re[k * lanes + l] = from[0];
          if (side.gap)
            im[k * lanes + l] = from[side.gap];
        }
  }
}

/// Writes `entries` of the first `count` lines, times `scale`.
template <class R>
void scatter(const Side<R> &side, R *out, int64_t lanes, int64_t count, int64_t entries, const R *__restrict re,
             const R *__restrict im, R scale, R *pad) {
  constexpr int64_t w = vectorLanes<R>;
  bool dense = side.gap ? side.step == 2 && side.gap == 1 : side.step == 1;
  int64_t block = side.gap ? w / 2 : w;
  if (lanes == 1 && dense && entries >= w) {
    R *to = out + side.at[0];
    overVectors<R>(entries, [&](int64_t k) __attribute__((always_inline)) {
      V<R> a = load(re + k) * scale;
      if (side.gap) {
        V<R> b = load(im + k) * scale;
        store(to + 2 * k, shuffle<Shuffle::ZipLow, R>(a, b));
        store(to + 2 * k + w, shuffle<Shuffle::ZipHigh, R>(a, b));
      } else {
        store(to + k, a);
      }
    });
  } else if (side.columns) {
    for (int64_t k = 0; k < entries; ++k) {
      R *to = out + side.at[0] + k * side.step;
      V<R> a = load(re + k * w) * scale;
      if (side.gap == 1) {
        V<R> b = load(im + k * w) * scale;
        storeSome(to, shuffle<Shuffle::ZipLow, R>(a, b), 2 * count);
        storeSome(to + w, shuffle<Shuffle::ZipHigh, R>(a, b), 2 * count - w);
      } else {
        storeSome(to, a, count);
        if (side.gap)
          storeSome(to + side.gap, load(im + k * w) * scale, count);
      }
    }
  } else if (lanes == w && dense && (entries >= block || side.following)) {
    R *to[w];
    int64_t length = side.step * entries;
    bool padded = entries < block; // each line's vector then reaches into the next line, which is stored later
    for (int64_t l = 0; l < w; ++l)
      to[l] = padded ? pad + l * length : out + side.at[l];
    for (int64_t k = 0; k < entries; k += block) {
      int64_t begin = k + block <= entries || padded ? k : entries - block;
      int64_t kept = entries - begin < block ? entries - begin : block;
      V<R> rows[w];
      if (side.gap)
        for (int64_t j = 0; j < w / 2; ++j) {
          int64_t from = (begin + (j < kept ? j : 0)) * w;
          rows[2 * j] = load(re + from) * scale;
          rows[2 * j + 1] = load(im + from) * scale;
        }
      else
        for (int64_t j = 0; j < w; ++j)
          rows[j] = load(re + (begin + (j < kept ? j : 0)) * w) * scale;
      transposeVectors<R>(rows);
      for (int64_t l = 0; l < count; ++l)
        store(to[l] + begin * side.step, rows[l]);
    }
    if (padded)
      __builtin_memcpy(out + side.at[0], pad, size_t(w * length) * sizeof(R));
  } else {
    for (int64_t begin = 0; begin < entries; begin += 16)
      for (int64_t l = 0; l < count; ++l)
        for (int64_t k = begin; k < (begin + 16 < entries ? begin + 16 : entries); ++k) {
          R *to = out + side.at[l] + k * side.step;
          to[0] = re[k * lanes + l] * scale;
          if (side.gap)
            to[side.gap] = im[k * lanes + l] * scale;
        }
  }
}

//===----------------------------------------------------------------------===//
// Transforms of split arrays
//===----------------------------------------------------------------------===//

template <class R> int64_t lanesOf(const FftPlan<R> &plan) { return plan.alone ? 1 : vectorLanes<R>; }

template <class R> Split<R> exchanged(Split<R> x) { return {x.im, x.re}; }

/// to[c][r] = from[r][c] times `turns`, for the columns of a vector.
template <class R> void turnAndTranspose(int64_t rows, Rows<R> from, const R *turns, Split<R> to) {
  constexpr int64_t w = vectorLanes<R>;
  overVectors<R>(rows, [&](int64_t r) __attribute__((always_inline)) {
    V<R> re[w], im[w];
    for (int64_t i = 0; i < w; ++i) {
      const R *turn = turns + 2 * w * (r + i);
      V<R> x = load(from.at.re + (r + i) * w), y = load(from.at.im + (r + i) * w), c = load(turn), s = load(turn + w);
      re[i] = x * c - y * s;
      im[i] = x * s + y * c;
    }
    transposeVectors<R>(re);
    transposeVectors<R>(im);
    for (int64_t j = 0; j < w; ++j) {
      store(to.re + j * rows + r, re[j]);
      store(to.im + j * rows + r, im[j]);
    }
  });
}

/// A line by itself is a matrix: transforms of its columns, twiddles, a transposition, transforms of what were its rows
/// (D. Bailey, "FFTs in external or hierarchical memory", J. Supercomputing 4 (1990)). Each vector of columns passes
/// through all stages while it is in the first-level cache.
template <class R> void transformLine(const FftSmooth<R> &smooth, Split<R> x, Split<R> y, R *work) {
  constexpr int64_t w = vectorLanes<R>;
  int64_t rows = smooth.rows, columns = smooth.columns, most = rows > columns ? rows : columns;
  int64_t part = partSize(smooth.n, 1), lanesPart = 2 * partSize(most, w);
  Split<R> middle{work, work + part};
  work += 2 * part;
  Rows<R> result = rowsAt(work, most), a = rowsAt(work + lanesPart, most), b = rowsAt(work + 2 * lanesPart, most);
  work += 3 * lanesPart;
  const R *turns = smooth.turns.get();
  overVectors<R>(columns, [&](int64_t c) {
    transform(smooth.overRows, {{x.re + c, x.im + c}, columns}, result, a, b, work);
    turnAndTranspose(rows, result, turns, {middle.re + c * rows, middle.im + c * rows});
    turns += 2 * w * rows;
  });
  overVectors<R>(rows, [&](int64_t r) {
    transform(smooth.overColumns, {{middle.re + r, middle.im + r}, rows}, {{y.re + r, y.im + r}, rows}, a, b, work);
  });
}

/// Forward transform from x, which it destroys, to y.
template <class R> void transformSmooth(const FftSmooth<R> &smooth, int64_t lanes, Split<R> x, Split<R> y, R *work) {
  if (lanes == 1)
    return transformLine(smooth, x, y, work);
  transform(smooth.stages, {x, lanes}, {y, lanes}, rowsAt(work, smooth.n), {x, lanes},
            work + 2 * partSize(smooth.n, lanes));
}

/// body(place, factor's re, im) for `entries` entries whose factors are in (re, im): vectors of neighbours with a
/// factor each, or of lanes with one.
template <class R, class F>
inline __attribute__((always_inline)) void withFactors(int64_t entries, int64_t lanes, const R *re, const R *im,
                                                       F body) {
  if (lanes == 1)
    overVectors<R>(entries, [&](int64_t k) __attribute__((always_inline)) { body(k, load(re + k), load(im + k)); });
  else
    for (int64_t k = 0; k < entries; ++k)
      body(k * lanes, V<R>{} + re[k], V<R>{} + im[k]);
}

/// Forward transform of any length from x, which it destroys, to y.
template <class R> void transformAny(const FftPlan<R> &plan, Split<R> x, Split<R> y, R *work) {
  int64_t lanes = lanesOf(plan);
  if (plan.direct)
    return transformSmooth(plan.smooth, lanes, x, y, work);
  int64_t n = plan.n, padded = plan.smooth.n, part = partSize(padded, lanes);
  Split<R> a{work, work + part}, b{work + 2 * part, work + 3 * part};
  work += 4 * part;
  withFactors(n, lanes, plan.chirpR.get(), plan.chirpI.get(), [=](int64_t e, V<R> c, V<R> s) {
    V<R> re = load(x.re + e), im = load(x.im + e);
    store(a.re + e, re * c - im * s);
    store(a.im + e, re * s + im * c);
  });
  __builtin_memset(a.re + n * lanes, 0, size_t((padded - n) * lanes) * sizeof(R));
  __builtin_memset(a.im + n * lanes, 0, size_t((padded - n) * lanes) * sizeof(R));
  transformSmooth(plan.smooth, lanes, a, b, work);
  // The inverse transform is the forward one with re and im exchanged.
  withFactors(padded, lanes, plan.filterR.get(), plan.filterI.get(), [=](int64_t e, V<R> c, V<R> s) {
    V<R> re = load(b.re + e), im = load(b.im + e);
    store(a.re + e, re * s + im * c);
    store(a.im + e, re * c - im * s);
  });
  transformSmooth(plan.smooth, lanes, a, b, work);
  withFactors(n, lanes, plan.chirpR.get(), plan.chirpI.get(), [=](int64_t e, V<R> c, V<R> s) {
    V<R> re = load(b.im + e), im = load(b.re + e);
    store(y.re + e, re * c - im * s);
    store(y.im + e, re * s + im * c);
  });
}

/// body(place, mirrored's re, im, factor's re, im) for entries k < `entries` of z, of which n - k is the mirrored one,
/// with factors exp(-i pi k / n).
template <class R, class F>
inline __attribute__((always_inline)) void withMirrored(const FftPlan<R> &plan, int64_t entries, Split<R> z, F body) {
  int64_t n = plan.n, lanes = lanesOf(plan);
  withFactors(entries, lanes, plan.halfR.get(), plan.halfI.get(), [&](int64_t e, V<R> c, V<R> s) {
    if (lanes == 1) {
      V<R> re = load(z.re + n - e - (vectorLanes<R> - 1)), im = load(z.im + n - e - (vectorLanes<R> - 1));
      body(e, shuffle<Shuffle::Reverse, R>(re, re), shuffle<Shuffle::Reverse, R>(im, im), c, s);
    } else {
      body(e, load(z.re + n * lanes - e), load(z.im + n * lanes - e), c, s);
    }
  });
}

/// Twice the frequencies 0 ... n of 2n real numbers x from z, the transform of x_2k + i x_(2k+1): with E and O the
/// transforms of the even and of the odd numbers, 2E = z_k + conj z_(n-k), 2iO = z_k - conj z_(n-k), and the result is
/// E + exp(-i pi k / n) O.
template <class R> void spectrumOfPairs(const FftPlan<R> &plan, Split<R> z, Split<R> spectrum) {
  int64_t n = plan.n, lanes = lanesOf(plan);
  for (int64_t l = 0; l < lanes; ++l) {
    z.re[n * lanes + l] = z.re[l];
    z.im[n * lanes + l] = z.im[l];
  }
  withMirrored(plan, n + 1, z, [=](int64_t e, V<R> mr, V<R> mi, V<R> c, V<R> s) {
    V<R> zr = load(z.re + e), zi = load(z.im + e), oddR = zi + mi, oddI = mr - zr;
    store(spectrum.re + e, zr + mr + (c * oddR - s * oddI));
    store(spectrum.im + e, zi - mi + (c * oddI + s * oddR));
  });
}
/// The reverse: 2z of which the inverse transform has the numbers in pairs. Imaginary parts that a Hermitian signal
/// does not have are ignored.
template <class R> void pairsOfSpectrum(const FftPlan<R> &plan, Split<R> spectrum, Split<R> z) {
  int64_t n = plan.n, lanes = lanesOf(plan);
  for (int64_t l = 0; l < lanes; ++l)
    spectrum.im[l] = spectrum.im[n * lanes + l] = 0;
  withMirrored(plan, n, spectrum, [=](int64_t e, V<R> mr, V<R> mi, V<R> c, V<R> s) {
    V<R> xr = load(spectrum.re + e), xi = load(spectrum.im + e), difR = xr - mr, difI = xi + mi;
    store(z.re + e, xr + mr - (c * difI - s * difR));
    store(z.im + e, xi - mi + (c * difR + s * difI));
  });
}

/// y_t of n real rows x (radix / 2 + 1 parts of plan.n rows): the first stage of their transform, whose other results
/// are conjugates of these.
template <class R> void oddStage(const FftPlan<R> &plan, const R *x, Split<R> y) {
  constexpr int64_t w = vectorLanes<R>, most = largestRadix / 2 + 1;
  int64_t m = plan.n, radix = plan.radix, half = radix / 2;
  const R *cosines = plan.roots.get(), *sines = cosines + radix;
  V<R> sums[most], differences[most];
  for (int64_t p = 0; p < m; ++p) {
    V<R> first = load(x + p * w), total = first;
    for (int64_t j = 1; j <= half; ++j) {
      V<R> a = load(x + (p + j * m) * w), b = load(x + (p + (radix - j) * m) * w);
      sums[j] = a + b;
      differences[j] = a - b;
      total += sums[j];
    }
    store(y.re + p * w, total);
    store(y.im + p * w, V<R>{});
    for (int64_t t = 1; t <= half; ++t) {
      V<R> re = first, im = {};
      for (int64_t j = 1, at = t; j <= half; ++j, at = at + t < radix ? at + t : at + t - radix) {
        re += cosines[at] * sums[j];
        im += sines[at] * differences[j];
      }
      const R *turn = plan.turns.get() + 2 * (t * m + p);
      store(y.re + (t * m + p) * w, re * turn[0] - im * turn[1]);
      store(y.im + (t * m + p) * w, re * turn[1] + im * turn[0]);
    }
  }
}
/// The last stage of the inverse.
template <class R> void inverseOddStage(const FftPlan<R> &plan, Split<R> y, R *x) {
  constexpr int64_t w = vectorLanes<R>, most = largestRadix / 2 + 1;
  int64_t m = plan.n, radix = plan.radix, half = radix / 2;
  const R *cosines = plan.roots.get(), *sines = cosines + radix;
  V<R> re[most], im[most];
  for (int64_t p = 0; p < m; ++p) {
    V<R> first = load(y.re + p * w), total = first;
    for (int64_t t = 1; t <= half; ++t) {
      const R *turn = plan.turns.get() + 2 * (t * m + p);
      V<R> a = load(y.re + (t * m + p) * w), b = load(y.im + (t * m + p) * w);
      re[t] = 2 * (a * turn[0] + b * turn[1]);
      im[t] = 2 * (b * turn[0] - a * turn[1]);
      total += re[t];
    }
    store(x + p * w, total);
    for (int64_t j = 1; j <= half; ++j) {
      V<R> even = first, odd = {};
      for (int64_t t = 1, at = j; t <= half; ++t, at = at + j < radix ? at + j : at + j - radix) {
        even += cosines[at] * re[t];
        odd += sines[at] * im[t];
      }
      store(x + (p + j * m) * w, even + odd);
      store(x + (p + (radix - j) * m) * w, even - odd);
    }
  }
}

/// The lines of an odd number n of real numbers, side by side.
template <class R>
void transformOddLines(const FftPlan<R> &plan, const FftLines &f, const R *in, R *out, int64_t first, int64_t count,
                       R *work) {
  constexpr int64_t w = vectorLanes<R>;
  int64_t m = plan.n, radix = plan.radix, n = f.n, entries = n / 2 + 1, parts = radix / 2 + 1;
  bool forward = f.kind == FftKind::RealToComplex;
  auto split = [&](int64_t rows) {
    Split<R> at{work, work + partSize(rows, w)};
    work += 2 * partSize(rows, w);
    return at;
  };
  Split<R> y = split(parts * m), spectrum = split(entries), one = split(m + 2);
  R *x = work;
  work += partSize(n, w);
  Side<R> from = sideOf<R>(f, forward, false, f.inOuterStride, first, count, w, forward ? n : entries);
  Side<R> to = sideOf<R>(f, !forward, false, f.outOuterStride, first, count, w, forward ? entries : n);
  if (forward) {
    gather(from, in, w, count, n, x, x, y.re);
    oddStage(plan, x, y);
  } else {
    gather(from, in, w, count, entries, spectrum.re, spectrum.im, y.re);
    __builtin_memset(spectrum.im, 0, size_t(w) * sizeof(R)); // no part of a Hermitian signal
  }
  for (int64_t t = 0; t < parts; ++t) {
    Split<R> part{y.re + t * m * w, y.im + t * m * w};
    // Frequency t + radix k, or the conjugate of its mirror image.
    auto overFrequencies = [&](auto body) {
      for (int64_t k = 0; k < m; ++k) {
        int64_t frequency = t + radix * k;
        bool mirrored = frequency >= entries;
        body(k * w, (mirrored ? n - frequency : frequency) * w, mirrored);
      }
    };
    if (forward) {
      transformAny(plan, part, one, work);
      overFrequencies([&](int64_t here, int64_t there, bool mirrored) {
        V<R> im = load(one.im + here);
        store(spectrum.re + there, load(one.re + here));
        store(spectrum.im + there, mirrored ? -im : im);
      });
    } else {
      overFrequencies([&](int64_t here, int64_t there, bool mirrored) {
        V<R> im = load(spectrum.im + there);
        store(one.re + here, load(spectrum.re + there));
        store(one.im + here, mirrored ? -im : im);
      });
      transformAny(plan, exchanged(one), exchanged(part), work);
    }
  }
  if (forward) {
    scatter(to, out, w, count, entries, spectrum.re, spectrum.im, R(f.scale), y.re);
  } else {
    inverseOddStage(plan, y, x);
    scatter(to, out, w, count, n, x, x, R(f.scale), y.re);
  }
}

template <class R>
void transformLines(const FftPlan<R> &plan, const FftLines &f, const R *in, R *out, int64_t first, int64_t count,
                    R *work) {
  if (plan.radix)
    return transformOddLines(plan, f, in, out, first, count, work);
  int64_t n = f.n, lanes = lanesOf(plan), half = n / 2 + 1, part = partSize(plan.n + 2, lanes);
  Split<R> x{work, work + part}, y{work + 2 * part, work + 3 * part};
  work += 4 * part;
  bool realIn = f.kind == FftKind::RealToComplex, realOut = f.kind == FftKind::ComplexToReal;
  bool pairs = (realIn || realOut) && n % 2 == 0;
  int64_t inEntries = pairs && realIn ? n / 2 : realOut ? half : n;
  int64_t outEntries = pairs && realOut ? n / 2 : realIn ? half : n;
  Side<R> from = sideOf<R>(f, realIn, pairs, f.inOuterStride, first, count, lanes, inEntries);
  Side<R> to = sideOf<R>(f, realOut, pairs, f.outOuterStride, first, count, lanes, outEntries);
  R scale = R(f.scale);
  Split<R> result = y, other = x;
  if (realIn) {
    gather(from, in, lanes, count, inEntries, x.re, x.im, y.re);
    if (!pairs)
      __builtin_memset(x.im, 0, size_t(n * lanes) * sizeof(R));
    transformAny(plan, x, y, work);
    if (pairs) {
      spectrumOfPairs(plan, y, x);
      result = x, other = y;
      scale /= 2;
    }
  } else if (realOut) {
    if (pairs) {
      gather(from, in, lanes, count, inEntries, y.re, y.im, x.re);
      pairsOfSpectrum(plan, y, x);
    } else {
      gather(from, in, lanes, count, inEntries, x.re, x.im, y.re);
      for (int64_t l = 0; l < lanes; ++l)
        x.im[l] = 0;
      for (int64_t k = 1; k < half; ++k)
        for (int64_t l = 0; l < lanes; ++l) {
          x.re[(n - k) * lanes + l] = x.re[k * lanes + l];
          x.im[(n - k) * lanes + l] = -x.im[k * lanes + l];
        }
    }
    transformAny(plan, exchanged(x), exchanged(y), work);
  } else {
    bool backward = f.kind == FftKind::Backward;
    gather(from, in, lanes, count, inEntries, backward ? x.im : x.re, backward ? x.re : x.im, y.re);
    transformAny(plan, x, y, work);
    result = backward ? exchanged(y) : y;
  }
  scatter(to, out, lanes, count, outEntries, result.re, result.im, scale, other.re);
}

template <class R> void transformStages(const FftStages<R> &stages, R *x, R *y, R *work) {
  Rows<R> from = rowsAt(x, stages.n);
  transform(stages, from, rowsAt(y, stages.n), rowsAt(work, stages.n), from,
            work + 2 * partSize(stages.n, vectorLanes<R>));
}
