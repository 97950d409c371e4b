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

/// What is fetched into the second-level cache during a block: `bytes` from `next` on.
struct Ahead {
  const char *next;
  int64_t bytes;
};
/// step() `steps` times. Meanwhile the block's results are fetched, row by row, and a share of what is used next: all
/// at once they would hold up the loads of a and b (measured: 170 instead of 150 Gflop/s).
template <int rows, class T, class F>
TCC_INLINE void inStretches(int64_t steps, const T *results, int64_t ld, Update update, const Ahead &ahead, F &&step) {
  const int64_t stretch = steps / rows + 1, share = ahead.bytes / rows + 64;
  const char *next = ahead.next;
  for (int64_t s = 0; s < steps; results += ld) {
    if (update != Update::Stream) {
      __builtin_prefetch(results, 1);
      __builtin_prefetch(reinterpret_cast<const char *>(results) + 64, 1);
    }
    for (const char *end = next + (ahead.bytes ? share : 0); next < end; next += 64)
      __builtin_prefetch(next, 0, 2);
    for (const int64_t end = s + stretch < steps ? s + stretch : steps; s < end; ++s)
      step();
  }
}

/// c (=, +=, -=) a b for `rows` x (vectors * lanes) results, of which the last row is left out if `height` is one less.
/// Every load of b serves all rows, every load of a all columns. Rows read where they lie take four steps at a time:
/// arithmetic on addresses would take the places of multiplications.
template <class R, int bytes, LeftOrder order, int rows, int vectors>
TCC_INLINE void multiplyBlock(int64_t k, const R *a, int64_t lda, const R *b, int64_t ldb, R *c, int64_t ldc,
                              int64_t height, Update update, const Ahead &ahead) {
  using V = Vector<R, bytes>;
  constexpr int lanes = bytes / int(sizeof(R));
  constexpr int unrolled = order == LeftOrder::Rows ? 4 : order == LeftOrder::Panels ? 2 : 1;
  V sums[rows][vectors] = {};
  auto step = [&](int offset) TCC_INLINED {
    V x[vectors];
    for (int v = 0; v < vectors; ++v)
      x[v] = vectorAt<R, bytes>(b + offset * ldb + v * lanes);
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v)
        sums[r][v] += (order == LeftOrder::Rows ? a[r * lda + offset] : a[offset * lda + r]) * x[v];
  };
  inStretches<rows>(k / unrolled, c, ldc, update, ahead, [&]() TCC_INLINED {
    for (int offset = 0; offset < unrolled; ++offset)
      step(offset);
    a += order == LeftOrder::Rows ? unrolled : unrolled * lda;
    b += unrolled * ldb;
  });
  for (int offset = 0; offset < k % unrolled; ++offset)
    step(offset);
  withUpdate(update, [&]<Update how>() TCC_INLINED {
    for (int r = 0; r < rows; ++r)
      if (r + 1 < rows || rows == height)
        for (int v = 0; v < vectors; ++v)
          store<how, R, bytes>(c + r * ldc + v * lanes, sums[r][v]);
  });
}

/// The same for complex numbers, one vector of columns: packed operands have real and imaginary parts apart, c pairs.
/// Four real products each, in the order of the textbook's formula, as BLAS has them (three would be fewer, but bound
/// the error of the imaginary part only by the size of both: Higham 1992, SIAM J. Matrix Anal. Appl. 13, 681).
template <class C, int bytes, LeftOrder, int rows, int>
TCC_INLINE void multiplyBlock(int64_t k, const Real<C> *a, int64_t lda, const Real<C> *b, int64_t ldb, C *c,
                              int64_t ldc, int64_t height, Update update, const Ahead &ahead) {
  using R = Real<C>;
  using V = Vector<R, bytes>;
  constexpr int lanes = bytes / int(sizeof(R)), stride = panelStride<bytes>;
  V re[rows] = {}, im[rows] = {};
  inStretches<rows>(k, c, ldc, update, ahead, [&]() TCC_INLINED {
    V x = vectorAt<R, bytes>(b), y = vectorAt<R, bytes>(b + blockColumns<C>);
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
  });
  withUpdate(update, [&]<Update how>() TCC_INLINED {
    for (int r = 0; r < rows; ++r)
      if (r + 1 < rows || rows == height) {
        V low, high;
        interleave<R, bytes>(re[r], im[r], low, high);
        store<how, R, bytes>(reinterpret_cast<R *>(c + r * ldc), low);
        store<how, R, bytes>(reinterpret_cast<R *>(c + r * ldc) + lanes, high);
      }
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
  constexpr int lanes = bytes / int(sizeof(Real<T>)), most = isComplex<T> ? 1 : 2;
  constexpr bool isPacked = order == LeftOrder::Panels;
  // Packed panels have room for a row more; beside others lies memory of others.
  constexpr int rows = isPacked ? panelHeight<bytes> : directHeight<bytes>, parity = isPacked ? 2 : 1;
  const int64_t lda = isPacked ? panelStride<bytes> * (isComplex<T> ? 2 : 1) : a.ld;
  auto columns = [&](auto vectors, int64_t j) TCC_INLINED {
    constexpr int count = decltype(vectors)::value;
    const Real<T> *block = b.data + j / blockColumns<T> * b.step + j % blockColumns<T>;
    bool isWhole = j + count * lanes <= n;
    // Behind this block of b lies the next.
    const int64_t size = isPacked ? k * b.ld * int64_t(sizeof(Real<T>)) : 0;
    Ahead ahead{reinterpret_cast<const char *>(block) + size, size / (end - begin)};
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t i = panels.begin(panel), height = panels.begin(panel + 1) - i, down = i - panels.begin(begin);
      const Real<T> *from = a.data + (isPacked                   ? (panel - begin) * a.ld
                                      : order == LeftOrder::Rows ? down * a.ld
                                                                 : down);
      T edge[rows * count * lanes], *to = isWhole ? c + i * ldc + j : edge;
      atHeight<rows, parity>(height, [&](auto number) TCC_INLINED {
        multiplyBlock<T, bytes, order, decltype(number)::value, count>(k, from, lda, block, b.ld, to,
                                                                       isWhole ? ldc : count * lanes, height,
                                                                       isWhole ? update : Update::Set, ahead);
        ahead.next += ahead.bytes;
      });
      // Where a row ends within a vector, it must not be written beyond.
      for (int64_t r = 0; !isWhole && r < height; ++r)
        for (int64_t s = 0; s < n - j; ++s) {
          T &result = c[(i + r) * ldc + j + s], sum = edge[r * count * lanes + s];
          result = update == Update::Add ? result + sum : update == Update::Subtract ? result - sum : sum;
        }
    }
  };
  for (int64_t j = 0; j < n;)
    if (most == 2 && j + lanes < n) {
      columns(std::integral_constant<int, most>(), j);
      j += most * lanes;
    } else {
      columns(std::integral_constant<int, 1>(), j);
      j += lanes;
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
  constexpr int64_t side = blockColumns<R>;
  vectorised([&]<int bytes>() TCC_INLINED {
    for (int64_t i = 0; i < rows; i += side)
      packPanel<R, bytes, side>(from + i * ld, Stride{ld}, rows - i, Stride{1}, columns, to + i * columns,
                                [&](auto x) TCC_INLINED { return x * factor; });
  });
  return {to, side, columns * side};
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
