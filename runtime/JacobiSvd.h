// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One-sided Jacobi SVD: slow and certain, the last resort when LAPACK's iterations do not converge.
// Method: M. R. Hestenes, "Inversion of matrices by biorthogonalization", J. SIAM 6 (1958), with the rotation of
// Golub and Van Loan, "Matrix Computations", 4th ed., section 8.6.3.
#ifndef TCC_RUNTIME_JACOBISVD_H
#define TCC_RUNTIME_JACOBISVD_H

#include "runtime/Elements.h"
#include "runtime/Memory.h"
#include <math.h>

namespace tcc::runtime {

template <class T> inline Real<T> realPart(T x) {
  if constexpr (isComplex<T>)
    return x.re;
  else
    return x;
}
template <class T> inline double squaredNorm(T x) {
  if constexpr (isComplex<T>)
    return double(x.re) * double(x.re) + double(x.im) * double(x.im);
  else
    return double(x) * double(x);
}

/// The computations are in double whatever T is: this path is rare, and then accuracy is what is wanted.
template <class T> using Wide = std::conditional_t<isComplex<T>, Complex<double>, double>;

/// a (rows x cols, rows >= cols, column-major) becomes the left vectors times the singular values; v (cols x cols)
/// collects the rotations. True when all columns are orthogonal.
template <class W> bool orthogonalizeColumns(W *a, W *v, int64_t rows, int64_t cols) {
  for (int64_t sweep = 0; sweep < 60; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < cols; ++p)
      for (int64_t q = p + 1; q < cols; ++q) {
        W *x = a + p * rows, *y = a + q * rows;
        double alpha = 0, beta = 0;
        W gamma(0);
        for (int64_t i = 0; i < rows; ++i) {
          alpha += squaredNorm(x[i]);
          beta += squaredNorm(y[i]);
          gamma = gamma + conjugate(x[i]) * y[i];
        }
        double size = sqrt(squaredNorm(gamma));
        if (size <= 1e-15 * sqrt(double(rows)) * sqrt(alpha) * sqrt(beta) || size == 0)
          continue;
        rotated = true;
        // y is first turned by the phase of gamma, which makes the inner product real.
        W phase = gamma * W(1 / size);
        double zeta = (beta - alpha) / (2 * size);
        double t = (zeta >= 0 ? 1 : -1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
        double c = 1 / sqrt(1 + t * t), s = c * t;
        auto rotate = [&](W *first, W *second, int64_t count) {
          for (int64_t i = 0; i < count; ++i) {
            W u = first[i], w = second[i] * conjugate(phase);
            first[i] = u * W(c) - w * W(s);
            second[i] = u * W(s) + w * W(c);
          }
        };
        rotate(x, y, rows);
        rotate(v + p * cols, v + q * cols, cols);
      }
    if (!rotated)
      return true;
  }
  return false;
}

/// Replaces columns [known, cols) of u (rows x cols, column-major) by an orthonormal completion of the others.
template <class W> void completeBasis(W *u, int64_t rows, int64_t known, int64_t cols) {
  for (int64_t j = known, unit = 0; j < cols && unit < rows; ++unit) {
    W *column = u + j * rows;
    for (int64_t i = 0; i < rows; ++i)
      column[i] = W(i == unit ? 1 : 0);
    for (int pass = 0; pass < 2; ++pass) // twice is enough (Kahan, in Parlett 1980, section 6.9)
      for (int64_t l = 0; l < j; ++l) {
        W dot(0);
        for (int64_t i = 0; i < rows; ++i)
          dot = dot + conjugate(u[l * rows + i]) * column[i];
        for (int64_t i = 0; i < rows; ++i)
          column[i] = column[i] - u[l * rows + i] * dot;
      }
    double norm = 0;
    for (int64_t i = 0; i < rows; ++i)
      norm += squaredNorm(column[i]);
    // Some unit vector keeps at least sqrt((rows - j) / rows) of its length; small remainders would be noise.
    if (norm < 0.25 / double(rows))
      continue;
    for (int64_t i = 0; i < rows; ++i)
      column[i] = column[i] * W(1 / sqrt(norm));
    ++j;
  }
}

/// Column-major m x n matrix; u is m x numU, vt is numV x n, both column-major and dense; null if not wanted.
/// Returns 0, 1 when it did not converge, -1 when memory ran out.
template <class T>
int jacobiSvd(const T *matrix, int64_t m, int64_t n, Real<T> *s, T *u, int64_t numU, T *vt, int64_t numV) {
  using W = Wide<T>;
  bool flip = m < n;
  int64_t rows = flip ? n : m, cols = flip ? m : n;
  int64_t numLeft = flip ? numV : numU;
  numLeft = numLeft > cols ? numLeft : cols;
  Scratch<W> a(rows * cols), v(cols * cols), left(rows * numLeft), right(cols * cols);
  Scratch<double> norms(cols);
  Scratch<int64_t> order(cols);
  if (!a || !v || !left || !right || !norms || !order)
    return -1;
  double scale = 0;
  for (int64_t i = 0; i < m * n; ++i)
    scale = fmax(scale, fmax(fabs(double(realPart(matrix[i]))), sqrt(squaredNorm(matrix[i]))));
  int exponent = 0;
  if (isfinite(scale) && scale > 0)
    frexp(scale, &exponent);
  else if (scale > 0)
    exponent = 1023;
  // Powers of two in two steps, as the inverse of the smallest numbers would overflow.
  double half = ldexp(1, -exponent / 2), otherHalf = ldexp(1, -(exponent - exponent / 2));
  for (int64_t j = 0; j < cols; ++j)
    for (int64_t i = 0; i < rows; ++i) {
      W x = W(flip ? matrix[j + i * m] : matrix[i + j * m]);
      a[i + j * rows] = (flip ? conjugate(x) : x) * W(half) * W(otherHalf);
    }
  for (int64_t i = 0; i < cols * cols; ++i)
    v[i] = W(i % (cols + 1) == 0 ? 1 : 0);
  bool converged = orthogonalizeColumns(a.get(), v.get(), rows, cols);
  double largest = 0;
  for (int64_t j = 0; j < cols; ++j) {
    double sum = 0;
    for (int64_t i = 0; i < rows; ++i)
      sum += squaredNorm(a[i + j * rows]);
    norms[j] = sqrt(sum);
    largest = fmax(largest, norms[j]);
    int64_t place = j; // insertion sort, descending
    for (; place > 0 && norms[order[place - 1]] < norms[j]; --place)
      order[place] = order[place - 1];
    order[place] = j;
  }
  int64_t rank = 0;
  for (int64_t j = 0; j < cols; ++j) {
    int64_t from = order[j];
    s[j] = Real<T>(norms[from] / half / otherHalf);
    for (int64_t i = 0; i < cols; ++i)
      right[i + j * cols] = v[i + from * cols];
    if (norms[from] <= 1e-290 || norms[from] <= 1e-15 * largest)
      continue; // its direction is noise; the completion below chooses one
    rank = j + 1;
    for (int64_t i = 0; i < rows; ++i)
      left[i + j * rows] = a[i + from * rows] * W(1 / norms[from]);
  }
  completeBasis(left.get(), rows, rank, numLeft);
  // matrix = left s right^H, or its adjoint when flipped.
  const W *leftVectors = flip ? right.get() : left.get(), *rightVectors = flip ? left.get() : right.get();
  if (u)
    for (int64_t i = 0; i < m * numU; ++i)
      u[i] = T(leftVectors[i]);
  if (vt)
    for (int64_t j = 0; j < n; ++j)
      for (int64_t i = 0; i < numV; ++i)
        vt[i + j * numV] = T(conjugate(rightVectors[j + i * n]));
  return converged ? 0 : 1;
}

} // namespace tcc::runtime
#endif
