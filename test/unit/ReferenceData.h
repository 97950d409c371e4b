// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tests against NumPy share: tensors from the files that test/reference/*.py wrote, and comparison with them.
#pragma once

#include "tcc/tcc.h"

#include <string>
#include <vector>

namespace tcc::test {

/// A file of test/reference, whole.
std::string readFile(const std::string &name);
/// "dtype:shape:offset[:view]", with the elements in `bytes`; 16-bit floats pass exactly through float32.
Tensor parse(const std::string &field, const std::string &bytes);
/// Parts of all elements as doubles.
std::vector<double> parts(const Tensor &x);
/// Fails the test unless dtype, shape and elements agree. tolerance: "=" equal but for NaN, a number of eps of the
/// largest element, "u" and a number of units in the last place of each.
void compare(const Tensor &got, const Tensor &want, const std::string &tolerance, const std::string &what);

} // namespace tcc::test
