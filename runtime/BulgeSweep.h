// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// QR steps on Hessenberg matrices: chains of bulges are chased through small windows near the diagonal, and their
// reflections, which are kept, are applied to the rest of the matrix and to the basis along contiguous memory (as
// Braman, Byers and Mathias 2002, SIAM J. Matrix Anal. Appl. 23, 929, but reflections stay reflections).
#ifndef TCC_RUNTIME_BULGESWEEP_H
#define TCC_RUNTIME_BULGESWEEP_H

#include "runtime/Elements.h"
#include "runtime/MatrixVector.h"
#include "runtime/Memory.h"

namespace tcc::runtime {

/// A row-major Hessenberg matrix h on its way to a Schur form, and the basis z that follows. Rows begin at multiples of
/// 64 bytes; from their ends to the next multiple there are zeros.
template <class T> struct HessenbergProblem {
  int64_t n;
  T *h;
  int64_t ld;
  T *zt; ///< the transpose of z, n x zRows; null if not wanted
  int64_t ldz, zRows;
  bool wantsForm; ///< all of h, not only what its eigenvalues need
};

/// Two shifts of one bulge; of real matrices conjugates of each other, or both real.
template <class R> struct ShiftPair {
  Complex<R> first, second;
};

/// A reflection (1 - tau v v^H)^H = 1 - (1, g1, g2)^T (t, t1, t2) of three neighbouring rows.
template <class T> struct SmallReflection {
  T t, t1, t2, g1, g2;
};

/// One sweep of bulges through the rows and columns [low, high] of an unreduced block, at least three of them.
template <class T> class BulgeSweep {
public:
  /// For matrices of order n; false when memory is exhausted.
  bool allocate(int64_t n, int64_t mostBulges);
  /// False when memory is exhausted.
  bool run(const HessenbergProblem<T> &problem, int64_t low, int64_t high, const ShiftPair<Real<T>> *shifts,
           int64_t count);

private:
  template <int bytes> void chase(const HessenbergProblem<T> &p, int64_t beginTime, int64_t endTime);
  void generate(int64_t first, int64_t bulge, int64_t step);
  template <int bytes>
  void advance(int64_t first, int64_t top, int64_t rows, int64_t width, int64_t bulge, int64_t step);
  template <int bytes, bool conjugated>
  void applySteps(T *rows, int64_t ldRows, int64_t offset, int64_t blocks, int64_t beginTime, int64_t endTime) const;
  template <bool conjugated>
  void applyAcross(T *lowRow, int64_t ldRows, int64_t columns, int64_t beginTime, int64_t endTime) const;
  void applyAbove(const HessenbergProblem<T> &p, int64_t firstRow, int64_t numRows, T *work) const;

  int64_t windowRows = 0, localLd = 0;
  Scratch<T> window, heads;                ///< what is left of the columns that bulges clear
  Scratch<SmallReflection<T>> reflections; ///< of bulge b and step s at b (high - low) + s - (low - 1)
  // Of the sweep that runs.
  int64_t low = 0, high = 0, count = 0, times = 0;
  bool defers = false;
  const ShiftPair<Real<T>> *shifts = nullptr;
};

} // namespace tcc::runtime
#endif
