// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled programs of one graph, found again by the structure of the ops they were compiled from.
#pragma once

#include "frontend/Graph.h"

#include <array>
#include <memory>
#include <unordered_map>

namespace tcc {

/// 128 bits over ops, attributes, types and edges: a collision is not expected in the lifetime of the universe, so that
/// equal keys are taken for equal programs.
struct StructuralHash {
  uint64_t a = 0x9e3779b97f4a7c15, b = 0xd1b54a32d192ed03;
  void add(uint64_t x) {
    a = (a ^ x) * 0xff51afd7ed558ccd;
    a ^= a >> 32;
    b = (b + x) * 0xc4ceb9fe1a85ec53;
    b ^= b >> 29;
  }
  void add(const void *p) { add(reinterpret_cast<uintptr_t>(p)); }
  bool operator==(const StructuralHash &) const = default;
};

struct GraphImpl::PlanCache {
  struct Hasher {
    size_t operator()(const StructuralHash &h) const { return h.a; }
  };
  /// Programs past this number are dropped, all at once: a loop that never repeats a structure must not grow for ever.
  static constexpr size_t capacity = 4096;
  std::unordered_map<StructuralHash, std::shared_ptr<Program>, Hasher> programs;

  /// How often programs were compiled that differ in scalars, in places, or in both: a loop turns out to compute with
  /// new ones each time, and gets one program that takes them as inputs. With both only after either alone did not do.
  static constexpr int specialised = 2, specialisedInBoth = 4;
  std::unordered_map<StructuralHash, int, Hasher> compiled;
};

} // namespace tcc
