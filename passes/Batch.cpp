// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --tcc-batch: adds the batched form of a function, so that text alone reaches batching.
#include "dialect/Batching.h"
#include "passes/Passes.h"
#include "passes/Pipelines.h"

using namespace mlir;

namespace tcc {
#define GEN_PASS_DEF_BATCH
#include "passes/Passes.h.inc"

namespace {
struct Batch : impl::BatchBase<Batch> {
  using BatchBase::BatchBase;

  void runOnOperation() override {
    func::FuncOp function = findEntry(getOperation(), entry);
    if (!function)
      return signalPassFailure();
    SmallVector<bool> areStacks(function.getNumArguments(), stacks.empty());
    for (int64_t index : stacks) {
      if (index < 0 || index >= int64_t(areStacks.size())) {
        function.emitError("tcc-batch: has no argument ") << index << " to stack";
        return signalPassFailure();
      }
      areStacks[index] = true;
    }
    FailureOr<BatchedFunction> batched = buildBatched(function, slices, areStacks);
    if (failed(batched))
      return signalPassFailure();
    batched->function.setPublic();
  }
};
} // namespace

} // namespace tcc
