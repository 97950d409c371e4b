// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops that rules for other loops are made of.
#pragma once

#include "dialect/Ops.h"

#include "mlir/IR/Builders.h"

namespace tcc {

/// The type of all turns' values of this type.
mlir::RankedTensorType stackOf(mlir::Type row, ScanOp scan);
mlir::Value zerosLike(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value like);
/// A 0-d i64 constant.
mlir::Value position(mlir::OpBuilder &builder, mlir::Location loc, int64_t value);

using LoopTurn = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::ValueRange captures,
                                                                   mlir::ValueRange state)>;
struct CountedLoop {
  WhileLoopOp op;
  mlir::ResultRange results; ///< the last state
};
/// `state = turn(captures, state)`, as often as the 0-d i64 `count` says.
CountedLoop countedLoop(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value count, mlir::ValueRange captures,
                        mlir::ValueRange state, LoopTurn turn);
/// What `unwind` stands for: a loop down from count - 1 that computes each state again from the first. Its state is the
/// number of the turn, then the cotangents.
WhileLoopOp expandUnwind(mlir::OpBuilder &builder, UnwindOp unwind);

} // namespace tcc
