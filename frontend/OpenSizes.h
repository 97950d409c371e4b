// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes that are not known while a function is traced. In the DSL's shapes each is a number of its own, so that equal
// shapes are equal sizes; in the IR they are `?`.
#pragma once

#include "frontend/Graph.h"
#include "passes/SymbolicShapes.h"

#include <map>

namespace tcc {

/// Of one function that is being traced: told of every op as it is appended.
class OpenSizes : public mlir::OpBuilder::Listener {
public:
  /// Every open size of the arguments is one of its own.
  OpenSizes(GraphImpl &graph, mlir::Block::BlockArgListType arguments);

  void notifyOperationInserted(mlir::Operation *op, mlir::OpBuilder::InsertPoint) override { sizes.add(op); }
  /// Gives a handle whose shape is still that of its type the numbers of its open sizes.
  void number(const Tensor &handle, mlir::Value value);
  /// An integer tensor with this shape, of which nobody reads the elements. Throws for a number that is no size here.
  mlir::Value like(const Shape &shape, const char *op, Loc where);

private:
  GraphImpl &graph;
  SymbolicShapes sizes;
  std::map<const void *, int64_t> numbers; // of expressions
  struct Source {
    Tensor tensor; // keeps the value alive
    int64_t axis;
  };
  std::vector<Source> sources; // by number
};

/// A value whose shape is `shape`, for an op that takes one for the sizes its type leaves open; nobody reads its
/// elements. `source` gives a value and an axis of it that has the size of an open axis, or none: then there is no such
/// value.
mlir::Value shapedLike(mlir::OpBuilder &b, mlir::Location loc, llvm::ArrayRef<int64_t> shape,
                       llvm::function_ref<std::pair<mlir::Value, int64_t>(int64_t axis)> source);

/// Whether the operands of an op whose result type is given tell the sizes that the type leaves open. `dims` are a
/// broadcast's.
bool tellsOpenSizes(llvm::StringRef name, mlir::ValueRange operands, llvm::ArrayRef<int64_t> dims, mlir::Type result);

} // namespace tcc
