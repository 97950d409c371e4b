// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler as a list of named stages. Each is also a flag of tcc-opt, and so is the whole list.
#pragma once

#include "passes/Compile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"

namespace tcc {

struct CpuPipelineOptions : mlir::PassPipelineOptions<CpuPipelineOptions> {
  Option<bool> reference{*this, "reference", llvm::cl::desc("Every op its own kernel, no vectors")};
};

/// From functions of tcc ops to kernels in the LLVM dialect and planned entry functions.
void buildCpuPipeline(mlir::OpPassManager &pm, const CpuPipelineOptions &options);
/// Registers --tcc-cpu-pipeline.
void registerPipelines();

/// Erases the functions that `entry` does not need and puts the bodies of called ones in place of tcc.call.
mlir::LogicalResult isolateEntry(mlir::ModuleOp module, mlir::func::FuncOp entry);

} // namespace tcc
