// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The steps on one tile of attention, each compiled for all vector extensions.
#include "runtime/AttentionTiles.h"
#include "runtime/Elements.h"
#include "runtime/VectorLanes.h"

namespace tcc::runtime {
namespace {

/// What exp is computed with: x = n log(2) + r, |r| <= log(2) / 2, and Taylor's polynomial of exp(r), whose first
/// missing term is 5e-9 (R = float) and 4e-18. log(2) is split so that n times its upper part is exact.
template <class R> struct Exponential;
template <> struct Exponential<float> {
  static constexpr float least = -87.33654f, upper = 0x1.62e4p-1f, lower = 0x1.7f7d1cp-20f, round = 0x1.8p23f;
  static constexpr int degree = 7, mantissaBits = 23, bias = 127;
};
template <> struct Exponential<double> {
  static constexpr double least = -708.396, upper = 0x1.62e42fefap-1, lower = 0x1.cf79abc9e3b39p-40, round = 0x1.8p52;
  static constexpr int degree = 13, mantissaBits = 52, bias = 1023;
};

/// exp(x) for x <= 0 (and what rounding makes of 0), within 2 units in the last place; 0 where it is below the smallest
/// normal number. NaN gives NaN.
template <class R, int bytes> TCC_INLINE Vector<R, bytes> exponential(Vector<R, bytes> x) {
  using E = Exponential<R>;
  using V = Vector<R, bytes>;
  using Bits = typename LanesOf<R, bytes>::Bits;
  V bounded = x < E::least ? V{} + E::least : x;
  V shifted = bounded * R(1.44269504088896340736) + E::round; // n is in the lowest bits
  V n = shifted - E::round;
  V r = bounded - n * E::upper;
  r = r - n * E::lower;
  R factorial[E::degree + 1] = {1};
  for (int i = 1; i <= E::degree; ++i)
    factorial[i] = factorial[i - 1] * R(i);
  V y = V{} + R(1) / factorial[E::degree];
  for (int i = E::degree - 1; i >= 0; --i)
    y = y * r + R(1) / factorial[i];
  Bits power = ((Bits)shifted + E::bias) << E::mantissaBits;
  y = y * (V)power;
  return x < E::least ? V{} : y;
}

template <class R, int bytes> TCC_INLINE R sumOf(Vector<R, bytes> x) {
  constexpr int count = LanesOf<R, bytes>::count;
  R lanes[count];
  vectorAt<R, bytes>(lanes) = x;
  for (int step = count / 2; step; step /= 2)
    for (int l = 0; l < step; ++l)
      lanes[l] += lanes[l + step];
  return lanes[0];
}
template <class R, int bytes> TCC_INLINE R largestOf(Vector<R, bytes> x) {
  constexpr int count = LanesOf<R, bytes>::count;
  R lanes[count];
  vectorAt<R, bytes>(lanes) = x;
  for (int step = count / 2; step; step /= 2)
    for (int l = 0; l < step; ++l)
      lanes[l] = lanes[l + step] > lanes[l] ? lanes[l + step] : lanes[l];
  return lanes[0];
}

/// Calls f.template operator()<T>() with the element type; q, k, v and the mask are floats.
template <class R, class F> TCC_INLINE void dispatchFloat(int32_t dtype, F &&f) {
  if constexpr (std::is_same_v<R, double>) {
    f.template operator()<double>();
  } else if (dtype == TCC_F32) {
    f.template operator()<float>();
  } else if (dtype == TCC_F16) {
    f.template operator()<Half>();
  } else {
    f.template operator()<BFloat16>();
  }
}

constexpr double infinity = __builtin_inf();

} // namespace

int32_t AttentionCall::read(const char *op, const TccTensor *in, const TccTensor *maskOrNull, const int64_t *attrs,
                            TccStatus *status) {
  q = in, k = in + 1, v = in + 2, mask = maskOrNull;
  dtype = q->dtype;
  int32_t rank = q->rank;
  if (rank < 2 || k->rank != rank || v->rank != rank)
    return fail(status, TCC_ERROR_SHAPE,
                "[%s] expected {.., L, E}, {.., S, E} and {.., S, V} of one rank, got %d, %d and %d", op, rank, k->rank,
                v->rank);
  if (dtype < TCC_F16 || dtype > TCC_F64 || k->dtype != dtype || v->dtype != dtype)
    return fail(status, TCC_ERROR_DTYPE, "[%s] expected one float dtype, got %s, %s and %s", op, dtypeName(dtype),
                dtypeName(k->dtype), dtypeName(v->dtype));
  queries = q->shape[rank - 2], keys = k->shape[rank - 2], width = q->shape[rank - 1], valueWidth = v->shape[rank - 1];
  batch = extentOf(*q, 0, rank - 2);
  bool fits = k->shape[rank - 1] == width && v->shape[rank - 2] == keys;
  for (int32_t axis = 0; axis < rank - 2; ++axis)
    fits = fits && k->shape[axis] == q->shape[axis] && v->shape[axis] == q->shape[axis];
  if (!fits)
    return fail(
        status, TCC_ERROR_SHAPE,
        "[%s] expected {.., L, E}, {.., S, E} and {.., S, V} with equal leading sizes, got {.., %lld, %lld}, {.., "
        "%lld, %lld} and {.., %lld, %lld}",
        op, (long long)queries, (long long)width, (long long)keys, (long long)k->shape[rank - 1],
        (long long)v->shape[rank - 2], (long long)valueWidth);
  if (mask) {
    if (mask->dtype != dtype && mask->dtype != TCC_BOOL)
      return fail(status, TCC_ERROR_DTYPE, "[%s] expected a mask of bool or %s, got %s", op, dtypeName(dtype),
                  dtypeName(mask->dtype));
    fits = mask->rank == rank;
    for (int32_t axis = 0; fits && axis < rank; ++axis) {
      int64_t size = axis < rank - 1 ? q->shape[axis] : keys;
      fits = mask->shape[axis] == size || mask->shape[axis] == 1;
    }
    if (!fits)
      return fail(status, TCC_ERROR_SHAPE, "[%s] expected a mask with sizes of {.., %lld, %lld} or 1", op,
                  (long long)queries, (long long)keys);
    maskColumnStride = mask->shape[rank - 1] != 1;
    maskRowStride = mask->shape[rank - 2] == 1 ? 0 : mask->shape[rank - 1];
  }
  causal = attrs[0];
  scale = bitCast<double>(attrs[1]);
  return TCC_OK;
}

int32_t AttentionCall::checkRows(const char *op, const char *what, const TccTensor &t, int32_t wanted, int64_t last,
                                 TccStatus *status) const {
  int64_t shape[maxRank];
  for (int32_t axis = 0; axis < q->rank - 1; ++axis)
    shape[axis] = q->shape[axis];
  shape[q->rank - 1] = last;
  return checkTensor(op, what, t, wanted, last < 0 ? q->rank - 1 : q->rank, shape, status);
}

int64_t AttentionCall::maskOffset(int64_t b) const {
  int64_t offset = 0, stride = mask->shape[mask->rank - 1] * mask->shape[mask->rank - 2];
  for (int32_t axis = mask->rank - 3; axis >= 0; --axis) {
    int64_t index = b % q->shape[axis];
    b /= q->shape[axis];
    offset += mask->shape[axis] == 1 ? 0 : index * stride;
    stride *= mask->shape[axis];
  }
  return offset;
}

template <class R> const R *rowsOf(int32_t dtype, const void *from, int64_t rows, int64_t columns, R *to) {
  int64_t ld = padded<R>(columns);
  bool isWide = dtype == (sizeof(R) == 8 ? TCC_F64 : TCC_F32);
  if (isWide && ld == columns)
    return static_cast<const R *>(from);
  vectorised([&]<int>() TCC_INLINED {
    dispatchFloat<R>(dtype, [&]<class T>() TCC_INLINED {
      const T *x = static_cast<const T *>(from);
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j)
          to[i * ld + j] = R(x[i * columns + j]);
        for (int64_t j = columns; j < ld; ++j)
          to[i * ld + j] = 0;
      }
    });
  });
  return to;
}

template <class R>
Blocks<R> packTransposed(int32_t dtype, const void *from, int64_t rows, int64_t columns, double factor, R *to,
                         R *wide) {
  if (dtype == (sizeof(R) == 8 ? TCC_F64 : TCC_F32))
    return packTransposed(static_cast<const R *>(from), columns, rows, columns, R(factor), to);
  return packTransposed<R>(rowsOf<R>(dtype, from, rows, columns, wide), padded<R>(columns), rows, columns, R(factor),
                           to);
}

template <class R>
void storeRows(int32_t dtype, void *to, int64_t rows, int64_t columns, const R *from, int64_t ld, const R *factors,
               int64_t step) {
  vectorised([&]<int>() TCC_INLINED {
    dispatchFloat<R>(dtype, [&]<class T>() TCC_INLINED {
      T *y = static_cast<T *>(to);
      for (int64_t i = 0; i < rows; ++i) {
        R factor = factors[i * step];
        for (int64_t j = 0; j < columns; ++j)
          y[i * columns + j] = T(from[i * ld + j] * factor);
      }
    });
  });
}

template <class R>
void addRows(int64_t rows, int64_t columns, R *to, int64_t ldTo, const R *from, int64_t ldFrom, R factor) {
  vectorised([&]<int>() TCC_INLINED {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        to[i * ldTo + j] += factor * from[i * ldFrom + j];
  });
}

template <class R> void scaleRows(int64_t rows, int64_t columns, R *c, int64_t ld, R factor) {
  vectorised([&]<int>() TCC_INLINED {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        c[i * ld + j] *= factor;
  });
}

template <class R>
void maskTile(const AttentionCall &call, int64_t b, int64_t row, int64_t column, int64_t m, int64_t n, R *scores) {
  constexpr int64_t ld = tileStride<R>;
  if (call.mask) {
    int64_t step = call.maskColumnStride;
    int64_t offset = call.maskOffset(b) + row * call.maskRowStride + column * step;
    auto eachRow = [&](auto *mask, auto &&change) TCC_INLINED {
      for (int64_t i = 0; i < m; ++i) {
        auto *of = mask + i * call.maskRowStride;
        R *s = scores + i * ld;
        if (step)
          for (int64_t j = 0; j < n; ++j)
            s[j] = change(s[j], of[j]);
        else
          for (int64_t j = 0; j < n; ++j)
            s[j] = change(s[j], *of);
      }
    };
    vectorised([&]<int>() TCC_INLINED {
      if (call.mask->dtype == TCC_BOOL)
        return eachRow(static_cast<const uint8_t *>(call.mask->data) + offset,
                       [](R score, uint8_t attends) TCC_INLINED { return attends ? score : -R(infinity); });
      dispatchFloat<R>(call.mask->dtype, [&]<class T>() TCC_INLINED {
        eachRow(static_cast<const T *>(call.mask->data) + offset,
                [](R score, T more) TCC_INLINED { return score + R(more); });
      });
    });
  }
  int64_t width = padded<R>(n);
  bool isCut = call.causal && row < column + n - 1;
  if (isCut || width > n)
    for (int64_t i = 0; i < m; ++i) {
      int64_t seen = isCut && row + i - column + 1 < n ? row + i - column + 1 : n;
      for (int64_t j = seen < 0 ? 0 : seen; j < width; ++j)
        scores[i * ld + j] = -R(infinity);
    }
}

template <class R> void onlineWeights(int64_t m, int64_t n, R *scores, R *most, R *sum, R *out, int64_t width) {
  vectorised([&]<int bytes>() TCC_INLINED {
    using V = Vector<R, bytes>;
    constexpr int lanes = bytes / int(sizeof(R));
    int64_t columns = padded<R>(n);
    R factors[queryTile] = {}, shifts[queryTile], totals[queryTile];
    // All maxima before the first exponential: a row's would wait for them.
    for (int64_t i = 0; i < m; ++i) {
      const R *s = scores + i * tileStride<R>;
      V largest = vectorAt<R, bytes>(s);
      for (int64_t j = lanes; j < columns; j += lanes) {
        V x = vectorAt<R, bytes>(s + j);
        largest = x > largest ? x : largest;
      }
      R now = largestOf<R, bytes>(largest);
      now = now > most[i] ? now : most[i];
      // Of keys that are all masked so far, every weight is exp(-inf - 0).
      shifts[i] = now == -R(infinity) ? R(0) : now;
      factors[i] = most[i] - shifts[i];
      most[i] = now;
    }
    for (int64_t i = 0; i < m; ++i) {
      R *s = scores + i * tileStride<R>;
      V total = {};
      for (int64_t j = 0; j < columns; j += lanes) {
        V weight = exponential<R, bytes>(vectorAt<R, bytes>(s + j) - shifts[i]);
        vectorAt<R, bytes>(s + j) = weight;
        total += weight;
      }
      totals[i] = sumOf<R, bytes>(total);
    }
    for (int64_t i = 0; i < m; i += lanes)
      vectorAt<R, bytes>(factors + i) = exponential<R, bytes>(vectorAt<R, bytes>(factors + i));
    for (int64_t i = 0; i < m; ++i) {
      sum[i] = sum[i] * factors[i] + totals[i];
      R *y = out + i * width;
      for (int64_t j = 0; j < width; ++j)
        y[j] *= factors[i];
    }
  });
}

template <class R> void finalWeights(int64_t m, int64_t n, R *scores, const R *logsumexp) {
  vectorised([&]<int bytes>() TCC_INLINED {
    constexpr int lanes = bytes / int(sizeof(R));
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < padded<R>(n); j += lanes) {
        R *s = scores + i * tileStride<R> + j;
        vectorAt<R, bytes>(s) = exponential<R, bytes>(vectorAt<R, bytes>(s) - logsumexp[i]);
      }
  });
}

template <class R> void scoreCotangents(int64_t m, int64_t n, const R *weights, R *dweights, const R *delta) {
  vectorised([&]<int>() TCC_INLINED {
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < padded<R>(n); ++j) {
        int64_t at = i * tileStride<R> + j;
        dweights[at] = weights[at] * (dweights[at] - delta[i]);
      }
  });
}

#define TCC_TILES(R)                                                                                                   \
  template const R *rowsOf(int32_t, const void *, int64_t, int64_t, R *);                                              \
  template Blocks<R> packTransposed(int32_t, const void *, int64_t, int64_t, double, R *, R *);                        \
  template void storeRows(int32_t, void *, int64_t, int64_t, const R *, int64_t, const R *, int64_t);                  \
  template void addRows(int64_t, int64_t, R *, int64_t, const R *, int64_t, R);                                        \
  template void scaleRows(int64_t, int64_t, R *, int64_t, R);                                                          \
  template void maskTile(const AttentionCall &, int64_t, int64_t, int64_t, int64_t, int64_t, R *);                     \
  template void onlineWeights(int64_t, int64_t, R *, R *, R *, R *, int64_t);                                          \
  template void finalWeights(int64_t, int64_t, R *, const R *);                                                        \
  template void scoreCotangents(int64_t, int64_t, const R *, R *, const R *);
TCC_TILES(float)
TCC_TILES(double)
#undef TCC_TILES

} // namespace tcc::runtime
