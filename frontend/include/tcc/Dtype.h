// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types, shapes, and how C++ types map to element types.
#pragma once

#include <bit>
#include <complex>
#include <cstdint>
#include <iosfwd>
#include <source_location>
#include <type_traits>
#include <vector>

/// Marks what libtcc.so exports; everything else is hidden.
#if defined(__GNUC__)
#define TCC_API __attribute__((visibility("default")))
#else
#define TCC_API
#endif

namespace tcc {

/// The element types. The numbering is part of the artifact's ABI.
enum class Dtype : uint8_t {
  bool_,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint32,
  float16,
  bfloat16,
  float32,
  float64,
  complex64,
  complex128
};
using enum Dtype;

/// Extents, outermost first.
using Shape = std::vector<int64_t>;
/// The line of the caller; every function takes it last, defaulted.
using Loc = std::source_location;

/// A number C++ knows: what converts to a (weakly typed) tensor by itself.
template <class S>
concept ScalarType =
    std::is_arithmetic_v<S> || std::is_same_v<S, std::complex<float>> || std::is_same_v<S, std::complex<double>>;

/// Storage of one float16 element.
struct Half {
  uint16_t bits = 0;
  Half() = default;
  /// Rounds to nearest, ties to even.
  TCC_API explicit Half(float value);
  TCC_API operator float() const;
};
/// Storage of one bfloat16 element.
struct BFloat16 {
  uint16_t bits = 0;
  BFloat16() = default;
  /// Rounds to nearest, ties to even.
  TCC_API explicit BFloat16(float value);
  operator float() const { return std::bit_cast<float>(uint32_t(bits) << 16); }
};

/// Bytes of one element.
TCC_API int64_t itemsize(Dtype dtype);
/// NumPy's name, "bool" for bool_.
TCC_API const char *dtype_name(Dtype dtype);
TCC_API std::ostream &operator<<(std::ostream &os, Dtype dtype);

constexpr bool is_complex(Dtype d) { return d == complex64 || d == complex128; }
constexpr bool is_floating(Dtype d) { return d >= float16 && d <= float64; }
/// Floating or complex.
constexpr bool is_inexact(Dtype d) { return d >= float16; }
/// Signed or unsigned, not bool.
constexpr bool is_integer(Dtype d) { return d >= int8 && d <= uint32; }
/// The type of |z|: float32 of complex64, float64 of complex128, else the type itself.
constexpr Dtype real_dtype(Dtype d) { return d == complex64 ? float32 : d == complex128 ? float64 : d; }
/// The complex type whose parts have type d: complex128 for float64, complex64 for narrower floats.
constexpr Dtype complex_dtype(Dtype d) {
  return is_complex(d) ? d : d == float32 || d == float16 || d == bfloat16 ? complex64 : complex128;
}

/// The dtype whose elements are stored as a C++ T.
template <class T> constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, bool>)
    return bool_;
  else if constexpr (std::is_same_v<T, float>)
    return float32;
  else if constexpr (std::is_same_v<T, double>)
    return float64;
  else if constexpr (std::is_same_v<T, std::complex<float>>)
    return complex64;
  else if constexpr (std::is_same_v<T, std::complex<double>>)
    return complex128;
  else if constexpr (std::is_same_v<T, Half>)
    return float16;
  else if constexpr (std::is_same_v<T, BFloat16>)
    return bfloat16;
  else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
    return sizeof(T) == 1 ? int8 : sizeof(T) == 2 ? int16 : sizeof(T) == 4 ? int32 : int64;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 1)
    return uint8;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 4)
    return uint32;
  else
    static_assert(sizeof(T) == 0, "no dtype has elements of this C++ type");
}

} // namespace tcc
