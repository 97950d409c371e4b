// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compiled program for fixed shapes: a flat list of steps over slots and one arena. PlanView is constant plain data,
// so that an artifact can hold it in its read-only section; Plan owns the same data and is what the compiler fills.
#ifndef TCC_RUNTIME_PLAN_H
#define TCC_RUNTIME_PLAN_H

#include "runtime/Runtime.h"
#include <memory>
#include <utility>
#include <vector>

namespace tcc::runtime {

/// None: a result that its library function leaves out.
enum class SlotKind : int32_t { Input, Output, Constant, Arena, None };

/// Where a tensor of the plan lives.
struct Slot {
  SlotKind kind;
  int32_t dtype;
  int32_t rank;
  int32_t index;        ///< Input, Output: position in run's arguments
  int64_t offset;       ///< Arena: byte offset, a multiple of 64
  const void *constant; ///< Constant
  const int64_t *shape;
};

/// Where a slot of the arena ends: 64 bytes behind its start at least, because kernels clamp positions and the first
/// element of an empty tensor must be readable. INT64_MAX if no memory is that large.
int64_t arenaEnd(const Slot &slot);

/// What a step does. Those after Library run other plans, `bodies`; their `dims` are, beside their operands:
///   Checkpoint  one plan, once
///   Cond        the first plan if the first operand is true, else the second, on the other operands
///   Scan        captures, carries, length, reverse: a plan of i, captures, carries and slices of the other operands
///   While       captures: a condition and a body, of captures and state; the last result is the number of turns
///   Unwind      captures, state: a body and a step back, as in tcc.unwind
enum class StepKind : int32_t { Kernel, Library, Checkpoint, Cond, Scan, While, Unwind };

struct PlanView;

/// One launch. Steps are listed in an order in which they may run one after the other.
struct Step {
  StepKind kind;
  int32_t location; ///< the caller's index of the user's source line, reported on failure
  TccKernelFn kernel;
  TccFinishFn finish; ///< null if the kernel has none
  TccLibraryFn library;
  const int32_t *operands; ///< slots: inputs, then outputs
  int32_t numInputs, numOutputs;
  const PlanView *bodies; ///< of a step that runs other plans
  const int64_t *dims;    ///< kernel: the dynamic sizes of its arguments; bodies: see StepKind
  const int64_t *attrs;   ///< library: the op's attributes
  int64_t extent;         ///< kernel: number of blocks
  int64_t scratch;        ///< kernel: bytes of scratch for the whole launch
  double cost;            ///< nanoseconds of one block (of the whole call for a library step)
  int32_t numDependences;
  const int32_t *successors; ///< later steps that wait for this one
  int32_t numSuccessors;
};

struct PlanView {
  const Slot *slots;
  const Step *steps;
  int32_t numSlots, numSteps;
  int32_t numInputs, numOutputs;
  int64_t arenaBytes;
};

/// Executes the plan. `inputs` and `outputs` are 64-byte aligned dense blocks (null for empty tensors); outputs may not
/// overlap inputs or each other. Returns status->code; `status->location` is the failing step's.
int32_t run(const PlanView &plan, const void *const *inputs, void *const *outputs, TccStatus *status);

/// The owning form, built by the compiler: add slots and steps in program order, then finish().
class Plan {
public:
  int32_t addInput(int32_t dtype, std::vector<int64_t> shape) {
    return addSlot(SlotKind::Input, dtype, std::move(shape), numInputs++, 0, nullptr);
  }
  int32_t addOutput(int32_t dtype, std::vector<int64_t> shape) {
    return addSlot(SlotKind::Output, dtype, std::move(shape), numOutputs++, 0, nullptr);
  }
  /// `data` stays the caller's and must outlive the plan.
  int32_t addConstant(int32_t dtype, std::vector<int64_t> shape, const void *data) {
    return addSlot(SlotKind::Constant, dtype, std::move(shape), 0, 0, data);
  }
  int32_t addArena(int32_t dtype, std::vector<int64_t> shape, int64_t offset) {
    return addSlot(SlotKind::Arena, dtype, std::move(shape), 0, offset, nullptr);
  }
  int32_t addNone(int32_t dtype, std::vector<int64_t> shape) {
    return addSlot(SlotKind::None, dtype, std::move(shape), 0, 0, nullptr);
  }
  /// The memory of `slot` with another shape.
  int32_t addAlias(int32_t slot, std::vector<int64_t> shape) {
    Slot base = slots[slot];
    return addSlot(base.kind, base.dtype, std::move(shape), base.index, base.offset, base.constant);
  }
  int32_t addKernel(TccKernelFn fn, TccFinishFn finish, std::vector<int32_t> inputs, std::vector<int32_t> outputs,
                    std::vector<int64_t> dims, int64_t extent, int64_t scratch, double cost, int32_t location) {
    int32_t step = addStep(StepKind::Kernel, std::move(inputs), std::move(outputs), std::move(dims), cost, location);
    steps[step].kernel = fn;
    steps[step].finish = finish;
    steps[step].extent = extent;
    steps[step].scratch = scratch;
    return step;
  }
  int32_t addLibrary(TccLibraryFn fn, std::vector<int32_t> inputs, std::vector<int32_t> outputs,
                     std::vector<int64_t> attrs, double cost, int32_t location) {
    int32_t step = addStep(StepKind::Library, std::move(inputs), std::move(outputs), std::move(attrs), cost, location);
    steps[step].library = fn;
    steps[step].extent = 1;
    return step;
  }
  /// `bodies` are finished. `dims` are those of the kind.
  int32_t addControl(StepKind kind, std::vector<std::shared_ptr<const Plan>> bodies, std::vector<int32_t> inputs,
                     std::vector<int32_t> outputs, std::vector<int64_t> dims, double cost, int32_t location) {
    int32_t step = addStep(kind, std::move(inputs), std::move(outputs), std::move(dims), cost, location);
    steps[step].extent = 1;
    for (const auto &body : bodies)
      views[step].push_back(body->view());
    children.insert(children.end(), bodies.begin(), bodies.end());
    return step;
  }
  /// Derives the dependences from who reads and writes which slot and which bytes of the arena (reuse included).
  void finish();
  /// Valid after finish() until the plan changes or moves.
  PlanView view() const {
    return {slots.data(), steps.data(), int32_t(slots.size()), int32_t(steps.size()), numInputs,
            numOutputs,   arenaBytes};
  }

private:
  int32_t addSlot(SlotKind kind, int32_t dtype, std::vector<int64_t> shape, int32_t index, int64_t offset,
                  const void *constant) {
    slots.push_back({kind, dtype, int32_t(shape.size()), index, offset, constant, nullptr});
    shapes.push_back(std::move(shape));
    return int32_t(slots.size()) - 1;
  }
  int32_t addStep(StepKind kind, std::vector<int32_t> inputs, std::vector<int32_t> outputs,
                  std::vector<int64_t> numbers, double cost, int32_t location) {
    Step step{};
    step.kind = kind;
    step.location = location;
    step.numInputs = int32_t(inputs.size());
    step.numOutputs = int32_t(outputs.size());
    step.cost = cost;
    inputs.insert(inputs.end(), outputs.begin(), outputs.end());
    operands.push_back(std::move(inputs));
    integers.push_back(std::move(numbers));
    views.emplace_back();
    steps.push_back(step);
    return int32_t(steps.size()) - 1;
  }

  std::vector<Slot> slots;
  std::vector<Step> steps;
  std::vector<std::vector<int64_t>> shapes, integers;
  std::vector<std::vector<int32_t>> operands, successors;
  std::vector<std::vector<PlanView>> views; // of each step's bodies
  std::vector<std::shared_ptr<const Plan>> children;
  int32_t numInputs = 0, numOutputs = 0;
  int64_t arenaBytes = 0;
};

} // namespace tcc::runtime
#endif
