// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From stage-3 kernels (linalg.generic on memrefs) to range functions made of scf loops and vectors.
#pragma once

#include "passes/LoopPlan.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace tcc {

/// Replaces `kernel` by its range form, followed by `<name>_finish` when its reduction runs in two phases.
mlir::LogicalResult emitKernelLoops(mlir::func::FuncOp kernel, const EmitLoopsOptions &options);

std::unique_ptr<mlir::Pass> createEmitLoopsPass(const EmitLoopsOptions &options = {});
void registerEmitLoopsPass();

} // namespace tcc
