// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pool of sleeping workers behind Threads.h. Work is published in one of a few places; whoever finds it there takes
// some until none is left. Where futexes are missing (wasm) everything runs on its caller.
//
// Only who started some work waits for its end, on top of whose stack nothing older can lie: what a thread waits for
// was taken after the waiting thread's work began, and so on, so that threads never wait in a circle.
#include "runtime/Threads.h"
#include "runtime/System.h"
#include <atomic>
#include <stdlib.h>
#include <time.h>
#ifdef __linux__
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tcc::runtime {
namespace {

int defaultThreads() {
  if (const char *text = environment("TCC_NUM_THREADS")) {
    int count = atoi(text);
    if (count > 0)
      return count < 1024 ? count : 1024;
  }
#ifdef __linux__
  cpu_set_t set;
  if (!sched_getaffinity(0, sizeof(set), &set))
    return CPU_COUNT(&set);
#endif
  return 1;
}

std::atomic<int> budget{0};

} // namespace

int numThreads() {
  int count = budget.load(std::memory_order_relaxed);
  if (count == 0) {
    count = defaultThreads();
    int unset = 0;
    if (!budget.compare_exchange_strong(unset, count))
      count = unset;
  }
  return count;
}

#ifndef __linux__

void setNumThreads(int) { budget = 1; }
void parallelFor(int64_t extent, int64_t, RangeFn fn, void *context) {
  if (extent > 0)
    fn(context, 0, extent);
}
Sharing::Sharing(SharedWork &, int) : place(nullptr) {}
Sharing::~Sharing() = default;
bool helpLoop() { return false; }
uint32_t workEpoch() { return 0; }
void waitForWork(uint32_t) {}
void announceWork() {}

#else

/// `helpers` counts threads that may hold `work`. The owner clears `work` first and then waits for zero helpers; a
/// helper counts itself first and then reads `work`: sequential consistency makes one of them see the other.
struct alignas(64) Sharing::Place {
  std::atomic<bool> taken; // from publication until the owner has seen the last helper leave
  std::atomic<SharedWork *> work;
  std::atomic<uint32_t> helpers;
};

namespace {

/// Lives on the stack of the thread that started the loop.
struct Loop : SharedWork {
  RangeFn fn;
  void *context;
  int64_t extent, block, numBlocks;
  std::atomic<int64_t> next{0};

  Loop(RangeFn fn, void *context, int64_t extent, int64_t block, int64_t numBlocks)
      : SharedWork{[](SharedWork &work) { return static_cast<Loop &>(work).hasBlocks(); },
                   [](SharedWork &work) { static_cast<Loop &>(work).run(); }, true},
        fn(fn), context(context), extent(extent), block(block), numBlocks(numBlocks) {}
  bool hasBlocks() const { return next.load(std::memory_order_relaxed) < numBlocks; }
  void run() {
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < numBlocks;) {
      int64_t begin = i * block;
      fn(context, begin, begin + block < extent ? begin + block : extent);
    }
  }
};

constexpr int numPlaces = 32;
constexpr int maxWorkers = 1023;
Sharing::Place places[numPlaces];

alignas(64) std::atomic<uint32_t> epoch{0};
alignas(64) std::atomic<int> sleepers{0};
std::atomic<int> numWorkers{0}; // running worker threads; worker i exits when i >= budget - 1
std::atomic<bool> shutDown{false};
pthread_t workers[maxWorkers];
pthread_mutex_t workersMutex = PTHREAD_MUTEX_INITIALIZER;
thread_local bool isWorker = false;

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t(t.tv_sec) * 1000000000 + t.tv_nsec;
}

void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}
void futexWake(std::atomic<uint32_t> &word, int count) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

int availableCpus() {
  static const int count = [] {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
  }();
  return count;
}

/// Spinning pays only while every thread of the pool has a CPU of its own.
int64_t spinNanoseconds() { return numThreads() <= availableCpus() ? 30000 : 0; }

template <class Done> bool spinUntil(Done done) {
  if (done())
    return true;
  int64_t limit = spinNanoseconds();
  if (!limit)
    return false;
  int64_t end = now() + limit;
  do {
    for (int i = 0; i < 16; ++i) {
      pause();
      if (done())
        return true;
    }
  } while (now() < end);
  return false;
}

/// Takes part in some shared work; false if there is none.
bool help(bool onlyLoops) {
  for (Sharing::Place &place : places) {
    if (!place.work.load(std::memory_order_relaxed))
      continue;
    place.helpers.fetch_add(1, std::memory_order_seq_cst);
    SharedWork *work = place.work.load(std::memory_order_seq_cst);
    bool useful = work && (work->isLoop || !onlyLoops) && work->hasWork(*work);
    if (useful)
      work->help(*work);
    // The owner may sleep on `helpers`; the last one out wakes it. The place is static, so this is safe after the work.
    if (place.helpers.fetch_sub(1, std::memory_order_seq_cst) == 1 && !place.work.load(std::memory_order_seq_cst))
      futexWake(place.helpers, 1 << 30);
    if (useful)
      return true;
  }
  return false;
}

void *workerMain(void *argument) {
  int index = int(reinterpret_cast<intptr_t>(argument));
  isWorker = true;
  auto superfluous = [index] {
    return shutDown.load(std::memory_order_relaxed) || index >= budget.load(std::memory_order_relaxed) - 1;
  };
  while (!superfluous()) {
    uint32_t seen = workEpoch();
    if (!superfluous() && !help(/*onlyLoops=*/false))
      waitForWork(seen);
  }
  return nullptr;
}

/// Joins workers that are more than the budget allows and starts missing ones.
void adjustWorkers() {
  pthread_mutex_lock(&workersMutex);
  int wanted = shutDown ? 0 : budget.load() - 1;
  wanted = wanted > maxWorkers ? maxWorkers : wanted;
  int have = numWorkers.load();
  if (have > wanted && !isWorker) {
    announceWork();
    for (; have > wanted; --have)
      pthread_join(workers[have - 1], nullptr);
  }
  for (; have < wanted; ++have)
    if (pthread_create(&workers[have], nullptr, workerMain, reinterpret_cast<void *>(intptr_t(have))))
      break; // fewer threads than asked for are slower, not wrong
  numWorkers = have;
  pthread_mutex_unlock(&workersMutex);
}

// After fork only the calling thread exists in the child; its pool starts anew on first use.
void resetAfterFork() {
  for (Sharing::Place &place : places) {
    place.taken = false;
    place.work = nullptr;
    place.helpers = 0;
  }
  sleepers = 0;
  numWorkers = 0;
  pthread_mutex_unlock(&workersMutex);
}

struct Lifetime {
  Lifetime() {
    pthread_atfork([] { pthread_mutex_lock(&workersMutex); }, [] { pthread_mutex_unlock(&workersMutex); },
                   resetAfterFork);
  }
  // Also runs when an artifact is unloaded: no thread may be left inside its code.
  ~Lifetime() {
    shutDown = true;
    announceWork();
    timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 2;
    for (int i = isWorker ? 0 : numWorkers.load(); i > 0; --i)
      pthread_timedjoin_np(workers[i - 1], nullptr, &deadline);
  }
} lifetime;

} // namespace

void setNumThreads(int count) {
  if (count <= 0)
    count = defaultThreads();
  budget = count > maxWorkers + 1 ? maxWorkers + 1 : count;
  // A worker cannot join itself; superfluous ones then stay asleep until the next call from outside.
  if (!isWorker && numWorkers > budget - 1)
    adjustWorkers();
}

uint32_t workEpoch() { return epoch.load(std::memory_order_seq_cst); }

void announceWork() {
  epoch.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers.load(std::memory_order_seq_cst) > 0)
    futexWake(epoch, 1 << 30);
}

void waitForWork(uint32_t seen) {
  if (spinUntil([&] { return epoch.load(std::memory_order_relaxed) != seen; }))
    return;
  sleepers.fetch_add(1, std::memory_order_seq_cst);
  futexWait(epoch, seen); // returns at once if the epoch has moved on
  sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

bool helpLoop() { return help(/*onlyLoops=*/true); }

Sharing::Sharing(SharedWork &work, int helpers) : place(nullptr) {
  if (numWorkers.load(std::memory_order_relaxed) < numThreads() - 1)
    adjustWorkers();
  for (Place &candidate : places)
    if (!candidate.taken.load(std::memory_order_relaxed) &&
        !candidate.taken.exchange(true, std::memory_order_acquire)) {
      place = &candidate;
      break;
    }
  if (!place)
    return; // more work at once than places: every thread has enough to do
  place->work.store(&work, std::memory_order_seq_cst);
  epoch.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers.load(std::memory_order_seq_cst) > 0)
    futexWake(epoch, helpers);
}

Sharing::~Sharing() {
  if (!place)
    return;
  place->work.store(nullptr, std::memory_order_seq_cst);
  while (!spinUntil([&] { return place->helpers.load(std::memory_order_acquire) == 0; }))
    if (uint32_t count = place->helpers.load(std::memory_order_seq_cst))
      futexWait(place->helpers, count);
  place->taken.store(false, std::memory_order_release);
}

void parallelFor(int64_t extent, int64_t grain, RangeFn fn, void *context) {
  if (extent <= 0)
    return;
  grain = grain < 1 ? 1 : grain;
  int threads = numThreads();
  if (threads == 1 || extent <= grain || shutDown.load(std::memory_order_relaxed))
    return fn(context, 0, extent);

  // Four blocks a thread balance uneven blocks; more would only cost more atomics.
  int64_t numBlocks = extent / grain + (extent % grain != 0);
  if (numBlocks > int64_t(threads) * 4)
    numBlocks = int64_t(threads) * 4;
  int64_t block = (extent + numBlocks - 1) / numBlocks;
  numBlocks = (extent + block - 1) / block;

  Loop loop(fn, context, extent, block, numBlocks);
  Sharing sharing(loop, numBlocks < threads ? int(numBlocks - 1) : threads - 1);
  loop.run();
}

#endif
} // namespace tcc::runtime
