// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Stage-3 kernels compiled, linked and run through the kernel ABI, against plain loops.

#include "test/unit/KernelFixture.h"

using namespace tcc;

namespace {

const std::vector<int64_t> sizes{0, 1, 2, 3, 5, 15, 16, 17, 31, 33, 63, 64, 65, 127, 1000, 1009, 65536, 70001};

std::string elementwise(const std::string &type, const std::string &body) {
  return "#m = affine_map<(d0) -> (d0)>\n"
         "func.func private @k(%a: memref<?x" +
         type + ">, %b: memref<?x" + type + ">, %o: memref<?x" + type +
         ">) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 1 : i64} {\n"
         "linalg.generic {indexing_maps = [#m, #m, #m], iterator_types = [\"parallel\"]} ins(%a, %b : memref<?x" +
         type + ">, memref<?x" + type + ">) outs(%o : memref<?x" + type + ">) {\n^bb0(%x: " + type + ", %y: " + type +
         ", %z: " + type + "):\n" + body + "}\nreturn\n}\n";
}

TEST(Elementwise, f32_of_every_size) {
  Kernel kernel(
      elementwise("f32", "%0 = arith.mulf %x, %y : f32\n%1 = arith.subf %0, %x : f32\nlinalg.yield %1 : f32\n"));
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

/// A kernel function around `body`; `args` is "%a: memref<...>, ...".
std::string function(const std::string &args, int outer, const std::string &body) {
  return "#i = affine_map<(d0) -> (d0)>\n#s = affine_map<(d0) -> ()>\n#ij = affine_map<(d0, d1) -> (d0, d1)>\n"
         "#ji = affine_map<(d0, d1) -> (d1, d0)>\n#r = affine_map<(d0, d1) -> (d0)>\n#c = affine_map<(d0, d1) -> "
         "(d1)>\n"
         "#rev = affine_map<(d0) -> (-d0 + 99)>\n#step = affine_map<(d0) -> (d0 * 3 + 2)>\n"
         "func.func private @k(" +
         args + ") attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = " + std::to_string(outer) +
         " : i64} {\n%c0 = arith.constant 0 : index\n%c1 = arith.constant 1 : index\n" + body + "return\n}\n";
}
std::string generic(const std::string &maps, const std::string &iterators, const std::string &ins,
                    const std::string &outs, const std::string &body) {
  return "linalg.generic {indexing_maps = [" + maps + "], iterator_types = [" + iterators + "]} " +
         (ins.empty() ? "" : "ins(" + ins + ") ") + "outs(" + outs + ") {\n" + body + "}\n";
}
const std::string par = "\"parallel\"", red = "\"reduction\"";

std::string softmaxText(const std::string &cols) {
  std::string x = "memref<?x" + cols + "xf32>", v = "memref<?xf32>";
  return function(
      "%x: " + x + ", %o: " + x, 1,
      "%n = memref.dim %x, %c0 : " + x + "\n" + (cols == "?" ? "%w = memref.dim %x, %c1 : " + x + "\n" : "") +
          "%ninf = arith.constant 0xFF800000 : f32\n%zero = arith.constant 0.0 : f32\n"
          "%m = memref.alloc(%n) : memref<?xf32>\n%s = memref.alloc(%n) : memref<?xf32>\n%e = memref.alloc(%n" +
          (cols == "?" ? std::string(", %w") : "") + ") : " + x +
          "\nlinalg.fill ins(%ninf : f32) outs(%m : memref<?xf32>)\n" +
          generic("#ij, #r", par + ", " + red, "%x : " + x, "%m : " + v,
                  "^bb0(%a: f32, %acc: f32):\n%0 = arith.maximumf %acc, %a : f32\nlinalg.yield %0 : f32\n") +
          generic("#ij, #r, #ij", par + ", " + par, "%x, %m : " + x + ", " + v, "%e : " + x,
                  "^bb0(%a: f32, %b: f32, %c: f32):\n%0 = arith.subf %a, %b : f32\n%1 = math.exp %0 : "
                  "f32\nlinalg.yield %1 : f32\n") +
          "linalg.fill ins(%zero : f32) outs(%s : memref<?xf32>)\n" +
          generic("#ij, #r", par + ", " + red, "%e : " + x, "%s : " + v,
                  "^bb0(%a: f32, %acc: f32):\n%0 = arith.addf %acc, %a : f32\nlinalg.yield %0 : f32\n") +
          generic("#ij, #r, #ij", par + ", " + par, "%e, %s : " + x + ", " + v, "%o : " + x,
                  "^bb0(%a: f32, %b: f32, %c: f32):\n%0 = arith.divf %a, %b : f32\nlinalg.yield %0 : f32\n"));
}

TEST(Rows, softmax_of_every_width) {
  Kernel dynamic(softmaxText("?"));
  for (int64_t cols : {1, 7, 16, 17, 64, 100, 1000, 1024}) {
    Kernel fixed(softmaxText(std::to_string(cols)));
    for (int64_t rows : {0, 1, 3, 50}) {
      auto x = randomValues<float>(rows * cols);
      for (bool isFixed : {false, true}) {
        Guarded<float> out(rows * cols);
        if (isFixed)
          fixed.run({x.data(), out.data()}, {rows, rows}, 3);
        else
          dynamic.run({x.data(), out.data()}, {rows, cols, rows, cols}, 3);
        for (int64_t r = 0; r < rows; ++r) {
          double largest = -1e30, sum = 0;
          for (int64_t c = 0; c < cols; ++c)
            largest = std::max<double>(largest, x[r * cols + c]);
          for (int64_t c = 0; c < cols; ++c)
            sum += std::exp(x[r * cols + c] - largest);
          for (int64_t c = 0; c < cols; ++c)
            ASSERT_NEAR(out[r * cols + c], std::exp(x[r * cols + c] - largest) / sum, 2e-6) << rows << "x" << cols;
        }
      }
    }
  }
}

std::string sumText(const std::string &type, const std::string &shape, const std::string &zero, const std::string &op,
                    const std::string &epilogue = "") {
  std::string x = "memref<" + shape + "x" + type + ">", v = "memref<" + type + ">";
  std::string text = zero + "linalg.fill ins(%zero : " + type + ") outs(%t : " + v + ")\n" +
                     generic("#i, #s", red, "%x : " + x, "%t : " + v,
                             "^bb0(%a: " + type + ", %acc: " + type + "):\n%0 = " + op + " %acc, %a : " + type +
                                 "\nlinalg.yield %0 : " + type + "\n");
  if (epilogue.empty())
    return function("%x: " + x + ", %t: " + v, 0, text);
  return function("%x: " + x + ", %o: " + v, 0,
                  "%t = memref.alloc() : " + v + "\n" + text +
                      generic("affine_map<() -> ()>, affine_map<() -> ()>", "", "%t : " + v, "%o : " + v,
                              "^bb0(%a: " + type + ", %b: " + type + "):\n" + epilogue));
}

template <typename T> T runSum(Kernel &kernel, std::vector<T> &x, bool dynamic, int ranges) {
  T result{};
  kernel.run({x.data(), &result}, dynamic ? std::vector<int64_t>{int64_t(x.size())} : std::vector<int64_t>{}, ranges);
  return result;
}

TEST(Sums, full_sum_in_two_phases_does_not_depend_on_the_split) {
  Kernel kernel(sumText("f64", "?", "%zero = arith.constant 0.0 : f64\n", "arith.addf"));
  EXPECT_TRUE(kernel.info.hasFinish);
  for (int64_t n : {0, 1, 5, 17, 1000, 65536, 3000001}) {
    auto x = randomValues<double>(n);
    double expected = 0;
    for (double value : x)
      expected += value;
    double one = runSum(kernel, x, true, 1);
    EXPECT_NEAR(one, expected, 1e-8) << n;
    for (int ranges : {2, 3, 16})
      EXPECT_EQ(runSum(kernel, x, true, ranges), one);
  }
}

TEST(Sums, mean_has_an_epilogue) {
  Kernel kernel(sumText("f32", "1000000", "%zero = arith.constant 0.0 : f32\n", "arith.addf",
                        "%k = arith.constant 1.0e-6 : f32\n%0 = arith.mulf %a, %k : f32\nlinalg.yield %0 : f32\n"));
  auto x = randomValues<float>(1000000);
  double expected = 0;
  for (float value : x)
    expected += value;
  EXPECT_NEAR(runSum(kernel, x, false, 4), expected * 1e-6, 1e-7);
}

TEST(Sums, complex_and_integers_and_maxima) {
  using C = std::complex<double>;
  Kernel kernel(sumText("complex<f64>", "?", "%zero = complex.constant [0.0, 0.0] : complex<f64>\n", "complex.add"));
  for (int64_t n : {0, 1, 7, 40, 100003}) {
    auto x = randomValues<C>(n);
    C expected = 0;
    for (C value : x)
      expected += value;
    EXPECT_NEAR(std::abs(runSum(kernel, x, true, 3) - expected), 0, 1e-9);
  }
  Kernel bytes(sumText("i8", "?", "%zero = arith.constant -128 : i8\n", "arith.maxsi"));
  Kernel longs(sumText("i64", "?", "%zero = arith.constant 0 : i64\n", "arith.addi"));
  Kernel most(sumText("f32", "?", "%zero = arith.constant 0xFF800000 : f32\n", "arith.maximumf"));
  for (int64_t n : {0, 1, 100, 200003}) {
    auto x = randomValues<int8_t>(n);
    EXPECT_EQ(runSum(bytes, x, true, 2), n ? *std::max_element(x.begin(), x.end()) : -128);
    auto y = randomValues<int64_t>(n);
    uint64_t sum = 0;
    for (int64_t value : y)
      sum += value;
    EXPECT_EQ(uint64_t(runSum(longs, y, true, 2)), sum);
    auto z = randomValues<float>(n);
    EXPECT_EQ(runSum(most, z, true, 2), n ? *std::max_element(z.begin(), z.end()) : -INFINITY);
    if (n > 50) {
      z[n / 2] = NAN;
      EXPECT_TRUE(std::isnan(runSum(most, z, true, 2)));
    }
  }
}

TEST(Columns, sum_over_rows) {
  std::string x = "memref<?x?xf32>", v = "memref<?xf32>";
  Kernel kernel(
      function("%x: " + x + ", %o: " + v, 1,
               "%zero = arith.constant 0.0 : f32\nlinalg.fill ins(%zero : f32) outs(%o : " + v + ")\n" +
                   generic("#ji, #r", par + ", " + red, "%x : " + x, "%o : " + v,
                           "^bb0(%a: f32, %acc: f32):\n%0 = arith.addf %acc, %a : f32\nlinalg.yield %0 : f32\n")));
  for (int64_t rows : {0, 1, 9, 300})
    for (int64_t cols : {0, 1, 3, 17, 128, 1000, 2049}) {
      auto in = randomValues<float>(rows * cols);
      Guarded<float> out(cols);
      kernel.run({in.data(), out.data()}, {rows, cols, cols}, 3);
      for (int64_t c = 0; c < cols; ++c) {
        double expected = 0;
        for (int64_t r = 0; r < rows; ++r)
          expected += in[r * cols + c];
        ASSERT_NEAR(out[c], expected, 1e-4) << rows << "x" << cols << " at " << c;
      }
    }
}

TEST(Columns, sum_over_many_rows_of_few_columns) {
  std::string x = "memref<200003x5xf32>", v = "memref<5xf32>";
  Kernel kernel(
      function("%x: " + x + ", %o: " + v, 1,
               "%zero = arith.constant 0.0 : f32\nlinalg.fill ins(%zero : f32) outs(%o : " + v + ")\n" +
                   generic("#ji, #r", par + ", " + red, "%x : " + x, "%o : " + v,
                           "^bb0(%a: f32, %acc: f32):\n%0 = arith.addf %acc, %a : f32\nlinalg.yield %0 : f32\n")));
  auto in = randomValues<float>(200003 * 5);
  Guarded<float> out(5);
  kernel.run({in.data(), out.data()}, {}, 3);
  for (int64_t c = 0; c < 5; ++c) {
    double expected = 0;
    for (int64_t r = 0; r < 200003; ++r)
      expected += in[r * 5 + c];
    EXPECT_NEAR(out[c], expected, 1e-2);
  }
}

TEST(Elementwise, transpose_and_add) {
  std::string x = "memref<?x?xf32>";
  Kernel kernel(
      function("%x: " + x + ", %y: " + x + ", %o: " + x, 2,
               generic("#ji, #ij, #ij", par + ", " + par, "%x, %y : " + x + ", " + x, "%o : " + x,
                       "^bb0(%a: f32, %b: f32, %c: f32):\n%0 = arith.addf %a, %b : f32\nlinalg.yield %0 : f32\n")));
  for (int64_t rows : {0, 1, 5, 16, 33, 64, 100, 200})
    for (int64_t cols : {1, 7, 16, 64, 95, 256}) {
      auto a = randomValues<float>(rows * cols, 1), b = randomValues<float>(rows * cols, 2);
      Guarded<float> out(rows * cols);
      kernel.run({a.data(), b.data(), out.data()}, {cols, rows, rows, cols, rows, cols}, 3);
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < cols; ++j)
          ASSERT_EQ(out[i * cols + j], a[j * rows + i] + b[i * cols + j]) << rows << "x" << cols;
    }
}

TEST(Elementwise, slices_reversals_and_broadcasts) {
  Kernel kernel(function("%x: memref<100xf32>, %y: memref<305xf32>, %z: memref<f32>, %o: memref<100xf32>", 1,
                         generic("#rev, #step, #s, #i", par,
                                 "%x, %y, %z : memref<100xf32>, memref<305xf32>, memref<f32>", "%o : memref<100xf32>",
                                 "^bb0(%a: f32, %b: f32, %c: f32, %d: f32):\n%0 = arith.addf %a, %b : f32\n%1 = "
                                 "arith.addf %0, %c : f32\nlinalg.yield %1 : f32\n")));
  auto x = randomValues<float>(100, 1), y = randomValues<float>(305, 2);
  float z = 3;
  Guarded<float> out(100);
  kernel.run({x.data(), y.data(), &z, out.data()}, {});
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(out[i], (x[99 - i] + y[3 * i + 2]) + z);
}

TEST(Elementwise, complex_functions) {
  using C = std::complex<double>;
  struct Case {
    const char *op;
    C (*expected)(C, C);
  };
  const Case cases[] = {{"complex.add %x, %y", [](C x, C y) { return x + y; }},
                        {"complex.mul %x, %y", [](C x, C y) { return x * y; }},
                        {"complex.div %x, %y", [](C x, C y) { return x / y; }},
                        {"complex.exp %x", [](C x, C) { return std::exp(x); }},
                        {"complex.log %x", [](C x, C) { return std::log(x); }},
                        {"complex.sqrt %x", [](C x, C) { return std::sqrt(x); }},
                        {"complex.rsqrt %x", [](C x, C) { return 1.0 / std::sqrt(x); }},
                        {"complex.pow %x, %y", [](C x, C y) { return std::pow(x, y); }},
                        {"complex.sin %x", [](C x, C) { return std::sin(x); }},
                        {"complex.cos %x", [](C x, C) { return std::cos(x); }},
                        {"complex.tan %x", [](C x, C) { return std::tan(x); }},
                        {"complex.tanh %x", [](C x, C) { return std::tanh(x); }},
                        {"complex.expm1 %x", [](C x, C) { return std::exp(x) - 1.0; }},
                        {"complex.log1p %x", [](C x, C) { return std::log(1.0 + x); }},
                        {"complex.conj %x", [](C x, C) { return std::conj(x); }},
                        {"complex.sign %x", [](C x, C) { return x / std::abs(x); }}};
  for (const Case &test : cases) {
    std::string text = elementwise("complex<f64>", std::string("%0 = ") + test.op +
                                                       " : complex<f64>\nlinalg.yield %0 : complex<f64>\n");
    Kernel kernel(text);
    for (int64_t n : {0, 1, 5, 33, 1000}) {
      auto x = randomValues<C>(n, 1), y = randomValues<C>(n, 2);
      Guarded<C> out(n);
      kernel.run({x.data(), y.data(), out.data()}, {n, n, n});
      for (int64_t i = 0; i < n; ++i)
        ASSERT_LE(std::abs(out[i] - test.expected(x[i], y[i])), 1e-13 * (1 + std::abs(test.expected(x[i], y[i]))))
            << test.op << " of " << x[i] << ", " << y[i];
    }
  }
}

TEST(Elementwise, complex_abs_does_not_overflow) {
  Kernel kernel(function(
      "%x: memref<?xcomplex<f32>>, %o: memref<?xf32>", 1,
      generic("#i, #i", par, "%x : memref<?xcomplex<f32>>", "%o : memref<?xf32>",
              "^bb0(%a: complex<f32>, %b: f32):\n%0 = complex.abs %a : complex<f32>\nlinalg.yield %0 : f32\n")));
  std::vector<std::complex<float>> x{{3, 4},          {0, 0},   {3e30f, 4e30f}, {3e-30f, 4e-30f},
                                     {INFINITY, NAN}, {NAN, 1}, {-5, 12}};
  int64_t n = x.size();
  Guarded<float> out(n);
  kernel.run({x.data(), out.data()}, {n, n});
  for (int64_t i = 0; i < n; ++i)
    if (float expected = std::abs(x[i]); std::isfinite(expected))
      EXPECT_NEAR(out[i] / (expected + 1e-38f), expected / (expected + 1e-38f), 1e-6) << x[i];
    else
      EXPECT_EQ(std::isnan(out[i]), std::isnan(expected)) << x[i];
}

TEST(Elementwise, masks_of_bytes_and_mixed_widths) {
  Kernel kernel(function("%m: memref<?xi8>, %x: memref<?xf64>, %y: memref<?xi32>, %o: memref<?xf64>, %q: memref<?xi8>",
                         1,
                         generic("#i, #i, #i, #i, #i", par, "%m, %x, %y : memref<?xi8>, memref<?xf64>, memref<?xi32>",
                                 "%o, %q : memref<?xf64>, memref<?xi8>",
                                 "^bb0(%a: i8, %b: f64, %c: i32, %d: f64, %e: i8):\n%0 = arith.trunci %a : i8 to "
                                 "i1\n%1 = arith.sitofp %c : i32 to f64\n"
                                 "%2 = arith.select %0, %b, %1 : f64\n%3 = arith.cmpf olt, %b, %1 : f64\n%4 = "
                                 "arith.extui %3 : i1 to i8\nlinalg.yield %2, %4 : f64, i8\n")));
  for (int64_t n : sizes) {
    auto m = randomValues<int8_t>(n);
    for (auto &value : m)
      value &= 1;
    auto x = randomValues<double>(n, 2);
    auto y = randomValues<int32_t>(n, 3);
    Guarded<double> out(n);
    Guarded<int8_t> less(n);
    kernel.run({m.data(), x.data(), y.data(), out.data(), less.data()}, {n, n, n, n, n}, 2);
    for (int64_t i = 0; i < n; ++i) {
      ASSERT_EQ(out[i], m[i] ? x[i] : double(y[i]));
      ASSERT_EQ(less[i], x[i] < y[i]);
    }
  }
}

TEST(Elementwise, gather_reads_computed_places) {
  Kernel kernel(
      function("%x: memref<?x3xf32>, %i: memref<?xi64>, %o: memref<?x3xf32>", 2,
               generic("#r, #ij", par + ", " + par, "%i : memref<?xi64>", "%o : memref<?x3xf32>",
                       "^bb0(%a: i64, %b: f32):\n%0 = arith.index_cast %a : i64 to index\n%1 = linalg.index 1 : index\n"
                       "%2 = memref.load %x[%0, %1] : memref<?x3xf32>\nlinalg.yield %2 : f32\n")));
  for (int64_t n : {0, 1, 10, 100, 333}) {
    auto x = randomValues<float>(50 * 3);
    std::vector<int64_t> where(n);
    for (int64_t i = 0; i < n; ++i)
      where[i] = (i * 17) % 50;
    Guarded<float> out(n * 3);
    kernel.run({x.data(), where.data(), out.data()}, {50, n, n}, 2);
    for (int64_t i = 0; i < n * 3; ++i)
      ASSERT_EQ(out[i], x[where[i / 3] * 3 + i % 3]);
  }
}

TEST(Elementwise, sizes_are_captured) {
  Kernel kernel(function("%x: memref<?xf32>, %o: memref<?xf32>", 1,
                         "%n = memref.dim %x, %c0 : memref<?xf32>\n%last = arith.subi %n, %c1 : index\n" +
                             generic("#i", par, "", "%o : memref<?xf32>",
                                     "^bb0(%b: f32):\n%0 = linalg.index 0 : index\n%1 = arith.subi %last, %0 : index\n"
                                     "%2 = memref.load %x[%1] : memref<?xf32>\nlinalg.yield %2 : f32\n")));
  auto x = randomValues<float>(77);
  Guarded<float> out(77);
  kernel.run({x.data(), out.data()}, {77, 77});
  for (int i = 0; i < 77; ++i)
    ASSERT_EQ(out[i], x[76 - i]);
}

TEST(Elementwise, half_precision_rounds_once) {
  for (std::string type : {"f16", "bf16"}) {
    Kernel kernel(elementwise(type, "%0 = arith.mulf %x, %y : " + type + "\n%1 = arith.addf %0, %x : " + type +
                                        "\nlinalg.yield %1 : " + type + "\n"));
    for (int64_t n : {0, 1, 31, 1000}) {
      std::vector<uint16_t> a(n, type == "f16" ? 0x3C00 : 0x3F80), b(n, type == "f16" ? 0x4000 : 0x4000);
      Guarded<uint16_t> out(n);
      kernel.run({a.data(), b.data(), out.data()}, {n, n, n});
      for (int64_t i = 0; i < n; ++i)
        ASSERT_EQ(out[i], type == "f16" ? 0x4200 : 0x4040); // 1 * 2 + 1 = 3
    }
  }
}

TEST(Sums, bfloat16_accumulates_in_float32) {
  Kernel kernel(sumText("bf16", "?", "%zero = arith.constant 0.0 : bf16\n", "arith.addf"));
  std::vector<uint16_t> x(100000, 0x3F80);
  uint16_t out = 0;
  kernel.run({x.data(), &out}, {int64_t(x.size())}, 2);
  EXPECT_EQ(out, 0x47C3); // 99840, the bf16 nearest to 100000
}

TEST(Elementwise, rank_fourteen) {
  std::string shape, dims, swapped;
  for (int i = 0; i < 14; ++i) {
    shape += "2x";
    dims += (i ? ", d" : "d") + std::to_string(i);
    swapped += (i ? ", d" : "d") + std::to_string(i == 3 ? 9 : i == 9 ? 3 : i);
  }
  std::string x = "memref<" + shape + "f32>", iterators;
  for (int i = 0; i < 14; ++i)
    iterators += (i ? ", " : "") + par;
  Kernel kernel(
      function("%x: " + x + ", %o: " + x, 14,
               generic("affine_map<(" + dims + ") -> (" + swapped + ")>, affine_map<(" + dims + ") -> (" + dims + ")>",
                       iterators, "%x : " + x, "%o : " + x,
                       "^bb0(%a: f32, %b: f32):\n%0 = arith.addf %a, %a : f32\nlinalg.yield %0 : f32\n")));
  auto in = randomValues<float>(1 << 14);
  Guarded<float> out(1 << 14);
  kernel.run({in.data(), out.data()}, {}, 3);
  for (int i = 0; i < 1 << 14; ++i) {
    int from = i & ~((1 << 10) | (1 << 4));
    from |= ((i >> 4) & 1) << 10 | ((i >> 10) & 1) << 4;
    ASSERT_EQ(out[i], 2 * in[from]);
  }
}

/// Every NaN becomes the same one: neither IEEE 754 nor LLVM says which an operation gives.
template <class Bits> void unifyNaNs(std::vector<char> &values, Bits infinity) {
  for (size_t at = 0; at + sizeof(Bits) <= values.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, values.data() + at, sizeof bits);
    if ((bits & Bits(~(Bits(1) << (8 * sizeof(Bits) - 1)))) > infinity)
      std::memset(values.data() + at, 0xff, sizeof bits);
  }
}

// Which of them makes a kernel's code depends on how long it is expected to run, and must not show.
TEST(Effort, less_effort_gives_the_same_bits) {
  auto expectSame = [](const std::string &text, std::vector<char> a, std::vector<char> b, size_t bytes,
                       const std::vector<int64_t> &dims, bool isBinary, auto infinity) {
    std::vector<std::vector<char>> results;
    for (Effort effort : {Effort::full, Effort::little}) {
      Kernel kernel(text, testTarget(), effort);
      Guarded<char> out(bytes);
      std::vector<void *> buffers{a.data(), b.data(), out.data()};
      if (!isBinary)
        buffers.erase(buffers.begin() + 1);
      kernel.run(buffers, dims, 3);
      results.emplace_back(out.data(), out.data() + bytes);
      unifyNaNs(results.back(), infinity);
    }
    EXPECT_EQ(results[0], results[1]) << text;
  };
  auto bytesOf = [](const auto &values) {
    auto *begin = reinterpret_cast<const char *>(values.data());
    return std::vector<char>(begin, begin + values.size() * sizeof(values[0]));
  };
  const int64_t n = 333;
  auto body = [](const std::string &type) {
    return "%0 = math.tanh %x : " + type + "\n%1 = math.sin %y : " + type + "\n%2 = arith.mulf %0, %1 : " + type +
           "\n%3 = arith.addf %2, %y : " + type + "\n%4 = arith.divf %3, %x : " + type +
           "\n%5 = math.exp %4 : " + type + "\n%6 = math.fma %5, %x, %3 : " + type + "\nlinalg.yield %6 : " + type +
           "\n";
  };
  auto f32 = randomValues<float>(n * 7);
  auto f64 = randomValues<double>(n * 7);
  f32[5] = 1e20f, f64[5] = 1e200, f64[6] = f32[6] = INFINITY;
  expectSame(elementwise("f32", body("f32")), bytesOf(f32), bytesOf(f32), n * 4, {n, n, n}, true, uint32_t(0x7f800000));
  expectSame(elementwise("f64", body("f64")), bytesOf(f64), bytesOf(f64), n * 8, {n, n, n}, true,
             uint64_t(0x7ff) << 52);
  auto halves = randomValues<int16_t>(n);
  for (int16_t &half : halves)
    half &= 0x3fff; // below 2
  for (auto [type, infinity] : {std::pair{"f16", uint16_t(0x7c00)}, {"bf16", uint16_t(0x7f80)}})
    expectSame(elementwise(type, body(type)), bytesOf(halves), bytesOf(halves), n * 2, {n, n, n}, true, infinity);
  auto i32 = randomValues<int32_t>(n);
  expectSame(elementwise("i32", "%0 = arith.muli %x, %y : i32\n%1 = arith.shrsi %0, %x : i32\n%2 = arith.maxsi %1, %y "
                                ": i32\nlinalg.yield %2 : i32\n"),
             bytesOf(std::vector<int32_t>(n, 3)), bytesOf(i32), n * 4, {n, n, n}, true, uint32_t(~0u));
  expectSame(elementwise("complex<f32>", "%0 = complex.mul %x, %y : complex<f32>\n%1 = complex.div %0, %x : "
                                         "complex<f32>\nlinalg.yield %1 : complex<f32>\n"),
             bytesOf(f32), bytesOf(f32), n * 8, {n, n, n}, true, uint32_t(0x7f800000));
  expectSame(softmaxText("37"), bytesOf(f32), {}, 60 * 37 * 4, {60, 60}, false, uint32_t(0x7f800000));
  expectSame(sumText("f32", "?", "%zero = arith.constant 0.0 : f32\n", "arith.addf"), bytesOf(f32), {}, 4, {n * 7},
             false, uint32_t(0x7f800000));
}

TEST(Rows, argmax_takes_the_first_of_ties) {
  std::string x = "memref<?x?xf32>", v = "memref<?xf32>", k = "memref<?xi64>";
  Kernel kernel(function("%x: " + x + ", %m: " + v + ", %p: " + k, 1,
                         "%ninf = arith.constant 0xFF800000 : f32\n%zero = arith.constant 0 : i64\nlinalg.fill "
                         "ins(%ninf : f32) outs(%m : " +
                             v + ")\nlinalg.fill ins(%zero : i64) outs(%p : " + k + ")\n" +
                             generic("#ij, #r, #r", par + ", " + red, "%x : " + x, "%m, %p : " + v + ", " + k,
                                     "^bb0(%a: f32, %best: f32, %at: i64):\n%i = linalg.index 1 : index\n%j = "
                                     "arith.index_cast %i : index to i64\n"
                                     "%0 = arith.cmpf ogt, %a, %best : f32\n%1 = arith.select %0, %a, %best : f32\n%2 "
                                     "= arith.select %0, %j, %at : i64\nlinalg.yield %1, %2 : f32, i64\n")));
  int64_t rows = 37, cols = 53;
  auto in = randomValues<float>(rows * cols);
  for (float &value : in)
    value = std::round(value);
  Guarded<float> best(rows);
  Guarded<int64_t> at(rows);
  kernel.run({in.data(), best.data(), at.data()}, {rows, cols, rows, rows}, 2);
  for (int64_t r = 0; r < rows; ++r) {
    auto first = in.begin() + r * cols;
    EXPECT_EQ(at[r], std::max_element(first, first + cols) - first);
  }
}

} // namespace
