// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stages between the graph of tcc ops and the kernels' loops as functions on a module. They report their errors.
#pragma once

#include "passes/Passes.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace tcc {

/// Folds, merges equal ops and drops unused ones, in one sweep each.
void simplify(mlir::FunctionOpInterface function);
/// Branches and loops compute what is asked of them; every function is simplified.
void simplifyControl(mlir::ModuleOp module);
mlir::LogicalResult formKernels(mlir::ModuleOp module, const FormKernelsOptions &options);
mlir::LogicalResult lowerToLinalg(mlir::ModuleOp module);
/// Of functions whose steps are kernels' launches and library calls; `budget` is that of compileProgram.
void reduceMemory(mlir::ModuleOp module, int64_t budget);
mlir::LogicalResult planBuffers(mlir::ModuleOp module);

/// A kernel that is still made of tcc ops on tensors.
bool isTensorKernel(mlir::func::FuncOp function);
/// A kernel made of linalg.generics on memrefs.
bool isLinalgKernel(mlir::func::FuncOp function);
/// A function from tensors to tensors.
bool isTensorFunction(mlir::func::FuncOp function);
/// What --tcc-plan-buffers makes of one.
bool isPlannedFunction(mlir::func::FuncOp function);

} // namespace tcc
