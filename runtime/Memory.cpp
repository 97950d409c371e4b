// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Size-class pool behind Memory.h. Small blocks are cut from 1 MiB slabs and stay with the process; blocks of 64 KiB
// and more are mapped one by one and go back to the system when the cache is released or too large.
#include "runtime/Memory.h"
#include "runtime/System.h"
#include <new>
#include <stdlib.h>
#include <string.h>
#ifndef __wasm__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace tcc::runtime {
namespace {

constexpr int64_t slabBytes = int64_t(1) << 20;
constexpr int64_t mappedBytes = int64_t(1) << 16; // from here on a block is a mapping of its own
constexpr int64_t largestBlock = int64_t(1) << 46;
constexpr int numClasses = 4 * 48;

struct FreeBlock {
  FreeBlock *next;
};

struct Pool {
  Mutex mutex;
  FreeBlock *free[numClasses] = {};
  char *slab = nullptr, *slabEnd = nullptr;
  int64_t live = 0, peak = 0, cached = 0, limit = 0;
  int64_t mappedCached = 0;
};
Pool pool;

// The child of a fork must not inherit the mutex in the locked state.
struct RegisterForkHandlers {
  RegisterForkHandlers() {
    whenForking([] { pool.mutex.lock(); }, [] { pool.mutex.unlock(); }, [] { pool.mutex.unlock(); });
  }
} registerForkHandlers;

struct Lock {
  Lock() { pool.mutex.lock(); }
  ~Lock() { pool.mutex.unlock(); }
};

/// Classes are 64 bytes times {4, 5, 6, 7} * 2^k / 4: at most a quarter of a block is unused.
int classOf(int64_t bytes, int64_t &size) {
  int64_t units = (bytes + alignment - 1) / alignment;
  if (units <= 4) {
    units = units < 1 ? 1 : units;
    size = units * alignment;
    return int(units - 1);
  }
  int log = 63 - __builtin_clzll(uint64_t(units - 1));
  int64_t step = int64_t(1) << (log - 2);
  int64_t quarter = (units - 1) / step + 1; // 5..8
  size = quarter * step * alignment;
  return (log - 2) * 4 + int(quarter) - 1;
}

#ifdef __wasm__

void *mapBlock(int64_t size) { return size > int64_t(SIZE_MAX / 2) ? nullptr : aligned_alloc(alignment, size_t(size)); }
void unmapBlock(void *block, int64_t) { free(block); }
/// A page cannot give memory back to the browser, but another size of block can use it.
int64_t physicalMemory() { return int64_t(1) << 28; }

#else

constexpr int64_t hugePage = int64_t(2) << 20;

// Behind a block lie as many addresses that may be read, and cost nothing: OpenBLAS's complex gemv (0.3.21, on x86-64)
// loads x[n] where the number of rows is 2 modulo 4, a whole column of the matrix that LAPACK is working on past its
// end.
void *mapBlock(int64_t size) {
  bool huge = size >= hugePage;
  int64_t extra = huge ? hugePage : 0;
  char *base = static_cast<char *>(
      mmap(nullptr, size_t(2 * size + extra), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (base == MAP_FAILED)
    return nullptr;
  if (huge) {
    // Trim to a huge-page boundary; a kernel without huge pages ignores the advice.
    int64_t head = (hugePage - int64_t(reinterpret_cast<uintptr_t>(base) % hugePage)) % hugePage;
    if (head)
      munmap(base, size_t(head));
    if (extra - head)
      munmap(base + head + 2 * size, size_t(extra - head));
    base += head;
  }
  if (mmap(base, size_t(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
    munmap(base, size_t(2 * size));
    return nullptr;
  }
#ifdef MADV_HUGEPAGE
  if (huge)
    madvise(base, size_t(size), MADV_HUGEPAGE);
#endif
  return base;
}
void unmapBlock(void *block, int64_t size) { munmap(block, size_t(2 * size)); }
int64_t physicalMemory() { return int64_t(sysconf(_SC_PHYS_PAGES)) * int64_t(sysconf(_SC_PAGE_SIZE)); }

#endif

// All helpers below expect the lock to be held.
void dropMappedCache() {
  for (int c = 0; c < numClasses; ++c) {
    FreeBlock *block = pool.free[c];
    if (!block)
      continue;
    int64_t size = c < 4 ? (c + 1) * alignment : (((c % 4) + 5) * alignment) << (c / 4 - 1);
    if (size < mappedBytes)
      continue;
    while (block) {
      FreeBlock *next = block->next;
      unmapBlock(block, size);
      pool.cached -= size;
      pool.mappedCached -= size;
      block = next;
    }
    pool.free[c] = nullptr;
  }
}

void *cutFromSlab(int64_t size) {
  if (pool.slabEnd - pool.slab < size) {
    // What is left of the old slab becomes single 64-byte units, so nothing is lost.
    for (; pool.slabEnd - pool.slab >= alignment; pool.slab += alignment) {
      auto *block = reinterpret_cast<FreeBlock *>(pool.slab);
      block->next = pool.free[0];
      pool.free[0] = block;
      pool.cached += alignment;
    }
    char *slab = static_cast<char *>(mapBlock(slabBytes));
    if (!slab)
      return nullptr;
    pool.slab = slab;
    pool.slabEnd = slab + slabBytes;
  }
  char *block = pool.slab;
  pool.slab += size;
  return block;
}

int64_t cacheLimit() {
  static const int64_t limit = physicalMemory() / 4;
  return limit;
}

} // namespace

int64_t allocationSize(int64_t bytes) {
  if (bytes < 0 || bytes > largestBlock)
    return -1;
  int64_t size;
  classOf(bytes, size);
  return size;
}

void *allocate(int64_t bytes) {
  if (bytes < 0 || bytes > largestBlock)
    return nullptr;
  int64_t size;
  int index = classOf(bytes, size);
  Lock lock;
  if (pool.limit && pool.live + size > pool.limit)
    return nullptr;
  void *block = pool.free[index];
  if (block) {
    pool.free[index] = pool.free[index]->next;
    pool.cached -= size;
    if (size >= mappedBytes)
      pool.mappedCached -= size;
  } else {
    // Cached blocks of other classes count against the limit too: the process must really stay below it.
    if (pool.limit && pool.live + pool.cached + size > pool.limit)
      dropMappedCache();
    block = size < mappedBytes ? cutFromSlab(size) : mapBlock(size);
    if (!block && size >= mappedBytes && pool.mappedCached) {
      dropMappedCache();
      block = mapBlock(size);
    }
    if (!block)
      return nullptr;
  }
  pool.live += size;
  if (pool.live > pool.peak)
    pool.peak = pool.live;
  return block;
}

void deallocate(void *pointer, int64_t bytes) {
  if (!pointer)
    return;
  int64_t size;
  int index = classOf(bytes, size);
  Lock lock;
  auto *block = static_cast<FreeBlock *>(pointer);
  block->next = pool.free[index];
  pool.free[index] = block;
  pool.live -= size;
  pool.cached += size;
  if (size >= mappedBytes) {
    pool.mappedCached += size;
    if (pool.mappedCached > cacheLimit())
      dropMappedCache();
  }
}

MemoryStats memoryStats() {
  Lock lock;
  return {pool.live, pool.peak, pool.cached, pool.limit};
}

void resetPeakMemory() {
  Lock lock;
  pool.peak = pool.live;
}

void setMemoryLimit(int64_t bytes) {
  Lock lock;
  pool.limit = bytes < 0 ? 0 : bytes;
}

void releaseCachedMemory() {
  Lock lock;
  dropMappedCache();
}

Buffer Buffer::create(int64_t bytes) {
  void *data = allocate(bytes);
  if (!data)
    return {};
  auto *block = static_cast<Block *>(allocate(sizeof(Block)));
  if (!block) {
    deallocate(data, bytes);
    return {};
  }
  return Buffer(new (block) Block{1, bytes, data, nullptr, nullptr});
}

Buffer Buffer::wrap(void *data, int64_t bytes, void (*release)(void *), void *context) {
  auto *block = static_cast<Block *>(allocate(sizeof(Block)));
  if (!block)
    return {};
  return Buffer(new (block) Block{1, bytes, data, release ? release : [](void *) {}, context});
}

void Buffer::destroy(Block *block) {
  if (block->release)
    block->release(block->context);
  else
    deallocate(block->data, block->bytes);
  deallocate(block, sizeof(Block));
}

} // namespace tcc::runtime
