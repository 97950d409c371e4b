// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows of an expression with the dtype, shape and elements it must have, and tensors to make expressions of.
#pragma once

#include "tcc/tcc.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace tcc;

inline constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

/// 0, 1, 2, ... as {3, 4}.
inline const Tensor &x() {
  static Tensor t = tensor({{0.0, 1.0, 2.0, 3.0}, {4.0, 5.0, 6.0, 7.0}, {8.0, 9.0, 10.0, 11.0}});
  return t;
}
/// 0, 1, 2, ... as {2, 3, 4}.
inline const Tensor &y() {
  static Tensor t = tensor({{{0.0, 1.0, 2.0, 3.0}, {4.0, 5.0, 6.0, 7.0}, {8.0, 9.0, 10.0, 11.0}},
                            {{12.0, 13.0, 14.0, 15.0}, {16.0, 17.0, 18.0, 19.0}, {20.0, 21.0, 22.0, 23.0}}});
  return t;
}

/// Complex elements are listed as real and imaginary parts.
inline void expectRow(const Tensor &got, Dtype dtype, const Shape &shape, const std::vector<double> &want,
                      const char *text) {
  EXPECT_EQ(got.dtype(), dtype) << text;
  ASSERT_EQ(got.shape(), shape) << text;
  std::vector<double> have;
  for (std::complex<double> z : got.astype(complex128).to_vector<std::complex<double>>()) {
    have.push_back(z.real());
    if (is_complex(dtype))
      have.push_back(z.imag());
  }
  ASSERT_EQ(have.size(), want.size()) << text;
  double scale = 1;
  for (double w : want)
    if (std::isfinite(w))
      scale = std::max(scale, std::abs(w));
  double tolerance = !is_inexact(dtype) ? 0 : (real_dtype(dtype) == float64 ? 1e-12 : 1e-6) * scale;
  for (size_t i = 0; i < want.size(); ++i)
    if (std::isnan(want[i]))
      EXPECT_TRUE(std::isnan(have[i])) << text << " at " << i << ": " << have[i];
    else if (std::isinf(want[i]))
      EXPECT_EQ(have[i], want[i]) << text << " at " << i;
    else
      EXPECT_NEAR(have[i], want[i], tolerance) << text << " at " << i;
}

/// ROW(expression, dtype, (shape), {elements...})
#define ROW(expression, dtype, shape, ...)                                                                             \
  expectRow(expression, dtype, shape, std::vector<double> __VA_ARGS__, #expression)
