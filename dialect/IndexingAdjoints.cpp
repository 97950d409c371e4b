// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of gather and scatter, for every way in which scatter combines.
#include "dialect/AdjointBuilder.h"

using namespace mlir;

namespace tcc {

static Value scatter(AdjointBuilder &b, Value x, Value updates, ValueRange indices, DenseI64ArrayAttr axes,
                     StringRef combine) {
  return b.create<ScatterOp>(x, updates, indices, axes, b.builder.getStringAttr(combine));
}

LogicalResult GatherOp::pullback(AdjointBuilder &b) {
  if (b.wants(0))
    b.accumulate(0, scatter(b, b.zeros(getX()), b.dy(), getIndices(), getAxesAttr(), "add"));
  return success();
}

namespace {

/// The adjoint of one scatter. Operand 0 is x, operand 1 the updates.
struct ScatterAdjoint {
  AdjointBuilder &b;
  ScatterOp op;

  Value gather(Value x) { return b.create<GatherOp>(x, op.getIndices(), op.getAxesAttr()); }
  Value scatterInto(Value x, Value updates, StringRef combine) {
    return scatter(b, x, updates, op.getIndices(), op.getAxesAttr(), combine);
  }

  void add() {
    b.accumulate(0, b.dy());
    if (b.wants(1))
      b.accumulate(1, gather(b.dy()));
  }

  LogicalResult set() {
    if (b.wants(0))
      b.accumulate(0, scatterInto(b.dy(), b.zeros(op.getUpdates()), "set"));
    if (!b.wants(1))
      return success();
    FailureOr<Value> isLast = lastWrites();
    if (failed(isLast))
      return failure();
    Value dy = gather(b.dy());
    b.accumulate(1, b.create<SelectOp>(*isLast, dy, b.zeros(dy)));
    return success();
  }

  /// Which updates were not overwritten by later ones: numbers them, scatters the numbers, and looks which are left.
  FailureOr<Value> lastWrites() {
    Value index = op.getIndices()[0];
    RankedTensorType shape = tensorType(index);
    Value numbers;
    if (shape.getRank() <= 1) {
      numbers = shape.getRank() == 0 ? b.zeros(index) : adjoint::iotaLike(b, index, 0);
    } else if (shape.hasStaticShape()) {
      auto flat = RankedTensorType::get({shape.getNumElements()}, shape.getElementType());
      numbers = b.create<ReshapeOp>(shape, b.create<IotaOp>(flat, Value(), b.integer(0)), Value());
    } else {
      return op.emitOpError("cannot be differentiated: the updates have several axes, some of open size");
    }
    Value updates = op.getUpdates();
    numbers = adjoint::broadcastLike(b, numbers, updates, llvm::to_vector(llvm::seq<int64_t>(shape.getRank())));
    Value untouched = b.splat(b.cast(op.getX(), b.builder.getI64Type()), -1);
    return b.create<EqualOp>(gather(scatterInto(untouched, numbers, "set")), numbers);
  }

  void multiply() {
    // y = x P, P the product of the updates of one place; without update j it is P' / u_j, P' the product of the
    // nonzero ones, if no other update is zero; times the other one that is, which tells the second derivative.
    Value x = op.getX(), updates = op.getUpdates();
    if (b.wants(0)) {
      Value product = scatterInto(b.splat(x, 1.0), updates, "multiply");
      b.accumulate(0, b.create<MultiplyOp>(b.dy(), b.create<ConjOp>(product)));
    }
    if (!b.wants(1))
      return;
    Value isZero = b.create<EqualOp>(updates, b.zeros(updates));
    Value nonzero = b.create<SelectOp>(isZero, b.splat(updates, 1.0), updates);
    Value zerosHere = b.cast(isZero, b.builder.getI64Type());
    Value zeros = gather(scatterInto(b.zeros(b.cast(x, b.builder.getI64Type())), zerosHere, "add"));
    Value otherZeros = b.create<SubtractOp>(zeros, zerosHere), one = b.splat(otherZeros, 1);
    Value zeroHere = b.create<SelectOp>(isZero, updates, b.zeros(updates));
    Value otherZero = b.create<SubtractOp>(gather(scatterInto(b.zeros(x), zeroHere, "add")), zeroHere);
    Value others = b.create<DivideOp>(gather(scatterInto(x, nonzero, "multiply")), nonzero);
    Value slope = b.create<SelectOp>(b.create<LessOp>(otherZeros, one), others,
                                     b.create<SelectOp>(b.create<EqualOp>(otherZeros, one),
                                                        b.create<MultiplyOp>(otherZero, others), b.zeros(others)));
    b.accumulate(1, b.create<MultiplyOp>(gather(b.dy()), b.create<ConjOp>(slope)));
  }

  void extremum() {
    // What attains the result shares the cotangent equally.
    Value x = op.getX(), updates = op.getUpdates(), y = op.getY();
    Value keeps = b.create<EqualOp>(x, y), attains = b.create<EqualOp>(updates, gather(y));
    Value count = scatterInto(adjoint::castLike(b, keeps, x), adjoint::castLike(b, attains, x), "add");
    Value share = b.create<DivideOp>(b.dy(), count);
    b.accumulate(0, b.create<SelectOp>(keeps, share, b.zeros(share)));
    if (b.wants(1)) {
      Value shares = gather(share);
      b.accumulate(1, b.create<SelectOp>(attains, shares, b.zeros(shares)));
    }
  }
};

} // namespace

LogicalResult ScatterOp::pullback(AdjointBuilder &b) {
  ScatterAdjoint adjoint{b, *this};
  switch (*parseCombine(getCombine())) {
  case Combine::add:
    adjoint.add();
    return success();
  case Combine::set:
    return adjoint.set();
  case Combine::multiply:
    adjoint.multiply();
    return success();
  case Combine::min:
  case Combine::max:
    adjoint.extremum();
    return success();
  }
  llvm_unreachable("the verifier admits no other");
}

} // namespace tcc
