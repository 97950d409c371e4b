// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the part lies that a slice reads or a pad fills: numbers that a loop over rows, batches or steps changes while
// all else stays. A program may have them in its text or as inputs.
#pragma once

#include "dialect/Ops.h"

#include "mlir/IR/Builders.h"

namespace tcc {

/// The first position along each axis of which the part is not all. Nothing for ops other than slice and pad, without
/// elements, of open sizes or with padding between elements.
llvm::SmallVector<int64_t> placesOf(mlir::Operation *op);

/// The axes along which operand and result of a slice or pad differ in size.
llvm::SmallVector<int64_t> partialAxes(mlir::Operation *op);

/// What the slice or pad gives for these operands at other places: 0-d int64 values, as many as placesOf gives. The
/// part must lie within the whole. A slice may have a `result` of open sizes along its partial axes; then `like` has
/// these sizes.
mlir::Value atPlaces(mlir::OpBuilder &builder, mlir::Location loc, mlir::Operation *op, mlir::ValueRange operands,
                     mlir::ValueRange places, mlir::RankedTensorType result, mlir::Value like);

} // namespace tcc
