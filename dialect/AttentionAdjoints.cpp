// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of attention and of its gradients. The first is a library call again; the others write the gradient out in
// products and exponentials and differentiate that, so that every further derivative exists, at the price of the
// scores.
#include "dialect/AdjointBuilder.h"
#include "dialect/Autodiff.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tcc {

LogicalResult AttentionOp::pullback(AdjointBuilder &b) {
  // With weights w and y = w v, the cotangent of the scores is w * (dy v^T - sum(dy * y)); logsumexp adds w times its
  // own.
  Type wide = tensorType(getLogsumexp()).getElementType();
  Value dy = b.dyOrZero(0), product = b.create<MultiplyOp>(b.cast(dy, wide), b.cast(getY(), wide));
  Value delta = b.create<ReduceSumOp>(product, b.integers({tensorType(product).getRank() - 1}));
  if (Value dlogsumexp = b.dy(1))
    delta = b.create<SubtractOp>(delta, dlogsumexp);
  if (b.wants(0) || b.wants(1) || b.wants(2)) {
    auto gradient = AttentionGradientOp::create(b.builder, b.loc(), getQ(), getK(), getV(), getLogsumexp(), delta, dy,
                                                getMask(), getCausalAttr(), getScaleAttr());
    for (auto [operand, value] : llvm::enumerate(gradient.getResults()))
      b.accumulate(operand, value);
  }
  if (getMask() && b.wants(3))
    b.accumulate(3, b.create<AttentionMaskGradientOp>(getQ(), getK(), getV(), getLogsumexp(), delta, dy, getMask(),
                                                      getCausalAttr(), getScaleAttr()));
  return success();
}

namespace {
/// The gradients of attention as ops on whole matrices of scores, in the type of logsumexp.
template <class Op> struct Formula {
  Formula(Op op, AdjointBuilder &b) : b(b) {
    wide = tensorType(op.getLogsumexp()).getElementType();
    rank = tensorType(op.getQ()).getRank();
    q = b.cast(op.getQ(), wide);
    k = b.cast(op.getK(), wide);
    dy = b.cast(op.getDy(), wide);
    scale = op.getScale().convertToDouble();
    Value scores = scaled(product(q, k, rank - 1, rank - 1));
    auto all = llvm::to_vector(llvm::seq<int64_t>(rank));
    Value none = b.splat(scores, -std::numeric_limits<double>::infinity());
    if (Value mask = op.getMask()) {
      if (isInexact(mask.getType()))
        scores = b.create<AddOp>(scores, adjoint::broadcastLike(b, b.cast(mask, wide), scores, all));
      else
        scores = b.create<SelectOp>(adjoint::broadcastLike(b, mask, scores, all), scores, none);
    }
    if (op.getCausal()) {
      Value column = adjoint::iotaLike(b, scores, rank - 1), row = adjoint::iotaLike(b, scores, rank - 2);
      scores = b.create<SelectOp>(b.create<LessEqualOp>(column, row), scores, none);
    }
    ArrayRef<int64_t> rows = ArrayRef<int64_t>(all).drop_back();
    weights = b.create<ExpOp>(b.create<SubtractOp>(scores, adjoint::broadcastLike(b, op.getLogsumexp(), scores, rows)));
    Value dweights = product(dy, b.cast(op.getV(), wide), rank - 1, rank - 1);
    dscores = b.create<MultiplyOp>(
        weights, b.create<SubtractOp>(dweights, adjoint::broadcastLike(b, op.getDelta(), dweights, rows)));
  }

  /// The sum over one axis of each, for every batch index.
  Value product(Value x, Value y, int64_t xAxis, int64_t yAxis) {
    auto batch = llvm::to_vector(llvm::seq<int64_t>(rank - 2));
    return b.create<DotGeneralOp>(x, y, b.integers(batch), b.integers(batch), b.integers({xAxis}), b.integers({yAxis}));
  }
  Value scaled(Value x) { return b.create<MultiplyOp>(x, b.splat(x, scale)); }

  AdjointBuilder &b;
  Type wide;
  int64_t rank;
  double scale;
  Value q, k, dy, weights, dscores;
};
} // namespace

/// Pulls the cotangents of the results back through `formula`, which computes them from the operands alone.
static LogicalResult pullThrough(AdjointBuilder &b, ArrayRef<Value> formula) {
  SmallVector<Value> ys, dys;
  for (auto [result, y] : llvm::enumerate(formula))
    if (Value dy = b.dy(result)) {
      ys.push_back(adjoint::castLike(b, y, b.op->getResult(result)));
      dys.push_back(dy);
    }
  // One tensor may be several operands: its cotangent is the sum already.
  llvm::SetVector<Value> xs(b.op->operand_begin(), b.op->operand_end());
  FailureOr<SmallVector<Value>> dxs = differentiate(b.builder, ys, dys, xs.getArrayRef(), b.op->getOperands());
  if (failed(dxs))
    return failure();
  for (auto [x, dx] : llvm::zip_equal(xs, *dxs))
    b.accumulate(llvm::find(b.op->getOperands(), x).getIndex(), dx);
  return success();
}

LogicalResult AttentionGradientOp::pullback(AdjointBuilder &b) {
  Formula<AttentionGradientOp> f(*this, b);
  return pullThrough(b, {f.scaled(f.product(f.dscores, f.k, f.rank - 1, f.rank - 2)),
                         f.scaled(f.product(f.dscores, f.q, f.rank - 2, f.rank - 2)),
                         f.product(f.weights, f.dy, f.rank - 2, f.rank - 2)});
}

LogicalResult AttentionMaskGradientOp::pullback(AdjointBuilder &b) {
  Formula<AttentionMaskGradientOp> f(*this, b);
  return pullThrough(b, {adjoint::sumToLike(b, f.dscores, getMask(), adjoint::allAxes(b, getMask()))});
}

} // namespace tcc
