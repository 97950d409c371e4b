// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Batches of matrix products, on the pool's threads: which loops compute one, small ones in registers, those with
// vectors and of integers in plain loops, all others packed. The choice depends on the shape alone, so any number of
// threads gives the same bits.
#include "runtime/Product.h"
#include "runtime/Elements.h"
#include "runtime/PackedProduct.h"
#include "runtime/SmallProduct.h"
#include "runtime/Threads.h"
#include "runtime/VectorLanes.h"
#include <atomic>
#include <utility>

namespace tcc::runtime {
namespace {

template <class T> inline constexpr bool isInexact = std::is_floating_point_v<T> || isComplex<T>;

/// x y + z; of floats in one instruction where there is one.
template <class T> TCC_INLINE T multiplyAdd(T x, T y, T z) {
  if constexpr (std::is_floating_point_v<T>)
    return x * y + z;
  else
    return addOf(z, multiplyOf(x, y));
}

/// Pairs (re, im) as (im, re).
template <class R, int bytes, size_t... l>
TCC_INLINE Vector<R, bytes> swapPairs(Vector<R, bytes> v, std::index_sequence<l...>) {
  return __builtin_shufflevector(v, v, (int(l) ^ 1)...);
}

/// The sum of x[i] y[i] in several chains, which are as many on every CPU.
template <class T> TCC_INLINE T dotOf(const T *x, const T *y, int64_t k) {
  int64_t p = 0;
  if constexpr (isInexact<T>) {
    using R = Real<T>;
    constexpr int lanes = 64 / int(sizeof(R)), chains = isComplex<T> ? 2 : 4;
    constexpr int64_t step = 64 / sizeof(T);
    // Of complex numbers the products re re and im im, and apart from them re im and im re.
    Vector<R, 64> sums[chains] = {}, crossed[chains] = {};
    auto add = [&](int64_t at, int v) TCC_INLINED {
      const Vector<R, 64> a = vectorAt<R, 64>(reinterpret_cast<const R *>(x + at));
      const Vector<R, 64> b = vectorAt<R, 64>(reinterpret_cast<const R *>(y + at));
      sums[v] += a * b;
      if constexpr (isComplex<T>)
        crossed[v] += a * swapPairs<R, 64>(b, std::make_index_sequence<lanes>());
    };
    for (; p + chains * step <= k; p += chains * step)
      for (int v = 0; v < chains; ++v)
        add(p + v * step, v);
    for (; p + step <= k; p += step)
      add(p, 0);
    R direct[lanes], mixed[lanes];
    for (int v = 1; v < chains; v *= 2)
      for (int u = 0; u + v < chains; u += 2 * v) {
        sums[u] += sums[u + v];
        crossed[u] += crossed[u + v];
      }
    vectorAt<R, 64>(direct) = sums[0];
    vectorAt<R, 64>(mixed) = crossed[0];
    for (int half = lanes / 2; half >= (isComplex<T> ? 2 : 1); half /= 2)
      for (int l = 0; l < half; ++l) {
        direct[l] += direct[l + half];
        mixed[l] += mixed[l + half];
      }
    T sum;
    if constexpr (isComplex<T>)
      sum = {direct[0] - direct[1], mixed[0] + mixed[1]};
    else
      sum = direct[0];
    for (; p < k; ++p)
      sum = multiplyAdd(x[p], y[p], sum);
    return sum;
  } else {
    constexpr int64_t lanes = 8;
    T parts[lanes];
    for (T &part : parts)
      part = T(0);
    for (; p + lanes <= k; p += lanes)
      for (int64_t l = 0; l < lanes; ++l)
        parts[l] = multiplyAdd(x[p + l], y[p + l], parts[l]);
    for (; p < k; ++p)
      parts[0] = multiplyAdd(x[p], y[p], parts[0]);
    for (int64_t step = lanes / 2; step; step /= 2)
      for (int64_t l = 0; l < step; ++l)
        parts[l] = addOf(parts[l], parts[l + step]);
    return parts[0];
  }
}

/// Plain loops: for integers and for products with vectors.
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
  // Of one row, long stretches of b; of several, a block of b that stays in the cache.
  const int64_t blockK = 128, blockN = m == 1 ? 4096 : 512;
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
            out[j] = multiplyAdd(x0, y0[j], out[j]);
        }
      }
    }
}

/// Below this packing costs more than it saves.
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
  const int64_t extent = byRows ? m : n, threads = numThreads();
  // Where memory is read across, one stretch of it for each thread: shorter ones are read more slowly.
  const bool isAcross = byRows ? a.colStride != 1 : b.rowStride != 1;
  const int64_t grain = grainFor(0.1 * double(k) * double(byRows ? n : m)), share = (extent + threads - 1) / threads;
  parallelFor(extent, isAcross && share > grain ? share : grain, [&](int64_t begin, int64_t end) {
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
bool multiplyViews(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c, int64_t ldc) {
  if constexpr (isInexact<T>) {
    if (suitsRegisters<T>(m, n, k)) {
      Real<T> packed[packedElements];
      vectorised([&]<int bytes>() TCC_INLINED { multiplySmall<T, bytes>(m, n, k, a, b, c, ldc, packed); });
      return true;
    }
    if (m > 1 && n > 1 && k > 0 && !suitsLoops(m, n, k, a, b))
      return packedProduct<T>(m, n, 0, k, {a, m, k}, {b, k, n}, c, ldc, Update::Set);
  }
  multiplyInLoops(m, n, k, a, b, c, ldc);
  return true;
}

/// A small result of a long contraction is cut along k, and the parts are added in order.
bool isCut(int64_t m, int64_t n, int64_t k) { return m * n <= 4096 && k >= 16384; }

} // namespace

template <class T>
bool multiplyInto(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c, int64_t ldc, Update update) {
  if (k > 0)
    return m == 0 || n == 0 || packedProduct<T>(m, n, 0, k, {a, m, k}, {b, k, n}, c, ldc, update);
  for (int64_t i = 0; i < m && update == Update::Set; ++i)
    for (int64_t j = 0; j < n; ++j)
      c[i * ldc + j] = T(0);
  return true;
}

template <class T> bool suitsPacking(int64_t m, int64_t n, int64_t k) {
  // Parts of 16-bit floats would be rounded.
  if (isSmallFloat<T> && isCut(m, n, k))
    return false;
  return (isInexact<T> || isSmallFloat<T>) && m > 1 && n > 1 && m * n > 16 && m * n * k > smallProduct;
}

template <class T> int32_t multiply(const Product<T> &p, TccStatus *status) {
  if (p.batch == 0 || p.m == 0 || p.n == 0)
    return TCC_OK;
  const bool isPacked = suitsPacking<T>(p.m, p.n, p.k);
  const int64_t resultSize = p.m * p.n;
  int64_t part = p.k, parts = 1;
  if (isCut(p.m, p.n, p.k) && p.batch < 64) {
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
      T *result = (parts > 1 ? partial.get() : p.result) + task * resultSize;
      if constexpr (isInexact<T> || isSmallFloat<T>)
        if (isPacked) {
          StridedMatrix<T> a = p.lhs, b = p.rhs;
          a.data += lhs;
          b.data += rhs;
          if (!packedProduct<T>(p.m, p.n, first, k, a, b, result, p.n, Update::Set))
            hasFailed = true;
          continue;
        }
      if constexpr (!isSmallFloat<T>) {
        MatrixView<T> a = p.lhs.view(), b = p.rhs.view();
        a.data += lhs + first * a.colStride;
        b.data += rhs + first * b.rowStride;
        if (!multiplyViews(p.m, p.n, k, a, b, result, p.n))
          hasFailed = true;
      }
    }
  });
  if (hasFailed)
    return outOfMemory(status, "dot_general", (p.m + p.n) * p.k * int64_t(sizeof(T)));
  if constexpr (!isSmallFloat<T>)
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
#define TCC_MULTIPLY(T)                                                                                                \
  template bool suitsPacking<T>(int64_t, int64_t, int64_t);                                                            \
  template int32_t multiply(const Product<T> &, TccStatus *);
TCC_MULTIPLY(Bool)
TCC_MULTIPLY(int8_t)
TCC_MULTIPLY(int16_t)
TCC_MULTIPLY(int32_t)
TCC_MULTIPLY(int64_t)
TCC_MULTIPLY(uint8_t)
TCC_MULTIPLY(uint32_t)
TCC_MULTIPLY(Half)
TCC_MULTIPLY(BFloat16)
TCC_MULTIPLY(float)
TCC_MULTIPLY(double)
TCC_MULTIPLY(Complex<float>)
TCC_MULTIPLY(Complex<double>)
#undef TCC_MULTIPLY

} // namespace tcc::runtime
