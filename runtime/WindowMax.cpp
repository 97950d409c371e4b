// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_window_max: lines of results along the last axis, each from the lines of x that the other axes' windows cover.
#include "runtime/Elements.h"
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

template <class T>
void largestOfLine(const T *x, const WindowAxis &inner, const int64_t *lines, int64_t numLines, T *y,
                   int64_t *position) {
  using R = Computed<T>;
  for (int64_t p = 0; p < inner.out; ++p) {
    int64_t begin = inner.begin(p), end = inner.end(p), at = lines[0] + begin;
    R best = R(x[at]);
    for (int64_t line = 0; line < numLines; ++line)
      for (int64_t i = lines[line] + begin, last = lines[line] + end; i < last; ++i) {
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
    Scratch<int64_t> lines(linesOfWindow);
    if (!lines) {
      failed = true;
      return;
    }
    for (int64_t line = begin; line < end; ++line) {
      // The lines that the window covers, in the order of x.
      int64_t numLines = 1, repeat = 1, rest = line;
      lines[0] = 0;
      for (int i = last - 1; i >= 0; --i) {
        int64_t p = rest % all[i].out, first = all[i].begin(p), covered = all[i].end(p) - first;
        rest /= all[i].out;
        for (int64_t k = covered - 1; k >= 0; --k)
          for (int64_t n = 0; n < repeat; ++n)
            lines[k * repeat + n] = lines[n] + (first + k) * all[i].stride;
        numLines = repeat *= covered;
      }
      dispatchReal(x.dtype, [&]<class T>() {
        largestOfLine(static_cast<const T *>(x.data), inner, lines.get(), numLines,
                      static_cast<T *>(out[0].data) + line * inner.out, positions + line * inner.out);
        return int32_t(TCC_OK);
      });
    }
  });
  return failed ? outOfMemory(status, "window_max", linesOfWindow * 8) : TCC_OK;
}
