// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Elementwise functions that are compositions of ops.
#include "tcc/Pointwise.h"
#include "frontend/Axes.h"
#include "frontend/TensorImpl.h"
#include "tcc/Reduce.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace tcc {
namespace {

Tensor asBool(const Tensor &x, const char *op, Loc where) { return asDtype(asNode(x, op, where), bool_, where); }

Tensor boolLike(const Tensor &x, bool value, Loc where) {
  return broadcastTo(asDtype(Tensor(value), bool_, where), x.shape(), "isnan", where);
}

} // namespace

Tensor round(const Tensor &x, int64_t decimals, Loc where) {
  Tensor a = asNode(x, "round", where);
  if (is_complex(a.dtype()))
    return complex(round(real(a, where), decimals, where), round(imag(a, where), decimals, where), where);
  if (!is_floating(a.dtype()) && decimals >= 0)
    return a;
  if (!is_floating(a.dtype()))
    return asDtype(round(asDtype(a, float64, where), decimals, where), a.dtype(), where);
  if (decimals == 0)
    return ops::round(a, where);
  // As NumPy: scale by a power of ten that is exact, round, scale back.
  double scale = std::pow(10.0, double(std::abs(decimals)));
  return decimals > 0 ? divide(ops::round(multiply(a, scale, where), where), scale, where)
                      : multiply(ops::round(divide(a, scale, where), where), scale, where);
}

/// z times a real number, part by part: as a complex number its zero would make NaN of infinite parts.
static Tensor scaled(const Tensor &z, double factor, Loc where) {
  return complex(multiply(real(z, where), factor, where), multiply(imag(z, where), factor, where), where);
}
Tensor exp2(const Tensor &x, Loc where) {
  Tensor a = asInexact(x, "exp2", where);
  return is_complex(a.dtype()) ? exp(scaled(a, std::numbers::ln2, where), where) : ops::exp2(a, where);
}
Tensor log2(const Tensor &x, Loc where) {
  Tensor a = asInexact(x, "log2", where);
  return is_complex(a.dtype()) ? scaled(log(a, where), std::numbers::log2e, where) : ops::log2(a, where);
}
Tensor log10(const Tensor &x, Loc where) {
  Tensor a = asInexact(x, "log10", where);
  return is_complex(a.dtype()) ? scaled(log(a, where), std::numbers::log10e, where) : ops::log10(a, where);
}

Tensor positive(const Tensor &x, Loc where) { return asNode(x, "positive", where); }
Tensor reciprocal(const Tensor &x, Loc where) { return divide(1.0, asInexact(x, "reciprocal", where), where); }

// 1 / (1 + exp(-x)) keeps its relative precision in the lower tail, until exp(-x) overflows; there it is exp(x).
Tensor sigmoid(const Tensor &x, Loc where) {
  Tensor a = asInexact(x, "sigmoid", where);
  auto logistic = [&](const Tensor &t) { return divide(1.0, add(1.0, exp(neg(t, where), where), where), where); };
  if (is_complex(a.dtype()))
    return logistic(a);
  double edge = a.dtype() == float64 ? -700 : a.dtype() == float16 ? -11 : -87;
  // The untaken branch must not overflow either: its derivative would be inf * 0.
  return tcc::where(less(a, edge, where), exp(minimum(a, edge, where), where), logistic(maximum(a, edge, where)),
                    where);
}

Tensor angle(const Tensor &x, Loc where) {
  Tensor a = asInexact(x, "angle", where);
  if (is_complex(a.dtype()))
    return atan2(imag(a, where), real(a, where), where);
  return atan2(zerosOf(a.dtype(), a.shape(), where), a, where);
}

Tensor polar(const Tensor &radius, const Tensor &phase, Loc where) {
  return complex(multiply(radius, cos(phase, where), where), multiply(radius, sin(phase, where), where), where);
}

Tensor logaddexp(const Tensor &a, const Tensor &b, Loc where) {
  expectReal(a, "logaddexp", where);
  expectReal(b, "logaddexp", where);
  auto [x, y] = promoteBinary(a, b, Promote::inexact, "logaddexp", where);
  // The larger one plus log(1 + e^-distance), by selection: abs and max of equal numbers would have the right value and
  // slope, but no curvature. Equal infinities have no difference.
  Tensor larger = greater(x, y, where);
  Tensor top = tcc::where(larger, x, y, where), low = tcc::where(larger, y, x, where);
  double infinity = std::numeric_limits<double>::infinity();
  Tensor apart = tcc::where(isinf(low, where), constantLike(low, -infinity, where), subtract(low, top, where), where);
  return add(top, log1p(exp(apart, where), where), where);
}

Tensor divide(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = promoteBinary(a, b, Promote::inexact, "divide", where);
  return ops::divide(x, y, where);
}

/// The operands of a division without remainder. What divides integers by a C++ 0 cannot be meant.
static std::pair<Tensor, Tensor> divided(const Tensor &a, const Tensor &b, const char *op, Loc where) {
  std::pair<Tensor, Tensor> pair = promoteBinary(a, b, Promote::keep, op, where);
  if (isWeak(b) && !is_inexact(pair.first.dtype()) && asInteger(*b.impl()->weak) == 0)
    fail(op, where, Kind::numerical, "expected a divisor other than 0 for ", pair.first.dtype(), ", got 0");
  return pair;
}
Tensor floor_divide(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = divided(a, b, "floor_divide", where);
  return ops::floor_divide(x, y, where);
}
Tensor remainder(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = divided(a, b, "remainder", where);
  return ops::remainder(x, y, where);
}
Tensor fmod(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = divided(a, b, "fmod", where);
  return ops::fmod(x, y, where);
}

Tensor power(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = promoteBinary(a, b, Promote::keep, "power", where);
  if (!is_inexact(x.dtype()) && isWeak(b) && asDouble(*b.impl()->weak) < 0)
    fail("power", where, Kind::value, "expected a power that is not negative for ", x.dtype(), ", got ",
         asInteger(*b.impl()->weak));
  // Small whole powers, which are what people mostly write, are exact as products and differentiate well at 0.
  if (isWeak(b) && asComplex(*b.impl()->weak) == 2.0)
    return square(x, where);
  return ops::power(x.dtype() == bool_ ? asDtype(x, int8, where) : x, y.dtype() == bool_ ? asDtype(y, int8, where) : y,
                    where);
}
Tensor pow(const Tensor &a, const Tensor &b, Loc where) { return power(a, b, where); }

Tensor clip(const Tensor &x, const Tensor &lo, const Tensor &hi, Loc where) {
  return minimum(maximum(x, lo, where), hi, where);
}
Tensor clip(const Tensor &x, Placeholder, const Tensor &hi, Loc where) { return minimum(x, hi, where); }
Tensor clip(const Tensor &x, const Tensor &lo, Placeholder, Loc where) { return maximum(x, lo, where); }

Tensor where(const Tensor &condition, const Tensor &a, const Tensor &b, Loc where) {
  const Tensor values[] = {a, b};
  Dtype dtype = commonDtype(values, "where", where);
  const Tensor all[] = {condition, a, b};
  Shape shape = broadcastShapes(all, "where", where);
  auto fit = [&](const Tensor &x) { return broadcastTo(asDtype(x, dtype, where), shape, "where", where); };
  return ops::select(broadcastTo(asBool(condition, "where", where), shape, "where", where), fit(a), fit(b), where);
}

Tensor isnan(const Tensor &x, Loc where) {
  Tensor a = asNode(x, "isnan", where);
  return is_inexact(a.dtype()) ? not_equal(a, a, where) : boolLike(a, false, where);
}
Tensor isinf(const Tensor &x, Loc where) {
  Tensor a = asNode(x, "isinf", where);
  if (is_complex(a.dtype()))
    return logical_or(isinf(real(a, where), where), isinf(imag(a, where), where), where);
  return is_floating(a.dtype()) ? equal(abs(a, where), std::numeric_limits<double>::infinity(), where)
                                : boolLike(a, false, where);
}
Tensor isfinite(const Tensor &x, Loc where) {
  Tensor a = asNode(x, "isfinite", where);
  if (is_complex(a.dtype()))
    return logical_and(isfinite(real(a, where), where), isfinite(imag(a, where), where), where);
  return is_floating(a.dtype()) ? less(abs(a, where), std::numeric_limits<double>::infinity(), where)
                                : boolLike(a, true, where);
}
Tensor nan_to_num(const Tensor &x, Loc where) {
  Tensor a = asNode(x, "nan_to_num", where);
  if (is_complex(a.dtype()))
    return complex(nan_to_num(real(a, where), where), nan_to_num(imag(a, where), where), where);
  if (!is_floating(a.dtype()))
    return a;
  double top = largest(a.dtype());
  Tensor zero = zerosOf(a.dtype(), a.shape(), where);
  return tcc::where(isnan(a, where), zero, clip(a, -top, top, where), where);
}

Tensor logical_not(const Tensor &x, Loc where) { return ops::bitwise_not(asBool(x, "logical_not", where), where); }
static std::pair<Tensor, Tensor> bools(const Tensor &a, const Tensor &b, const char *op, Loc where) {
  return promoteBinary(asBool(a, op, where), asBool(b, op, where), Promote::keep, op, where);
}
Tensor logical_and(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = bools(a, b, "logical_and", where);
  return ops::bitwise_and(x, y, where);
}
Tensor logical_or(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = bools(a, b, "logical_or", where);
  return ops::bitwise_or(x, y, where);
}
Tensor logical_xor(const Tensor &a, const Tensor &b, Loc where) {
  auto [x, y] = bools(a, b, "logical_xor", where);
  return ops::bitwise_xor(x, y, where);
}

bool allclose(const Tensor &a, const Tensor &b, double rtol, double atol, Loc where) {
  const Tensor xs[] = {a, b};
  std::vector<Tensor> same = promoteAll(xs, Promote::inexact, "allclose", where);
  Tensor x = asDtype(same[0], is_complex(same[0].dtype()) ? complex128 : float64, where);
  Tensor y = asDtype(same[1], x.dtype(), where);
  Tensor near =
      less_equal(abs(subtract(x, y, where), where), add(atol, multiply(rtol, abs(y, where), where), where), where);
  // An infinite bound accepts everything; infinities must be equal instead.
  Tensor close = logical_or(logical_and(near, isfinite(y, where), where), equal(x, y, where), where);
  return all(close, {}, {}, where).item<bool>();
}

} // namespace tcc
