// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes between the graph of tcc ops and the kernels' loops: forming kernels, lowering them, planning buffers.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace tcc {

struct FormKernelsOptions {
  bool reference = false; ///< every op its own kernel: the yardstick for fusion
  int64_t maxOps = 256;   ///< of one kernel
};

/// The passes as functions on a module; they report their errors.
mlir::LogicalResult formKernels(mlir::ModuleOp module, const FormKernelsOptions &options);
mlir::LogicalResult lowerToLinalg(mlir::ModuleOp module);
mlir::LogicalResult planBuffers(mlir::ModuleOp module);

std::unique_ptr<mlir::Pass> createFormKernelsPass(const FormKernelsOptions &options = {});
std::unique_ptr<mlir::Pass> createLowerToLinalgPass();
std::unique_ptr<mlir::Pass> createPlanBuffersPass();
/// Registers their flags with tcc-opt.
void registerKernelPasses();

/// A kernel that is still made of tcc ops on tensors.
bool isTensorKernel(mlir::func::FuncOp function);
/// A function from tensors to tensors.
bool isTensorFunction(mlir::func::FuncOp function);

} // namespace tcc
