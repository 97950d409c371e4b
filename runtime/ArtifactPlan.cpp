// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/ArtifactPlan.h"
#include "runtime/Memory.h"
#include "runtime/Tensors.h"
#include <string.h>

namespace tcc::runtime {

// Mixes like FNV-1a, eight bytes at a time in four lanes: constants of 100 MB take some 20 ms.
uint64_t planChecksum(const int64_t *words, int64_t numWords, const char *constants, int64_t constantBytes) {
  constexpr uint64_t prime = 0x100000001b3;
  uint64_t lanes[4] = {0xcbf29ce484222325, 0x9ae16a3b2f90404f, 0xc3a5c85c97cb3127, 0xb492b66fbe98f273};
  auto mix = [&](int lane, uint64_t word) {
    lanes[lane] = (lanes[lane] ^ word) * prime;
    lanes[lane] ^= lanes[lane] >> 29;
  };
  for (int64_t i = 0; i < numWords; ++i)
    mix(int(i & 3), i == planHeaderChecksum ? 0 : uint64_t(words[i]));
  int64_t i = 0;
  for (; i + 8 <= constantBytes; i += 8) {
    uint64_t word;
    memcpy(&word, constants + i, 8);
    mix(int((i >> 3) & 3), word);
  }
  for (; i < constantBytes; ++i)
    mix(0, uint64_t(uint8_t(constants[i])));
  uint64_t sum = uint64_t(constantBytes);
  for (uint64_t lane : lanes)
    sum = (sum ^ lane) * prime;
  return sum ^ (sum >> 31);
}

void destroy(Instance *instance) {
  while (Instance *body = instance->bodies) {
    instance->bodies = body->next;
    destroy(body);
  }
  deallocate(instance, instance->bytes);
}

static Instance *instantiateBody(const TccArtifact &artifact, Words &words, const int64_t *symbols) {
  int64_t index = words.next(), count = words.next();
  Scratch<int64_t> sizes(count);
  if (!sizes)
    return nullptr;
  for (int64_t i = 0; i < count; ++i)
    sizes[i] = words.size(symbols);
  return instantiate(artifact, index, entryAt(artifact, index), sizes.get());
}

Instance *instantiate(const TccArtifact &artifact, int64_t index, const Entry &entry, const int64_t *symbols) {
  // Slots of in- and outputs lie in order at the start, so an alias refers to them by number.
  int64_t viewBytes = entry.numBodies * int64_t(sizeof(PlanView));
  int64_t slotBytes = entry.numSlots * int64_t(sizeof(Slot)), stepBytes = entry.numSteps * int64_t(sizeof(Step));
  int64_t bytes =
      int64_t(sizeof(Instance)) + slotBytes + stepBytes + viewBytes + (entry.sizeWords + entry.numSymbols) * 8;
  char *block = static_cast<char *>(allocate(bytes));
  if (!block)
    return nullptr;
  auto *instance = reinterpret_cast<Instance *>(block);
  auto *slots = reinterpret_cast<Slot *>(block + sizeof(Instance));
  auto *steps = reinterpret_cast<Step *>(reinterpret_cast<char *>(slots) + slotBytes);
  auto *views = reinterpret_cast<PlanView *>(reinterpret_cast<char *>(steps) + stepBytes);
  auto *sizes = reinterpret_cast<int64_t *>(reinterpret_cast<char *>(views) + viewBytes);
  memcpy(sizes, symbols, size_t(entry.numSymbols) * 8);
  *instance = {nullptr, nullptr, index, bytes, sizes, {}, nullptr, 0};
  sizes += entry.numSymbols;

  Words words = entry.slots;
  int64_t arenaBytes = 0;
  for (int32_t i = 0; i < entry.numSlots; ++i) {
    Slot &slot = slots[i];
    slot.kind = SlotKind(words.next());
    slot.dtype = int32_t(words.next());
    slot.index = int32_t(words.next());
    slot.constant = artifact.constants + words.next();
    slot.rank = int32_t(words.next());
    slot.shape = sizes;
    for (int32_t axis = 0; axis < slot.rank; ++axis)
      *sizes++ = words.size(symbols);
    slot.offset = words.size(symbols);
    if (slot.kind == SlotKind::Arena && arenaEnd(slot) > arenaBytes)
      arenaBytes = arenaEnd(slot);
  }
  for (int32_t i = 0; i < entry.numSteps; ++i) {
    Step &step = steps[i];
    step = {};
    step.kind = StepKind(words.next());
    step.location = int32_t(words.next());
    int64_t function = words.next();
    int64_t finish = words.next(), cost = words.next();
    memcpy(&step.cost, &cost, sizeof cost);
    step.numInputs = int32_t(words.next());
    step.numOutputs = int32_t(words.next());
    step.operands = words.list().values;
    int64_t count = words.next();
    if (step.kind == StepKind::Kernel) {
      step.kernel = reinterpret_cast<TccKernelFn>(artifact.functions[function]);
      step.finish = finish < 0 ? nullptr : reinterpret_cast<TccFinishFn>(artifact.functions[finish]);
      step.dims = sizes;
      for (int64_t k = 0; k < count; ++k)
        *sizes++ = words.size(symbols);
      step.extent = words.size(step.dims);
      step.scratch = words.size(step.dims);
    } else if (step.kind == StepKind::Library) {
      step.library = reinterpret_cast<TccLibraryFn>(artifact.functions[function]);
      step.attrs = words.take(count);
      step.extent = 1;
    } else {
      step.dims = sizes;
      for (int64_t k = 0; k < count; ++k)
        *sizes++ = words.size(symbols);
      step.extent = 1;
      step.bodies = views;
      for (int64_t bodies = words.next(); bodies > 0; --bodies) {
        Instance *body = instantiateBody(artifact, words, symbols);
        if (!body) {
          destroy(instance);
          return nullptr;
        }
        body->next = instance->bodies;
        instance->bodies = body;
        *views++ = body->view;
      }
    }
    step.numDependences = int32_t(words.next());
    Words::List successors = words.list();
    step.successors = successors.values;
    step.numSuccessors = successors.count;
  }
  instance->numLocations = int32_t(words.next());
  instance->locations = words.take(0);
  instance->view = {slots, steps, entry.numSlots, entry.numSteps, entry.numInputs, entry.numOutputs, arenaBytes};
  return instance;
}

} // namespace tcc::runtime
