// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Offsets in one arena for blocks with known lifetimes: best fit, with neighbouring free blocks merged.
#pragma once

#include <cstdint>
#include <map>
#include <set>

namespace tcc {

class ArenaAllocator {
public:
  static constexpr int64_t alignment = 64;
  static int64_t align(int64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

  /// The offset of a new block; `bytes` is rounded up to the alignment.
  int64_t allocate(int64_t bytes) {
    bytes = align(bytes);
    if (bytes == 0)
      return 0;
    auto fit = bySize.lower_bound({bytes, 0});
    if (fit != bySize.end()) {
      auto [size, offset] = *fit;
      remove(offset);
      if (size > bytes)
        insert(offset + bytes, size - bytes);
      return offset;
    }
    // A free block at the end grows.
    int64_t offset = end;
    if (!byOffset.empty()) {
      auto last = std::prev(byOffset.end());
      if (last->first + last->second == end) {
        offset = last->first;
        remove(offset);
      }
    }
    end = offset + bytes;
    return offset;
  }

  void release(int64_t offset, int64_t bytes) {
    bytes = align(bytes);
    if (bytes == 0)
      return;
    auto next = byOffset.lower_bound(offset);
    if (next != byOffset.end() && next->first == offset + bytes) {
      bytes += next->second;
      remove(next->first);
    }
    auto previous = byOffset.lower_bound(offset);
    if (previous != byOffset.begin() && (--previous, previous->first + previous->second == offset)) {
      offset = previous->first;
      bytes += previous->second;
      remove(offset);
    }
    insert(offset, bytes);
  }

  int64_t getSize() const { return end; }

private:
  void insert(int64_t offset, int64_t bytes) {
    byOffset[offset] = bytes;
    bySize.insert({bytes, offset});
  }
  void remove(int64_t offset) {
    auto entry = byOffset.find(offset);
    bySize.erase({entry->second, offset});
    byOffset.erase(entry);
  }

  std::map<int64_t, int64_t> byOffset; // of free blocks
  std::set<std::pair<int64_t, int64_t>> bySize;
  int64_t end = 0;
};

} // namespace tcc
