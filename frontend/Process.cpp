// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Settings of the whole process.
#include "tcc/Process.h"
#include "frontend/UserError.h"
#include "runtime/FftwLibrary.h"
#include "runtime/Memory.h"
#include "runtime/Threads.h"

#include <cstdlib>

namespace tcc {

void set_num_threads(int n) { runtime::setNumThreads(n < 0 ? 0 : n); }
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
void set_memory_limit(int64_t bytes) { runtime::setMemoryLimit(bytes); }

// The environment is where kernels' cache is configured; the call is its equal.
void set_cache_dir(const std::string &path) {
  ::setenv("TCC_CACHE_DIR", path.c_str(), 1);
  runtime::setFftWisdomFolder(path.c_str());
}

} // namespace tcc
