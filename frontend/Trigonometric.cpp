// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cosine and sine transforms of types 1 to 4 in SciPy's scaling: a real signal is continued by its symmetry and
// Fourier-transformed.
#include "frontend/Axes.h"
#include "tcc/Fft.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <cmath>
#include <functional>
#include <numbers>

namespace tcc::fft {
namespace {

using std::numbers::pi;

/// cos or sin of pi (2 k + a) b / d for k = 0 ... n - 1, along the last axis.
Tensor phase(int64_t n, double a, double b, double d, Dtype dtype, Loc where) {
  Tensor angle = multiply(add(multiply(iotaOf({n}, 0, float64, where), 2.0, where), a, where), pi * b / d, where);
  return asDtype(complex(cos(angle, where), sin(angle, where), where), complex_dtype(dtype), where);
}

Tensor reversed(const Tensor &x, Loc where) { return ops::reverse(x, {x.ndim() - 1}, where); }
Tensor last(const Tensor &x, int64_t begin, int64_t end, Loc where) {
  return sliceAxis(x, x.ndim() - 1, begin, end, where);
}
Tensor joined(const std::vector<Tensor> &xs, Loc where) { return concatenate(xs, -1, where); }
Tensor zeroColumn(const Tensor &x, Loc where) {
  Shape shape = x.shape();
  shape.back() = 1;
  return zerosOf(x.dtype(), shape, where);
}

// Unnormalised transforms along the last axis of real x of length n (SciPy's formulas without a norm).
Tensor dct1(const Tensor &x, int64_t n, Loc where) { // even around both ends: period 2 (n - 1)
  return last(real(rfft(joined({x, reversed(last(x, 1, n - 1, where), where)}, where), {}, where), where), 0, n, where);
}
Tensor dct2(const Tensor &x, int64_t n, Loc where) { // even around the half points: period 2 n, and a shift by half
  Tensor f = last(rfft(joined({x, reversed(x, where)}, where), {}, where), 0, n, where);
  return real(multiply(f, conj(phase(n, 0, 0.25 * 2, 2.0 * double(n), x.dtype(), where), where), where), where);
}
Tensor dct3(const Tensor &x, int64_t n, Loc where) { // x_0 + 2 sum x_k cos(pi k (2 m + 1) / 2n)
  Tensor first = last(x, 0, 1, where);
  Tensor weighted = joined({first, multiply(last(x, 1, n, where), 2.0, where)}, where);
  Tensor f = multiply(weighted, phase(n, 0, 0.5, 2.0 * double(n), x.dtype(), where), where);
  Tensor full = ops::fft(padAxis(f, f.ndim() - 1, 0, n, where), {f.ndim() - 1}, true, 0, where);
  return real(last(full, 0, n, where), where);
}
Tensor dct4(const Tensor &x, int64_t n, Loc where) { // 2 sum x_k cos(pi (2 k + 1) (2 m + 1) / 4n)
  Tensor f = multiply(x, conj(phase(n, 0, 0.5, 2.0 * double(n), x.dtype(), where), where), where);
  Tensor full = last(ops::fft(padAxis(f, f.ndim() - 1, 0, n, where), {f.ndim() - 1}, false, 0, where), 0, n, where);
  return multiply(real(multiply(full, conj(phase(n, 1, 1, 4.0 * double(n), x.dtype(), where), where), where), where),
                  2.0, where);
}
Tensor dst1(const Tensor &x, int64_t n, Loc where) { // odd around both ends: period 2 (n + 1)
  Tensor zero = zeroColumn(x, where);
  Tensor odd = joined({zero, x, zero, neg(reversed(x, where), where)}, where);
  return neg(imag(last(rfft(odd, {}, where), 1, n + 1, where), where), where);
}
// Alternating signs and a reversed order turn cosines into sines.
Tensor alternated(const Tensor &x, Loc where) {
  Tensor k = iotaOf({x.shape().back()}, 0, int64, where);
  Tensor odd = equal(bitwise_and(k, 1, where), 1, where);
  return tcc::where(odd, neg(x, where), x, where);
}
Tensor dst2(const Tensor &x, int64_t n, Loc where) { return reversed(dct2(alternated(x, where), n, where), where); }
Tensor dst3(const Tensor &x, int64_t n, Loc where) { return alternated(dct3(reversed(x, where), n, where), where); }
Tensor dst4(const Tensor &x, int64_t n, Loc where) { return alternated(dct4(reversed(x, where), n, where), where); }

/// Multiplies one element along the last axis.
Tensor scaleAt(const Tensor &x, int64_t at, double factor, Loc where) {
  Tensor hit = equal(iotaOf({x.shape().back()}, 0, int64, where), at, where);
  return tcc::where(hit, multiply(x, factor, where), x, where);
}

/// Types 1 to 4, forward and inverse, of real x along its last axis. The inverse of type 2 is type 3 and the reverse,
/// up to 1 / period; "ortho" makes each orthogonal, for which the end elements of types 1 to 3 are scaled.
Tensor transform(Tensor x, int64_t type, bool sine, bool inverse, const std::string &norm, const char *op, Loc where) {
  int64_t n = x.shape().back();
  if (type == 1 && !sine && n < 2)
    fail(op, where, Kind::value, "expected a length of at least 2 for type 1, got ", n);
  double period = type == 1 ? (sine ? 2.0 * double(n + 1) : 2.0 * double(n - 1)) : 2.0 * double(n);
  int64_t kind = !inverse ? type : type == 2 ? 3 : type == 3 ? 2 : type;
  bool ortho = norm == "ortho";
  const double root = std::numbers::sqrt2;
  // The end whose weight differs: the first of cosines, the last of sines.
  int64_t end = sine ? n - 1 : 0;
  if (ortho && kind == 3)
    x = scaleAt(x, end, root, where);
  if (ortho && kind == 1 && !sine)
    x = scaleAt(scaleAt(x, 0, root, where), n - 1, root, where);
  using Function = Tensor (*)(const Tensor &, int64_t, Loc);
  static constexpr Function functions[2][4] = {{dct1, dct2, dct3, dct4}, {dst1, dst2, dst3, dst4}};
  Tensor y = functions[sine][kind - 1](x, n, where);
  if (ortho && kind == 2)
    y = scaleAt(y, end, 1 / root, where);
  if (ortho && kind == 1 && !sine)
    y = scaleAt(scaleAt(y, 0, 1 / root, where), n - 1, 1 / root, where);
  double scale = ortho ? 1 / std::sqrt(period) : (norm == "backward") == inverse ? 1 / period : 1;
  return scale == 1 ? y : multiply(y, scale, where);
}

Tensor apply(const Tensor &x, const DctOptions &o, bool sine, bool inverse, const char *op, Loc where) {
  if (o.type < 1 || o.type > 4)
    fail(op, where, Kind::value, "expected type 1, 2, 3 or 4, got ", o.type);
  if (o.norm != "backward" && o.norm != "ortho" && o.norm != "forward")
    fail(op, where, Kind::value, "expected norm \"backward\", \"ortho\" or \"forward\", got \"", o.norm, "\"");
  Tensor a = asWide(x, op, where);
  if (is_complex(a.dtype()))
    return complex(apply(real(a, where), o, sine, inverse, op, where),
                   apply(imag(a, where), o, sine, inverse, op, where), where);
  int64_t axis = normalizeAxis(o.axis, a.ndim(), op, where), n = o.n.value_or(a.dim(axis)), m = a.dim(axis);
  if (n < 1)
    fail(op, where, Kind::value, "expected a length of at least 1, got ", n);
  a = m >= n ? sliceAxis(a, axis, 0, n, where) : padAxis(a, axis, 0, n - m, where);
  Tensor y = transform(swapaxes(a, axis, -1, where), o.type, sine, inverse, o.norm, op, where);
  return swapaxes(y, axis, -1, where);
}

} // namespace

Tensor dct(const Tensor &x, DctOptions o, Loc where) { return apply(x, o, false, false, "dct", where); }
Tensor idct(const Tensor &x, DctOptions o, Loc where) { return apply(x, o, false, true, "idct", where); }
Tensor dst(const Tensor &x, DctOptions o, Loc where) { return apply(x, o, true, false, "dst", where); }
Tensor idst(const Tensor &x, DctOptions o, Loc where) { return apply(x, o, true, true, "idst", where); }

} // namespace tcc::fft
