// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The register blocks of BlockProduct.h, for every height of a panel, and the loops over blocks and panels.
#include "runtime/BlockProduct.h"
#include "runtime/Packing.h"

namespace tcc::runtime {
namespace {

/// Writes a vector of sums to c, or adds or subtracts them.
template <Update update, class R, int bytes> TCC_INLINE void store(R *c, Vector<R, bytes> sums) {
  typedef R Aligned __attribute__((vector_size(bytes), may_alias));
  if constexpr (update == Update::Set)
    vectorAt<R, bytes>(c) = sums;
  else if constexpr (update == Update::Stream)
#if defined(__clang__)
    __builtin_nontemporal_store(Aligned(sums), reinterpret_cast<Aligned *>(c));
#else
    *reinterpret_cast<Aligned *>(c) = sums;
#endif
  else if constexpr (update == Update::Add)
    vectorAt<R, bytes>(c) += sums;
  else
    vectorAt<R, bytes>(c) -= sums;
}
/// The same for `count` numbers of a row that ends there: it must not be written beyond.
template <Update update, class R, int bytes> TCC_INLINE void storeRow(R *c, const R *from, int64_t count) {
  constexpr int64_t lanes = bytes / int64_t(sizeof(R));
  for (; count >= lanes; count -= lanes, c += lanes, from += lanes)
    store<update, R, bytes>(c, vectorAt<R, bytes>(from));
  if constexpr (lanes > 1)
    storeRow<update, R, bytes / 2>(c, from, count);
}
/// f.operator()<update>()
template <class F> TCC_INLINE void withUpdate(Update update, F &&f) {
  if (update == Update::Set)
    f.template operator()<Update::Set>();
  else if (update == Update::Stream)
    f.template operator()<Update::Stream>();
  else if (update == Update::Add)
    f.template operator()<Update::Add>();
  else
    f.template operator()<Update::Subtract>();
}

/// What is fetched into the second-level cache during a block, two lines every few steps: all at once they would hold
/// up the loads of a and b.
struct Ahead {
  const char *next, *end;
  TCC_INLINE void fetch() {
    if (next >= end)
      return;
    __builtin_prefetch(next, 0, 2);
    __builtin_prefetch(next + 64, 0, 2);
    next += 128;
  }
};
/// Results that the block is added to or written over.
template <int rows, int vectors, int bytes, class T>
TCC_INLINE void fetchResults(const T *c, int64_t ldc, Update update) {
  if (update != Update::Stream)
    for (int r = 0; r < rows; ++r)
      for (int line = 0; line < vectors * bytes; line += 64)
        __builtin_prefetch(reinterpret_cast<const char *>(c + r * ldc) + line, 1);
}

/// Rows of results at distance `ld`, of which the last is left out if `height` is one less than there are sums, and
/// `width` columns.
template <class T> struct Results {
  T *c;
  int64_t ld, height, width;
  Update update;
};
/// Stores vectorOf(row, i) for all rows and i < vectors.
template <class R, int bytes, int rows, int vectors, class F>
TCC_INLINE void storeBlock(R *c, int64_t ld, int64_t height, int64_t width, Update update, F &&vectorOf) {
  constexpr int lanes = bytes / int(sizeof(R));
  auto storeAll = [&]<Update how>(R *to, int64_t distance) TCC_INLINED {
    for (int r = 0; r < rows; ++r)
      if (r + 1 < rows || rows == height)
        for (int v = 0; v < vectors; ++v)
          store<how, R, bytes>(to + r * distance + v * lanes, vectorOf(r, v));
  };
  if (width >= vectors * lanes)
    return withUpdate(update, [&]<Update how>() TCC_INLINED { storeAll.template operator()<how>(c, ld); });
  R edge[rows * vectors * lanes];
  storeAll.template operator()<Update::Set>(edge, vectors * lanes);
  withUpdate(update == Update::Stream ? Update::Set : update, [&]<Update how>() TCC_INLINED {
    for (int64_t r = 0; r < height; ++r)
      storeRow<how, R, bytes>(c + r * ld, edge + r * vectors * lanes, width);
  });
}

/// c (=, +=, -=) a b for `rows` x (vectors * lanes) results. Every load of b serves all rows, every load of a all
/// columns. Four steps at a time: arithmetic on addresses would take the places of multiplications.
template <class R, int bytes, LeftOrder order, int rows, int vectors>
TCC_INLINE void multiplyBlock(int64_t k, const R *a, int64_t lda, const R *b, int64_t ldb, Results<R> to, Ahead ahead) {
  using V = Vector<R, bytes>;
  constexpr int lanes = bytes / int(sizeof(R));
  constexpr int unrolled = order == LeftOrder::Columns ? 1 : 4;
  fetchResults<rows, vectors, bytes>(to.c, to.ld, to.update);
  V sums[rows][vectors] = {};
  auto step = [&](int offset) TCC_INLINED {
    V x[vectors];
    for (int v = 0; v < vectors; ++v)
      x[v] = vectorAt<R, bytes>(b + offset * ldb + v * lanes);
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v)
        sums[r][v] += (order == LeftOrder::Rows ? a[r * lda + offset] : a[offset * lda + r]) * x[v];
  };
  for (int64_t p = 0; p < k / unrolled; ++p) {
    ahead.fetch();
    for (int offset = 0; offset < unrolled; ++offset)
      step(offset);
    a += order == LeftOrder::Rows ? unrolled : unrolled * lda;
    b += unrolled * ldb;
  }
  for (int offset = 0; offset < k % unrolled; ++offset)
    step(offset);
  storeBlock<R, bytes, rows, vectors>(to.c, to.ld, to.height, to.width, to.update,
                                      [&](int r, int v) TCC_INLINED { return sums[r][v]; });
}

/// The same for complex numbers, one vector of columns: packed operands have real and imaginary parts apart, c pairs.
/// Four real products each, in the order of the textbook's formula, as BLAS has them (three would be fewer, but bound
/// the error of the imaginary part only by the size of both: Higham 1992, SIAM J. Matrix Anal. Appl. 13, 681).
template <class C, int bytes, LeftOrder, int rows, int>
TCC_INLINE void multiplyBlock(int64_t k, const Real<C> *a, int64_t lda, const Real<C> *b, int64_t ldb, Results<C> to,
                              Ahead ahead) {
  using R = Real<C>;
  using V = Vector<R, bytes>;
  constexpr int stride = panelStride<C, bytes>;
  fetchResults<rows, 2, bytes>(to.c, to.ld, to.update);
  V re[rows] = {}, im[rows] = {};
  for (int64_t p = 0; p < k; ++p) {
    ahead.fetch();
    V x = vectorAt<R, bytes>(b), y = vectorAt<R, bytes>(b + unitColumns<C>);
    for (int r = 0; r < rows; ++r) {
      re[r] += a[r] * x;
      im[r] += a[r] * y;
    }
    for (int r = 0; r < rows; ++r) {
      re[r] -= a[stride + r] * y;
      im[r] += a[stride + r] * x;
    }
    a += lda;
    b += ldb;
  }
  storeBlock<R, bytes, rows, 2>(reinterpret_cast<R *>(to.c), 2 * to.ld, to.height, 2 * to.width, to.update,
                                [&](int r, int v) TCC_INLINED {
                                  V low, high;
                                  interleave<R, bytes>(re[r], im[r], low, high);
                                  return v == 0 ? low : high;
                                });
}

/// f(number of rows as a constant), the least of rows, rows - step, ... that holds `height`.
template <int rows, int step, class F> TCC_INLINE void atHeight(int64_t height, F &&f) {
  if constexpr (rows > step)
    if (height <= rows - step)
      return atHeight<rows - step, step>(height, f);
  f(std::integral_constant<int, rows>());
}

template <class T, int bytes, LeftOrder order>
TCC_INLINE void multiplyPanels(Panels panels, int64_t begin, int64_t end, int64_t n, int64_t k, Left<Real<T>> a,
                               Blocks<Real<T>> b, T *c, int64_t ldc, Update update) {
  constexpr int lanes = bytes / int(sizeof(Real<T>)), most = isComplex<T> ? 1 : bytes == 64 ? 3 : 2;
  constexpr bool isPacked = order == LeftOrder::Panels;
  // Packed panels have room for a row more; beside others lies memory of others.
  constexpr int rows = isPacked ? panelHeight<T, bytes> : directHeight<bytes>, parity = isPacked ? 2 : 1;
  const int64_t lda = isPacked ? panelStride<T, bytes> * (isComplex<T> ? 2 : 1) : a.ld;
  auto columns = [&](auto vectors, const Real<T> *from, int64_t ldb, int64_t j, Ahead ahead) TCC_INLINED {
    constexpr int count = decltype(vectors)::value;
    const int64_t share = (ahead.end - ahead.next) / (end - begin);
    for (int64_t panel = begin; panel < end; ++panel, ahead.next += share) {
      const int64_t i = panels.begin(panel), height = panels.begin(panel + 1) - i, down = i - panels.begin(begin);
      const Real<T> *left = a.data + (isPacked                   ? (panel - begin) * a.ld
                                      : order == LeftOrder::Rows ? down * a.ld
                                                                 : down);
      atHeight<rows, parity>(height, [&](auto number) TCC_INLINED {
        multiplyBlock<T, bytes, order, decltype(number)::value, count>(
            k, left, lda, from, ldb, {c + i * ldc + j, ldc, height, n - j, update}, {ahead.next, ahead.next + share});
      });
    }
  };
  const ColumnBlocks<T> blocks(n);
  for (int64_t block = 0; block < blocks.count; ++block) {
    const int64_t left = blocks.begin(block), right = blocks.begin(block + 1) < n ? blocks.begin(block + 1) : n;
    const int64_t ldb = b.ld ? b.ld : blocks.width(block);
    const Real<T> *first = b.data + left * b.step;
    int64_t j = left;
    while (j < right) {
      // Behind this block of b lies the next.
      const char *behind = reinterpret_cast<const char *>(first + k * ldb);
      const Ahead ahead{behind, behind + (isPacked && j == left ? k * ldb * int64_t(sizeof(Real<T>)) : 0)};
      auto some = [&](auto vectors) TCC_INLINED {
        columns(vectors, first + (j - left), ldb, j, ahead);
        j += decltype(vectors)::value * lanes;
      };
      if (most >= 3 && right - j > 2 * lanes)
        some(std::integral_constant<int, most>());
      else if (most >= 2 && right - j > lanes)
        some(std::integral_constant < int, most<2 ? most : 2>());
      else
        some(std::integral_constant<int, 1>());
    }
  }
}

} // namespace

template <class T>
void panelProduct(Panels panels, int64_t begin, int64_t end, int64_t n, int64_t k, Left<Real<T>> a, Blocks<Real<T>> b,
                  T *c, int64_t ldc, Update update) {
  vectorised([&]<int bytes>() TCC_INLINED {
    if constexpr (!isComplex<T>) {
      if (a.order == LeftOrder::Rows)
        return multiplyPanels<T, bytes, LeftOrder::Rows>(panels, begin, end, n, k, a, b, c, ldc, update);
      if (a.order == LeftOrder::Columns)
        return multiplyPanels<T, bytes, LeftOrder::Columns>(panels, begin, end, n, k, a, b, c, ldc, update);
    }
    multiplyPanels<T, bytes, LeftOrder::Panels>(panels, begin, end, n, k, a, b, c, ldc, update);
  });
}

template <class R> Blocks<R> packTransposed(const R *from, int64_t ld, int64_t rows, int64_t columns, R factor, R *to) {
  const ColumnBlocks<R> blocks(rows);
  vectorised([&]<int bytes>() TCC_INLINED {
    for (int64_t block = 0; block < blocks.count; ++block)
      for (int64_t left = blocks.begin(block), i = left; i < blocks.begin(block + 1); i += unitColumns<R>)
        packPanel<R, bytes, unitColumns<R>>(from + i * ld, Stride{ld}, rows - i, Stride{1}, columns,
                                            to + left * columns + (i - left), blocks.width(block),
                                            [&](auto x) TCC_INLINED { return x * factor; });
  });
  return {to, 0, columns};
}

#define TCC_BLOCKS(T)                                                                                                  \
  template void panelProduct(Panels, int64_t, int64_t, int64_t, int64_t, Left<Real<T>>, Blocks<Real<T>>, T *, int64_t, \
                             Update);
TCC_BLOCKS(float)
TCC_BLOCKS(double)
TCC_BLOCKS(Complex<float>)
TCC_BLOCKS(Complex<double>)
#undef TCC_BLOCKS
template Blocks<float> packTransposed(const float *, int64_t, int64_t, int64_t, float, float *);
template Blocks<double> packTransposed(const double *, int64_t, int64_t, int64_t, double, double *);

} // namespace tcc::runtime
