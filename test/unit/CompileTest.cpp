// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Stage-3 kernels compiled, linked and run through the kernel ABI, against plain loops.

#include "passes/Compile.h"
#include "passes/Jit.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>
#include <vector>

using namespace tcc;

namespace {

mlir::MLIRContext &context() {
  static mlir::MLIRContext *instance = [] {
    mlir::DialectRegistry registry;
    registerCompilerDialects(registry);
    auto *result = new mlir::MLIRContext(registry, mlir::MLIRContext::Threading::DISABLED);
    result->loadAllAvailableDialects();
    return result;
  }();
  return *instance;
}

class Kernel {
public:
  explicit Kernel(const std::string &text, const Target &target = Target::host()) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context());
    if (!module)
      throw std::runtime_error("kernel text does not parse");
    auto object = compileModule(*module, target);
    if (mlir::failed(object))
      throw std::runtime_error("kernel does not compile");
    info = collectKernels(*module).front();
    jit = llvm::cantFail(Jit::create(*object));
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

const std::vector<int64_t> sizes{0, 1, 2, 3, 5, 15, 16, 17, 31, 33, 63, 64, 65, 127, 1000, 1009, 65536, 70001};

std::string elementwise(const std::string &type, const std::string &body) {
  return "#m = affine_map<(d0) -> (d0)>\n"
         "func.func private @k(%a: memref<?x" + type + ">, %b: memref<?x" + type + ">, %o: memref<?x" + type +
         ">) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 1 : i64} {\n"
         "linalg.generic {indexing_maps = [#m, #m, #m], iterator_types = [\"parallel\"]} ins(%a, %b : memref<?x" +
         type + ">, memref<?x" + type + ">) outs(%o : memref<?x" + type + ">) {\n^bb0(%x: " + type + ", %y: " + type +
         ", %z: " + type + "):\n" + body + "}\nreturn\n}\n";
}

TEST(Elementwise, f32_of_every_size) {
  Kernel kernel(elementwise("f32", "%0 = arith.mulf %x, %y : f32\n%1 = arith.subf %0, %x : f32\nlinalg.yield %1 : f32\n"));
  for (int64_t n : sizes) {
    auto a = randomValues<float>(n, 1), b = randomValues<float>(n, 2);
    Guarded<float> out(n);
    kernel.run({a.data(), b.data(), out.data()}, {n, n, n});
    for (int64_t i = 0; i < n; ++i)
      ASSERT_NEAR(out[i], a[i] * b[i] - a[i], 1e-6 * (1 + std::abs(a[i] * b[i]))) << n << " at " << i;
  }
}

TEST(Elementwise, f64_of_every_size) {
  Kernel kernel(elementwise("f64", "%0 = math.exp %x : f64\n%1 = arith.addf %0, %y : f64\nlinalg.yield %1 : f64\n"));
  for (int64_t n : sizes) {
    auto a = randomValues<double>(n, 1), b = randomValues<double>(n, 2);
    Guarded<double> out(n);
    kernel.run({a.data(), b.data(), out.data()}, {n, n, n}, 3);
    for (int64_t i = 0; i < n; ++i)
      ASSERT_NEAR(out[i], std::exp(a[i]) + b[i], 1e-12 * (1 + std::exp(a[i]))) << n << " at " << i;
  }
}

} // namespace
