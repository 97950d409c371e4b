// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiles one kernel of linalg ops for this machine or a narrower one, and runs it, for tests.
#pragma once

#include "passes/Codegen.h"
#include "passes/Jit.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <random>
#include <vector>

namespace tcc {

inline mlir::MLIRContext &context() {
  static mlir::MLIRContext *instance = [] {
    mlir::DialectRegistry registry;
    registerCompilerDialects(registry);
    auto *result = new mlir::MLIRContext(registry, mlir::MLIRContext::Threading::DISABLED);
    result->loadAllAvailableDialects();
    return result;
  }();
  return *instance;
}

/// The host, or narrower by TCC_TEST_VECTOR_BITS (without masks; 0: plain loops): every code path on one machine.
inline Target testTarget() {
  Target target = Target::host();
  if (const char *bits = std::getenv("TCC_TEST_VECTOR_BITS")) {
    target.vectorize = std::atoi(bits) != 0;
    target.vectorBits = std::max(128, std::atoi(bits));
    target.maskedMemory = false;
  }
  return target;
}

class Kernel {
public:
  explicit Kernel(const std::string &text, const Target &target = testTarget(), Effort effort = Effort::full) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context());
    if (!module)
      throw std::runtime_error("kernel text does not parse");
    if (mlir::failed(lowerToLLVMDialect(*module, target)))
      throw std::runtime_error("kernel does not compile");
    auto code = translateModule(*module, target);
    if (mlir::failed(code))
      throw std::runtime_error("kernel does not translate");
    auto object = llvm::cantFail(generateCode(std::move(*code), target, OutputKind::object, nullptr, effort));
    info = collectKernels(*module).front();
    jit = llvm::cantFail(Jit::create(object));
    function = llvm::cantFail(jit->lookup(info.name));
    if (info.hasFinish)
      finish = llvm::cantFail(jit->lookupFinish(info.name));
  }
  /// Runs the blocks in `ranges` ranges, the last first, as threads might.
  void run(std::vector<void *> buffers, std::vector<int64_t> dims, int ranges = 1) {
    int64_t extent = info.extentFor(dims);
    std::vector<char> scratch(info.scratchBytesFor(dims) + 64);
    char *aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
    for (int i = ranges; i-- > 0;)
      if (int64_t begin = extent * i / ranges, end = extent * (i + 1) / ranges; begin < end)
        function(buffers.data(), dims.data(), begin, end, aligned);
    if (finish)
      finish(buffers.data(), dims.data(), aligned);
  }
  KernelInfo info;

private:
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<Jit> jit;
  KernelFn function = nullptr;
  FinishFn finish = nullptr;
};

template <typename T> std::vector<T> randomValues(size_t n, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::vector<T> values(n);
  std::normal_distribution<double> normal;
  for (T &value : values) {
    if constexpr (std::is_integral_v<T>)
      value = T(generator());
    else if constexpr (std::is_floating_point_v<T>)
      value = T(normal(generator));
    else
      value = T(normal(generator), normal(generator));
  }
  return values;
}

/// Output buffers carry a guard behind their end that no kernel may touch.
template <typename T> struct Guarded {
  explicit Guarded(size_t n) : n(n), values(n + 64, T(42)) {}
  ~Guarded() {
    for (size_t i = n; i < values.size(); ++i)
      EXPECT_EQ(values[i], T(42)) << "written behind the end at " << i - n;
  }
  T &operator[](size_t i) { return values[i]; }
  T *data() { return values.data(); }
  size_t n;
  std::vector<T> values;
};

} // namespace tcc
