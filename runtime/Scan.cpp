// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_cumsum, tcc_cumprod, tcc_cummax, tcc_cummin along one axis, forwards or backwards. float32 sums run in double and
// 16-bit floats in float: each result is rounded once.
#include "runtime/Elements.h"
#include "runtime/StreamedStores.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include <atomic>
#include <limits>

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

/// Integers as lanes wrap.
template <class T> struct WrappingOf {
  using type = T;
};
template <class T>
  requires std::is_integral_v<T>
struct WrappingOf<T> {
  using type = std::make_unsigned_t<T>;
};

// Each operation: the type it runs in, how it combines, and, where results may be grouped in any way, what it is on
// vectors: of numbers of type Lane, `parts` of them an element. Grouping changes sums by a rounding of the wider type;
// partial products might overflow where no product of the first elements does, unless that type is wide enough.
template <class T> struct Sum {
  using Running = typename WiderOf<T>::type;
  static constexpr bool regroups = std::is_arithmetic_v<Real<Running>>;
  using Lane = typename WrappingOf<Real<Running>>::type;
  static constexpr int parts = isComplex<Running> ? 2 : 1;
  static Lane neutral() { return Lane(-0.0); } // 0 would change the sign of -0
  TCC_INLINE static Running combine(Running a, Running b) { return addOf(a, b); }
  template <class V> TCC_INLINE static V combineLanes(V a, V b) { return a + b; }
};
template <class T> struct Prod {
  using Running = typename WiderOf<T>::type;
  static constexpr bool regroups = std::is_integral_v<T> || std::is_same_v<T, float>;
  using Lane = typename WrappingOf<Running>::type;
  static constexpr int parts = 1;
  static Lane neutral() { return 1; }
  TCC_INLINE static Running combine(Running a, Running b) { return multiplyOf(a, b); }
  template <class V> TCC_INLINE static V combineLanes(V a, V b) {
    if constexpr (std::is_arithmetic_v<V>)
      return multiplyOf(a, b); // of short numbers int's would overflow
    else
      return a * b;
  }
};
template <class T, bool isMax> struct Extreme {
  using Running = Computed<T>;
  static constexpr bool regroups = std::is_arithmetic_v<Running>;
  using Lane = Running;
  static constexpr int parts = 1;
  static Lane neutral() {
    using Numbers = std::numeric_limits<Lane>;
    if constexpr (std::is_integral_v<Lane>)
      return isMax ? Numbers::min() : Numbers::max();
    else
      return isMax ? -Numbers::infinity() : Numbers::infinity();
  }
  TCC_INLINE static Running combine(Running a, Running b) { return (isMax ? b < a : a < b) || isNan(a) ? a : b; }
  template <class V> TCC_INLINE static V combineLanes(V a, V b) { return ((isMax ? b < a : a < b) | (a != a)) ? a : b; }
};
template <class T> using Max = Extreme<T, true>;
template <class T> using Min = Extreme<T, false>;

inline int64_t upTo(int64_t most, int64_t count) { return count < most ? count : most; }

/// Elements that are converted, scanned and stored at a time.
constexpr int64_t blockElements = 1024;

/// What `bytes` of lanes do: a block in a buffer becomes its prefixes by log2(lanes) shifted combinations (Hillis and
/// Steele 1986), each after what came before; only the last combination waits for the vector before it.
template <class Op, class T, int bytes> struct RowScan {
  using R = typename Op::Running;
  using Lane = typename Op::Lane;
  using V = Vector<Lane, bytes>;
  using Stored = std::conditional_t<isComplex<T>, Real<T>, T>; // a part of an element in memory
  static constexpr int lanes = LanesOf<Lane, bytes>::count, parts = Op::parts;
  using Sequence = std::make_integer_sequence<int, lanes>;

  alignas(64) Lane running[blockElements * parts];
  alignas(64) T results[blockElements];

  TCC_INLINE static V neutral() { return Op::neutral() - V{}; }
  template <int distance, int... l> TCC_INLINE static V shifted(V v, std::integer_sequence<int, l...>) {
    return __builtin_shufflevector(neutral(), v, (l < distance ? l : lanes + l - distance)...);
  }
  template <int... l> TCC_INLINE static V last(V v, std::integer_sequence<int, l...>) {
    return __builtin_shufflevector(v, v, (lanes - parts + l % parts)...);
  }
  template <int distance = parts> TCC_INLINE static V prefixes(V v) {
    if constexpr (distance < lanes)
      return prefixes<2 * distance>(Op::combineLanes(shifted<distance>(v, Sequence()), v));
    else
      return v;
  }
  TCC_INLINE static V broadcast(R element) {
    alignas(64) R copies[lanes / parts];
    for (R &copy : copies)
      copy = element;
    return vectorAt<Lane, bytes>(reinterpret_cast<const Lane *>(copies));
  }

  /// Fills `running` with a block in the order of the scan, and with neutral elements up to a whole vector.
  TCC_INLINE int64_t load(const T *x, int64_t count, bool reverse) {
    const Stored *from = reinterpret_cast<const Stored *>(x);
    if (reverse)
      for (int64_t i = 0; i < count; ++i)
        for (int part = 0; part < parts; ++part)
          running[i * parts + part] = Lane(from[(count - 1 - i) * parts + part]);
    else
      for (int64_t i = 0; i < count * parts; ++i)
        running[i] = Lane(from[i]);
    int64_t end = (count * parts + lanes - 1) / lanes * lanes;
    for (int64_t i = count * parts; i < end; ++i)
      running[i] = Op::neutral();
    return end;
  }

  TCC_INLINE void scan(const T *x, T *y, int64_t n, bool reverse, V carry, bool streams) {
    for (int64_t at = 0; at < n; at += blockElements) {
      int64_t count = upTo(blockElements, n - at), from = reverse ? n - at - count : at;
      int64_t end = load(x + from, count, reverse);
      // Memory would idle here: the next block's first lines come meanwhile.
      const char *next = reinterpret_cast<const char *>(x + (reverse ? from - blockElements : from + blockElements));
      for (int64_t i = 0; i < end; i += lanes) {
        __builtin_prefetch(next + i * int64_t(sizeof(Stored)));
        V &place = vectorAt<Lane, bytes>(running + i), v = prefixes(place);
        place = Op::combineLanes(carry, v);
        carry = Op::combineLanes(carry, last(v, Sequence()));
      }
      Stored *to = reinterpret_cast<Stored *>(streams ? results : y + from);
      if (reverse)
        for (int64_t i = 0; i < count; ++i)
          for (int part = 0; part < parts; ++part)
            to[(count - 1 - i) * parts + part] = Stored(running[i * parts + part]);
      else
        for (int64_t i = 0; i < count * parts; ++i)
          to[i] = Stored(running[i]);
      if (streams)
        copyStreamed<bytes>(results, y + from, count);
    }
  }

  /// All elements combined.
  TCC_INLINE R total(const T *x, int64_t n) {
    constexpr int64_t side = 4 * lanes;
    const Stored *from = reinterpret_cast<const Stored *>(x);
    Lane sums[side];
    for (Lane &sum : sums)
      sum = Op::neutral();
    int64_t i = 0;
    for (; i + side <= n * parts; i += side)
      for (int64_t l = 0; l < side; ++l)
        sums[l] = Op::combineLanes(sums[l], Lane(from[i + l]));
    for (int64_t l = 0; i + l < n * parts; ++l)
      sums[l] = Op::combineLanes(sums[l], Lane(from[i + l]));
    for (int64_t l = parts; l < side; ++l)
      sums[l % parts] = Op::combineLanes(sums[l % parts], sums[l]);
    R result;
    memcpy(&result, sums, sizeof(R));
    return result;
  }
};

/// `fixed` rows side by side, element by element: each is a chain of dependent operations, several hide its latency.
template <class Op, int fixed, class T>
TCC_INLINE void scanSide(const T *x, T *y, int64_t n, int64_t step, int64_t rowStride) {
  typename Op::Running running[fixed];
  for (int64_t i = 0; i < n; ++i)
    for (int64_t r = 0; r < fixed; ++r) {
      int64_t at = r * rowStride + i * step;
      running[r] = i == 0 ? typename Op::Running(x[at]) : Op::combine(running[r], typename Op::Running(x[at]));
      y[at] = T(running[r]);
    }
}

/// One long row, read from memory once: whoever takes a stretch combines it, waits for what came before it, tells what
/// comes before the next one, and scans it while it is in the cache (decoupled look-back, Merrill and Garland 2016).
/// Stretches are taken in order, so that the one before has been taken by a thread that waits for less. They do not
/// depend on the number of threads.
template <class Op, class T>
int32_t scanLongRow(const char *op, const T *x, T *y, int64_t n, bool reverse, bool streams, TccStatus *status) {
  using R = typename Op::Running;
  constexpr int64_t stretch = (128 << 10) / int64_t(sizeof(T));
  int64_t stretches = (n + stretch - 1) / stretch;
  Scratch<R> carries(stretches + 1);
  if (!carries)
    return outOfMemory(status, op, (stretches + 1) * int64_t(sizeof(R)));
  for (int part = 0; part < Op::parts; ++part)
    reinterpret_cast<typename Op::Lane *>(carries.get())[part] = Op::neutral();
  std::atomic<int64_t> next{0}, known{0}; // carries[known] is the last one known
  parallelFor(numThreads(), 1, [&](int64_t, int64_t) {
    vectorised([&]<int bytes>() TCC_INLINED {
      RowScan<Op, T, bytes> rows;
      for (int64_t s; (s = next.fetch_add(1, std::memory_order_relaxed)) < stretches;) {
        int64_t count = upTo(stretch, n - s * stretch), from = reverse ? n - s * stretch - count : s * stretch;
        R total = rows.total(x + from, count);
        for (uint32_t seen = workEpoch(); known.load(std::memory_order_acquire) < s; seen = workEpoch())
          waitForWork(seen);
        carries[s + 1] = Op::combine(carries[s], total);
        known.store(s + 1, std::memory_order_release);
        announceWork();
        rows.scan(x + from, y + from, count, reverse, rows.broadcast(carries[s]), streams);
      }
      if (streams)
        endStreamedStores();
    });
  });
  return TCC_OK;
}

/// Columns side by side, several rows at a time: the inner loop is over contiguous memory.
constexpr int64_t columnsAtOnce = 2048, rowsAtOnce = 4;

template <class Op, class T, int bytes>
TCC_INLINE void scanColumns(const T *x, T *y, int64_t n, int64_t step, int64_t count, bool streams) {
  using R = typename Op::Running;
  alignas(64) R running[columnsAtOnce];
  alignas(64) T results[rowsAtOnce][columnsAtOnce];
  auto scan = [&](auto fixed, auto isFirst) TCC_INLINED {
    constexpr int64_t rows = decltype(fixed)::value;
    T *to[rows];
    for (int64_t r = 0; r < rows; ++r)
      to[r] = streams ? results[r] : y + r * step;
    for (int64_t j = 0; j < count; ++j) {
      R sum = running[j];
      for (int64_t r = 0; r < rows; ++r) {
        sum = decltype(isFirst)::value ? R(x[j]) : Op::combine(sum, R(x[r * step + j]));
        to[r][j] = T(sum);
      }
      running[j] = sum;
    }
    for (int64_t r = 0; streams && r < rows; ++r)
      copyStreamed<bytes>(results[r], y + r * step, count);
    x += rows * step;
    y += rows * step;
  };
  scan(std::integral_constant<int64_t, 1>(), std::true_type());
  int64_t i = 1;
  for (; i + rowsAtOnce <= n; i += rowsAtOnce)
    scan(std::integral_constant<int64_t, rowsAtOnce>(), std::false_type());
  for (; i < n; ++i)
    scan(std::integral_constant<int64_t, 1>(), std::false_type());
}

template <class Op, class T>
int32_t scan(const char *op, const TccTensor &in, const TccTensor &out, int64_t axis, bool reverse, TccStatus *status) {
  const T *x = static_cast<const T *>(in.data);
  T *y = static_cast<T *>(out.data);
  int64_t outer = extentOf(in, 0, int32_t(axis)), n = in.shape[axis], inner = extentOf(in, int32_t(axis) + 1, in.rank);
  int64_t first = reverse ? (n - 1) * inner : 0, step = reverse ? -inner : inner;
  const bool streams = numBytes(out) >= leastStreamedBytes;
  if (inner > 1) {
    int64_t parts = (inner + columnsAtOnce - 1) / columnsAtOnce;
    parallelFor(outer * parts, grainFor(double(n) * double(inner) / double(parts) * 0.3),
                [&](int64_t begin, int64_t end) {
                  vectorised([&]<int bytes>() TCC_INLINED {
                    for (int64_t task = begin; task < end; ++task) {
                      int64_t column = task % parts * columnsAtOnce, at = task / parts * n * inner + first + column;
                      scanColumns<Op, T, bytes>(x + at, y + at, n, step, upTo(columnsAtOnce, inner - column), streams);
                    }
                    if (streams)
                      endStreamedStores();
                  });
                });
    return TCC_OK;
  }
  if constexpr (Op::regroups) {
    if (outer < 16 && n >= 65536) {
      for (int64_t o = 0; o < outer; ++o)
        TCC_CHECK((scanLongRow<Op, T>(op, x + o * n, y + o * n, n, reverse, streams, status)));
      return TCC_OK;
    }
    if (n >= 64) {
      parallelFor(outer, grainFor(double(n) * 0.4), [&](int64_t begin, int64_t end) {
        vectorised([&]<int bytes>() TCC_INLINED {
          RowScan<Op, T, bytes> rows;
          for (int64_t row = begin; row < end; ++row)
            rows.scan(x + row * n, y + row * n, n, reverse, rows.neutral(), streams);
          if (streams)
            endStreamedStores();
        });
      });
      return TCC_OK;
    }
  }
  constexpr int64_t side = 4;
  parallelFor((outer + side - 1) / side, grainFor(double(n) * side * 0.5), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * side; row < outer && row < end * side; row += side) {
      int64_t at = row * n + first;
      if (outer - row >= side)
        scanSide<Op, side>(x + at, y + at, n, step, n);
      else
        for (int64_t r = row; r < outer; ++r, at += n)
          scanSide<Op, 1>(x + at, y + at, n, step, n);
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
