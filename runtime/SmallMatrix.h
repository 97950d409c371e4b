// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small matrices, many of them: each vector lane factors a matrix of its own. A call of LAPACK costs more than the
// arithmetic of a 4 x 4 matrix; here the cost of the loops is shared by all lanes. Also used for a single small matrix,
// so that a matrix has the same bits alone and in a batch.
#ifndef TCC_RUNTIME_SMALLMATRIX_H
#define TCC_RUNTIME_SMALLMATRIX_H

#include "runtime/Elements.h"
#include "runtime/Tensors.h"

namespace tcc::runtime {

/// The largest matrices for which lanes are ahead of LAPACK (measured); singular values gain the most.
inline constexpr int64_t maxSmall = 16, maxSmallSvd = 32;
inline bool isSmall(int64_t n) { return n <= maxSmall; }
/// Larger ones need some full lanes: a lone 32 x 32 matrix is faster in LAPACK.
inline bool isSmallSvd(int64_t m, int64_t n, int64_t batch) {
  return isSmall(m > n ? m : n) || ((m > n ? m : n) <= maxSmallSvd && batch >= 16);
}
/// Right-hand sides of a small system.
inline constexpr int64_t maxSmallColumns = 32;

/// What a thread asks for to work on `elements` numbers of each lane.
inline int64_t smallWorkBytes(int64_t elements, int32_t dtype) { return elements * 64 * (dtype >= TCC_C64 ? 2 : 1); }

// Failures are reported with LAPACK's info, or noMemory. All sizes are positive.
template <class T> void smallCholesky(const T *a, T *l, int64_t n, int64_t batch, BatchFailure &failure);
template <class T>
void smallLu(const T *a, T *lu, int64_t *perm, int64_t m, int64_t n, int64_t batch, BatchFailure &failure);
template <class T>
void smallSolve(const T *a, const T *b, T *x, int64_t n, int64_t columns, int64_t batch, BatchFailure &failure);
struct TriangleOptions {
  bool lower, adjoint, unitDiagonal;
};
template <class T>
void smallTriangularSolve(const T *a, const T *b, T *x, int64_t n, int64_t columns, TriangleOptions options,
                          int64_t batch, BatchFailure &failure);
/// v is null if not wanted.
template <class T> void smallEigh(const T *a, Real<T> *w, T *v, int64_t n, int64_t batch, BatchFailure &failure);
/// u (m x numU) and vh (numV x n) are null if not wanted.
template <class T>
void smallSvd(const T *a, T *u, Real<T> *s, T *vh, int64_t m, int64_t n, int64_t numU, int64_t numV, int64_t batch,
              BatchFailure &failure);

template <class T> void smallExpm(const T *a, T *y, int64_t n, int64_t batch, BatchFailure &failure);

/// The kernels for one instruction set, on parts of numbers: real numbers have one part, complex ones two. Each factors
/// `count` <= width matrices; `work` has workBytes.
template <class R> struct SmallMatrixKernels {
  int64_t width;
  void (*cholesky)(const R *, R *, int64_t n, int64_t count, void *work, int64_t *info);
  void (*lu)(const R *, R *, int64_t *perm, int64_t m, int64_t n, int64_t count, void *work);
  void (*solve)(const R *, const R *, R *, int64_t n, int64_t columns, int64_t count, void *work, int64_t *info);
  void (*triangularSolve)(const R *, const R *, R *, int64_t n, int64_t columns, TriangleOptions, int64_t count,
                          void *work);
  void (*eigh)(const R *, R *, R *, int64_t n, int64_t count, void *work, int64_t *info);
  void (*svd)(const R *, R *, R *, R *, int64_t m, int64_t n, int64_t numU, int64_t numV, int64_t count, void *work,
              int64_t *info);
  void (*expm)(const R *, R *, int64_t n, int64_t count, void *work);
};
/// For float and double, real and complex.
struct SmallMatrixTable {
  SmallMatrixKernels<float> f32, c64;
  SmallMatrixKernels<double> f64, c128;
};
extern const SmallMatrixTable smallMatrixBase;
#if defined(__x86_64__)
extern const SmallMatrixTable smallMatrixAvx2, smallMatrixAvx512;
#endif

} // namespace tcc::runtime
#endif
