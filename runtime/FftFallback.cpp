// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Our own FFT, for machines without FFTW, for programs that may not depend on it (it is GPL), and for all lengths at
// which it is faster: Stockham's autosorting algorithm, in which primes are butterflies or convolutions (Rader). Lines
// lie side by side, one in each vector lane, or one alone fills the vectors (FftKernels.h); here are plans, their cache
// and how lines are cut into groups. References: C. Van Loan, "Computational Frameworks for the FFT" (1992),
// section 1.7; L. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", IEEE
// Trans. AU-18 (1970).
#include "runtime/FftCosts.h"
#include "runtime/FftPlan.h"
#include "runtime/System.h"
#include "runtime/VectorTarget.h"
#include <math.h>
#include <new>
#include <string.h>

namespace tcc::runtime {
namespace {
namespace base {
constexpr int vectorBytes = 16;
#include "runtime/FftButterflies.h"
#include "runtime/FftMemory.h"
// After the two that it uses.
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
template <class R> const FftKernels<R> &kernelsIn(const FftKernelTable &kernels) {
  if constexpr (sizeof(R) == sizeof(float))
    return kernels.f32;
  else
    return kernels.f64;
}
template <class R> const FftKernels<R> &kernelsOf() { return kernelsIn<R>(table()); }
/// Kernels of half the width, null if there are none that give the same bits.
template <class R> const FftKernels<R> *halfKernels() {
#if defined(__x86_64__)
  if (&table() == &fftAvx512)
    return &kernelsIn<R>(fftAvx2);
#endif
  return nullptr;
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

const FftKernelTable fftBase = {
    {base::vectorLanes<float>, base::transformLines<float>, base::transformStages<float>},
    {base::vectorLanes<double>, base::transformLines<double>, base::transformStages<double>}};

template <class R> FftStages<R>::~FftStages() {
  for (FftConvolution<R> *convolution : convolutions)
    if (convolution) {
      convolution->~FftConvolution<R>();
      deallocate(convolution, sizeof(FftConvolution<R>));
    }
}

template <class R> int64_t FftStages<R>::workSize(int64_t lanes) const {
  int64_t most = 0;
  for (const FftConvolution<R> *convolution : convolutions) {
    int64_t size = convolution ? convolution->workSize(lanes) : 0;
    most = size > most ? size : most;
  }
  return most;
}

template <class R> bool FftStages<R>::build(int64_t length) {
  n = length;
  numFactors = factorise(n, factors);
  for (int f = 0; f < numFactors; ++f) {
    if (!isConvolution(factors[f]))
      continue;
    double cost;
    int64_t prime = factors[f], rows, padded = convolutionLength(prime, rows, cost);
    void *memory = allocate(sizeof(FftConvolution<R>));
    if (!memory)
      return false;
    convolutions[f] = new (memory) FftConvolution<R>;
    if (!convolutions[f]->build(prime, padded, rows))
      return false;
  }
  int64_t numTurns = 0, numRoots = 0, rest = n;
  for (int f = 0; f < numFactors; ++f) {
    rest /= factors[f];
    numTurns += 2 * (factors[f] - 1) * rest;
    numRoots += 2 * factors[f];
  }
  if (!turns.resize(numTurns) || !roots.resize(numRoots))
    return false;
  R *turn = turns.get(), *root = roots.get();
  double re, im;
  for (int64_t f = 0, at = n; f < numFactors; at /= factors[f++]) {
    int64_t radix = factors[f];
    for (int64_t p = 0; p < at / radix; ++p)
      for (int64_t t = 1; t < radix; ++t) {
        unitRoot(p * t, at, re, im);
        *turn++ = R(re);
        *turn++ = R(im);
      }
    for (int64_t t = 0; t < radix; ++t) {
      unitRoot(t, radix, re, im);
      root[t] = R(re);
      root[radix + t] = R(im);
    }
    root += 2 * radix;
  }
  return true;
}

/// The transform, in double whatever R is, of the split numbers at `signal`: it is done once for a length, and its
/// error would be in all results.
template <class R> bool transformFilter(const double *signal, int64_t n, Scratch<R> &re, Scratch<R> &im) {
  int64_t wide = table().f64.lanes, part = partSize(n, wide);
  FftStages<double> stages;
  if (!stages.build(n) || !re.resize(n) || !im.resize(n))
    return false;
  Scratch<double> work(6 * part + stages.workSize(wide));
  if (!work)
    return false;
  memset(work.get(), 0, size_t(2 * part) * sizeof(double));
  for (int64_t k = 0; k < n; ++k) {
    work[k * wide] = signal[k];
    work[part + k * wide] = signal[n + k];
  }
  const double *result = work.get() + 2 * part;
  table().f64.stages(stages, work.get(), work.get() + 2 * part, work.get() + 4 * part);
  for (int64_t k = 0; k < n; ++k) {
    re[k] = R(result[k * wide]);
    im[k] = R(result[part + k * wide]);
  }
  return true;
}

/// base^exponent mod p
int64_t powerOf(int64_t base, int64_t exponent, int64_t p) {
  int64_t result = 1;
  for (; exponent; exponent /= 2, base = base * base % p)
    if (exponent % 2)
      result = result * base % p;
  return result;
}

/// The least g whose powers are all of 1 ... p - 1.
int64_t generatorOf(int64_t p) {
  for (int64_t g = 2;; ++g) {
    bool all = true;
    int64_t rest = p - 1;
    for (int64_t q = 2; rest > 1 && all; ++q) {
      if (q * q > rest)
        q = rest;
      if (rest % q)
        continue;
      while (rest % q == 0)
        rest /= q;
      all = powerOf(g, (p - 1) / q, p) != 1;
    }
    if (all)
      return g;
  }
}

template <class R> bool FftConvolution<R>::build(int64_t prime, int64_t length, int64_t rowsOfLength) {
  rows = rowsOfLength;
  columns = length / rows;
  Scratch<double> signal(2 * length);
  Scratch<R> re, im;
  if (!overRows.build(rows) || !overColumns.build(columns) || !order.resize(prime) || !signal ||
      !turns.resize(2 * length) || !filterR.resize(length) || !filterI.resize(length))
    return false;
  int64_t g = generatorOf(prime);
  order[0] = 1;
  for (int64_t a = 1; a < prime; ++a)
    order[a] = order[a - 1] * g % prime;
  memset(signal.get(), 0, size_t(2 * length) * sizeof(double));
  for (int64_t c = 0; c < prime - 1; ++c) {
    double cosine, sine;
    unitRoot(order[prime - 1 - c], prime, cosine, sine);
    // Padded, the filter is needed at c = 2 - p ... p - 2, its period being p - 1.
    for (int64_t at : {c, c ? length - (prime - 1 - c) : 0}) {
      signal[at] = cosine / double(length);
      signal[length + at] = sine / double(length);
    }
  }
  if (!transformFilter(signal.get(), length, re, im))
    return false;
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < rows; ++r) {
      double cosine, sine;
      unitRoot(r * c, length, cosine, sine);
      turns[2 * (c * rows + r)] = R(cosine);
      turns[2 * (c * rows + r) + 1] = R(sine);
      filterR[r * columns + c] = re[r + rows * c];
      filterI[r * columns + c] = im[r + rows * c];
    }
  return true;
}

template <class R> bool FftSmooth<R>::build(int64_t length, int64_t rowsOfLine, int64_t vector) {
  n = length;
  if (!rowsOfLine)
    return stages.build(n);
  rows = rowsOfLine;
  columns = n / rows;
  int64_t vectors = (columns + vector - 1) / vector;
  if (!overRows.build(rows) || !overColumns.build(columns) || !turns.resize(2 * vectors * vector * rows))
    return false;
  for (int64_t v = 0; v < vectors; ++v)
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t i = 0; i < vector; ++i) {
        int64_t c = v * vector + vector <= columns ? v * vector : columns - vector; // as overVectors
        double re, im;
        unitRoot(r * (c + i), n, re, im);
        R *turn = turns.get() + 2 * vector * (v * rows + r) + i;
        turn[0] = R(re);
        turn[vector] = R(im);
      }
  return true;
}

template <class R> bool FftPlan<R>::build(int64_t length, bool byItself, int64_t oddRadix) {
  n = length;
  alone = byItself;
  radix = oddRadix;
  double re, im;
  if (!turns.resize(2 * (radix / 2 + 1) * n) || !roots.resize(2 * radix))
    return false;
  for (int64_t t = 0; t < radix; ++t) {
    unitRoot(t, radix, re, im);
    roots[t] = R(re);
    roots[radix + t] = R(im);
    for (int64_t p = 0; p < (t <= radix / 2 ? n : 0); ++p) {
      unitRoot(t * p, radix * n, re, im);
      turns[2 * (t * n + p)] = R(re);
      turns[2 * (t * n + p) + 1] = R(im);
    }
  }
  int64_t vector = kernelsOf<R>().lanes;
  double cost;
  int64_t padded = lengthOfStages(n, alone, vector, cost);
  direct = padded == n;
  if (!smooth.build(padded, alone ? rowsOf(padded, vector, cost) : 0, vector) || !halfR.resize(n + 1) ||
      !halfI.resize(n + 1))
    return false;
  for (int64_t k = 0; k <= n; ++k) {
    unitRoot(k, 2 * n, re, im);
    halfR[k] = R(re);
    halfI[k] = R(im);
  }
  if (direct)
    return true;
  Scratch<double> signal(2 * padded);
  if (!chirpR.resize(n) || !chirpI.resize(n) || !signal)
    return false;
  memset(signal.get(), 0, size_t(2 * padded) * sizeof(double));
  int64_t square = 0; // k^2 mod 2n, exactly
  for (int64_t k = 0; k < n; ++k) {
    unitRoot(square, 2 * n, re, im);
    square = (square + 2 * k + 1) % (2 * n);
    chirpR[k] = R(re);
    chirpI[k] = R(im);
    for (int64_t at : {k, (padded - k) % padded}) {
      signal[at] = re / double(padded);
      signal[padded + at] = -im / double(padded);
    }
  }
  return transformFilter(signal.get(), padded, filterR, filterI);
}

namespace {

/// A few plans are kept; an entry in use is never replaced.
template <class R> struct PlanCache {
  static constexpr int size = 64;
  Mutex mutex;
  FftPlan<R> *plans[size] = {};
  int next = 0;

  FftPlan<R> *acquire(int64_t n, bool alone, int64_t radix) {
    mutex.lock();
    for (FftPlan<R> *plan : plans)
      if (plan && plan->n == n && plan->alone == alone && plan->radix == radix) {
        ++plan->references;
        mutex.unlock();
        return plan;
      }
    mutex.unlock();
    void *memory = allocate(sizeof(FftPlan<R>));
    if (!memory)
      return nullptr;
    auto *plan = new (memory) FftPlan<R>;
    if (!plan->build(n, alone, radix)) {
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

/// The length of the complex transform: real lines of even length are half as many complex numbers.
int64_t complexLength(FftKind kind, int64_t n) {
  return (kind == FftKind::RealToComplex || kind == FftKind::ComplexToReal) && n % 2 == 0 ? n / 2 : n;
}

/// The radix of the first stage of odd real lines side by side: the largest factor up to 13, else the least one if it
/// can be a butterfly, else 0.
int64_t oddRadixOf(FftKind kind, int64_t n, bool alone) {
  if (kind == FftKind::Forward || kind == FftKind::Backward || n % 2 == 0 || alone)
    return 0;
  for (int64_t radix : {13, 11, 7, 5, 3})
    if (n % radix == 0)
      return radix;
  for (int64_t radix = 17; radix <= largestRadix; radix += 2)
    if (n % radix == 0)
      return radix;
  return 0;
}

/// What was chosen for few lines, as costs take longer than a short transform.
struct Choice {
  int64_t key, lines, vector;
  bool alone;
};
Mutex choiceMutex;
Choice choices[64];

/// What a half vector takes of a whole one's time, measured.
constexpr double halfCost = 0.55;

/// Whether lines by themselves are faster than `groups`. The bits may depend on it, so that it must not depend on the
/// threads there are: it is decided for two.
template <class R> bool prefersAlone(FftKind kind, int64_t n, const FftGroups &groups) {
  bool odd = (kind == FftKind::RealToComplex || kind == FftKind::ComplexToReal) && n % 2;
  n = complexLength(kind, n);
  int64_t vector = kernelsOf<R>().lanes, lines = groups.pieces * groups.pieceLines, key = 2 * n + odd;
  if (groups.pieces * groups.whole >= 4 && n <= longestTogether)
    return false;
  choiceMutex.lock();
  Choice choice = choices[(key * 31 + lines) % 64];
  choiceMutex.unlock();
  if (choice.key == key && choice.lines == lines && choice.vector == vector)
    return choice.alone;
  double together, alone;
  lengthOfStages(n, false, vector, together);
  lengthOfStages(n, true, vector, alone);
  int64_t whole = groups.pieces * groups.whole, halves = groups.pieces * groups.halves;
  // Whole vectors first; a half one beside the last of an odd number of them takes no time of its own.
  double vectors = double((whole + 1) / 2) + double((halves - (whole % 2 && halves) + 1) / 2) * halfCost;
  together *= vectors * double(vector) * (odd && oddRadixOf(kind, n, false) ? 0.6 : 1);
  alone *= double((lines + 1) / 2);
  choice = {key, lines, vector, alone < together};
  choiceMutex.lock();
  choices[(key * 31 + lines) % 64] = choice;
  choiceMutex.unlock();
  return choice.alone;
}

} // namespace

template <class R> FftGroups ownGroups(const FftLines &f, bool shared) {
  int64_t lanes = kernelsOf<R>().lanes, half = halfKernels<R>() ? lanes / 2 : 0, lines = f.outerCount * f.innerCount;
  // Neighbours in memory are taken together where they fill half of the lanes.
  bool columns = 2 * f.innerCount >= (half ? half : lanes);
  FftGroups groups;
  groups.alone = false;
  groups.pieces = columns ? f.outerCount : 1;
  groups.pieceLines = columns ? f.innerCount : lines;
  groups.lanes = lanes;
  int64_t rest = groups.pieceLines % lanes;
  groups.halves = rest && rest <= half;
  groups.whole = groups.pieceLines / lanes + (rest && !groups.halves);
  // Two halves take a little longer than a whole, so that it must be worth a thread.
  constexpr int64_t worthwhile = 8192;
  if (shared && half && groups.pieces == 1 && groups.whole % 2 && !groups.halves && f.n * lanes >= worthwhile) {
    --groups.whole;
    groups.halves = 2;
  }
  if (!f.turns && prefersAlone<R>(f.kind, f.n, groups))
    return {true, 1, lines, 1, lines, 0};
  return groups;
}

template <class R>
int ownFft(const FftLines &f, const FftGroups &groups, int64_t begin, int64_t end, const R *in, R *out) {
  int64_t radix = oddRadixOf(f.kind, f.n, groups.alone);
  FftPlan<R> *plan = cacheOf(R()).acquire(radix ? f.n / radix : complexLength(f.kind, f.n), groups.alone, radix);
  if (!plan)
    return -1;
  struct Release {
    FftPlan<R> *plan;
    ~Release() { cacheOf(R()).release(plan); }
  } release{plan};
  Scratch<R> work(plan->workSize(kernelsOf<R>().lanes));
  if (!work)
    return -1;
  for (int64_t g = begin; g < end; ++g) {
    int64_t piece = g / (groups.whole + groups.halves), here = g % (groups.whole + groups.halves);
    bool half = here >= groups.whole;
    int64_t lanes = half ? groups.lanes / 2 : groups.lanes;
    int64_t first = groups.whole * groups.lanes + (here - groups.whole) * lanes;
    int64_t left = groups.pieceLines - first;
    const FftKernels<R> &kernels = half ? *halfKernels<R>() : kernelsOf<R>();
    kernels.lines(*plan, f, in, out, piece * groups.pieceLines + first, left < lanes ? left : lanes, work.get());
  }
  return 0;
}

template FftGroups ownGroups<float>(const FftLines &, bool);
template FftGroups ownGroups<double>(const FftLines &, bool);
template int ownFft(const FftLines &, const FftGroups &, int64_t, int64_t, const float *, float *);
template int ownFft(const FftLines &, const FftGroups &, int64_t, int64_t, const double *, double *);

} // namespace tcc::runtime
