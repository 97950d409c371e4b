// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Printing: the same text as str() of a NumPy array. Expected values are NumPy 2.4.6's and SciPy's.
#include "test/unit/Table.h"

#include <sstream>

static std::string text(const Tensor &t) {
  std::ostringstream os;
  os << t;
  return os.str();
}

TEST(Print, LikeNumPy) {
  EXPECT_EQ(text(x()), R"([[ 0.  1.  2.  3.]
 [ 4.  5.  6.  7.]
 [ 8.  9. 10. 11.]])");
  EXPECT_EQ(text(tensor({1.0, 0.1, 1e-3})), R"([1.    0.1   0.001])");
  EXPECT_EQ(text(tensor({1e10, 1.0})), R"([1.e+10 1.e+00])");
  EXPECT_EQ(text(tensor({1.0 / 3, 2.0})), R"([0.33333333 2.        ])");
  EXPECT_EQ(text(tensor({NaN, 1.0, -inf})), R"([ nan   1. -inf])");
  EXPECT_EQ(text(tensor({1, -20, 300})), R"([  1 -20 300])");
  EXPECT_EQ(text(tensor({true, false})), R"([ True False])");
  EXPECT_EQ(text(tensor({true, true})), R"([ True  True])");
  EXPECT_EQ(text(tensor({std::complex<double>(1, 2), std::complex<double>(-3, 0.5), std::complex<double>(0, 0)})),
            R"([ 1.+2.j  -3.+0.5j  0.+0.j ])");
  EXPECT_EQ(text(tensor(2.5)), R"(2.5)");
  EXPECT_EQ(text(tensor(3.0)), R"(3.0)");
  EXPECT_EQ(text(tensor(3)), R"(3)");
  EXPECT_EQ(text(arange(2000)), R"([   0    1    2 ... 1997 1998 1999])");
  EXPECT_EQ(text(reshape(arange(3000, float64), {30, 100})),
            R"([[0.000e+00 1.000e+00 2.000e+00 ... 9.700e+01 9.800e+01 9.900e+01]
 [1.000e+02 1.010e+02 1.020e+02 ... 1.970e+02 1.980e+02 1.990e+02]
 [2.000e+02 2.010e+02 2.020e+02 ... 2.970e+02 2.980e+02 2.990e+02]
 ...
 [2.700e+03 2.701e+03 2.702e+03 ... 2.797e+03 2.798e+03 2.799e+03]
 [2.800e+03 2.801e+03 2.802e+03 ... 2.897e+03 2.898e+03 2.899e+03]
 [2.900e+03 2.901e+03 2.902e+03 ... 2.997e+03 2.998e+03 2.999e+03]])");
  EXPECT_EQ(text(y()), R"([[[ 0.  1.  2.  3.]
  [ 4.  5.  6.  7.]
  [ 8.  9. 10. 11.]]

 [[12. 13. 14. 15.]
  [16. 17. 18. 19.]
  [20. 21. 22. 23.]]])");
  EXPECT_EQ(text(arange(40, float64) * 1.5), R"([ 0.   1.5  3.   4.5  6.   7.5  9.  10.5 12.  13.5 15.  16.5 18.  19.5
 21.  22.5 24.  25.5 27.  28.5 30.  31.5 33.  34.5 36.  37.5 39.  40.5
 42.  43.5 45.  46.5 48.  49.5 51.  52.5 54.  55.5 57.  58.5])");
  EXPECT_EQ(text(tensor({0.1f, 3.14159274f})), R"([0.1       3.1415927])");
  EXPECT_EQ(text(zeros({0}, float64)), R"([])");
  EXPECT_EQ(text(tensor({std::complex<double>(0, 1e-9), std::complex<double>(1, 0)})), R"([0.+1.e-09j 1.+0.e+00j])");
  EXPECT_EQ(text(zeros({2, 0}, float64)), R"([])");
  EXPECT_EQ(text(tensor({1e-5, 0.0})), R"([1.e-05 0.e+00])");
  EXPECT_EQ(text(tensor({123456.0, 0.001})), R"([1.23456e+05 1.00000e-03])");
  EXPECT_EQ(text(tensor({std::complex<double>(NaN, 1), std::complex<double>(1.5, -inf)})), R"([nan +1.j 1.5-infj])");
}
