// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything that our own FFT computes once for a length, and the kernels that use it on one instruction set.
#ifndef TCC_RUNTIME_FFTPLAN_H
#define TCC_RUNTIME_FFTPLAN_H

#include "runtime/FftLines.h"
#include "runtime/Memory.h"

namespace tcc::runtime {

/// Primes up to this one may be butterflies; larger ones are convolutions.
inline constexpr int64_t largestRadix = 127;

/// exp(-2 pi i k / n), computed in the first octant where sin and cos are most exact.
void unitRoot(int64_t k, int64_t n, double &re, double &im);

/// Elements from one part of a work array (real or imaginary parts) to the next: not a power of two, as a store and a
/// load 4096 bytes apart wait for each other.
inline int64_t partSize(int64_t n, int64_t lanes) { return n * lanes + 80; }

template <class R> struct FftConvolution;

/// Factors and twiddles of a length. `R` is the type of the transform.
template <class R> struct FftStages {
  int64_t n = 0;
  int numFactors = 0;
  int64_t factors[64];
  FftConvolution<R> *convolutions[64] = {}; ///< of the factors that are no butterflies
  /// For each stage and each of its butterflies p: exp(-2 pi i p t / length) for t = 1 ... radix - 1, re and im in
  /// turn.
  Scratch<R> turns;
  Scratch<R> roots; ///< for each stage: cosines, then sines of exp(-2 pi i t / radix)

  FftStages() = default;
  FftStages(const FftStages &) = delete;
  ~FftStages();
  bool build(int64_t length);
  /// Elements that convolutions need beside the arrays that the stages pass on.
  int64_t workSize(int64_t lanes) const;
};

/// The transform of a prime p as a convolution of p - 1 numbers in the order of a generator's powers (C. Rader,
/// "Discrete Fourier transforms when the number of data samples is prime", Proc. IEEE 56 (1968)): cyclic, or padded
/// with zeros where p - 1 has large factors itself. Its p - 1 or more numbers are a matrix, which is one row where
/// those fit the first-level cache.
template <class R> struct FftConvolution {
  int64_t rows = 0, columns = 0;
  FftStages<R> overRows, overColumns;
  Scratch<int64_t> order;      ///< g^a mod p for a = 0 ... p - 2, and again 1
  Scratch<R> turns;            ///< exp(-2 pi i r c / length), row by row for each column, re and im in turn
  Scratch<R> filterR, filterI; ///< transform of exp(-2 pi i g^-c / p) / length: frequency r + rows * c at (r, c)

  bool build(int64_t prime, int64_t length, int64_t rowsOfLength);
  /// Places from one row of the matrix to the next: odd, so that a column is not in one set of the cache.
  int64_t pitch() const { return columns | 1; }
  int64_t workSize(int64_t lanes) const {
    int64_t first = overRows.workSize(lanes), second = overColumns.workSize(lanes);
    return 2 * partSize(rows * pitch(), lanes) + 6 * partSize(rows > columns ? rows : columns, lanes) +
           (first > second ? first : second);
  }
};

/// A length by stages: for lines side by side its own; for a line by itself those of the rows x columns matrix that the
/// line is, between whose two transforms lie twiddles and a transposition.
template <class R> struct FftSmooth {
  int64_t n = 0, rows = 0, columns = 0;
  FftStages<R> stages, overRows, overColumns;
  Scratch<R> turns; ///< exp(-2 pi i r c / n): for each vector of columns and each row, re, then im

  bool build(int64_t length, int64_t rowsOfLine, int64_t vector);
  int64_t workSize(int64_t lanes, int64_t vector) const {
    if (lanes > 1)
      return 2 * partSize(n, lanes) + stages.workSize(lanes);
    int64_t first = overRows.workSize(vector), second = overColumns.workSize(vector);
    return 2 * partSize(n, 1) + 6 * partSize(rows > columns ? rows : columns, vector) +
           (first > second ? first : second);
  }
};

/// One length, for lines side by side, one in each lane of a vector of any width, or for a line by itself, `alone`.
/// With an odd radix it is of radix * n real numbers: what is not the conjugate of another part of their spectrum are
/// radix / 2 + 1 transforms of n complex numbers.
template <class R> struct FftPlan {
  int64_t n = 0, radix = 0;
  bool alone = false;
  int references = 0;
  bool direct = false;         ///< else by Bluestein's convolution of a padded length, for a line by itself only
  FftSmooth<R> smooth;         ///< of n or of the padded length
  Scratch<R> chirpR, chirpI;   ///< exp(-i pi k^2 / n)
  Scratch<R> filterR, filterI; ///< transform of the conjugate chirp, over the padded length
  Scratch<R> halfR, halfI;     ///< exp(-i pi k / n) for k <= n, for real transforms of 2n numbers
  Scratch<R> turns;            ///< exp(-2 pi i t p / (radix n)) for t <= radix / 2 and p < n, re and im in turn
  Scratch<R> roots;            ///< cosines, then sines of exp(-2 pi i t / radix)

  bool build(int64_t length, bool byItself, int64_t oddRadix);
  /// Elements of the work array, for vectors of so many lanes.
  int64_t workSize(int64_t vector) const {
    int64_t lanes = alone ? 1 : vector;
    int64_t real = radix ? partSize(radix * n, lanes) + 2 * partSize((radix / 2 + 1) * n, lanes) +
                               2 * partSize(radix * n / 2 + 1, lanes)
                         : 0;
    return real + 4 * partSize(n + 2, lanes) + (direct ? 0 : 4 * partSize(smooth.n, lanes)) +
           smooth.workSize(lanes, vector);
  }
};

/// One instruction set. `lines` transforms lines [first, first + count) of f, count <= lanes.
template <class R> struct FftKernels {
  int64_t lanes;
  void (*lines)(const FftPlan<R> &plan, const FftLines &f, const R *in, R *out, int64_t first, int64_t count, R *work);
  /// Transforms a vector's lanes: re and, a part behind, im; x is destroyed.
  void (*stages)(const FftStages<R> &stages, R *x, R *y, R *work);
};
struct FftKernelTable {
  FftKernels<float> f32;
  FftKernels<double> f64;
};
extern const FftKernelTable fftBase;
#if defined(__x86_64__)
extern const FftKernelTable fftAvx2, fftAvx512;
#endif

} // namespace tcc::runtime
#endif
