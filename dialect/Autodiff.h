// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reverse-mode differentiation of tcc ops: the sweep, and the adjoint of a whole function.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace tcc {

/// Appends at the builder's insertion point the cotangents of `xs` for the cotangents `dys` of `ys` (types alike), all
/// values of one block. Null where x does not reach any y. Values in `stopAt` count as constants. Visits only ops
/// between xs and ys, without recursion. Fails, with a diagnostic, at an op that cannot be differentiated.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> differentiate(mlir::OpBuilder &builder, mlir::ValueRange ys,
                                                              mlir::ValueRange dys, mlir::ValueRange xs,
                                                              mlir::ValueRange stopAt = {});

/// A function of the arguments of `function`, then cotangents of its results `of` (all inexact ones if not given),
/// which gives the cotangents of the arguments `wrt`. Made once; named <function>_vjp where that is free.
mlir::FailureOr<mlir::func::FuncOp> buildVjp(mlir::func::FuncOp function, llvm::ArrayRef<int64_t> wrt,
                                             std::optional<llvm::ArrayRef<int64_t>> of = {});

/// Which results of `function` vary with those arguments that `arguments` says vary.
llvm::SmallVector<bool> variedResults(mlir::func::FuncOp function, llvm::ArrayRef<bool> arguments);

} // namespace tcc
