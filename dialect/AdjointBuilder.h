// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a pullback is written with: the incoming cotangents of an op, the builder for its adjoint ops, and the place
// where cotangents of operands are handed in. Below, the helpers that adjoint rules name.
#pragma once

#include "dialect/Ops.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

namespace tcc {

/// The cotangents known so far, of any value. A value without one has a zero cotangent.
using Cotangents = llvm::DenseMap<mlir::Value, mlir::Value>;

class AdjointBuilder {
public:
  /// `isActive`: whether a value depends on what is differentiated by.
  AdjointBuilder(mlir::OpBuilder &builder, mlir::Operation *op, Cotangents &cotangents,
                 llvm::function_ref<bool(mlir::Value)> isActive)
      : builder(builder), op(op), cotangents(cotangents), isActive(isActive) {}

  /// The incoming cotangent of a result; null means zero.
  mlir::Value dy(unsigned result = 0) const { return cotangents.lookup(op->getResult(result)); }
  /// What is known so far of any value's cotangent: all of it for what depends on this op. Null means zero.
  mlir::Value cotangentOf(mlir::Value value) const { return cotangents.lookup(value); }
  /// dy, with zero as a tensor of the result's type.
  mlir::Value dyOrZero(unsigned result);
  /// Whether somebody asks for the cotangent of this operand.
  bool wants(unsigned operand) const { return isActive(op->getOperand(operand)); }
  /// Adds to the cotangent of an operand. A real operand takes the real part; null adds nothing.
  void accumulate(unsigned operand, mlir::Value value);

  /// The result of a new op, or what it folds to.
  template <class Op, class... Args> mlir::Value create(Args &&...args) {
    return builder.createOrFold<Op>(op->getLoc(), std::forward<Args>(args)...);
  }
  /// A constant of the type of `like`, with its open sizes.
  mlir::Value splat(mlir::Value like, double number);
  /// A constant without axes.
  mlir::Value scalar(mlir::Type element, double number);
  mlir::Value zeros(mlir::Value like) { return splat(like, 0.0); }
  mlir::Value add(mlir::Value a, mlir::Value b) { return !a ? b : !b ? a : create<AddOp>(a, b); }
  /// x as elements of this type.
  mlir::Value cast(mlir::Value x, mlir::Type element);
  mlir::IntegerAttr integer(int64_t value) { return builder.getI64IntegerAttr(value); }
  mlir::FloatAttr number(double value) { return builder.getF64FloatAttr(value); }
  mlir::DenseI64ArrayAttr integers(llvm::ArrayRef<int64_t> values) { return builder.getDenseI64ArrayAttr(values); }
  mlir::Location loc() const { return op->getLoc(); }

  mlir::OpBuilder &builder;
  mlir::Operation *const op;

private:
  Cotangents &cotangents;
  llvm::function_ref<bool(mlir::Value)> isActive;
};

/// Helpers that adjoint rules call by name (the Helper records).
namespace adjoint {
using mlir::Value;

inline Value same(AdjointBuilder &, Value x) { return x; }
/// x with the element type of `like`.
Value castLike(AdjointBuilder &b, Value x, Value like);
/// a / b, and 0 where b is 0.
Value divideOrZero(AdjointBuilder &b, Value a, Value b0);
/// x with the type of `like`.
Value reshapeLike(AdjointBuilder &b, Value x, Value like);
/// x broadcast along `dims` to the shape of `like`.
Value broadcastLike(AdjointBuilder &b, Value x, Value like, llvm::ArrayRef<int64_t> dims);
/// The adjoint of broadcasting x along dims: sums over what was repeated.
Value sumToLike(AdjointBuilder &b, Value dy, Value x, mlir::DenseI64ArrayAttr dims);
/// The adjoint of reducing x over axes: dy repeated along them.
Value repeatLike(AdjointBuilder &b, Value dy, Value x, mlir::DenseI64ArrayAttr axes);
mlir::DenseI64ArrayAttr inversePerm(AdjointBuilder &b, mlir::DenseI64ArrayAttr perm);
mlir::BoolAttr negated(AdjointBuilder &b, mlir::BoolAttr value);
mlir::BoolAttr coincide(AdjointBuilder &b, mlir::BoolAttr one, mlir::BoolAttr other);
mlir::IntegerAttr successor(AdjointBuilder &b, mlir::IntegerAttr value);
/// The axes of x.
mlir::DenseI64ArrayAttr allAxes(AdjointBuilder &b, Value x);
/// Positions 0, 1, .. along an axis, of the shape of `like`.
Value iotaLike(AdjointBuilder &b, Value like, int64_t axis);
/// x[indices along axis], all other axes alike: `indices` has the shape of x but for that axis.
Value gatherAlong(AdjointBuilder &b, Value x, Value indices, int64_t axis);
/// Zeros like x, with updates added at `indices` along axis.
Value scatterAddAlong(AdjointBuilder &b, Value x, Value updates, Value indices, int64_t axis);
/// dy where y is attained, shared equally among ties: the adjoint of the largest (smallest) over axes.
Value shareAmongTies(AdjointBuilder &b, Value dy, Value x, Value y, mlir::DenseI64ArrayAttr axes);

} // namespace adjoint
} // namespace tcc
