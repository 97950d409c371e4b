// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The element types as C++ types with wrapping integer arithmetic, and the dispatch from a dtype code to them.
// float16 and bfloat16 are computed in float and rounded once, complex is our own pair: neither needs a library.
#ifndef TCC_RUNTIME_ELEMENTS_H
#define TCC_RUNTIME_ELEMENTS_H

#include "runtime/Runtime.h"
#include <string.h>
#include <type_traits>

namespace tcc::runtime {

template <class To, class From> inline To bitCast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  memcpy(&to, &from, sizeof(To));
  return to;
}

/// IEEE binary16, round to nearest even.
struct Half {
  uint16_t bits;
  Half() = default;
  explicit Half(float value) {
    uint32_t f = bitCast<uint32_t>(value), sign = (f >> 16) & 0x8000, magnitude = f & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      bits = uint16_t(sign | 0x7e00 | ((magnitude >> 13) & 0x3ff));
    } else if (magnitude >= 0x477ff000) { // rounds to at least 65520
      bits = uint16_t(sign | 0x7c00);
    } else if (magnitude < 0x38800000) {
      // Subnormal: adding 0.5 puts the result's last bit at the float's last bit, so the addition rounds for us.
      float shifted = bitCast<float>(magnitude) + 0.5f;
      bits = uint16_t(sign | (bitCast<uint32_t>(shifted) - 0x3f000000));
    } else {
      bits = uint16_t(sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13));
    }
  }
  explicit operator float() const {
    uint32_t sign = uint32_t(bits & 0x8000) << 16, magnitude = uint32_t(bits & 0x7fff) << 13;
    if (magnitude >= 0x0f800000)
      return bitCast<float>(sign | (magnitude + 0x70000000));
    if (magnitude >= 0x00800000)
      return bitCast<float>(sign | (magnitude + 0x38000000));
    float tiny = float(magnitude >> 13) * 0x1p-24f;
    return sign ? -tiny : tiny;
  }
};

/// The upper half of a float, round to nearest even.
struct BFloat16 {
  uint16_t bits;
  BFloat16() = default;
  explicit BFloat16(float value) {
    uint32_t f = bitCast<uint32_t>(value);
    bits = (f & 0x7fffffff) > 0x7f800000 ? uint16_t((f >> 16) | 0x40) : uint16_t((f + 0x7fff + ((f >> 16) & 1)) >> 16);
  }
  explicit operator float() const { return bitCast<float>(uint32_t(bits) << 16); }
};

/// bool as an element: + is or, * is and.
struct Bool {
  uint8_t bits;
  Bool() = default;
  explicit Bool(int value) : bits(value != 0) {}
};
inline Bool operator+(Bool a, Bool b) { return Bool(a.bits | b.bits); }
inline Bool operator*(Bool a, Bool b) { return Bool(a.bits & b.bits); }
inline bool operator<(Bool a, Bool b) { return a.bits < b.bits; }
inline bool operator==(Bool a, Bool b) { return a.bits == b.bits; }

/// Multiplication is the textbook formula: no recovery of infinities, hence no call to a library function.
template <class T> struct Complex {
  T re, im;
  Complex() = default;
  Complex(T re, T im = 0) : re(re), im(im) {}
  template <class U> explicit Complex(Complex<U> other) : re(T(other.re)), im(T(other.im)) {}
  friend Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
  friend Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
  friend Complex operator*(Complex a, Complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
  friend bool operator==(Complex a, Complex b) { return a.re == b.re && a.im == b.im; }
};

template <class T> inline constexpr bool isComplex = false;
template <class T> inline constexpr bool isComplex<Complex<T>> = true;
template <class T> inline constexpr bool isSmallFloat = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;
template <class T> inline constexpr bool isFloat = std::is_floating_point_v<T> || isSmallFloat<T>;

template <class T> struct RealOf {
  using type = T;
};
template <class T> struct RealOf<Complex<T>> {
  using type = T;
};
template <class T> using Real = typename RealOf<T>::type;

inline float conjugate(float x) { return x; }
inline double conjugate(double x) { return x; }
template <class T> Complex<T> conjugate(Complex<T> x) { return {x.re, -x.im}; }

/// Integer arithmetic wraps, as the compiled kernels' does; signed overflow in C++ would be undefined.
template <class T> inline T addOf(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return T(std::make_unsigned_t<T>(uint64_t(a) + uint64_t(b)));
  else
    return a + b;
}
template <class T> inline T multiplyOf(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return T(std::make_unsigned_t<T>(uint64_t(a) * uint64_t(b)));
  else
    return a * b;
}

/// The type in which T is compared and added: float for the 16-bit floats, else T.
template <class T> using Computed = std::conditional_t<isSmallFloat<T>, float, T>;

template <class T> inline bool isNan(T x) {
  if constexpr (std::is_floating_point_v<T>)
    return x != x;
  else if constexpr (isSmallFloat<T>)
    return float(x) != float(x);
  else
    return false;
}

/// Calls f.template operator()<T>() with the element type of `dtype`; the caller has checked that the code is valid.
template <class F> int32_t dispatchReal(int32_t dtype, F &&f) {
  switch (dtype) {
  case TCC_BOOL:
    return f.template operator()<Bool>();
  case TCC_I8:
    return f.template operator()<int8_t>();
  case TCC_I16:
    return f.template operator()<int16_t>();
  case TCC_I32:
    return f.template operator()<int32_t>();
  case TCC_I64:
    return f.template operator()<int64_t>();
  case TCC_U8:
    return f.template operator()<uint8_t>();
  case TCC_U32:
    return f.template operator()<uint32_t>();
  case TCC_F16:
    return f.template operator()<Half>();
  case TCC_BF16:
    return f.template operator()<BFloat16>();
  case TCC_F32:
    return f.template operator()<float>();
  default:
    return f.template operator()<double>();
  }
}
template <class F> int32_t dispatchAll(int32_t dtype, F &&f) {
  if (dtype == TCC_C64)
    return f.template operator()<Complex<float>>();
  if (dtype == TCC_C128)
    return f.template operator()<Complex<double>>();
  return dispatchReal(dtype, f);
}
/// float32, float64, complex64, complex128 only.
template <class F> int32_t dispatchLapack(int32_t dtype, F &&f) {
  switch (dtype) {
  case TCC_F32:
    return f.template operator()<float>();
  case TCC_F64:
    return f.template operator()<double>();
  case TCC_C64:
    return f.template operator()<Complex<float>>();
  default:
    return f.template operator()<Complex<double>>();
  }
}

} // namespace tcc::runtime
#endif
