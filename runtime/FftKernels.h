// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT's transforms of any length, complex and real, from split arrays to split arrays, and of lines in memory.
// A plan has either a line in each lane of a vector, or a line by itself, whose neighbours fill the vectors. Included
// after FftMemory.h, in the same namespaces and under the same target pragma.

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

/// Conjugates and weights of `entries` numbers of a spectrum, apart from their scale.
template <class R> void weigh(const FftLines &f, int64_t entries, int64_t lanes, Split<R> spectrum) {
  if (f.weights.conjugate)
    for (int64_t e = 0; e < entries * lanes; ++e)
      spectrum.im[e] = -spectrum.im[e];
  R pairs = R(f.weights.pairs);
  if (pairs == 1)
    return;
  for (int64_t e = lanes; e < (f.n + 1) / 2 * lanes; ++e) {
    spectrum.re[e] *= pairs;
    spectrum.im[e] *= pairs;
  }
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
  Side<R> from = sideOf<R>(f, true, forward, false, first, count, w, forward ? n : entries);
  Side<R> to = sideOf<R>(f, false, !forward, false, first, count, w, forward ? entries : n);
  if (forward) {
    gather(from, in, w, count, n, x, x, y.re);
    oddStage(plan, x, y);
  } else {
    gather(from, in, w, count, entries, spectrum.re, spectrum.im, y.re);
    weigh(f, entries, w, spectrum);
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
    weigh(f, entries, w, spectrum);
    scatter(to, out, w, count, entries, spectrum.re, spectrum.im, R(f.weights.scale), y.re);
  } else {
    inverseOddStage(plan, y, x);
    scatter(to, out, w, count, n, x, x, R(f.weights.scale), y.re);
  }
}

/// As the backward transform is the forward one with re and im exchanged, their roots are the same.
template <class R> void turnLines(const FftTurns &turns, int64_t first, int64_t n, Split<R> x) {
  constexpr int64_t w = vectorLanes<R>;
  static_assert(w <= FftTurns::lanes);
  auto *step = static_cast<const R *>(turns.steps);
  int64_t mask = (int64_t(1) << turns.bits) - 1, place = 0; // first * k
  for (int64_t k = 0; k < n; ++k, place += first, step += 2 * FftTurns::lanes) {
    const double *low = turns.roots + 2 * (place & mask), *high = turns.roots + 2 * (mask + 1 + (place >> turns.bits));
    R c = R(low[0] * high[0] - low[1] * high[1]), s = R(low[0] * high[1] + low[1] * high[0]);
    V<R> stepR = load(step), stepI = load(step + FftTurns::lanes);
    V<R> turnR = stepR * c - stepI * s, turnI = stepR * s + stepI * c;
    V<R> re = load(x.re + k * w), im = load(x.im + k * w);
    store(x.re + k * w, re * turnR - im * turnI);
    store(x.im + k * w, re * turnI + im * turnR);
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
  Side<R> from = sideOf<R>(f, true, realIn, pairs, first, count, lanes, inEntries);
  Side<R> to = sideOf<R>(f, false, realOut, pairs, first, count, lanes, outEntries);
  R scale = R(f.weights.scale);
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
      weigh(f, half, lanes, y);
      pairsOfSpectrum(plan, y, x);
    } else {
      gather(from, in, lanes, count, half, x.re, x.im, y.re);
      weigh(f, half, lanes, x);
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
    if (f.turns)
      turnLines(*f.turns, first, n, x);
    transformAny(plan, x, y, work);
    result = backward ? exchanged(y) : y;
  }
  if (!realOut)
    weigh(f, outEntries, lanes, result);
  scatter(to, out, lanes, count, outEntries, result.re, result.im, scale, other.re);
}

template <class R> void transformStages(const FftStages<R> &stages, R *x, R *y, R *work) {
  Rows<R> from = rowsAt(x, stages.n);
  transform(stages, from, rowsAt(y, stages.n), rowsAt(work, stages.n), from,
            work + 2 * partSize(stages.n, vectorLanes<R>));
}
