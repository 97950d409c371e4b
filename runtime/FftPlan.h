// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything that our own FFT computes once for a length, and the kernels that use it on one instruction set.
#ifndef TCC_RUNTIME_FFTPLAN_H
#define TCC_RUNTIME_FFTPLAN_H

#include "runtime/FftLines.h"
#include "runtime/Memory.h"

namespace tcc::runtime {

/// Primes up to this one are butterflies of their own; Bluestein's algorithm is faster for larger ones (measured).
inline constexpr int64_t largestRadix = 127;

/// exp(-2 pi i k / n), computed in the first octant where sin and cos are most exact.
void unitRoot(int64_t k, int64_t n, double &re, double &im);

/// Factors and twiddles of a length. `R` is the type of the transform.
template <class R> struct FftStages {
  int64_t n = 0;
  int numFactors = 0;
  int64_t factors[64];
  Scratch<R> cosines, sines; ///< exp(-2 pi i k / n)

  bool build(int64_t length);
};

/// Elements from one part of a work array (real or imaginary parts) to the next: not a power of two, as a store and a
/// load 4096 bytes apart wait for each other.
inline int64_t partSize(int64_t n, int64_t lanes) { return n * lanes + 80; }

/// One length: stages of n, or of the padded length at which Bluestein's algorithm convolves.
template <class R> struct FftPlan {
  int64_t n = 0;
  int references = 0;
  bool smooth = false;
  FftStages<R> stages;
  Scratch<R> chirpR, chirpI;   ///< exp(-i pi k^2 / n)
  Scratch<R> filterR, filterI; ///< transform of the conjugate chirp, over the padded length

  bool build(int64_t length);
  /// Elements of the work array for `lanes` lines side by side.
  int64_t workSize(int64_t lanes) const {
    return 4 * partSize(n, lanes) + (smooth ? 0 : 4 * partSize(stages.n, lanes));
  }
};

/// One instruction set. `lines` transforms lines [first, first + count) of f in `lanes` lanes, of which real transforms
/// carry two lines each; `stages` transforms split arrays (re, then im) and returns whether the result is in y rather
/// than in x.
template <class R> struct FftKernels {
  void (*lines)(const FftPlan<R> &plan, const FftLines &f, const R *in, R *out, int64_t first, int64_t count,
                int64_t lanes, R *work);
};
struct FftKernelTable {
  FftKernels<float> f32;
  FftKernels<double> f64;
  bool (*stages)(const FftStages<double> &stages, double *x, double *y, int64_t lanes);
};
extern const FftKernelTable fftBase;
#if defined(__x86_64__)
extern const FftKernelTable fftAvx2, fftAvx512;
#endif

} // namespace tcc::runtime
#endif
