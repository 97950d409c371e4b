// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arithmetic of our own FFT: Stockham's autosorting algorithm on lines side by side (element k of lane l at
// k * lanes + l, real and imaginary parts apart), so that every stage is a vector loop whatever the length. Included
// once for each instruction set, inside a namespace and under a target pragma; it includes nothing itself.

template <class R> struct VectorOf;
template <> struct VectorOf<float> {
  typedef float type __attribute__((vector_size(64)));
  typedef float half __attribute__((vector_size(32)));
};
template <> struct VectorOf<double> {
  typedef double type __attribute__((vector_size(64)));
  typedef double half __attribute__((vector_size(32)));
};

/// Anywhere in memory: an alignment in the type would be lost in template arguments.
template <class E, class R> inline __attribute__((always_inline)) E load(const R *from) {
  E value;
  __builtin_memcpy(&value, from, sizeof(E));
  return value;
}
template <class E, class R> inline __attribute__((always_inline)) void store(R *to, E value) {
  __builtin_memcpy(to, &value, sizeof(E));
}

template <class R> struct Split {
  R *re, *im;
};
/// The twiddles w^t of the results and the radix-th roots of unity.
template <class R> struct Roots {
  R wr[largestRadix], wi[largestRadix], re[largestRadix], im[largestRadix];
};

/// y_t = w^t sum_j x_j exp(-2 pi i j t / radix) for the element (E = R) or the vector of neighbours at xr, xi. Inputs
/// are `inStep` apart, results `count`.
template <int radix, class E, class R>
inline __attribute__((always_inline)) void butterfly(const R *xr, const R *xi, R *yr, R *yi, int64_t inStep,
                                                     int64_t count, const Roots<R> &roots) {
  E re[radix], im[radix], outR[radix], outI[radix];
  for (int j = 0; j < radix; ++j) {
    re[j] = load<E>(xr + j * inStep);
    im[j] = load<E>(xi + j * inStep);
  }
  if constexpr (radix == 2) {
    outR[0] = re[0] + re[1], outI[0] = im[0] + im[1];
    outR[1] = re[0] - re[1], outI[1] = im[0] - im[1];
  } else if constexpr (radix == 4) {
    E ar = re[0] + re[2], ai = im[0] + im[2], br = re[0] - re[2], bi = im[0] - im[2];
    E cr = re[1] + re[3], ci = im[1] + im[3], dr = re[1] - re[3], di = im[1] - im[3];
    outR[0] = ar + cr, outI[0] = ai + ci;
    outR[1] = br + di, outI[1] = bi - dr;
    outR[2] = ar - cr, outI[2] = ai - ci;
    outR[3] = br - di, outI[3] = bi + dr;
  } else if constexpr (radix == 8) {
    // Two transforms of length 4, of the even and of the odd inputs, the latter turned by exp(-i pi t / 4).
    const R h = R(0.70710678118654752440);
    E evenR[4], evenI[4], oddR[4], oddI[4];
    for (int part = 0; part < 2; ++part) {
      E ar = re[part] + re[part + 4], ai = im[part] + im[part + 4];
      E br = re[part] - re[part + 4], bi = im[part] - im[part + 4];
      E cr = re[part + 2] + re[part + 6], ci = im[part + 2] + im[part + 6];
      E dr = re[part + 2] - re[part + 6], di = im[part + 2] - im[part + 6];
      E *toR = part ? oddR : evenR, *toI = part ? oddI : evenI;
      toR[0] = ar + cr, toI[0] = ai + ci;
      toR[1] = br + di, toI[1] = bi - dr;
      toR[2] = ar - cr, toI[2] = ai - ci;
      toR[3] = br - di, toI[3] = bi + dr;
    }
    E t1r = (oddR[1] + oddI[1]) * h, t1i = (oddI[1] - oddR[1]) * h;
    E t3r = (oddI[3] - oddR[3]) * h, t3i = (-oddR[3] - oddI[3]) * h;
    outR[0] = evenR[0] + oddR[0], outI[0] = evenI[0] + oddI[0];
    outR[4] = evenR[0] - oddR[0], outI[4] = evenI[0] - oddI[0];
    outR[1] = evenR[1] + t1r, outI[1] = evenI[1] + t1i;
    outR[5] = evenR[1] - t1r, outI[5] = evenI[1] - t1i;
    outR[2] = evenR[2] + oddI[2], outI[2] = evenI[2] - oddR[2];
    outR[6] = evenR[2] - oddI[2], outI[6] = evenI[2] + oddR[2];
    outR[3] = evenR[3] + t3r, outI[3] = evenI[3] + t3i;
    outR[7] = evenR[3] - t3r, outI[7] = evenI[3] - t3i;
  } else {
    // Odd radix: x_j and x_(radix - j) meet conjugate roots, so sums and differences halve the products.
    constexpr int half = radix / 2;
    E sumR[half + 1], sumI[half + 1], difR[half + 1], difI[half + 1];
    outR[0] = re[0], outI[0] = im[0];
    for (int j = 1; j <= half; ++j) {
      sumR[j] = re[j] + re[radix - j], sumI[j] = im[j] + im[radix - j];
      difR[j] = re[j] - re[radix - j], difI[j] = im[j] - im[radix - j];
      outR[0] += sumR[j], outI[0] += sumI[j];
    }
    for (int t = 1; t <= half; ++t) {
      E realR = re[0], realI = im[0], crossR = {}, crossI = {};
      for (int j = 1; j <= half; ++j) {
        R c = roots.re[j * t % radix], s = roots.im[j * t % radix];
        realR += c * sumR[j], realI += c * sumI[j];
        crossR -= s * difI[j], crossI += s * difR[j];
      }
      outR[t] = realR + crossR, outI[t] = realI + crossI;
      outR[radix - t] = realR - crossR, outI[radix - t] = realI - crossI;
    }
  }
  store<E>(yr, outR[0]);
  store<E>(yi, outI[0]);
  for (int t = 1; t < radix; ++t) {
    store<E>(yr + t * count, outR[t] * roots.wr[t] - outI[t] * roots.wi[t]);
    store<E>(yi + t * count, outR[t] * roots.wi[t] + outI[t] * roots.wr[t]);
  }
}

/// The same for an odd radix known at run time.
template <class E, class R>
inline __attribute__((always_inline)) void anyButterfly(int64_t radix, const R *xr, const R *xi, R *yr, R *yi,
                                                        int64_t inStep, int64_t count, const Roots<R> &roots) {
  constexpr int64_t most = largestRadix / 2 + 1;
  E sumR[most], sumI[most], difR[most], difI[most];
  int64_t half = radix / 2;
  E firstR = load<E>(xr), firstI = load<E>(xi), totalR = firstR, totalI = firstI;
  for (int64_t j = 1; j <= half; ++j) {
    E ar = load<E>(xr + j * inStep), ai = load<E>(xi + j * inStep);
    E br = load<E>(xr + (radix - j) * inStep), bi = load<E>(xi + (radix - j) * inStep);
    sumR[j] = ar + br, sumI[j] = ai + bi;
    difR[j] = ar - br, difI[j] = ai - bi;
    totalR += sumR[j], totalI += sumI[j];
  }
  store<E>(yr, totalR);
  store<E>(yi, totalI);
  auto put = [&](int64_t t, E r, E i) {
    store<E>(yr + t * count, r * roots.wr[t] - i * roots.wi[t]);
    store<E>(yi + t * count, r * roots.wi[t] + i * roots.wr[t]);
  };
  // Two results share the loads of the sums; a last single one is computed twice.
  for (int64_t t = 1; t <= half; t += 2) {
    int64_t u = t < half ? t + 1 : t, atT = 0, atU = 0;
    E tR = firstR, tI = firstI, uR = firstR, uI = firstI, tCrossR = {}, tCrossI = {}, uCrossR = {}, uCrossI = {};
    for (int64_t j = 1; j <= half; ++j) {
      atT = atT + t < radix ? atT + t : atT + t - radix;
      atU = atU + u < radix ? atU + u : atU + u - radix;
      R tCos = roots.re[atT], tSin = roots.im[atT], uCos = roots.re[atU], uSin = roots.im[atU];
      tR += tCos * sumR[j], tI += tCos * sumI[j];
      uR += uCos * sumR[j], uI += uCos * sumI[j];
      tCrossR -= tSin * difI[j], tCrossI += tSin * difR[j];
      uCrossR -= uSin * difI[j], uCrossI += uSin * difR[j];
    }
    put(t, tR + tCrossR, tI + tCrossI);
    put(radix - t, tR - tCrossR, tI - tCrossI);
    put(u, uR + uCrossR, uI + uCrossI);
    put(radix - u, uR - uCrossR, uI - uCrossI);
  }
}

/// `radix` 0: the one in `any`.
template <int radix, class R>
void step(int64_t any, const R *xr, const R *xi, R *yr, R *yi, int64_t count, int64_t inStep, const Roots<R> &roots) {
  int64_t q = 0;
  auto run = [&]<class E>(E) __attribute__((always_inline)) {
    for (constexpr int64_t width = sizeof(E) / sizeof(R); q + width <= count; q += width)
      if constexpr (radix)
        butterfly<radix, E>(xr + q, xi + q, yr + q, yi + q, inStep, count, roots);
      else
        anyButterfly<E>(any, xr + q, xi + q, yr + q, yi + q, inStep, count, roots);
  };
  run(typename VectorOf<R>::type());
  run(typename VectorOf<R>::half());
  run(R());
}

/// Forward transform of `lanes` interleaved lines. Returns where the result is.
template <class R> Split<R> transform(const FftStages<R> &stages, Split<R> x, Split<R> y, int64_t lanes) {
  int64_t length = stages.n, width = lanes;
  const R *cosines = stages.cosines.get(), *sines = stages.sines.get();
  Roots<R> roots;
  for (int f = 0; f < stages.numFactors; ++f) {
    int64_t radix = stages.factors[f], m = length / radix, stride = stages.n / length;
    for (int64_t t = 0; t < radix; ++t) {
      roots.re[t] = cosines[t * (stages.n / radix)];
      roots.im[t] = sines[t * (stages.n / radix)];
    }
    for (int64_t p = 0; p < m; ++p) {
      for (int64_t t = 0; t < radix; ++t) {
        roots.wr[t] = cosines[p * t * stride];
        roots.wi[t] = sines[p * t * stride];
      }
      const R *xr = x.re + p * width, *xi = x.im + p * width;
      R *yr = y.re + p * radix * width, *yi = y.im + p * radix * width;
      switch (radix) {
#define TCC_RADIX(number)                                                                                              \
  case number:                                                                                                         \
    step<number>(radix, xr, xi, yr, yi, width, m * width, roots);                                                      \
    break;
        TCC_RADIX(2)
        TCC_RADIX(3)
        TCC_RADIX(4)
        TCC_RADIX(5)
        TCC_RADIX(7)
        TCC_RADIX(8)
        TCC_RADIX(11)
        TCC_RADIX(13)
#undef TCC_RADIX
      default:
        step<0>(radix, xr, xi, yr, yi, width, m * width, roots);
      }
    }
    Split<R> swapped = x;
    x = y;
    y = swapped;
    length = m;
    width *= radix;
  }
  return x;
}

/// Forward transform of lanes in x, of any length. Returns where the result is.
template <class R> Split<R> transformAny(const FftPlan<R> &plan, Split<R> x, Split<R> y, R *work, int64_t lanes) {
  if (plan.smooth)
    return transform(plan.stages, x, y, lanes);
  int64_t n = plan.n, padded = plan.stages.n, size = padded * lanes, part = partSize(padded, lanes);
  Split<R> a{work, work + part}, b{work + 2 * part, work + 3 * part};
  for (int64_t k = 0; k < n; ++k) {
    R c = plan.chirpR.get()[k], s = plan.chirpI.get()[k];
    for (int64_t e = k * lanes; e < (k + 1) * lanes; ++e) {
      a.re[e] = x.re[e] * c - x.im[e] * s;
      a.im[e] = x.re[e] * s + x.im[e] * c;
    }
  }
  for (int64_t e = n * lanes; e < size; ++e)
    a.re[e] = a.im[e] = 0;
  Split<R> spectrum = transform(plan.stages, a, b, lanes);
  Split<R> other = spectrum.re == a.re ? b : a;
  // The inverse transform is the forward one with re and im exchanged.
  for (int64_t k = 0; k < padded; ++k) {
    R c = plan.filterR.get()[k], s = plan.filterI.get()[k];
    for (int64_t e = k * lanes; e < (k + 1) * lanes; ++e) {
      R re = spectrum.re[e], im = spectrum.im[e];
      spectrum.re[e] = re * s + im * c;
      spectrum.im[e] = re * c - im * s;
    }
  }
  Split<R> result = transform(plan.stages, spectrum, other, lanes);
  for (int64_t k = 0; k < n; ++k) {
    R c = plan.chirpR.get()[k], s = plan.chirpI.get()[k];
    for (int64_t e = k * lanes; e < (k + 1) * lanes; ++e) {
      R re = result.im[e], im = result.re[e];
      x.re[e] = re * c - im * s;
      x.im[e] = re * s + im * c;
    }
  }
  return x;
}

/// body(k, lane) for all of them, in blocks of k: lines lie far apart, often by powers of two, and the caches keep one
/// block of each.
template <class F> inline __attribute__((always_inline)) void overBlocks(int64_t n, int64_t lanes, F body) {
  constexpr int64_t block = 16;
  for (int64_t begin = 0; begin < n; begin += block)
    for (int64_t l = 0; l < lanes; ++l)
      for (int64_t k = begin; k < (begin + block < n ? begin + block : n); ++k)
        body(k, l);
}

template <class R>
void transformLines(const FftPlan<R> &plan, const FftLines &f, const R *in, R *out, int64_t first, int64_t count,
                    int64_t lanes, R *work) {
  constexpr int64_t most = 2 * 64 / sizeof(R);
  int64_t n = f.n, half = n / 2 + 1, ins[most], outs[most];
  bool real = f.kind == FftKind::RealToComplex || f.kind == FftKind::ComplexToReal;
  int64_t lines = real ? 2 * lanes : lanes;
  for (int64_t l = 0; l < lines; ++l) {
    int64_t line = first + (l < count ? l : count - 1); // idle lanes repeat the last line
    ins[l] = line / f.innerCount * f.inOuterStride + line % f.innerCount;
    outs[l] = line / f.innerCount * f.outOuterStride + line % f.innerCount;
  }
  // Lines that lie side by side in memory are read and written as vectors.
  bool adjacent = lines == count && ins[lines - 1] - ins[0] == lines - 1 && outs[lines - 1] - outs[0] == lines - 1;
  int64_t part = partSize(n, lanes);
  Split<R> x{work, work + part}, y{work + 2 * part, work + 3 * part};
  bool swap = f.kind == FftKind::Backward || f.kind == FftKind::ComplexToReal;
  R *__restrict re = swap ? x.im : x.re, *__restrict im = swap ? x.re : x.im;
  if (f.kind == FftKind::RealToComplex) {
    overBlocks(n, lanes, [&](int64_t k, int64_t l) {
      re[k * lanes + l] = in[ins[2 * l] + k * f.inner];
      im[k * lanes + l] = in[ins[2 * l + 1] + k * f.inner];
    });
  } else if (f.kind == FftKind::ComplexToReal) {
    // The sum a + i b of two Hermitian sequences; imaginary parts at 0 and n / 2 are ignored, as they must be.
    overBlocks(half, lanes, [&](int64_t k, int64_t l) {
      bool selfConjugate = k == 0 || 2 * k == n;
      const R *a = in + 2 * (ins[2 * l] + k * f.inner), *b = in + 2 * (ins[2 * l + 1] + k * f.inner);
      R aIm = selfConjugate ? R(0) : a[1], bIm = selfConjugate ? R(0) : b[1];
      re[k * lanes + l] = a[0] - bIm;
      im[k * lanes + l] = aIm + b[0];
      if (!selfConjugate) {
        re[(n - k) * lanes + l] = a[0] + bIm;
        im[(n - k) * lanes + l] = b[0] - aIm;
      }
    });
  } else if (adjacent) {
    for (int64_t k = 0; k < n; ++k) {
      const R *a = in + 2 * (ins[0] + k * f.inner);
      for (int64_t l = 0; l < lanes; ++l) {
        re[k * lanes + l] = a[2 * l];
        im[k * lanes + l] = a[2 * l + 1];
      }
    }
  } else {
    overBlocks(n, lanes, [&](int64_t k, int64_t l) {
      const R *a = in + 2 * (ins[l] + k * f.inner);
      re[k * lanes + l] = a[0];
      im[k * lanes + l] = a[1];
    });
  }
  Split<R> result = transformAny(plan, x, y, work + 4 * part, lanes);
  const R *fromR = swap ? result.im : result.re, *fromI = swap ? result.re : result.im;
  int64_t lanesHere = real ? (count + 1) / 2 : count;
  R scale = R(f.scale), halved = scale / 2;
  if (f.kind == FftKind::RealToComplex) {
    overBlocks(half, lanesHere, [&](int64_t k, int64_t l) {
      int64_t mirror = k == 0 ? 0 : n - k;
      R zr = fromR[k * lanes + l], zi = fromI[k * lanes + l];
      R mr = fromR[mirror * lanes + l], mi = fromI[mirror * lanes + l];
      R *a = out + 2 * (outs[2 * l] + k * f.inner);
      a[0] = (zr + mr) * halved;
      a[1] = (zi - mi) * halved;
      if (2 * l + 1 < count) {
        R *b = out + 2 * (outs[2 * l + 1] + k * f.inner);
        b[0] = (zi + mi) * halved;
        b[1] = (mr - zr) * halved;
      }
    });
  } else if (f.kind == FftKind::ComplexToReal) {
    overBlocks(n, lanesHere, [&](int64_t k, int64_t l) {
      out[outs[2 * l] + k * f.inner] = fromR[k * lanes + l] * scale;
      if (2 * l + 1 < count)
        out[outs[2 * l + 1] + k * f.inner] = fromI[k * lanes + l] * scale;
    });
  } else if (adjacent) {
    for (int64_t k = 0; k < n; ++k) {
      R *a = out + 2 * (outs[0] + k * f.inner);
      for (int64_t l = 0; l < lanes; ++l) {
        a[2 * l] = fromR[k * lanes + l] * scale;
        a[2 * l + 1] = fromI[k * lanes + l] * scale;
      }
    }
  } else {
    overBlocks(n, lanesHere, [&](int64_t k, int64_t l) {
      R *a = out + 2 * (outs[l] + k * f.inner);
      a[0] = fromR[k * lanes + l] * scale;
      a[1] = fromI[k * lanes + l] * scale;
    });
  }
}

inline bool transformStages(const FftStages<double> &stages, double *x, double *y, int64_t lanes) {
  int64_t size = stages.n * lanes;
  return transform(stages, {x, x + size}, {y, y + size}, lanes).re == y;
}
