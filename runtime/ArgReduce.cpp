// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_argmax and tcc_argmin along one axis: the first of ties, and the first NaN if there is one.
#include "runtime/Elements.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include "runtime/Vectorise.h"

using namespace tcc::runtime;

namespace {

/// Whether a later `candidate` replaces `best`.
template <bool isMax, class R> TCC_INLINE bool better(R candidate, R best) {
  bool wins = isMax ? best < candidate : candidate < best;
  if constexpr (std::is_floating_point_v<R>)
    return wins | ((candidate != candidate) & (best == best));
  else
    return wins;
}

/// Steps are counted in integers as wide as the values, so that both are vectors of equally many lanes.
template <class R> using StepOf = std::conditional_t<sizeof(R) == 8, int64_t, int32_t>;
/// Elements of a row, or rows of a column, that one task looks at: few enough for int32 steps.
constexpr int64_t longest = 65536;
/// Columns of a task: what it knows of each stays in the first-level cache.
constexpr int64_t columnsAtOnce = 2048;

/// One contiguous row: lanes keep their own best, so that the loop is a vector loop; ties go to the lower index.
template <bool isMax, class T> TCC_INLINE int64_t argOfRow(const T *x, int64_t n) {
  using R = Computed<T>;
  using Step = StepOf<R>;
  constexpr int64_t lanes = 64;
  R best = R(x[0]);
  int64_t index = 0, i = 1;
  if (n >= 2 * lanes) {
    R bests[lanes];
    Step steps[lanes] = {};
    for (int64_t l = 0; l < lanes; ++l)
      bests[l] = R(x[l]);
    Step step = 1;
    for (; (step + 1) * lanes <= n; ++step)
      for (int64_t l = 0; l < lanes; ++l) {
        R value = R(x[step * lanes + l]);
        bool wins = better<isMax>(value, bests[l]);
        bests[l] = wins ? value : bests[l];
        steps[l] = wins ? step : steps[l];
      }
    for (int64_t l = 0; l < lanes; ++l)
      steps[l] = steps[l] * Step(lanes) + Step(l); // now indices
    for (int64_t half = lanes / 2; half > 0; half /= 2)
      for (int64_t l = 0; l < half; ++l) {
        bool ties = !better<isMax>(bests[l], bests[l + half]) & (steps[l + half] < steps[l]);
        bool wins = better<isMax>(bests[l + half], bests[l]) | ties;
        bests[l] = wins ? bests[l + half] : bests[l];
        steps[l] = wins ? steps[l + half] : steps[l];
      }
    best = bests[0];
    index = steps[0];
    i = step * lanes;
  }
  for (; i < n; ++i)
    if (R value = R(x[i]); better<isMax>(value, best)) {
      best = value;
      index = i;
    }
  return index;
}

/// `count` columns of `n` rows at distance `stride`: the winners' rows.
template <bool isMax, class T>
TCC_INLINE void argOfColumns(const T *x, int64_t n, int64_t stride, int64_t count, int64_t first, int64_t *winners) {
  using R = Computed<T>;
  using Step = StepOf<R>;
  R best[columnsAtOnce];
  Step index[columnsAtOnce];
  for (int64_t j = 0; j < count; ++j) {
    best[j] = R(x[j]);
    index[j] = 0;
  }
  // Several rows at a time: the best so far of a column passes through registers.
  auto compare = [&](auto rows, Step first) TCC_INLINED {
    for (int64_t j = 0; j < count; ++j) {
      R high = best[j];
      Step at = index[j];
      for (Step r = 0; r < decltype(rows)::value; ++r) {
        R value = R(x[(first + r) * stride + j]);
        bool wins = better<isMax>(value, high);
        high = wins ? value : high;
        at = wins ? first + r : at;
      }
      best[j] = high;
      index[j] = at;
    }
  };
  constexpr Step rowsAtOnce = 4;
  Step i = 1;
  for (; i + rowsAtOnce <= n; i += rowsAtOnce)
    compare(std::integral_constant<Step, rowsAtOnce>(), i);
  for (; i < n; ++i)
    compare(std::integral_constant<Step, 1>(), i);
  for (int64_t j = 0; j < count; ++j)
    winners[j] = first + index[j];
}

/// The axis is cut into blocks whose winners are compared in order, so that the first of ties wins.
template <bool isMax, class T>
int32_t argReduce(const char *op, const TccTensor &in, const TccTensor &out, int64_t axis, TccStatus *status) {
  using R = Computed<T>;
  const T *x = static_cast<const T *>(in.data);
  int64_t *y = static_cast<int64_t *>(out.data);
  int64_t outer = extentOf(in, 0, int32_t(axis)), n = in.shape[axis], inner = extentOf(in, int32_t(axis) + 1, in.rank);
  constexpr int64_t width = columnsAtOnce;
  int64_t parts = (inner + width - 1) / width, block = longest;
  // Too few rows or columns to keep many threads busy: shorter blocks.
  if (outer * parts < 64 && n * inner * outer > longest)
    block = n * outer * parts / 64 < 1024 ? 1024 : n * outer * parts / 64 < longest ? n * outer * parts / 64 : longest;
  int64_t blocks = (n + block - 1) / block;
  Scratch<int64_t> storage;
  if (blocks > 1 && !storage.resize(outer * blocks * inner))
    return outOfMemory(status, op, outer * blocks * inner * 8);
  int64_t *winners = blocks > 1 ? storage.get() : y;
  double cost = double(n) * double(inner) / double(parts * blocks) * 0.1;
  parallelFor(outer * blocks * parts, grainFor(cost), [&](int64_t begin, int64_t end) {
    vectorised([&]<int>() TCC_INLINED {
      for (int64_t task = begin; task < end; ++task) {
        int64_t part = task % parts, b = task / parts % blocks, o = task / parts / blocks;
        int64_t from = b * block, rows = n - from < block ? n - from : block;
        const T *data = x + (o * n + from) * inner + part * width;
        int64_t *to = winners + (o * blocks + b) * inner + part * width;
        if (inner == 1)
          *to = from + argOfRow<isMax>(data, rows);
        else
          argOfColumns<isMax>(data, rows, inner, inner - part * width < width ? inner - part * width : width, from, to);
      }
    });
  });
  if (blocks > 1)
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t j = 0; j < inner; ++j) {
        auto at = [&](int64_t b) { return winners[(o * blocks + b) * inner + j]; };
        auto valueAt = [&](int64_t i) { return R(x[(o * n + i) * inner + j]); };
        int64_t index = at(0);
        for (int64_t b = 1; b < blocks; ++b)
          if (better<isMax>(valueAt(at(b)), valueAt(index)))
            index = at(b);
        y[o * inner + j] = index;
      }
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
