// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a passing test shows about an op: tools/coverage.py collects it from gtest's reports into docs/coverage.md.
#pragma once

#include <gtest/gtest.h>
#include <string>

namespace tcc::test {

/// The running test shows the op at work in a column of the table: "reverse", "forward", "second", "vmap", "gpu", or a
/// dtype's. Counts only if the test passes.
inline void covers(const std::string &op, const std::string &column) {
  testing::Test::RecordProperty("covers_" + op + "_in_" + column, "yes");
}
/// "complex<f32>" as "c64", others as they are.
inline std::string dtypeColumn(const std::string &element) {
  return element == "complex<f32>" ? "c64" : element == "complex<f64>" ? "c128" : element;
}

} // namespace tcc::test
