// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors out of the files that test/reference/*.py wrote, and comparison with them.
#include "test/unit/ReferenceData.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace tcc::test {

std::string readFile(const std::string &name) {
  std::ifstream in(std::string(TCC_SOURCE_DIR) + "/test/reference/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class T> static Tensor copied(const char *data, int64_t n, const Shape &shape) {
  std::vector<T> elements(n);
  if constexpr (std::is_same_v<T, bool>) {
    for (int64_t i = 0; i < n; ++i)
      elements[i] = data[i] != 0;
  } else {
    std::copy_n(data, n * sizeof(T), reinterpret_cast<char *>(elements.data()));
  }
  return tensor(elements, shape);
}

Tensor parse(const std::string &field, const std::string &bytes) {
  std::istringstream in(field);
  std::string code, extents, offset, view;
  std::getline(in, code, ':'), std::getline(in, extents, ':'), std::getline(in, offset, ':'), std::getline(in, view);
  Shape shape;
  int64_t n = 1;
  if (extents != "-") {
    std::istringstream list(extents);
    for (std::string e; std::getline(list, e, 'x');)
      shape.push_back(std::stoll(e)), n *= shape.back();
  }
  const char *data = bytes.data() + std::stoll(offset);
  Tensor x;
  auto widened = [&]<class H>(H) {
    std::vector<float> elements(n);
    for (int64_t i = 0; i < n; ++i) {
      H h;
      std::memcpy(&h.bits, data + 2 * i, 2);
      elements[i] = float(h);
    }
    return tensor(elements, shape, dtype_of<H>());
  };
  switch (Dtype(std::stoi(code))) {
  case bool_:
    x = copied<bool>(data, n, shape);
    break;
  case int8:
    x = copied<int8_t>(data, n, shape);
    break;
  case int16:
    x = copied<int16_t>(data, n, shape);
    break;
  case int32:
    x = copied<int32_t>(data, n, shape);
    break;
  case int64:
    x = copied<int64_t>(data, n, shape);
    break;
  case uint8:
    x = copied<uint8_t>(data, n, shape);
    break;
  case uint32:
    x = copied<uint32_t>(data, n, shape);
    break;
  case float16:
    x = widened(Half());
    break;
  case bfloat16:
    x = widened(BFloat16());
    break;
  case float32:
    x = copied<float>(data, n, shape);
    break;
  case float64:
    x = copied<double>(data, n, shape);
    break;
  case complex64:
    x = copied<std::complex<float>>(data, n, shape);
    break;
  case complex128:
    x = copied<std::complex<double>>(data, n, shape);
    break;
  }
  if (view == "T")
    return x.T();
  if (view == "F")
    return x(slice(_, _, -1));
  if (view == "S")
    return x(ellipsis, slice(_, _, 2));
  if (view == "B") {
    shape.insert(shape.begin(), 3);
    return broadcast_to(x, shape);
  }
  return x;
}

static double epsOf(Dtype d) {
  switch (real_dtype(d)) {
  case float16:
    return 0x1p-10;
  case bfloat16:
    return 0x1p-7;
  case float32:
    return 0x1p-23;
  case float64:
    return 0x1p-52;
  default:
    return 0;
  }
}

static double smallestNormal(Dtype d) {
  Dtype r = real_dtype(d);
  return r == float16 ? 0x1p-14 : r == float64 ? 0x1p-1022 : 0x1p-126;
}

template <class F> static void visitElements(const Tensor &x, const F &visit) {
  auto each = [&]<class T>(T) {
    const T *data = x.data<T>();
    for (int64_t i = 0, n = x.size(); i < n; ++i)
      visit(data[i]);
  };
  switch (x.dtype()) {
  case bool_:
    return each(bool());
  case int8:
    return each(int8_t());
  case int16:
    return each(int16_t());
  case int32:
    return each(int32_t());
  case int64:
    return each(int64_t());
  case uint8:
    return each(uint8_t());
  case uint32:
    return each(uint32_t());
  case float16:
    return each(Half());
  case bfloat16:
    return each(BFloat16());
  case float32:
    return each(float());
  case float64:
    return each(double());
  case complex64:
    return each(std::complex<float>());
  case complex128:
    return each(std::complex<double>());
  }
}

std::vector<double> parts(const Tensor &x) {
  std::vector<double> out;
  visitElements(x, [&]<class T>(const T &v) {
    if constexpr (requires { v.real(); }) {
      out.push_back(v.real());
      out.push_back(v.imag());
    } else {
      out.push_back(double(v));
    }
  });
  return out;
}

static std::vector<int64_t> integers(const Tensor &x) {
  std::vector<int64_t> out;
  visitElements(x, [&]<class T>(const T &v) {
    if constexpr (std::is_integral_v<T>)
      out.push_back(int64_t(v));
  });
  return out;
}

void compare(const Tensor &got, const Tensor &want, const std::string &tolerance, const std::string &what) {
  EXPECT_EQ(dtype_name(got.dtype()), std::string(dtype_name(want.dtype()))) << what;
  ASSERT_EQ(got.shape(), want.shape()) << what;
  if (!is_inexact(want.dtype())) {
    EXPECT_EQ(integers(got), integers(want)) << what;
    return;
  }
  std::vector<double> have = parts(got), expected = parts(want);
  bool equal = tolerance == "=", ulps = tolerance[0] == 'u';
  double scale = 0, tol = equal ? 0 : std::stod(tolerance.substr(ulps)) * epsOf(want.dtype());
  for (double w : expected)
    if (std::isfinite(w))
      scale = std::max(scale, std::abs(w));
  for (size_t i = 0; i < have.size(); ++i) {
    double w = expected[i], h = have[i];
    size_t other = is_complex(want.dtype()) ? i ^ 1 : i; // a complex number's error counts by its magnitude
    double aside = other == i || !std::isfinite(expected[other]) ? 0 : expected[other];
    double bound = ulps ? tol * std::max(std::hypot(w, aside), smallestNormal(want.dtype())) : tol * scale;
    bool same = std::isnan(w) ? std::isnan(h) : std::isfinite(w) ? std::abs(h - w) <= bound : h == w;
    if (same && equal && w == 0 && !std::isnan(w))
      same = std::signbit(w) == std::signbit(h);
    if (!same) {
      ADD_FAILURE() << what << " at " << i << ": got " << h << ", expected " << w << " (off by " << std::abs(h - w)
                    << ", allowed " << bound << ")";
      return;
    }
  }
}

} // namespace tcc::test
