// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One kernel for other machines: WebAssembly run by node, AArch64 by qemu, PTX assembled by ptxas. Each is skipped
// where its tools are missing.

#include "passes/Compile.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace tcc;

namespace {

const char *text = R"(
#i = affine_map<(d0) -> (d0)>
func.func private @k(%a: memref<?xf32>, %o: memref<?xf32>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 1 : i64} {
  linalg.generic {indexing_maps = [#i, #i], iterator_types = ["parallel"]} ins(%a : memref<?xf32>) outs(%o : memref<?xf32>) {
  ^bb0(%x: f32, %y: f32):
    %c = arith.constant 2.5 : f32
    %0 = arith.mulf %x, %c : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  }
  return
}
#mk = affine_map<(d0, d1, d2) -> (d0, d2)>
#kn = affine_map<(d0, d1, d2) -> (d2, d1)>
#mn = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func private @product(%a: memref<?x?xf32>, %b: memref<?x?xf32>, %o: memref<?x?xf32>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 2 : i64} {
  %z = arith.constant 0.0 : f32
  linalg.fill ins(%z : f32) outs(%o : memref<?x?xf32>)
  linalg.generic {indexing_maps = [#mk, #kn, #mn], iterator_types = ["parallel", "parallel", "reduction"]} ins(%a, %b : memref<?x?xf32>, memref<?x?xf32>) outs(%o : memref<?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %0 = arith.mulf %x, %y : f32
    %1 = arith.addf %acc, %0 : f32
    linalg.yield %1 : f32
  }
  return
}
)";

bool has(const std::string &program) { return std::system(("command -v " + program + " > /dev/null").c_str()) == 0; }

class Targets : public testing::Test {
protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("tcc-targets-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string path(const std::string &name) { return (folder / name).string(); }
  void write(const std::string &name, llvm::StringRef content) {
    std::ofstream(path(name), std::ios::binary).write(content.data(), content.size());
  }
  void compile(const std::string &triple, const std::string &name, OutputKind kind = OutputKind::object) {
    mlir::DialectRegistry registry;
    registerCompilerDialects(registry);
    mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
    context.loadAllAvailableDialects();
    auto target = Target::get(triple, "", mlir::UnknownLoc::get(&context));
    ASSERT_TRUE(mlir::succeeded(target));
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    auto bytes = compileModule(*module, *target, kind);
    ASSERT_TRUE(mlir::succeeded(bytes));
    write(name, llvm::StringRef(bytes->data(), bytes->size()));
  }
  std::filesystem::path folder;
};

TEST_F(Targets, webassembly) {
  if (!has("wasm-ld-22") || !has("node"))
    GTEST_SKIP() << "needs wasm-ld-22 and node";
  compile("wasm32-unknown-unknown", "k.o");
  write("run.js", R"(
const fs = require('fs');
const m = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
const e = new WebAssembly.Instance(m).exports, base = 131072, n = 37;
const f = new Float32Array(e.memory.buffer), u = new Uint32Array(e.memory.buffer), q = new BigInt64Array(e.memory.buffer);
for (let i = 0; i < n; ++i) f[base / 4 + i] = (i - 18) / 10;
u[16384] = base; u[16385] = base + 4096; q[8300] = q[8301] = BigInt(n);
e.k(65536, 66400, 0n, 1n, 0);
for (let i = 0; i < n; ++i) {
  const want = Math.exp((i - 18) / 10 * 2.5);
  if (!(Math.abs(f[base / 4 + 1024 + i] - want) <= 1e-6 * want)) throw new Error(`exp ${i}: ${f[base / 4 + 1024 + i]} ${want}`);
}
if (f[base / 4 + 1024 + n] !== 0) throw new Error('wrote behind the end');
// 3x5 times 5x7
const A = base / 4 + 2048, B = A + 64, C = B + 64;
for (let i = 0; i < 15; ++i) f[A + i] = i - 4;
for (let i = 0; i < 35; ++i) f[B + i] = i % 6;
u[16384] = 4 * A; u[16385] = 4 * B; u[16386] = 4 * C;
[3, 5, 5, 7, 3, 7].forEach((d, i) => { q[8300 + i] = BigInt(d); });
e.product(65536, 66400, 0n, 3n, 0);
for (let i = 0; i < 3; ++i) for (let j = 0; j < 7; ++j) {
  let s = 0;
  for (let k = 0; k < 5; ++k) s += f[A + i * 5 + k] * f[B + k * 7 + j];
  if (f[C + i * 7 + j] !== s) throw new Error(`product ${i} ${j}: ${f[C + i * 7 + j]} ${s}`);
}
)");
  ASSERT_EQ(std::system(("wasm-ld-22 --no-entry --export=k --export=product --initial-memory=1048576 -o " +
                         path("k.wasm") + " " + path("k.o"))
                            .c_str()),
            0);
  EXPECT_EQ(std::system(("node " + path("run.js") + " " + path("k.wasm")).c_str()), 0);
}

TEST_F(Targets, aarch64) {
  if (!has("aarch64-linux-gnu-gcc") || !has("qemu-aarch64-static"))
    GTEST_SKIP() << "needs the aarch64 cross compiler and qemu";
  compile("aarch64-linux-gnu", "k.o");
  // Freestanding, for machines that have the cross compiler but not its libc.
  std::string want = "static const float want[37] = {";
  for (int i = 0; i < 37; ++i)
    want += std::to_string(std::exp((i - 18) / 10.0f * 2.5)) + ",";
  write("main.c", want + "};\n" + R"(
typedef long int64_t;
void k(void *const *, const int64_t *, int64_t, int64_t, void *);
void product(void *const *, const int64_t *, int64_t, int64_t, void *);
static int run(void) {
  float x[37], y[38];
  y[37] = 42;
  for (int i = 0; i < 37; ++i)
    x[i] = (i - 18) / 10.0f;
  void *buffers[] = {x, y};
  int64_t dims[] = {37, 37};
  k(buffers, dims, 0, 1, 0);
  for (int i = 0; i < 37; ++i)
    if (!(y[i] - want[i] <= 1e-5f * y[i] + 1e-6f && want[i] - y[i] <= 1e-5f * y[i] + 1e-6f))
      return 1;
  float a[15], b[35], c[21];
  for (int i = 0; i < 15; ++i)
    a[i] = i - 4;
  for (int i = 0; i < 35; ++i)
    b[i] = i % 6;
  void *matrices[] = {a, b, c};
  int64_t sizes[] = {3, 5, 5, 7, 3, 7};
  product(matrices, sizes, 0, 3, 0);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 7; ++j) {
      float s = 0;
      for (int l = 0; l < 5; ++l)
        s += a[i * 5 + l] * b[l * 7 + j];
      if (c[i * 7 + j] != s)
        return 3;
    }
  return y[37] == 42 ? 0 : 2;
}
void _start(void) {
  register long code __asm__("x0") = run();
  register long number __asm__("x8") = 93;
  __asm__ volatile("svc 0" : : "r"(code), "r"(number));
  __builtin_unreachable();
}
)");
  ASSERT_EQ(
      std::system(("aarch64-linux-gnu-gcc -O1 -static -nostdlib -ffreestanding -fno-stack-protector -fno-builtin -o " +
                   path("k") + " " + path("main.c") + " " + path("k.o"))
                      .c_str()),
      0);
  EXPECT_EQ(std::system(("qemu-aarch64-static " + path("k")).c_str()), 0);
}

TEST_F(Targets, ptx) {
  compile("nvptx64-nvidia-cuda", "k.ptx", OutputKind::assembly);
  std::ifstream stream(path("k.ptx"));
  std::string ptx((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_NE(ptx.find(".target sm_90a"), std::string::npos);
  EXPECT_NE(ptx.find(".entry k_gpu"), std::string::npos);
  EXPECT_NE(ptx.find("ld.global"), std::string::npos);
  EXPECT_EQ(ptx.find(".extern"), std::string::npos);
  std::string ptxas = has("ptxas") ? "ptxas" : "/usr/local/cuda/bin/ptxas";
  if (!has(ptxas))
    GTEST_SKIP() << "needs ptxas to assemble";
  EXPECT_EQ(std::system((ptxas + " -arch=sm_90a -o " + path("k.cubin") + " " + path("k.ptx")).c_str()), 0);
}

} // namespace
