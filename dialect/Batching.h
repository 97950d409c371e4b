// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Batching: from a program for one slice to the program for all slices at once. Slices lie along a new leading axis; a
// value that all slices share stays as it is and is computed once.
#pragma once

#include "dialect/Ops.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"

namespace tcc {

/// What stands for the values of a program while it is batched.
struct BatchMap {
  explicit BatchMap(int64_t size) : size(size) {}

  /// Number of slices.
  int64_t size;
  /// Values that differ from slice to slice: the stacks of them.
  llvm::DenseMap<mlir::Value, mlir::Value> stacks;
  /// Values that all slices share, where they were copied to; the others stand for themselves.
  mlir::IRMapping shared;

  bool isStacked(mlir::Value value) const { return stacks.contains(value); }
  /// The stack, or the value that all slices share.
  mlir::Value of(mlir::Value value) const {
    auto stack = stacks.find(value);
    return stack != stacks.end() ? stack->second : shared.lookupOrDefault(value);
  }
};

/// Appends at the builder's insertion point what `ys` need to depend on stacks instead of slices; all values of one
/// block, of which `map` has the stacks of the slices to begin with. Afterwards `map.of(y)` is y's stack, if it depends
/// on a slice. Visits only ops between slices and ys, without recursion. Fails, with a diagnostic, at an op that cannot
/// be batched.
llvm::LogicalResult batch(mlir::OpBuilder &builder, mlir::ValueRange ys, BatchMap &map);

/// Appends all ops of `body` but its terminator: on stacks where they depend on one, copied otherwise. `map` has the
/// stacks (or copies) of the block's arguments to begin with, and of all values afterwards.
llvm::LogicalResult batchBody(mlir::OpBuilder &builder, mlir::Block &body, BatchMap &map);

struct BatchedFunction {
  mlir::func::FuncOp function;
  /// For each result, whether it is a stack.
  llvm::SmallVector<bool> isStacked;
};
/// A function of the arguments of `function`, stacks of `size` slices where `arguments` says so, that gives its
/// results: stacks where they depend on one or `results` (empty: nowhere) asks for it. Made once; named
/// <function>_batched where that is free.
mlir::FailureOr<BatchedFunction> buildBatched(mlir::func::FuncOp function, int64_t size, llvm::ArrayRef<bool> arguments,
                                              llvm::ArrayRef<bool> results = {});

/// What a batching rule is written with: stacks for the operands, a builder, and the place where results are handed in.
class BatchBuilder {
public:
  BatchBuilder(mlir::OpBuilder &builder, mlir::Operation *op, BatchMap &map) : builder(builder), op(op), map(map) {}

  int64_t size() const { return map.size; }
  bool isStacked(mlir::Value operand) const { return map.isStacked(operand); }
  /// The operand's stack, or the value that all slices share.
  mlir::Value of(mlir::Value operand) const { return map.of(operand); }
  llvm::SmallVector<mlir::Value> of(mlir::ValueRange operands) const;
  /// The operand's stack; of a shared value its repetition.
  mlir::Value stacked(mlir::Value operand);
  llvm::SmallVector<mlir::Value> stacked(mlir::ValueRange operands);
  /// A value that is no operand, repeated for each slice.
  mlir::Value repeated(mlir::Value shared);
  mlir::RankedTensorType stackedType(mlir::Value slice) const;
  /// Says what stands for a result.
  void set(mlir::Value result, mlir::Value stack) { map.stacks[result] = stack; }
  void setShared(mlir::Value result, mlir::Value value) { map.shared.map(result, value); }

  /// The op on stacks, with each of `axisAttributes` moved by one: the rule of most ops.
  llvm::LogicalResult applyToStacks(llvm::ArrayRef<llvm::StringRef> axisAttributes);
  /// The op with other operands and result types.
  mlir::Operation *clone(mlir::TypeRange types, mlir::ValueRange operands);
  /// The result of a new op, or what it folds to.
  template <class Op, class... Args> mlir::Value create(Args &&...args) {
    return builder.createOrFold<Op>(op->getLoc(), std::forward<Args>(args)...);
  }
  /// x with axis `from` moved to `to`.
  mlir::Value moveAxis(mlir::Value x, int64_t from, int64_t to);
  mlir::DenseI64ArrayAttr integers(llvm::ArrayRef<int64_t> values) { return builder.getDenseI64ArrayAttr(values); }

  mlir::OpBuilder &builder;
  mlir::Operation *const op;
  BatchMap &map;
};

/// Axes of a slice as axes of a stack.
llvm::SmallVector<int64_t> shifted(llvm::ArrayRef<int64_t> axes, int64_t by = 1);
/// `first`, then `rest`.
llvm::SmallVector<int64_t> prefixed(int64_t first, llvm::ArrayRef<int64_t> rest);

} // namespace tcc
