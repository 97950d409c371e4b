// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Why an artifact could not be made.
#pragma once

#include <string>

namespace tcc::aot {

struct Problem {
  enum Kind {
    none,
    request,      ///< a mistake in what was asked for
    notSupported, ///< not possible for this target
    internal      ///< ours
  };
  Kind kind = none;
  std::string where; ///< a file, or empty
  std::string what;  ///< empty: the diagnostics have said it
  explicit operator bool() const { return kind != none; }
};

} // namespace tcc::aot
