// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Convolution by Fourier transforms: a product of spectra, long enough that nothing wraps around. Its gradient is a
// correlation, which is the same product with a conjugate.
#include "frontend/Axes.h"
#include "tcc/Fft.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <algorithm>

namespace tcc::fft {

/// The first length from n on that has no prime factor above 7.
static int64_t fastLength(int64_t n) {
  for (;; ++n) {
    int64_t rest = n;
    for (int64_t p : {2, 3, 5, 7})
      while (rest % p == 0)
        rest /= p;
    if (rest == 1)
      return n;
  }
}

Tensor fftconvolve(const Tensor &a, const Tensor &b, ConvolveOptions o, Loc where) {
  const char *op = "fftconvolve";
  if (o.mode != "full" && o.mode != "same" && o.mode != "valid")
    fail(op, where, Kind::value, "expected mode \"full\", \"same\" or \"valid\", got \"", o.mode, "\"");
  Tensor x = asWide(a, op, where), y = asWide(b, op, where);
  if (x.ndim() != y.ndim())
    fail(op, where, Kind::shape, "expected tensors of equally many axes, got ", x.shape(), " and ", y.shape());
  std::vector<int64_t> axes = normalizeAxes(o.axes, x.ndim(), op, where), transformed, lengths;
  for (int64_t axis = 0; axis < x.ndim(); ++axis) {
    int64_t m = x.dim(axis), n = y.dim(axis);
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) {
      if (m == 0 || n == 0)
        fail(op, where, Kind::shape, "expected axes with elements, got ", x.shape(), " and ", y.shape());
      if (m == 1 || n == 1)
        continue; // a product broadcasts along it
      transformed.push_back(axis);
      lengths.push_back(fastLength(m + n - 1));
    } else if (m != n && m != 1 && n != 1) {
      fail(op, where, Kind::shape, "expected equal extents on axes that are not convolved, got ", x.shape(), " and ",
           y.shape());
    }
  }
  Dtype dtype = promote(x.dtype(), y.dtype());
  x = asDtype(x, dtype, where);
  y = asDtype(y, dtype, where);
  Tensor z;
  NdOptions nd{.s = Axes(lengths), .axes = Axes(transformed)};
  if (transformed.empty())
    z = multiply(x, y, where);
  else if (is_complex(dtype))
    z = ifftn(multiply(fftn(x, nd, where), fftn(y, nd, where), where), nd, where);
  else
    z = irfftn(multiply(rfftn(x, nd, where), rfftn(y, nd, where), where), nd, where);
  auto holds = [&](const Tensor &outer, const Tensor &inner) {
    return std::all_of(axes.begin(), axes.end(), [&](int64_t axis) { return outer.dim(axis) >= inner.dim(axis); });
  };
  if (o.mode == "valid" && !holds(a, b) && !holds(b, a))
    fail(op, where, Kind::shape, "expected one tensor at least as large as the other on all axes, got ", a.shape(),
         " and ", b.shape());
  for (int64_t axis : axes) {
    int64_t m = a.dim(axis), n = b.dim(axis), full = m + n - 1, begin = 0, size = full;
    if (o.mode == "same") {
      begin = (full - m) / 2;
      size = m;
    } else if (o.mode == "valid") {
      begin = std::min(m, n) - 1;
      size = full - 2 * begin;
    }
    z = sliceAxis(z, axis, begin, begin + size, where);
  }
  return z;
}

} // namespace tcc::fft
