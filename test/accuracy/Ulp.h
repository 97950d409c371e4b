// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far a result is from the exact one, in units of the last place of its format.

#ifndef TCC_TEST_ACCURACY_ULP_H
#define TCC_TEST_ACCURACY_ULP_H

#include <algorithm>
#include <cmath>
#include <limits>

namespace tcc::accuracy {

/// As in std::numeric_limits.
struct Format {
  int digits, minExponent, maxExponent;

  template <typename T> static constexpr Format of() {
    return {std::numeric_limits<T>::digits, std::numeric_limits<T>::min_exponent, std::numeric_limits<T>::max_exponent};
  }
};

/// |got - want| in units of the last place of `want` in the format (of `scale` if that is larger). A wrong infinity,
/// NaN or sign of zero is infinitely wrong.
template <typename R> double ulpError(Format format, R got, R want, R scale) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  if (std::isnan(want) || std::isnan(got))
    return std::isnan(want) == std::isnan(got) ? 0 : wrong;
  const R top = std::ldexp(R(1), format.maxExponent);
  if (std::isinf(got) && std::isinf(want))
    return std::signbit(got) == std::signbit(want) ? 0 : wrong;
  if (std::isinf(want) && std::abs(got) < top - std::ldexp(top, -format.digits))
    return wrong;
  if (want == 0 && got == 0)
    return std::signbit(got) == std::signbit(want) ? 0 : wrong;
  const R g = std::isinf(got) ? std::copysign(top, got) : got;
  const R w = std::isinf(want) ? std::copysign(top, want) : want;
  const R size = std::max(std::abs(w), scale);
  int exponent = size == 0 ? format.minExponent : std::min(std::ilogb(size) + 1, format.maxExponent);
  exponent = std::max(exponent, format.minExponent);
  // Beyond twice the largest number every value rounds to infinity all the same.
  if (std::isinf(got) && std::abs(w) >= top)
    return std::signbit(got) == std::signbit(w) ? 0 : wrong;
  return double(std::ldexp(std::abs(g - w), format.digits - exponent));
}

} // namespace tcc::accuracy

#endif // TCC_TEST_ACCURACY_ULP_H
