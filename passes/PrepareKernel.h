// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What is done to a stage-3 kernel before its loops are planned: still linalg.generic on memrefs.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace tcc {

/// Brings the kernel into the form that emission likes best: fills as generics, stores of neutral elements first (so
/// that they do not part generics that fit one nest), half-precision sums accumulated in float32.
void prepareKernel(mlir::func::FuncOp kernel);
/// Lets a reduction accumulate into a temporary instead of the argument `output`, which a last generic copies. False
/// where the argument is not laid out as the kernel's outer dims followed by the generic's own.
bool accumulateInTemporary(mlir::func::FuncOp kernel, mlir::linalg::GenericOp reduction, mlir::OpOperand &output);

} // namespace tcc
