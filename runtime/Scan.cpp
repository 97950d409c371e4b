// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_cumsum, tcc_cumprod, tcc_cummax, tcc_cummin along one axis, forwards or backwards. float32 sums run in double and
// 16-bit floats in float: each result is rounded once.
#include "runtime/Elements.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include "runtime/Vectorise.h"

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
  TCC_INLINE static Running combine(Running a, Running b) { return addOf(a, b); }
};
template <class T> struct Prod {
  using Running = typename WiderOf<T>::type;
  TCC_INLINE static Running combine(Running a, Running b) { return multiplyOf(a, b); }
};
template <class T> struct Max {
  using Running = Computed<T>;
  TCC_INLINE static Running combine(Running a, Running b) { return b < a || isNan(a) ? a : b; }
};
template <class T> struct Min {
  using Running = Computed<T>;
  TCC_INLINE static Running combine(Running a, Running b) { return a < b || isNan(a) ? a : b; }
};

/// Rows scanned side by side: each is a chain of dependent operations, several hide its latency.
constexpr int64_t side = 4;

/// Scans `count` rows of n elements, row r at x + r * rowStride and in steps of `step` (negative when backwards). Row r
/// starts from carries[r] if there are carries. Without y only the totals are wanted.
template <class Op, class T, class R = typename Op::Running>
TCC_INLINE void scanSide(const T *x, T *y, int64_t n, int64_t step, int64_t rowStride, int64_t count, const R *carries,
                         R *totals) {
  auto scan = [&](auto rows) TCC_INLINED {
    constexpr int64_t fixed = decltype(rows)::value;
    R running[fixed];
    for (int64_t r = 0; r < fixed; ++r) {
      running[r] = R(x[r * rowStride]);
      if (carries)
        running[r] = Op::combine(carries[r], running[r]);
      if (y)
        y[r * rowStride] = T(running[r]);
    }
    for (int64_t i = 1; i < n; ++i)
      for (int64_t r = 0; r < fixed; ++r) {
        running[r] = Op::combine(running[r], R(x[r * rowStride + i * step]));
        if (y)
          y[r * rowStride + i * step] = T(running[r]);
      }
    if (totals)
      for (int64_t r = 0; r < fixed; ++r)
        totals[r] = running[r];
  };
  if (count == side)
    return scan(std::integral_constant<int64_t, side>());
  for (int64_t r = 0; r < count; ++r) {
    scan(std::integral_constant<int64_t, 1>());
    x += rowStride;
    y = y ? y + rowStride : y;
    carries = carries ? carries + 1 : carries;
    totals = totals ? totals + 1 : totals;
  }
}

/// One long row: totals of fixed blocks, their prefix, then the blocks again. Blocks do not depend on the threads.
template <class Op, class T>
int32_t scanLongRow(const char *op, const T *x, T *y, int64_t n, int64_t step, TccStatus *status) {
  using R = typename Op::Running;
  constexpr int64_t block = 4112;                        // no power of two: the rows must not share sets of the cache
  int64_t blocks = n / block, rest = n - blocks * block; // the rest is a shorter block of its own
  Scratch<R> carries(blocks + 1);
  if (!carries)
    return outOfMemory(status, op, (blocks + 1) * int64_t(sizeof(R)));
  R *totals = carries.get() + 1;
  int64_t groups = (blocks + side - 1) / side;
  auto scanBlocks = [&](bool store) {
    parallelFor(groups, 4, [&](int64_t begin, int64_t end) {
      for (int64_t g = begin; g < end; ++g) {
        int64_t first = g * side, count = blocks - first < side ? blocks - first : side, at = first * block * step;
        if (!store) {
          scanSide<Op>(x + at, static_cast<T *>(nullptr), block, step, block * step, count,
                       static_cast<const R *>(nullptr), totals + first);
          continue;
        }
        // The very first block has nothing before it.
        int64_t skip = first == 0;
        if (skip)
          scanSide<Op>(x, y, block, step, block * step, 1, static_cast<const R *>(nullptr), static_cast<R *>(nullptr));
        scanSide<Op>(x + at + skip * block * step, y + at + skip * block * step, block, step, block * step,
                     count - skip, carries.get() + first + skip, static_cast<R *>(nullptr));
      }
    });
  };
  scanBlocks(false);
  for (int64_t b = 1; b < blocks; ++b)
    totals[b] = Op::combine(totals[b - 1], totals[b]);
  scanBlocks(true);
  if (rest)
    scanSide<Op>(x + blocks * block * step, y + blocks * block * step, rest, step, 0, 1, carries.get() + blocks,
                 static_cast<R *>(nullptr));
  return TCC_OK;
}

template <class Op, class T>
int32_t scan(const char *op, const TccTensor &in, const TccTensor &out, int64_t axis, bool reverse, TccStatus *status) {
  using R = typename Op::Running;
  const T *x = static_cast<const T *>(in.data);
  T *y = static_cast<T *>(out.data);
  int64_t outer = extentOf(in, 0, int32_t(axis)), n = in.shape[axis], inner = extentOf(in, int32_t(axis) + 1, in.rank);
  int64_t first = reverse ? (n - 1) * inner : 0, step = reverse ? -inner : inner;
  if (inner == 1 && outer < 16 && n >= 32768) {
    for (int64_t o = 0; o < outer; ++o)
      TCC_CHECK((scanLongRow<Op, T>(op, x + o * n + first, y + o * n + first, n, step, status)));
    return TCC_OK;
  }
  if (inner == 1) {
    parallelFor((outer + side - 1) / side, grainFor(double(n) * side * 0.5), [&](int64_t begin, int64_t end) {
      for (int64_t g = begin; g < end; ++g) {
        int64_t row = g * side, count = outer - row < side ? outer - row : side;
        scanSide<Op>(x + row * n + first, y + row * n + first, n, step, n, count, static_cast<const R *>(nullptr),
                     static_cast<R *>(nullptr));
      }
    });
    return TCC_OK;
  }
  // Columns side by side: the inner loop is over contiguous memory.
  constexpr int64_t width = 512;
  int64_t parts = (inner + width - 1) / width;
  parallelFor(outer * parts, grainFor(double(n) * double(inner) / double(parts) * 0.3),
              [&](int64_t begin, int64_t end) {
                vectorised([&]<int>() TCC_INLINED {
                  R running[width];
                  for (int64_t task = begin; task < end; ++task) {
                    int64_t col = task % parts * width, count = inner - col < width ? inner - col : width;
                    int64_t base = task / parts * n * inner + first + col;
                    for (int64_t j = 0; j < count; ++j) {
                      running[j] = R(x[base + j]);
                      y[base + j] = T(running[j]);
                    }
                    for (int64_t i = 1; i < n; ++i) {
                      const T *__restrict from = x + base + i * step;
                      T *__restrict to = y + base + i * step;
                      for (int64_t j = 0; j < count; ++j) {
                        running[j] = Op::combine(running[j], R(from[j]));
                        to[j] = T(running[j]);
                      }
                    }
                  }
                });
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
