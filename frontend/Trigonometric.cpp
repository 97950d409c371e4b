// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cosine and sine transforms of types 1 to 4 in SciPy's scaling: around a real or complex transform of as many numbers
// or half as many, but for type 1, whose short ways lose digits.
#include "frontend/Axes.h"
#include "tcc/Create.h"
#include "tcc/Fft.h"
#include "tcc/Indexing.h"
#include "tcc/Pointwise.h"
#include "tcc/Shape.h"

#include <cmath>
#include <functional>
#include <numbers>

namespace tcc::fft {
namespace {

using std::numbers::pi;

/// exp(-i pi (k + shift) / d) for k = 0 ... count - 1, along the last axis.
Tensor phase(int64_t count, double shift, double d, Dtype dtype, Loc where) {
  Tensor angle = multiply(add(iotaOf({count}, 0, float64, where), shift, where), -pi / d, where);
  return asDtype(complex(cos(angle, where), sin(angle, where), where), complex_dtype(dtype), where);
}

Tensor reversed(const Tensor &x, Loc where) { return ops::reverse(x, {x.ndim() - 1}, where); }
Tensor last(const Tensor &x, int64_t begin, int64_t end, Loc where) {
  return sliceAxis(x, x.ndim() - 1, begin, end, where);
}
/// Every second element.
Tensor everySecond(const Tensor &x, int64_t begin, Loc where) {
  std::vector<int64_t> starts(size_t(x.ndim())), limits = x.shape(), strides(size_t(x.ndim()), 1);
  starts.back() = begin;
  strides.back() = 2;
  return ops::slice(x, starts, limits, strides, where);
}
/// a_0, b_0, a_1, ...; a may have one element more.
Tensor interleaved(const Tensor &a, const Tensor &b, Loc where) {
  int64_t first = a.dim(-1), second = b.dim(-1), axis = a.ndim() - 1;
  Shape shape = a.shape();
  shape.back() = 2 * first;
  Tensor both = stack({a, padAxis(b, axis, 0, first - second, where)}, -1, where);
  return sliceAxis(reshapeTo(both, shape, where), axis, 0, first + second, where);
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
// Types 2 and 3 by a real transform of the even numbers followed by the odd ones backwards (J. Makhoul, "A fast cosine
// transform in one and two dimensions", IEEE Trans. ASSP-28 (1980)): with v this order of x, V its transform and
// t_k = exp(-i pi k / 2n) V_k, the result is y_k = 2 Re t_k, y_(n-k) = -2 Im t_k for k <= n / 2.
Tensor dct2(const Tensor &x, int64_t n, Loc where) {
  Tensor v = n < 2 ? x : joined({everySecond(x, 0, where), reversed(everySecond(x, 1, where), where)}, where);
  Tensor t = multiply(rfft(v, {}, where), phase(n / 2 + 1, 0, 2.0 * double(n), x.dtype(), where), where);
  Tensor front = multiply(real(t, where), 2.0, where);
  if (n < 3)
    return last(front, 0, n, where);
  return joined({front, reversed(multiply(imag(last(t, 1, (n + 1) / 2, where), where), -2.0, where), where)}, where);
}
Tensor dct3(const Tensor &x, int64_t n, Loc where) { // x_0 + 2 sum x_k cos(pi k (2 m + 1) / 2n)
  if (n == 1)
    return x;
  int64_t half = n / 2 + 1; // t_k = x_k - i x_(n-k), where x_n is 0
  Tensor back = joined({zeroColumn(x, where), last(reversed(x, where), 0, half - 1, where)}, where);
  Tensor t = complex(last(x, 0, half, where), neg(back, where), where);
  t = multiply(t, conj(phase(half, 0, 2.0 * double(n), x.dtype(), where), where), where);
  Tensor v = irfft(t, {.n = n, .norm = "forward"}, where);
  return interleaved(last(v, 0, (n + 1) / 2, where), reversed(last(v, (n + 1) / 2, n, where), where), where);
}
// Type 4 of even n by a complex transform of x_2j + i x_(n-1-2j), turned before and after; of odd n see oddDct4.
Tensor oddDct4(const Tensor &x, int64_t n, Loc where);
Tensor dct4(const Tensor &x, int64_t n, Loc where) { // 2 sum x_k cos(pi (2 k + 1) (2 m + 1) / 4n)
  if (n % 2)
    return oddDct4(x, n, where);
  Tensor pairs = complex(everySecond(x, 0, where), everySecond(reversed(x, where), 0, where), where);
  Tensor t = multiply(pairs, phase(n / 2, 0.25, double(n), x.dtype(), where), where);
  t = multiply(fft(t, {}, where), phase(n / 2, 0, double(n), x.dtype(), where), where);
  return interleaved(multiply(real(t, where), 2.0, where), reversed(multiply(imag(t, where), -2.0, where), where),
                     where);
}
/// With p = 2 k + 1 and q = 2 m + 1 the sum is over cos(2 pi p q / 8n), which a sign makes one over p that are 1 modulo
/// 8: of p, -p, 4n + p (where cosine changes its sign) and 4n - p one is. For odd n the rest of p modulo n is free, and
/// p q / 8n = a / 8 + b p q / n up to whole numbers with n a = 1 modulo 8 and 8 b = 1 modulo n: a transform of real x
/// in another order (S. C. Chan and K. L. Ho, "Direct methods for computing discrete sinusoidal transforms", IEE Proc.
/// F 137 (1990)).
Tensor oddDct4(const Tensor &x, int64_t n, Loc where) {
  std::vector<int64_t> order(n), index(n);
  std::vector<double> signs(n), real(n), imaginary(n);
  int64_t a = n % 8, b = 0; // odd squares are 1 modulo 8
  while (8 * b % n != 1 % n)
    ++b;
  for (int64_t k = 0; k < n; ++k) {
    int64_t p = 2 * k + 1, residue = p % 8;
    bool mirrored = residue == 7 || residue == 3, shifted = residue == 5 || residue == 3;
    p = mirrored ? 8 * n - p : p; // -p
    p = shifted ? p + 4 * n : p;
    double sign = shifted ? -1 : 1;
    order[size_t(p % n)] = k;
    signs[size_t(p % n)] = sign;
    int64_t frequency = b * (p % n) % n;
    bool conjugated = 2 * frequency > n;
    index[size_t(k)] = conjugated ? n - frequency : frequency;
    real[size_t(k)] = 2 * sign * std::cos(pi * double(a) / 4);
    imaginary[size_t(k)] = (conjugated ? 2 : -2) * sign * std::sin(pi * double(a) / 4);
  }
  Dtype dtype = x.dtype();
  Tensor v = multiply(take(x, tensor(order, where), -1, where), asDtype(tensor(signs, where), dtype, where), where);
  Tensor factors = asDtype(complex(tensor(real, where), tensor(imaginary, where), where), complex_dtype(dtype), where);
  return tcc::real(multiply(take(rfft(v, {}, where), tensor(index, where), -1, where), factors, where), where);
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
