// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one thread pool of the process. Work is shared by an atomic counter over blocks; any thread, a worker included,
// may start a parallel loop, and a nested loop is joined by the idle workers, so threads never multiply.
#ifndef TCC_RUNTIME_THREADS_H
#define TCC_RUNTIME_THREADS_H

#include <stdint.h>
#include <type_traits>

namespace tcc::runtime {

/// Threads that work on one loop, the caller included. Default: TCC_NUM_THREADS, else the CPUs this process may use.
int numThreads();
/// 0 restores the default. Running loops finish with the threads they have.
void setNumThreads(int count);

using RangeFn = void (*)(void *context, int64_t begin, int64_t end);

/// Calls fn on disjoint ranges that cover [0, extent), each of at least `grain` iterations but the last. Returns when
/// all are done, with their writes visible. Ranges depend on the number of threads; results must not depend on ranges.
void parallelFor(int64_t extent, int64_t grain, RangeFn fn, void *context);

template <class F>
  requires std::is_invocable_v<F &, int64_t, int64_t>
void parallelFor(int64_t extent, int64_t grain, F &&fn) {
  using Fn = std::remove_reference_t<F>;
  parallelFor(
      extent, grain, [](void *context, int64_t begin, int64_t end) { (*static_cast<Fn *>(context))(begin, end); },
      const_cast<void *>(static_cast<const void *>(&fn)));
}

/// Iterations that are worth a block of their own, from the cost of one in nanoseconds.
inline int64_t grainFor(double nanosecondsEach) {
  constexpr double worthwhile = 20000; // some ten times a wake-up
  double grain = worthwhile / (nanosecondsEach > 1e-3 ? nanosecondsEach : 1e-3);
  return grain < 1 ? 1 : int64_t(grain);
}

/// Work that idle threads may take part in: `help` does what there is to do and returns when nothing is left to take.
/// It never waits for work that others have taken: what it would wait for might be the work of a caller of its own.
struct SharedWork {
  bool (*hasWork)(SharedWork &work);
  void (*help)(SharedWork &work);
  bool isLoop; ///< blocks of one loop, which run nothing that may wait
};

/// While it lives, idle threads take part in `work`, of which up to `helpers` are woken now; its end waits for those
/// that are still at it.
class Sharing {
public:
  struct Place;
  Sharing(SharedWork &work, int helpers);
  ~Sharing();
  Sharing(const Sharing &) = delete;

private:
  Place *place; // where others find the work; null if there was none left
};

/// Takes part in a loop that another thread shares; false if none has blocks left.
bool helpLoop();
/// For threads that wait for each other's results: `waitForWork(workEpoch())` sleeps until announceWork() or a new
/// loop.
uint32_t workEpoch();
void waitForWork(uint32_t epochSeen);
void announceWork();

} // namespace tcc::runtime
#endif
