// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How often kernels are compiled, how long it takes and when they are dropped.
#include "test/unit/ProgramFixture.h"

#include <chrono>

using namespace tcc;

namespace {

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
  ProgramTimes first, best{{1, 1, 1}, 1, 1, 1, {}};
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
