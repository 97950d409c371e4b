// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pipelines.
#include "passes/Pipelines.h"

#include "dialect/Ops.h"
#include "passes/EmitLoops.h"
#include "passes/KernelPasses.h"
#include "passes/Passes.h"
#include "passes/SymbolicShapes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/SetVector.h"

#include <chrono>

using namespace mlir;

namespace tcc {

void buildCpuPipeline(OpPassManager &pm, const CpuPipelineOptions &options) {
  FormKernelsOptions forming;
  forming.reference = options.reference;
  EmitLoopsOptions loops;
  loops.vectorize = !options.reference;
  pm.addNestedPass<func::FuncOp>(createSimplify());
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

SmallVector<Operation *> reachableFrom(SymbolTable &symbols, Operation *root) {
  llvm::SetVector<Operation *> reached;
  reached.insert(root);
  auto reach = [&](Operation *op) {
    if (op)
      reached.insert(op);
  };
  for (size_t i = 0; i < reached.size(); ++i) {
    Operation *op = reached[i];
    if (op->hasAttr("tcc.kernel"))
      reach(symbols.lookup((SymbolTable::getSymbolName(op).getValue() + "_finish").str()));
    // In bodies only: an adjoint names its function in an attribute and does not need it.
    for (Region &body : op->getRegions())
      if (auto uses = SymbolTable::getSymbolUses(&body))
        for (SymbolTable::SymbolUse use : *uses)
          reach(symbols.lookup(use.getSymbolRef().getRootReference()));
  }
  return reached.takeVector();
}

/// Puts the bodies of called functions in place of tcc.call and erases what `entry` does not need.
static LogicalResult isolateEntry(ModuleOp module, func::FuncOp entry) {
  if (failed(inlineCalls(module, entry)))
    return failure();
  SymbolTable symbols(module);
  SmallVector<Operation *> reached = reachableFrom(symbols, entry);
  llvm::SmallPtrSet<Operation *, 16> needed(reached.begin(), reached.end());
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (!needed.contains(&op))
      op.erase();
  return success();
}

bool isEntry(func::FuncOp function) { return isTensorFunction(function) || isPlannedFunction(function); }

FailureOr<func::FuncOp> planEntry(ModuleOp module, StringRef entry, bool reference, PlanTimes *times) {
  auto last = std::chrono::steady_clock::now();
  auto lap = [&](double PlanTimes::*stage) {
    auto now = std::chrono::steady_clock::now();
    if (times)
      times->*stage += std::chrono::duration<double>(now - last).count();
    last = now;
  };
  auto function = module.lookupSymbol<func::FuncOp>(entry);
  if (!function)
    return module.emitError("has no function '") << entry << "'";
  if (!isEntry(function))
    return function.emitError("arguments and results must be ranked tensors, and there must be a result");
  if (reference && (isPlannedFunction(function) || !function.getOps<LaunchOp>().empty()))
    return function.emitError("has kernels already: the reference is made from tcc ops");
  function->removeAttr("tcc.kernel"); // a kernel alone is a program like any other
  if (failed(isolateEntry(module, function)))
    return failure();
  if (isTensorFunction(function)) {
    recordSizeDemands(function);
    if (!reference)
      simplify(function);
  }
  FormKernelsOptions forming;
  forming.reference = reference;
  if (failed(formKernels(module, forming)))
    return failure();
  lap(&PlanTimes::form);
  if (failed(lowerToLinalg(module)))
    return failure();
  lap(&PlanTimes::lower);
  if (failed(planBuffers(module)))
    return failure();
  lap(&PlanTimes::plan);
  return function;
}

SmallVector<Operation *> launchedKernels(func::FuncOp function) {
  SymbolTable symbols(function->getParentOfType<ModuleOp>());
  llvm::SetVector<Operation *> kernels;
  for (auto launch : function.getOps<plan::LaunchOp>())
    kernels.insert(symbols.lookup(launch.getCallee()));
  return kernels.takeVector();
}

} // namespace tcc
