// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Schur forms and eigenvalues of Hessenberg matrices by QR steps with many shifts and aggressive early deflation
// (Braman, Byers and Mathias 2002, SIAM J. Matrix Anal. Appl. 23, 929 and 948). Row-major, on all threads.
#ifndef TCC_RUNTIME_HESSENBERGQR_H
#define TCC_RUNTIME_HESSENBERGQR_H

#include "runtime/WindowBasis.h"

namespace tcc::runtime {

template <class T> class HessenbergQr {
public:
  /// Work arrays for matrices of order n; false when memory is exhausted.
  bool allocate(int64_t n);
  /// h becomes the Schur form (quasi-triangular for real T, blocks of two in LAPACK's standard form) if that is wanted,
  /// z = z u for its basis u. The largest entries of h should be of the size of 1. Returns 0, or if the iteration does
  /// not converge the number of the row below which all eigenvalues in w are right.
  int64_t run(const HessenbergProblem<T> &problem, Complex<Real<T>> *w);

private:
  int64_t iterate(const HessenbergProblem<T> &problem, Complex<Real<T>> *w, BulgeSweep<T> &with, bool deflatesEarly);
  int64_t deflate(const HessenbergProblem<T> &problem, int64_t low, int64_t high, int64_t rows, int64_t &numShifts);
  void restoreHessenberg(int64_t rows, int64_t size, Real<T> &beta);
  int64_t pairShifts(int64_t numShifts, int64_t most);

  BulgeSweep<T> sweep, innerSweep;
  WindowBasis<T> basis;
  int64_t ld = 0; // of the deflation window
  Scratch<T> form, vectors, spike, conjugated, factors, sums;
  Scratch<Complex<Real<T>>> values;
  Scratch<ShiftPair<Real<T>>> shifts;
};

/// Rows and columns k and k + 1, which no subdiagonal entries join to others: a real block in standard form, a complex
/// one triangular. `values` are the two eigenvalues.
template <class T> void triangularizePair(const HessenbergProblem<T> &problem, int64_t k, Complex<Real<T>> *values);

/// How many sweeps the iteration may take for each row, 30 if nothing is said: for tests.
void limitQrSweeps(int64_t perRow);

} // namespace tcc::runtime
#endif
