// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pipelines.
#include "passes/Pipelines.h"

#include "dialect/Functions.h"
#include "passes/EmitLoops.h"
#include "passes/KernelPasses.h"
#include "passes/Passes.h"
#include "passes/SymbolicShapes.h"

#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tcc {

void buildCpuPipeline(OpPassManager &pm, const CpuPipelineOptions &options) {
  FormKernelsOptions forming;
  forming.reference = options.reference;
  EmitLoopsOptions loops;
  loops.vectorize = !options.reference;
  pm.addNestedPass<func::FuncOp>(createSimplify());
  pm.addPass(createFormKernels(forming)); // tcc on tensors -> kernels and launches
  pm.addPass(createReduceMemory());       // launches in an order in which values die early
  pm.addPass(createLowerToLinalg());      // kernels -> linalg on memrefs
  pm.addPass(createPlanBuffers());        // launches -> one arena
  pm.addPass(createEmitLoopsPass(loops)); // kernels -> scf and vector
  pm.addPass(createExpandMath());         // math -> arith
}

void registerPipelines() {
  PassPipelineRegistration<CpuPipelineOptions>("tcc-cpu-pipeline", "All stages for CPUs, up to loops and vectors",
                                               buildCpuPipeline);
}

static LogicalResult inlineCalls(func::FuncOp function) {
  // Each round replaces the calls by bodies that may hold calls again; recursion would never end.
  constexpr unsigned deepest = 64;
  for (unsigned depth = 0; depth < deepest; ++depth) {
    SmallVector<CallOp> calls(function.getBody().getOps<CallOp>());
    if (calls.empty())
      return success();
    for (CallOp call : calls) {
      func::FuncOp callee = lookupFunction(call, call.getCalleeAttr());
      if (!callee || callee.isDeclaration() || !callee.getBody().hasOneBlock())
        return call.emitOpError("calls a function without a body of one block");
      OpBuilder builder(call);
      call->replaceAllUsesWith(inlineFunction(builder, callee, call->getOperands()));
      call.erase();
    }
  }
  return function.emitError("calls are nested too deeply, or recursive");
}

namespace {
/// Puts the bodies of called functions in place of tcc.call, in a function and in what its branches and loops run.
class CallInliner {
public:
  LogicalResult visit(func::FuncOp function) {
    if (!state.try_emplace(function, true).second)
      return state[function] ? function.emitError("is run by what it runs itself, which would never end") : success();
    if (failed(inlineCalls(function)))
      return failure();
    for (Operation &op : function.front()) {
      if (isa<LaunchOp>(op)) // of a kernel, which may be at any stage
        continue;
      for (FlatSymbolRefAttr name : functionsNamedBy(&op)) {
        func::FuncOp callee = lookupFunction(&op, name);
        if (!callee || callee.isDeclaration() || !callee.getBody().hasOneBlock())
          return op.emitOpError("runs a function without a body of one block: ") << name;
        if (failed(visit(callee)))
          return failure();
      }
    }
    state[function] = false;
    return success();
  }

private:
  llvm::DenseMap<Operation *, bool> state; // whether its visit goes on
};
} // namespace

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

/// Inlines calls and erases what `entry` does not need.
static LogicalResult isolateEntry(ModuleOp module, func::FuncOp entry) {
  if (failed(CallInliner().visit(entry)))
    return failure();
  SymbolTable symbols(module);
  SmallVector<Operation *> reached = reachableFrom(symbols, entry);
  llvm::SmallPtrSet<Operation *, 16> needed(reached.begin(), reached.end());
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (!needed.contains(&op))
      op.erase();
  return success();
}

func::FuncOp findEntry(ModuleOp module, StringRef name) {
  if (auto function = module.lookupSymbol<func::FuncOp>(name); function && !function.isExternal())
    return function;
  std::string known;
  for (auto function : module.getOps<func::FuncOp>())
    if (!function.isExternal())
      known += (known.empty() ? " '" : ", '") + function.getName().str() + "'";
  module.emitError() << "no function '" << name << "'" << (known.empty() ? ", nor any other" : "; it has") << known;
  return nullptr;
}

bool isEntry(func::FuncOp function) {
  return (isTensorFunction(function) && function.getNumResults() > 0) || isPlannedFunction(function);
}

FailureOr<func::FuncOp> planEntry(ModuleOp module, StringRef entry, const PlanOptions &options, PlanTimes *times) {
  Stopwatch watch;
  auto lap = [&](double PlanTimes::*stage) {
    double seconds = watch.lap();
    if (times)
      times->*stage += seconds;
  };
  func::FuncOp function = findEntry(module, entry);
  if (!function)
    return failure();
  if (!isEntry(function))
    return function.emitError("arguments and results must be ranked tensors, and there must be a result");
  if (options.reference && (isPlannedFunction(function) || !function.getOps<LaunchOp>().empty()))
    return function.emitError("has kernels already: the reference is made from tcc ops");
  function->removeAttr("tcc.kernel"); // a kernel alone is a program like any other
  if (failed(isolateEntry(module, function)))
    return failure();
  if (isTensorFunction(function)) {
    recordSizeDemands(function);
    if (!options.reference)
      simplifyControl(module);
    if (failed(isolateEntry(module, function)))
      return failure();
    recordSizeDemandsOfBodies(module);
  }
  FormKernelsOptions forming;
  forming.reference = options.reference;
  if (failed(formKernels(module, forming)))
    return failure();
  reduceMemory(module, options.memoryBudget);
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
  llvm::SetVector<Operation *> kernels, functions;
  functions.insert(function);
  for (size_t i = 0; i < functions.size(); ++i)
    for (Operation &op : cast<func::FuncOp>(functions[i]).front())
      if (auto launch = dyn_cast<plan::LaunchOp>(op))
        kernels.insert(symbols.lookup(launch.getCallee()));
      else if (auto control = dyn_cast<plan::ControlOp>(op))
        for (auto name : control.getFunctions().getAsRange<FlatSymbolRefAttr>())
          functions.insert(symbols.lookup(name.getAttr()));
  return kernels.takeVector();
}

} // namespace tcc
