// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plan::finish: which step must wait for which. Only compilers need it; artifacts carry the finished PlanView.
#include "runtime/Memory.h"
#include "runtime/Plan.h"
#include "runtime/Tensors.h"
#include <algorithm>

namespace tcc::runtime {
namespace {

/// Who touched a piece of memory last.
struct Access {
  int32_t writer = -1;
  std::vector<int32_t> readers; // since the last write
};

} // namespace

void Plan::finish() {
  // Arena slots may overlap in time-shared memory: cut the arena at all their ends into pieces nobody uses partly.
  std::vector<int64_t> cuts;
  arenaBytes = 0;
  for (size_t i = 0; i < slots.size(); ++i) {
    Slot &slot = slots[i];
    slot.shape = shapes[i].data();
    if (slot.kind != SlotKind::Arena)
      continue;
    arenaBytes = std::max(arenaBytes, arenaEnd(slot));
    cuts.push_back(slot.offset);
    cuts.push_back(arenaEnd(slot));
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());

  // Pieces of the arena first, then one piece for each other slot; aliases of an output share its piece.
  std::vector<int32_t> outputs(numOutputs, -1);
  std::vector<Access> accesses(cuts.size() + slots.size());
  auto pieces = [&](int32_t index) -> std::pair<size_t, size_t> {
    const Slot &slot = slots[index];
    if (slot.kind == SlotKind::Output && outputs[slot.index] < 0)
      outputs[slot.index] = index;
    if (slot.kind == SlotKind::Output)
      index = outputs[slot.index];
    if (slot.kind != SlotKind::Arena)
      return {cuts.size() + index, cuts.size() + index + 1};
    auto first = std::lower_bound(cuts.begin(), cuts.end(), slot.offset) - cuts.begin();
    auto last = std::lower_bound(cuts.begin(), cuts.end(), arenaEnd(slot)) - cuts.begin();
    return {size_t(first), size_t(last)};
  };

  successors.assign(steps.size(), {});
  std::vector<int32_t> waits;
  for (int32_t s = 0; s < int32_t(steps.size()); ++s) {
    Step &step = steps[s];
    step.operands = operands[s].data();
    step.dims = step.attrs = integers[s].data();
    step.bodies = views[s].data();
    waits.clear();
    auto waitFor = [&](int32_t earlier) {
      if (earlier >= 0 && earlier != s)
        waits.push_back(earlier);
    };
    for (int32_t i = 0; i < step.numInputs + step.numOutputs; ++i) {
      auto [first, last] = pieces(step.operands[i]);
      for (size_t p = first; p < last; ++p) {
        Access &access = accesses[p];
        waitFor(access.writer);
        if (i < step.numInputs) {
          if (access.readers.empty() || access.readers.back() != s)
            access.readers.push_back(s);
          continue;
        }
        for (int32_t reader : access.readers)
          waitFor(reader);
        access.readers.clear();
        access.writer = s;
      }
    }
    std::sort(waits.begin(), waits.end());
    waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
    step.numDependences = int32_t(waits.size());
    for (int32_t earlier : waits)
      successors[earlier].push_back(s);
  }
  for (size_t s = 0; s < steps.size(); ++s) {
    steps[s].successors = successors[s].data();
    steps[s].numSuccessors = int32_t(successors[s].size());
  }
}

} // namespace tcc::runtime
