// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Settings of the whole process.
#include "tcc/Process.h"
#include "frontend/UserError.h"
#include "passes/DiskCache.h"
#include "runtime/FftwLibrary.h"
#include "runtime/Memory.h"
#include "runtime/Threads.h"

namespace tcc {

void set_num_threads(int n, Loc where) {
  if (n < 0)
    fail("set_num_threads", where, Kind::value, "expected a number of threads, or 0 for the default, got ", n);
  runtime::setNumThreads(n);
}
int num_threads() { return runtime::numThreads(); }

void set_default_device(Device device, Loc where) {
  if (device != Device::cpu)
    fail("set_default_device", where, Kind::device, "expected cpu, which is all this build runs on, got cuda");
}
Device default_device() { return Device::cpu; }

MemoryStats memory_stats() {
  runtime::MemoryStats s = runtime::memoryStats();
  return {s.liveBytes, s.peakBytes, s.limitBytes};
}
void reset_peak_memory() { runtime::resetPeakMemory(); }
void set_memory_limit(int64_t bytes, Loc where) {
  if (bytes < 0)
    fail("set_memory_limit", where, Kind::value, "expected a number of bytes, or 0 for no limit, got ", bytes);
  runtime::setMemoryLimit(bytes);
}

void set_cache_dir(const std::string &path, int64_t limit_bytes, Loc where) {
  if (path.empty()) {
    runtime::setFftWisdomFolder("");
    return DiskCache::setOfProcess(nullptr);
  }
  auto cache = DiskCache::open(path, limit_bytes);
  if (!cache)
    fail("set_cache_dir", where, Kind::io,
         "expected a directory for compiled programs: " + toString(cache.takeError()));
  DiskCache::setOfProcess(*cache);
  runtime::setFftWisdomFolder(path.c_str());
}

} // namespace tcc
