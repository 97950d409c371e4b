// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_cumsum, tcc_cumprod, tcc_cummax, tcc_cummin along one axis, forwards or backwards. float32 sums run in double and
// 16-bit floats in float: each result is rounded once.
#include "runtime/Elements.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"

using namespace tcc::runtime;

namespace {

template <class T> struct WiderOf {
  using type = T;
};
template <> struct WiderOf<Half> {
  using type = float;
};
template <> struct WiderOf<BFloat16> {
  using type = float;
};
template <> struct WiderOf<float> {
  using type = double;
};
template <> struct WiderOf<Complex<float>> {
  using type = Complex<double>;
};

// Each operation: the type it runs in, and how it combines.
template <class T> struct Sum {
  using Running = typename WiderOf<T>::type;
  static Running combine(Running a, Running b) { return addOf(a, b); }
};
template <class T> struct Prod {
  using Running = typename WiderOf<T>::type;
  static Running combine(Running a, Running b) { return multiplyOf(a, b); }
};
template <class T> struct Max {
  using Running = Computed<T>;
  static Running combine(Running a, Running b) { return b < a || isNan(a) ? a : b; }
};
template <class T> struct Min {
  using Running = Computed<T>;
  static Running combine(Running a, Running b) { return a < b || isNan(a) ? a : b; }
};

/// Scans n elements at distance `step` (negative when backwards), combining with `carry` if given; returns the total.
template <class Op, class T, class R = typename Op::Running>
R scanRow(const T *x, T *y, int64_t n, int64_t step, const R *carry) {
  R running = R(x[0]);
  if (carry)
    running = Op::combine(*carry, running);
  if (y)
    y[0] = T(running);
  for (int64_t i = 1; i < n; ++i) {
    running = Op::combine(running, R(x[i * step]));
    if (y)
      y[i * step] = T(running);
  }
  return running;
}

/// One long row: totals of fixed blocks, their prefix, then the blocks again. Blocks do not depend on the threads.
template <class Op, class T>
int32_t scanLongRow(const char *op, const T *x, T *y, int64_t n, int64_t step, TccStatus *status) {
  using R = typename Op::Running;
  constexpr int64_t block = 32768;
  int64_t blocks = (n + block - 1) / block;
  Scratch<R> totals(blocks);
  if (!totals)
    return outOfMemory(status, op, blocks * int64_t(sizeof(R)));
  auto lengthOf = [&](int64_t b) { return n - b * block < block ? n - b * block : block; };
  parallelFor(blocks - 1, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b)
      totals[b] = scanRow<Op>(x + b * block * step, static_cast<T *>(nullptr), lengthOf(b), step,
                              static_cast<const R *>(nullptr));
  });
  for (int64_t b = 1; b < blocks - 1; ++b)
    totals[b] = Op::combine(totals[b - 1], totals[b]);
  parallelFor(blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b)
      scanRow<Op>(x + b * block * step, y + b * block * step, lengthOf(b), step, b ? &totals[b - 1] : nullptr);
  });
  return TCC_OK;
}

template <class Op, class T>
int32_t scan(const char *op, const TccTensor &in, const TccTensor &out, int64_t axis, bool reverse, TccStatus *status) {
  using R = typename Op::Running;
  const T *x = static_cast<const T *>(in.data);
  T *y = static_cast<T *>(out.data);
  int64_t outer = extentOf(in, 0, int32_t(axis)), n = in.shape[axis], inner = extentOf(in, int32_t(axis) + 1, in.rank);
  int64_t first = reverse ? (n - 1) * inner : 0, step = reverse ? -inner : inner;
  if (inner == 1 && outer < 16 && n >= 100000) {
    for (int64_t o = 0; o < outer; ++o)
      TCC_CHECK((scanLongRow<Op, T>(op, x + o * n + first, y + o * n + first, n, step, status)));
    return TCC_OK;
  }
  if (inner == 1) {
    parallelFor(outer, grainFor(double(n) * 1.5), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o)
        scanRow<Op>(x + o * n + first, y + o * n + first, n, step, static_cast<const R *>(nullptr));
    });
    return TCC_OK;
  }
  // Columns side by side: the inner loop is over contiguous memory.
  constexpr int64_t width = 256;
  int64_t parts = (inner + width - 1) / width;
  parallelFor(outer * parts, grainFor(double(n) * double(inner) / double(parts) * 0.5),
              [&](int64_t begin, int64_t end) {
                R running[width];
                for (int64_t task = begin; task < end; ++task) {
                  int64_t col = task % parts * width, count = inner - col < width ? inner - col : width;
                  int64_t base = task / parts * n * inner + first + col;
                  for (int64_t j = 0; j < count; ++j) {
                    running[j] = R(x[base + j]);
                    y[base + j] = T(running[j]);
                  }
                  for (int64_t i = 1; i < n; ++i) {
                    const T *from = x + base + i * step;
                    T *to = y + base + i * step;
                    for (int64_t j = 0; j < count; ++j) {
                      running[j] = Op::combine(running[j], R(from[j]));
                      to[j] = T(running[j]);
                    }
                  }
                }
              });
  return TCC_OK;
}

template <template <class> class Op, bool allowComplex>
int32_t scanAny(const char *op, const TccTensor *in, int32_t numIn, const TccTensor *out, int32_t numOut,
                const int64_t *attrs, TccStatus *status) {
  TCC_CHECK(checkArguments(op, in, numIn, 1, out, numOut, 1, status));
  AttributeReader reader(attrs);
  int64_t axis = reader.integer();
  bool reverse = reader.integer();
  TCC_CHECK(checkAxes(op, {&axis, 1}, in[0].rank, status));
  TCC_CHECK(checkTensor(op, "result", out[0], in[0].dtype, in[0].rank, in[0].shape, status));
  if (!allowComplex && in[0].dtype >= TCC_C64)
    return fail(status, TCC_ERROR_DTYPE, "[%s] expected a real dtype, got %s", op, dtypeName(in[0].dtype));
  if (numElements(in[0]) == 0)
    return TCC_OK;
  auto body = [&]<class T>() { return scan<Op<T>, T>(op, in[0], out[0], axis, reverse, status); };
  if constexpr (allowComplex)
    return dispatchAll(in[0].dtype, body);
  else
    return dispatchReal(in[0].dtype, body);
}

} // namespace

int32_t tcc_cumsum(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                   TccStatus *status) {
  return scanAny<Sum, true>("cumsum", in, n_in, out, n_out, attrs, status);
}
int32_t tcc_cumprod(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                    TccStatus *status) {
  return scanAny<Prod, true>("cumprod", in, n_in, out, n_out, attrs, status);
}
int32_t tcc_cummax(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                   TccStatus *status) {
  return scanAny<Max, false>("cummax", in, n_in, out, n_out, attrs, status);
}
int32_t tcc_cummin(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                   TccStatus *status) {
  return scanAny<Min, false>("cummin", in, n_in, out, n_out, attrs, status);
}
