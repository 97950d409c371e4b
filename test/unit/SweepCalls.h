// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Public functions by name, with their parameters as data: what thousands of generated cases call.
#pragma once

#include "tcc/tcc.h"

#include <string>
#include <vector>

namespace tcc::test {

struct Call {
  std::vector<Tensor> xs;
  std::vector<int64_t> integers;
  std::vector<double> reals;
  std::string text;
};
/// The results of the function of that name; test/reference/sweep_cases.py says what its parameters mean.
std::vector<Tensor> callByName(const std::string &name, const Call &call);

} // namespace tcc::test
