// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds the bodies of a kernel's linalg.generics: a stored tensor's element is pulled through the kernel's tcc ops
// back to memory, views becoming indexing maps, everything else scalar code.
#pragma once

#include "passes/SymbolicShapes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Builders.h"
#include <map>

namespace tcc {

/// A kernel on its way from tensors to memrefs.
struct KernelState {
  KernelState(mlir::func::FuncOp function, mlir::OpBuilder &builder)
      : function(function), builder(builder), shapes(function), sizes(builder, function.getLoc()) {}

  mlir::func::FuncOp function;
  mlir::OpBuilder &builder; ///< at the end of the memref body
  SymbolicShapes shapes;
  llvm::DenseMap<mlir::Value, mlir::Value> memory; ///< tensor -> where its elements are: arguments and stored values
  SizeValues sizes;
  int64_t outer = 0;                ///< leading axes that all stored values share
  bool readsStoredAnywhere = false; ///< a stored value is read at computed positions

  /// The size of an axis as an index value of the function; null if it is not known.
  mlir::Value size(mlir::Value tensor, int64_t axis) {
    mlir::AffineExpr expr = shapes.size(tensor, axis);
    return expr ? sizes.materialize(expr) : mlir::Value();
  }
};

/// Where an element is: affine in the iteration dims, or at computed positions.
struct Position {
  mlir::AffineMap map;
  llvm::SmallVector<mlir::Value> values; // if map is null
};

/// One linalg.generic under construction.
class GenericBuilder {
public:
  /// `sizes` are the extents of the iteration dims, null where unknown.
  GenericBuilder(KernelState &kernel, mlir::Location loc, llvm::ArrayRef<mlir::utils::IteratorType> iterators,
                 llvm::ArrayRef<mlir::AffineExpr> sizes);
  ~GenericBuilder();

  /// The scalar at a position, pulled through the kernel's ops. Null after an error has been reported.
  mlir::Value pull(mlir::Value tensor, mlir::AffineMap map) { return pull(tensor, Position{map, {}}); }
  /// Stores a scalar of an element of `type` at `map` of an output.
  void store(mlir::Value scalar, mlir::Value memref, mlir::AffineMap map);
  /// Combines a scalar into an output: `op` is a reduction or a contraction.
  void reduce(mlir::Operation *op, mlir::Value scalar, mlir::Value memref, mlir::AffineMap map);
  /// A `memref` of `tensor` as an operand that `map` indexes: where only the front of an axis is, a view of that.
  mlir::Value part(mlir::Value tensor, mlir::Value memref, mlir::AffineMap map);
  /// Adds an input that only tells iteration extents which no other operand tells.
  void provideExtents();
  mlir::linalg::GenericOp finish();

  /// What is read is read in one region of the iteration space: by views of the front of axes.
  void enterRegion() { inRegion = true; }
  mlir::OpBuilder &getBodyBuilder() { return body; }
  unsigned getNumDims() const { return iterators.size(); }

private:
  struct Output {
    mlir::Operation *combiner; // null: a plain store
    mlir::Value scalar, memref;
    mlir::AffineMap map;
  };

  mlir::Value pull(mlir::Value tensor, const Position &position);
  mlir::Value compute(mlir::Operation *op, mlir::Value tensor, const Position &position);
  mlir::Value load(mlir::Value tensor, mlir::Value memref, const Position &position);
  bool coversAxes(mlir::Value tensor, mlir::AffineMap map) const;
  /// The least and the greatest value of a position, if that is known.
  std::optional<std::pair<int64_t, int64_t>> range(mlir::AffineExpr position) const;
  bool mayRead(mlir::Value tensor, const Position &position) const;
  Position through(mlir::Operation *view, const Position &position);
  mlir::Value computePad(mlir::Operation *op, const Position &position);
  mlir::Value computeConcatenate(mlir::Operation *op, const Position &position);
  mlir::Value computeGather(mlir::Operation *op, const Position &position);
  mlir::Value computeRandomBits(mlir::Operation *op, const Position &position);

  llvm::SmallVector<mlir::Value> indices(const Position &position);
  mlir::Value index(unsigned dim);
  mlir::Value constant(int64_t value);
  mlir::Value evaluate(mlir::AffineExpr expr, mlir::ValueRange dims);
  mlir::Value clamp(mlir::Value index, mlir::Value size);
  mlir::Value fromStorage(mlir::Value scalar, mlir::Type element);

  KernelState &kernel;
  mlir::Location loc;
  llvm::SmallVector<mlir::utils::IteratorType> iterators;
  bool inRegion = false;
  llvm::ArrayRef<mlir::AffineExpr> sizes;
  mlir::Block *block;
  mlir::OpBuilder body;
  llvm::SmallVector<mlir::Value> inputs;
  llvm::SmallVector<mlir::AffineMap> inputMaps;
  llvm::SmallVector<Output> outputs;
  llvm::DenseMap<std::pair<mlir::Value, mlir::AffineMap>, mlir::Value> loads, pulled;
  std::map<std::pair<void *, std::vector<void *>>, mlir::Value> pulledAt;
  llvm::DenseMap<unsigned, mlir::Value> dimIndices;
  llvm::DenseMap<int64_t, mlir::Value> constants;
};

/// The element that the reduction or contraction `op` starts from, in storage type.
mlir::Value buildNeutral(mlir::OpBuilder &builder, mlir::Location loc, mlir::Operation *op);

} // namespace tcc
