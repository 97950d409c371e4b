// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_eigh, tcc_eig and tcc_schur. Eigenvectors are columns, which in a row-major result are strided: these drivers
// transpose once on the way out.
#include "runtime/CondensedForm.h"
#include "runtime/Decompose.h"
#include "runtime/Layout.h"
#include "runtime/PanelArithmetic.h"
#include "runtime/SchurForm.h"
#include "runtime/SmallMatrix.h"
#include "runtime/TridiagonalQr.h"
#include <limits>

using namespace tcc::runtime;

namespace {

/// Eigen-decomposition of a row-major Hermitian matrix, given by its lower triangle; v is null if not wanted. Returns
/// 0, noMemory, or 1 where an eigenvalue did not converge.
template <class T> int64_t decomposeHermitian(const T *matrix, int64_t n, Real<T> *w, T *v) {
  using R = Real<T>;
  WorkMatrix<T> a;
  Scratch<T> tau(n);
  Scratch<R> offDiagonal(n), diagonal(n), vectors(v ? n * n : 0);
  Scratch<int32_t> order(n);
  if (!a.resize(n, n) || !tau || !offDiagonal || !diagonal || !vectors || !order)
    return noMemory;
  R scale = unitScale(matrix, n * n), unscale = 1 / scale;
  transposeCopy(a.data.get(), a.ld, matrix, n, n, n, [=](T x) { return x * T(scale); });
  if (!tridiagonalize(a, diagonal.get(), offDiagonal.get(), tau.get()))
    return noMemory;
  if (!v) {
    int64_t failure = tridiagonalValues(n, diagonal.get(), offDiagonal.get());
    for (int64_t j = 0; j < n; ++j)
      w[j] = diagonal[j] * unscale;
    return failure;
  }
  VectorMatrix<R> inner{vectors.get(), n};
  if (int64_t failure = solveTridiagonal(n, diagonal.get(), offDiagonal.get(), inner, order.get()))
    return failure;
  for (int64_t j = 0; j < n; ++j)
    w[j] = diagonal[order[j]] * unscale;
  Reflections<T> reflections(a.data.get(), a.ld, n, n - 1, 1, tau.get());
  bool ok =
      backTransform(reflections, n, n, inner, n, order.get(), /*isDescending=*/false,
                    [&](int64_t first, int64_t count, const T *c) { transposeCopy(v + first, n, c, n, count, n); });
  return ok ? 0 : noMemory;
}

/// By LAPACK's QR iteration, which converges where divide and conquer may not. Returns its info.
template <class T> int64_t decomposeByIteration(const T *matrix, BlasInt n, Real<T> *w, T *v) {
  BlasInt info = 0, lwork = -1;
  const char *job = v ? "V" : "N";
  auto heev = [&](T *a, T *work, Real<T> *realWork) {
    if constexpr (isComplex<T>)
      callFortran(lapack<T>()->heev, job, "U", &n, a, &n, w, work, &lwork, realWork, &info, Length(1), Length(1));
    else
      callFortran(lapack<T>()->heev, job, "U", &n, a, &n, w, work, &lwork, &info, Length(1), Length(1));
  };
  T query(0);
  heev(nullptr, &query, nullptr);
  lwork = workspaceSize(query, 3 * n);
  Scratch<T> vectors(int64_t(n) * n), work(lwork);
  Scratch<Real<T>> realWork(3 * int64_t(n));
  if (!vectors || !work || !realWork)
    return noMemory;
  memcpy(static_cast<void *>(vectors.get()), matrix, sizeof(T) * size_t(n) * size_t(n));
  heev(vectors.get(), work.get(), realWork.get());
  // Seen by Fortran, the lower triangle is the upper one of a^T = conj(a), whose eigenvectors are conjugated.
  if (v && info == 0)
    transposeCopy(v, n, vectors.get(), n, n, n, [](T x) { return conjugate(x); });
  return info;
}

/// Eigenvectors of a matrix from its Schur form: those of the triangle (trevc3) in the matrix's basis, of norm 1, the
/// largest entry of each complex one real. Tiles of columns run on all threads.
template <class T> class SchurVectors {
public:
  using R = Real<T>;
  using C = Complex<R>;
  explicit SchurVectors(int64_t n) : n(n) {}
  bool allocate() { return triangle.resize(n * n); }
  /// v is row-major. False when memory is exhausted.
  bool run(const SchurForm<T> &form, C *v) {
    transposeCopy(triangle.get(), n, form.form(), form.formStride(), n, n);
    const int64_t tiles = (n + width - 1) / width;
    std::atomic<bool> ok{true};
    parallelFor(tiles, grainFor(double(n) * double(n) * width * sizeof(T) * 0.02), [&](int64_t begin, int64_t end) {
      Tile tile;
      if (!tile.allocate(n, triangle.get())) {
        ok = false;
        return;
      }
      for (int64_t t = begin; t < end; ++t)
        run(form, firstOf(form, t * width), firstOf(form, t + 1 < tiles ? (t + 1) * width : n), tile, v);
    });
    return ok;
  }

private:
  static constexpr int64_t width = 32;

  /// A vector as it is stored: for real T with its imaginary parts apart, if it has some, and their sign.
  struct Column {
    const T *re, *im;
    R sign, scale;
    C factor;
    int64_t real; ///< the entry that becomes real, or -1
    C entry(int64_t i) const {
      C x(realOf(re[i]), im ? realOf(im[i]) : imaginaryOf(re[i]));
      return {x.re * scale, x.im * scale};
    }
    C at(int64_t i) const {
      const C x = entry(i) * factor;
      return {x.re, i == real ? R(0) : sign * x.im};
    }
  };
  /// What one thread works in: with a tile's pairs complete there may be one column more.
  struct Tile {
    Scratch<T> triangle, inner, vectors, work;
    Scratch<R> realWork;
    Scratch<BlasInt> selected;
    T *t = nullptr;
    Column columns[width + 1];
    bool allocate(int64_t n, T *common) {
      if (!inner.resize(n * (width + 1)) || !vectors.resize(n * (width + 1)) || !work.resize(3 * n) ||
          !selected.resize(n))
        return false;
      t = common;
      if constexpr (isComplex<T>) { // trevc3 changes the diagonal for a while
        if (!realWork.resize(n) || !triangle.resize(n * n))
          return false;
        memcpy(static_cast<void *>(triangle.get()), common, size_t(n * n) * sizeof(T));
        t = triangle.get();
      }
      return true;
    }
  };

  /// Conjugate pairs stay together.
  int64_t firstOf(const SchurForm<T> &form, int64_t j) const {
    return !isComplex<T> && j < n && form.values()[j].im < 0 ? j + 1 : j;
  }

  void run(const SchurForm<T> &form, int64_t first, int64_t end, Tile &tile, C *v) {
    const BlasInt order = BlasInt(n), count = BlasInt(end - first), inner = BlasInt(end), workSize = 3 * order;
    const BlasInt ldz = BlasInt(form.basisStride());
    const T *const none = nullptr;
    const T one(1), zero(0);
    BlasInt found = 0, info = 0;
    for (int64_t j = 0; j < n; ++j)
      tile.selected[j] = j >= first && j < end;
    if constexpr (isComplex<T>)
      callFortran(lapack<T>()->trevc3, "R", "S", tile.selected.get(), &order, tile.t, &order, none, &order,
                  tile.inner.get(), &order, &count, &found, tile.work.get(), &workSize, tile.realWork.get(), &order,
                  &info, Length(1), Length(1));
    else
      callFortran(lapack<T>()->trevc3, "R", "S", tile.selected.get(), &order, tile.t, &order, none, &order,
                  tile.inner.get(), &order, &count, &found, tile.work.get(), &workSize, &info, Length(1), Length(1));
    blas<T>()->gemm("N", "N", &order, &count, &inner, &one, form.basis(), &ldz, tile.inner.get(), &order, &zero,
                    tile.vectors.get(), &order, 1, 1);
    for (int64_t j = 0; j < count; ++j)
      form.undoBalance(tile.vectors.get() + j * n);
    for (int64_t j = 0; j < count; ++j) {
      T *const x = tile.vectors.get() + j * n;
      const bool isPair = !isComplex<T> && form.values()[first + j].im > 0;
      tile.columns[j] = normalised(x, isPair ? x + n : nullptr);
      if (isPair) {
        tile.columns[j + 1] = tile.columns[j];
        tile.columns[++j].sign = -1;
      }
    }
    constexpr int64_t height = 32;
    for (int64_t row = 0; row < n; row += height)
      for (int64_t j = 0; j < count; ++j)
        for (int64_t i = row; i < row + height && i < n; ++i)
          v[i * n + first + j] = tile.columns[j].at(i);
  }

  Column normalised(const T *x, const T *y) const {
    Column column{x, y, 1, 1, C(1), -1};
    R most = 0;
    for (int64_t i = 0; i < n; ++i)
      most = fmax(most, sizeOf(column.entry(i)));
    // Balancing may have brought it out of the range of squares.
    int exponent;
    frexp(most, &exponent);
    constexpr int limit = std::numeric_limits<R>::max_exponent - 2;
    column.scale = R(ldexp(1.0, exponent < -limit ? limit : exponent > limit ? -limit : -exponent));
    R squares = 0, largest = -1;
    for (int64_t i = 0; i < n; ++i) {
      const R square = squareOf(column.entry(i));
      squares += square;
      if (square > largest) {
        largest = square;
        column.real = i;
      }
    }
    const R norm = R(sqrt(squares));
    if (isComplex<T> || y) {
      const C turn = conjugate(column.entry(column.real));
      const R length = R(sqrt(largest)) * norm;
      column.factor = {turn.re / length, turn.im / length};
    } else {
      column.real = -1;
      column.factor = {1 / norm, 0};
    }
    return column;
  }

  int64_t n;
  Scratch<T> triangle;
};

template <class T>
int32_t eig(const TccTensor *in, const TccTensor *out, const MatrixBatch &matrices, TccStatus *status) {
  using C = Complex<Real<T>>;
  if (!lapack<T>())
    return noLibrary("eig", "LAPACK", status);
  const T *a = static_cast<const T *>(in[0].data);
  C *w = static_cast<C *>(out[0].data), *v = static_cast<C *>(out[1].data);
  const int64_t n = matrices.n, size = n * n;
  BatchFailure failure;
  forEachMatrix(matrices.batch, 25.0 * double(n) * double(size), [&](int64_t begin, int64_t end) {
    SchurForm<T> form(n, v, v);
    SchurVectors<T> vectors(n);
    if (!form.allocate() || (v && !vectors.allocate()))
      return failure.report(begin, noMemory);
    for (int64_t b = begin; b < end; ++b) {
      if (int64_t info = form.run(a + b * size, MatrixOrder::Rows, Balance::Scale)) {
        failure.report(b, info);
        continue;
      }
      for (int64_t i = 0; i < n; ++i)
        w[b * n + i] = form.values()[i] * C(form.scale());
      if (v && !vectors.run(form, v + b * size))
        failure.report(b, noMemory);
    }
  });
  return notConverged("eig", failure, failure.any() ? SchurForm<T>(n).bytes() : 0, status);
}

template <class T>
int32_t schur(const TccTensor *in, const TccTensor *out, const MatrixBatch &matrices, TccStatus *status) {
  using C = Complex<Real<T>>;
  if (!lapack<T>())
    return noLibrary("schur", "LAPACK", status);
  const T *a = static_cast<const T *>(in[0].data);
  C *t = static_cast<C *>(out[0].data), *z = static_cast<C *>(out[1].data);
  const int64_t n = matrices.n, size = n * n;
  BatchFailure failure;
  forEachMatrix(matrices.batch, 50.0 * double(n) * double(size), [&](int64_t begin, int64_t end) {
    SchurForm<T> form(n, true, z);
    Scratch<C> columns(z && !isComplex<T> ? size : 0);
    if (!form.allocate() || !columns)
      return failure.report(begin, noMemory);
    for (int64_t b = begin; b < end; ++b) {
      if (int64_t info = form.run(a + b * size, MatrixOrder::Rows, Balance::Permute)) {
        failure.report(b, info);
        continue;
      }
      C *const triangle = t + b * size;
      if constexpr (isComplex<T>) {
        for (int64_t i = 0; i < n; ++i)
          for (int64_t j = 0; j < n; ++j)
            triangle[i * n + j] = form.form()[i * form.formStride() + j] * T(form.scale());
        if (z)
          transposeCopy(z + b * size, n, form.basis(), form.basisStride(), n, n);
      } else {
        makeTriangular(form, n, triangle, z ? columns.get() : nullptr);
        if (z)
          transposeCopy(z + b * size, n, columns.get(), n, n, n);
      }
    }
  });
  return notConverged("schur", failure, failure.any() ? SchurForm<T>(n).bytes() : 0, status);
}

} // namespace

int32_t tcc_eigh(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                 TccStatus *status) {
  TCC_CHECK(checkArguments("eigh", in, n_in, 1, out, n_out, 2, status, tcc_eigh_optional_results));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("eigh", in[0], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult("eigh", "eigenvalues", out[0], realDtype(in[0].dtype), matrices, 1, n, 0, status));
  TCC_CHECK(checkResult("eigh", "eigenvectors", out[1], in[0].dtype, matrices, 2, n, n, status));
  if (numElements(out[1]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data);
    Real<T> *w = static_cast<Real<T> *>(out[0].data);
    T *v = static_cast<T *>(out[1].data);
    BatchFailure failure;
    if (isSmall(n)) {
      smallEigh(a, w, v, n, matrices.batch, failure);
      return notConverged("eigh", failure, smallWorkBytes(2 * n * n + 5 * n, in[0].dtype), status);
    }
    if (!lapack<T>())
      return noLibrary("eigh", "LAPACK", status);
    forEachMatrix(matrices.batch, 9.0 * double(n) * n * n, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) {
        const T *matrix = a + b * n * n;
        T *vectors = v ? v + b * n * n : nullptr;
        int64_t info = decomposeHermitian(matrix, n, w + b * n, vectors);
        if (info && info != noMemory)
          info = decomposeByIteration(matrix, BlasInt(n), w + b * n, vectors);
        if (info)
          failure.report(b, info);
      }
    });
    return notConverged("eigh", failure, 4 * n * n * int64_t(sizeof(T)), status);
  });
}

int32_t tcc_eig(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                TccStatus *status) {
  TCC_CHECK(checkArguments("eig", in, n_in, 1, out, n_out, 2, status, tcc_eig_optional_results));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("eig", in[0], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult("eig", "eigenvalues", out[0], complexDtype(in[0].dtype), matrices, 1, n, 0, status));
  TCC_CHECK(checkResult("eig", "eigenvectors", out[1], complexDtype(in[0].dtype), matrices, 2, n, n, status));
  if (numElements(out[1]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() { return eig<T>(in, out, matrices, status); });
}

int32_t tcc_schur(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                  TccStatus *status) {
  TCC_CHECK(checkArguments("schur", in, n_in, 1, out, n_out, 2, status, tcc_schur_optional_results));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("schur", in[0], matrices, status));
  const int64_t n = matrices.n;
  const int32_t dtype = complexDtype(in[0].dtype);
  TCC_CHECK(checkResult("schur", "t", out[0], dtype, matrices, 2, n, n, status));
  TCC_CHECK(checkResult("schur", "z", out[1], dtype, matrices, 2, n, n, status));
  if (numElements(out[1]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() { return schur<T>(in, out, matrices, status); });
}
