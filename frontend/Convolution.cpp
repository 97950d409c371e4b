// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolutions and pools: strided slices for each position of the window, then one contraction or reduction.
#include "frontend/Contraction.h"
#include "tcc/Contract.h"
#include "tcc/Pointwise.h"
#include "tcc/Reduce.h"
#include "tcc/Shape.h"

#include <limits>

namespace tcc {
namespace {

/// Options spelled out for each spatial axis.
struct Window {
  Shape extent, stride, dilation, low, high;
};

Shape spread(const Shape &value, size_t n, int64_t least, const char *what, const char *op, Loc where) {
  if (value.size() != 1 && value.size() != n)
    fail(op, where, Kind::value, "expected one ", what, " or ", n, ", got ", value.size());
  Shape out = value.size() == 1 ? Shape(n, value[0]) : value;
  for (int64_t v : out)
    if (v < least)
      fail(op, where, Kind::value, "expected ", what, " of at least ", least, ", got ", v);
  return out;
}

/// {N, C, spatial...} -> {N, C, positions of the window, spatial of the result...}.
Tensor windows(const Tensor &x, const Window &w, double fill, Shape &result, const char *op, Loc where) {
  size_t n = w.extent.size();
  std::vector<int64_t> low{0, 0}, high{0, 0}, none(n + 2, 0);
  bool padded = false;
  for (size_t i = 0; i < n; ++i) {
    low.push_back(w.low[i]);
    high.push_back(w.high[i]);
    padded |= w.low[i] || w.high[i];
  }
  Tensor a = padded ? ops::pad(x, constantLike(x, fill, where), low, high, none, where) : x;
  result.assign(x.shape().begin(), x.shape().begin() + 2);
  int64_t positions = 1;
  for (size_t i = 0; i < n; ++i) {
    int64_t reach = (w.extent[i] - 1) * w.dilation[i] + 1, room = a.dim(int64_t(i) + 2) - reach;
    if (room < 0)
      fail(op, where, Kind::shape, "expected a window that fits the padded input, got reach ", reach, " for extent ",
           a.shape()[i + 2]);
    result.push_back(room / w.stride[i] + 1);
    positions *= w.extent[i];
  }
  Shape unit = result;
  unit.insert(unit.begin() + 2, 1);
  std::vector<Tensor> parts;
  for (int64_t k = 0; k < positions; ++k) {
    std::vector<int64_t> starts{0, 0}, limits{isOpen(x.shape()[0]) ? -1 : x.dim(0), x.dim(1)}, strides{1, 1};
    int64_t rest = k;
    std::vector<int64_t> at(n);
    for (size_t i = n; i-- > 0; rest /= w.extent[i])
      at[i] = rest % w.extent[i];
    for (size_t i = 0; i < n; ++i) {
      starts.push_back(at[i] * w.dilation[i]);
      limits.push_back(starts.back() + (result[i + 2] - 1) * w.stride[i] + 1);
      strides.push_back(w.stride[i]);
    }
    parts.push_back(reshapeTo(ops::slice(a, starts, limits, strides, where), unit, where));
  }
  return parts.size() == 1 ? parts[0] : ops::concatenate(parts, 2, where);
}

Tensor correlate(const Tensor &x, const Tensor &w, const Window &window, int64_t groups, const char *op, Loc where) {
  int64_t n = x.shape()[0], c = x.dim(1), out = w.dim(0);
  if (groups < 1 || c % groups != 0 || out % groups != 0 || w.dim(1) * groups != c)
    fail(op, where, Kind::shape, "expected weights {out, ", groups > 0 ? c / groups : c, ", ...} for ", groups,
         " groups, got ", x.shape(), " and ", w.shape());
  Shape result;
  Tensor columns = windows(x, window, 0, result, op, where);
  int64_t positions = elementCount(window.extent), places = 1;
  for (size_t i = 2; i < result.size(); ++i)
    places *= result[i];
  columns = reshapeTo(columns, {n, groups, c / groups * positions, places}, where);
  Tensor weights = reshapeTo(w, {groups, out / groups, c / groups * positions}, where);
  Tensor y = dotGeneral(weights, columns, {0}, {1}, {2}, {2}, where); // {groups, out / groups, n, places}
  result[1] = out;
  return reshapeTo(transpose(y, {2, 0, 1, 3}, where), result, where);
}

std::pair<Tensor, Tensor> operands(const Tensor &x, const Tensor &w, size_t spatial, const char *op, Loc where) {
  const Tensor xs[] = {x, w};
  Dtype dtype = commonDtype(xs, op, where);
  if (x.ndim() != int64_t(spatial) + 2 || w.ndim() != x.ndim())
    fail(op, where, Kind::shape, "expected ", spatial + 2, " axes of input and weights, got ", x.shape(), " and ",
         w.shape());
  return {asDtype(x, dtype, where), asDtype(w, dtype, where)};
}

Tensor convolve(const Tensor &x, const Tensor &w, const ConvOptions &o, size_t spatial, const char *op, Loc where) {
  auto [a, k] = operands(x, w, spatial, op, where);
  Shape padding = spread(o.padding, spatial, 0, "padding", op, where);
  Window window{Shape(k.shape().begin() + 2, k.shape().end()), spread(o.stride, spatial, 1, "stride", op, where),
                spread(o.dilation, spatial, 1, "dilation", op, where), padding, padding};
  return correlate(a, k, window, o.groups, op, where);
}

Tensor pooled(const Tensor &x, const Shape &extent, const PoolOptions &o, double fill, const char *op, Loc where) {
  if (x.ndim() != 4)
    fail(op, where, Kind::shape, "expected {N, C, H, W}, got ", x.shape());
  Shape size = spread(extent, 2, 1, "window", op, where), padding = spread(o.padding, 2, 0, "padding", op, where);
  for (size_t i = 0; i < 2; ++i)
    if (2 * padding[i] > size[i])
      fail(op, where, Kind::value, "expected padding of at most half the window, got ", padding, " for ", size);
  Window window{size, o.stride.empty() ? size : spread(o.stride, 2, 1, "stride", op, where), {1, 1}, padding, padding};
  Shape result;
  return windows(x, window, fill, result, op, where);
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

// The adjoint of a convolution is one of the input spread by the stride, with weights turned and their channels
// swapped.
Tensor conv_transpose2d(const Tensor &x, const Tensor &w, ConvOptions o, Loc where) {
  const char *op = "conv_transpose2d";
  auto [a, k] = operands(x, w, 2, op, where);
  Shape stride = spread(o.stride, 2, 1, "stride", op, where),
        dilation = spread(o.dilation, 2, 1, "dilation", op, where);
  Shape padding = spread(o.padding, 2, 0, "padding", op, where),
        extra = spread(o.output_padding, 2, 0, "output padding", op, where);
  int64_t c = a.dim(1), groups = o.groups;
  if (groups < 1 || c % groups != 0 || k.dim(0) != c)
    fail(op, where, Kind::shape, "expected weights {", c, ", out / groups, ...}, got ", k.shape(), " for ", groups,
         " groups");
  Window window{{k.dim(2), k.dim(3)}, {1, 1}, dilation, {0, 0}, {0, 0}};
  std::vector<int64_t> interior{0, 0, stride[0] - 1, stride[1] - 1}, none(4, 0);
  a = ops::pad(a, constantLike(a, 0, where), none, none, interior, where);
  for (size_t i = 0; i < 2; ++i) {
    if (extra[i] >= std::max(stride[i], dilation[i]))
      fail(op, where, Kind::value, "expected output padding below stride or dilation, got ", extra);
    int64_t reach = dilation[i] * (window.extent[i] - 1), axis = int64_t(i) + 2;
    int64_t low = reach - padding[i], high = reach - padding[i] + extra[i];
    // More padding than reach takes elements away.
    a = sliceAxis(a, axis, std::min(a.dim(axis), std::max<int64_t>(0, -low)), a.dim(axis) - std::max<int64_t>(0, -high),
                  where);
    window.low[i] = std::max<int64_t>(0, low);
    window.high[i] = std::max<int64_t>(0, high);
  }
  int64_t each = k.dim(1);
  Tensor turned = ops::reverse(k, {2, 3}, where);
  turned = reshapeTo(turned, {groups, c / groups, each, k.dim(2), k.dim(3)}, where);
  turned = reshapeTo(transpose(turned, {0, 2, 1, 3, 4}, where), {groups * each, c / groups, k.dim(2), k.dim(3)}, where);
  return correlate(a, turned, window, groups, op, where);
}

Tensor max_pool2d(const Tensor &x, Shape window, PoolOptions o, Loc where) {
  Tensor a = asNode(x, "max_pool2d", where);
  expectReal(a, "max_pool2d", where);
  // Integers have no -inf to pad with: they go by float64, which holds those of 53 bits exactly.
  double fill = is_floating(a.dtype()) ? -std::numeric_limits<double>::infinity() : 0;
  if (is_integer(a.dtype()) && o.padding != Shape{0})
    return asDtype(max_pool2d(asDtype(a, float64, where), std::move(window), o, where), a.dtype(), where);
  return max(pooled(a, window, o, fill, "max_pool2d", where), 2, {}, where);
}

Tensor avg_pool2d(const Tensor &x, Shape window, PoolOptions o, Loc where) {
  return mean(pooled(asInexact(x, "avg_pool2d", where), window, o, 0, "avg_pool2d", where), 2, {}, where);
}

} // namespace tcc
