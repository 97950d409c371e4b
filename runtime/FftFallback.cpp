// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT, for machines without FFTW, for programs that may not depend on it (it is GPL), and for lengths at which
// it is faster. Stockham's autosorting algorithm with radices 2 to 127, Bluestein's for lengths with larger primes.
// Several lines are transformed side by side, one in each vector lane (FftKernels.h); here are plans and their cache.
// References: C. Van Loan, "Computational Frameworks for the FFT" (1992), section 1.7; L. Bluestein, "A linear
// filtering approach to the computation of discrete Fourier transform", IEEE Trans. AU-18 (1970).
#include "runtime/FftPlan.h"
#include "runtime/System.h"
#include "runtime/VectorTarget.h"
#include <math.h>
#include <new>
#include <string.h>

namespace tcc::runtime {
namespace {
namespace base {
#include "runtime/FftKernels.h"
} // namespace base

const FftKernelTable &table() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    return fftAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return fftAvx2;
#endif
  return fftBase;
}
const FftKernels<float> &kernelsOf(float) { return table().f32; }
const FftKernels<double> &kernelsOf(double) { return table().f64; }

/// n without its factors up to `most`.
int64_t withoutSmallPrimes(int64_t n, int64_t most) {
  for (int64_t p = 2; p <= most && n > 1; ++p)
    while (n % p == 0)
      n /= p;
  return n;
}

/// What a transform of a length of factors up to 5 costs: its size times the costs of its stages, each a pass over
/// memory and arithmetic (measured, relative to radix 4).
double costOf(int64_t n) {
  double stages = 0;
  int64_t rest = n;
  for (; rest % 8 == 0; rest /= 8)
    stages += 1.3;
  for (; rest % 2 == 0; rest /= 2)
    stages += 0.8;
  for (; rest % 3 == 0; rest /= 3)
    stages += 1.1;
  for (; rest % 5 == 0; rest /= 5)
    stages += 1.4;
  return double(n) * stages;
}

/// Where Bluestein's convolution is cheapest: up to the next power of two.
int64_t paddedLength(int64_t least) {
  int64_t best = 1;
  while (best < least)
    best *= 2;
  for (int64_t n = best; n >= least; --n)
    if (withoutSmallPrimes(n, 5) == 1 && costOf(n) < costOf(best))
      best = n;
  return best;
}

} // namespace

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

const FftKernelTable fftBase = {{base::transformLines<float>}, {base::transformLines<double>}, base::transformStages};

template <class R> bool FftStages<R>::build(int64_t length) {
  n = length;
  int64_t rest = n;
  // Radix 8 has the fewest passes over memory, but two fours are better than an eight and a two.
  while (rest % 8 == 0 && rest != 16) {
    factors[numFactors++] = 8;
    rest /= 8;
  }
  for (int64_t radix = 4; radix >= 2; --radix)
    for (; rest % radix == 0; rest /= radix)
      factors[numFactors++] = radix;
  for (int64_t radix = 5; rest > 1; radix += 2)
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

template <class R> bool FftPlan<R>::build(int64_t length) {
  n = length;
  smooth = withoutSmallPrimes(n, largestRadix) == 1;
  if (smooth)
    return stages.build(n);
  // The filter is computed in double, whatever R is; it is done once, and its error would be in all results.
  int64_t padded = paddedLength(2 * n - 1), square = 0; // k^2 mod 2n, exactly
  FftStages<double> wide;
  Scratch<double> work(4 * padded);
  if (!stages.build(padded) || !wide.build(padded) || !chirpR.resize(n) || !chirpI.resize(n) ||
      !filterR.resize(padded) || !filterI.resize(padded) || !work)
    return false;
  memset(work.get(), 0, size_t(2 * padded) * sizeof(double));
  for (int64_t k = 0; k < n; ++k) {
    double re, im;
    unitRoot(square, 2 * n, re, im);
    square = (square + 2 * k + 1) % (2 * n);
    chirpR[k] = R(re);
    chirpI[k] = R(im);
    for (int64_t at : {k, (padded - k) % padded}) {
      work[at] = re / double(padded);
      work[padded + at] = -im / double(padded);
    }
  }
  const double *result = work.get();
  if (table().stages(wide, work.get(), work.get() + 2 * padded, 1))
    result += 2 * padded;
  for (int64_t k = 0; k < padded; ++k) {
    filterR[k] = R(result[k]);
    filterI[k] = R(result[padded + k]);
  }
  return true;
}

namespace {

/// A few plans are kept; an entry in use is never replaced.
template <class R> struct PlanCache {
  static constexpr int size = 64;
  Mutex mutex;
  FftPlan<R> *plans[size] = {};
  int next = 0;

  FftPlan<R> *acquire(int64_t n) {
    mutex.lock();
    for (FftPlan<R> *plan : plans)
      if (plan && plan->n == n) {
        ++plan->references;
        mutex.unlock();
        return plan;
      }
    mutex.unlock();
    void *memory = allocate(sizeof(FftPlan<R>));
    if (!memory)
      return nullptr;
    auto *plan = new (memory) FftPlan<R>;
    if (!plan->build(n)) {
      destroy(plan);
      return nullptr;
    }
    plan->references = 1;
    mutex.lock();
    for (int tries = 0; tries < size; ++tries, next = (next + 1) % size) {
      FftPlan<R> *&entry = plans[next];
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
  void release(FftPlan<R> *plan) {
    mutex.lock();
    --plan->references;
    bool cached = false;
    for (FftPlan<R> *entry : plans)
      cached |= entry == plan;
    if (!cached && !plan->references)
      destroy(plan);
    mutex.unlock();
  }
  static void destroy(FftPlan<R> *plan) {
    plan->~FftPlan<R>();
    deallocate(plan, sizeof(FftPlan<R>));
  }
};
PlanCache<float> floatPlans;
PlanCache<double> doublePlans;
PlanCache<float> &cacheOf(float) { return floatPlans; }
PlanCache<double> &cacheOf(double) { return doublePlans; }

} // namespace

template <class R> int ownFft(const FftLines &f, const R *in, R *out) {
  int64_t lines = f.outerCount * f.innerCount;
  bool real = f.kind == FftKind::RealToComplex || f.kind == FftKind::ComplexToReal;
  // A real transform carries two lines in one complex lane.
  int64_t perLane = real ? 2 : 1, most = 64 / int64_t(sizeof(R));
  int64_t lanes = (lines + perLane - 1) / perLane;
  lanes = lanes < most ? lanes : most;
  FftPlan<R> *plan = cacheOf(R()).acquire(f.n);
  if (!plan)
    return -1;
  struct Release {
    FftPlan<R> *plan;
    ~Release() { cacheOf(R()).release(plan); }
  } release{plan};
  Scratch<R> work(plan->workSize(lanes));
  if (!work)
    return -1;
  for (int64_t first = 0; first < lines; first += lanes * perLane) {
    int64_t count = lines - first < lanes * perLane ? lines - first : lanes * perLane;
    kernelsOf(R()).lines(*plan, f, in, out, first, count, lanes, work.get());
  }
  return 0;
}

template int ownFft(const FftLines &, const float *, float *);
template int ownFft(const FftLines &, const double *, double *);

} // namespace tcc::runtime
