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

} // namespace tcc
