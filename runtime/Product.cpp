// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Matrix products in tiles on our own threads, each tile a single-threaded BLAS call or a plain loop. The tiles depend
// on the shape alone, so any number of threads gives the same bits.
#include "runtime/Product.h"
#include "runtime/BlasLibrary.h"
#include "runtime/BlockProduct.h"
#include "runtime/Elements.h"
#include "runtime/SmallProduct.h"
#include "runtime/Threads.h"
#include <limits.h>

namespace tcc::runtime {
namespace {

template <class T> inline constexpr bool hasBlas = std::is_floating_point_v<T> || isComplex<T>;

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

bool fitsBlas(int64_t rows, int64_t cols, int64_t rowStride, int64_t colStride) {
  return rows <= INT_MAX && cols <= INT_MAX && rowStride <= INT_MAX && colStride <= INT_MAX;
}

/// How Fortran sees a row-major matrix: its transpose, with this leading dimension.
template <class T> struct FortranView {
  char transposed;
  BlasInt leading;
  FortranView(MatrixView<T> v, int64_t rows, int64_t cols) {
    // A row of one element or a single row has no stride of its own; the leading dimension must still be legal.
    bool rowMajor = v.colStride == 1 && (v.rowStride >= cols || rows == 1);
    int64_t stride = rowMajor ? v.rowStride : v.colStride, least = rowMajor ? cols : rows;
    transposed = rowMajor ? 'N' : 'T';
    leading = BlasInt(stride < least || stride < 1 ? (least > 1 ? least : 1) : stride);
  }
};

/// Below this BLAS spends more on packing than it saves (measured: at 48^3 it catches up with the loop in registers).
constexpr int64_t smallProduct = 48 * 48 * 48;
template <class T> bool suitsRegisters(int64_t m, int64_t n, int64_t k) {
  return hasBlas<T> && m > 1 && n > 1 && k > 0 && k <= packedElements / 128 && m * n * k <= smallProduct;
}
/// Few results of long sums, and small products with vectors: each operand is read about once, along memory.
template <class T> bool suitsLoops(int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b) {
  bool sums = a.colStride == 1 && b.rowStride == 1;
  if (m * n <= 16 && (m * n * k <= smallProduct || (std::is_floating_point_v<T> && sums)))
    return true;
  return (m == 1 || n == 1) && m * n * k <= smallProduct && (sums || b.colStride == 1 || (n == 1 && a.rowStride == 1));
}

template <class T>
void multiplyTile(const BlasTable<T> *table, int64_t m, int64_t n, int64_t k, MatrixView<T> a, MatrixView<T> b, T *c,
                  int64_t ldc) {
  if constexpr (hasBlas<T>)
    if (suitsRegisters<T>(m, n, k)) {
      Real<T> packed[packedElements];
      vectorised([&]<int bytes>() TCC_INLINED { multiplySmall<T, bytes>(m, n, k, a, b, c, ldc, packed); });
      return;
    }
  const bool isLoops = suitsLoops(m, n, k, a, b);
  if constexpr (std::is_floating_point_v<T>)
    if (!isLoops && suitsBlocks<T>(m, n, k, a, b))
      return blockProduct<T>(m, n, k, a, b, c, ldc);
  if (!table || m * n * k <= 2048 || isLoops || !fitsBlas(m, k, a.rowStride, a.colStride) ||
      !fitsBlas(k, n, b.rowStride, b.colStride) || ldc > INT_MAX) {
    vectorised([&]<int>() TCC_INLINED { multiplyLoops(m, n, k, a, b, c, ldc); });
    return;
  }
  const T one(1), zero(0);
  if (n == 1 || m == 1) {
    // gemv computes op(A) x for the matrix operand; a vector on the left multiplies the transposed right matrix.
    MatrixView<T> matrix = n == 1 ? a : MatrixView<T>{b.data, b.colStride, b.rowStride};
    int64_t rows = n == 1 ? m : n;
    const T *x = n == 1 ? b.data : a.data;
    int64_t step = n == 1 ? b.rowStride : a.colStride;
    FortranView<T> view(matrix, rows, k);
    BlasInt increment = BlasInt(step < 1 ? 1 : step), outIncrement = n == 1 ? BlasInt(ldc) : 1;
    // 'N' of FortranView means "memory holds the transpose", which for gemv is the 'T' case.
    bool rowMajor = view.transposed == 'N';
    BlasInt fortranRows = BlasInt(rowMajor ? k : rows), fortranCols = BlasInt(rowMajor ? rows : k);
    for (int64_t i = 0; i < rows; ++i)
      c[i * outIncrement] = zero;
    table->gemv(rowMajor ? "T" : "N", &fortranRows, &fortranCols, &one, matrix.data, &view.leading, x, &increment, &one,
                c, &outIncrement, 1);
    return;
  }
  FortranView<T> left(a, m, k), right(b, k, n);
  BlasInt rows = BlasInt(n), cols = BlasInt(m), inner = BlasInt(k), ld = BlasInt(ldc);
  table->gemm(&right.transposed, &left.transposed, &rows, &cols, &inner, &one, b.data, &right.leading, a.data,
              &left.leading, &zero, c, &ld, 1, 1);
}

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// How many equal parts of about `wanted` fit into `extent`; each part is a multiple of `unit`.
int64_t partOf(int64_t extent, int64_t wanted, int64_t unit) {
  int64_t parts = (extent + wanted - 1) / wanted;
  int64_t part = roundUp((extent + parts - 1) / (parts ? parts : 1), unit);
  return part < 1 ? 1 : part;
}

struct Tiles {
  int64_t m, n, k;
};

/// Large enough to repay the packing inside BLAS, small enough that many threads find work.
Tiles chooseTiles(int64_t batch, int64_t m, int64_t n, int64_t k) {
  Tiles tiles{m, n, k};
  double work = double(m) * double(n) * double(k);
  if (n == 1 || m == 1) {
    int64_t rows = n == 1 ? m : n;
    int64_t part = partOf(rows, 65536 / (k < 1 ? 1 : k < 65536 ? k : 65536) + 1, 16);
    (n == 1 ? tiles.m : tiles.n) = rows < part ? rows : part;
  } else if (work > 80.0 * 80 * 80) {
    // At most 1024 on a side, for the cache; at least four tiles if one product is all there is, for the threads: four
    // even shares, so that two threads finish together. Every tile packs its operands anew (measured: 16 tiles of 256 x
    // 256 cost 20 % over one call, 4 of 512 x 512 at most 5 %).
    int64_t partsM = (m + 1023) / 1024, partsN = (n + 1023) / 1024;
    int64_t least = work > 128.0 * 128 * 128 * 2 ? 128 : 32;
    while (batch * partsM * partsN < 4 && (m / partsM >= 2 * least || n / partsN >= 2 * least))
      ++(m / partsM >= n / partsN ? partsM : partsN);
    tiles.m = partOf(m, (m + partsM - 1) / partsM, 16);
    tiles.n = partOf(n, (n + partsN - 1) / partsN, 16);
  }
  // A small result of a long contraction is cut along k, and the parts are added in order.
  if (m * n <= 4096 && k >= 16384 && batch * (m / tiles.m) * (n / tiles.n) < 64) {
    int64_t wanted = k / 64 < 8192 ? 8192 : k / 64;
    tiles = {m, n, partOf(k, wanted, 64)};
  }
  return tiles;
}

} // namespace

template <class T> int32_t multiply(const Product<T> &p, TccStatus *status) {
  if (p.batch == 0 || p.m == 0 || p.n == 0)
    return TCC_OK;
  const BlasTable<T> *table = nullptr;
  double flop = double(p.m) * double(p.n) * double(p.k);
  if constexpr (hasBlas<T>)
    if (flop > 2048 && !suitsRegisters<T>(p.m, p.n, p.k) &&
        !suitsLoops(p.m, p.n, p.k, p.lhs, p.rhs)) // small programs never load OpenBLAS
      table = blas<T>();

  Tiles tiles = chooseTiles(p.batch, p.m, p.n, p.k);
  int64_t tilesM = (p.m + tiles.m - 1) / tiles.m, tilesN = (p.n + tiles.n - 1) / tiles.n;
  int64_t tilesK = p.k ? (p.k + tiles.k - 1) / tiles.k : 1;
  int64_t perMatrix = tilesM * tilesN * tilesK, resultSize = p.m * p.n;
  Scratch<T> partial;
  if (tilesK > 1 && !partial.resize(p.batch * tilesK * resultSize))
    return outOfMemory(status, "dot_general", p.batch * tilesK * resultSize * int64_t(sizeof(T)));

  // 50 Gflop/s for a BLAS tile, but a tiny product costs at least its call.
  double cost = 20 + flop / double(perMatrix) * (table ? 0.03 : 0.3);
  parallelFor(p.batch * perMatrix, grainFor(cost), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      int64_t b = task / perMatrix, tile = task % perMatrix;
      int64_t lhs = 0, rhs = 0, rest = b;
      for (int d = p.offsets.rank - 1; d >= 0; --d) {
        int64_t index = rest % p.offsets.dims[d];
        rest /= p.offsets.dims[d];
        lhs += index * p.offsets.lhs[d];
        rhs += index * p.offsets.rhs[d];
      }
      int64_t tk = tile % tilesK, tn = tile / tilesK % tilesN, tm = tile / tilesK / tilesN;
      int64_t i = tm * tiles.m, j = tn * tiles.n, l = tk * tiles.k;
      int64_t m = i + tiles.m < p.m ? tiles.m : p.m - i, n = j + tiles.n < p.n ? tiles.n : p.n - j;
      int64_t k = l + tiles.k < p.k ? tiles.k : p.k - l;
      MatrixView<T> a = p.lhs, c = p.rhs;
      a.data += lhs + i * a.rowStride + l * a.colStride;
      c.data += rhs + l * c.rowStride + j * c.colStride;
      T *result = tilesK > 1 ? partial.get() + (b * tilesK + tk) * resultSize : p.result + b * resultSize;
      multiplyTile(table, m, n, k, a, c, result + i * p.n + j, p.n);
    }
  });
  if (tilesK > 1)
    for (int64_t b = 0; b < p.batch; ++b)
      for (int64_t i = 0; i < resultSize; ++i) {
        const T *part = partial.get() + b * tilesK * resultSize + i;
        T sum = part[0];
        for (int64_t t = 1; t < tilesK; ++t)
          sum = addOf(sum, part[t * resultSize]);
        p.result[b * resultSize + i] = sum;
      }
  return TCC_OK;
}

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
