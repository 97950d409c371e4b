// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Emits the scalar body of a `linalg.generic` on a number of lanes at once: float16 and bfloat16 are computed in
// float32, complex numbers as pairs of real vectors, and values equal in all lanes stay scalars until they meet a
// vector.
#pragma once

#include "passes/LoopNest.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace tcc {

/// A value on all lanes: a scalar when `uniform`, else a vector. `im` is set for complex numbers only.
struct Lane {
  mlir::Value re, im;
  bool uniform = true;
  mlir::Value first = {}; ///< an index: if given, lane i is first + i
};

class BodyEmitter {
public:
  BodyEmitter(mlir::OpBuilder &b, mlir::Location loc, unsigned lanes) : b(b), loc(loc), lanes(lanes) {}

  using IndexFn = llvm::function_ref<Lane(unsigned dim)>;
  using LoadFn = llvm::function_ref<mlir::FailureOr<Lane>(mlir::memref::LoadOp, llvm::ArrayRef<Lane>)>;
  using SizeFn = llvm::function_ref<mlir::Value(mlir::memref::DimOp)>;
  /// The yielded values of `body` for the given block arguments.
  mlir::FailureOr<llvm::SmallVector<Lane>> emit(mlir::Block &body, llvm::ArrayRef<Lane> arguments, IndexFn index,
                                                LoadFn load, SizeFn size);
  /// One op of a body (not an index or a load) applied to other operands. A running maximum or minimum of numbers may
  /// carry where it has met none (NaN) as a mask of integers in the place of an imaginary part.
  mlir::FailureOr<Lane> apply(mlir::Operation *op, llvm::ArrayRef<Lane> operands);

  Lane spread(Lane value); ///< not uniform any more (unless there is one lane only)
  Lane select(mlir::Value mask, Lane whenTrue, Lane whenFalse);
  /// Combines the lanes pairwise, halves with halves, down to `target` lanes.
  mlir::FailureOr<Lane> foldLanes(mlir::Operation *combiner, Lane value, unsigned target);
  mlir::Type laneType(mlir::Type scalar) const;

  mlir::OpBuilder &b;
  mlir::Location loc;
  unsigned lanes;

  Lane trackNan(Lane value);   ///< a running maximum or minimum from `value` on, which is a number
  Lane untrackNan(Lane value); ///< NaN where it has met one

private:
  Lane extremum(bool larger, Lane running, Lane other);
  mlir::Value spread(mlir::Value scalar);
};

} // namespace tcc
