// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels that store, reduce rows and reduce across rows in one pass, on vectors of every width.
#include "test/unit/KernelFixture.h"

#include <cmath>
#include <cstring>

using namespace tcc;

namespace {

/// o = 2 x, s = sums of o over rows, m = maxima of x along them.
std::string kernelText(int64_t rows, int64_t columns) {
  const std::string n = std::to_string(columns), m = std::to_string(rows), all = "memref<" + m + "x" + n + "xf32>",
                    column = "memref<" + n + "xf32>", row = "memref<" + m + "xf32>";
  return "#all = affine_map<(d0, d1) -> (d0, d1)>\n#row = affine_map<(d0, d1) -> (d0)>\n"
         "#column = affine_map<(d0, d1) -> (d1)>\n#line = affine_map<(d0) -> (d0)>\n"
         "func.func private @k(%x: " +
         all + ", %o: " + all + ", %s: " + column + ", %m: " + row +
         ") attributes {tcc.kernel, tcc.num_outputs = 3 : i64, tcc.outer = 1 : i64} {\n"
         "linalg.generic {indexing_maps = [#all, #all], iterator_types = [\"parallel\", \"parallel\"]} ins(%x : " +
         all + ") outs(%o : " + all +
         ") {\n^bb0(%a: f32, %b: f32):\n%0 = arith.addf %a, %a : f32\nlinalg.yield %0 : f32\n}\n"
         "linalg.generic {indexing_maps = [#line], iterator_types = [\"parallel\"]} outs(%s : " +
         column +
         ") {\n^bb0(%b: f32):\n%0 = arith.constant 0.0 : f32\nlinalg.yield %0 : f32\n}\n"
         "linalg.generic {indexing_maps = [#all, #column], iterator_types = [\"reduction\", \"parallel\"]} ins(%o : " +
         all + ") outs(%s : " + column +
         ") {\n^bb0(%a: f32, %b: f32):\n%0 = arith.addf %b, %a : f32\nlinalg.yield %0 : f32\n}\n"
         "linalg.generic {indexing_maps = [#line], iterator_types = [\"parallel\"]} outs(%m : " +
         row +
         ") {\n^bb0(%b: f32):\n%0 = arith.constant 0xFF800000 : f32\nlinalg.yield %0 : f32\n}\n"
         "linalg.generic {indexing_maps = [#all, #row], iterator_types = [\"parallel\", \"reduction\"]} ins(%x : " +
         all + ") outs(%m : " + row +
         ") {\n^bb0(%a: f32, %b: f32):\n%0 = arith.maximumf %b, %a : f32\nlinalg.yield %0 : f32\n}\n"
         "return\n}\n";
}

TEST(AcrossRows, one_pass_stores_and_reduces_both_ways) {
  for (auto [rows, columns] : {std::pair<int64_t, int64_t>(1, 5), {31, 16}, {33, 67}, {400, 1000}}) {
    Kernel kernel(kernelText(rows, columns));
    auto x = randomValues<float>(rows * columns);
    if (rows > 1)
      x[columns + columns / 2] = -NAN; // in row 1
    std::vector<std::vector<float>> sums;
    for (int ranges : {1, 3}) {
      Guarded<float> out(rows * columns), column(columns), row(rows);
      kernel.run({x.data(), out.data(), column.data(), row.data()}, {}, ranges);
      for (int64_t j = 0; j < columns; ++j) {
        double sum = 0;
        for (int64_t i = 0; i < rows; ++i)
          sum += 2.0 * x[i * columns + j];
        if (std::isnan(sum))
          EXPECT_TRUE(std::isnan(column[j])) << j;
        else
          EXPECT_NEAR(column[j], sum, 1e-4) << rows << " at " << j;
      }
      for (int64_t i = 0; i < rows; ++i) {
        if (i == 1)
          EXPECT_TRUE(std::isnan(row[i]));
        else
          EXPECT_EQ(row[i], *std::max_element(&x[i * columns], &x[i * columns] + columns)) << i;
        for (int64_t j = 0; i != 1 && j < columns; ++j)
          ASSERT_EQ(out[i * columns + j], 2 * x[i * columns + j]);
      }
      sums.emplace_back(column.data(), column.data() + columns);
    }
    EXPECT_EQ(std::memcmp(sums[0].data(), sums[1].data(), columns * sizeof(float)), 0);
  }
}

} // namespace
