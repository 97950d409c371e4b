// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled programs of one graph, found again by the structure of the ops they were compiled from.
#pragma once

#include "frontend/GeneralProgram.h"

#include <memory>
#include <unordered_map>

namespace tcc {

struct GraphImpl::PlanCache {
  using Hasher = StructuralHash::Hasher;
  /// Programs past this number are dropped, all at once: a loop that never repeats a structure must not grow for ever.
  static constexpr size_t capacity = 4096;
  std::unordered_map<StructuralHash, std::shared_ptr<Program>, Hasher> programs;

  /// Expressions that differ in sizes and C++ scalars only. When a loop turns out to compute with new ones each time,
  /// they get one program.
  struct Family {
    std::vector<FormNumbers> examples; ///< that were compiled
    std::optional<GeneralProgram> general;
    int attempts = 0; ///< to find one that is general enough
  };
  static constexpr size_t specialised = 2, remembered = 8;
  static constexpr int attempts = 4;
  std::unordered_map<StructuralHash, Family, Hasher> families;

  /// How often expressions were run by programs with open sizes. Those that come again and again get one of their own,
  /// which is faster where its sizes are known.
  static constexpr int worthSpecialising = 64;
  std::unordered_map<StructuralHash, int, Hasher> uses;
};

} // namespace tcc
