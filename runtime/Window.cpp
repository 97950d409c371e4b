// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads a convolution's attributes into offsets, and solves for the elements that a result meets.
#include "runtime/Window.h"

namespace tcc::runtime {
namespace {

int64_t stridesOf(const TccTensor &t, int64_t *strides) {
  int64_t stride = 1;
  for (int i = t.rank - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= t.shape[i];
  }
  return stride;
}

int64_t greatestCommonDivisor(int64_t a, int64_t b) {
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/// Offsets of all indices over these axes, in row-major order of them.
struct Role {
  int count = 0;
  int64_t sizes[maxRank], strides[3][maxRank];
  void add(int64_t size, int64_t first, int64_t second, int64_t third = 0) {
    sizes[count] = size;
    strides[0][count] = first;
    strides[1][count] = second;
    strides[2][count++] = third;
  }
  bool fill(Offsets &offsets) const {
    offsets.count = 1;
    for (int i = 0; i < count; ++i)
      offsets.count *= sizes[i];
    if (!offsets.first.resize(offsets.count) || !offsets.second.resize(offsets.count) ||
        !offsets.third.resize(offsets.count))
      return false;
    for (int64_t n = 0; n < offsets.count; ++n) {
      int64_t at[3] = {}, rest = n;
      for (int i = count - 1; i >= 0; --i) {
        for (int k = 0; k < 3; ++k)
          at[k] += rest % sizes[i] * strides[k][i];
        rest /= sizes[i];
      }
      offsets.first[n] = at[0];
      offsets.second[n] = at[1];
      offsets.third[n] = at[2];
    }
    return true;
  }
};

int64_t spread(int64_t size, int64_t dilation) { return size ? (size - 1) * dilation + 1 : 0; }

} // namespace

int32_t describe(const TccTensor *in, const TccTensor &y, const int64_t *attrs, Geometry &g, TccStatus *status) {
  const char *op = "convolution";
  const TccTensor &x = in[0], &w = in[1];
  AttributeReader reader(attrs);
  Axes xBatch = reader.array(), wBatch = reader.array(), xContract = reader.array(), wContract = reader.array();
  Axes xWindow = reader.array(), wWindow = reader.array(), steps = reader.array();
  Axes low = reader.array(), high = reader.array(), xDilation = reader.array(), wDilation = reader.array();
  g.flip = reader.integer();
  Axes perm = reader.array();
  if (x.dtype != w.dtype || x.dtype != y.dtype || x.dtype == TCC_BOOL)
    return fail(status, TCC_ERROR_DTYPE, "[convolution] expected one number type, got %s, %s and %s",
                dtypeName(x.dtype), dtypeName(w.dtype), dtypeName(y.dtype));
  if (xBatch.count != wBatch.count || xContract.count != wContract.count || xWindow.count != wWindow.count)
    return fail(status, TCC_ERROR_SHAPE, "[convolution] expected equally many axes of both operands");
  bool used[2][maxRank] = {};
  int64_t strides[3][maxRank];
  auto use = [&](int operand, Axes axes) {
    TCC_CHECK(checkAxes(op, axes, in[operand].rank, status));
    for (int64_t axis : axes) {
      if (used[operand][axis])
        return fail(status, TCC_ERROR_SHAPE, "[convolution] expected distinct axes, got %lld twice", (long long)axis);
      used[operand][axis] = true;
    }
    return int32_t(TCC_OK);
  };
  for (Axes axes : {xBatch, xContract, xWindow})
    TCC_CHECK(use(0, axes));
  for (Axes axes : {wBatch, wContract, wWindow})
    TCC_CHECK(use(1, axes));
  for (Axes list : {steps, low, high, xDilation, wDilation})
    if (list.count != xWindow.count)
      return fail(status, TCC_ERROR_VALUE, "[convolution] expected an entry for each of %lld window axes, got %lld",
                  (long long)xWindow.count, (long long)list.count);
  for (Axes list : {steps, xDilation, wDilation})
    for (int64_t step : list)
      if (step < 1)
        return fail(status, TCC_ERROR_VALUE, "[convolution] expected positive strides and dilations, got %lld",
                    (long long)step);
  auto samePairs = [&](Axes left, Axes right) {
    for (int64_t i = 0; i < left.count; ++i)
      if (x.shape[left[i]] != w.shape[right[i]])
        return fail(status, TCC_ERROR_SHAPE, "[convolution] expected equal sizes of paired axes, got %lld and %lld",
                    (long long)x.shape[left[i]], (long long)w.shape[right[i]]);
    return int32_t(TCC_OK);
  };
  TCC_CHECK(samePairs(xBatch, wBatch));
  TCC_CHECK(samePairs(xContract, wContract));

  // Sizes by number, then in the order of y; where in y each number lies.
  int64_t sizes[3 * maxRank], shape[3 * maxRank], place[3 * maxRank];
  int32_t rank = 0;
  for (int64_t axis : xBatch)
    sizes[rank++] = x.shape[axis];
  for (int operand = 0; operand < 2; ++operand)
    for (int i = 0; i < in[operand].rank; ++i)
      if (!used[operand][i])
        sizes[rank++] = in[operand].shape[i];
  for (int64_t i = 0; i < xWindow.count; ++i) {
    int64_t room = spread(x.shape[xWindow[i]], xDilation[i]) + low[i] + high[i];
    int64_t reach = spread(w.shape[wWindow[i]], wDilation[i]);
    sizes[rank++] = reach > room ? 0 : (room - reach) / steps[i] + 1;
  }
  if (perm.count != rank)
    return fail(status, TCC_ERROR_SHAPE, "[convolution] expected a result with %d axes, got %lld", rank,
                (long long)perm.count);
  TCC_CHECK(checkAxes(op, perm, rank, status));
  for (int32_t i = 0; i < rank; ++i) {
    shape[i] = sizes[perm[i]];
    place[perm[i]] = i;
  }
  TCC_CHECK(checkTensor(op, "result", y, x.dtype, rank, shape, status));

  stridesOf(x, strides[0]);
  stridesOf(w, strides[1]);
  stridesOf(y, strides[2]);
  int next = 0;
  Role groups, images, features, channels;
  for (int64_t i = 0; i < xBatch.count; ++i)
    groups.add(x.shape[xBatch[i]], strides[0][xBatch[i]], strides[1][wBatch[i]], strides[2][place[next++]]);
  for (int i = 0; i < x.rank; ++i)
    if (!used[0][i])
      images.add(x.shape[i], strides[0][i], strides[2][place[next++]]);
  for (int i = 0; i < w.rank; ++i)
    if (!used[1][i])
      features.add(w.shape[i], strides[1][i], strides[2][place[next++]]);
  for (int64_t i = 0; i < xContract.count; ++i)
    channels.add(x.shape[xContract[i]], strides[0][xContract[i]], strides[1][wContract[i]]);
  for (int64_t i = 0; i < xWindow.count; ++i)
    g.axes[g.numAxes++] = {x.shape[xWindow[i]],
                           w.shape[wWindow[i]],
                           sizes[next],
                           strides[0][xWindow[i]],
                           strides[1][wWindow[i]],
                           strides[2][place[next]],
                           steps[i],
                           low[i],
                           xDilation[i],
                           wDilation[i]},
    ++next;
  if (g.numAxes == 0)
    g.axes[g.numAxes++] = {1, 1, 1, 1, 1, 1, 1, 0, 1, 1};
  if (!groups.fill(g.groups) || !images.fill(g.images) || !features.fill(g.features) || !channels.fill(g.channels))
    return outOfMemory(status, op, 24 * (g.images.count + g.features.count + g.channels.count));
  return TCC_OK;
}

// Result p meets element k of w where step * p + wDilation * k - low is a multiple of xDilation, and there element
// (step * p + wDilation * k - low) / xDilation of x. With e = gcd(step, xDilation), p and p + xDilation / e meet the
// same k, and elements of x that lie step / e apart.
int64_t numParts(const Geometry &g) {
  int64_t count = 1;
  for (int i = 0; i < g.numAxes; ++i)
    count *= g.axes[i].xDilation / greatestCommonDivisor(g.axes[i].step, g.axes[i].xDilation);
  return count;
}

bool describePart(const Geometry &g, int64_t index, Part &part) {
  part.numPositions = part.numTaps = 1;
  for (int i = g.numAxes - 1; i >= 0; --i) {
    const SlidingAxis &axis = g.axes[i];
    PartAxis &to = part.axes[i];
    int64_t common = greatestCommonDivisor(axis.step, axis.xDilation);
    to.every = axis.xDilation / common;
    to.stride = axis.step / common;
    to.first = index % to.every;
    index /= to.every;
    to.out = axis.out > to.first ? (axis.out - to.first + to.every - 1) / to.every : 0;
    to.numTaps = 0;
    if (!to.taps.resize(axis.kernel) || !to.shifts.resize(axis.kernel))
      return false;
    for (int64_t k = 0; k < axis.kernel; ++k) {
      int64_t from = g.flip ? axis.kernel - 1 - k : k;
      int64_t at = axis.step * to.first + axis.wDilation * from - axis.low;
      if (at % axis.xDilation != 0)
        continue;
      to.taps[to.numTaps] = k;
      to.shifts[to.numTaps++] = at / axis.xDilation;
    }
    part.numPositions *= to.out;
    part.numTaps *= to.numTaps;
  }
  return true;
}

} // namespace tcc::runtime
