// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Branches and loops of plans. A body reads and writes where its values are: slices of what is run over in place, what
// is carried in two blocks by turns, of which one is the result's.
#include "runtime/Frame.h"
#include "runtime/Tensors.h"
#include <string.h>

namespace tcc::runtime {
namespace {

int64_t align(int64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// An array of pointers, on the stack if it is short.
class Pointers {
public:
  int32_t create(int64_t count, TccStatus &status) {
    if (count <= onStackCount)
      return TCC_OK;
    if (!onHeap.resize(count))
      return outOfMemory(&status, "run", count * int64_t(sizeof(void *)));
    pointers = onHeap.get();
    return TCC_OK;
  }
  void *&operator[](int64_t i) { return pointers[i]; }
  void **get() { return pointers; }

private:
  static constexpr int64_t onStackCount = 32;
  void *onStack[onStackCount];
  Scratch<void *> onHeap;
  void **pointers = onStack;
};

/// A step's operands, and a body's frame with pointers to its arguments.
struct Operands {
  Operands(const Step &step, const TccTensor *tensors) : step(step), tensors(tensors) {}
  const TccTensor &in(int64_t i) const { return tensors[step.operands[i]]; }
  const TccTensor &out(int64_t i) const { return tensors[step.operands[step.numInputs + i]]; }

  const Step &step;
  const TccTensor *tensors;
};

struct Body {
  explicit Body(const PlanView &plan) : plan(plan), frame(plan) {}
  int32_t prepare(TccStatus &status) {
    TCC_CHECK(inputs.create(plan.numInputs, status));
    TCC_CHECK(outputs.create(plan.numOutputs, status));
    return frame.prepare(status);
  }
  int32_t run(TccStatus &status) { return frame.run(inputs.get(), outputs.get(), status); }

  const PlanView &plan;
  Frame frame;
  Pointers inputs, outputs;
};

/// The values that a loop carries, in one block.
struct Layout {
  int32_t create(const Operands &operands, int64_t first, int64_t count, TccStatus &status) {
    this->first = first;
    this->count = count;
    if (!offsets.resize(count + 1))
      return outOfMemory(&status, "run", count * 8);
    bytes = 0;
    for (int64_t i = 0; i < count; ++i) {
      offsets[i] = bytes;
      bytes += align(numBytes(operands.in(first + i)));
    }
    return TCC_OK;
  }
  /// Points `pointers` from `at` on into a block.
  void point(Pointers &pointers, int64_t at, char *block) const {
    for (int64_t i = 0; i < count; ++i)
      pointers[at + i] = block + offsets[i];
  }
  /// The operands that the loop begins with.
  void pointToStart(Pointers &pointers, int64_t at, const Operands &operands) const {
    for (int64_t i = 0; i < count; ++i)
      pointers[at + i] = operands.in(first + i).data;
  }
  void pointToResults(Pointers &pointers, int64_t at, const Operands &operands) const {
    for (int64_t i = 0; i < count; ++i)
      pointers[at + i] = operands.out(i).data;
  }
  void copyToResults(const Operands &operands, const void *const *from) const {
    for (int64_t i = 0; i < count; ++i)
      if (int64_t size = numBytes(operands.out(i)))
        memcpy(operands.out(i).data, from[i], size_t(size));
  }

  int64_t first = 0, count = 0, bytes = 0;
  Scratch<int64_t> offsets;
};

void bindCaptures(Pointers &pointers, int64_t at, const Operands &operands, int64_t first, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    pointers[at + i] = operands.in(first + i).data;
}

int32_t runOnce(const PlanView &plan, const Operands &operands, int64_t firstInput, TccStatus &status) {
  Body body(plan);
  TCC_CHECK(body.prepare(status));
  bindCaptures(body.inputs, 0, operands, firstInput, plan.numInputs);
  for (int32_t i = 0; i < plan.numOutputs; ++i)
    body.outputs[i] = operands.out(i).data;
  return body.run(status);
}

int32_t runScan(const Operands &operands, TccStatus &status) {
  const Step &step = operands.step;
  int64_t numCaptures = step.dims[0], numCarries = step.dims[1], length = step.dims[2];
  bool reverse = step.dims[3];
  int64_t numXs = step.numInputs - numCaptures - numCarries, numRows = step.numOutputs - numCarries;
  Layout carries;
  TCC_CHECK(carries.create(operands, numCaptures, numCarries, status));
  Body body(step.bodies[0]);
  TCC_CHECK(body.prepare(status));
  Pointers &in = body.inputs, &out = body.outputs;
  int64_t carry0 = 1 + numCaptures, x0 = carry0 + numCarries;
  carries.pointToStart(in, carry0, operands);
  if (length == 0) {
    carries.copyToResults(operands, in.get() + carry0);
    return TCC_OK;
  }
  Scratch<char> spare;
  if (length > 1 && !spare.resize(carries.bytes))
    return outOfMemory(&status, "scan", carries.bytes);
  alignas(alignment) int64_t index;
  in[0] = &index;
  bindCaptures(in, 1, operands, 0, numCaptures);
  auto slice = [length](const TccTensor &stack, int64_t i) {
    return static_cast<char *>(stack.data) + numBytes(stack) / length * i;
  };
  for (int64_t turn = 0; turn < length; ++turn) {
    index = reverse ? length - 1 - turn : turn;
    // The last turn writes the results.
    if ((length - 1 - turn) % 2 == 0)
      carries.pointToResults(out, 0, operands);
    else
      carries.point(out, 0, spare.get());
    for (int64_t i = 0; i < numXs; ++i)
      in[x0 + i] = slice(operands.in(numCaptures + numCarries + i), index);
    for (int64_t i = 0; i < numRows; ++i)
      out[numCarries + i] = slice(operands.out(numCarries + i), index);
    TCC_CHECK(body.run(status));
    for (int64_t i = 0; i < numCarries; ++i)
      in[carry0 + i] = out[i];
  }
  return TCC_OK;
}

int32_t runWhile(const Operands &operands, TccStatus &status) {
  const Step &step = operands.step;
  int64_t numCaptures = step.dims[0], numState = step.numInputs - numCaptures;
  Layout state;
  TCC_CHECK(state.create(operands, numCaptures, numState, status));
  Body condition(step.bodies[0]), body(step.bodies[1]);
  TCC_CHECK(condition.prepare(status));
  TCC_CHECK(body.prepare(status));
  Scratch<char> spare;
  bindCaptures(condition.inputs, 0, operands, 0, numCaptures);
  bindCaptures(body.inputs, 0, operands, 0, numCaptures);
  state.pointToStart(body.inputs, numCaptures, operands);
  alignas(alignment) char holds = 0;
  condition.outputs[0] = &holds;
  int64_t count = 0;
  while (true) {
    for (int64_t i = 0; i < numState; ++i)
      condition.inputs[numCaptures + i] = body.inputs[numCaptures + i];
    TCC_CHECK(condition.run(status));
    if (!holds)
      break;
    if (count % 2 == 0) {
      state.pointToResults(body.outputs, 0, operands);
    } else {
      if (!spare && !spare.resize(state.bytes))
        return outOfMemory(&status, "while", state.bytes);
      state.point(body.outputs, 0, spare.get());
    }
    TCC_CHECK(body.run(status));
    ++count;
    for (int64_t i = 0; i < numState; ++i)
      body.inputs[numCaptures + i] = body.outputs[i];
  }
  if (count % 2 == 0)
    state.copyToResults(operands, body.inputs.get() + numCaptures);
  memcpy(operands.out(numState).data, &count, sizeof count);
  return TCC_OK;
}

/// Recorded states of at most this many bytes are all kept.
constexpr int64_t mostRecorded = int64_t(1) << 30;

/// The states of a loop that has run: walks back over them, from records of the current segment of turns.
class Tape {
public:
  Tape(const Operands &operands, Body &body, Layout &state, int64_t numCaptures, int64_t count)
      : operands(operands), body(body), state(state), numCaptures(numCaptures), count(count) {}

  // All states if there is room, else every k-th and those of one segment: 2 sqrt(count) states, and one more forward
  // run.
  int32_t create(TccStatus &status) {
    segment = count;
    int64_t all;
    if (!__builtin_mul_overflow(count - 1, state.bytes, &all) && all <= mostRecorded && records.resize(all))
      return TCC_OK;
    for (segment = 1; segment * segment < count;)
      ++segment;
    int64_t numStarts = (count - 1) / segment, bytes = (segment - 1 + numStarts) * state.bytes;
    if (!starts.resize(numStarts * state.bytes) || !records.resize((segment - 1) * state.bytes))
      return outOfMemory(&status, "while_loop", bytes);
    for (int64_t k = 0; k < numStarts; ++k) {
      TCC_CHECK(record(k, segment - 1, status));
      // One more turn leads to the start of the next segment.
      pointTo(body.inputs, numCaptures, (k + 1) * segment - 1);
      state.point(body.outputs, 0, starts.get() + k * state.bytes);
      TCC_CHECK(body.run(status));
    }
    return TCC_OK;
  }
  /// Points to the state before turn `i`, which goes down from count - 1.
  int32_t point(Pointers &pointers, int64_t at, int64_t i, TccStatus &status) {
    int64_t k = i / segment, last = (count < (k + 1) * segment ? count : (k + 1) * segment) - 1;
    if (i == last)
      TCC_CHECK(record(k, last - k * segment, status));
    pointTo(pointers, at, i);
    return TCC_OK;
  }

private:
  void pointTo(Pointers &pointers, int64_t at, int64_t i) {
    int64_t k = i / segment, within = i % segment;
    if (within)
      state.point(pointers, at, records.get() + (within - 1) * state.bytes);
    else if (k)
      state.point(pointers, at, starts.get() + (k - 1) * state.bytes);
    else
      state.pointToStart(pointers, at, operands);
  }
  /// The first `turns` states after the start of segment k.
  int32_t record(int64_t k, int64_t turns, TccStatus &status) {
    for (int64_t turn = 0; turn < turns && state.count > 0; ++turn) {
      pointTo(body.inputs, numCaptures, k * segment + turn);
      state.point(body.outputs, 0, records.get() + turn * state.bytes);
      TCC_CHECK(body.run(status));
    }
    return TCC_OK;
  }

  const Operands &operands;
  Body &body;
  Layout &state;
  int64_t numCaptures, count, segment = 0;
  Scratch<char> records, starts;
};

int32_t runUnwind(const Operands &operands, TccStatus &status) {
  const Step &step = operands.step;
  int64_t numCaptures = step.dims[0], numState = step.dims[1], numCotangents = step.numOutputs;
  int64_t count = *static_cast<const int64_t *>(operands.in(0).data);
  Layout state, cotangents;
  TCC_CHECK(state.create(operands, 1 + numCaptures, numState, status));
  TCC_CHECK(cotangents.create(operands, 1 + numCaptures + numState, numCotangents, status));
  Body body(step.bodies[0]), back(step.bodies[1]);
  TCC_CHECK(body.prepare(status));
  TCC_CHECK(back.prepare(status));
  int64_t dy0 = numCaptures + numState;
  cotangents.pointToStart(back.inputs, dy0, operands);
  if (count <= 0) {
    cotangents.copyToResults(operands, back.inputs.get() + dy0);
    return TCC_OK;
  }
  bindCaptures(body.inputs, 0, operands, 1, numCaptures);
  bindCaptures(back.inputs, 0, operands, 1, numCaptures);
  Tape tape(operands, body, state, numCaptures, count);
  TCC_CHECK(tape.create(status));
  Scratch<char> spare;
  if (count > 1 && !spare.resize(cotangents.bytes))
    return outOfMemory(&status, "while_loop", cotangents.bytes);
  for (int64_t i = count - 1; i >= 0; --i) {
    TCC_CHECK(tape.point(back.inputs, numCaptures, i, status));
    if (i % 2 == 0)
      cotangents.pointToResults(back.outputs, 0, operands);
    else
      cotangents.point(back.outputs, 0, spare.get());
    TCC_CHECK(back.run(status));
    for (int64_t k = 0; k < numCotangents; ++k)
      back.inputs[dy0 + k] = back.outputs[k];
  }
  return TCC_OK;
}

} // namespace

int32_t runControl(const Step &step, const TccTensor *tensors, TccStatus &status) {
  status.location = -1;
  Operands operands(step, tensors);
  switch (step.kind) {
  case StepKind::Checkpoint:
    return runOnce(step.bodies[0], operands, 0, status);
  case StepKind::Cond:
    return runOnce(step.bodies[*static_cast<const bool *>(operands.in(0).data) ? 0 : 1], operands, 1, status);
  case StepKind::Scan:
    return runScan(operands, status);
  case StepKind::While:
    return runWhile(operands, status);
  default:
    return runUnwind(operands, status);
  }
}

} // namespace tcc::runtime
