// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The reduction wants columns, the iteration rows: the matrix is transposed once between them.
#include "runtime/SchurForm.h"

namespace tcc::runtime {

template <class T> bool SchurForm<T>::allocate() {
  ld = paddedLeading<T>(n);
  const int64_t size = ld * n;
  if (!a.resize(n, n) || !reflectors.resize(n, n) || !tau.resize(n) || !h.resize(size) ||
      (hasVectors && !zt.resize(size)) || !balancing.resize(n) || !w.resize(n) || !iteration.allocate(n))
    return false;
  memset(static_cast<void *>(h.get()), 0, size_t(size) * sizeof(T));
  return true;
}

template <class T> int64_t SchurForm<T>::bytes() const {
  return paddedLeading<T>(n) * n * (hasVectors ? 4 : 3) * int64_t(sizeof(T));
}

template <class T> int64_t SchurForm<T>::run(const T *matrix, MatrixOrder order, Balance how) {
  const Real<T> factor = unitScale(matrix, n * n);
  balance = how;
  inverseScale = 1 / factor;
  if (order == MatrixOrder::Rows)
    transposeCopy(a.data.get(), a.ld, matrix, n, n, n, [=](T x) { return x * T(factor); });
  else
    for (int64_t j = 0; j < n; ++j)
      for (int64_t i = 0; i < n; ++i)
        a.column(j)[i] = matrix[i + j * n] * T(factor);
  const BlasInt size = BlasInt(n), lda = BlasInt(a.ld);
  BlasInt info = 0;
  lapack<T>()->gebal(how == Balance::Scale ? "B" : "P", &size, a.data.get(), &lda, &firstRow, &lastRow, balancing.get(),
                     &info, 1);
  memset(static_cast<void *>(reflectors.data.get()), 0, size_t(a.ld * n) * sizeof(T));
  if (!reduceToHessenberg(a, reflectors, tau.get()))
    return noMemory;
  transposeCopy(h.get(), ld, a.data.get(), a.ld, n, n);
  if (hasVectors) {
    memset(static_cast<void *>(zt.get()), 0, size_t(ld * n) * sizeof(T));
    for (int64_t i = 0; i < n; ++i)
      zt[i * (ld + 1)] = T(1);
    if (n > 2) {
      Reflections<T> reflections(reflectors.data.get(), reflectors.ld, n, n - 2, 1, tau.get());
      if (!reflections.prepare())
        return noMemory;
      const int64_t width = tileWidth(n, 64), tiles = (n + width - 1) / width;
      std::atomic<bool> ok{true};
      parallelFor(tiles, grainFor(double(n) * double(n) * double(width) * double(sizeof(T)) * 0.01),
                  [&](int64_t begin, int64_t end) {
                    Scratch<T> work(reflections.workSize(width));
                    if (!work)
                      ok = false;
                    for (int64_t j = begin * width; ok && j < end * width && j < n; j += width)
                      reflections.apply(zt.get() + j * ld, ld, n - j < width ? n - j : width, work.get());
                  });
      if (!ok)
        return noMemory;
    }
  }
  if (int64_t failure = iteration.run({n, h.get(), ld, hasVectors ? zt.get() : nullptr, ld, n, hasForm}, w.get()))
    return failure;
  if (hasVectors && how == Balance::Permute)
    for (int64_t j = 0; j < n; ++j)
      undoBalance(zt.get() + j * ld);
  return 0;
}

template <class T> int64_t SchurForm<T>::run(T *matrix, T *u) {
  if (int64_t failure = run(matrix, MatrixOrder::Columns, Balance::Permute))
    return failure;
  transposeCopy(matrix, n, h.get(), ld, n, n, [this](T x) { return x * T(inverseScale); });
  for (int64_t j = 0; j < n; ++j)
    memcpy(static_cast<void *>(u + j * n), zt.get() + j * ld, size_t(n) * sizeof(T));
  return 0;
}

template <class T> void SchurForm<T>::undoBalance(T *x) const {
  if (balance == Balance::Scale)
    for (int64_t i = firstRow - 1; i < lastRow; ++i)
      x[i] = x[i] * T(balancing[i]);
  auto swapBack = [&](int64_t i) {
    const int64_t other = int64_t(balancing[i]) - 1;
    const T old = x[i];
    x[i] = x[other];
    x[other] = old;
  };
  for (int64_t i = firstRow - 2; i >= 0; --i)
    swapBack(i);
  for (int64_t i = lastRow; i < n; ++i)
    swapBack(i);
}

template <class R> void makeTriangular(const SchurForm<R> &form, int64_t n, Complex<R> *t, Complex<R> *z) {
  using C = Complex<R>;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j)
      t[i * n + j] = C(form.form()[i * form.formStride() + j]);
  for (int64_t j = 0; z && j < n; ++j)
    for (int64_t i = 0; i < n; ++i)
      z[j * n + i] = C(form.basis()[j * form.basisStride() + i]);
  C pair[2];
  for (int64_t k = 0; k + 1 < n; ++k)
    if (form.values()[k].im != 0) {
      triangularizePair<C>({n, t, n, z, n, n, true}, k, pair);
      const bool isSwapped = pair[0].im * form.values()[k].im < 0;
      t[k * (n + 1)] = form.values()[isSwapped ? k + 1 : k];
      t[(k + 1) * (n + 1)] = form.values()[isSwapped ? k : k + 1];
      ++k;
    }
  for (int64_t i = 0; i < n * n; ++i)
    t[i] = t[i] * C(form.scale());
}

template class SchurForm<float>;
template class SchurForm<double>;
template class SchurForm<Complex<float>>;
template class SchurForm<Complex<double>>;
template void makeTriangular(const SchurForm<float> &, int64_t, Complex<float> *, Complex<float> *);
template void makeTriangular(const SchurForm<double> &, int64_t, Complex<double> *, Complex<double> *);

} // namespace tcc::runtime
