// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Open (`?`) sizes of every tensor of a function as expressions of the open sizes of its arguments.
#pragma once

#include "dialect/Ops.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

namespace tcc {

/// Symbol i is the i-th open size of the function's arguments, in order of appearance. Arguments' sizes that an op
/// demands to be equal get one expression.
class SymbolicShapes {
public:
  /// `resultShapes` gives the map of a launched kernel (see resultShapeMap), null if it has no open results.
  SymbolicShapes(
      mlir::func::FuncOp function,
      llvm::function_ref<mlir::AffineMap(LaunchOp)> resultShapes = [](LaunchOp) { return mlir::AffineMap(); });

  /// Without ops yet: for a function that grows, to which add() is called for each op in order.
  explicit SymbolicShapes(llvm::ArrayRef<mlir::Value> arguments, mlir::MLIRContext *context);
  void add(mlir::Operation *op);

  /// The size of an axis; null where it follows from no argument in a way we can express.
  mlir::AffineExpr size(mlir::Value value, int64_t axis) const;
  unsigned getNumSymbols() const { return parents.size(); }
  /// Whether both have the same shape for certain.
  bool haveSameShape(mlir::Value a, mlir::Value b) const;
  /// The sizes that the types of `values` leave open, as a map from the arguments' open sizes; null if one is unknown.
  mlir::AffineMap openSizes(mlir::ValueRange values) const;

  /// A relation of two sizes that an op demands and the types leave open: equal, or left at most right.
  struct Demand {
    mlir::AffineExpr left, right;
    bool isAtMost;
    mlir::Operation *op;
  };
  /// Those between sizes we can express, each once; what library functions check themselves is not among them.
  llvm::ArrayRef<Demand> demands() const { return required; }

private:
  void visit(mlir::Operation *op, llvm::function_ref<mlir::AffineMap(LaunchOp)> resultShapes);
  llvm::SmallVector<llvm::SmallVector<mlir::AffineExpr>>
  ofFunctions(mlir::Operation *op, llvm::function_ref<mlir::AffineMap(LaunchOp)> resultShapes);
  void demandEqual(mlir::Operation *op, mlir::AffineExpr a, mlir::AffineExpr b);
  void demandAtMost(mlir::Operation *op, mlir::AffineExpr a, mlir::AffineExpr b);
  mlir::AffineExpr canonical(mlir::AffineExpr expr) const;

  mlir::MLIRContext *context;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::AffineExpr>> open; // only values with open sizes
  llvm::SmallVector<unsigned> parents;                                   // of symbols known to be equal
  bool unified = false;
  llvm::SmallVector<Demand> required;
};

/// Puts what a function of tcc ops demands of its open sizes on it as the attribute tcc.size_demands: an array of
/// [map to (left, right), is-at-most, op's mnemonic, location]. Before kernels are formed, while ops are visible; what
/// is recorded stays.
void recordSizeDemands(mlir::func::FuncOp function);
/// The same for the functions that do not have it yet: what branches and loops run.
void recordSizeDemandsOfBodies(mlir::ModuleOp module);

/// Symbolic sizes as index values of a function on memrefs.
class SizeValues {
public:
  SizeValues(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}
  /// The next symbol is the size of an axis of an argument.
  void addSymbol(mlir::Value memref, int64_t axis);
  mlir::Value materialize(mlir::AffineExpr expr);
  mlir::Value constant(int64_t value);
  void eraseUnused();

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value> symbols;
  llvm::DenseMap<int64_t, mlir::Value> constants;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> known;
};

} // namespace tcc
