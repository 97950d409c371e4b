// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Promotion and elementwise compositions. Expected values are NumPy 2.4.6's and SciPy's.
#include "test/unit/Table.h"

static Dtype maximumType(Dtype a, Dtype b) { return where(true, zeros({1}, a), zeros({1}, b)).dtype(); }

TEST(Promotion, Arrays) {
  EXPECT_EQ(maximumType(bool_, bool_), bool_);
  EXPECT_EQ(maximumType(bool_, int8), int8);
  EXPECT_EQ(maximumType(bool_, int16), int16);
  EXPECT_EQ(maximumType(bool_, int32), int32);
  EXPECT_EQ(maximumType(bool_, int64), int64);
  EXPECT_EQ(maximumType(bool_, uint8), uint8);
  EXPECT_EQ(maximumType(bool_, uint32), uint32);
  EXPECT_EQ(maximumType(bool_, float16), float16);
  EXPECT_EQ(maximumType(bool_, float32), float32);
  EXPECT_EQ(maximumType(bool_, float64), float64);
  EXPECT_EQ(maximumType(bool_, complex64), complex64);
  EXPECT_EQ(maximumType(bool_, complex128), complex128);
  EXPECT_EQ(maximumType(int8, bool_), int8);
  EXPECT_EQ(maximumType(int8, int8), int8);
  EXPECT_EQ(maximumType(int8, int16), int16);
  EXPECT_EQ(maximumType(int8, int32), int32);
  EXPECT_EQ(maximumType(int8, int64), int64);
  EXPECT_EQ(maximumType(int8, uint8), int16);
  EXPECT_EQ(maximumType(int8, uint32), int64);
  EXPECT_EQ(maximumType(int8, float16), float16);
  EXPECT_EQ(maximumType(int8, float32), float32);
  EXPECT_EQ(maximumType(int8, float64), float64);
  EXPECT_EQ(maximumType(int8, complex64), complex64);
  EXPECT_EQ(maximumType(int8, complex128), complex128);
  EXPECT_EQ(maximumType(int16, bool_), int16);
  EXPECT_EQ(maximumType(int16, int8), int16);
  EXPECT_EQ(maximumType(int16, int16), int16);
  EXPECT_EQ(maximumType(int16, int32), int32);
  EXPECT_EQ(maximumType(int16, int64), int64);
  EXPECT_EQ(maximumType(int16, uint8), int16);
  EXPECT_EQ(maximumType(int16, uint32), int64);
  EXPECT_EQ(maximumType(int16, float16), float32);
  EXPECT_EQ(maximumType(int16, float32), float32);
  EXPECT_EQ(maximumType(int16, float64), float64);
  EXPECT_EQ(maximumType(int16, complex64), complex64);
  EXPECT_EQ(maximumType(int16, complex128), complex128);
  EXPECT_EQ(maximumType(int32, bool_), int32);
  EXPECT_EQ(maximumType(int32, int8), int32);
  EXPECT_EQ(maximumType(int32, int16), int32);
  EXPECT_EQ(maximumType(int32, int32), int32);
  EXPECT_EQ(maximumType(int32, int64), int64);
  EXPECT_EQ(maximumType(int32, uint8), int32);
  EXPECT_EQ(maximumType(int32, uint32), int64);
  EXPECT_EQ(maximumType(int32, float16), float64);
  EXPECT_EQ(maximumType(int32, float32), float64);
  EXPECT_EQ(maximumType(int32, float64), float64);
  EXPECT_EQ(maximumType(int32, complex64), complex128);
  EXPECT_EQ(maximumType(int32, complex128), complex128);
  EXPECT_EQ(maximumType(int64, bool_), int64);
  EXPECT_EQ(maximumType(int64, int8), int64);
  EXPECT_EQ(maximumType(int64, int16), int64);
  EXPECT_EQ(maximumType(int64, int32), int64);
  EXPECT_EQ(maximumType(int64, int64), int64);
  EXPECT_EQ(maximumType(int64, uint8), int64);
  EXPECT_EQ(maximumType(int64, uint32), int64);
  EXPECT_EQ(maximumType(int64, float16), float64);
  EXPECT_EQ(maximumType(int64, float32), float64);
  EXPECT_EQ(maximumType(int64, float64), float64);
  EXPECT_EQ(maximumType(int64, complex64), complex128);
  EXPECT_EQ(maximumType(int64, complex128), complex128);
  EXPECT_EQ(maximumType(uint8, bool_), uint8);
  EXPECT_EQ(maximumType(uint8, int8), int16);
  EXPECT_EQ(maximumType(uint8, int16), int16);
  EXPECT_EQ(maximumType(uint8, int32), int32);
  EXPECT_EQ(maximumType(uint8, int64), int64);
  EXPECT_EQ(maximumType(uint8, uint8), uint8);
  EXPECT_EQ(maximumType(uint8, uint32), uint32);
  EXPECT_EQ(maximumType(uint8, float16), float16);
  EXPECT_EQ(maximumType(uint8, float32), float32);
  EXPECT_EQ(maximumType(uint8, float64), float64);
  EXPECT_EQ(maximumType(uint8, complex64), complex64);
  EXPECT_EQ(maximumType(uint8, complex128), complex128);
  EXPECT_EQ(maximumType(uint32, bool_), uint32);
  EXPECT_EQ(maximumType(uint32, int8), int64);
  EXPECT_EQ(maximumType(uint32, int16), int64);
  EXPECT_EQ(maximumType(uint32, int32), int64);
  EXPECT_EQ(maximumType(uint32, int64), int64);
  EXPECT_EQ(maximumType(uint32, uint8), uint32);
  EXPECT_EQ(maximumType(uint32, uint32), uint32);
  EXPECT_EQ(maximumType(uint32, float16), float64);
  EXPECT_EQ(maximumType(uint32, float32), float64);
  EXPECT_EQ(maximumType(uint32, float64), float64);
  EXPECT_EQ(maximumType(uint32, complex64), complex128);
  EXPECT_EQ(maximumType(uint32, complex128), complex128);
  EXPECT_EQ(maximumType(float16, bool_), float16);
  EXPECT_EQ(maximumType(float16, int8), float16);
  EXPECT_EQ(maximumType(float16, int16), float32);
  EXPECT_EQ(maximumType(float16, int32), float64);
  EXPECT_EQ(maximumType(float16, int64), float64);
  EXPECT_EQ(maximumType(float16, uint8), float16);
  EXPECT_EQ(maximumType(float16, uint32), float64);
  EXPECT_EQ(maximumType(float16, float16), float16);
  EXPECT_EQ(maximumType(float16, float32), float32);
  EXPECT_EQ(maximumType(float16, float64), float64);
  EXPECT_EQ(maximumType(float16, complex64), complex64);
  EXPECT_EQ(maximumType(float16, complex128), complex128);
  EXPECT_EQ(maximumType(float32, bool_), float32);
  EXPECT_EQ(maximumType(float32, int8), float32);
  EXPECT_EQ(maximumType(float32, int16), float32);
  EXPECT_EQ(maximumType(float32, int32), float64);
  EXPECT_EQ(maximumType(float32, int64), float64);
  EXPECT_EQ(maximumType(float32, uint8), float32);
  EXPECT_EQ(maximumType(float32, uint32), float64);
  EXPECT_EQ(maximumType(float32, float16), float32);
  EXPECT_EQ(maximumType(float32, float32), float32);
  EXPECT_EQ(maximumType(float32, float64), float64);
  EXPECT_EQ(maximumType(float32, complex64), complex64);
  EXPECT_EQ(maximumType(float32, complex128), complex128);
  EXPECT_EQ(maximumType(float64, bool_), float64);
  EXPECT_EQ(maximumType(float64, int8), float64);
  EXPECT_EQ(maximumType(float64, int16), float64);
  EXPECT_EQ(maximumType(float64, int32), float64);
  EXPECT_EQ(maximumType(float64, int64), float64);
  EXPECT_EQ(maximumType(float64, uint8), float64);
  EXPECT_EQ(maximumType(float64, uint32), float64);
  EXPECT_EQ(maximumType(float64, float16), float64);
  EXPECT_EQ(maximumType(float64, float32), float64);
  EXPECT_EQ(maximumType(float64, float64), float64);
  EXPECT_EQ(maximumType(float64, complex64), complex128);
  EXPECT_EQ(maximumType(float64, complex128), complex128);
  EXPECT_EQ(maximumType(complex64, bool_), complex64);
  EXPECT_EQ(maximumType(complex64, int8), complex64);
  EXPECT_EQ(maximumType(complex64, int16), complex64);
  EXPECT_EQ(maximumType(complex64, int32), complex128);
  EXPECT_EQ(maximumType(complex64, int64), complex128);
  EXPECT_EQ(maximumType(complex64, uint8), complex64);
  EXPECT_EQ(maximumType(complex64, uint32), complex128);
  EXPECT_EQ(maximumType(complex64, float16), complex64);
  EXPECT_EQ(maximumType(complex64, float32), complex64);
  EXPECT_EQ(maximumType(complex64, float64), complex128);
  EXPECT_EQ(maximumType(complex64, complex64), complex64);
  EXPECT_EQ(maximumType(complex64, complex128), complex128);
  EXPECT_EQ(maximumType(complex128, bool_), complex128);
  EXPECT_EQ(maximumType(complex128, int8), complex128);
  EXPECT_EQ(maximumType(complex128, int16), complex128);
  EXPECT_EQ(maximumType(complex128, int32), complex128);
  EXPECT_EQ(maximumType(complex128, int64), complex128);
  EXPECT_EQ(maximumType(complex128, uint8), complex128);
  EXPECT_EQ(maximumType(complex128, uint32), complex128);
  EXPECT_EQ(maximumType(complex128, float16), complex128);
  EXPECT_EQ(maximumType(complex128, float32), complex128);
  EXPECT_EQ(maximumType(complex128, float64), complex128);
  EXPECT_EQ(maximumType(complex128, complex64), complex128);
  EXPECT_EQ(maximumType(complex128, complex128), complex128);
}

TEST(Promotion, Scalars) {
  EXPECT_EQ((ones({1}, int8) * 2).dtype(), int8);
  EXPECT_EQ((ones({1}, int8) * 2.0).dtype(), float64);
  EXPECT_EQ((ones({1}, int8) * std::complex<double>(0, 1)).dtype(), complex128);
  EXPECT_EQ((ones({1}, int8) * true).dtype(), int8);
  EXPECT_EQ((ones({1}, int16) * 2).dtype(), int16);
  EXPECT_EQ((ones({1}, int16) * 2.0).dtype(), float64);
  EXPECT_EQ((ones({1}, int16) * std::complex<double>(0, 1)).dtype(), complex128);
  EXPECT_EQ((ones({1}, int16) * true).dtype(), int16);
  EXPECT_EQ((ones({1}, int32) * 2).dtype(), int32);
  EXPECT_EQ((ones({1}, int32) * 2.0).dtype(), float64);
  EXPECT_EQ((ones({1}, int32) * std::complex<double>(0, 1)).dtype(), complex128);
  EXPECT_EQ((ones({1}, int32) * true).dtype(), int32);
  EXPECT_EQ((ones({1}, int64) * 2).dtype(), int64);
  EXPECT_EQ((ones({1}, int64) * 2.0).dtype(), float64);
  EXPECT_EQ((ones({1}, int64) * std::complex<double>(0, 1)).dtype(), complex128);
  EXPECT_EQ((ones({1}, int64) * true).dtype(), int64);
  EXPECT_EQ((ones({1}, uint8) * 2).dtype(), uint8);
  EXPECT_EQ((ones({1}, uint8) * 2.0).dtype(), float64);
  EXPECT_EQ((ones({1}, uint8) * std::complex<double>(0, 1)).dtype(), complex128);
  EXPECT_EQ((ones({1}, uint8) * true).dtype(), uint8);
  EXPECT_EQ((ones({1}, uint32) * 2).dtype(), uint32);
  EXPECT_EQ((ones({1}, uint32) * 2.0).dtype(), float64);
  EXPECT_EQ((ones({1}, uint32) * std::complex<double>(0, 1)).dtype(), complex128);
  EXPECT_EQ((ones({1}, uint32) * true).dtype(), uint32);
  EXPECT_EQ((ones({1}, float16) * 2).dtype(), float16);
  EXPECT_EQ((ones({1}, float16) * 2.0).dtype(), float16);
  EXPECT_EQ((ones({1}, float16) * std::complex<double>(0, 1)).dtype(), complex64);
  EXPECT_EQ((ones({1}, float16) * true).dtype(), float16);
  EXPECT_EQ((ones({1}, float32) * 2).dtype(), float32);
  EXPECT_EQ((ones({1}, float32) * 2.0).dtype(), float32);
  EXPECT_EQ((ones({1}, float32) * std::complex<double>(0, 1)).dtype(), complex64);
  EXPECT_EQ((ones({1}, float32) * true).dtype(), float32);
  EXPECT_EQ((ones({1}, float64) * 2).dtype(), float64);
  EXPECT_EQ((ones({1}, float64) * 2.0).dtype(), float64);
  EXPECT_EQ((ones({1}, float64) * std::complex<double>(0, 1)).dtype(), complex128);
  EXPECT_EQ((ones({1}, float64) * true).dtype(), float64);
  EXPECT_EQ((ones({1}, complex64) * 2).dtype(), complex64);
  EXPECT_EQ((ones({1}, complex64) * 2.0).dtype(), complex64);
  EXPECT_EQ((ones({1}, complex64) * std::complex<double>(0, 1)).dtype(), complex64);
  EXPECT_EQ((ones({1}, complex64) * true).dtype(), complex64);
  EXPECT_EQ((ones({1}, complex128) * 2).dtype(), complex128);
  EXPECT_EQ((ones({1}, complex128) * 2.0).dtype(), complex128);
  EXPECT_EQ((ones({1}, complex128) * std::complex<double>(0, 1)).dtype(), complex128);
  EXPECT_EQ((ones({1}, complex128) * true).dtype(), complex128);
}

TEST(Pointwise, Compositions) {
  ROW(sigmoid(tensor({0.5, -1.25, 3.0})), float64, (Shape{3}),
      {0.6224593312018546, 0.22270013882530884, 0.9525741268224334})
  ROW(logaddexp(tensor({0.5, -1.25, 3.0}), 1.0), float64, (Shape{3}),
      {1.4740769841801067, 1.1002065589167471, 3.1269280110429727})
  ROW(logaddexp(tensor({-inf, inf}), tensor({-inf, 1.0})), float64, (Shape{2}), {-inf, inf})
  ROW(clip(tensor({0.5, -1.25, 3.0}), -1.0, 1.0), float64, (Shape{3}), {0.5, -1.0, 1.0})
  ROW(where(tensor({0.5, -1.25, 3.0}) > 0.0, tensor({0.5, -1.25, 3.0}), 0), float64, (Shape{3}), {0.5, 0.0, 3.0})
  ROW(isnan(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}})), bool_, (Shape{2, 3}), {0, 0, 1, 0, 0, 0})
  ROW(isinf(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}})), bool_, (Shape{2, 3}), {0, 0, 0, 0, 0, 1})
  ROW(isfinite(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}})), bool_, (Shape{2, 3}), {1, 1, 0, 1, 1, 0})
  ROW(nan_to_num(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}})), float64, (Shape{2, 3}),
      {1.5, -2.0, 0.0, 0.0, 7.0, -1.7976931348623157e+308})
  ROW(round(tensor({0.5, -1.25, 3.0}) * 1.23456, 2), float64, (Shape{3}), {0.62, -1.54, 3.7})
  ROW(reciprocal(tensor({0.5, -1.25, 3.0})), float64, (Shape{3}), {2.0, -0.8, 0.3333333333333333})
  ROW(angle(tensor({std::complex<double>(1, 2), std::complex<double>(-3, 0.5), std::complex<double>(0, 0)})), float64,
      (Shape{3}), {1.1071487177940904, 2.976443976175166, 0.0})
  ROW(abs(tensor({std::complex<double>(1, 2), std::complex<double>(-3, 0.5), std::complex<double>(0, 0)})), float64,
      (Shape{3}), {2.23606797749979, 3.0413812651491092, 0.0})
  ROW(polar(tensor({2.0}), tensor({0.5})), complex128, (Shape{1}), {1.7551651237807455, 0.958851077208406})
  ROW(logical_xor(tensor({0.5, -1.25, 3.0}) > 0.0, true), bool_, (Shape{3}), {0, 1, 0})
  ROW(floor_divide(tensor({0.5, -1.25, 3.0}), 0.4), float64, (Shape{3}), {1.0, -4.0, 7.0})
  ROW(tensor({0.5, -1.25, 3.0}) % 0.4, float64, (Shape{3}),
      {0.09999999999999998, 0.3500000000000001, 0.19999999999999984})
  ROW(tensor({7, -7}) % 3, int64, (Shape{2}), {1, 2})
  ROW(floor_divide(tensor({7, -7}), 3), int64, (Shape{2}), {2, -3})
  ROW(tensor({1, 2}) / 2, float64, (Shape{2}), {0.5, 1.0})
  ROW(sqrt(tensor({1, 4})), float64, (Shape{2}), {1.0, 2.0})
  ROW(power(tensor({2, 3}), 3), int64, (Shape{2}), {8, 27})
  ROW(tensor({0.5, -1.25, 3.0}) - tensor({{1.0}, {2.0}}), float64, (Shape{2, 3}), {-0.5, -2.25, 2.0, -1.5, -3.25, 1.0})
  ROW(~tensor({true, false}), bool_, (Shape{2}), {0, 1})
  ROW(-tensor({1, -2}), int64, (Shape{2}), {-1, 2})
}
