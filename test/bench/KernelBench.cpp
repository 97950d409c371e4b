// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Generated kernels beside the machine's stream bandwidth and plain C++ loops, in one run: `tcc-kernel-bench
// [threads]`.

#include "passes/Compile.h"
#include "passes/Jit.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <sys/mman.h>
#include <thread>
#include <vector>

using namespace tcc;

static double seconds(const std::function<void()> &work) {
  double best = 1e9;
  for (int i = 0; i < 8; ++i) {
    auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

static float *allocate(size_t n) {
  size_t bytes = (n * sizeof(float) + (2 << 20)) & ~size_t((2 << 20) - 1);
  void *memory = std::aligned_alloc(2 << 20, bytes);
  madvise(memory, bytes, MADV_HUGEPAGE);
  float *values = static_cast<float *>(memory);
  for (size_t i = 0; i < n; ++i)
    values[i] = float(i % 1000) * 0.002f - 1;
  return values;
}

static int numThreads = 2;

static void parallel(int64_t extent, const std::function<void(int64_t, int64_t)> &work) {
  std::vector<std::thread> threads;
  std::atomic<int64_t> next{0};
  int64_t grain = std::max<int64_t>(1, extent / (numThreads * 8));
  auto loop = [&] {
    for (int64_t begin; (begin = next.fetch_add(grain)) < extent;)
      work(begin, std::min(extent, begin + grain));
  };
  for (int i = 1; i < numThreads; ++i)
    threads.emplace_back(loop);
  loop();
  for (std::thread &thread : threads)
    thread.join();
}

static void bench(const char *name, const std::string &text, std::vector<void *> buffers, double bytes,
                  const std::function<void()> &plain) {
  static mlir::MLIRContext *context = [] {
    mlir::DialectRegistry registry;
    registerCompilerDialects(registry);
    auto *result = new mlir::MLIRContext(registry, mlir::MLIRContext::Threading::DISABLED);
    result->loadAllAvailableDialects();
    return result;
  }();
  CompileTimes times;
  auto start = std::chrono::steady_clock::now();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, context);
  llvm::SmallVector<char, 0> object;
  for (int i = 0; i < 3; ++i) {
    module = mlir::parseSourceString<mlir::ModuleOp>(text, context);
    start = std::chrono::steady_clock::now();
    times = {};
    auto compiled = compileModule(*module, Target::host(), OutputKind::object, &times);
    if (mlir::failed(compiled))
      std::exit(1);
    object = std::move(*compiled);
  }
  double compile = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  KernelInfo info = collectKernels(*module).front();
  auto jit = llvm::cantFail(Jit::create(object));
  KernelFn kernel = llvm::cantFail(jit->lookup(info.name));
  FinishFn finish = info.hasFinish ? llvm::cantFail(jit->lookupFinish(info.name)) : nullptr;
  int64_t extent = info.extentFor({});
  std::vector<char> scratch(info.scratchBytesFor({}) + 64);
  double time = seconds([&] {
    parallel(extent, [&](int64_t b, int64_t e) { kernel(buffers.data(), nullptr, b, e, scratch.data()); });
    if (finish)
      finish(buffers.data(), nullptr, scratch.data());
  });
  double reference = plain ? seconds(plain) : 0;
  std::printf(
      "%-18s %7.2f ms %6.1f GB/s | plain C %7.2f ms | blocks %6ld | compile %5.1f ms = loops %.1f math %.1f lower %.1f "
      "translate %.1f opt %.1f codegen %.1f\n",
      name, time * 1e3, bytes / time * 1e-9, reference * 1e3, long(extent), compile * 1e3, times.loops * 1e3,
      times.math * 1e3, times.lowering * 1e3, times.translation * 1e3, times.optimisation * 1e3, times.codegen * 1e3);
}

static std::string generic(const char *maps, const char *iterators, const std::string &ins, const std::string &outs,
                           const char *body) {
  return std::string("linalg.generic {indexing_maps = [") + maps + "], iterator_types = [" + iterators + "]} ins(" +
         ins + ") outs(" + outs + ") {\n" + body + "}\n";
}
static std::string function(const std::string &args, int outer, const std::string &body) {
  return "#i = affine_map<(d0) -> (d0)>\n#s = affine_map<(d0) -> ()>\n#ij = affine_map<(d0, d1) -> (d0, d1)>\n"
         "#ji = affine_map<(d0, d1) -> (d1, d0)>\n#r = affine_map<(d0, d1) -> (d0)>\n"
         "func.func private @k(" +
         args + ") attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = " + std::to_string(outer) +
         " : i64} {\n" + body + "return\n}\n";
}

int main(int argc, char **argv) {
  numThreads = argc > 1 ? std::atoi(argv[1]) : 2;
  const int64_t n = 1 << 24;
  float *a = allocate(n), *b = allocate(n), *c = allocate(n);
  double triad = seconds([&] {
    parallel(256, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * (n / 256); i < end * (n / 256); ++i)
        c[i] = a[i] + 0.5f * b[i];
    });
  });
  std::atomic<float> sink{0};
  double read = seconds([&] {
    parallel(256, [&](int64_t begin, int64_t end) {
      float total[64] = {};
      for (int64_t i = begin * (n / 256); i < end * (n / 256); i += 64)
        for (int j = 0; j < 64; ++j)
          total[j] += a[i + j];
      sink = total[3];
    });
  });
  std::printf("stream triad %.1f GB/s, read %.1f GB/s, %d threads\n", 12.0 * n / triad * 1e-9, 4.0 * n / read * 1e-9,
              numThreads);
  std::string v = "memref<16777216xf32>", m = "memref<4096x4096xf32>", row = "memref<4096x1024xf32>",
              s = "memref<4096xf32>";

  bench("add",
        function("%a: " + v + ", %b: " + v + ", %o: " + v, 1,
                 generic("#i, #i, #i", "\"parallel\"", "%a, %b : " + v + ", " + v, "%o : " + v,
                         "^bb0(%x: f32, %y: f32, %z: f32):\n%1 = arith.addf %x, %y : f32\nlinalg.yield %1 : f32\n")),
        {a, b, c}, 12.0 * n, nullptr);
  bench("gelu chain",
        function("%a: " + v + ", %b: " + v + ", %o: " + v, 1,
                 generic("#i, #i, #i", "\"parallel\"", "%a, %b : " + v + ", " + v, "%o : " + v,
                         "^bb0(%x: f32, %y: f32, %z: f32):\n%c1 = arith.constant 1.5 : f32\n%c2 = arith.constant 0.1 : "
                         "f32\n%h = arith.constant 0.5 : f32\n"
                         "%k = arith.constant 0.7978845608 : f32\n%q = arith.constant 0.044715 : f32\n%one = "
                         "arith.constant 1.0 : f32\n"
                         "%0 = arith.mulf %x, %c1 : f32\n%1 = arith.addf %0, %c2 : f32\n%2 = arith.mulf %1, %1 : "
                         "f32\n%3 = arith.mulf %2, %1 : f32\n"
                         "%4 = arith.mulf %3, %q : f32\n%5 = arith.addf %1, %4 : f32\n%6 = arith.mulf %5, %k : f32\n%7 "
                         "= math.tanh %6 : f32\n%8 = arith.addf %7, %one : f32\n"
                         "%9 = arith.mulf %1, %h : f32\n%10 = arith.mulf %9, %8 : f32\n%11 = arith.mulf %10, %y : "
                         "f32\n%12 = arith.addf %11, %x : f32\nlinalg.yield %12 : f32\n")),
        {a, b, c}, 12.0 * n, [&] {
          for (int64_t i = 0; i < n; ++i) {
            float t = a[i] * 1.5f + 0.1f;
            c[i] = 0.5f * t * (1 + std::tanh(0.7978845608f * (t + 0.044715f * t * t * t))) * b[i] + a[i];
          }
        });
  bench("sum of squares",
        function("%a: " + v + ", %o: memref<f32>", 0,
                 "%z = arith.constant 0.0 : f32\nlinalg.fill ins(%z : f32) outs(%o : memref<f32>)\n" +
                     generic("#i, #s", "\"reduction\"", "%a : " + v, "%o : memref<f32>",
                             "^bb0(%x: f32, %acc: f32):\n%0 = arith.mulf %x, %x : f32\n%1 = arith.addf %acc, %0 : "
                             "f32\nlinalg.yield %1 : f32\n")),
        {a, c}, 4.0 * n, [&] {
          float total = 0;
          for (int64_t i = 0; i < n; ++i)
            total += a[i] * a[i];
          c[0] = total;
        });
  bench("column sum exp",
        function("%a: " + m + ", %o: " + s, 1,
                 "%z = arith.constant 0.0 : f32\nlinalg.fill ins(%z : f32) outs(%o : " + s + ")\n" +
                     generic("#ji, #r", "\"parallel\", \"reduction\"", "%a : " + m, "%o : " + s,
                             "^bb0(%x: f32, %acc: f32):\n%0 = math.exp %x : f32\n%1 = arith.addf %acc, %0 : "
                             "f32\nlinalg.yield %1 : f32\n")),
        {a, c}, 4.0 * n, [&] {
          for (int j = 0; j < 4096; ++j)
            c[j] = 0;
          for (int i = 0; i < 4096; ++i)
            for (int j = 0; j < 4096; ++j)
              c[j] += std::exp(a[i * 4096 + j]);
        });
  std::string init = "%z = arith.constant 0.0 : f32\n%l = arith.constant 0xFF800000 : f32\n%m = memref.alloc() : " + s +
                     "\n%s = memref.alloc() : " + s + "\n%e = memref.alloc() : " + row + "\n";
  bench(
      "softmax",
      function("%a: " + row + ", %o: " + row, 1,
               init + "linalg.fill ins(%l : f32) outs(%m : " + s + ")\n" +
                   generic("#ij, #r", "\"parallel\", \"reduction\"", "%a : " + row, "%m : " + s,
                           "^bb0(%x: f32, %acc: f32):\n%1 = arith.maximumf %acc, %x : f32\nlinalg.yield %1 : f32\n") +
                   generic("#ij, #r, #ij", "\"parallel\", \"parallel\"", "%a, %m : " + row + ", " + s, "%e : " + row,
                           "^bb0(%x: f32, %y: f32, %q: f32):\n%0 = arith.subf %x, %y : f32\n%1 = math.exp %0 : "
                           "f32\nlinalg.yield %1 : f32\n") +
                   "linalg.fill ins(%z : f32) outs(%s : " + s + ")\n" +
                   generic("#ij, #r", "\"parallel\", \"reduction\"", "%e : " + row, "%s : " + s,
                           "^bb0(%x: f32, %acc: f32):\n%1 = arith.addf %acc, %x : f32\nlinalg.yield %1 : f32\n") +
                   generic("#ij, #r, #ij", "\"parallel\", \"parallel\"", "%e, %s : " + row + ", " + s, "%o : " + row,
                           "^bb0(%x: f32, %y: f32, %q: f32):\n%1 = arith.divf %x, %y : f32\nlinalg.yield %1 : f32\n")),
      {a, c}, 8.0 * n / 4, nullptr);
  bench("layernorm",
        function("%a: " + row + ", %o: " + row, 1,
                 init + "linalg.fill ins(%z : f32) outs(%m : " + s + ")\nlinalg.fill ins(%z : f32) outs(%s : " + s +
                     ")\n" +
                     generic("#ij, #r", "\"parallel\", \"reduction\"", "%a : " + row, "%m : " + s,
                             "^bb0(%x: f32, %acc: f32):\n%1 = arith.addf %acc, %x : f32\nlinalg.yield %1 : f32\n") +
                     generic("#ij, #r, #ij", "\"parallel\", \"parallel\"", "%a, %m : " + row + ", " + s, "%e : " + row,
                             "^bb0(%x: f32, %y: f32, %q: f32):\n%w = arith.constant 0.0009765625 : f32\n%0 = "
                             "arith.mulf %y, %w : f32\n%1 = arith.subf %x, %0 : f32\nlinalg.yield %1 : f32\n") +
                     generic("#ij, #r", "\"parallel\", \"reduction\"", "%e : " + row, "%s : " + s,
                             "^bb0(%x: f32, %acc: f32):\n%0 = arith.mulf %x, %x : f32\n%1 = arith.addf %acc, %0 : "
                             "f32\nlinalg.yield %1 : f32\n") +
                     generic("#ij, #r, #ij", "\"parallel\", \"parallel\"", "%e, %s : " + row + ", " + s, "%o : " + row,
                             "^bb0(%x: f32, %y: f32, %q: f32):\n%w = arith.constant 0.0009765625 : f32\n%p = "
                             "arith.constant 1.0e-5 : f32\n%0 = arith.mulf %y, %w : f32\n%1 = arith.addf %0, %p : "
                             "f32\n%2 = math.rsqrt %1 : f32\n%3 = arith.mulf %x, %2 : f32\nlinalg.yield %3 : f32\n")),
        {a, c}, 8.0 * n / 4, nullptr);
  bench("transpose + add",
        function("%a: " + m + ", %b: " + m + ", %o: " + m, 2,
                 generic("#ji, #ij, #ij", "\"parallel\", \"parallel\"", "%a, %b : " + m + ", " + m, "%o : " + m,
                         "^bb0(%x: f32, %y: f32, %z: f32):\n%1 = arith.addf %x, %y : f32\nlinalg.yield %1 : f32\n")),
        {a, b, c}, 12.0 * n, [&] {
          for (int64_t i = 0; i < 4096; ++i)
            for (int64_t j = 0; j < 4096; ++j)
              c[i * 4096 + j] = a[j * 4096 + i] + b[i * 4096 + j];
        });
  return 0;
}
