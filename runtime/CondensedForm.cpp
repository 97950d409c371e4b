// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The reductions keep what a panel has done so far as A - P S^H with narrow P and S (to Hessenberg form as (1 - V T
// V^H)^H (A - Y V^H) with Y = A V T), apply that to each new column and to each product with a vector, and to the rest
// of the matrix when the panel is full.
#include "runtime/CondensedForm.h"
#include "runtime/Threads.h"
#include "runtime/VectorLanes.h"
#include <atomic>

namespace tcc::runtime {
namespace {

/// Reflections of a panel. Wider ones make the products of matrices faster and the corrections of vectors slower.
int64_t panelWidth(int64_t n) { return n <= 128 ? 8 : n <= 768 ? 16 : 32; }

/// Loops of a panel follow each other at once, so that idle threads are still awake: less is worth sharing.
template <class F> void shareTiles(int64_t tiles, double nanosecondsEach, F &&body) {
  double grain = 4000 / (nanosecondsEach > 1 ? nanosecondsEach : 1);
  parallelFor(tiles, grain < 1 ? 1 : int64_t(grain), body);
}
/// Of a pass over `elements` numbers.
template <class T> double passTime(double elements) { return elements * double(sizeof(T)) * 0.03; }

template <class T> int64_t alignedIndex(int64_t i) { return i / rowsAtOnce<T> * rowsAtOnce<T>; }

/// a -= p s^H for the columns from `begin` on, `count` columns of p and s. If isLower, only what is below the diagonal
/// or in a diagonal block of side `block`.
template <class T>
void subtractProduct(const WorkMatrix<T> &a, const WorkMatrix<T> &p, const WorkMatrix<T> &s, int64_t count,
                     int64_t begin, int64_t block, bool isLower) {
  int64_t first = begin / block, tiles = (a.columns + block - 1) / block - first;
  double each = double(a.rows - begin) * double(block) * double(count) * double(sizeof(T)) * 0.005;
  shareTiles(tiles, isLower ? each / 2 : each, [&](int64_t from, int64_t to) {
    const T minusOne(-1), one(1);
    BlasInt inner = BlasInt(count), lda = BlasInt(a.ld), ldp = BlasInt(p.ld), lds = BlasInt(s.ld);
    for (int64_t tile = from; tile < to; ++tile) {
      int64_t left = (first + tile) * block, right = left + block < a.columns ? left + block : a.columns;
      left = left > begin ? left : begin;
      int64_t top = isLower ? left : begin;
      BlasInt rows = BlasInt(a.rows - top), columns = BlasInt(right - left);
      blas<T>()->gemm("N", "C", &rows, &columns, &inner, &minusOne, p.data.get() + top, &ldp, s.data.get() + left, &lds,
                      &one, a.column(left) + top, &lda, 1, 1);
    }
  });
}

/// y -= p (s^H x) or, given the products s^H x, their part of it. Rows of y from `top` on.
template <class T> void subtractColumns(const WorkMatrix<T> &p, int64_t count, T *products, int64_t top, T *y) {
  for (int64_t k = 0; k < count; ++k)
    products[k] = T(0) - products[k];
  int64_t begin = alignedIndex<T>(top);
  addColumns<T>(p.data.get() + begin, p.ld, paddedRows<T>(p.rows) - begin, count, products, y + begin);
}
template <class T> void dotAll(const WorkMatrix<T> &s, int64_t count, int64_t top, const T *x, T *products) {
  int64_t begin = alignedIndex<T>(top);
  dotColumns<T>(s.data.get() + begin, s.ld, paddedRows<T>(s.rows) - begin, count, x + begin, products);
}
/// x -= p conj(row k of s): what the panel's first `count` columns have done to column k.
template <class T>
void bringUpToDate(const WorkMatrix<T> &p, const WorkMatrix<T> &s, int64_t count, int64_t k, int64_t top, T *factors,
                   T *x) {
  for (int64_t l = 0; l < count; ++l)
    factors[l] = conjugate(s.column(l)[k]);
  subtractColumns(p, count, factors, top, x);
}
template <class T> void clear(T *x, int64_t begin, int64_t end) {
  memset(static_cast<void *>(x + begin), 0, size_t(end - begin) * sizeof(T));
}

constexpr int64_t side = 64;

/// Columns that are read twice by one thread: few enough to stay in its cache, and for all threads to have some.
constexpr int64_t leastColumns = 16;
template <class T> int64_t columnTile(int64_t rows, int64_t columns) {
  const int64_t bytes = rows * columns * int64_t(sizeof(T));
  if (bytes <= 1 << 17) // too little to share
    return 64;
  int64_t tile = columns >= 512 ? 64 : columns >= 256 ? 32 : leastColumns;
  while (tile > leastColumns && rows * tile * int64_t(sizeof(T)) > 1 << 20)
    tile /= 2;
  return tile;
}
template <class T> T inverseOf(T x) { return complexOf<T>(realOf(x) / squareOf(x), -imaginaryOf(x) / squareOf(x)); }

/// y = a x for the Hermitian matrix in the lower triangle of a, x zero above `top`, in one pass: each tile of `side`
/// columns adds its own products and those of its mirror image to a vector of its own.
template <class T> class HermitianProduct {
public:
  explicit HermitianProduct(const WorkMatrix<T> &a) : a(a), padded(paddedRows<T>(a.rows)) {}
  bool allocate() { return partial.resize((padded + side - 1) / side * padded); }
  /// `also` runs beside the tiles.
  template <class F> void operator()(const T *x, int64_t top, T *y, F &&also) {
    int64_t first = top / side, tiles = (padded + side - 1) / side - first;
    double each = passTime<T>(double(side) * double(a.rows - top) * 0.5);
    shareTiles(tiles + 1, each, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t)
        if (t == tiles)
          also();
        else
          tile(first + t, x, top);
    });
    clear(y, alignedIndex<T>(top), padded);
    for (int64_t t = first; t < first + tiles; ++t) {
      const T *part = partial.get() + t * padded;
      for (int64_t i = t * side > top ? t * side : top; i < a.rows; ++i)
        y[i] = y[i] + part[i];
    }
  }

private:
  void tile(int64_t index, const T *x, int64_t top) {
    int64_t begin = index * side, end = begin + side < padded ? begin + side : padded;
    int64_t left = alignedIndex<T>(begin > top ? begin : top); // x is zero to the left of it
    T *part = partial.get() + index * padded, products[side];
    clear(part, begin, padded);
    addColumns<T>(a.column(left) + begin, a.ld, end - begin, end - left, x + left, part + begin);
    if (end == padded)
      return;
    dotAndAddColumns<T>(a.column(left) + end, a.ld, padded - end, end - left, x + end, products, x + left, part + end);
    for (int64_t j = left; j < end; ++j)
      part[j] = part[j] + products[j - left];
  }
  const WorkMatrix<T> &a;
  int64_t padded;
  Scratch<T> partial;
};

} // namespace

template <class T> Real<T> unitScale(const T *a, int64_t count) {
  using R = Real<T>;
  const R *parts = reinterpret_cast<const R *>(a);
  const int64_t numParts = count * (isComplex<T> ? 2 : 1);
  std::atomic<R> largest{0};
  parallelFor(numParts, grainFor(passTime<R>(1)), [&](int64_t begin, int64_t end) {
    R most = 0;
    vectorised([&]<int bytes>() TCC_INLINED {
      using V = Vector<R, bytes>;
      constexpr int lanes = LanesOf<R, bytes>::count, atOnce = 4;
      int64_t i = begin;
      V lane[atOnce] = {};
      for (; i + atOnce * lanes <= end; i += atOnce * lanes)
        for (int k = 0; k < atOnce; ++k) {
          V x = vectorAt<R, bytes>(parts + i + k * lanes);
          lane[k] = lane[k] < x ? x : lane[k];
          lane[k] = lane[k] < -x ? -x : lane[k];
        }
      for (int k = 0; k < atOnce; ++k)
        for (int l = 0; l < lanes; ++l)
          most = most < lane[k][l] ? lane[k][l] : most;
      for (; i < end; ++i)
        most = most < R(fabs(parts[i])) ? R(fabs(parts[i])) : most;
    });
    R known = largest;
    while (most > known && !largest.compare_exchange_weak(known, most))
      ;
  });
  const R most = largest;
  if (most == 0)
    return 1;
  int exponent;
  frexp(most, &exponent);
  // Its inverse must be a number, too, and both normal.
  constexpr int limit = std::numeric_limits<R>::max_exponent - 2;
  return ldexp(R(1), -exponent > limit ? limit : -exponent < -limit ? -limit : -exponent);
}

template <class T> bool WorkMatrix<T>::resize(int64_t newRows, int64_t newColumns) {
  rows = newRows;
  columns = newColumns;
  ld = paddedLeading<T>(rows);
  int64_t size = ld * paddedRows<T>(columns);
  if (!data.resize(size))
    return false;
  clear(data.get(), 0, size);
  return true;
}

template <class T> bool tridiagonalize(const WorkMatrix<T> &a, Real<T> *d, Real<T> *e, T *tau) {
  using R = Real<T>;
  const int64_t n = a.rows, width = panelWidth(n), padded = paddedRows<T>(n);
  WorkMatrix<T> p, s; // v_0 w_0 v_1 w_1 ..; w_0 v_0 ..: A - V W^H - W V^H
  HermitianProduct<T> product(a);
  Scratch<T> y(padded);
  if (!p.resize(n, 2 * width) || !s.resize(n, 2 * width) || !product.allocate() || !y)
    return false;
  T factors[2 * 32];
  for (int64_t j = 0; j < n; ++j) // in diagonal blocks the upper triangle is read, too
    for (int64_t i = j / side * side; i < j; ++i)
      a.column(j)[i] = conjugate(a.column(i)[j]);
  for (int64_t start = 0; start + 1 < n; start += width) {
    int64_t count = start + width < n - 1 ? width : n - 1 - start;
    for (int64_t k = 0; k < count; ++k) {
      int64_t c = start + k, below = c + 1;
      T *column = a.column(c), *v = p.column(2 * k), *w = p.column(2 * k + 1);
      bringUpToDate(p, s, 2 * k, c, c, factors, column);
      d[c] = realOf(column[c]);
      clear(column, 0, below);
      tau[c] = makeReflector(column, below, padded, e[c]);
      memcpy(static_cast<void *>(v), column, size_t(padded) * sizeof(T));
      product(v, below, y.get(), [&] { dotAll(s, 2 * k, below, v, factors); });
      subtractColumns(p, 2 * k, factors, below, y.get());
      // w = tau y - (|tau|^2 v^H y / 2) v
      T dot;
      int64_t top = alignedIndex<T>(below);
      dotColumns<T>(v + top, 0, padded - top, 1, y.get() + top, &dot);
      T half = dot * T(squareOf(tau[c]) * R(0.5));
      clear(w, 0, below);
      for (int64_t i = below; i < n; ++i)
        w[i] = y[i] * tau[c] - v[i] * half;
      memcpy(static_cast<void *>(s.column(2 * k)), w, size_t(padded) * sizeof(T));
      memcpy(static_cast<void *>(s.column(2 * k + 1)), v, size_t(padded) * sizeof(T));
    }
    subtractProduct(a, p, s, 2 * count, start + count, side, /*isLower=*/true);
  }
  d[n - 1] = realOf(a.column(n - 1)[n - 1]);
  return true;
}

template <class T>
bool bidiagonalize(const WorkMatrix<T> &a, const WorkMatrix<T> &right, Real<T> *d, Real<T> *e, T *tauLeft,
                   T *tauRight) {
  const int64_t m = a.rows, n = a.columns, width = panelWidth(n);
  const int64_t paddedM = paddedRows<T>(m), paddedN = paddedRows<T>(n);
  WorkMatrix<T> p, s; // v_0 x_0 v_1 x_1 ..; y_0 u_0 ..: A - V Y^H - X U^H
  const int64_t mostTiles = paddedN / leastColumns + 1;
  Scratch<T> partial(mostTiles * paddedM), scales(mostTiles);
  if (!p.resize(m, 2 * width) || !s.resize(n, 2 * width) || !partial || !scales)
    return false;
  T factors[2 * 32], rowFactors[2 * 32];
  for (int64_t start = 0; start < n; start += width) {
    int64_t count = start + width < n ? width : n - start;
    for (int64_t k = 0; k < count; ++k) {
      int64_t c = start + k, next = c + 1;
      T *column = a.column(c), *v = p.column(2 * k), *x = p.column(2 * k + 1);
      T *y = s.column(2 * k), *u = s.column(2 * k + 1);
      bringUpToDate(p, s, 2 * k, c, c, factors, column);
      clear(column, 0, c);
      tauLeft[c] = makeReflector(column, c, paddedM, d[c]);
      memcpy(static_cast<void *>(v), column, size_t(paddedM) * sizeof(T));
      if (next == n)
        break;
      // In one pass over A (as Howell et al., ACM Trans. Math. Softw. 34 (2008)): y = tau (A - P S^H)^H v, right of c,
      // and A u' with u' = conj(row c of A - P S^H) - y, which is the next reflector's u but for a factor and its first
      // entry.
      dotAll(p, 2 * k, c, v, factors);
      for (int64_t l = 0; l < 2 * k; ++l)
        factors[l] = T(0) - factors[l];
      clear(u, 0, paddedN);
      for (int64_t j = next; j < n; ++j)
        u[j] = conjugate(a.column(j)[c]);
      bringUpToDate(s, p, 2 * k, c, next, rowFactors, u);
      clear(u, 0, next);
      const int64_t from = alignedIndex<T>(next), top = alignedIndex<T>(c);
      const int64_t tile = columnTile<T>(m, n - next), tiles = (paddedN - from + tile - 1) / tile;
      shareTiles(tiles, passTime<T>(1.5 * double(tile) * double(m - c)), [&](int64_t begin, int64_t end) {
        for (int64_t t = begin; t < end; ++t) {
          int64_t j = from + t * tile, columns = paddedN - j < tile ? paddedN - j : tile;
          T *part = partial.get() + t * paddedM;
          dotColumns<T>(a.column(j) + top, a.ld, paddedM - top, columns, v + top, y + j);
          addColumns<T>(s.data.get() + j, s.ld, columns, 2 * k, factors, y + j);
          for (int64_t l = j; l < j + columns; ++l) {
            y[l] = l < next ? T(0) : y[l] * tauLeft[c];
            u[l] = u[l] - y[l];
          }
          clear(part, from, paddedM);
          addColumns<T>(a.column(j) + from, a.ld, paddedM - from, columns, u + j, part + from);
        }
      });
      clear(y, 0, from);
      const T first = u[next];
      tauRight[c] = makeReflector(u, next, paddedN, e[c]);
      memcpy(static_cast<void *>(right.column(c)), u, size_t(paddedN) * sizeof(T));
      // x = tau (A - P S^H) u, below c
      const T scale = squareOf(tauRight[c]) == 0 ? T(0) : inverseOf(first - T(e[c])), rest = T(1) - scale * first;
      clear(x, 0, paddedM);
      for (int64_t t = 0; t < tiles; ++t)
        scales[t] = scale;
      addColumns<T>(partial.get() + from, paddedM, paddedM - from, tiles, scales.get(), x + from);
      addColumns<T>(a.column(next) + from, a.ld, paddedM - from, 1, &rest, x + from);
      dotAll(s, 2 * k + 1, next, u, factors);
      subtractColumns(p, 2 * k + 1, factors, next, x);
      clear(x, 0, next);
      for (int64_t i = next; i < m; ++i)
        x[i] = x[i] * tauRight[c];
    }
    if (start + count < n)
      subtractProduct(a, p, s, 2 * count, start + count, side, /*isLower=*/false);
  }
  return true;
}

/// y = a x below row `top`, for x that is zero above `left`, in tiles of rows.
template <class T> void multiplyVector(const WorkMatrix<T> &a, int64_t left, int64_t top, const T *x, T *y) {
  const int64_t begin = alignedIndex<T>(top), padded = paddedRows<T>(a.rows), columns = a.columns - left;
  const int64_t height = 2 * side, tiles = (padded - begin + height - 1) / height;
  clear(y, begin, padded);
  shareTiles(tiles, passTime<T>(double(height) * double(columns)), [&](int64_t from, int64_t to) {
    for (int64_t row = begin + from * height; row < begin + to * height && row < padded; row += height)
      addColumns<T>(a.column(left) + row, a.ld, padded - row < height ? padded - row : height, columns, x + left,
                    y + row);
  });
}

template <class T> bool reduceToHessenberg(const WorkMatrix<T> &a, const WorkMatrix<T> &v, T *tau) {
  const int64_t n = a.rows, width = panelWidth(n), padded = paddedRows<T>(n);
  WorkMatrix<T> y; // A V T
  Scratch<T> triangle(width * width), product(width * side * ((n + side - 1) / side));
  if (!y.resize(n, width) || !triangle || !product)
    return false;
  const BlasTable<T> &table = *blas<T>();
  const T one(1), minusOne(-1), zero(0);
  const BlasInt lda = BlasInt(a.ld), ldv = BlasInt(v.ld), ldy = BlasInt(y.ld), ldt = BlasInt(width);
  T factors[32], turned[32];
  for (int64_t start = 0; start + 2 < n; start += width) {
    const int64_t count = start + width < n - 2 ? width : n - 2 - start, end = start + count, top = start + 1;
    const int64_t begin = alignedIndex<T>(top), rows = padded - begin;
    T *const first = v.column(start);
    for (int64_t k = 0; k < count; ++k) {
      const int64_t c = start + k, below = c + 1;
      T *const column = a.column(c), *const reflector = v.column(c), *const t = triangle.get() + k * width;
      if (k > 0) {
        // b = A e_c - Y V^H e_c, then b - V T^H V^H b, below row `start`.
        T *const b = reflector;
        memcpy(static_cast<void *>(b + begin), column + begin, size_t(rows) * sizeof(T));
        clear(b, begin, top);
        for (int64_t l = 0; l < k; ++l)
          factors[l] = T(0) - conjugate(v.column(start + l)[c]);
        addColumns<T>(y.data.get() + begin, y.ld, rows, k, factors, b + begin);
        dotColumns<T>(first + begin, v.ld, rows, k, b + begin, factors);
        for (int64_t i = 0; i < k; ++i) {
          T sum(0);
          for (int64_t l = 0; l <= i; ++l)
            sum = sum - conjugate(triangle[l + i * width]) * factors[l];
          turned[i] = sum;
        }
        addColumns<T>(first + begin, v.ld, rows, k, turned, b + begin);
        memcpy(static_cast<void *>(column + top), b + top, size_t(below - top) * sizeof(T));
        clear(b, begin, below);
      } else {
        memcpy(static_cast<void *>(reflector + below), column + below, size_t(n - below) * sizeof(T));
      }
      Real<T> beta;
      tau[c] = makeReflector(reflector, below, padded, beta);
      column[below] = T(beta);
      clear(column, below + 1, n);
      // y = tau (A v - Y V^H v); the new column of T is -tau T V^H v.
      T *const into = y.column(k);
      multiplyVector(a, below, top, reflector, into);
      dotColumns<T>(first + begin, v.ld, rows, k, reflector + begin, factors);
      for (int64_t i = 0; i < k; ++i) {
        T sum(0);
        for (int64_t l = i; l < k; ++l)
          sum = sum + triangle[i + l * width] * factors[l];
        t[i] = T(0) - sum * tau[c];
      }
      for (int64_t l = 0; l < k; ++l)
        factors[l] = T(0) - factors[l];
      addColumns<T>(y.data.get() + begin, y.ld, rows, k, factors, into + begin);
      clear(into, 0, top);
      for (int64_t i = top; i < n; ++i)
        into[i] = into[i] * tau[c];
      t[k] = tau[c];
      for (int64_t i = k + 1; i < width; ++i)
        t[i] = T(0);
    }
    // The rows above: Y = A V T there, and A - Y V^H for the panel's columns.
    const int64_t upper = (top + side - 1) / side;
    const BlasInt inner = BlasInt(count), length = BlasInt(n - top);
    shareTiles(upper, double(side) * double(length) * double(count) * double(sizeof(T)) * 0.005,
               [&](int64_t from, int64_t to) {
                 for (int64_t tile = from; tile < to; ++tile) {
                   const int64_t row = tile * side;
                   const BlasInt height = BlasInt(top - row < side ? top - row : side), others = BlasInt(count - 1);
                   const BlasInt ldw = BlasInt(side);
                   T *const w = product.get() + tile * side * width;
                   table.gemm("N", "N", &height, &inner, &length, &one, a.column(top) + row, &lda, first + top, &ldv,
                              &zero, w, &ldw, 1, 1);
                   table.gemm("N", "N", &height, &inner, &inner, &one, w, &ldw, triangle.get(), &ldt, &zero,
                              y.data.get() + row, &ldy, 1, 1);
                   if (others > 0)
                     table.gemm("N", "C", &height, &others, &inner, &minusOne, y.data.get() + row, &ldy, first + top,
                                &ldv, &one, a.column(top) + row, &lda, 1, 1);
                 }
               });
    // To the right of the panel: A - Y V^H, and below row `start` the reflections from the left.
    const int64_t tiles = (n - end + side - 1) / side;
    shareTiles(tiles, double(side) * double(n) * double(3 * count) * double(sizeof(T)) * 0.005,
               [&](int64_t from, int64_t to) {
                 for (int64_t tile = from; tile < to; ++tile) {
                   const int64_t left = end + tile * side;
                   const BlasInt height = BlasInt(n), columns = BlasInt(n - left < side ? n - left : side);
                   T *const c = a.column(left), *const w = product.get() + tile * side * width;
                   T *const x = w; // V^H C, then T^H V^H C
                   table.gemm("N", "C", &height, &columns, &inner, &minusOne, y.data.get(), &ldy, first + left, &ldv,
                              &one, c, &lda, 1, 1);
                   table.gemm("C", "N", &inner, &columns, &length, &one, first + top, &ldv, c + top, &lda, &zero, x,
                              &ldt, 1, 1);
                   for (int64_t j = 0; j < columns; ++j)
                     for (int64_t i = count - 1; i >= 0; --i) {
                       T sum(0);
                       for (int64_t l = 0; l <= i; ++l)
                         sum = sum + conjugate(triangle[l + i * width]) * x[l + j * width];
                       x[i + j * width] = sum;
                     }
                   table.gemm("N", "N", &length, &columns, &inner, &minusOne, first + top, &ldv, x, &ldt, &one, c + top,
                              &lda, 1, 1);
                 }
               });
  }
  return true;
}

#define TCC_CONDENSED(T)                                                                                               \
  template struct WorkMatrix<T>;                                                                                       \
  template Real<T> unitScale(const T *, int64_t);                                                                      \
  template bool tridiagonalize(const WorkMatrix<T> &, Real<T> *, Real<T> *, T *);                                      \
  template bool bidiagonalize(const WorkMatrix<T> &, const WorkMatrix<T> &, Real<T> *, Real<T> *, T *, T *);           \
  template bool reduceToHessenberg(const WorkMatrix<T> &, const WorkMatrix<T> &, T *);
TCC_CONDENSED(float)
TCC_CONDENSED(double)
TCC_CONDENSED(Complex<float>)
TCC_CONDENSED(Complex<double>)
#undef TCC_CONDENSED

} // namespace tcc::runtime
