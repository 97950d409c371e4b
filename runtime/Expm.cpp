// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_expm by scaling and squaring of Taylor polynomials (TaylorExponential.h), all products on the pool's threads;
// small matrices one in each vector lane. Scaling by the norms of powers, where those are smaller than powers of the
// norm, as far as rounding allows (Al-Mohy and Higham 2009, "A new scaling and squaring algorithm for the matrix
// exponential").
#include "runtime/Decompose.h"
#include "runtime/Product.h"
#include "runtime/SmallMatrix.h"
#include "runtime/TaylorExponential.h"
#include "runtime/Vectorise.h"
#include <math.h>

using namespace tcc::runtime;

namespace {

template <class T> class Exponential {
  using R = Real<T>;

public:
  explicit Exponential(int64_t n) : n(n), size(n * n * (isComplex<T> ? 2 : 1)) {}
  bool allocate() {
    return a.resize(n * n) && a2.resize(n * n) && a3.resize(n * n) && a6.resize(n * n) && u.resize(n * n) &&
           v.resize(n * n) && sums.resize(2 * n);
  }
  int64_t bytes() const { return 6 * n * n * int64_t(sizeof(T)); }

  /// False without memory for a product.
  bool run(const T *matrix, T *y) {
    const TaylorBounds &bounds = taylorBounds<R>;
    double norm = norm1(matrix);
    int squarings = 0;
    if (norm > bounds.theta18)
      frexp(norm / bounds.theta18, &squarings);
    scale(matrix, -squarings, a.get());
    if (!multiply(a, a, a2.get()))
      return false;
    if (norm <= bounds.theta8)
      return ofDegree8(y);
    if (!multiply(a2, a, a3.get()))
      return false;
    if (squarings > 0) {
      int fewer = spareSquarings(squarings);
      squarings -= fewer;
      if (fewer > 0) {
        scale(a.get(), fewer, a.get());
        scale(a2.get(), 2 * fewer, a2.get());
        scale(a3.get(), 3 * fewer, a3.get());
      }
    }
    if (!ofDegree18(y))
      return false;
    T *from = y, *to = u.get();
    for (int k = 0; k < squarings; ++k, std::swap(from, to))
      if (!multiplyInto<T>(n, n, n, {from, n, 1}, {from, n, 1}, to, n, Update::Set))
        return false;
    if (from != y)
      memcpy(static_cast<void *>(y), from, size_t(n * n) * sizeof(T));
    return true;
  }

private:
  bool multiply(const Scratch<T> &left, const Scratch<T> &right, T *to, Update update = Update::Set) {
    return multiplyInto<T>(n, n, n, {left.get(), n, 1}, {right.get(), n, 1}, to, n, update);
  }
  static R *parts(T *x) { return reinterpret_cast<R *>(x); }
  static const R *parts(const T *x) { return reinterpret_cast<const R *>(x); }

  /// body(begin, end) for ranges of the matrices' real numbers.
  template <class F> void forNumbers(F &&body) {
    constexpr int64_t block = 4096;
    parallelFor((size + block - 1) / block, grainFor(block * 0.5), [&](int64_t first, int64_t last) {
      int64_t begin = first * block, end = last * block < size ? last * block : size;
      vectorised([&]<int>() TCC_INLINED { body(begin, end); });
    });
  }
  /// to = 2^exponent from; in several steps where that power is no normal number.
  void scale(const T *from, int exponent, T *to) {
    constexpr int most = sizeof(R) == 4 ? 100 : 1000;
    do {
      int step = exponent > most ? most : exponent < -most ? -most : exponent;
      exponent -= step;
      R factor = R(ldexp(1.0, step)), *y = parts(to);
      const R *x = parts(from);
      forNumbers([=](int64_t begin, int64_t end) TCC_INLINED {
        for (int64_t i = begin; i < end; ++i)
          y[i] = x[i] * factor;
      });
      from = to;
    } while (exponent != 0);
  }

  /// The largest sum of |re| + |im| of a column, a norm that is consistent, too.
  double norm1(const T *x) {
    for (int64_t j = 0; j < n; ++j)
      sums[j] = 0;
    const R *numbers = parts(x);
    double *total = sums.get();
    vectorised([&]<int>() TCC_INLINED {
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j)
          if constexpr (isComplex<T>)
            total[j] += fabs(double(numbers[2 * (i * n + j)])) + fabs(double(numbers[2 * (i * n + j) + 1]));
          else
            total[j] += fabs(double(numbers[i * n + j]));
    });
    return largestSum(total);
  }
  double largestSum(const double *x) const {
    double largest = 0;
    for (int64_t j = 0; j < n; ++j)
      largest = x[j] > largest ? x[j] : largest;
    return largest;
  }

  /// How many squarings of the scaled matrix a its powers' norms make unnecessary: the backward error is a series in a
  /// of order 19, bounded with max(|a^2|^(1/2), |a^3|^(1/3)) in place of |a|. Rounding errors are not: their share is
  /// ||a|^19| / (19! |a|), and what remains must stay below the unit roundoff.
  int spareSquarings(int most) {
    const TaylorBounds &bounds = taylorBounds<R>;
    double eta = fmax(sqrt(norm1(a2.get())), cbrt(norm1(a3.get())));
    if (!(eta * 2 <= bounds.theta18))
      return 0;
    double room = eta > 0 ? log2(bounds.theta18 / eta) : most, norm = norm1(a.get());
    if (norm == 0)
      return 0;
    double *x = sums.get(), *y = x + n, logarithm = 0;
    const R *numbers = parts(a.get());
    for (int64_t j = 0; j < n; ++j)
      x[j] = 1;
    for (int power = 0; power < 19; ++power) {
      for (int64_t j = 0; j < n; ++j)
        y[j] = 0;
      vectorised([&]<int>() TCC_INLINED {
        for (int64_t i = 0; i < n; ++i)
          for (int64_t j = 0; j < n; ++j)
            if constexpr (isComplex<T>)
              y[j] += x[i] * (fabs(double(numbers[2 * (i * n + j)])) + fabs(double(numbers[2 * (i * n + j) + 1])));
            else
              y[j] += x[i] * fabs(double(numbers[i * n + j]));
      });
      double largest = largestSum(y);
      if (largest == 0) {
        logarithm = -INFINITY;
        break;
      }
      logarithm += log2(largest);
      for (int64_t j = 0; j < n; ++j)
        x[j] = y[j] / largest;
    }
    double share = logarithm + log2(firstOmitted) - log2(norm) - log2(bounds.rounding);
    room = fmin(room, -share / 18);
    return room < 1 ? 0 : room > most ? most : int(room);
  }

  /// y = 1 + a + c_7 a^2 + (c_2 a^2 + p) (c_3 + c_4 a + c_5 a^2 + c_6 p), p = a^2 (c_0 a + c_1 a^2).
  bool ofDegree8(T *y) {
    const double *c = taylor8;
    const R *x = parts(a.get()), *x2 = parts(a2.get());
    R *p = parts(a3.get()), *left = parts(u.get()), *right = parts(v.get()), *to = parts(y);
    forNumbers([=](int64_t begin, int64_t end) TCC_INLINED {
      for (int64_t i = begin; i < end; ++i)
        left[i] = R(c[0]) * x[i] + R(c[1]) * x2[i];
    });
    if (!multiply(a2, u, a3.get()))
      return false;
    forNumbers([=](int64_t begin, int64_t end) TCC_INLINED {
      for (int64_t i = begin; i < end; ++i) {
        left[i] = R(c[2]) * x2[i] + p[i];
        right[i] = R(c[4]) * x[i] + R(c[5]) * x2[i] + R(c[6]) * p[i];
        to[i] = x[i] + R(c[7]) * x2[i];
      }
    });
    addToDiagonal(v.get(), c[3]);
    addToDiagonal(y, 1);
    return multiply(u, v, y, Update::Add);
  }

  /// b_1 + (b_2 + y) y with y = b_0 b_4 + b_3.
  bool ofDegree18(T *result) {
    if (!multiply(a3, a3, a6.get()))
      return false;
    const R *x = parts(a.get()), *x2 = parts(a2.get()), *x3 = parts(a3.get()), *x6 = parts(a6.get());
    R *left = parts(u.get()), *right = parts(v.get()), *to = parts(result);
    auto combine = [=](int row, int64_t i) TCC_INLINED {
      const double *b = taylor18[row];
      return R(b[1]) * x[i] + R(b[2]) * x2[i] + R(b[3]) * x3[i] + R(b[4]) * x6[i];
    };
    forNumbers([=](int64_t begin, int64_t end) TCC_INLINED {
      for (int64_t i = begin; i < end; ++i) {
        left[i] = combine(0, i);
        right[i] = combine(4, i);
        to[i] = combine(3, i);
      }
    });
    addToDiagonal(result, taylor18[3][0]);
    if (!multiply(u, v, result, Update::Add))
      return false;
    forNumbers([=](int64_t begin, int64_t end) TCC_INLINED {
      for (int64_t i = begin; i < end; ++i) {
        right[i] = to[i];
        left[i] = combine(2, i) + to[i];
        to[i] = combine(1, i);
      }
    });
    addToDiagonal(u.get(), taylor18[2][0]);
    return multiply(u, v, result, Update::Add);
  }
  void addToDiagonal(T *x, double number) {
    for (int64_t i = 0; i < n; ++i)
      x[i * (n + 1)] = x[i * (n + 1)] + T(R(number));
  }

  int64_t n, size; ///< size: real numbers of a matrix
  Scratch<T> a, a2, a3, a6, u, v;
  Scratch<double> sums;
};

} // namespace

int32_t tcc_expm(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *,
                 TccStatus *status) {
  TCC_CHECK(checkArguments("expm", in, n_in, 1, out, n_out, 1, status));
  MatrixBatch matrices;
  TCC_CHECK(squareBatch("expm", in[0], matrices, status));
  int64_t n = matrices.n;
  TCC_CHECK(checkResult("expm", "result", out[0], in[0].dtype, matrices, 2, n, n, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  return dispatchLapack(in[0].dtype, [&]<class T>() -> int32_t {
    const T *a = static_cast<const T *>(in[0].data);
    T *y = static_cast<T *>(out[0].data);
    BatchFailure failure;
    if (isSmall(n))
      smallExpm(a, y, n, matrices.batch, failure);
    else
      forEachMatrix(matrices.batch, 16.0 * double(n) * double(n) * double(n), [&](int64_t begin, int64_t end) {
        Exponential<T> worker(n);
        if (!worker.allocate())
          return failure.report(begin, noMemory);
        for (int64_t b = begin; b < end; ++b)
          if (!worker.run(a + b * n * n, y + b * n * n))
            failure.report(b, noMemory);
      });
    return failure.any() ? outOfMemory(status, "expm", Exponential<T>(n).bytes()) : int32_t(TCC_OK);
  });
}
