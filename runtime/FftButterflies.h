// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arithmetic of our own FFT: Stockham's autosorting algorithm on numbers side by side (element k of lane l at
// k * lanes + l, real and imaginary parts apart), so that every stage is a loop over vectors whatever the length.
// Included once for each instruction set, inside a namespace that defines vectorBytes, and under a target pragma, so
// that nothing here is shared between instruction sets; it includes nothing itself.

template <class R> struct VectorOf {
  typedef R type __attribute__((vector_size(vectorBytes)));
};
template <class R> using V = typename VectorOf<R>::type;
template <class R> constexpr int64_t vectorLanes = vectorBytes / int64_t(sizeof(R));

/// Anywhere in memory: an alignment in the type would be lost in template arguments.
template <class R> inline __attribute__((always_inline)) V<R> load(const R *from) {
  V<R> value;
  __builtin_memcpy(&value, from, sizeof(value));
  return value;
}
template <class R> inline __attribute__((always_inline)) void store(R *to, V<R> value) {
  __builtin_memcpy(to, &value, sizeof(value));
}

/// body(begin) for vectors that cover [0, count), the last one overlapping its neighbour: count >= vectorLanes. What is
/// written twice must be the same.
template <class R, class F> inline __attribute__((always_inline)) void overVectors(int64_t count, F body) {
  for (int64_t q = 0; q < count; q += vectorLanes<R>)
    body(q + vectorLanes<R> <= count ? q : count - vectorLanes<R>);
}

template <class R> struct Split {
  R *re, *im;
};

/// Multiples of a distance below `count`, of which only the odd ones are held: the others are what an address scales.
template <int count> struct Multiples {
  int64_t odd[count / 2 + 1];

  explicit Multiples(int64_t distance) {
    for (int i = 0; i <= count / 2; ++i)
      odd[i] = (2 * i + 1) * distance;
  }
  template <int k> inline __attribute__((always_inline)) int64_t times() const {
    if constexpr (k == 0)
      return 0;
    else if constexpr (k % 2)
      return odd[k / 2];
    else
      return 2 * times<k / 2>();
  }
};

/// y_t = sum_j x_j exp(-2 pi i j t / radix) of vectors. `roots`: cosines, and `size` behind them sines, of the size-th
/// roots, of which radix is a divisor.
template <int radix, int size, class R>
inline __attribute__((always_inline)) void smallTransform(const V<R> *re, const V<R> *im, V<R> *outR, V<R> *outI,
                                                          const R *roots) {
  using E = V<R>;
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
  } else if constexpr (radix == 9 || radix == 15 || radix % 2 == 0) {
    // rows x columns = radix. Coprime: x_(columns i + rows j), both transforms, and y_t at (t mod rows, t mod columns)
    // with no factors between them (I. Good, "The interaction algorithm and practical Fourier analysis", J. Royal Stat.
    // Soc. B 20 (1958)); else x_(columns i + j), y_(r + rows c) and roots of unity between them.
    constexpr int rows = radix % 4 == 0 ? 4 : radix % 2 == 0 ? 2 : 3, columns = radix / rows;
    constexpr bool coprime = rows != columns;
    E partR[radix], partI[radix];
    for (int j = 0; j < columns; ++j) {
      E fromR[rows], fromI[rows];
      for (int i = 0; i < rows; ++i) {
        int from = (columns * i + (coprime ? rows : 1) * j) % radix;
        fromR[i] = re[from], fromI[i] = im[from];
      }
      smallTransform<rows, size, R>(fromR, fromI, partR + rows * j, partI + rows * j, roots);
      for (int r = 1; r < rows && !coprime; ++r) {
        R c = roots[r * j * (size / radix)], s = roots[size + r * j * (size / radix)];
        E a = partR[rows * j + r], b = partI[rows * j + r];
        partR[rows * j + r] = a * c - b * s;
        partI[rows * j + r] = a * s + b * c;
      }
    }
    for (int r = 0; r < rows; ++r) {
      E fromR[columns], fromI[columns], toR[columns], toI[columns];
      for (int j = 0; j < columns; ++j)
        fromR[j] = partR[rows * j + r], fromI[j] = partI[rows * j + r];
      smallTransform<columns, size, R>(fromR, fromI, toR, toI, roots);
      for (int c = 0; c < columns; ++c) {
        int t = r + rows * c;
        outR[t] = toR[coprime ? t % columns : c], outI[t] = toI[coprime ? t % columns : c];
      }
    }
  } else {
    // Odd radix: x_j and x_(radix - j) meet conjugate roots, so sums and differences halve the products.
    constexpr int half = radix / 2, step = size / radix;
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
        R c = roots[j * t % radix * step], s = roots[size + j * t % radix * step];
        realR += c * sumR[j], realI += c * sumI[j];
        crossR -= s * difI[j], crossI += s * difR[j];
      }
      outR[t] = realR + crossR, outI[t] = realI + crossI;
      outR[radix - t] = realR - crossR, outI[radix - t] = realI - crossI;
    }
  }
}

/// The same of inputs in memory, `inSteps` apart, with results times w^t to places `outSteps` apart. `turns` holds re
/// and im of w^t for t > 0.
template <int radix, bool turned, class R>
inline __attribute__((always_inline)) void butterfly(const R *xr, const R *xi, R *yr, R *yi,
                                                     const Multiples<radix> &inSteps, const Multiples<radix> &outSteps,
                                                     const R *turns, const R *roots) {
  using E = V<R>;
  E re[radix], im[radix], outR[radix], outI[radix];
  [&]<int... j>(std::integer_sequence<int, j...>) __attribute__((always_inline)) {
    ((re[j] = load(xr + inSteps.template times<j>()), im[j] = load(xi + inSteps.template times<j>())), ...);
  }(std::make_integer_sequence<int, radix>());
  smallTransform<radix, radix, R>(re, im, outR, outI, roots);
  if constexpr (turned)
    for (int t = 1; t < radix; ++t) {
      E r = outR[t], i = outI[t];
      R c = turns[2 * t - 2], s = turns[2 * t - 1];
      outR[t] = r * c - i * s;
      outI[t] = r * s + i * c;
    }
  [&]<int... t>(std::integer_sequence<int, t...>) __attribute__((always_inline)) {
    ((store(yr + outSteps.template times<t>(), outR[t]), store(yi + outSteps.template times<t>(), outI[t])), ...);
  }(std::make_integer_sequence<int, radix>());
}

/// The same for an odd radix known at run time.
template <bool turned, class R>
inline __attribute__((always_inline)) void anyButterfly(int64_t radix, const R *xr, const R *xi, R *yr, R *yi,
                                                        int64_t inStep, int64_t outStep, const R *turns,
                                                        const R *roots) {
  using E = V<R>;
  constexpr int64_t most = largestRadix / 2 + 1;
  E sumR[most], sumI[most], difR[most], difI[most];
  int64_t half = radix / 2;
  E firstR = load(xr), firstI = load(xi), totalR = firstR, totalI = firstI;
  for (int64_t j = 1; j <= half; ++j) {
    E ar = load(xr + j * inStep), ai = load(xi + j * inStep);
    E br = load(xr + (radix - j) * inStep), bi = load(xi + (radix - j) * inStep);
    sumR[j] = ar + br, sumI[j] = ai + bi;
    difR[j] = ar - br, difI[j] = ai - bi;
    totalR += sumR[j], totalI += sumI[j];
  }
  store(yr, totalR);
  store(yi, totalI);
  auto put = [&](int64_t t, E r, E i) {
    E a = r, b = i;
    if constexpr (turned) {
      R c = turns[2 * t - 2], s = turns[2 * t - 1];
      a = r * c - i * s;
      b = r * s + i * c;
    }
    store(yr + t * outStep, a);
    store(yi + t * outStep, b);
  };
  // Two results share the loads of the sums; a last single one is computed twice.
  for (int64_t t = 1; t <= half; t += 2) {
    int64_t u = t < half ? t + 1 : t, atT = 0, atU = 0;
    E tR = firstR, tI = firstI, uR = firstR, uI = firstI, tCrossR = {}, tCrossI = {}, uCrossR = {}, uCrossI = {};
    for (int64_t j = 1; j <= half; ++j) {
      atT = atT + t < radix ? atT + t : atT + t - radix;
      atU = atU + u < radix ? atU + u : atU + u - radix;
      R tCos = roots[atT], tSin = roots[radix + atT], uCos = roots[atU], uSin = roots[radix + atU];
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

/// Where split rows of a vector's lanes are.
template <class R> struct Rows {
  Split<R> at;
  int64_t step; ///< from one row to the next
};

/// One stage: `width` rows of m butterflies. `fixed` 0: the radix is `radix`.
template <int fixed, bool turned, class R>
void stage(int64_t radix, Rows<R> x, Rows<R> y, int64_t m, int64_t width, const R *turns, const R *roots) {
  const Multiples<fixed> inSteps(m * width * x.step), outSteps(width * y.step);
  for (int64_t p = 0; p < m; ++p) {
    const R *xr = x.at.re + p * width * x.step, *xi = x.at.im + p * width * x.step;
    R *yr = y.at.re + p * radix * width * y.step, *yi = y.at.im + p * radix * width * y.step;
    for (int64_t q = 0; q < width; ++q, xr += x.step, xi += x.step, yr += y.step, yi += y.step) {
      // Unknown to the compiler, which would keep a pointer for each input and result, most of them on the stack: loads
      // from there wait for earlier stores whose addresses differ by multiples of 4096, as some of so many do.
      asm("" : "+r"(xr), "+r"(xi), "+r"(yr), "+r"(yi));
      if constexpr (fixed)
        butterfly<fixed, turned>(xr, xi, yr, yi, inSteps, outSteps, turns, roots);
      else
        anyButterfly<turned>(radix, xr, xi, yr, yi, m * width * x.step, width * y.step, turns, roots);
    }
    turns += 2 * (radix - 1);
  }
}
template <bool turned, class R>
void anyStage(int64_t radix, Rows<R> x, Rows<R> y, int64_t m, int64_t width, const R *turns, const R *roots) {
  switch (radix) {
#define TCC_RADIX(number)                                                                                              \
  case number:                                                                                                         \
    return stage<number, turned>(number, x, y, m, width, turns, roots);
    TCC_RADIX(2)
    TCC_RADIX(3)
    TCC_RADIX(4)
    TCC_RADIX(5)
    TCC_RADIX(6)
    TCC_RADIX(7)
    TCC_RADIX(8)
    TCC_RADIX(9)
    TCC_RADIX(10)
    TCC_RADIX(11)
    TCC_RADIX(12)
    TCC_RADIX(13)
    TCC_RADIX(14)
    TCC_RADIX(15)
    TCC_RADIX(16)
#undef TCC_RADIX
  default:
    return stage<0, turned>(radix, x, y, m, width, turns, roots);
  }
}

template <class R> Rows<R> rowsAt(R *at, int64_t count) {
  return {{at, at + partSize(count, vectorLanes<R>)}, vectorLanes<R>};
}

template <class R> void transform(const FftStages<R> &stages, Rows<R> x, Rows<R> y, Rows<R> a, Rows<R> b, R *work);

/// Column c of a convolution's matrix times exp(-2 pi i r c / length).
template <class R> void turnColumn(const FftConvolution<R> &convolution, int64_t c, Rows<R> from, Rows<R> to) {
  const R *turns = convolution.turns.get() + 2 * c * convolution.rows;
  for (int64_t r = 0; r < convolution.rows; ++r) {
    V<R> re = load(from.at.re + r * from.step), im = load(from.at.im + r * from.step);
    store(to.at.re + r * to.step, re * turns[2 * r] - im * turns[2 * r + 1]);
    store(to.at.im + r * to.step, re * turns[2 * r + 1] + im * turns[2 * r]);
  }
}

/// A stage whose radix is a large prime. The convolution's signal is a matrix (D. Bailey, "FFTs in external or
/// hierarchical memory", J. Supercomputing 4 (1990)): columns are transformed, then each row is transformed, multiplied
/// by the filter and transformed back, then the columns back. Nothing is transposed, as the filter is kept in the order
/// in which frequencies appear, and what a transform works on stays in the first-level cache.
template <class R>
void convolutionStage(const FftConvolution<R> &convolution, int64_t radix, Rows<R> x, Rows<R> y, int64_t m,
                      int64_t width, const R *turns, R *work) {
  constexpr int64_t w = vectorLanes<R>;
  const int64_t *order = convolution.order.get(), rows = convolution.rows, columns = convolution.columns;
  const int64_t pitch = convolution.pitch(), most = rows > columns ? rows : columns, part = 2 * partSize(most, w);
  Rows<R> matrix = rowsAt(work, rows * pitch);
  work += 2 * partSize(rows * pitch, w);
  Rows<R> in = rowsAt(work, most), result = rowsAt(work + part, most), other = rowsAt(work + 2 * part, most);
  work += 3 * part;
  int64_t inStep = m * width * x.step, outStep = width * y.step;
  for (int64_t p = 0; p < m; ++p, turns += 2 * (radix - 1))
    for (int64_t q = 0; q < width; ++q) {
      const R *xr = x.at.re + (p * width + q) * x.step, *xi = x.at.im + (p * width + q) * x.step;
      R *yr = y.at.re + (p * radix * width + q) * y.step, *yi = y.at.im + (p * radix * width + q) * y.step;
      V<R> firstR = load(xr), firstI = load(xi);
      auto take = [&](int64_t first, int64_t step, int64_t count, Rows<R> to) {
        for (int64_t r = 0, k = first; r < count; ++r, k += step) {
          bool padding = k >= radix - 1;
          store(to.at.re + r * w, padding ? V<R>{} : load(xr + order[k] * inStep));
          store(to.at.im + r * w, padding ? V<R>{} : load(xi + order[k] * inStep));
        }
      };
      auto put = [&](int64_t first, int64_t step, Rows<R> from) {
        for (int64_t r = 0, k = first; k < radix - 1; ++r, k += step) {
          int64_t t = order[radix - 1 - k];
          V<R> re = load(from.at.im + r * w), im = load(from.at.re + r * w);
          if (m > 1) {
            R cosine = turns[2 * t - 2], sine = turns[2 * t - 1];
            V<R> turned = re * cosine - im * sine;
            im = re * sine + im * cosine;
            re = turned;
          }
          store(yr + t * outStep, re);
          store(yi + t * outStep, im);
        }
      };
      auto column = [&](int64_t c) { return Rows<R>{{matrix.at.re + c * w, matrix.at.im + c * w}, pitch * w}; };
      if (rows == 1)
        take(0, 1, columns, matrix);
      for (int64_t c = 0; c < columns && rows > 1; ++c) {
        take(c, columns, rows, in);
        transform(convolution.overRows, in, result, other, in, work);
        turnColumn(convolution, c, result, column(c));
      }
      for (int64_t r = 0; r < rows; ++r) {
        Rows<R> row = {{matrix.at.re + r * pitch * w, matrix.at.im + r * pitch * w}, w};
        transform(convolution.overColumns, row, result, other, row, work);
        if (r == 0) {
          store(yr, firstR + load(result.at.re));
          store(yi, firstI + load(result.at.im));
        }
        // The inverse transform is the forward one with re and im exchanged.
        const R *filterR = convolution.filterR.get() + r * columns, *filterI = convolution.filterI.get() + r * columns;
        for (int64_t c = 0; c < columns; ++c) {
          R s = filterR[c], t = filterI[c];
          V<R> re = load(result.at.re + c * w), im = load(result.at.im + c * w);
          store(in.at.re + c * w, re * t + im * s);
          store(in.at.im + c * w, re * s - im * t);
        }
        if (r == 0) { // what is added to the first input is added to all results
          store(in.at.re, load(in.at.re) + firstI);
          store(in.at.im, load(in.at.im) + firstR);
        }
        transform(convolution.overColumns, in, row, other, in, work);
      }
      if (rows == 1)
        put(0, 1, matrix);
      for (int64_t c = 0; c < columns && rows > 1; ++c) {
        turnColumn(convolution, c, column(c), in);
        transform(convolution.overRows, in, result, other, in, work);
        put(c, columns, result);
      }
    }
}

/// Forward transform of a vector's lanes from x to y by way of a and b, of which b may be x.
template <class R> void transform(const FftStages<R> &stages, Rows<R> x, Rows<R> y, Rows<R> a, Rows<R> b, R *work) {
  int64_t length = stages.n, width = 1;
  const R *turns = stages.turns.get(), *roots = stages.roots.get();
  if (length == 1) {
    store(y.at.re, load(x.at.re));
    store(y.at.im, load(x.at.im));
  }
  for (int f = 0; f < stages.numFactors; ++f) {
    int64_t radix = stages.factors[f], m = length / radix;
    if (stages.convolutions[f])
      convolutionStage(*stages.convolutions[f], radix, x, m > 1 ? a : y, m, width, turns, work);
    else if (m > 1)
      anyStage<true>(radix, x, a, m, width, turns, roots);
    else
      anyStage<false>(radix, x, y, m, width, turns, roots);
    turns += 2 * (radix - 1) * m;
    roots += 2 * radix;
    x = a;
    a = b;
    b = x;
    length = m;
    width *= radix;
  }
}
