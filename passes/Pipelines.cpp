// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pipelines.
#include "passes/Pipelines.h"

#include "dialect/Ops.h"
#include "passes/EmitLoops.h"
#include "passes/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace tcc {

void buildCpuPipeline(OpPassManager &pm, const CpuPipelineOptions &options) {
  FormKernelsOptions forming;
  forming.reference = options.reference;
  EmitLoopsOptions loops;
  loops.vectorize = !options.reference;
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createFormKernels(forming)); // tcc on tensors -> kernels and launches
  pm.addPass(createLowerToLinalg());      // kernels -> linalg on memrefs
  pm.addPass(createPlanBuffers());        // launches -> one arena
  pm.addPass(createEmitLoopsPass(loops)); // kernels -> scf and vector
  pm.addPass(createExpandMath());         // math -> arith
}

void registerPipelines() {
  PassPipelineRegistration<CpuPipelineOptions>("tcc-cpu-pipeline", "All stages for CPUs, up to loops and vectors",
                                               buildCpuPipeline);
}

static LogicalResult inlineCalls(ModuleOp module, func::FuncOp entry) {
  SymbolTable symbols(module);
  // Each round replaces the calls by bodies that may hold calls again; recursion would never end.
  constexpr unsigned deepest = 64;
  for (unsigned depth = 0; depth < deepest; ++depth) {
    SmallVector<CallOp> calls(entry.getBody().getOps<CallOp>());
    if (calls.empty())
      return success();
    for (CallOp call : calls) {
      auto callee = symbols.lookup<func::FuncOp>(call.getCallee());
      if (!callee || callee.isDeclaration() || !callee.getBody().hasOneBlock())
        return call.emitOpError("calls a function without a body of one block");
      OpBuilder builder(call);
      IRMapping mapping;
      mapping.map(callee.getArguments(), call->getOperands());
      Block &body = callee.getBody().front();
      for (Operation &op : body.without_terminator())
        builder.clone(op, mapping);
      for (auto [result, value] : llvm::zip(call->getResults(), body.getTerminator()->getOperands()))
        result.replaceAllUsesWith(mapping.lookupOrDefault(value));
      call.erase();
    }
  }
  return entry.emitError("calls are nested too deeply, or recursive");
}

LogicalResult isolateEntry(ModuleOp module, func::FuncOp entry) {
  if (failed(inlineCalls(module, entry)))
    return failure();
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (function != entry)
      function.erase();
  return success();
}

} // namespace tcc
