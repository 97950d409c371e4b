// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_argmax and tcc_argmin along one axis: the first of ties, and the first NaN if there is one.
#include "runtime/Elements.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"

using namespace tcc::runtime;

namespace {

/// Whether a later `candidate` replaces `best`.
template <bool isMax, class R> inline bool better(R candidate, R best) {
  bool wins = isMax ? best < candidate : candidate < best;
  if constexpr (std::is_floating_point_v<R>)
    return wins | ((candidate != candidate) & (best == best));
  else
    return wins;
}

/// One contiguous row: lanes keep their own best, so that the loop is a vector loop; ties go to the lower index.
template <bool isMax, class T> int64_t argOfRow(const T *x, int64_t n) {
  using R = Computed<T>;
  constexpr int64_t lanes = 16;
  R best = R(x[0]);
  int64_t index = 0, i = 1;
  if (n >= 4 * lanes) {
    R bests[lanes];
    int64_t steps[lanes] = {};
    for (int64_t l = 0; l < lanes; ++l)
      bests[l] = R(x[l]);
    int64_t step = 1;
    for (; (step + 1) * lanes <= n; ++step)
      for (int64_t l = 0; l < lanes; ++l) {
        R value = R(x[step * lanes + l]);
        bool wins = better<isMax>(value, bests[l]);
        bests[l] = wins ? value : bests[l];
        steps[l] = wins ? step : steps[l];
      }
    best = bests[0];
    index = steps[0] * lanes;
    for (int64_t l = 1; l < lanes; ++l) {
      int64_t at = steps[l] * lanes + l;
      bool equal = !better<isMax>(bests[l], best) && !better<isMax>(best, bests[l]);
      if (better<isMax>(bests[l], best) || (equal && at < index)) {
        best = bests[l];
        index = at;
      }
    }
    i = step * lanes;
  }
  for (; i < n; ++i)
    if (R value = R(x[i]); better<isMax>(value, best)) {
      best = value;
      index = i;
    }
  return index;
}

template <bool isMax, class T>
int32_t argReduce(const char *op, const TccTensor &in, const TccTensor &out, int64_t axis, TccStatus *status) {
  using R = Computed<T>;
  const T *x = static_cast<const T *>(in.data);
  int64_t *y = static_cast<int64_t *>(out.data);
  int64_t outer = extentOf(in, 0, int32_t(axis)), n = in.shape[axis], inner = extentOf(in, int32_t(axis) + 1, in.rank);
  if (inner == 1) {
    // Long rows in blocks; the blocks' winners are compared in order, so the first of ties wins.
    constexpr int64_t block = 65536;
    int64_t blocks = (n + block - 1) / block;
    if (blocks == 1) {
      parallelFor(outer, grainFor(double(n) * 0.3), [&](int64_t begin, int64_t end) {
        for (int64_t o = begin; o < end; ++o)
          y[o] = argOfRow<isMax>(x + o * n, n);
      });
      return TCC_OK;
    }
    Scratch<int64_t> winners(outer * blocks);
    if (!winners)
      return outOfMemory(status, op, outer * blocks * 8);
    parallelFor(outer * blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        int64_t o = task / blocks, from = task % blocks * block;
        winners[task] = from + argOfRow<isMax>(x + o * n + from, n - from < block ? n - from : block);
      }
    });
    for (int64_t o = 0; o < outer; ++o) {
      int64_t index = winners[o * blocks];
      for (int64_t b = 1; b < blocks; ++b)
        if (better<isMax>(R(x[o * n + winners[o * blocks + b]]), R(x[o * n + index])))
          index = winners[o * blocks + b];
      y[o] = index;
    }
    return TCC_OK;
  }
  constexpr int64_t width = 128;
  int64_t parts = (inner + width - 1) / width;
  parallelFor(outer * parts, grainFor(double(n) * double(inner) / double(parts) * 0.5),
              [&](int64_t begin, int64_t end) {
                R best[width];
                int64_t index[width];
                for (int64_t task = begin; task < end; ++task) {
                  int64_t col = task % parts * width, count = inner - col < width ? inner - col : width;
                  const T *base = x + task / parts * n * inner + col;
                  for (int64_t j = 0; j < count; ++j) {
                    best[j] = R(base[j]);
                    index[j] = 0;
                  }
                  for (int64_t i = 1; i < n; ++i)
                    for (int64_t j = 0; j < count; ++j) {
                      R value = R(base[i * inner + j]);
                      bool wins = better<isMax>(value, best[j]);
                      best[j] = wins ? value : best[j];
                      index[j] = wins ? i : index[j];
                    }
                  memcpy(y + task / parts * inner + col, index, size_t(count) * sizeof(int64_t));
                }
              });
  return TCC_OK;
}

template <bool isMax>
int32_t argReduceAny(const char *op, const TccTensor *in, int32_t numIn, const TccTensor *out, int32_t numOut,
                     const int64_t *attrs, TccStatus *status) {
  TCC_CHECK(checkArguments(op, in, numIn, 1, out, numOut, 1, status));
  int64_t axis = AttributeReader(attrs).integer();
  TCC_CHECK(checkAxes(op, {&axis, 1}, in[0].rank, status));
  int64_t shape[maxRank];
  for (int32_t i = 0; i < in[0].rank; ++i)
    if (i != axis)
      shape[i - (i > axis)] = in[0].shape[i];
  TCC_CHECK(checkTensor(op, "result", out[0], TCC_I64, in[0].rank - 1, shape, status));
  if (in[0].dtype >= TCC_C64)
    return fail(status, TCC_ERROR_DTYPE, "[%s] expected a real dtype, got %s", op, dtypeName(in[0].dtype));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  if (in[0].shape[axis] == 0)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected a nonempty axis, got size 0 at axis %lld", op, (long long)axis);
  return dispatchReal(in[0].dtype, [&]<class T>() { return argReduce<isMax, T>(op, in[0], out[0], axis, status); });
}

} // namespace

int32_t tcc_argmax(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                   TccStatus *status) {
  return argReduceAny<true>("argmax", in, n_in, out, n_out, attrs, status);
}
int32_t tcc_argmin(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                   TccStatus *status) {
  return argReduceAny<false>("argmin", in, n_in, out, n_out, attrs, status);
}
