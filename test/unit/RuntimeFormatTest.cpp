// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors as text. Expected texts are what NumPy 2.4 prints for the same arrays.
#include "runtime/Format.h"
#include <complex>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using tcc::runtime::formatTensor;

namespace {

template <class T> std::string print(int32_t dtype, std::vector<T> values, std::vector<int64_t> shape) {
  return formatTensor({values.data(), dtype, int32_t(shape.size()), shape.data()});
}

TEST(Format, columns_are_aligned_at_the_point) {
  EXPECT_EQ(print<double>(TCC_F64, {1, -2.5, 3.25, 100}, {2, 2}), "[[  1.    -2.5 ]\n [  3.25 100.  ]]");
}

TEST(Format, only_digits_that_the_dtype_has_are_printed) {
  EXPECT_EQ(print<float>(TCC_F32, {0.1f, 16777.1f}, {2}), "[1.00000e-01 1.67771e+04]");
  EXPECT_EQ(print<float>(TCC_F32, {0.1f, 0.2f}, {2}), "[0.1 0.2]");
  EXPECT_EQ(print<double>(TCC_F64, {1.0 / 3}, {1}), "[0.33333333]");
}

TEST(Format, wide_ranges_are_scientific) {
  EXPECT_EQ(print<double>(TCC_F64, {1e8, 1.5}, {2}), "[1.0e+08 1.5e+00]");
  EXPECT_EQ(print<double>(TCC_F64, {1e-5, 1}, {2}), "[1.e-05 1.e+00]");
  EXPECT_EQ(print<double>(TCC_F64, {5, 5e300}, {2}), "[5.e+000 5.e+300]");
}

TEST(Format, not_a_number_and_infinity_are_padded) {
  double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(print<double>(TCC_F64, {nan, 1.5, -inf}, {3}), "[ nan  1.5 -inf]");
}

TEST(Format, complex_numbers_have_a_sign_between_their_parts) {
  EXPECT_EQ(print<std::complex<float>>(TCC_C64, {{1, -2}, {0.5f, 3}}, {2}), "[1. -2.j 0.5+3.j]");
}

TEST(Format, integers_and_bools_are_padded_to_one_width) {
  EXPECT_EQ(print<int64_t>(TCC_I64, {1, -20}, {2}), "[  1 -20]");
  EXPECT_EQ(print<uint8_t>(TCC_BOOL, {1, 0}, {2}), "[ True False]");
  EXPECT_EQ(print<uint8_t>(TCC_BOOL, {1, 1}, {2}), "[ True  True]");
}

TEST(Format, a_single_number_is_printed_as_python_does) {
  EXPECT_EQ(print<double>(TCC_F64, {3}, {}), "3.0");
  EXPECT_EQ(print<double>(TCC_F64, {1e-5}, {}), "1e-05");
  EXPECT_EQ(print<int32_t>(TCC_I32, {7}, {}), "7");
  EXPECT_EQ(print<std::complex<double>>(TCC_C128, {{1, 2}}, {}), "(1+2j)");
  EXPECT_EQ(print<std::complex<double>>(TCC_C128, {{1.5, -2}}, {}), "(1.5-2j)");
}

TEST(Format, more_than_a_thousand_elements_are_abbreviated) {
  std::vector<int32_t> values(1200);
  for (int i = 0; i < 1200; ++i)
    values[i] = i;
  EXPECT_EQ(print<int32_t>(TCC_I32, values, {1200}), "[   0    1    2 ... 1197 1198 1199]");
  EXPECT_EQ(print<int32_t>(TCC_I32, values, {600, 2}),
            "[[   0    1]\n [   2    3]\n [   4    5]\n ...\n [1194 1195]\n [1196 1197]\n [1198 1199]]");
}

TEST(Format, long_lines_wrap_where_numpy_wraps_them) {
  std::vector<int64_t> values(30, 123456);
  std::string line = "123456 123456 123456 123456 123456 123456 123456 123456 123456 123456";
  EXPECT_EQ(print<int64_t>(TCC_I64, values, {30}), "[" + line + "\n " + line + "\n " + line + "]");
}

TEST(Format, nothing_shows_its_shape) {
  EXPECT_EQ(print<float>(TCC_F32, {}, {0}), "[]");
  EXPECT_EQ(print<float>(TCC_F32, {}, {2, 0}), "[], shape (2, 0)");
}

} // namespace
