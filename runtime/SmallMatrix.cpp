// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Chooses the instruction set, cuts a batch into groups of one matrix for each lane, and runs them on the pool.
#include "runtime/SmallMatrix.h"
#include "runtime/Decompose.h"
#include "runtime/TaylorExponential.h"
#include "runtime/VectorTarget.h"

namespace tcc::runtime {
namespace {
namespace base {
#include "runtime/LaneArithmetic.h"
#include "runtime/SmallMatrixKernels.h"
#include "runtime/SmallMatrixSeries.h"
#include "runtime/SmallMatrixTable.h"
} // namespace base

const SmallMatrixTable &table() {
#if defined(__x86_64__)
  // Both questions read a word that the start-up code has filled.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    return smallMatrixAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return smallMatrixAvx2;
#endif
  return smallMatrixBase;
}
template <class T> const SmallMatrixKernels<Real<T>> &kernels() {
  if constexpr (std::is_same_v<T, float>)
    return table().f32;
  else if constexpr (std::is_same_v<T, double>)
    return table().f64;
  else if constexpr (std::is_same_v<T, Complex<float>>)
    return table().c64;
  else
    return table().c128;
}

template <class T> Real<T> *parts(T *x) { return reinterpret_cast<Real<T> *>(x); }
template <class T> const Real<T> *parts(const T *x) { return reinterpret_cast<const Real<T> *>(x); }

constexpr int64_t mostLanes = 16;

/// body(first matrix, number of matrices, work, info) for each group; info (initially 0) is reported for each matrix.
/// `elements`: numbers in a lane's work array; `flop`: of one matrix.
template <class T, class F>
void forEachGroup(int64_t batch, int64_t elements, double flop, BatchFailure &failure, F &&body) {
  int64_t width = kernels<T>().width;
  parallelFor((batch + width - 1) / width, grainFor(100 + flop * double(width) * 0.05),
              [&](int64_t begin, int64_t end) {
                Scratch<T> work(elements * width);
                if (!work)
                  return failure.report(begin * width, noMemory);
                for (int64_t group = begin; group < end; ++group) {
                  int64_t first = group * width, count = batch - first < width ? batch - first : width;
                  int64_t info[mostLanes] = {};
                  body(first, count, work.get(), info);
                  for (int64_t l = 0; l < count; ++l)
                    if (info[l])
                      failure.report(first + l, info[l]);
                }
              });
}

} // namespace

const SmallMatrixTable smallMatrixBase = {base::smallKernels<float, false>(), base::smallKernels<float, true>(),
                                          base::smallKernels<double, false>(), base::smallKernels<double, true>()};

template <class T> void smallCholesky(const T *a, T *l, int64_t n, int64_t batch, BatchFailure &failure) {
  forEachGroup<T>(batch, n * n, double(n * n * n) / 3, failure,
                  [&](int64_t first, int64_t count, void *work, int64_t *info) {
                    kernels<T>().cholesky(parts(a + first * n * n), parts(l + first * n * n), n, count, work, info);
                  });
}

template <class T>
void smallLu(const T *a, T *lu, int64_t *perm, int64_t m, int64_t n, int64_t batch, BatchFailure &failure) {
  forEachGroup<T>(
      batch, m * n, double(2 * m * n * n), failure, [&](int64_t first, int64_t count, void *work, int64_t *) {
        kernels<T>().lu(parts(a + first * m * n), parts(lu + first * m * n), perm + first * m, m, n, count, work);
      });
}

template <class T>
void smallSolve(const T *a, const T *b, T *x, int64_t n, int64_t columns, int64_t batch, BatchFailure &failure) {
  forEachGroup<T>(batch, n * (n + columns), double(2 * n * n * (n + columns)), failure,
                  [&](int64_t first, int64_t count, void *work, int64_t *info) {
                    kernels<T>().solve(parts(a + first * n * n), parts(b + first * n * columns),
                                       parts(x + first * n * columns), n, columns, count, work, info);
                  });
}

template <class T>
void smallTriangularSolve(const T *a, const T *b, T *x, int64_t n, int64_t columns, TriangleOptions options,
                          int64_t batch, BatchFailure &failure) {
  forEachGroup<T>(batch, n * (n + columns), double(n * n * columns), failure,
                  [&](int64_t first, int64_t count, void *work, int64_t *) {
                    kernels<T>().triangularSolve(parts(a + first * n * n), parts(b + first * n * columns),
                                                 parts(x + first * n * columns), n, columns, options, count, work);
                  });
}

template <class T> void smallEigh(const T *a, Real<T> *w, T *v, int64_t n, int64_t batch, BatchFailure &failure) {
  forEachGroup<T>(batch, 2 * n * n + 5 * n, 20.0 * double(n * n * n), failure,
                  [&](int64_t first, int64_t count, void *work, int64_t *info) {
                    kernels<T>().eigh(parts(a + first * n * n), w + first * n, v ? parts(v + first * n * n) : nullptr,
                                      n, count, work, info);
                  });
}

template <class T>
void smallSvd(const T *a, T *u, Real<T> *s, T *vh, int64_t m, int64_t n, int64_t numU, int64_t numV, int64_t batch,
              BatchFailure &failure) {
  int64_t rows = m < n ? n : m, columns = m < n ? m : n;
  forEachGroup<T>(
      batch, 2 * rows * columns + columns * columns + rows * rows + 6 * columns + rows,
      20.0 * double(rows * columns * columns), failure, [&](int64_t first, int64_t count, void *work, int64_t *info) {
        kernels<T>().svd(parts(a + first * m * n), u ? parts(u + first * m * numU) : nullptr, s + first * columns,
                         vh ? parts(vh + first * numV * n) : nullptr, m, n, numU, numV, count, work, info);
      });
}

template <class T> void smallExpm(const T *a, T *y, int64_t n, int64_t batch, BatchFailure &failure) {
  forEachGroup<T>(batch, 7 * n * n + 2 * n, 16.0 * double(n * n * n), failure,
                  [&](int64_t first, int64_t count, void *work, int64_t *) {
                    kernels<T>().expm(parts(a + first * n * n), parts(y + first * n * n), n, count, work);
                  });
}

#define TCC_INSTANTIATE(T)                                                                                             \
  template void smallCholesky(const T *, T *, int64_t, int64_t, BatchFailure &);                                       \
  template void smallLu(const T *, T *, int64_t *, int64_t, int64_t, int64_t, BatchFailure &);                         \
  template void smallSolve(const T *, const T *, T *, int64_t, int64_t, int64_t, BatchFailure &);                      \
  template void smallTriangularSolve(const T *, const T *, T *, int64_t, int64_t, TriangleOptions, int64_t,            \
                                     BatchFailure &);                                                                  \
  template void smallExpm(const T *, T *, int64_t, int64_t, BatchFailure &);                                           \
  template void smallEigh(const T *, Real<T> *, T *, int64_t, int64_t, BatchFailure &);                                \
  template void smallSvd(const T *, T *, Real<T> *, T *, int64_t, int64_t, int64_t, int64_t, int64_t, BatchFailure &);
TCC_INSTANTIATE(float)
TCC_INSTANTIATE(double)
TCC_INSTANTIATE(Complex<float>)
TCC_INSTANTIATE(Complex<double>)
#undef TCC_INSTANTIATE

} // namespace tcc::runtime
