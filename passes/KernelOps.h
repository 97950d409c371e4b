// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What kernel forming and lowering ask about a tcc op: the part it can play in a generated kernel, where a view reads
// its operand, and what an element costs. The only place in passes/ that classifies ops.
#pragma once

#include "dialect/Ops.h"
#include "mlir/IR/AffineMap.h"

namespace tcc {

/// The part an op can play in a generated kernel.
enum class Role {
  Elementwise, ///< one result element from the same element of each operand
  Source,      ///< no data operand: splat constant, iota, random_bits
  View,        ///< copies of elements at positions that do not depend on data
  Access,      ///< computed positions: pad, concatenate, gather
  Reduction,   ///< reduce_*
  Contraction, ///< a dot_general small enough to be generated
  Library,     ///< none: stays in the caller
};
Role roleOf(mlir::Operation *op);

/// Where the view `op` reads its first operand, as a map from result positions to operand positions; null where that is
/// not affine (a reshape that splits axes, reverse of an open axis).
mlir::AffineMap viewMap(mlir::Operation *op);

/// Floating point operations of one element, roughly: 1 for an addition, 20 for a transcendental function.
int64_t flopsPerElement(mlir::Operation *op);

/// An op that is rather computed again by each kernel that needs it than stored: nothing but a load, or free.
/// Such an op has at most one operand with data (the first).
bool isFloating(mlir::Operation *op);

/// The axes of a dot_general's operands that are neither batch nor contracted.
llvm::SmallVector<int64_t> freeAxes(int64_t rank, llvm::ArrayRef<int64_t> batch, llvm::ArrayRef<int64_t> contract);

/// Whether `value` is a constant with all elements equal.
bool isSplat(mlir::Value value);

/// The tensor whose memory `tensor` shows through reshapes.
mlir::Value rootOf(mlir::Value tensor);

/// Whether `value` is a result of a library call that nobody reads and the library can leave out: it gets no memory.
bool isLeftOut(mlir::Value value);

/// The storage type of an element in memory: bool is i8, unsigned is signless.
mlir::Type storageType(mlir::Type element);
/// Bytes of an element in memory.
int64_t elementBytes(mlir::Type element);

} // namespace tcc
