// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A model of what transforms cost, fitted to measurements, by which our own FFT chooses factors, convolutions and the
// rows of lines. Nothing is timed when a program runs, so that bits are the same in every run.
#include "runtime/FftCosts.h"
#include "runtime/FftPlan.h"
#include <math.h>

namespace tcc::runtime {
namespace {

/// Longer convolutions are matrices: both arrays of a row fit the first-level cache.
constexpr int64_t longestRow = 256;

/// f(n) for the numbers n of [least, end) without prime factors above 7.
template <class F> void forSmooth(int64_t least, int64_t end, F f) {
  for (int64_t p7 = 1; p7 < end; p7 *= 7)
    for (int64_t p5 = p7; p5 < end; p5 *= 5)
      for (int64_t p3 = p5; p3 < end; p3 *= 3) {
        int64_t n = p3;
        while (n < least)
          n *= 2;
        for (; n < end; n *= 2)
          f(n);
      }
}

constexpr double never = 1e300;
/// What a stage costs for each vector of numbers: passes over memory and arithmetic, in nanoseconds of a Xeon with
/// AVX-512 (fitted to all primes below 128 and to lengths of the small ones; only ratios matter). What has no butterfly
/// in code of its own is 0.
constexpr double fixedCosts[] = {0, 0, 1.8, 1.9, 1.85, 2, 2, 2.1, 2.1, 2.2, 2.15, 3, 2.15, 3.5, 2.9, 2.8, 2.9};
constexpr int64_t largestFixed = int64_t(sizeof(fixedCosts) / sizeof(fixedCosts[0])) - 1;

double costOfRadix(int64_t radix) {
  if (radix <= largestFixed)
    return fixedCosts[radix];
  double butterfly = radix > largestRadix ? never : 5 + 0.26 * double(radix), convolution;
  int64_t rows;
  convolutionLength(radix, rows, convolution);
  return butterfly < convolution ? butterfly : convolution;
}

/// The cheapest radices of n's small factors, in descending order.
struct Factors {
  int64_t best[64], tried[64];
  int count = 0;
  double least = never;

  void search(int64_t n, int64_t largest, int depth, double cost) {
    if (cost >= least)
      return;
    if (n == 1) {
      least = cost;
      count = depth;
      for (int i = 0; i < depth; ++i)
        best[i] = tried[i];
      return;
    }
    for (int64_t radix = largest; radix >= 2; --radix)
      if (n % radix == 0) {
        tried[depth] = radix;
        search(n / radix, radix, depth + 1, cost + fixedCosts[radix]);
      }
  }
};

/// What the stages of n cost for `lanes` lines, in costs of a vector.
double costOfStages(int64_t n, int64_t lanes, int64_t vector) {
  int64_t factors[64], width = lanes;
  int count = factorise(n, factors);
  double cost = 0;
  for (int i = 0; i < count; ++i) {
    cost += costOfRadix(factors[i]) * double(n * lanes / width * ((width + vector - 1) / vector));
    width *= factors[i];
  }
  return cost;
}

} // namespace

int64_t middleDivisor(int64_t n) {
  int64_t d = int64_t(sqrt(double(n)));
  while (n % d)
    --d;
  return d;
}

/// Small radices first: the last stage has no twiddles.
int factorise(int64_t n, int64_t *factors) {
  int64_t smooth = 1;
  for (int64_t prime : {2, 3, 5, 7, 11, 13})
    for (; n % prime == 0; n /= prime)
      smooth *= prime;
  Factors search;
  search.search(smooth, largestFixed, 0, 0);
  int count = search.count;
  for (int i = 0; i < count; ++i)
    factors[i] = search.best[count - 1 - i];
  for (int64_t radix = 17; radix * radix <= n; radix += 2)
    for (; n % radix == 0; n /= radix)
      factors[count++] = radix;
  if (n > 1)
    factors[count++] = n;
  return count;
}

bool isConvolution(int64_t prime) {
  int64_t rows;
  double cost;
  return prime > largestFixed &&
         (prime > largestRadix || (convolutionLength(prime, rows, cost), cost <= costOfRadix(prime)));
}

int64_t rowsOf(int64_t n, int64_t vector, double &cost) {
  int64_t best = 0, factors[64];
  bool hasConvolutions = false;
  for (int count = factorise(n, factors); count > 0; --count)
    hasConvolutions |= isConvolution(factors[count - 1]);
  if (hasConvolutions)
    return 0;
  for (int64_t rows = vector; rows * vector <= n; ++rows) {
    if (n % rows)
      continue;
    double here = costOfStages(rows, n / rows, vector) + costOfStages(n / rows, rows, vector);
    if (!best || here < cost) {
      best = rows;
      cost = here;
    }
  }
  cost += double(n) / double(vector) * 14; // twiddles and transposition
  return best;
}

int64_t convolutionLength(int64_t prime, int64_t &rows, double &cost) {
  int64_t best = 0;
  auto offer = [&](int64_t length) {
    int64_t here = length > longestRow ? middleDivisor(length) : 1;
    double stages = costOfStages(length / here, 1, 1) * double(here) + costOfStages(here, 1, 1) * double(length / here);
    double all = (2 * stages + 3.0 * double(length)) / double(prime) + 1;
    if (!best || all < cost) {
      best = length;
      rows = here;
      cost = all;
    }
  };
  offer(prime - 1);
  forSmooth(2 * prime - 3, 4 * prime, offer);
  return best;
}

namespace {

/// Of one line among many.
double costOfSmooth(int64_t n, bool alone, int64_t vector) {
  if (!alone)
    return costOfStages(n, vector, vector) / double(vector);
  double cost = never;
  return rowsOf(n, vector, cost) ? cost : never;
}

/// Where Bluestein's convolution is cheapest.
int64_t paddedLength(int64_t least, int64_t vector, double &cost) {
  int64_t best = 0;
  cost = never;
  forSmooth(least, 2 * least + 512, [&](int64_t n) {
    double here = costOfSmooth(n, true, vector);
    if (here < cost) {
      cost = here;
      best = n;
    }
  });
  return best;
}

} // namespace

int64_t lengthOfStages(int64_t n, bool alone, int64_t vector, double &cost) {
  double passes = double(n) / double(vector) * (alone ? 4 : 9); // from lines in memory to split arrays and back
  cost = passes + costOfSmooth(n, alone, vector);
  if (!alone) {
    cost *= n > 8 * longestTogether ? 3 : n > longestTogether ? 1.5 : 1;
    return n;
  }
  double padded;
  int64_t length = paddedLength(2 * n - 1, vector, padded);
  padded = 3 * passes + 2.6 * padded; // measured: more than two transforms, for what leaves the cache
  if (cost <= padded)
    return n;
  cost = padded;
  return length;
}

} // namespace tcc::runtime
