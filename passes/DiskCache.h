// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A directory of what was compiled, so that another process need not compile it again: one file for each 256-bit key,
// of at most so many bytes in all. Any number of processes may read, write and evict at any time; an entry that is
// damaged or is not what its name says is no entry.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace tcc {

/// A BLAKE3 digest of everything that an entry depends on.
using CacheKey = std::array<uint8_t, 32>;

/// What of this process goes into every key: the builds of tcc and LLVM that generate code.
llvm::StringRef compilerIdentity();

class DiskCache {
public:
  static constexpr int64_t defaultLimit = int64_t(1) << 30;
  /// Entries are spread over so many directories, each with its share of the limit: a writer looks through one of them.
  static constexpr unsigned numShards = 64;

  /// Creates `directory` if it is not there. Refuses one that others may write: its entries are code that we run.
  static llvm::Expected<std::shared_ptr<DiskCache>> open(const std::string &directory, int64_t limitBytes);

  /// The cache of this process: as set, else that of TCC_CACHE_DIR and TCC_CACHE_LIMIT (bytes), else null.
  static std::shared_ptr<DiskCache> ofProcess();
  /// Null for none, whatever the environment says.
  static void setOfProcess(std::shared_ptr<DiskCache> cache);

  std::optional<std::string> get(const CacheKey &key) const;
  /// Keeps `payload`, unless it exceeds a shard or cannot be written: a cache that is full or read-only is no error.
  void put(const CacheKey &key, llvm::StringRef payload) const;
  std::string pathOf(const CacheKey &key) const;

private:
  DiskCache(std::string directory, int64_t limit) : directory(std::move(directory)), limit(limit) {}
  void evict(const std::string &shard) const;

  std::string directory;
  int64_t limit;
};

/// How often entries were read, written, and found damaged by this process.
struct DiskCacheCounts {
  uint64_t hits = 0, misses = 0, damaged = 0, writes = 0;
};
DiskCacheCounts diskCacheCounts();

} // namespace tcc
