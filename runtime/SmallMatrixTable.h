// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of SmallMatrixKernels.h as a table of functions. Included at the end of a namespace of one instruction
// set.

template <class R, bool isComplex> constexpr SmallMatrixKernels<R> smallKernels() {
  using M = SmallMatrix<R, isComplex>;
  using N = typename M::N;
  return {M::width,
          [](const R *a, R *l, int64_t n, int64_t count, void *work, int64_t *info) {
            M::cholesky(a, l, n, count, (N *)work, info);
          },
          [](const R *a, R *lu, int64_t *perm, int64_t m, int64_t n, int64_t count, void *work) {
            M::lu(a, lu, perm, m, n, count, (N *)work);
          },
          [](const R *a, const R *b, R *x, int64_t n, int64_t columns, int64_t count, void *work, int64_t *info) {
            M::solve(a, b, x, n, columns, count, (N *)work, info);
          },
          [](const R *a, const R *b, R *x, int64_t n, int64_t columns, TriangleOptions o, int64_t count, void *work) {
            M::triangularSolve(a, b, x, n, columns, o.lower, o.adjoint, o.unitDiagonal, count, (N *)work);
          },
          [](const R *a, R *w, R *v, int64_t n, int64_t count, void *work, int64_t *info) {
            M::eigh(a, w, v, n, count, (N *)work, info);
          },
          [](const R *a, R *u, R *s, R *vh, int64_t m, int64_t n, int64_t numU, int64_t numV, int64_t count, void *work,
             int64_t *info) { M::svd(a, u, s, vh, m, n, numU, numV, count, (N *)work, info); },
          [](const R *a, R *y, int64_t n, int64_t count, void *work) {
            SmallExponential<R, isComplex>::run(a, y, n, count, (N *)work);
          }};
}
