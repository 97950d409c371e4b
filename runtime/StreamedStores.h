// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Results that leave the caches anyway are stored past them: an ordinary store first reads the line that it overwrites.
#ifndef TCC_RUNTIME_STREAMEDSTORES_H
#define TCC_RUNTIME_STREAMEDSTORES_H

#include "runtime/VectorLanes.h"

namespace tcc::runtime {

/// Results from this size on; smaller ones may stay in the last-level cache from call to call. Kernels have the same
/// bound, where it was measured (passes/LoopPlan.cpp, chooseStreams).
inline constexpr int64_t leastStreamedBytes = 24 << 20;

/// Copies `count` elements, whole lines past the caches where the compiler has such stores.
template <int bytes, class T> TCC_INLINE void copyStreamed(const T *from, T *to, int64_t count) {
  int64_t i = 0;
#if defined(__clang__)
  typedef uint64_t Line __attribute__((vector_size(bytes), may_alias));
  constexpr int64_t lineBytes = 64, step = lineBytes / int64_t(sizeof(T));
  for (; i < count && reinterpret_cast<uintptr_t>(to + i) % lineBytes; ++i)
    to[i] = from[i];
  for (; i + step <= count; i += step)
    for (int64_t part = 0; part < lineBytes; part += bytes) {
      Line line;
      __builtin_memcpy(&line, reinterpret_cast<const char *>(from + i) + part, bytes);
      __builtin_nontemporal_store(line, reinterpret_cast<Line *>(reinterpret_cast<char *>(to + i) + part));
    }
#endif
  for (; i < count; ++i)
    to[i] = from[i];
}

/// Makes a thread's streamed stores visible before what it says next: no ordinary release of x86 waits for them.
inline void endStreamedStores() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

} // namespace tcc::runtime
#endif
