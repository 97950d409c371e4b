// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Executes a PlanView: small plans one step after the other on the calling thread, larger ones on the pool, where
// every thread takes ready steps and helps with the blocks of large kernels while it has none.
#include "runtime/Frame.h"
#include "runtime/Sizes.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include <atomic>
#include <new>

namespace tcc::runtime {
namespace {

// Below this a wake-up of a second thread costs more than it saves (ns).
constexpr double worthSharing = 20000;
constexpr int maxOperandsOnStack = 32;

/// What all threads of one run share.
struct Run {
  const PlanView &plan;
  TccTensor *tensors; // one for each slot
  TccStatus *status;
  std::atomic<int32_t> failed{-1}; // lowest failing step
  std::atomic<bool> lock{false};   // guards `status`
};

void fail(Run &run, int32_t step, const TccStatus &status) {
  while (run.lock.exchange(true, std::memory_order_acquire))
    ;
  // The first step in program order is reported, so that messages do not depend on timing.
  int32_t lowest = run.failed.load(std::memory_order_relaxed);
  if (lowest < 0 || step < lowest) {
    *run.status = status;
    // What failed within a step's body knows better.
    if (run.plan.steps[step].kind <= StepKind::Library || status.location < 0)
      run.status->location = run.plan.steps[step].location;
    run.failed.store(step, std::memory_order_relaxed);
  }
  run.lock.store(false, std::memory_order_release);
}

int32_t runKernel(const Step &step, const TccTensor *tensors, TccStatus &status) {
  int32_t count = step.numInputs + step.numOutputs;
  void *onStack[maxOperandsOnStack];
  Scratch<void *> onHeap;
  void **buffers = onStack;
  if (count > maxOperandsOnStack) {
    if (!onHeap.resize(count))
      return outOfMemory(&status, "kernel", count * int64_t(sizeof(void *)));
    buffers = onHeap.get();
  }
  for (int32_t i = 0; i < count; ++i)
    buffers[i] = tensors[step.operands[i]].data;
  Scratch<char> scratch;
  if (step.scratch > 0 && !scratch.resize(step.scratch))
    return outOfMemory(&status, "kernel", step.scratch);
  if (step.extent > 1 && double(step.extent) * step.cost > worthSharing)
    parallelFor(step.extent, grainFor(step.cost),
                [&](int64_t begin, int64_t end) { step.kernel(buffers, step.dims, begin, end, scratch.get()); });
  else if (step.extent > 0)
    step.kernel(buffers, step.dims, 0, step.extent, scratch.get());
  if (step.finish)
    step.finish(buffers, step.dims, scratch.get());
  return TCC_OK;
}

int32_t runLibrary(const Step &step, const TccTensor *tensors, TccStatus &status) {
  int32_t count = step.numInputs + step.numOutputs;
  TccTensor onStack[maxOperandsOnStack];
  Scratch<TccTensor> onHeap;
  TccTensor *arguments = onStack;
  if (count > maxOperandsOnStack) {
    if (!onHeap.resize(count))
      return outOfMemory(&status, "library call", count * int64_t(sizeof(TccTensor)));
    arguments = onHeap.get();
  }
  for (int32_t i = 0; i < count; ++i)
    arguments[i] = tensors[step.operands[i]];
  return step.library(arguments, step.numInputs, arguments + step.numInputs, step.numOutputs, step.attrs, &status);
}

void runStep(Run &run, int32_t index) {
  const Step &step = run.plan.steps[index];
  TccStatus status; // filled only on failure
  int32_t code = step.kind == StepKind::Kernel    ? runKernel(step, run.tensors, status)
                 : step.kind == StepKind::Library ? runLibrary(step, run.tensors, status)
                                                  : runControl(step, run.tensors, status);
  if (__builtin_expect(code != TCC_OK, 0)) {
    status.code = code;
    fail(run, index, status);
  }
}

/// Ready steps, claimed in the order in which they became ready. Each step enters once, so an array is enough.
struct Schedule : SharedWork {
  Run &run;
  std::atomic<int32_t> *pending; // dependences of each step still to be met
  std::atomic<int32_t> *ready;   // step + 1; 0 = not written yet
  std::atomic<int32_t> head{0}, tail{0}, remaining;

  Schedule(Run &run, std::atomic<int32_t> *counters)
      : SharedWork{[](SharedWork &work) { return static_cast<Schedule &>(work).hasReady(); },
                   [](SharedWork &work) { static_cast<Schedule &>(work).takePart(); }, false},
        run(run), pending(counters), ready(counters + run.plan.numSteps), remaining(run.plan.numSteps) {
    for (int32_t s = 0; s < run.plan.numSteps; ++s) {
      new (&pending[s]) std::atomic<int32_t>(run.plan.steps[s].numDependences);
      new (&ready[s]) std::atomic<int32_t>(0);
    }
    for (int32_t s = 0; s < run.plan.numSteps; ++s)
      if (run.plan.steps[s].numDependences == 0)
        push(s);
  }
  void push(int32_t step) {
    ready[tail.fetch_add(1, std::memory_order_acq_rel)].store(step + 1, std::memory_order_release);
  }
  bool hasReady() const { return head.load(std::memory_order_relaxed) < tail.load(std::memory_order_relaxed); }
  int32_t claim() {
    int32_t position = head.load(std::memory_order_acquire);
    while (position < tail.load(std::memory_order_acquire)) {
      int32_t step = ready[position].load(std::memory_order_acquire);
      if (!step)
        return -1; // its number is being written; come back
      if (head.compare_exchange_weak(position, position + 1, std::memory_order_acq_rel))
        return step - 1;
    }
    return -1;
  }
  /// Runs ready steps while there are any; false if there was none.
  bool takePart() {
    int32_t step = claim();
    if (step < 0)
      return false;
    for (; step >= 0; step = claim())
      while (step >= 0)
        step = finish(step);
    return true;
  }
  /// Runs `step`; the step to go on with, or -1.
  int32_t finish(int32_t step) {
    // After a failure the rest is only counted down.
    int32_t failed = run.failed.load(std::memory_order_relaxed);
    if (failed < 0 || step < failed)
      runStep(run, step);
    const Step &done = run.plan.steps[step];
    int32_t next = -1;
    bool pushed = false;
    for (int32_t i = 0; i < done.numSuccessors; ++i) {
      int32_t successor = done.successors[i];
      if (pending[successor].fetch_sub(1, std::memory_order_acq_rel) != 1)
        continue;
      // The first one goes on here, where its operands are still in cache.
      if (next < 0) {
        next = successor;
      } else {
        push(successor);
        pushed = true;
      }
    }
    bool last = remaining.fetch_sub(1, std::memory_order_acq_rel) == 1;
    if (pushed || last)
      announceWork();
    return next;
  }
};

int32_t runOnPool(Run &run) {
  Scratch<std::atomic<int32_t>> counters(int64_t(run.plan.numSteps) * 2);
  if (!counters)
    return outOfMemory(run.status, "run", int64_t(run.plan.numSteps) * 8);
  Schedule schedule(run, counters.get());
  Sharing sharing(schedule, numThreads() - 1);
  while (schedule.remaining.load(std::memory_order_acquire) > 0) {
    uint32_t seen = workEpoch();
    // With no step ready, blocks of the large ones that others run. Not other plans' steps: they may run plans and wait
    // in turn, each on the stack of the last.
    if (!schedule.takePart() && schedule.remaining.load(std::memory_order_acquire) > 0 && !helpLoop())
      waitForWork(seen);
  }
  return TCC_OK;
}

/// True if at least two steps could run at the same time.
bool hasIndependentSteps(const PlanView &plan) {
  for (int32_t s = 1; s < plan.numSteps; ++s) {
    const Step &previous = plan.steps[s - 1];
    bool chained = false;
    for (int32_t i = 0; i < previous.numSuccessors && !chained; ++i)
      chained = previous.successors[i] == s;
    if (!chained)
      return true;
  }
  return false;
}

} // namespace

int64_t arenaEnd(const Slot &slot) {
  int64_t bytes = allocationBytes(slot.dtype, slot.rank, slot.shape);
  return bytes < 0 ? INT64_MAX : addSizes(slot.offset, bytes > alignment ? bytes : alignment);
}

// As in arenaEnd.
alignas(alignment) static char nothing[alignment];

int32_t Frame::prepare(TccStatus &status) {
  if (plan.arenaBytes > 0 && !arena.resize(plan.arenaBytes))
    return outOfMemory(&status, "run", plan.arenaBytes);
  if (plan.numSlots > slotsOnStack) {
    if (!onHeap.resize(plan.numSlots))
      return outOfMemory(&status, "run", plan.numSlots * int64_t(sizeof(TccTensor)));
    tensors = onHeap.get();
  }
  for (int32_t i = 0; i < plan.numSlots; ++i) {
    const Slot &slot = plan.slots[i];
    void *data = slot.kind == SlotKind::Constant ? const_cast<void *>(slot.constant) : arena.get() + slot.offset;
    data = slot.kind == SlotKind::None ? nullptr : data ? data : nothing;
    tensors[i] = {data, slot.dtype, slot.rank, slot.shape};
  }
  double cost = 0;
  for (int32_t s = 0; s < plan.numSteps; ++s)
    cost += plan.steps[s].cost * double(plan.steps[s].extent);
  isShared = numThreads() > 1 && cost > worthSharing && hasIndependentSteps(plan);
  return TCC_OK;
}

int32_t Frame::run(const void *const *inputs, void *const *outputs, TccStatus &status) {
  for (int32_t i = 0; i < plan.numSlots; ++i) {
    const Slot &slot = plan.slots[i];
    if (slot.kind != SlotKind::Input && slot.kind != SlotKind::Output)
      continue;
    void *data = slot.kind == SlotKind::Input ? const_cast<void *>(inputs[slot.index]) : outputs[slot.index];
    tensors[i].data = data ? data : nothing;
  }
  status.code = TCC_OK;
  Run shared{plan, tensors, &status};
  if (isShared) {
    if (int32_t code = runOnPool(shared))
      return code;
  } else {
    for (int32_t s = 0; s < plan.numSteps && shared.failed < 0; ++s)
      runStep(shared, s);
  }
  return status.code;
}

int32_t run(const PlanView &plan, const void *const *inputs, void *const *outputs, TccStatus *status) {
  status->code = TCC_OK;
  status->location = -1;
  Frame frame(plan);
  if (int32_t code = frame.prepare(*status))
    return code;
  return frame.run(inputs, outputs, *status);
}

} // namespace tcc::runtime
