// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT, for machines without FFTW and for programs that may not depend on it (it is GPL). Stockham's
// autosorting algorithm with radices 2 to 13, Bluestein's for lengths with larger primes. Several lines are transformed
// side by side, one in each vector lane, so every stage is a vector loop whatever the length and the axis.
// References: C. Van Loan, "Computational Frameworks for the FFT" (1992), section 1.7; L. Bluestein, "A linear
// filtering approach to the computation of discrete Fourier transform", IEEE Trans. AU-18 (1970).
#include "runtime/FftLines.h"
#include "runtime/Memory.h"
#include "runtime/System.h"
#include <math.h>
#include <new>
#include <string.h>

namespace tcc::runtime {
namespace {

constexpr int largestRadix = 13;

/// exp(-2 pi i k / n), computed in the first octant where sin and cos are most exact.
void unitRoot(int64_t k, int64_t n, double &re, double &im) {
  int64_t octants = 8 * k / n; // k < n, and n is far below 2^60
  int64_t rest = 8 * k - octants * n;
  bool mirrored = octants & 1;
  double angle = 0.78539816339744830962 * double(mirrored ? n - rest : rest) / double(n);
  double c = cos(angle), s = sin(angle);
  if (mirrored) {
    double t = c;
    c = s;
    s = t;
  }
  switch (octants / 2) {
  case 0:
    re = c, im = -s;
    break;
  case 1:
    re = -s, im = -c;
    break;
  case 2:
    re = -c, im = s;
    break;
  default:
    re = s, im = c;
  }
}

/// Twiddles and factors of one length. `R` is the type of the transform.
template <class R> struct Stages {
  int64_t n = 0;
  int numFactors = 0;
  int factors[64];
  Scratch<R> cosines, sines; // exp(-2 pi i k / n)

  bool build(int64_t length) {
    n = length;
    int64_t rest = n;
    for (int radix : {4, 2, 3, 5, 7, 11, 13})
      for (; rest % radix == 0; rest /= radix)
        factors[numFactors++] = radix;
    if (!cosines.resize(n) || !sines.resize(n))
      return false;
    for (int64_t k = 0; k < n; ++k) {
      double re, im;
      unitRoot(k, n, re, im);
      cosines[k] = R(re);
      sines[k] = R(im);
    }
    return true;
  }
};

bool isSmooth(int64_t n) {
  for (int64_t p : {2, 3, 5, 7, 11, 13})
    while (n % p == 0)
      n /= p;
  return n == 1;
}

/// One radix step on `count` neighbours: y_t = w^t sum_j x_j exp(-2 pi i j t / radix).
template <int radix, class R>
void butterflies(const R *__restrict xr, const R *__restrict xi, R *__restrict yr, R *__restrict yi, int64_t count,
                 int64_t inStep, const R *wr, const R *wi, const R *rootR, const R *rootI) {
  for (int64_t q = 0; q < count; ++q) {
    R re[radix], im[radix], outR[radix], outI[radix];
    for (int j = 0; j < radix; ++j) {
      re[j] = xr[q + j * inStep];
      im[j] = xi[q + j * inStep];
    }
    if constexpr (radix == 2) {
      outR[0] = re[0] + re[1], outI[0] = im[0] + im[1];
      outR[1] = re[0] - re[1], outI[1] = im[0] - im[1];
    } else if constexpr (radix == 4) {
      R ar = re[0] + re[2], ai = im[0] + im[2], br = re[0] - re[2], bi = im[0] - im[2];
      R cr = re[1] + re[3], ci = im[1] + im[3], dr = re[1] - re[3], di = im[1] - im[3];
      outR[0] = ar + cr, outI[0] = ai + ci;
      outR[1] = br + di, outI[1] = bi - dr;
      outR[2] = ar - cr, outI[2] = ai - ci;
      outR[3] = br - di, outI[3] = bi + dr;
    } else {
      // Odd radix: x_j and x_(radix - j) meet conjugate roots, so sums and differences halve the products.
      constexpr int half = radix / 2;
      R sumR[half + 1], sumI[half + 1], difR[half + 1], difI[half + 1];
      outR[0] = re[0], outI[0] = im[0];
      for (int j = 1; j <= half; ++j) {
        sumR[j] = re[j] + re[radix - j], sumI[j] = im[j] + im[radix - j];
        difR[j] = re[j] - re[radix - j], difI[j] = im[j] - im[radix - j];
        outR[0] += sumR[j], outI[0] += sumI[j];
      }
      for (int t = 1; t <= half; ++t) {
        R evenR = re[0], evenI = im[0], oddR = 0, oddI = 0;
        for (int j = 1; j <= half; ++j) {
          R c = rootR[j * t % radix], s = rootI[j * t % radix];
          evenR += c * sumR[j], evenI += c * sumI[j];
          oddR -= s * difI[j], oddI += s * difR[j];
        }
        outR[t] = evenR + oddR, outI[t] = evenI + oddI;
        outR[radix - t] = evenR - oddR, outI[radix - t] = evenI - oddI;
      }
    }
    yr[q] = outR[0];
    yi[q] = outI[0];
    for (int t = 1; t < radix; ++t) {
      yr[q + t * count] = outR[t] * wr[t] - outI[t] * wi[t];
      yi[q + t * count] = outR[t] * wi[t] + outI[t] * wr[t];
    }
  }
}

template <class R> struct Split {
  R *re, *im;
};

/// Forward transform of `lanes` interleaved lines: element k of lane l at k * lanes + l. Returns where the result is.
template <class R> Split<R> transform(const Stages<R> &stages, Split<R> x, Split<R> y, int64_t lanes) {
  int64_t length = stages.n, step = lanes;
  for (int f = 0; f < stages.numFactors; ++f) {
    int radix = stages.factors[f];
    int64_t m = length / radix, stride = stages.n / length;
    R rootR[largestRadix], rootI[largestRadix], wr[largestRadix], wi[largestRadix];
    for (int t = 0; t < radix; ++t) {
      rootR[t] = stages.cosines[t * (stages.n / radix)];
      rootI[t] = stages.sines[t * (stages.n / radix)];
    }
    for (int64_t p = 0; p < m; ++p) {
      for (int t = 0; t < radix; ++t) {
        wr[t] = stages.cosines[p * t * stride];
        wi[t] = stages.sines[p * t * stride];
      }
      const R *xr = x.re + p * step, *xi = x.im + p * step;
      R *yr = y.re + p * radix * step, *yi = y.im + p * radix * step;
      switch (radix) {
      case 2:
        butterflies<2>(xr, xi, yr, yi, step, m * step, wr, wi, rootR, rootI);
        break;
      case 3:
        butterflies<3>(xr, xi, yr, yi, step, m * step, wr, wi, rootR, rootI);
        break;
      case 4:
        butterflies<4>(xr, xi, yr, yi, step, m * step, wr, wi, rootR, rootI);
        break;
      case 5:
        butterflies<5>(xr, xi, yr, yi, step, m * step, wr, wi, rootR, rootI);
        break;
      case 7:
        butterflies<7>(xr, xi, yr, yi, step, m * step, wr, wi, rootR, rootI);
        break;
      case 11:
        butterflies<11>(xr, xi, yr, yi, step, m * step, wr, wi, rootR, rootI);
        break;
      default:
        butterflies<13>(xr, xi, yr, yi, step, m * step, wr, wi, rootR, rootI);
      }
    }
    Split<R> swapped = x;
    x = y;
    y = swapped;
    length = m;
    step *= radix;
  }
  return x;
}

/// Everything precomputed for one length. Bluestein's transform always runs in double, so that float32 results are as
/// exact as those of the other lengths.
template <class R> struct OwnPlan {
  int64_t n = 0;
  int references = 0;
  bool smooth = false;
  Stages<R> stages;
  Stages<double> wide;              // of the padded length
  Scratch<double> chirpR, chirpI;   // exp(-i pi k^2 / n)
  Scratch<double> filterR, filterI; // transform of the conjugate chirp, over the padded length

  bool build(int64_t length) {
    n = length;
    smooth = isSmooth(n);
    if (smooth)
      return stages.build(n);
    int64_t padded = 1;
    while (padded < 2 * n - 1)
      padded *= 2;
    if (padded / 4 * 3 >= 2 * n - 1)
      padded = padded / 4 * 3;
    Scratch<double> work(2 * padded);
    if (!wide.build(padded) || !chirpR.resize(n) || !chirpI.resize(n) || !filterR.resize(padded) ||
        !filterI.resize(padded) || !work)
      return false;
    memset(filterR.get(), 0, size_t(padded) * sizeof(double));
    memset(filterI.get(), 0, size_t(padded) * sizeof(double));
    int64_t square = 0; // k^2 mod 2n, exactly
    for (int64_t k = 0; k < n; ++k) {
      unitRoot(square, 2 * n, chirpR[k], chirpI[k]);
      square = (square + 2 * k + 1) % (2 * n);
      for (int64_t at : {k, (padded - k) % padded}) {
        filterR[at] = chirpR[k] / double(padded);
        filterI[at] = -chirpI[k] / double(padded);
      }
    }
    Split<double> result = transform(wide, {filterR.get(), filterI.get()}, {work.get(), work.get() + padded}, 1);
    if (result.re != filterR.get()) {
      memcpy(filterR.get(), result.re, size_t(padded) * sizeof(double));
      memcpy(filterI.get(), result.im, size_t(padded) * sizeof(double));
    }
    return true;
  }
};

/// A few plans are kept; an entry in use is never replaced.
template <class R> struct PlanCache {
  static constexpr int size = 64;
  Mutex mutex;
  OwnPlan<R> *plans[size] = {};
  int next = 0;

  OwnPlan<R> *acquire(int64_t n) {
    mutex.lock();
    for (OwnPlan<R> *plan : plans)
      if (plan && plan->n == n) {
        ++plan->references;
        mutex.unlock();
        return plan;
      }
    mutex.unlock();
    void *memory = allocate(sizeof(OwnPlan<R>));
    if (!memory)
      return nullptr;
    auto *plan = new (memory) OwnPlan<R>;
    if (!plan->build(n)) {
      destroy(plan);
      return nullptr;
    }
    plan->references = 1;
    mutex.lock();
    for (int tries = 0; tries < size; ++tries, next = (next + 1) % size) {
      OwnPlan<R> *&entry = plans[next];
      if (entry && entry->references)
        continue;
      if (entry)
        destroy(entry);
      entry = plan;
      next = (next + 1) % size;
      mutex.unlock();
      return plan;
    }
    mutex.unlock();
    return plan;
  }
  void release(OwnPlan<R> *plan) {
    mutex.lock();
    --plan->references;
    bool cached = false;
    for (OwnPlan<R> *entry : plans)
      cached |= entry == plan;
    if (!cached && !plan->references)
      destroy(plan);
    mutex.unlock();
  }
  static void destroy(OwnPlan<R> *plan) {
    plan->~OwnPlan<R>();
    deallocate(plan, sizeof(OwnPlan<R>));
  }
};
PlanCache<float> floatPlans;
PlanCache<double> doublePlans;
PlanCache<float> &cacheOf(float) { return floatPlans; }
PlanCache<double> &cacheOf(double) { return doublePlans; }

/// Forward transform of lanes in x; work arrays as large as x (Bluestein brings its own). Result position returned.
template <class R>
Split<R> transformAny(const OwnPlan<R> &plan, Split<R> x, Split<R> y, double *bluestein, int64_t lanes) {
  if (plan.smooth)
    return transform(plan.stages, x, y, lanes);
  int64_t n = plan.n, padded = plan.wide.n, size = padded * lanes;
  Split<double> a{bluestein, bluestein + size}, b{bluestein + 2 * size, bluestein + 3 * size};
  for (int64_t k = 0; k < padded; ++k)
    for (int64_t l = 0; l < lanes; ++l) {
      double re = k < n ? double(x.re[k * lanes + l]) : 0, im = k < n ? double(x.im[k * lanes + l]) : 0;
      double c = k < n ? plan.chirpR[k] : 0, s = k < n ? plan.chirpI[k] : 0;
      a.re[k * lanes + l] = re * c - im * s;
      a.im[k * lanes + l] = re * s + im * c;
    }
  Split<double> spectrum = transform(plan.wide, a, b, lanes);
  Split<double> other = spectrum.re == a.re ? b : a;
  // The inverse transform is the forward one with re and im exchanged.
  for (int64_t k = 0; k < padded; ++k)
    for (int64_t l = 0; l < lanes; ++l) {
      double re = spectrum.re[k * lanes + l], im = spectrum.im[k * lanes + l];
      double c = plan.filterR[k], s = plan.filterI[k];
      spectrum.re[k * lanes + l] = re * s + im * c;
      spectrum.im[k * lanes + l] = re * c - im * s;
    }
  Split<double> result = transform(plan.wide, spectrum, other, lanes);
  for (int64_t k = 0; k < n; ++k)
    for (int64_t l = 0; l < lanes; ++l) {
      double re = result.im[k * lanes + l], im = result.re[k * lanes + l];
      double c = plan.chirpR[k], s = plan.chirpI[k];
      x.re[k * lanes + l] = R(re * c - im * s);
      x.im[k * lanes + l] = R(re * s + im * c);
    }
  return x;
}

} // namespace

template <class R> int ownFft(const FftLines &f, const R *in, R *out) {
  int64_t lines = f.outerCount * f.innerCount, n = f.n, half = n / 2 + 1;
  bool real = f.kind == FftKind::RealToComplex || f.kind == FftKind::ComplexToReal;
  // A real transform carries two lines in one complex lane.
  int64_t perLane = real ? 2 : 1, most = 64 / int64_t(sizeof(R));
  int64_t lanes = (lines + perLane - 1) / perLane;
  lanes = lanes < most ? lanes : most;
  OwnPlan<R> *plan = cacheOf(R()).acquire(n);
  if (!plan)
    return -1;
  struct Release {
    OwnPlan<R> *plan;
    ~Release() { cacheOf(R()).release(plan); }
  } release{plan};
  Scratch<R> work(4 * n * lanes);
  Scratch<double> bluestein(plan->smooth ? 0 : 4 * plan->wide.n * lanes);
  if (!work || !bluestein)
    return -1;
  Split<R> x{work.get(), work.get() + n * lanes}, y{work.get() + 2 * n * lanes, work.get() + 3 * n * lanes};
  auto inBase = [&](int64_t line) { return line / f.innerCount * f.inOuterStride + line % f.innerCount; };
  auto outBase = [&](int64_t line) { return line / f.innerCount * f.outOuterStride + line % f.innerCount; };

  for (int64_t first = 0; first < lines; first += lanes * perLane) {
    int64_t ins[64], outs[64], here = lines - first < lanes * perLane ? lines - first : lanes * perLane;
    for (int64_t l = 0; l < lanes * perLane; ++l) {
      int64_t line = first + (l < here ? l : here - 1); // idle lanes repeat the last line
      ins[l] = inBase(line);
      outs[l] = outBase(line);
    }
    bool swap = f.kind == FftKind::Backward || f.kind == FftKind::ComplexToReal;
    Split<R> load = swap ? Split<R>{x.im, x.re} : x;
    for (int64_t k = 0; k < n; ++k)
      for (int64_t l = 0; l < lanes; ++l) {
        R re, im;
        if (f.kind == FftKind::RealToComplex) {
          re = in[ins[2 * l] + k * f.inner];
          im = in[ins[2 * l + 1] + k * f.inner];
        } else if (f.kind == FftKind::ComplexToReal) {
          // The sum a + i b of two Hermitian sequences; the imaginary parts at 0 and n / 2 are ignored, as they must
          // be.
          int64_t at = k < half ? k : n - k;
          R sign = k < half ? R(1) : R(-1);
          bool selfConjugate = k == 0 || 2 * k == n;
          const R *a = in + 2 * (ins[2 * l] + at * f.inner), *b = in + 2 * (ins[2 * l + 1] + at * f.inner);
          R aIm = selfConjugate ? R(0) : sign * a[1], bIm = selfConjugate ? R(0) : sign * b[1];
          re = a[0] - bIm;
          im = aIm + b[0];
        } else {
          const R *a = in + 2 * (ins[l] + k * f.inner);
          re = a[0];
          im = a[1];
        }
        load.re[k * lanes + l] = re;
        load.im[k * lanes + l] = im;
      }
    Split<R> result = transformAny(*plan, x, y, bluestein.get(), lanes);
    Split<R> store = swap ? Split<R>{result.im, result.re} : result;
    int64_t lanesHere = (here + perLane - 1) / perLane;
    if (f.kind == FftKind::RealToComplex) {
      for (int64_t k = 0; k < half; ++k)
        for (int64_t l = 0; l < lanesHere; ++l) {
          int64_t mirror = k == 0 ? 0 : n - k;
          R zr = store.re[k * lanes + l], zi = store.im[k * lanes + l];
          R mr = store.re[mirror * lanes + l], mi = store.im[mirror * lanes + l];
          R *a = out + 2 * (outs[2 * l] + k * f.inner);
          a[0] = (zr + mr) / 2;
          a[1] = (zi - mi) / 2;
          if (2 * l + 1 < here) {
            R *b = out + 2 * (outs[2 * l + 1] + k * f.inner);
            b[0] = (zi + mi) / 2;
            b[1] = (mr - zr) / 2;
          }
        }
    } else if (f.kind == FftKind::ComplexToReal) {
      for (int64_t k = 0; k < n; ++k)
        for (int64_t l = 0; l < lanesHere; ++l) {
          out[outs[2 * l] + k * f.inner] = store.re[k * lanes + l];
          if (2 * l + 1 < here)
            out[outs[2 * l + 1] + k * f.inner] = store.im[k * lanes + l];
        }
    } else {
      for (int64_t k = 0; k < n; ++k)
        for (int64_t l = 0; l < lanesHere; ++l) {
          R *a = out + 2 * (outs[l] + k * f.inner);
          a[0] = store.re[k * lanes + l];
          a[1] = store.im[k * lanes + l];
        }
    }
  }
  return 0;
}

template int ownFft(const FftLines &, const float *, float *);
template int ownFft(const FftLines &, const double *, double *);

} // namespace tcc::runtime
