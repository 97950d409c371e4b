// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of the accuracy program: each function with its builder, its reference, its bound and its ranges.

#ifndef TCC_TEST_ACCURACY_FUNCTIONS_H
#define TCC_TEST_ACCURACY_FUNCTIONS_H

#include "test/accuracy/Kernel.h"

#include <string>
#include <vector>

namespace tcc::accuracy {

/// A range of arguments; half of the samples are uniform in value, half uniform in the bit pattern.
struct Range {
  double lo, hi;
  double ylo = 0, yhi = 0;
};

struct Function {
  std::string name;
  Build build;
  /// For f32 operands a double libm function is reference enough; for f64 a long double one.
  double (*single)(double, double);
  long double (*dbl)(long double, long double);
  double bound; // ulp
  std::vector<Range> ranges32, ranges64;
  bool binary = false;
  /// The unit of the error is the ulp of max(|f|, scale(x)): for functions whose zeros are not resolved relatively.
  long double (*scale)(long double) = nullptr;
  /// Arguments for the timing.
  Range typical = {-1, 1};
};

const std::vector<Function> &functions();

} // namespace tcc::accuracy

#endif // TCC_TEST_ACCURACY_FUNCTIONS_H
