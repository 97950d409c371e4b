// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of tcc ops from text to numbers: every program runs fused and op by op, and both must agree with plain C++.
#include "passes/Program.h"
#include "dialect/Ops.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "runtime/Tensors.h"
#include "gtest/gtest.h"
#include <chrono>
#include <cmath>
#include <complex>
#include <numeric>

using namespace tcc;

namespace {

/// A dense tensor of any dtype.
struct Array {
  std::vector<int64_t> shape;
  runtime::Buffer data;

  template <class T> T *as() { return static_cast<T *>(data.data()); }
  int64_t size() const { return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>()); }
};

template <class T> Array array(std::vector<int64_t> shape, const std::vector<T> &values) {
  Array result{std::move(shape), runtime::Buffer::create(std::max<int64_t>(values.size(), 1) * sizeof(T))};
  std::copy(values.begin(), values.end(), result.as<T>());
  return result;
}

/// Values of a fixed pattern without ties.
template <class T> Array sample(std::vector<int64_t> shape, double scale = 1) {
  int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  std::vector<T> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(T(scale * std::sin(double(i * 7 + 3))));
  return array(std::move(shape), values);
}

class ProgramTest : public ::testing::Test {
protected:
  ProgramTest() {
    mlir::DialectRegistry registry;
    registerProgramDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  std::shared_ptr<Program> compile(const std::string &text, bool reference = false, ProgramTimes *times = nullptr) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module) {
      ADD_FAILURE() << "does not parse:\n" << text;
      return nullptr;
    }
    ProgramOptions options;
    options.reference = reference;
    auto program = compileProgram(*module, "main", options, times);
    if (failed(program)) {
      ADD_FAILURE() << "does not compile:\n" << text;
      return nullptr;
    }
    return *program;
  }

  std::vector<Array> run(const Program &program, std::vector<Array> &inputs) {
    std::vector<int64_t> open;
    for (size_t i = 0; i < inputs.size(); ++i)
      for (size_t axis = 0; axis < inputs[i].shape.size(); ++axis)
        if (program.inputTypes()[i].shape[axis] < 0)
          open.push_back(inputs[i].shape[axis]);
    std::vector<Array> results;
    std::vector<const void *> from;
    std::vector<void *> to;
    for (Array &input : inputs)
      from.push_back(input.size() ? input.data.data() : nullptr);
    for (auto [type, shape] : llvm::zip(program.outputTypes(), program.outputShapes(open))) {
      Array result{shape, {}};
      result.data = runtime::Buffer::create(std::max<int64_t>(result.size(), 1) * runtime::elementSize(type.dtype));
      results.push_back(result);
      to.push_back(result.size() ? result.data.data() : nullptr);
    }
    TccStatus status{};
    EXPECT_EQ(program.run(from, to, status, open), TCC_OK) << status.message;
    return results;
  }

  /// Fused results, after comparing them with those of the reference.
  std::vector<Array> evaluate(const std::string &text, std::vector<Array> inputs, double tolerance = 1e-5) {
    auto fused = compile(text), reference = compile(text, true);
    if (!fused || !reference)
      return {};
    std::vector<Array> results = run(*fused, inputs), expected = run(*reference, inputs);
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(results[i].shape, expected[i].shape);
      int32_t dtype = fused->outputTypes()[i].dtype;
      for (int64_t k = 0; k < results[i].size(); ++k) {
        if (dtype == TCC_F32)
          EXPECT_NEAR(results[i].as<float>()[k], expected[i].as<float>()[k], tolerance)
              << "output " << i << " at " << k;
        else if (dtype == TCC_F64)
          EXPECT_NEAR(results[i].as<double>()[k], expected[i].as<double>()[k], tolerance) << i << " at " << k;
        else if (dtype == TCC_I64)
          EXPECT_EQ(results[i].as<int64_t>()[k], expected[i].as<int64_t>()[k]) << i << " at " << k;
      }
    }
    return results;
  }

  size_t countSteps(const std::string &text) {
    auto program = compile(text);
    return program ? program->planFor()->view().numSteps : 0;
  }

  mlir::MLIRContext context;
};

std::string softmax(const std::string &x, const std::string &row) {
  return "func.func @main(%x: " + x + ") -> " + x + " {\n" + "  %m = tcc.reduce_max %x {axes = array<i64: 1>} : " + x +
         " -> " + row + "\n" + "  %mb = tcc.broadcast %m like %x : " + x + " {dims = array<i64: 0>} : " + row + " -> " +
         x + "\n" + "  %d = tcc.subtract %x, %mb : " + x + "\n  %e = tcc.exp %d : " + x + "\n" +
         "  %s = tcc.reduce_sum %e {axes = array<i64: 1>} : " + x + " -> " + row + "\n" +
         "  %sb = tcc.broadcast %s like %x : " + x + " {dims = array<i64: 0>} : " + row + " -> " + x + "\n" +
         "  %y = tcc.divide %e, %sb : " + x + "\n  return %y : " + x + "\n}\n";
}
std::string staticSoftmax(const std::string &x, const std::string &row) {
  std::string text = softmax(x, row), like = " like %x : " + x;
  for (size_t at; (at = text.find(like)) != std::string::npos;)
    text.erase(at, like.size());
  return text;
}

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
    %f = tcc.fft %c {axes = array<i64: 0, 1>, inverse = false} : tensor<6x4xcomplex<f64>> -> tensor<6x4xcomplex<f64>>
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

TEST_F(ProgramTest, EqualKernelsAreCompiledOnce) {
  std::string text = staticSoftmax("tensor<21x19xf32>", "tensor<21xf32>");
  compile(text);
  KernelCacheCounts before = kernelCacheCounts();
  mlir::MLIRContext other;
  compile(text);
  EXPECT_EQ(kernelCacheCounts().misses, before.misses);
  EXPECT_EQ(kernelCacheCounts().hits, before.hits + 1);
}

TEST_F(ProgramTest, KernelsThatDifferInNumbersAreCompiledOnce) {
  std::string t = "tensor<64x33xf32>", text = "func.func @main(%x0: " + t + ") -> " + t + " {\n";
  for (int i = 0; i < 4; ++i) {
    std::string n = std::to_string(i), next = std::to_string(i + 1);
    text += "  %c" + n + " = tcc.constant dense<" + next + ".5> : " + t + "\n  %m" + n + " = tcc.multiply %x" + n +
            ", %c" + n + " : " + t + "\n  %s" + n + " = tcc.sort %m" + n + " {axis = 1} : " + t + " -> " + t +
            "\n  %x" + next + " = tcc.add %s" + n + ", %c0 : " + t + "\n";
  }
  text += "  return %x4 : " + t + "\n}\n";
  KernelCacheCounts before = kernelCacheCounts();
  auto program = compile(text);
  EXPECT_LE(kernelCacheCounts().misses, before.misses + 3); // first product, sum and product, last sum
  std::vector<Array> x = {sample<float>({64, 33})};
  auto y = run(*program, x), expected = run(*compile(text, /*reference=*/true), x);
  for (int i = 0; i < 64 * 33; ++i)
    EXPECT_EQ(y[0].as<float>()[i], expected[0].as<float>()[i]) << i;
}

// A process that compiles ever new programs does not grow.
TEST_F(ProgramTest, KernelsOfNoProgramAreDropped) {
  auto compileMany = [&](int first) {
    std::string arguments, types, body, results;
    for (int i = first; i < first + 100; ++i) {
      std::string n = std::to_string(i), type = "tensor<" + n + "x3xi8>", comma = i > first ? ", " : "";
      arguments += comma + "%x" + n + ": " + type;
      types += comma + type;
      results += comma + "%y" + n;
      body += "  %y" + n + " = tcc.neg %x" + n + " : " + type + "\n";
    }
    return compile("func.func @main(" + arguments + ") -> (" + types + ") {\n" + body + "  return " + results + " : " +
                   types + "\n}\n");
  };
  auto held = compileMany(1000);
  uint64_t misses = kernelCacheCounts().misses, largest = 0;
  for (int round = 1; round < 5; ++round) {
    compileMany(1000 + 100 * round);
    largest = std::max(largest, kernelCacheCounts().kept);
  }
  EXPECT_GE(kernelCacheCounts().misses, misses + 400);
  EXPECT_LT(largest, 500u);
  misses = kernelCacheCounts().misses;
  compileMany(1000);
  EXPECT_EQ(kernelCacheCounts().misses, misses); // what is in use stays
}

TEST_F(ProgramTest, CompileTimeIsLinearInAChainOfSines) {
  auto seconds = [&](int length) {
    std::string t = "tensor<" + std::to_string(length % 7 + 8) + "xf32>",
                text = "func.func @main(%x0: " + t + ") -> " + t + " {\n";
    for (int i = 0; i < length; ++i)
      text += "  %x" + std::to_string(i + 1) + " = tcc.sin %x" + std::to_string(i) + " : " + t + "\n";
    text += "  return %x" + std::to_string(length) + " : " + t + "\n}\n";
    auto start = std::chrono::steady_clock::now();
    compile(text);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  seconds(4); // LLVM's targets
  double brief = seconds(250), lengthy = seconds(2000);
  printf("250 sines %.0f ms, 2000 sines %.0f ms\n", brief * 1e3, lengthy * 1e3);
  EXPECT_LT(lengthy, 24 * brief); // eight times as long; the machine may be busy
}

TEST_F(ProgramTest, CompileTimeOfSixtyOps) {
  std::string t = "tensor<64x256xf32>", r = "tensor<64xf32>",
              text = "func.func @main(%x0: " + t + ", %w: tensor<256x256xf32>) -> " + t + " {\n";
  std::string x = "%x0";
  for (int block = 0; block < 5; ++block) {
    std::string n = std::to_string(block);
    auto line = [&](std::string out, std::string op, std::string types) {
      text += "  %" + out + n + " = tcc." + op + " : " + types + "\n";
    };
    line("p",
         "dot_general " + x +
             ", %w {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = "
             "array<i64: 0>}",
         "(" + t + ", tensor<256x256xf32>) -> " + t);
    line("t", "tanh %p" + n, t);
    line("a", "multiply %t" + n + ", " + x, t);
    line("m", "reduce_max %a" + n + " {axes = array<i64: 1>}", t + " -> " + r);
    line("b", "broadcast %m" + n + " {dims = array<i64: 0>}", r + " -> " + t);
    line("d", "subtract %a" + n + ", %b" + n, t);
    line("e", "exp %d" + n, t);
    line("s", "reduce_sum %e" + n + " {axes = array<i64: 1>}", t + " -> " + r);
    line("c", "broadcast %s" + n + " {dims = array<i64: 0>}", r + " -> " + t);
    line("q", "divide %e" + n + ", %c" + n, t);
    line("y", "add %q" + n + ", " + x, t);
    line("z", "multiply %y" + n + ", %t" + n, t);
    x = "%z" + n;
  }
  text += "  return " + x + " : " + t + "\n}\n";
  ProgramTimes first, best{{1, 1, 1}, 1, 1};
  ASSERT_TRUE(compile(text, false, &first));
  for (int i = 0; i < 10; ++i) {
    ProgramTimes times;
    compile(text, false, &times);
    best.form = std::min(best.form, times.form);
    best.lower = std::min(best.lower, times.lower);
    best.plan = std::min(best.plan, times.plan);
    best.kernels = std::min(best.kernels, times.kernels);
    best.build = std::min(best.build, times.build);
  }
  printf("60 ops: form %.2f lower %.2f plan %.2f build %.2f ms; kernels %.1f ms cold, %.2f ms cached\n",
         best.form * 1e3, best.lower * 1e3, best.plan * 1e3, best.build * 1e3, first.kernels * 1e3, best.kernels * 1e3);
  EXPECT_LT(best.form + best.lower + best.plan, 20e-3);
  EXPECT_EQ(countSteps(text), 10u); // a product and a kernel for each block
}

} // namespace
