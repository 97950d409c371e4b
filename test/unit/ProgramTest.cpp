// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of tcc ops from text to numbers: every program runs fused and op by op, and both must agree with plain C++.
#include "test/unit/ProgramFixture.h"

#include <complex>

using namespace tcc;

namespace {

void expectSoftmax(Array &x, Array &y) {
  int64_t rows = x.shape[0], columns = x.shape[1];
  for (int64_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < columns; ++j)
      sum += std::exp(double(x.as<float>()[i * columns + j]));
    for (int64_t j = 0; j < columns; ++j)
      EXPECT_NEAR(y.as<float>()[i * columns + j], std::exp(double(x.as<float>()[i * columns + j])) / sum, 1e-6);
  }
}

TEST_F(ProgramTest, SoftmaxIsOneKernel) {
  std::string text = staticSoftmax("tensor<37x101xf32>", "tensor<37xf32>");
  Array x = sample<float>({37, 101}, 3);
  std::vector<Array> y = evaluate(text, {x});
  ASSERT_EQ(y.size(), 1u);
  expectSoftmax(x, y[0]);
  EXPECT_EQ(countSteps(text), 1u);
}

TEST_F(ProgramTest, OneProgramServesAllOpenSizes) {
  auto program = compile(softmax("tensor<?x?xf32>", "tensor<?xf32>"));
  ASSERT_TRUE(program);
  for (auto [rows, columns] : {std::pair(3, 5), {1, 1}, {40, 333}, {0, 4}}) {
    std::vector<Array> inputs = {sample<float>({rows, columns}, 2)};
    std::vector<Array> y = run(*program, inputs);
    ASSERT_EQ(y[0].shape, (std::vector<int64_t>{rows, columns}));
    expectSoftmax(inputs[0], y[0]);
  }
}

TEST_F(ProgramTest, SumsOverAnyAxes) {
  std::vector<int64_t> shape = {5, 7, 33};
  Array x = sample<double>(shape);
  for (unsigned mask = 0; mask < 8; ++mask) {
    std::string axes, kept;
    for (int axis = 0; axis < 3; ++axis)
      if (mask >> axis & 1)
        axes += (axes.empty() ? ": " : ", ") + std::to_string(axis);
      else
        kept += std::to_string(shape[axis]) + "x";
    std::string result = "tensor<" + kept + "f64>";
    std::vector<Array> y =
        evaluate("func.func @main(%x: tensor<5x7x33xf64>) -> (" + result + ", " + result + ") {\n" +
                     "  %q = tcc.square %x : tensor<5x7x33xf64>\n" + "  %s = tcc.reduce_sum %q {axes = array<i64" +
                     axes + ">} : tensor<5x7x33xf64> -> " + result + "\n" + "  %r = tcc.sqrt %s : " + result +
                     "\n  %m = tcc.reduce_max %x {axes = array<i64" + axes + ">} : tensor<5x7x33xf64> -> " + result +
                     "\n  return %r, %m : " + result + ", " + result + "\n}\n",
                 {x}, 1e-12);
    ASSERT_EQ(y.size(), 2u);
    std::vector<double> sums(y[0].size()), largest(y[0].size(), -INFINITY);
    for (int64_t i = 0; i < 5; ++i)
      for (int64_t j = 0; j < 7; ++j)
        for (int64_t k = 0; k < 33; ++k) {
          int64_t at = 0, position[3] = {i, j, k};
          for (int axis = 0; axis < 3; ++axis)
            if (!(mask >> axis & 1))
              at = at * shape[axis] + position[axis];
          double value = x.as<double>()[(i * 7 + j) * 33 + k];
          sums[at] += value * value;
          largest[at] = std::max(largest[at], value);
        }
    for (size_t i = 0; i < sums.size(); ++i) {
      EXPECT_NEAR(y[0].as<double>()[i], std::sqrt(sums[i]), 1e-12) << "axes" << axes;
      EXPECT_EQ(y[1].as<double>()[i], largest[i]) << "axes" << axes;
    }
  }
}

TEST_F(ProgramTest, LargeSumIsSplitAndFinished) {
  Array x = sample<float>({1000000});
  std::vector<Array> y = evaluate(R"(func.func @main(%x: tensor<1000000xf32>) -> tensor<f32> {
    %q = tcc.square %x : tensor<1000000xf32>
    %s = tcc.reduce_sum %q {axes = array<i64: 0>} : tensor<1000000xf32> -> tensor<f32>
    %n = tcc.constant dense<1.0e6> : tensor<f32>
    %m = tcc.divide %s, %n : tensor<f32>
    return %m : tensor<f32> })",
                                  {x});
  double sum = 0;
  for (int64_t i = 0; i < 1000000; ++i)
    sum += double(x.as<float>()[i]) * x.as<float>()[i];
  EXPECT_NEAR(y[0].as<float>()[0], sum / 1e6, 1e-5);
}

/// y = tanh(x) and 3 y are stored, the last `reduced` axes of y and of y^2 reduced; then what is left is divided by the
/// sum.
std::string pass(int reduced, bool normalised) {
  const std::string type = "tensor<3x400001xf64>", kept = reduced == 1 ? "tensor<3xf64>" : "tensor<f64>",
                    axes = reduced == 1 ? "axes = array<i64: 1>" : "axes = array<i64: 0, 1>",
                    reduction = " {" + axes + "} : " + type + " -> " + kept + "\n";
  return "func.func @main(%x: " + type + ") -> (" + type + ", " + type + ", " + kept + ", " + kept + ") {\n" +
         "  %y = tcc.tanh %x : " + type + "\n  %q = tcc.square %y : " + type + "\n" + //
         "  %s = tcc.reduce_sum %q" + reduction + "  %m = tcc.reduce_max %y" + reduction +
         "  %r = tcc.divide %m, %s : " + kept + "\n" + //
         "  %b = tcc.broadcast " + (normalised ? "%s" : "%m") + " {dims = array<i64" + (reduced == 1 ? ": 0" : "") +
         ">} : " + kept + " -> " + type + "\n  %three = tcc.constant dense<3.0> : " + type + "\n" +
         "  %z = tcc.multiply %y, " + (normalised ? "%b" : "%three") + " : " + type + "\n" +
         "  return %y, %z, %s, %r : " + type + ", " + type + ", " + kept + ", " + kept + "\n}\n";
}

TEST_F(ProgramTest, LargeDataIsStoredAndReducedInOnePass) {
  const int64_t rows = 3, columns = 400001;
  Array x = sample<double>({rows, columns}, 2);
  for (int reduced : {1, 2}) {
    std::vector<Array> results = evaluate(pass(reduced, false), {x}, 1e-6);
    ASSERT_EQ(results.size(), 4u);
    for (int64_t row = 0; row < rows; row += reduced == 1 ? 1 : rows) {
      double sum = 0, largest = -1;
      for (int64_t i = row * columns; i < (reduced == 1 ? row + 1 : rows) * columns; ++i) {
        double y = std::tanh(x.as<double>()[i]);
        ASSERT_NEAR(results[0].as<double>()[i], y, 1e-14);
        ASSERT_NEAR(results[1].as<double>()[i], 3 * y, 1e-14);
        sum += y * y;
        largest = std::max(largest, y);
      }
      EXPECT_NEAR(results[2].as<double>()[row], sum, 1e-11 * sum);
      EXPECT_NEAR(results[3].as<double>()[row], largest / sum, 1e-11 * largest / sum);
    }
    EXPECT_EQ(countSteps(pass(reduced, false)), 1u);
    // What needs a total cannot be in the pass that forms it.
    EXPECT_EQ(countSteps(pass(reduced, true)), 2u);
  }
}

TEST_F(ProgramTest, WhatAPassReadsInAnotherOrderIsStoredBefore) {
  const std::string text = R"(
func.func @main(%x: tensor<1100000xf64>) -> (tensor<1100000xf64>, tensor<f64>) {
  %y = tcc.add %x, %x : tensor<1100000xf64>
  %r = tcc.reverse %y {axes = array<i64: 0>} : tensor<1100000xf64> -> tensor<1100000xf64>
  %q = tcc.multiply %y, %r : tensor<1100000xf64>
  %s = tcc.reduce_sum %q {axes = array<i64: 0>} : tensor<1100000xf64> -> tensor<f64>
  return %y, %s : tensor<1100000xf64>, tensor<f64>
}
)";
  Array x = sample<double>({1100000});
  evaluate(text, {x}, 1e-6);
}

/// Stores 2 x beside the sums of squares over axis 0 and the maxima over axis 1, of x of `rows` x `columns`.
std::string acrossRows(int64_t rows, int64_t columns, const std::string &element) {
  const std::string n = std::to_string(columns), m = std::to_string(rows),
                    all = "tensor<" + m + "x" + n + "x" + element + ">", row = "tensor<" + m + "x" + element + ">",
                    column = "tensor<" + n + "x" + element + ">";
  return "func.func @main(%x: " + all + ") -> (" + all + ", " + column + ", " + row + ") {\n" +
         "  %y = tcc.add %x, %x : " + all + "\n  %q = tcc.square %y : " + all + "\n" +
         "  %s = tcc.reduce_sum %q {axes = array<i64: 0>} : " + all + " -> " + column + "\n" +
         "  %m = tcc.reduce_max %y {axes = array<i64: 1>} : " + all + " -> " + row + "\n" +
         "  return %y, %s, %m : " + all + ", " + column + ", " + row + "\n}\n";
}

class AcrossRowsTest : public ProgramTest {
protected:
  template <class T> void expectSums(const std::string &element, double tolerance);
};

template <class T> void AcrossRowsTest::expectSums(const std::string &element, double tolerance) {
  for (auto [rows, columns] : {std::pair<int64_t, int64_t>(64, 67), {1500, 1000}, {257, 129}}) {
    Array x = sample<T>({rows, columns}, std::is_integral_v<T> ? 9 : 0.1);
    std::vector<Array> y = evaluate(acrossRows(rows, columns, element), {x}, tolerance);
    ASSERT_EQ(y.size(), 3u);
    for (int64_t j = 0; j < columns; j += 7) {
      double sum = 0;
      for (int64_t i = 0; i < rows; ++i)
        sum += 4.0 * double(x.as<T>()[i * columns + j]) * double(x.as<T>()[i * columns + j]);
      EXPECT_NEAR(double(y[1].as<T>()[j]), sum, tolerance * (1 + sum)) << rows << " " << j;
    }
    for (int64_t i = 0; i < rows; i += 5)
      EXPECT_EQ(y[2].as<T>()[i], 2 * *std::max_element(x.as<T>() + i * columns, x.as<T>() + (i + 1) * columns));
    EXPECT_EQ(countSteps(acrossRows(rows, columns, element)), 1u);
  }
}

TEST_F(AcrossRowsTest, AndAlongRowsAreOneKernel) {
  expectSums<float>("f32", 1e-4);
  expectSums<double>("f64", 1e-12);
  expectSums<int32_t>("i32", 0);
}

/// Sums of x of 16 x 48 x 500 over axes 0 and 2 beside sums over axis 2 and exp(x).
TEST_F(ProgramTest, OuterAxesMayBeReducedInPart) {
  for (std::string element : {"f32", "bf16", "complex<f32>"}) {
    std::string all = "tensor<16x48x500x" + element + ">", channel = "tensor<48x" + element + ">",
                line = "tensor<16x48x" + element + ">";
    std::string text = "func.func @main(%r: tensor<16x48x500xf32>) -> (" + all + ", " + channel + ", " + line +
                       ") {\n" + "  %x = tcc.cast %r : tensor<16x48x500xf32> -> " + all +
                       "\n  %y = tcc.exp %x : " + all + "\n" +
                       "  %s = tcc.reduce_sum %y {axes = array<i64: 0, 2>} : " + all + " -> " + channel + "\n" +
                       "  %t = tcc.reduce_sum %y {axes = array<i64: 2>} : " + all + " -> " + line + "\n" +
                       "  return %y, %s, %t : " + all + ", " + channel + ", " + line + "\n}\n";
    Array x = sample<float>({16, 48, 500});
    // bfloat16 is rounded where it is stored: the reference stores before it adds.
    evaluate(text, {x}, element == "bf16" ? 64 : 0.1);
    EXPECT_EQ(countSteps(text), 1u) << element;
  }
}

TEST_F(ProgramTest, WhatNeedsASumAcrossRowsIsAnotherKernel) {
  // Square, so that shapes alone tell nothing.
  const std::string text = R"(
func.func @main(%x: tensor<200x200xf64>) -> (tensor<200x200xf64>, tensor<200xf64>, tensor<200xf64>, tensor<200x200xf64>) {
  %y = tcc.exp %x : tensor<200x200xf64>
  %r = tcc.reduce_sum %y {axes = array<i64: 1>} : tensor<200x200xf64> -> tensor<200xf64>
  %c = tcc.reduce_sum %y {axes = array<i64: 0>} : tensor<200x200xf64> -> tensor<200xf64>
  %d = tcc.add %c, %r : tensor<200xf64>
  %b = tcc.broadcast %c {dims = array<i64: 1>} : tensor<200xf64> -> tensor<200x200xf64>
  %z = tcc.divide %y, %b : tensor<200x200xf64>
  return %y, %r, %d, %z : tensor<200x200xf64>, tensor<200xf64>, tensor<200xf64>, tensor<200x200xf64>
}
)";
  Array x = sample<double>({200, 200});
  std::vector<Array> y = evaluate(text, {x}, 1e-11);
  for (int64_t j = 0; j < 200; ++j) {
    double sum = 0;
    for (int64_t i = 0; i < 200; ++i)
      sum += std::exp(x.as<double>()[i * 200 + j]);
    EXPECT_NEAR(y[3].as<double>()[j], std::exp(x.as<double>()[j]) / sum, 1e-13);
    EXPECT_NEAR(y[2].as<double>()[j], sum + y[1].as<double>()[j], 1e-10);
  }
}

// 26 MiB, which are stored past the caches: rows begin at any place in a line.
TEST_F(ProgramTest, LargeResultsWithRowsOfAnyLength) {
  std::vector<Array> y = evaluate(R"(func.func @main(%x: tensor<2617x2603xf32>) -> tensor<2615x2601xf32> {
    %a = tcc.slice %x {starts = array<i64: 0, 1>, limits = array<i64: 2615, 2602>, strides = array<i64: 1, 1>}
      : tensor<2617x2603xf32> -> tensor<2615x2601xf32>
    %b = tcc.slice %x {starts = array<i64: 2, 2>, limits = array<i64: 2617, 2603>, strides = array<i64: 1, 1>}
      : tensor<2617x2603xf32> -> tensor<2615x2601xf32>
    %s = tcc.subtract %a, %b : tensor<2615x2601xf32>
    return %s : tensor<2615x2601xf32> })",
                                  {sample<float>({2617, 2603})}, 0);
  ASSERT_EQ(y.size(), 1u);
  EXPECT_EQ(y[0].as<float>()[2614 * 2601 + 2600],
            float(std::sin((2614 * 2603 + 2601) * 7.0 + 3)) - float(std::sin((2616 * 2603 + 2602) * 7.0 + 3)));
}

TEST_F(ProgramTest, ANanAnywhereIsTheExtremeOfItsRow) {
  const int64_t columns = 203, rows = 3 * columns;
  std::vector<float> values(rows * columns);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      values[i * columns + j] = i % 3 == 2 ? -INFINITY : float(std::sin(double(i * 7 + j)));
  for (int64_t j = 0; j < columns; ++j) // row 3 j has one at j, of either sign
    values[3 * j * columns + j] = std::copysign(NAN, j % 2 ? -1.f : 1.f);
  const std::string all = "tensor<609x203xf32>", kept = "tensor<609xf32>";
  std::string text = "func.func @main(%x: " + all + ") -> (" + kept + ", " + kept + ") {\n";
  for (std::string name : {"max", "min"})
    text += "  %" + name + " = tcc.reduce_" + name + " %x {axes = array<i64: 1>} : " + all + " -> " + kept + "\n";
  std::vector<Array> x = {array<float>({rows, columns}, values)};
  auto program = compile(text + "  return %max, %min : " + kept + ", " + kept + "\n}\n");
  ASSERT_TRUE(program);
  std::vector<Array> y = run(*program, x);
  for (int64_t i = 0; i < rows; ++i) {
    auto [low, high] = std::minmax_element(&values[i * columns], &values[(i + 1) * columns]);
    for (int k : {0, 1}) {
      float got = y[k].as<float>()[i];
      if (i % 3 == 0)
        EXPECT_TRUE(std::isnan(got)) << i;
      else
        EXPECT_EQ(got, k ? *low : *high) << i;
    }
  }
}

TEST_F(ProgramTest, LayerNormAndItsInputGradientAreOneKernelEach) {
  std::string text = R"(func.func @main(%x: tensor<64x96xf64>, %g: tensor<96xf64>, %dy: tensor<64x96xf64>)
      -> (tensor<64x96xf64>, tensor<64x96xf64>) {
    %n = tcc.constant dense<96.0> : tensor<64xf64>
    %eps = tcc.constant dense<1.0e-5> : tensor<64xf64>
    %s = tcc.reduce_sum %x {axes = array<i64: 1>} : tensor<64x96xf64> -> tensor<64xf64>
    %mean = tcc.divide %s, %n : tensor<64xf64>
    %mb = tcc.broadcast %mean {dims = array<i64: 0>} : tensor<64xf64> -> tensor<64x96xf64>
    %c = tcc.subtract %x, %mb : tensor<64x96xf64>
    %c2 = tcc.square %c : tensor<64x96xf64>
    %vs = tcc.reduce_sum %c2 {axes = array<i64: 1>} : tensor<64x96xf64> -> tensor<64xf64>
    %var = tcc.divide %vs, %n : tensor<64xf64>
    %ve = tcc.add %var, %eps : tensor<64xf64>
    %r = tcc.rsqrt %ve : tensor<64xf64>
    %rb = tcc.broadcast %r {dims = array<i64: 0>} : tensor<64xf64> -> tensor<64x96xf64>
    %h = tcc.multiply %c, %rb : tensor<64x96xf64>
    %gb = tcc.broadcast %g {dims = array<i64: 1>} : tensor<96xf64> -> tensor<64x96xf64>
    %y = tcc.multiply %h, %gb : tensor<64x96xf64>
    %dh = tcc.multiply %dy, %gb : tensor<64x96xf64>
    %a = tcc.reduce_sum %dh {axes = array<i64: 1>} : tensor<64x96xf64> -> tensor<64xf64>
    %am = tcc.divide %a, %n : tensor<64xf64>
    %dhh = tcc.multiply %dh, %h : tensor<64x96xf64>
    %b = tcc.reduce_sum %dhh {axes = array<i64: 1>} : tensor<64x96xf64> -> tensor<64xf64>
    %bm = tcc.divide %b, %n : tensor<64xf64>
    %ab = tcc.broadcast %am {dims = array<i64: 0>} : tensor<64xf64> -> tensor<64x96xf64>
    %bb = tcc.broadcast %bm {dims = array<i64: 0>} : tensor<64xf64> -> tensor<64x96xf64>
    %t0 = tcc.multiply %h, %bb : tensor<64x96xf64>
    %t1 = tcc.subtract %dh, %ab : tensor<64x96xf64>
    %t2 = tcc.subtract %t1, %t0 : tensor<64x96xf64>
    %dx = tcc.multiply %t2, %rb : tensor<64x96xf64>
    return %y, %dx : tensor<64x96xf64>, tensor<64x96xf64> })";
  Array x = sample<double>({64, 96}), g = sample<double>({96}), dy = sample<double>({64, 96}, 2);
  std::vector<Array> results = evaluate(text, {x, g, dy}, 1e-11);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(countSteps(text), 1u);
  auto normalised = [&](const double *row, std::vector<double> &y) {
    double mean = 0, variance = 0;
    for (int j = 0; j < 96; ++j)
      mean += row[j] / 96;
    for (int j = 0; j < 96; ++j)
      variance += (row[j] - mean) * (row[j] - mean) / 96;
    y.resize(96);
    for (int j = 0; j < 96; ++j)
      y[j] = (row[j] - mean) / std::sqrt(variance + 1e-5) * g.as<double>()[j];
  };
  std::vector<double> y, plus, minus, row(96);
  for (int i = 0; i < 64; i += 9) {
    std::copy_n(x.as<double>() + i * 96, 96, row.begin());
    normalised(row.data(), y);
    for (int j = 0; j < 96; ++j)
      EXPECT_NEAR(results[0].as<double>()[i * 96 + j], y[j], 1e-12);
    double step = 1e-6, central = 0;
    row[5] += step;
    normalised(row.data(), plus);
    row[5] -= 2 * step;
    normalised(row.data(), minus);
    for (int j = 0; j < 96; ++j)
      central += dy.as<double>()[i * 96 + j] * (plus[j] - minus[j]) / (2 * step);
    EXPECT_NEAR(results[1].as<double>()[i * 96 + 5], central, 1e-7);
  }
}

TEST_F(ProgramTest, ViewsAndComputedPositions) {
  std::vector<Array> y = evaluate(R"(func.func @main(%x: tensor<4x6xf32>, %i: tensor<3xi64>)
      -> (tensor<6x4xf32>, tensor<2x3xf32>, tensor<4x6xf32>, tensor<9x6xf32>, tensor<8x6xf32>, tensor<3x6xf32>,
          tensor<24xf32>) {
    %n = tcc.neg %x : tensor<4x6xf32>
    %t = tcc.transpose %n {perm = array<i64: 1, 0>} : tensor<4x6xf32> -> tensor<6x4xf32>
    %s = tcc.slice %n {starts = array<i64: 1, 0>, limits = array<i64: 3, 6>, strides = array<i64: 1, 2>}
      : tensor<4x6xf32> -> tensor<2x3xf32>
    %r = tcc.reverse %n {axes = array<i64: 1>} : tensor<4x6xf32> -> tensor<4x6xf32>
    %v = tcc.constant dense<9.0> : tensor<f32>
    %p = tcc.pad %n, %v {low = array<i64: 1, 0>, high = array<i64: 1, 0>, interior = array<i64: 1, 0>}
      : (tensor<4x6xf32>, tensor<f32>) -> tensor<9x6xf32>
    %c = tcc.concatenate %x, %n {axis = 0} : (tensor<4x6xf32>, tensor<4x6xf32>) -> tensor<8x6xf32>
    %g = tcc.gather %n, %i {axes = array<i64: 0>} : (tensor<4x6xf32>, tensor<3xi64>) -> tensor<3x6xf32>
    %f = tcc.reshape %n : tensor<4x6xf32> -> tensor<24xf32>
    return %t, %s, %r, %p, %c, %g, %f : tensor<6x4xf32>, tensor<2x3xf32>, tensor<4x6xf32>, tensor<9x6xf32>,
      tensor<8x6xf32>, tensor<3x6xf32>, tensor<24xf32> })",
                                  {sample<float>({4, 6}), array<int64_t>({3}, {2, 0, 3})});
  ASSERT_EQ(y.size(), 7u);
  Array x = sample<float>({4, 6});
  auto n = [&](int i, int j) { return -x.as<float>()[i * 6 + j]; };
  int rows[3] = {2, 0, 3};
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 6; ++j) {
      EXPECT_EQ(y[0].as<float>()[j * 4 + i], n(i, j));
      EXPECT_EQ(y[2].as<float>()[i * 6 + 5 - j], n(i, j));
      EXPECT_EQ(y[3].as<float>()[(1 + 2 * i) * 6 + j], n(i, j));
      EXPECT_EQ(y[3].as<float>()[2 * i * 6 + j], 9);
      EXPECT_EQ(y[4].as<float>()[i * 6 + j], -n(i, j));
      EXPECT_EQ(y[4].as<float>()[(4 + i) * 6 + j], n(i, j));
      EXPECT_EQ(y[6].as<float>()[i * 6 + j], n(i, j));
    }
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 6; ++j)
      EXPECT_EQ(y[5].as<float>()[i * 6 + j], n(rows[i], j));
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      EXPECT_EQ(y[1].as<float>()[i * 3 + j], n(1 + i, 2 * j));
}

TEST_F(ProgramTest, SumOfDifferencesOfSlices) {
  Array x = sample<double>({1000});
  std::vector<Array> y = evaluate(R"(func.func @main(%x: tensor<1000xf64>) -> tensor<f64> {
    %a = tcc.slice %x {starts = array<i64: 1>, limits = array<i64: 1000>, strides = array<i64: 1>}
      : tensor<1000xf64> -> tensor<999xf64>
    %b = tcc.slice %x {starts = array<i64: 0>, limits = array<i64: 999>, strides = array<i64: 1>}
      : tensor<1000xf64> -> tensor<999xf64>
    %d = tcc.subtract %a, %b : tensor<999xf64>
    %q = tcc.square %d : tensor<999xf64>
    %s = tcc.reduce_sum %q {axes = array<i64: 0>} : tensor<999xf64> -> tensor<f64>
    return %s : tensor<f64> })",
                                  {x}, 1e-11);
  double sum = 0;
  for (int i = 0; i < 999; ++i)
    sum += std::pow(x.as<double>()[i + 1] - x.as<double>()[i], 2);
  EXPECT_NEAR(y[0].as<double>()[0], sum, 1e-11);
}

TEST_F(ProgramTest, ProductWithBiasAndActivation) {
  std::string text = R"(func.func @main(%x: tensor<32x48xf32>, %w: tensor<48x16xf32>, %b: tensor<16xf32>)
      -> tensor<32x16xf32> {
    %p = tcc.dot_general %x, %w {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
      rhs_contract = array<i64: 0>} : (tensor<32x48xf32>, tensor<48x16xf32>) -> tensor<32x16xf32>
    %bb = tcc.broadcast %b {dims = array<i64: 1>} : tensor<16xf32> -> tensor<32x16xf32>
    %s = tcc.add %p, %bb : tensor<32x16xf32>
    %z = tcc.constant dense<0.0> : tensor<32x16xf32>
    %y = tcc.maximum %s, %z : tensor<32x16xf32>
    return %y : tensor<32x16xf32> })";
  Array x = sample<float>({32, 48}), w = sample<float>({48, 16}), b = sample<float>({16});
  std::vector<Array> y = evaluate(text, {x, w, b});
  EXPECT_EQ(countSteps(text), 2u);
  for (int i = 0; i < 32; ++i)
    for (int j = 0; j < 16; ++j) {
      double sum = b.as<float>()[j];
      for (int k = 0; k < 48; ++k)
        sum += double(x.as<float>()[i * 48 + k]) * w.as<float>()[k * 16 + j];
      EXPECT_NEAR(y[0].as<float>()[i * 16 + j], std::max(sum, 0.0), 1e-5);
    }
}

TEST_F(ProgramTest, GateOnAStateIsOneKernel) {
  // Qubit 2 of 5; the gate's output axis is moved back to its place.
  std::string state = "tensor<2x2x2x2x2xcomplex<f64>>";
  std::string text = "func.func @main(%s: " + state + ", %g: tensor<2x2xcomplex<f64>>) -> " + state + R"( {
    %d = tcc.dot_general %g, %s {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
      rhs_contract = array<i64: 2>} : (tensor<2x2xcomplex<f64>>, )" +
                     state + ") -> " + state + R"(
    %t = tcc.transpose %d {perm = array<i64: 1, 2, 0, 3, 4>} : )" +
                     state + " -> " + state + "\n  return %t : " + state + "\n}\n";
  using C = std::complex<double>;
  std::vector<C> state0, gate = {{0.6, 0}, {0, 0.8}, {0, 0.8}, {0.6, 0}};
  for (int i = 0; i < 32; ++i)
    state0.push_back({std::sin(i), std::cos(3 * i)});
  std::vector<Array> inputs = {array({2, 2, 2, 2, 2}, state0), array({2, 2}, gate)};
  std::vector<Array> y = evaluate(text, inputs);
  EXPECT_EQ(countSteps(text), 1u);
  for (int i = 0; i < 32; ++i) {
    int bit = i >> 2 & 1;
    C expected = gate[bit * 2] * state0[i & ~4] + gate[bit * 2 + 1] * state0[i | 4];
    EXPECT_NEAR(std::abs(y[0].as<C>()[i] - expected), 0, 1e-14);
  }
}

TEST_F(ProgramTest, OptimiserStepIsOneKernel) {
  std::string t = "tensor<1000xf32>";
  std::string text = "func.func @main(%p: " + t + ", %m: " + t + ", %v: " + t + ", %g: " + t + ") -> (" + t + ", " + t +
                     ", " + t + ") {\n";
  text += "%b1 = tcc.constant dense<0.9> : " + t + "\n%c1 = tcc.constant dense<0.1> : " + t +
          "\n%b2 = tcc.constant dense<0.999> : " + t + "\n%c2 = tcc.constant dense<0.001> : " + t +
          "\n%lr = tcc.constant dense<0.01> : " + t + "\n%eps = tcc.constant dense<1.0e-8> : " + t + "\n";
  for (std::string line : {"%m0 = tcc.multiply %m, %b1", "%m1 = tcc.multiply %g, %c1", "%m2 = tcc.add %m0, %m1",
                           "%v0 = tcc.multiply %v, %b2", "%g2 = tcc.square %g", "%v1 = tcc.multiply %g2, %c2",
                           "%v2 = tcc.add %v0, %v1", "%r = tcc.sqrt %v2", "%re = tcc.add %r, %eps",
                           "%u = tcc.divide %m2, %re", "%ul = tcc.multiply %u, %lr", "%p2 = tcc.subtract %p, %ul"})
    text += line + " : " + t + "\n";
  text += "return %p2, %m2, %v2 : " + t + ", " + t + ", " + t + "\n}\n";
  Array p = sample<float>({1000}), m = sample<float>({1000}, 0.1), g = sample<float>({1000}, 2);
  Array v = array<float>({1000}, std::vector<float>(1000, 0.5));
  std::vector<Array> y = evaluate(text, {p, m, v, g});
  EXPECT_EQ(countSteps(text), 1u);
  for (int i = 0; i < 1000; ++i) {
    double gi = g.as<float>()[i], mi = 0.9 * m.as<float>()[i] + 0.1 * gi, vi = 0.999 * 0.5 + 0.001 * gi * gi;
    EXPECT_NEAR(y[0].as<float>()[i], p.as<float>()[i] - 0.01 * mi / (std::sqrt(vi) + 1e-8), 1e-6);
    EXPECT_NEAR(y[1].as<float>()[i], mi, 1e-6);
    EXPECT_NEAR(y[2].as<float>()[i], vi, 1e-6);
  }
}

TEST_F(ProgramTest, DecompositionAndTransform) {
  Array x = sample<double>({6, 4});
  std::vector<Array> y = evaluate(R"(func.func @main(%x: tensor<6x4xf64>) -> (tensor<f64>, tensor<f64>) {
    %u, %s, %v = tcc.svd %x {full = false} : tensor<6x4xf64> -> tensor<6x4xf64>, tensor<4xf64>, tensor<4x4xf64>
    %q = tcc.square %s : tensor<4xf64>
    %t = tcc.reduce_sum %q {axes = array<i64: 0>} : tensor<4xf64> -> tensor<f64>
    %c = tcc.cast %x : tensor<6x4xf64> -> tensor<6x4xcomplex<f64>>
    %f = tcc.fft %c {axes = array<i64: 0, 1>, inverse = false, norm = 0 : i64} : tensor<6x4xcomplex<f64>> -> tensor<6x4xcomplex<f64>>
    %a = tcc.abs %f : tensor<6x4xcomplex<f64>> -> tensor<6x4xf64>
    %a2 = tcc.square %a : tensor<6x4xf64>
    %e = tcc.reduce_sum %a2 {axes = array<i64: 0, 1>} : tensor<6x4xf64> -> tensor<f64>
    return %t, %e : tensor<f64>, tensor<f64> })",
                                  {x}, 1e-9);
  ASSERT_EQ(y.size(), 2u);
  double norm = 0;
  for (int i = 0; i < 24; ++i)
    norm += std::pow(x.as<double>()[i], 2);
  EXPECT_NEAR(y[0].as<double>()[0], norm, 1e-12);
  EXPECT_NEAR(y[1].as<double>()[0], norm * 24, 1e-9); // Parseval
}

TEST_F(ProgramTest, EmptyTensors) {
  std::vector<Array> y =
      evaluate(R"(func.func @main(%x: tensor<0x3xf32>) -> (tensor<0x3xf32>, tensor<3xf32>, tensor<2x3xf32>) {
    %n = tcc.neg %x : tensor<0x3xf32>
    %s = tcc.reduce_sum %n {axes = array<i64: 0>} : tensor<0x3xf32> -> tensor<3xf32>
    %v = tcc.constant dense<7.0> : tensor<f32>
    %p = tcc.pad %n, %v {low = array<i64: 1, 0>, high = array<i64: 1, 0>, interior = array<i64: 0, 0>}
      : (tensor<0x3xf32>, tensor<f32>) -> tensor<2x3xf32>
    return %n, %s, %p : tensor<0x3xf32>, tensor<3xf32>, tensor<2x3xf32> })",
               {sample<float>({0, 3})});
  ASSERT_EQ(y.size(), 3u);
  for (int j = 0; j < 3; ++j)
    EXPECT_EQ(y[1].as<float>()[j], 0);
  for (int j = 0; j < 6; ++j)
    EXPECT_EQ(y[2].as<float>()[j], 7);
}

TEST_F(ProgramTest, EveryElementType) {
  for (std::string type :
       {"i1", "i8", "i16", "i32", "i64", "ui8", "ui32", "f16", "bf16", "f32", "f64", "complex<f32>", "complex<f64>"}) {
    std::string t = "tensor<3x5x" + type + ">";
    std::vector<Array> y = evaluate(
        "func.func @main(%x: tensor<3x5xi64>) -> (tensor<3x5xi64>, tensor<3xi64>) {\n  %c = tcc.cast %x : "
        "tensor<3x5xi64> -> " +
            t + "\n  %e = tcc.equal %c, %c : " + t + " -> tensor<3x5xi1>\n  %z = tcc.constant dense<" +
            (type == "i1"                          ? "false"
             : type[0] == 'c'                      ? "(1.0, 0.0)"
             : type.find('f') != std::string::npos ? "1.0"
                                                   : "1") +
            "> : " + t + "\n  %s = tcc.select %e, %c, %z : " + t + "\n  %b = tcc.cast %s : " + t +
            " -> tensor<3x5xi64>\n  %r = tcc.reduce_" + (type[0] == 'c' ? "sum" : "max") +
            " %c {axes = array<i64: 1>} : " + t + " -> tensor<3x" + type + ">\n  %rb = tcc.cast %r : tensor<3x" + type +
            "> -> tensor<3xi64>\n  return %b, %rb : tensor<3x5xi64>, tensor<3xi64>\n}\n",
        {array<int64_t>({3, 5}, {1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1})});
    ASSERT_EQ(y.size(), 2u) << type;
    int64_t expected[15] = {1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
    for (int i = 0; i < 15; ++i)
      EXPECT_EQ(y[0].as<int64_t>()[i], expected[i]) << type;
    bool sums = type[0] == 'c';
    EXPECT_EQ(y[1].as<int64_t>()[0], sums ? 3 : 1) << type;
    EXPECT_EQ(y[1].as<int64_t>()[1], 0) << type;
    EXPECT_EQ(y[1].as<int64_t>()[2], sums ? 5 : 1) << type;
  }
}

TEST_F(ProgramTest, RandomBitsAreThreefry) {
  // Known answers of Random123 for threefry2x32 with 20 rounds and counter 0: keys of zeros and of ones.
  std::vector<Array> y = evaluate(R"(func.func @main(%k: tensor<2xui32>) -> tensor<2x3xui32> {
    %r = tcc.random_bits %k : tensor<2xui32> -> tensor<2x3xui32>
    return %r : tensor<2x3xui32> })",
                                  {array<uint32_t>({2}, {0, 0})});
  EXPECT_EQ(y[0].as<uint32_t>()[0], 0x6b200159u);
  EXPECT_EQ(y[0].as<uint32_t>()[1], 0x99ba4efeu);
  EXPECT_NE(y[0].as<uint32_t>()[2], 0x6b200159u);
}

TEST_F(ProgramTest, ResultsThatNeedNoComputation) {
  std::vector<Array> y = evaluate(R"(func.func @main(%x: tensor<2x3xf32>)
      -> (tensor<2x3xf32>, tensor<6xf32>, tensor<2xi64>, tensor<2xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
    %r = tcc.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
    %c = tcc.constant dense<[5, 6]> : tensor<2xi64>
    %s = tcc.constant dense<2.5> : tensor<2xf32>
    %n = tcc.neg %x : tensor<2x3xf32>
    return %x, %r, %c, %s, %n, %n
      : tensor<2x3xf32>, tensor<6xf32>, tensor<2xi64>, tensor<2xf32>, tensor<2x3xf32>, tensor<2x3xf32> })",
                                  {sample<float>({2, 3})});
  ASSERT_EQ(y.size(), 6u);
  Array x = sample<float>({2, 3});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(y[0].as<float>()[i], x.as<float>()[i]);
    EXPECT_EQ(y[1].as<float>()[i], x.as<float>()[i]);
    EXPECT_EQ(y[4].as<float>()[i], -x.as<float>()[i]);
    EXPECT_EQ(y[5].as<float>()[i], -x.as<float>()[i]);
  }
  EXPECT_EQ(y[2].as<int64_t>()[1], 6);
  EXPECT_EQ(y[3].as<float>()[1], 2.5);
}

} // namespace
