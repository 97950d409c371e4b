// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrices in double precision and LAPACK's measures of a decomposition's error, for the tests of the runtime.
#ifndef TCC_TEST_UNIT_RUNTIMEMATRIX_H
#define TCC_TEST_UNIT_RUNTIMEMATRIX_H

#include "RuntimeFixture.h"

namespace tcc::runtime::test {

/// One row-major matrix in double precision.
using Z = std::complex<double>;
struct Matrix {
  int64_t m, n;
  std::vector<Z> x;
  Matrix(int64_t m, int64_t n) : m(m), n(n), x(size_t(m * n)) {}
  Z &operator()(int64_t i, int64_t j) { return x[size_t(i * n + j)]; }
  Z operator()(int64_t i, int64_t j) const { return x[size_t(i * n + j)]; }
  double norm() const {
    double sum = 0;
    for (Z v : x)
      sum += std::norm(v);
    return std::sqrt(sum);
  }
  Matrix adjoint() const {
    Matrix r(n, m);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        r(j, i) = std::conj((*this)(i, j));
    return r;
  }
};
inline Matrix operator*(const Matrix &a, const Matrix &b) {
  Matrix c(a.m, b.n);
  for (int64_t i = 0; i < a.m; ++i)
    for (int64_t k = 0; k < a.n; ++k)
      for (int64_t j = 0; j < b.n; ++j)
        c(i, j) += a(i, k) * b(k, j);
  return c;
}
inline Matrix operator-(Matrix a, const Matrix &b) {
  for (size_t i = 0; i < a.x.size(); ++i)
    a.x[i] -= b.x[i];
  return a;
}
inline Matrix identity(int64_t n) {
  Matrix a(n, n);
  for (int64_t i = 0; i < n; ++i)
    a(i, i) = 1;
  return a;
}
template <class T> Matrix matrixOf(const Array<T> &a, int64_t b, int64_t m, int64_t n) {
  Matrix r(m, n);
  for (int64_t i = 0; i < m * n; ++i)
    r.x[size_t(i)] = Z(a[b * m * n + i]);
  return r;
}
template <class T> Matrix diagonalOf(const Array<T> &w, int64_t b, int64_t count, int64_t m, int64_t n) {
  Matrix r(m, n);
  for (int64_t i = 0; i < count; ++i)
    r(i, i) = Z(w[b * count + i]);
  return r;
}

/// residual in units of n * norm * eps
inline double ratio(const Matrix &residual, const Matrix &a, double eps) {
  double n = double(std::max<int64_t>({a.m, a.n, 1}));
  double norm = a.norm();
  return residual.norm() / (n * (norm > 0 ? norm : 1) * eps);
}
inline double orthogonality(const Matrix &q, double eps) {
  return (q.adjoint() * q - identity(q.n)).norm() / (double(std::max<int64_t>(q.m, 1)) * eps);
}

} // namespace tcc::runtime::test
#endif
