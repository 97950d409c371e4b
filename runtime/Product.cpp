// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products in tiles on our own threads, each tile a single-threaded BLAS call or a plain loop. The tiles depend
// on the shape alone, so any number of threads gives the same bits.
#include "runtime/Product.h"
#include "runtime/Elements.h"
#include "runtime/PackedProduct.h"
#include "runtime/SmallProduct.h"
#include "runtime/Threads.h"
#include <atomic>

namespace tcc::runtime {
namespace {

template <class T> inline constexpr bool isInexact = std::is_floating_point_v<T> || isComplex<T>;

/// The sum of x[i] y[i] in several chains, which are as many on every CPU.
template <class T> TCC_INLINE T dotOf(const T *x, const T *y, int64_t k) {
  constexpr int64_t lanes = std::is_floating_point_v<T> ? 64 / sizeof(T) : 8;
  int64_t p = 0;
  T parts[lanes];
  if constexpr (std::is_floating_point_v<T>) {
    typedef T Vector __attribute__((vector_size(64), aligned(alignof(T)), may_alias));
    auto product = [&](int64_t at) TCC_INLINED {
      return *reinterpret_cast<const Vector *>(x + at) * *reinterpret_cast<const Vector *>(y + at);
    };
    Vector sums[4] = {};
    for (; p + 4 * lanes <= k; p += 4 * lanes)
      for (int64_t v = 0; v < 4; ++v)
        sums[v] += product(p + v * lanes);
    for (; p + lanes <= k; p += lanes)
      sums[0] += product(p);
    *reinterpret_cast<Vector *>(parts) = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  } else {
    for (T &part : parts)
      part = T(0);
    for (; p + lanes <= k; p += lanes)
      for (int64_t l = 0; l < lanes; ++l)
        parts[l] = addOf(parts[l], multiplyOf(x[p + l], y[p + l]));
  }
  for (; p < k; ++p)
    parts[0] = addOf(parts[0], multiplyOf(x[p], y[p]));
  for (int64_t step = lanes / 2; step; step /= 2)
    for (int64_t l = 0; l < step; ++l)
      parts[l] = addOf(parts[l], parts[l + step]);
  return parts[0];
}

/// Plain loops: for integers, for small products with vectors, and where no BLAS is installed.
/// Four rows of rhs at a time, so that each result is loaded and stored a quarter as often.
template <class T>
TCC_INLINE void multiplyLoops(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c, int64_t ldc) {
  if (n == 1 && ldc == 1 && a.rowStride == 1 && a.colStride != 1) {
    // As the transposed product, whose inner loop is over contiguous memory.
    MatrixView<T> matrix{a.data, a.colStride, 1};
    a = {b.data, 1, b.rowStride};
    b = matrix;
    n = m;
    m = 1;
    ldc = n;
  }
  if (a.colStride == 1 && b.rowStride == 1) {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        c[i * ldc + j] = dotOf(a.data + i * a.rowStride, b.data + j * b.colStride, k);
    return;
  }
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j)
      c[i * ldc + j] = T(0);
  if (b.colStride != 1) {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        for (int64_t p = 0; p < k; ++p)
          c[i * ldc + j] = addOf(c[i * ldc + j], multiplyOf(a.data[i * a.rowStride + p * a.colStride],
                                                            b.data[p * b.rowStride + j * b.colStride]));
    return;
  }
  constexpr int64_t blockK = 128, blockN = 512;
  for (int64_t p0 = 0; p0 < k; p0 += blockK)
    for (int64_t j0 = 0; j0 < n; j0 += blockN) {
      int64_t p1 = p0 + blockK < k ? p0 + blockK : k, width = j0 + blockN < n ? blockN : n - j0;
      for (int64_t i = 0; i < m; ++i) {
        T *__restrict out = c + i * ldc + j0;
        const T *x = a.data + i * a.rowStride;
        int64_t p = p0;
        for (; p + 4 <= p1; p += 4) {
          T x0 = x[p * a.colStride], x1 = x[(p + 1) * a.colStride];
          T x2 = x[(p + 2) * a.colStride], x3 = x[(p + 3) * a.colStride];
          const T *y0 = b.data + p * b.rowStride + j0, *y1 = y0 + b.rowStride;
          const T *y2 = y1 + b.rowStride, *y3 = y2 + b.rowStride;
          for (int64_t j = 0; j < width; ++j)
            out[j] =
                addOf(addOf(addOf(addOf(out[j], multiplyOf(x0, y0[j])), multiplyOf(x1, y1[j])), multiplyOf(x2, y2[j])),
                      multiplyOf(x3, y3[j]));
        }
        for (; p < p1; ++p) {
          T x0 = x[p * a.colStride];
          const T *y0 = b.data + p * b.rowStride + j0;
          for (int64_t j = 0; j < width; ++j)
            out[j] = addOf(out[j], multiplyOf(x0, y0[j]));
        }
      }
    }
}

/// Below this BLAS spends more on packing than it saves (measured: at 48^3 it catches up with the loop in registers).
constexpr int64_t smallProduct = 48 * 48 * 48;
template <class T> bool suitsRegisters(int64_t m, int64_t n, int64_t k) {
  return isInexact<T> && m > 1 && n > 1 && k > 0 && k <= packedElements / 128 && m * n * k <= smallProduct;
}
/// Few results of long sums, and small products with vectors: each operand is read about once, along memory.
template <class T> bool suitsLoops(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b) {
  bool sums = a.colStride == 1 && b.rowStride == 1;
  if (m * n <= 16 && (m * n * k <= smallProduct || (std::is_floating_point_v<T> && sums)))
    return true;
  return (m == 1 || n == 1) && m * n * k <= smallProduct && (sums || b.colStride == 1 || (n == 1 && a.rowStride == 1));
}

/// Products whose operands are read about once: each element of the result is computed by one thread.
template <class T>
void multiplyInLoops(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c, int64_t ldc) {
  const bool byRows = m >= n;
  const double cost = 0.1 * double(k) * double(byRows ? n : m);
  parallelFor(byRows ? m : n, grainFor(cost), [&](int64_t begin, int64_t end) {
    vectorised([&]<int>() TCC_INLINED {
      if (byRows)
        multiplyLoops<T>(end - begin, n, k, {a.data + begin * a.rowStride, a.rowStride, a.colStride}, b,
                         c + begin * ldc, ldc);
      else
        multiplyLoops<T>(m, end - begin, k, a, {b.data + begin * b.colStride, b.rowStride, b.colStride}, c + begin,
                         ldc);
    });
  });
}

/// False without memory.
template <class T>
bool multiplyOne(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c, int64_t ldc) {
  if constexpr (isInexact<T>) {
    if (suitsRegisters<T>(m, n, k)) {
      Real<T> packed[packedElements];
      vectorised([&]<int bytes>() TCC_INLINED { multiplySmall<T, bytes>(m, n, k, a, b, c, ldc, packed); });
      return true;
    }
    if (m > 1 && n > 1 && k > 0 && !suitsLoops(m, n, k, a, b))
      return packedProduct<T>(m, n, k, {a, m, k}, {b, k, n}, c, ldc, Update::Set);
  }
  multiplyInLoops(m, n, k, a, b, c, ldc);
  return true;
}

} // namespace

template <class T>
bool multiplyInto(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c, int64_t ldc, Update update) {
  if (k > 0)
    return m == 0 || n == 0 || packedProduct<T>(m, n, k, {a, m, k}, {b, k, n}, c, ldc, update);
  for (int64_t i = 0; i < m && update == Update::Set; ++i)
    for (int64_t j = 0; j < n; ++j)
      c[i * ldc + j] = T(0);
  return true;
}

template <class T> int32_t multiply(const Product<T> &p, TccStatus *status) {
  if (p.batch == 0 || p.m == 0 || p.n == 0)
    return TCC_OK;
  // A small result of a long contraction is cut along k, and the parts are added in order.
  const int64_t resultSize = p.m * p.n;
  int64_t part = p.k, parts = 1;
  if (resultSize <= 4096 && p.k >= 16384 && p.batch < 64) {
    const int64_t wanted = p.k / 64 < 8192 ? 8192 : p.k / 64;
    parts = (p.k + wanted - 1) / wanted;
    part = ((p.k + parts - 1) / parts + 63) / 64 * 64;
    parts = (p.k + part - 1) / part;
  }
  Scratch<T> partial;
  if (parts > 1 && !partial.resize(p.batch * parts * resultSize))
    return outOfMemory(status, "dot_general", p.batch * parts * resultSize * int64_t(sizeof(T)));

  // At 50 Gflop/s; but a tiny product costs at least its call.
  const double cost = 20 + double(resultSize) * double(part) * 0.03;
  std::atomic<bool> hasFailed{false};
  parallelFor(p.batch * parts, grainFor(cost), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      int64_t lhs = 0, rhs = 0, rest = task / parts;
      for (int d = p.offsets.rank - 1; d >= 0; --d) {
        int64_t index = rest % p.offsets.dims[d];
        rest /= p.offsets.dims[d];
        lhs += index * p.offsets.lhs[d];
        rhs += index * p.offsets.rhs[d];
      }
      const int64_t first = task % parts * part, k = first + part < p.k ? part : p.k - first;
      MatrixView<T> a = p.lhs, b = p.rhs;
      a.data += lhs + first * a.colStride;
      b.data += rhs + first * b.rowStride;
      if (!multiplyOne(p.m, p.n, k, a, b, (parts > 1 ? partial.get() : p.result) + task * resultSize, p.n))
        hasFailed = true;
    }
  });
  if (hasFailed)
    return outOfMemory(status, "dot_general", (p.m + p.n) * p.k * int64_t(sizeof(T)));
  for (int64_t b = 0; b < p.batch && parts > 1; ++b)
    for (int64_t i = 0; i < resultSize; ++i) {
      const T *from = partial.get() + b * parts * resultSize + i;
      T sum = from[0];
      for (int64_t t = 1; t < parts; ++t)
        sum = addOf(sum, from[t * resultSize]);
      p.result[b * resultSize + i] = sum;
    }
  return TCC_OK;
}

#define TCC_INTO(T)                                                                                                    \
  template bool multiplyInto(int64_t, int64_t, int64_t, MatrixView<T>, MatrixView<T>, T *, int64_t, Update);
TCC_INTO(float)
TCC_INTO(double)
TCC_INTO(Complex<float>)
TCC_INTO(Complex<double>)
#undef TCC_INTO
template int32_t multiply(const Product<Bool> &, TccStatus *);
template int32_t multiply(const Product<int8_t> &, TccStatus *);
template int32_t multiply(const Product<int16_t> &, TccStatus *);
template int32_t multiply(const Product<int32_t> &, TccStatus *);
template int32_t multiply(const Product<int64_t> &, TccStatus *);
template int32_t multiply(const Product<uint8_t> &, TccStatus *);
template int32_t multiply(const Product<uint32_t> &, TccStatus *);
template int32_t multiply(const Product<float> &, TccStatus *);
template int32_t multiply(const Product<double> &, TccStatus *);
template int32_t multiply(const Product<Complex<float>> &, TccStatus *);
template int32_t multiply(const Product<Complex<double>> &, TccStatus *);

} // namespace tcc::runtime
