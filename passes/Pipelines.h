// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler as a list of named stages. Each is also a flag of tcc-opt, and so is the whole list.
#pragma once

#include "passes/Compile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/PassManager.h"

namespace tcc {

struct CpuPipelineOptions : mlir::PassPipelineOptions<CpuPipelineOptions> {
  Option<bool> reference{*this, "reference", llvm::cl::desc("Every op its own kernel, no vectors")};
};

/// From functions of tcc ops to kernels in the LLVM dialect and planned entry functions.
void buildCpuPipeline(mlir::OpPassManager &pm, const CpuPipelineOptions &options);
/// Registers --tcc-cpu-pipeline.
void registerPipelines();

/// `root` and the symbols of its module that it needs, directly or not: what it calls or launches, and the finishers of
/// kernels. `root` comes first.
llvm::SmallVector<mlir::Operation *> reachableFrom(mlir::SymbolTable &symbols, mlir::Operation *root);

/// The function with a body of that name; null after a diagnostic that lists those there are.
mlir::func::FuncOp findEntry(mlir::ModuleOp module, llvm::StringRef name);
/// Whether planEntry takes it: from tensors to tensors, or planned.
bool isEntry(mlir::func::FuncOp function);

struct PlanOptions {
  bool reference = false; ///< op by op, unfused and unvectorised
  /// Bytes for all intermediate values at a time; some are computed again rather than kept. 0: as many as it takes.
  int64_t memoryBudget = 0;
};

/// Wall time of each stage in seconds, added up.
struct PlanTimes {
  double form = 0, lower = 0, plan = 0;
};

/// Brings function `entry` of `module` to a planned function, and its kernels to linalg: the way to every program and
/// artifact. The module may be at any stage (tcc ops, kernels, linalg, loops, LLVM dialect, buffers planned or not);
/// what is done is left as it is. Everything that the entry does not need is erased.
mlir::FailureOr<mlir::func::FuncOp> planEntry(mlir::ModuleOp module, llvm::StringRef entry,
                                              const PlanOptions &options = {}, PlanTimes *times = nullptr);
/// The kernels that a planned function and what it runs launch, each once, in any form.
llvm::SmallVector<mlir::Operation *> launchedKernels(mlir::func::FuncOp function);

} // namespace tcc
