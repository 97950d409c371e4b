// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Single elements of evaluated data on the host, and what a dtype is called.
#include "frontend/Elements.h"
#include "frontend/TensorImpl.h"
#include "frontend/UserError.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <ostream>

namespace tcc {

int64_t itemsize(Dtype dtype) {
  switch (dtype) {
  case bool_:
  case int8:
  case uint8:
    return 1;
  case int16:
  case float16:
  case bfloat16:
    return 2;
  case int32:
  case uint32:
  case float32:
    return 4;
  case int64:
  case float64:
  case complex64:
    return 8;
  case complex128:
    return 16;
  }
  __builtin_unreachable();
}

const char *dtype_name(Dtype dtype) {
  static constexpr const char *names[] = {"bool",    "int8",      "int16",     "int32",    "int64",
                                          "uint8",   "uint32",    "float16",   "bfloat16", "float32",
                                          "float64", "complex64", "complex128"};
  return names[size_t(dtype)];
}
std::ostream &operator<<(std::ostream &os, Dtype dtype) { return os << dtype_name(dtype); }

// IEEE 754 binary16, by the bits: rounding to nearest even happens on the bits that do not fit.
Half::Half(float value) {
  uint32_t u = std::bit_cast<uint32_t>(value), sign = (u >> 16) & 0x8000, magnitude = u & 0x7fffffff;
  if (magnitude >= 0x7f800000) {
    bits = uint16_t(sign | 0x7c00 | (magnitude > 0x7f800000 ? 0x200 : 0));
    return;
  }
  // Below 2^-14 halves are multiples of 2^-24; adding 0.5 lets the float adder round to that grid.
  if (magnitude < 0x38800000) {
    float rounded = std::bit_cast<float>(magnitude) + 0.5f;
    bits = uint16_t(sign | (std::bit_cast<uint32_t>(rounded) - 0x3f000000));
    return;
  }
  magnitude += 0xfff + ((magnitude >> 13) & 1);
  bits = uint16_t(sign | (magnitude >= 0x47800000 ? 0x7c00 : (magnitude - 0x38000000) >> 13));
}
Half::operator float() const {
  uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = (bits >> 10) & 31, fraction = bits & 0x3ff;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
  if (exponent == 0) {
    float magnitude = std::ldexp(float(fraction), -24);
    return sign ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}
BFloat16::BFloat16(float value) {
  uint32_t u = std::bit_cast<uint32_t>(value);
  bits = std::isnan(value) ? uint16_t(u >> 16 | 0x40) : uint16_t((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

bool hasOpen(const Shape &shape) { return std::any_of(shape.begin(), shape.end(), isOpen); }
bool mayAgree(const Shape &a, const Shape &b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](int64_t p, int64_t q) { return mayAgree(p, q); });
}

int64_t elementCount(const Shape &shape) {
  int64_t n = 1;
  for (int64_t d : shape)
    n *= d;
  return n;
}
int64_t checkedCount(const Shape &shape, const char *op, Loc where) {
  bool empty = false;
  for (int64_t d : shape) {
    if (d < 0 && !isOpen(d))
      fail(op, where, Kind::shape, "expected extents that are not negative, got ", shape);
    empty |= d == 0;
  }
  if (hasOpen(shape))
    return -1;
  int64_t n = 1;
  for (int64_t d : shape)
    if (!empty && __builtin_mul_overflow(n, d, &n))
      fail(op, where, Kind::shape, "expected a shape whose number of elements fits 64 bits, got ", shape);
  return empty ? 0 : n;
}

Scalar readElement(Dtype dtype, const void *data, int64_t i) {
  auto at = [&]<class T>(T) { return static_cast<const T *>(data)[i]; };
  switch (dtype) {
  case bool_:
    return int64_t(at(uint8_t()) != 0);
  case int8:
    return int64_t(at(int8_t()));
  case int16:
    return int64_t(at(int16_t()));
  case int32:
    return int64_t(at(int32_t()));
  case int64:
    return at(int64_t());
  case uint8:
    return int64_t(at(uint8_t()));
  case uint32:
    return int64_t(at(uint32_t()));
  case float16:
    return double(float(at(Half())));
  case bfloat16:
    return double(float(at(BFloat16())));
  case float32:
    return double(at(float()));
  case float64:
    return at(double());
  case complex64:
    return std::complex<double>(at(std::complex<float>()));
  case complex128:
    return at(std::complex<double>());
  }
  __builtin_unreachable();
}

double asDouble(const Scalar &value) {
  if (auto *i = std::get_if<int64_t>(&value))
    return double(*i);
  if (auto *d = std::get_if<double>(&value))
    return *d;
  return std::get<std::complex<double>>(value).real();
}
int64_t asInteger(const Scalar &value) {
  if (auto *i = std::get_if<int64_t>(&value))
    return *i;
  double d = asDouble(value);
  if (std::isnan(d))
    return 0;
  if (d >= 0x1p63)
    return std::numeric_limits<int64_t>::max();
  return d < -0x1p63 ? std::numeric_limits<int64_t>::min() : int64_t(d);
}
std::complex<double> asComplex(const Scalar &value) {
  if (auto *c = std::get_if<std::complex<double>>(&value))
    return *c;
  return asDouble(value);
}

void writeElement(Dtype dtype, void *data, int64_t i, const Scalar &value) {
  auto put = [&]<class T>(T v) { static_cast<T *>(data)[i] = v; };
  // Between integers the low bits are kept; from floating values the result saturates.
  auto integer = [&]<class T>(T) {
    if (auto *exact = std::get_if<int64_t>(&value))
      return put(T(*exact));
    int64_t v = asInteger(value), low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
    put(T(v < low ? low : v > high ? high : v));
  };
  switch (dtype) {
  case bool_:
    return put(uint8_t(asComplex(value) != std::complex<double>()));
  case int8:
    return integer(int8_t());
  case int16:
    return integer(int16_t());
  case int32:
    return integer(int32_t());
  case int64:
    return put(asInteger(value));
  case uint8:
    return integer(uint8_t());
  case uint32:
    return integer(uint32_t());
  case float16:
    return put(Half(float(asDouble(value))));
  case bfloat16:
    return put(BFloat16(float(asDouble(value))));
  case float32:
    return put(float(asDouble(value)));
  case float64:
    return put(asDouble(value));
  case complex64:
    return put(std::complex<float>(asComplex(value)));
  case complex128:
    return put(asComplex(value));
  }
}

Buffer allocateElements(Dtype dtype, const Shape &shape, const char *op, Loc where) {
  int64_t bytes;
  if (__builtin_mul_overflow(checkedCount(shape, op, where), itemsize(dtype), &bytes))
    bytes = std::numeric_limits<int64_t>::max();
  Buffer buffer = Buffer::create(bytes);
  if (!buffer)
    fail(op, where, Kind::value, "out of memory: ", bytes, " bytes for ", dtype, " of shape ", shape);
  return buffer;
}

Tensor fromIntegers(const std::vector<int64_t> &values, Shape shape, Loc where) {
  Buffer buffer = allocateElements(int64, shape, "index", where);
  if (!values.empty())
    std::memcpy(buffer.data(), values.data(), values.size() * sizeof(int64_t));
  return fromBuffer(std::move(buffer), int64, std::move(shape));
}

std::vector<int64_t> evaluatedIntegers(const Tensor &x, Loc where) {
  const void *data = evaluated(x, where).data();
  std::vector<int64_t> values(size_t(x.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = asInteger(readElement(x.dtype(), data, int64_t(i)));
  return values;
}

Scalar evaluatedScalar(const Tensor &x, const char *op, Loc where) {
  if (x.size() != 1)
    fail(op, where, Kind::shape, "expected a single number, got shape ", x.shape());
  if (x.impl()->weak)
    return *x.impl()->weak;
  return readElement(x.dtype(), evaluated(x, where).data(), 0);
}

Tensor leafOf(const Scalar &value, Dtype dtype, const Shape &shape, Loc where) {
  Buffer buffer = allocateElements(dtype, shape, "leaf", where);
  for (int64_t i = 0, n = elementCount(shape); i < n; ++i)
    writeElement(dtype, buffer.data(), i, value);
  return fromBuffer(std::move(buffer), dtype, shape);
}

} // namespace tcc
