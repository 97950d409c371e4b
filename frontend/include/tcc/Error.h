// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one exception type: what was expected, what was given, and the user's line.
#pragma once

#include "tcc/Dtype.h"

#include <stdexcept>
#include <string>

namespace tcc {

/// Whose rule was broken: the first five are the caller's mistakes, found while the graph is built.
enum class Kind { shape, dtype, index, graph, value, numerical, io, device, internal };

/// Thrown for everything that goes wrong; what() reads "[op] expected ..., got ... (file.cpp:line)".
struct TCC_API Error : std::runtime_error {
  Error(const std::string &what, std::string op = "", Loc where = Loc::current(), Kind kind = Kind::value);
  ~Error() override;
  Error(const Error &) = default;
  /// The function or op that complains.
  std::string op;
  /// The user's line, also for errors found when the program runs.
  Loc where;
  Kind kind;
};

} // namespace tcc
