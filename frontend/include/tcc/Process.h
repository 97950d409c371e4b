// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Settings of the whole process.
#pragma once

#include "tcc/Tensor.h"

#include <string>

namespace tcc {

enum class Device { cpu, cuda };
struct MemoryStats {
  /// Tensor memory in use now, at most so far, and allowed (0: no limit).
  int64_t live_bytes = 0, peak_bytes = 0, limit_bytes = 0;
};
/// 0 restores the default: TCC_NUM_THREADS, else the CPUs the process may use. Results do not depend on it.
TCC_API void set_num_threads(int n, Loc where = Loc::current());
TCC_API int num_threads();
/// Throws Kind::device if this build or machine has no such device.
TCC_API void set_default_device(Device device, Loc where = Loc::current());
TCC_API Device default_device();
TCC_API MemoryStats memory_stats();
/// peak_bytes counts anew, from live_bytes.
TCC_API void reset_peak_memory();
/// A program whose intermediate values would not fit beside what is alive is compiled again, so that it drops some and
/// computes them again when they are needed: the results have the same bits and take longer. What remains too much is
/// an error of Kind::device. 0 removes the limit.
TCC_API void set_memory_limit(int64_t bytes, Loc where = Loc::current());
/// Keeps compiled programs in the directory `path`, from which later processes run them without compiling; of more than
/// `limit_bytes`, the least recently used go. Empty: nowhere. By default the directory is that of the environment
/// variable TCC_CACHE_DIR (limit: TCC_CACHE_LIMIT, in bytes), and nowhere without one. Throws Kind::io if the directory
/// cannot be used. Several processes may share it; it holds code, so only its owner may be able to write to it.
TCC_API void set_cache_dir(const std::string &path, int64_t limit_bytes = int64_t(1) << 30, Loc where = Loc::current());

} // namespace tcc
