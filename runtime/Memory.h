// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The process-wide pool of tensor memory: 64-byte aligned blocks in size classes, kept for reuse because page faults
// and not arithmetic bound large elementwise programs. A limit is an error (null), never a crash.
#ifndef TCC_RUNTIME_MEMORY_H
#define TCC_RUNTIME_MEMORY_H

#include <atomic>
#include <stdint.h>
#include <utility>

namespace tcc::runtime {

inline constexpr int64_t alignment = 64;

struct MemoryStats {
  int64_t liveBytes;   ///< handed out now (rounded up to size classes)
  int64_t peakBytes;   ///< highest liveBytes since start or resetPeak
  int64_t cachedBytes; ///< free blocks kept for reuse
  int64_t limitBytes;  ///< 0 = none
};

/// Null when memory or the limit is exhausted, or `bytes` is negative. 0 bytes gives a valid pointer.
void *allocate(int64_t bytes);
/// `bytes` must be the number given to allocate. Null is ignored.
void deallocate(void *block, int64_t bytes);
/// The block really reserved for a request of `bytes`, -1 if no such block can exist.
int64_t allocationSize(int64_t bytes);

MemoryStats memoryStats();
void resetPeakMemory();
/// 0 removes the limit. Live memory above a new limit stays; only new allocations fail.
void setMemoryLimit(int64_t bytes);
/// Gives all cached blocks back to the system.
void releaseCachedMemory();

/// A reference-counted block. Copies share it; the count is atomic, so handles may live on different threads.
class Buffer {
public:
  Buffer() = default;
  /// A new uninitialised block; `!buffer` when memory is exhausted.
  static Buffer create(int64_t bytes);
  /// Memory owned by someone else; `release(context)` runs when the last handle goes.
  static Buffer wrap(void *data, int64_t bytes, void (*release)(void *context), void *context);

  Buffer(const Buffer &other) : block(other.block) {
    if (block)
      block->references.fetch_add(1, std::memory_order_relaxed);
  }
  Buffer(Buffer &&other) noexcept : block(std::exchange(other.block, nullptr)) {}
  Buffer &operator=(Buffer other) noexcept {
    std::swap(block, other.block);
    return *this;
  }
  ~Buffer() {
    if (block && block->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      destroy(block);
  }

  explicit operator bool() const { return block; }
  void *data() const { return block ? block->data : nullptr; }
  int64_t size() const { return block ? block->bytes : 0; }
  /// True if this is the only handle, so that the block may be overwritten.
  bool unique() const { return block && block->references.load(std::memory_order_acquire) == 1; }

private:
  struct Block {
    std::atomic<int64_t> references;
    int64_t bytes;
    void *data;
    void (*release)(void *);
    void *context;
  };
  explicit Buffer(Block *block) : block(block) {}
  static void destroy(Block *block);
  Block *block = nullptr;
};

/// An uninitialised work array of `count` elements, freed at the end of the scope. Check before use.
template <class T> class Scratch {
public:
  Scratch() = default;
  explicit Scratch(int64_t count) { resize(count); }
  Scratch(Scratch &&other) noexcept : block(std::exchange(other.block, nullptr)), bytes(other.bytes) {}
  Scratch &operator=(Scratch &&other) noexcept {
    std::swap(block, other.block);
    std::swap(bytes, other.bytes);
    return *this;
  }
  ~Scratch() { deallocate(block, bytes); }
  /// Drops the old contents. False when memory is exhausted.
  bool resize(int64_t count) {
    deallocate(block, bytes);
    if (__builtin_mul_overflow(count, int64_t(sizeof(T)), &bytes))
      bytes = -1;
    block = allocate(bytes);
    return block;
  }
  explicit operator bool() const { return block; }
  T *get() const { return static_cast<T *>(block); }
  T &operator[](int64_t i) const { return get()[i]; }

private:
  void *block = nullptr;
  int64_t bytes = 0;
};

} // namespace tcc::runtime
#endif
