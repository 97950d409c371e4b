// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_sqrtm and tcc_logm. f(a^T) = f(a)^T, so it does not matter that row-major matrices are taken for their
// transposes: everything here is column-major.
#include "runtime/JacobiSvd.h"
#include "runtime/SchurForm.h"

using namespace tcc::runtime;

namespace {

template <class T> double magnitude(T x) {
  if constexpr (isComplex<T>)
    return hypot(double(x.re), double(x.im));
  else
    return fabs(double(x));
}

template <class T> double norm1(const T *a, int64_t n) {
  double largest = 0;
  for (int64_t j = 0; j < n; ++j) {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
      sum += magnitude(a[i + j * n]);
    largest = sum > largest ? sum : largest;
  }
  return largest;
}

/// Reported instead of a LAPACK info when the function is not defined.
constexpr int64_t isUndefined = INT64_MIN + 1;

/// Functions of complex matrices by the Schur form.
template <class C> class SchurFunction {
public:
  explicit SchurFunction(int64_t n) : n(n), size(n * n), form(n), realForm(n) {}
  bool allocate() {
    return t.resize(size) && u.resize(size) && r.resize(size) && work.resize(size) && part.resize(size) &&
           diagonal.resize(n);
  }
  int64_t bytes() const { return form.bytes() + 5 * size * int64_t(sizeof(C)); }

  int64_t squareRoot(const C *matrix, C *y) {
    if (int64_t info = decompose(matrix))
      return info;
    if (!rootOfTriangle(t.get(), r.get()))
      return isUndefined;
    compose(r.get(), y);
    return 0;
  }

  /// Inverse scaling and squaring: 2^k log(t^(1/2^k)), and log(1 + x) as the integral of x / (1 + s x) over s in [0, 1]
  /// (Dieci, Morini and Papini 1996) by Gauss and Legendre, which is the diagonal Pade approximant. Ten nodes are exact
  /// to double precision for |x| <= 1/2: the error is ((1 - q) / (1 + q))^21 with q = sqrt(1 + x) (Kenney and Laub
  /// 1989).
  int64_t logarithm(const C *matrix, C *y) {
    if (int64_t info = decompose(matrix))
      return info;
    for (int64_t i = 0; i < n; ++i) {
      diagonal[i] = t[i * (n + 1)];
      if (diagonal[i] == C(0))
        return isUndefined;
    }
    int roots = 0;
    for (;; ++roots) {
      for (int64_t i = 0; i < n; ++i)
        t[i * (n + 1)] = t[i * (n + 1)] - C(1);
      if (norm1(t.get(), n) <= 0.5)
        break;
      for (int64_t i = 0; i < n; ++i)
        t[i * (n + 1)] = t[i * (n + 1)] + C(1);
      if (roots == 1200 || !rootOfTriangle(t.get(), r.get()))
        return isUndefined;
      memcpy(static_cast<void *>(t.get()), r.get(), size_t(size) * sizeof(C));
    }
    integrate(roots);
    // The eigenvalues' logarithms lose the bits that the roots lost: they are known better.
    for (int64_t i = 0; i < n; ++i) {
      double re = double(diagonal[i].re), im = double(diagonal[i].im);
      r[i * (n + 1)] = {Real<C>(log(hypot(re, im))), Real<C>(atan2(im, re))};
    }
    compose(r.get(), y);
    return 0;
  }

private:
  int64_t decompose(const C *matrix) {
    bool isReal = true;
    for (int64_t i = 0; i < size; ++i)
      isReal &= matrix[i].im == 0;
    if (!isReal) {
      if (form.basis() == nullptr && !form.allocate())
        return noMemory;
      memcpy(static_cast<void *>(t.get()), matrix, size_t(size) * sizeof(C));
      return form.run(t.get(), u.get());
    }
    if (realForm.basis() == nullptr && (!realForm.allocate() || !realParts.resize(size)))
      return noMemory;
    for (int64_t i = 0; i < size; ++i)
      realParts[i] = matrix[i].re;
    if (int64_t info = realForm.run(realParts.get(), MatrixOrder::Columns, Balance::Permute))
      return info;
    makeTriangular(realForm, n, work.get(), u.get());
    transposeCopy(t.get(), n, work.get(), n, n, n);
    // Rounding must not choose the side of the cut: a real matrix's eigenvalues that are real but for it are real.
    const Real<C> rounding = Real<C>(n) * std::numeric_limits<Real<C>>::epsilon() * norm1(matrix, n);
    for (int64_t i = 0; i < n; ++i)
      if (C &value = t[i * (n + 1)]; fabs(value.im) <= rounding)
        value.im = 0;
    return 0;
  }
  /// y = u f u^H
  void compose(const C *f, C *y) {
    BlasInt order = BlasInt(n);
    multiplyInto(work.get(), "N", u.get(), "N", f, order, order, order);
    multiplyInto(y, "N", work.get(), "C", u.get(), order, order, order);
  }

  /// Björck and Hammarling 1983: column j of the root solves (root + root_jj) x = t_j above the diagonal. False where
  /// there is no root.
  bool rootOfTriangle(const C *triangle, C *root) {
    for (int64_t j = 0; j < n; ++j) {
      C *column = root + j * n, corner = rootOf(triangle[j * (n + 1)]);
      for (int64_t i = 0; i < n; ++i)
        column[i] = i < j ? triangle[j * n + i] : C(0);
      column[j] = corner;
      for (int64_t k = j - 1; k >= 0; --k) {
        C divisor = root[k * (n + 1)] + corner;
        if (divisor == C(0)) {
          if (!(column[k] == C(0)))
            return false;
          continue;
        }
        C x = column[k] = quotient(column[k], divisor);
        const C *other = root + k * n;
        for (int64_t i = 0; i < k; ++i)
          column[i] = column[i] - other[i] * x;
      }
    }
    return true;
  }

  /// r = 2^roots log(1 + t), t strictly small.
  void integrate(int roots) {
    constexpr int nodes = 10;
    for (int64_t i = 0; i < size; ++i)
      r[i] = C(0);
    BlasInt order = BlasInt(n);
    const C one(1);
    for (int node = 0; node < nodes; ++node) {
      auto [at, weight] = gaussLegendre(nodes, node);
      for (int64_t i = 0; i < size; ++i)
        work[i] = t[i] * C(Real<C>(at)) + C(Real<C>(i % (n + 1) == 0 ? 1 : 0));
      memcpy(static_cast<void *>(part.get()), t.get(), size_t(size) * sizeof(C));
      blas<C>()->trsm("L", "U", "N", "N", &order, &order, &one, work.get(), &order, part.get(), &order, 1, 1, 1, 1);
      Real<C> factor = Real<C>(ldexp(weight, roots));
      for (int64_t i = 0; i < size; ++i)
        r[i] = r[i] + part[i] * C(factor);
    }
  }

  struct Node {
    double at, weight;
  };
  /// On [0, 1], by Newton's method on the Legendre polynomial.
  static Node gaussLegendre(int count, int index) {
    double x = cos(3.14159265358979323846 * (index + 0.75) / (count + 0.5)), slope = 1;
    for (int k = 0; k < 20; ++k) {
      double p = 1, before = 0;
      for (int d = 1; d <= count; ++d) {
        double next = ((2.0 * d - 1) * x * p - (d - 1.0) * before) / d;
        before = p, p = next;
      }
      slope = count * (x * p - before) / (x * x - 1);
      double step = p / slope;
      x -= step;
      if (fabs(step) < 1e-16)
        break;
    }
    return {(1 + x) / 2, 1 / ((1 - x * x) * slope * slope)};
  }

  int64_t n, size;
  SchurForm<C> form;
  SchurForm<Real<C>> realForm; // of matrices whose imaginary parts are zero
  Scratch<Real<C>> realParts;
  Scratch<C> t, u, r, work, diagonal, part;
};

/// One function of a stack of matrices: a Worker has the work arrays, `apply` runs it on one matrix.
template <class T, class Worker, class F>
int32_t applyToAll(const char *op, const char *undefined, const TccTensor *in, const TccTensor *out,
                   const MatrixBatch &matrices, double flop, F &&apply, TccStatus *status) {
  if (!lapack<T>())
    return noLibrary(op, "LAPACK", status);
  int64_t n = matrices.n;
  const T *a = static_cast<const T *>(in[0].data);
  T *y = static_cast<T *>(out[0].data);
  BatchFailure failure;
  forEachMatrix(matrices.batch, flop * double(n) * double(n) * double(n), [&](int64_t begin, int64_t end) {
    Worker worker(n);
    if (!worker.allocate())
      return failure.report(begin, noMemory);
    for (int64_t b = begin; b < end; ++b)
      if (int64_t info = apply(worker, a + b * n * n, y + b * n * n))
        failure.report(b, info);
  });
  if (!failure.any())
    return TCC_OK;
  if (failure.info() == noMemory)
    return outOfMemory(status, op, Worker(n).bytes());
  if (failure.info() == isUndefined)
    return fail(status, TCC_ERROR_NUMERICAL, "[%s] expected %s (batch index %lld)", op, undefined,
                (long long)failure.index());
  return fail(status, TCC_ERROR_NUMERICAL, "[%s] did not converge: LAPACK info %lld (batch index %lld)", op,
              (long long)failure.info(), (long long)failure.index());
}

int32_t checkMatrices(const char *op, const TccTensor *in, int32_t numIn, const TccTensor *out, int32_t numOut,
                      MatrixBatch &matrices, TccStatus *status) {
  TCC_CHECK(checkArguments(op, in, numIn, 1, out, numOut, 1, status));
  TCC_CHECK(squareBatch(op, in[0], matrices, status));
  return checkResult(op, "result", out[0], in[0].dtype, matrices, 2, matrices.n, matrices.n, status);
}

/// For complex dtypes.
template <class F> int32_t dispatchComplex(const char *op, int32_t dtype, F &&f, TccStatus *status) {
  if (dtype == TCC_C64)
    return f.template operator()<Complex<float>>();
  if (dtype == TCC_C128)
    return f.template operator()<Complex<double>>();
  return fail(status, TCC_ERROR_DTYPE, "[%s] expected complex matrices, got %s", op, dtypeName(dtype));
}

} // namespace

int32_t tcc_sqrtm(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                  TccStatus *status) {
  MatrixBatch matrices;
  TCC_CHECK(checkMatrices("sqrtm", in, n_in, out, n_out, matrices, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchComplex(
      "sqrtm", in[0].dtype,
      [&]<class C>() {
        return applyToAll<C, SchurFunction<C>>(
            "sqrtm", "a matrix that has a square root, got one with a defective eigenvalue 0", in, out, matrices, 120,
            [](SchurFunction<C> &worker, const C *a, C *y) { return worker.squareRoot(a, y); }, status);
      },
      status);
}

int32_t tcc_logm(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                 TccStatus *status) {
  MatrixBatch matrices;
  TCC_CHECK(checkMatrices("logm", in, n_in, out, n_out, matrices, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchComplex(
      "logm", in[0].dtype,
      [&]<class C>() {
        return applyToAll<C, SchurFunction<C>>(
            "logm", "a nonsingular matrix, got one with an eigenvalue 0", in, out, matrices, 160,
            [](SchurFunction<C> &worker, const C *a, C *y) { return worker.logarithm(a, y); }, status);
      },
      status);
}
