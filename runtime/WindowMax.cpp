// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_window_max: lines of results along the last axis, each from the lines of x that the other axes' windows cover.
// Where whole windows lie in x at steps of 1 or 2, lanes are neighbouring results.
#include "runtime/Elements.h"
#include "runtime/Packing.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"

using namespace tcc::runtime;

namespace {

/// What a window covers of an axis of x, that of one element where nothing slides.
struct WindowAxis {
  int64_t size = 1, window = 1, step = 1, low = 0, out = 1, stride = 1;
  int64_t begin(int64_t p) const { return p * step > low ? p * step - low : 0; }
  int64_t end(int64_t p) const { return p * step - low + window < size ? p * step - low + window : size; }
};

/// Results [first, last) of a line, one by one.
template <class T>
TCC_INLINE void largestOneByOne(const T *x, const WindowAxis &inner, const int64_t *lines, int64_t numLines,
                                int64_t first, int64_t last, T *y, int64_t *position) {
  using R = Computed<T>;
  for (int64_t p = first; p < last; ++p) {
    int64_t begin = inner.begin(p), end = inner.end(p), at = lines[0] + begin;
    R best = R(x[at]);
    for (int64_t line = 0; line < numLines; ++line)
      for (int64_t i = lines[line] + begin, until = lines[line] + end; i < until; ++i) {
        R value = R(x[i]);
        if (best < value || (isNan(value) && !isNan(best))) {
          best = value;
          at = i;
        }
      }
    y[p] = x[at];
    position[p] = at;
  }
}

/// A vector of results from p on; `places` has room for each element of a window.
template <class T, int bytes>
TCC_INLINE void largestOfLanes(const T *x, const WindowAxis &inner, const int64_t *places, int64_t count, int64_t p,
                               T *y, int64_t *position) {
  using R = Computed<T>;
  using V = Vector<R, bytes>;
  using Bits = typename LanesOf<R, bytes>::Bits;
  constexpr int lanes = LanesOf<R, bytes>::count;
  const T *from = x + p * inner.step;
  auto load = [&](int64_t k) TCC_INLINED {
    V value, next, unused;
    loadParts<T, bytes>(from + places[k], value, unused);
    if (inner.step == 1)
      return value;
    loadParts<T, bytes>(from + places[k] + lanes, next, unused);
    return everySecond<R, bytes>(value, next, std::make_index_sequence<lanes>());
  };
  V best = load(0);
  Bits which = {};
  for (int64_t k = 1; k < count; ++k) {
    const V value = load(k);
    const Bits isBetter = Bits(best < value) | (Bits(value != value) & Bits(best == best));
    best = isBetter ? value : best;
    which = isBetter ? Bits{} + typename LanesOf<R, bytes>::Int(k) : which;
  }
  typename LanesOf<R, bytes>::Int chosen[lanes];
  __builtin_memcpy(chosen, &which, sizeof(which));
  for (int l = 0; l < lanes; ++l) {
    const int64_t at = places[chosen[l]] + (p + l) * inner.step;
    y[p + l] = x[at];
    position[p + l] = at;
  }
}

template <class T, int bytes>
TCC_INLINE void largestOfLine(const T *x, const WindowAxis &inner, const int64_t *lines, int64_t numLines,
                              int64_t *places, T *y, int64_t *position) {
  using R = Computed<T>;
  int64_t begin = 0, end = 0;
  if constexpr (sizeof(R) >= 4) {
    constexpr int64_t lanes = LanesOf<R, bytes>::count;
    // Windows [begin, end) lie in the line, also where a vector at step 2 is read to its end.
    begin = (inner.low + inner.step - 1) / inner.step;
    end = (inner.size + inner.low - inner.window - (inner.step - 1)) / inner.step + 1;
    end = end < inner.out ? end : inner.out;
    if (inner.step > 2 || end - begin < lanes || inner.size + inner.low < inner.window + inner.step) {
      begin = end = 0;
    } else {
      for (int64_t line = 0; line < numLines; ++line)
        for (int64_t i = 0; i < inner.window; ++i)
          places[line * inner.window + i] = lines[line] + i - inner.low;
      for (int64_t p = begin; p < end; p += lanes)
        largestOfLanes<T, bytes>(x, inner, places, numLines * inner.window, p < end - lanes ? p : end - lanes, y,
                                 position);
    }
  }
  largestOneByOne(x, inner, lines, numLines, 0, begin, y, position);
  largestOneByOne(x, inner, lines, numLines, end, inner.out, y, position);
}

} // namespace

int32_t tcc_window_max(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                       TccStatus *status) {
  TCC_CHECK(checkArguments("window_max", in, n_in, 1, out, n_out, 2, status));
  const TccTensor &x = in[0];
  AttributeReader reader(attrs);
  Axes axes = reader.array(), window = reader.array(), steps = reader.array(), low = reader.array(),
       high = reader.array();
  TCC_CHECK(checkAxes("window_max", axes, x.rank, status));
  if (x.dtype >= TCC_C64)
    return fail(status, TCC_ERROR_DTYPE, "[window_max] expected a real dtype, got %s", dtypeName(x.dtype));
  WindowAxis all[maxRank];
  int64_t shape[maxRank], stride = 1, linesOfWindow = 1;
  for (int i = x.rank - 1; i >= 0; --i) {
    all[i].size = shape[i] = all[i].out = x.shape[i];
    all[i].stride = stride;
    stride *= x.shape[i];
  }
  for (Axes list : {window, steps, low, high})
    if (list.count != axes.count)
      return fail(status, TCC_ERROR_VALUE, "[window_max] expected an entry for each of %lld axes, got %lld",
                  (long long)axes.count, (long long)list.count);
  for (int64_t i = 0; i < axes.count; ++i) {
    WindowAxis &axis = all[axes[i]];
    if (window[i] < 1 || steps[i] < 1 || low[i] < 0 || high[i] < 0 || low[i] >= window[i] || high[i] >= window[i] ||
        axis.size == 0)
      return fail(status, TCC_ERROR_VALUE, "[window_max] expected elements, and less padding than window");
    axis.window = window[i];
    axis.step = steps[i];
    axis.low = low[i];
    int64_t room = axis.size + low[i] + high[i];
    axis.out = shape[axes[i]] = window[i] > room ? 0 : (room - window[i]) / steps[i] + 1;
  }
  TCC_CHECK(checkTensor("window_max", "result", out[0], x.dtype, x.rank, shape, status));
  TCC_CHECK(checkTensor("window_max", "positions", out[1], TCC_I64, x.rank, shape, status));
  int64_t count = numElements(out[0]);
  if (count == 0)
    return TCC_OK;
  int last = x.rank - 1;
  const WindowAxis inner = x.rank ? all[last] : WindowAxis();
  for (int i = 0; i < last; ++i)
    linesOfWindow *= all[i].window < all[i].size ? all[i].window : all[i].size;
  int64_t *positions = static_cast<int64_t *>(out[1].data);
  std::atomic<bool> failed{false};
  double cost = double(inner.out) * (3 + double(linesOfWindow) * double(inner.window));
  parallelFor(count / inner.out, grainFor(cost), [&](int64_t begin, int64_t end) {
    Scratch<int64_t> lines(linesOfWindow), places(linesOfWindow * inner.window);
    if (!lines || !places) {
      failed = true;
      return;
    }
    // The lines that the window of a line of results covers, in the order of x.
    auto cover = [&](int64_t line) {
      int64_t repeat = 1;
      lines[0] = 0;
      for (int i = last - 1; i >= 0; --i) {
        int64_t p = line % all[i].out, first = all[i].begin(p), covered = all[i].end(p) - first;
        line /= all[i].out;
        for (int64_t k = covered - 1; k >= 0; --k)
          for (int64_t n = 0; n < repeat; ++n)
            lines[k * repeat + n] = lines[n] + (first + k) * all[i].stride;
        repeat *= covered;
      }
      return repeat;
    };
    dispatchReal(x.dtype, [&]<class T>() {
      vectorised([&]<int bytes>() TCC_INLINED {
        for (int64_t line = begin; line < end; ++line) {
          const int64_t numLines = cover(line);
          largestOfLine<T, bytes>(static_cast<const T *>(x.data), inner, lines.get(), numLines, places.get(),
                                  static_cast<T *>(out[0].data) + line * inner.out, positions + line * inner.out);
        }
      });
      return int32_t(TCC_OK);
    });
  });
  return failed ? outOfMemory(status, "window_max", linesOfWindow * (1 + inner.window) * 8) : TCC_OK;
}
