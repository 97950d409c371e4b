// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles and runs programs given as text, for tests.
#pragma once

#include "passes/Program.h"

#include "dialect/Ops.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "runtime/Tensors.h"
#include "gtest/gtest.h"
#include <bit>
#include <cmath>
#include <complex>
#include <numeric>

namespace tcc {

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

inline float fromBfloat16(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }

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
        else if (dtype == TCC_C64)
          EXPECT_LE(std::abs(results[i].as<std::complex<float>>()[k] - expected[i].as<std::complex<float>>()[k]),
                    tolerance)
              << "output " << i << " at " << k;
        else if (dtype == TCC_BF16)
          EXPECT_NEAR(fromBfloat16(results[i].as<uint16_t>()[k]), fromBfloat16(expected[i].as<uint16_t>()[k]),
                      tolerance)
              << "output " << i << " at " << k;
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

inline std::string softmax(const std::string &x, const std::string &row) {
  return "func.func @main(%x: " + x + ") -> " + x + " {\n" + "  %m = tcc.reduce_max %x {axes = array<i64: 1>} : " + x +
         " -> " + row + "\n" + "  %mb = tcc.broadcast %m like %x : " + x + " {dims = array<i64: 0>} : " + row + " -> " +
         x + "\n" + "  %d = tcc.subtract %x, %mb : " + x + "\n  %e = tcc.exp %d : " + x + "\n" +
         "  %s = tcc.reduce_sum %e {axes = array<i64: 1>} : " + x + " -> " + row + "\n" +
         "  %sb = tcc.broadcast %s like %x : " + x + " {dims = array<i64: 0>} : " + row + " -> " + x + "\n" +
         "  %y = tcc.divide %e, %sb : " + x + "\n  return %y : " + x + "\n}\n";
}
inline std::string staticSoftmax(const std::string &x, const std::string &row) {
  std::string text = softmax(x, row), like = " like %x : " + x;
  for (size_t at; (at = text.find(like)) != std::string::npos;)
    text.erase(at, like.size());
  return text;
}

} // namespace tcc
