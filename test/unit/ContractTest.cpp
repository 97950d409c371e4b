// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products, contractions, convolutions. Expected values are NumPy 2.4.6's and SciPy's.
#include "test/unit/Table.h"

TEST(Contract, Products) {
  ROW(matmul(tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({{-2.0, 0.0}, {2.0, -1.0}, {1.0, 3.0}})), float64,
      (Shape{2, 2}), {-1.0, -11.0, 0.0, 0.0});
  ROW(matmul(y(), reshape(arange(8, float64), {4, 2})), float64, (Shape{2, 3, 2}),
      {28.0, 34.0, 76.0, 98.0, 124.0, 162.0, 172.0, 226.0, 220.0, 290.0, 268.0, 354.0});
  ROW(matmul(y(), tensor({1.0, 2.0, 3.0, 4.0})), float64, (Shape{2, 3}), {20.0, 60.0, 100.0, 140.0, 180.0, 220.0});
  ROW(matmul(tensor({1.0, 2.0, 3.0}), y()), float64, (Shape{2, 4}),
      {32.0, 38.0, 44.0, 50.0, 104.0, 110.0, 116.0, 122.0});
  ROW(matmul(y(), swapaxes(y(), -1, -2)(slice(0, 1))), float64, (Shape{2, 3, 3}),
      {14.0, 38.0, 62.0, 38.0, 126.0, 214.0, 62.0, 214.0, 366.0, 86.0, 302.0, 518.0, 110.0, 390.0, 670.0, 134.0, 478.0,
       822.0});
  ROW(dot(y(), tensor({0.0, 1.0, 2.0, 3.0})), float64, (Shape{2, 3}), {14.0, 38.0, 62.0, 86.0, 110.0, 134.0});
  ROW(inner(tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}})), float64,
      (Shape{2, 2}), {14.0, 0.0, 0.0, 0.0});
  ROW(outer(tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({0.0, 1.0})), float64, (Shape{6, 2}),
      {0.0, 1.0, 0.0, 2.0, -0.0, -3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0});
  ROW(kron(tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({{-2.0, 0.0}, {2.0, -1.0}, {1.0, 3.0}})), float64,
      (Shape{6, 6}),
      {-2.0, 0.0, -4.0, 0.0, 6.0,  -0.0, 2.0, -1.0, 4.0, -2.0, -6.0, 3.0,  1.0, 3.0, 2.0, 6.0, -3.0, -9.0,
       -0.0, 0.0, -0.0, 0.0, -0.0, 0.0,  0.0, -0.0, 0.0, -0.0, 0.0,  -0.0, 0.0, 0.0, 0.0, 0.0, 0.0,  0.0});
  ROW(tensordot(tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({{-2.0, 0.0}, {2.0, -1.0}, {1.0, 3.0}}), 1),
      float64, (Shape{2, 2}), {-1.0, -11.0, 0.0, 0.0});
  ROW(tensordot(y(), y(), {0, 2}, {0, 2}), float64, (Shape{3, 3}),
      {748.0, 988.0, 1228.0, 988.0, 1356.0, 1724.0, 1228.0, 1724.0, 2220.0});
  ROW(trace(y(), 1, 1, 2), float64, (Shape{2}), {18.0, 54.0});
  ROW(vdot(tensor({std::complex<double>(1, 2)}), tensor({std::complex<double>(3, -1)})), complex128, (Shape{}),
      {1.0, -7.0});
  ROW(matmul(tensor({{1, 2}, {3, 4}}), tensor({1, 1})), int64, (Shape{2}), {3, 7});
  ROW(matmul(tensor({{true, false}, {true, true}}), tensor({{true, false}, {false, false}})), bool_, (Shape{2, 2}),
      {1, 0, 1, 0});
  ROW(matmul(zeros({2, 0}, float64), zeros({0, 3}, float64)), float64, (Shape{2, 3}), {0.0, 0.0, 0.0, 0.0, 0.0, 0.0});
}

TEST(Contract, Einsum) {
  ROW(einsum("ij,jk->ki", tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({{-2.0, 0.0}, {2.0, -1.0}, {1.0, 3.0}})),
      float64, (Shape{2, 2}), {-1.0, 0.0, -11.0, 0.0});
  ROW(einsum("ijk->kj", y()), float64, (Shape{4, 3}),
      {12.0, 20.0, 28.0, 14.0, 22.0, 30.0, 16.0, 24.0, 32.0, 18.0, 26.0, 34.0});
  ROW(einsum("ii", x()(_, slice(0, 3))), float64, (Shape{}), {15.0});
  ROW(einsum("ii->i", x()(_, slice(0, 3))), float64, (Shape{3}), {0.0, 5.0, 10.0});
  ROW(einsum("...ij,...kj->...ik", y(), x()), float64, (Shape{2, 3, 3}),
      {14.0, 38.0, 62.0, 38.0, 126.0, 214.0, 62.0, 214.0, 366.0, 86.0, 302.0, 518.0, 110.0, 390.0, 670.0, 134.0, 478.0,
       822.0});
  ROW(einsum("ab,bc,cd,d", tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({{-2.0, 0.0}, {2.0, -1.0}, {1.0, 3.0}}),
             tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({0.0, 1.0, 2.0})),
      float64, (Shape{2}), {4.0, 0.0});
  ROW(einsum("i,j->ij", tensor({1.0, 2.0}), tensor({3.0, 4.0})), float64, (Shape{2, 2}), {3.0, 4.0, 6.0, 8.0});
  ROW(einsum("ij,ij->i", x(), x()), float64, (Shape{3}), {14.0, 126.0, 366.0});
  ROW(einsum("ij->", tensor({{1, 2}, {3, 4}})), int64, (Shape{}), {10});
  ROW(contract({tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}}), tensor({{-2.0, 0.0}, {2.0, -1.0}, {1.0, 3.0}}),
                tensor({{1.0, 2.0, -3.0}, {0.0, 0.0, 0.0}})},
               {{1, 2}, {2, 3}, {3, 2}}, {1, 2}),
      float64, (Shape{2, 3}), {-2.0, 8.0, 9.0, 0.0, 0.0, 0.0});
}

TEST(Contract, Convolutions) {
  ROW(conv2d(reshape(remainder(arange(32, float64), 7.0) - 3.0, {1, 2, 4, 4}),
             reshape(remainder(arange(24, float64), 5.0) - 2.0, {3, 2, 2, 2})),
      float64, (Shape{1, 3, 3, 3}),
      {5.0,  9.0,   -1.0, 7.0,  -10.0, -6.0, 9.0,  -1.0, -4.0, 1.0, -12.0, -4.0, 5.0,  6.0,
       -7.0, -12.0, -4.0, 11.0, 7.0,   7.0,  -7.0, -7.0, 7.0,  7.0, 7.0,   -7.0, -14.0});
  ROW(conv2d(reshape(remainder(arange(32, float64), 7.0) - 3.0, {1, 2, 4, 4}),
             reshape(remainder(arange(24, float64), 5.0) - 2.0, {3, 2, 2, 2}), {.stride = {2}, .padding = {1}}),
      float64, (Shape{1, 3, 3, 3}), {-3.0, -1.0, -2.0, -9.0, -10.0, 1.0,  4.0, -5.0, 4.0, 5.0, 3.0, 4.0, 7.0, 6.0,
                                     1.0,  1.0,  -4.0, -2.0, -7.0,  -3.0, 0.0, -7.0, 7.0, 6.0, 3.0, 2.0, 2.0});
  ROW(conv2d(reshape(remainder(arange(32, float64), 7.0) - 3.0, {1, 2, 4, 4}),
             reshape(remainder(arange(24, float64), 5.0) - 2.0, {3, 2, 2, 2}), {.dilation = {2}}),
      float64, (Shape{1, 3, 2, 2}), {3.0, 0.0, 5.0, -5.0, -4.0, -3.0, 0.0, -13.0, 4.0, 4.0, -10.0, 4.0});
  ROW(conv2d(reshape(remainder(arange(32, float64), 7.0) - 3.0, {1, 2, 4, 4}),
             reshape(arange(8, float64) - 3.0, {2, 1, 2, 2}), {.groups = 2}),
      float64, (Shape{1, 2, 3, 3}),
      {12.0, 6.0, 0.0, -5.0, -11.0, -3.0, 6.0, 0.0, 1.0, -4.0, -15.0, -5.0, 1.0, 4.0, 14.0, -15.0, -5.0, 5.0});
  ROW(conv_transpose2d(reshape(remainder(arange(32, float64), 7.0) - 3.0, {1, 2, 4, 4}),
                       reshape(remainder(arange(24, float64), 4.0) - 1.0, {2, 3, 2, 2}),
                       {.stride = {2}, .padding = {1}}),
      float64, (Shape{1, 3, 6, 6}),
      {-8.0, -2.0, -4.0, 0.0,  0.0, 2.0,  0.0,  1.0, 0.0, -1.0, 0.0, 4.0, 8.0, -1.0, -2.0, 1.0, 2.0, -4.0,
       0.0,  0.0,  0.0,  -2.0, 0.0, -4.0, -4.0, 0.0, 0.0, 2.0,  4.0, 4.0, 0.0, -1.0, 0.0,  4.0, 0.0, 2.0,
       -8.0, -2.0, -4.0, 0.0,  0.0, 2.0,  0.0,  1.0, 0.0, -1.0, 0.0, 4.0, 8.0, -1.0, -2.0, 1.0, 2.0, -4.0,
       0.0,  0.0,  0.0,  -2.0, 0.0, -4.0, -4.0, 0.0, 0.0, 2.0,  4.0, 4.0, 0.0, -1.0, 0.0,  4.0, 0.0, 2.0,
       -8.0, -2.0, -4.0, 0.0,  0.0, 2.0,  0.0,  1.0, 0.0, -1.0, 0.0, 4.0, 8.0, -1.0, -2.0, 1.0, 2.0, -4.0,
       0.0,  0.0,  0.0,  -2.0, 0.0, -4.0, -4.0, 0.0, 0.0, 2.0,  4.0, 4.0, 0.0, -1.0, 0.0,  4.0, 0.0, 2.0});
  ROW(max_pool2d(reshape(remainder(arange(32, float64), 7.0) - 3.0, {1, 2, 4, 4}), {2, 2}), float64,
      (Shape{1, 2, 2, 2}), {2.0, 3.0, 3.0, 1.0, 3.0, 2.0, 1.0, 3.0});
  ROW(avg_pool2d(reshape(remainder(arange(32, float64), 7.0) - 3.0, {1, 2, 4, 4}), {2, 2}), float64,
      (Shape{1, 2, 2, 2}), {-0.5, -0.25, 0.5, -1.0, -0.25, 0.0, -1.0, 1.0});
}

/// Small whole numbers, so that sums are exact.
static Tensor wholes(Shape shape, double modulus) {
  int64_t count = 1;
  for (int64_t n : shape)
    count *= n;
  return reshape(remainder(arange(count, float64), modulus) - 2.0, shape);
}

TEST(Contract, ConvolutionsWithChannelsLast) {
  Tensor x = wholes({2, 6, 9, 8}, 7.0), w = wholes({4, 3, 3, 2}, 5.0), v = wholes({6, 2, 3, 2}, 5.0);
  ConvOptions o{.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2}, last = o;
  last.channels_last = true;
  Tensor turned = transpose(x, {0, 2, 3, 1});
  EXPECT_TRUE(allclose(conv2d(turned, w, last), transpose(conv2d(x, w, o), {0, 2, 3, 1}), 0, 0));
  EXPECT_TRUE(allclose(conv_transpose2d(turned, v, last), transpose(conv_transpose2d(x, v, o), {0, 2, 3, 1}), 0, 0));
}

// <conv(x, w), y> = <x, conv_transpose(y, w)>.
TEST(Contract, TransposedConvolutionsAreAdjoint) {
  ConvOptions o{.stride = {2}, .padding = {1}, .dilation = {2}, .groups = 2};
  Tensor x = wholes({2, 4, 11}, 7.0), w = wholes({6, 2, 3}, 5.0), y = conv1d(x, w, o), dy = wholes(y.shape(), 3.0);
  EXPECT_EQ(sum(y * dy).item<double>(), sum(x * conv_transpose1d(dy, w, o)).item<double>());
  Tensor a = wholes({1, 4, 5, 7, 5}, 7.0), k = wholes({2, 2, 2, 3, 2}, 5.0), b = conv3d(a, k, o);
  Tensor db = wholes(b.shape(), 3.0);
  EXPECT_EQ(sum(b * db).item<double>(), sum(a * conv_transpose3d(db, k, o)).item<double>());
}

TEST(Contract, IntegersConvolveAndPool) {
  Tensor x = wholes({1, 2, 5, 5}, 7.0).astype(int32), w = wholes({2, 2, 2, 2}, 5.0).astype(int32);
  EXPECT_TRUE(allclose(conv2d(x, w).astype(float64), conv2d(x.astype(float64), w.astype(float64)), 0, 0));
  EXPECT_EQ(max_pool2d(x, {3}, {.padding = {1}}).dtype(), int32);
}
