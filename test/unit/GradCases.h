// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of the ops whose operands a row of the op table does not describe.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace tcc::test {

/// A function @f to differentiate. In its text $T is the element type under test, $R its real type, $C its complex
/// type.
struct GradCase {
  std::string name;
  std::string function;
  std::map<int, std::vector<double>> values = {}; ///< real parts of arguments; others are spread over the op's domain
  std::string classes = "fc";                     ///< f float, c complex
  double singleEps = 64;                          ///< roundings that single precision may differ by
  double imaginary = 1;                           ///< factor of the imaginary parts of given values
};

/// @f(operands) = op(operands), types without `tensor<>`.
std::string call(const std::string &op, const std::vector<std::string> &operands, const std::string &attributes,
                 const std::vector<std::string> &results);
/// All cases of an op, none if the table says all about it.
std::vector<GradCase> gradCases(const std::string &op);
/// The same for ops that are not elementwise, whether differentiable or not, to be run in any dtype they admit.
std::vector<GradCase> structuredCases(const std::string &op);

} // namespace tcc::test
