// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plans as the words that an artifact holds; runtime/Artifact.h describes the form.
#pragma once

#include "passes/BuildPlan.h"

#include <map>
#include <string>
#include <vector>

namespace tcc::aot {

/// One entry of an artifact.
struct Entry {
  std::string name;
  std::vector<std::string> inputNames, outputNames;
  const PlanTemplate *plan;
  /// Names of the kernels' functions, by kernel.
  const std::map<const CompiledKernel *, std::string> *kernelNames;
};

struct PlanWords {
  std::vector<int64_t> words;
  std::string constants; ///< each at a multiple of 64 bytes
  /// Symbols of the function table.
  std::vector<std::string> functions;
  std::vector<bool> isLibrary;     ///< of functions: from the runtime library
  std::vector<int64_t> workspaces; ///< bytes of each entry's arena, -1 if they depend on open sizes
  uint64_t checksum = 0;
};

/// Empty on success, else what is not supported.
std::string encodePlans(const std::vector<Entry> &entries, PlanWords &out);

} // namespace tcc::aot
