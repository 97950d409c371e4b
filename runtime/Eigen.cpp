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

/// Eigenvectors of a matrix from its Schur form: those of the triangle (trevc3), in the matrix's basis, of norm 1, the
/// largest entry of each complex one real.
template <class T> class SchurVectors {
public:
  using R = Real<T>;
  explicit SchurVectors(int64_t n) : n(n) {}
  bool allocate(int64_t ld) {
    BlasInt lwork = -1;
    T query(0);
    R realQuery; // trevc3 answers there too
    trevc3(nullptr, ld, nullptr, &query, lwork, &realQuery);
    workSize = workspaceSize(query, BlasInt(3 * n));
    return triangle.resize(ld * n) && work.resize(workSize) && (!isComplex<T> || realWork.resize(n));
  }
  /// v is row-major.
  void run(const SchurForm<T> &form, Complex<R> *v) {
    const int64_t ld = form.formStride();
    transposeCopy(triangle.get(), ld, form.form(), ld, n, n);
    trevc3(triangle.get(), ld, form.basis(), work.get(), workSize, realWork.get());
    parallelFor(n, grainFor(double(n) * 10), [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; ++j)
        finish(form, j, v);
    });
  }

private:
  void trevc3(T *t, int64_t leading, T *vectors, T *space, BlasInt spaceSize, R *realSpace) {
    const BlasInt order = BlasInt(n), ld = BlasInt(leading), realSize = spaceSize < 0 ? -1 : order;
    BlasInt *const all = nullptr, found = 0, info = 0;
    T *const none = nullptr;
    if constexpr (isComplex<T>)
      callFortran(lapack<T>()->trevc3, "R", "B", all, &order, t, &ld, none, &ld, vectors, &ld, &order, &found, space,
                  &spaceSize, realSpace, &realSize, &info, Length(1), Length(1));
    else
      callFortran(lapack<T>()->trevc3, "R", "B", all, &order, t, &ld, none, &ld, vectors, &ld, &order, &found, space,
                  &spaceSize, &info, Length(1), Length(1));
  }

  /// Column j, or of a conjugate pair columns j (real parts) and j + 1 (imaginary parts).
  void finish(const SchurForm<T> &form, int64_t j, Complex<R> *v) {
    using C = Complex<R>;
    const R side = isComplex<T> ? R(0) : form.values()[j].im;
    if (side < 0)
      return; // with the one before
    T *const x = form.basis() + j * form.basisStride(), *const y = side > 0 ? x + form.basisStride() : nullptr;
    form.undoBalance(x);
    if (y)
      form.undoBalance(y);
    auto entry = [&](int64_t i) {
      return y ? complexOf<C>(realOf(x[i]), realOf(y[i])) : complexOf<C>(realOf(x[i]), imaginaryOf(x[i]));
    };
    R most = 0;
    for (int64_t i = 0; i < n; ++i)
      most = fmax(most, sizeOf(entry(i)));
    int exponent = 0;
    frexp(most, &exponent); // balancing may have brought it out of the range of squares
    R squares = 0, largest = -1;
    C phase(1);
    int64_t place = 0;
    for (int64_t i = 0; i < n; ++i) {
      const C scaled = timesPowerOfTwo(entry(i), -exponent);
      const R square = squareOf(scaled);
      squares += square;
      if (square > largest) {
        largest = square;
        phase = conjugate(scaled);
        place = i;
      }
    }
    const bool turns = isComplex<T> || y;
    const R norm = sqrt(squares), size = turns ? R(sqrt(largest)) : R(1);
    const C factor = turns ? C(phase.re / size / norm, phase.im / size / norm) : C(1 / norm);
    C *const column = v + j;
    for (int64_t i = 0; i < n; ++i) {
      C value = timesPowerOfTwo(entry(i), -exponent) * factor;
      if (turns && i == place)
        value.im = 0;
      column[i * n] = value;
      if (y)
        column[i * n + 1] = conjugate(value);
    }
  }

  int64_t n;
  BlasInt workSize = 0;
  Scratch<T> triangle, work;
  Scratch<R> realWork;
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
    if (!form.allocate() || (v && !vectors.allocate(form.formStride())))
      return failure.report(begin, noMemory);
    for (int64_t b = begin; b < end; ++b) {
      if (int64_t info = form.run(a + b * size, MatrixOrder::Rows, Balance::Scale)) {
        failure.report(b, info);
        continue;
      }
      for (int64_t i = 0; i < n; ++i)
        w[b * n + i] = form.values()[i] * C(form.scale());
      if (v)
        vectors.run(form, v + b * size);
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
