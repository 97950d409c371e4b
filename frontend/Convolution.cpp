// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions and pools: PyTorch's options spelled out for the ops that slide a window.
#include "frontend/Contraction.h"
#include "tcc/Contract.h"
#include "tcc/Create.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

namespace tcc {
namespace {

Shape forEachAxis(const Shape &value, size_t n, int64_t least, const char *what, const char *op, Loc where) {
  if (value.size() != 1 && value.size() != n)
    fail(op, where, Kind::value, "expected one ", what, " or ", n, ", got ", value.size());
  Shape out = value.size() == 1 ? Shape(n, value[0]) : value;
  for (int64_t v : out)
    if (v < least)
      fail(op, where, Kind::value, "expected ", what, " of at least ", least, ", got ", v);
  return out;
}

/// Fails if a window has no room in an axis of known size.
void expectFit(int64_t reach, int64_t size, int64_t padding, const char *op, Loc where) {
  if (!isOpen(size) && reach > size + padding)
    fail(op, where, Kind::shape, "expected a window that fits the padded input, got reach ", reach, " for extent ",
         size);
}

/// What slides over what, for each spatial axis.
struct Sliding {
  Shape stride, low, high, inputDilation, dilation;
  bool flip;
};

/// `features` is the axis of w that y's channels come from, 0 or 1; the other one meets those of x.
Tensor slide(const Tensor &x, const Tensor &w, const Sliding &s, const ConvOptions &o, int64_t features, Loc where) {
  int64_t n = s.stride.size(), channel = o.channels_last ? n + 1 : 1, groups = o.groups;
  // In groups, channels are two axes: of x behind each other, of w where axis 0 was.
  auto split = [&](const Tensor &t, int64_t axis) {
    Shape shape = t.shape();
    shape[axis] /= groups;
    shape.insert(shape.begin() + axis, groups);
    return groups == 1 ? t : reshapeTo(t, shape, where);
  };
  int64_t more = groups == 1 ? 0 : 1;
  std::vector<int64_t> xBatch, wBatch, xWindow, wWindow, perm;
  if (more) {
    xBatch.push_back(channel);
    wBatch.push_back(0);
  }
  for (int64_t i = 0; i < n; ++i) {
    xWindow.push_back(o.channels_last ? 1 + i : 2 + more + i);
    wWindow.push_back(2 + more + i);
  }
  // Results are numbered by groups, images, features and positions.
  perm.push_back(more);
  auto addChannels = [&] {
    if (more)
      perm.push_back(0);
    perm.push_back(more + 1);
  };
  if (!o.channels_last)
    addChannels();
  for (int64_t i = 0; i < n; ++i)
    perm.push_back(more + 2 + i);
  if (o.channels_last)
    addChannels();
  auto convolve = [&](const Tensor &a, const Tensor &b) {
    return ops::convolution(a, b, xBatch, wBatch, {channel + more}, {more + 1 - features}, xWindow, wWindow, s.stride,
                            s.low, s.high, s.inputDilation, s.dilation, s.flip, perm, where);
  };
  Tensor a = split(x, channel), k = split(w, 0);
  Tensor y = x.dtype() == bool_ ? asDtype(convolve(asDtype(a, int64, where), asDtype(k, int64, where)), bool_, where)
                                : convolve(a, k);
  if (!more)
    return y;
  Shape merged = y.shape();
  merged[channel] *= merged[channel + 1];
  merged.erase(merged.begin() + channel + 1);
  return reshapeTo(y, merged, where);
}

std::pair<Tensor, Tensor> operands(const Tensor &x, const Tensor &w, size_t spatial, const char *op, Loc where) {
  const Tensor xs[] = {x, w};
  Dtype dtype = commonDtype(xs, op, where);
  if (x.ndim() != int64_t(spatial) + 2 || w.ndim() != x.ndim())
    fail(op, where, Kind::shape, "expected ", spatial + 2, " axes of input and weights, got ", x.shape(), " and ",
         w.shape());
  return {asDtype(x, dtype, where), asDtype(w, dtype, where)};
}

Tensor convolve(const Tensor &x, const Tensor &w, const ConvOptions &o, size_t n, const char *op, Loc where) {
  auto [a, k] = operands(x, w, n, op, where);
  Shape padding = forEachAxis(o.padding, n, 0, "padding", op, where);
  Sliding s{forEachAxis(o.stride, n, 1, "stride", op, where),     padding, padding, Shape(n, 1),
            forEachAxis(o.dilation, n, 1, "dilation", op, where), false};
  int64_t c = a.dim(o.channels_last ? -1 : 1);
  if (o.groups < 1 || c % o.groups != 0 || k.dim(0) % o.groups != 0 || k.dim(1) * o.groups != c)
    fail(op, where, Kind::shape, "expected weights {out, ", o.groups > 0 ? c / o.groups : c, ", ...} for ", o.groups,
         " groups, got ", x.shape(), " and ", w.shape());
  for (size_t i = 0; i < n; ++i)
    expectFit((k.dim(int64_t(i) + 2) - 1) * s.dilation[i] + 1, a.shape()[i + (o.channels_last ? 1 : 2)], 2 * padding[i],
              op, where);
  return slide(a, k, s, o, 0, where);
}

// The adjoint of a convolution is one of the input spread by the stride, with weights turned and their channels
// exchanged.
Tensor convolveTransposed(const Tensor &x, const Tensor &w, const ConvOptions &o, size_t n, const char *op, Loc where) {
  auto [a, k] = operands(x, w, n, op, where);
  Shape stride = forEachAxis(o.stride, n, 1, "stride", op, where);
  Shape padding = forEachAxis(o.padding, n, 0, "padding", op, where);
  Shape extra = forEachAxis(o.output_padding, n, 0, "output padding", op, where);
  Sliding s{Shape(n, 1), {}, {}, stride, forEachAxis(o.dilation, n, 1, "dilation", op, where), true};
  int64_t c = a.dim(o.channels_last ? -1 : 1);
  if (o.groups < 1 || c % o.groups != 0 || k.dim(0) != c)
    fail(op, where, Kind::shape, "expected weights {", c, ", out / groups, ...}, got ", k.shape(), " for ", o.groups,
         " groups");
  for (size_t i = 0; i < n; ++i) {
    if (extra[i] >= std::max(stride[i], s.dilation[i]))
      fail(op, where, Kind::value, "expected output padding below stride or dilation, got ", extra);
    s.low.push_back(s.dilation[i] * (k.dim(int64_t(i) + 2) - 1) - padding[i]);
    s.high.push_back(s.low.back() + extra[i]);
    int64_t size = a.shape()[i + (o.channels_last ? 1 : 2)];
    expectFit(s.dilation[i] * (k.dim(int64_t(i) + 2) - 1) + 1, isOpen(size) ? size : (size - 1) * stride[i] + 1,
              s.low[i] + s.high[i], op, where);
  }
  return slide(a, k, s, o, 1, where);
}

/// Window, stride and padding of a pool over the last two of four axes.
struct Pool {
  Shape window, stride, padding;
};
Pool poolOf(const Tensor &x, const Shape &extent, const PoolOptions &o, const char *op, Loc where) {
  if (x.ndim() != 4)
    fail(op, where, Kind::shape, "expected {N, C, H, W}, got ", x.shape());
  Pool pool{forEachAxis(extent, 2, 1, "window", op, where), {}, forEachAxis(o.padding, 2, 0, "padding", op, where)};
  pool.stride = o.stride.empty() ? pool.window : forEachAxis(o.stride, 2, 1, "stride", op, where);
  for (size_t i = 0; i < 2; ++i) {
    if (2 * pool.padding[i] > pool.window[i])
      fail(op, where, Kind::value, "expected padding of at most half the window, got ", pool.padding, " for ",
           pool.window);
    expectFit(pool.window[i], x.shape()[i + 2], 2 * pool.padding[i], op, where);
  }
  return pool;
}

} // namespace

Tensor conv1d(const Tensor &x, const Tensor &w, ConvOptions o, Loc where) {
  return convolve(x, w, o, 1, "conv1d", where);
}
Tensor conv2d(const Tensor &x, const Tensor &w, ConvOptions o, Loc where) {
  return convolve(x, w, o, 2, "conv2d", where);
}
Tensor conv3d(const Tensor &x, const Tensor &w, ConvOptions o, Loc where) {
  return convolve(x, w, o, 3, "conv3d", where);
}
Tensor conv_transpose1d(const Tensor &x, const Tensor &w, ConvOptions o, Loc where) {
  return convolveTransposed(x, w, o, 1, "conv_transpose1d", where);
}
Tensor conv_transpose2d(const Tensor &x, const Tensor &w, ConvOptions o, Loc where) {
  return convolveTransposed(x, w, o, 2, "conv_transpose2d", where);
}
Tensor conv_transpose3d(const Tensor &x, const Tensor &w, ConvOptions o, Loc where) {
  return convolveTransposed(x, w, o, 3, "conv_transpose3d", where);
}

Tensor max_pool2d(const Tensor &x, Shape window, PoolOptions o, Loc where) {
  Tensor a = asNode(x, "max_pool2d", where);
  expectReal(a, "max_pool2d", where);
  Pool pool = poolOf(a, window, o, "max_pool2d", where);
  return ops::window_max(a, {2, 3}, pool.window, pool.stride, pool.padding, pool.padding, where)[0];
}

// A convolution of each channel with ones, in float where the sum of 16-bit floats might overflow.
Tensor avg_pool2d(const Tensor &x, Shape window, PoolOptions o, Loc where) {
  Tensor a = asInexact(x, "avg_pool2d", where);
  Pool pool = poolOf(a, window, o, "avg_pool2d", where);
  Dtype computed = a.dtype() == float16 || a.dtype() == bfloat16 ? float32 : a.dtype();
  Tensor ones = full(pool.window, 1.0, computed, where);
  Tensor sum = ops::convolution(asDtype(a, computed, where), ones, {}, {}, {}, {}, {2, 3}, {0, 1}, pool.stride,
                                pool.padding, pool.padding, {1, 1}, {1, 1}, false, {0, 1, 2, 3}, where);
  return asDtype(sum / constantLike(sum, double(pool.window[0] * pool.window[1]), where), a.dtype(), where);
}

} // namespace tcc
