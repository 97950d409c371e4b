// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the examples state about their results; unlike assert it also speaks in release builds.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

inline void expect(bool claim, std::source_location where = std::source_location::current()) {
  if (claim)
    return;
  std::fprintf(stderr, "%s:%u: this does not hold\n", where.file_name(), where.line());
  std::exit(1);
}
