// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The key of the frontend's caches: what it was made from is not kept, so that looking up compares two numbers.
#pragma once

#include <cstddef>
#include <cstdint>

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

  struct Hasher {
    size_t operator()(const StructuralHash &h) const { return h.a; }
  };
};

} // namespace tcc
