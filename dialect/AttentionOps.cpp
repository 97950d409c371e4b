// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference and batching of attention and its gradients.
#include "dialect/Batching.h"
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

/// Whether every size of `a` may be that of `b`, or 1 if `repeats`.
static bool fits(ArrayRef<int64_t> a, ArrayRef<int64_t> b, bool repeats = false) {
  return a.size() == b.size() && llvm::all_of(llvm::zip_equal(a, b), [&](auto pair) {
           auto [x, y] = pair;
           return mayBeEqual(x, y) || (repeats && x == 1);
         });
}

static SmallVector<int64_t> withLast(ArrayRef<int64_t> shape, std::initializer_list<int64_t> last) {
  SmallVector<int64_t> sizes(shape);
  llvm::append_range(sizes, last);
  return sizes;
}

/// Checks q, k, v and the mask, and gives the type of logsumexp.
static FailureOr<RankedTensorType> rowsOf(std::optional<Location> loc, StringRef op, Value q0, Value k0, Value v0,
                                          Value mask) {
  RankedTensorType q = tensorType(q0), k = tensorType(k0), v = tensorType(v0);
  auto batch = [](RankedTensorType type) { return type.getShape().drop_back(2); };
  auto size = [](RankedTensorType type, int64_t fromEnd) { return type.getDimSize(type.getRank() - fromEnd); };
  auto fail = [&] { return InferenceError(loc, op); };
  Type element = q.getElementType();
  if (q.getRank() < 2 || k.getRank() < 2 || v.getRank() < 2 || k.getElementType() != element ||
      v.getElementType() != element || !fits(batch(k), batch(q)) || !fits(batch(v), batch(q)) ||
      !mayBeEqual(size(q, 1), size(k, 1)) || !mayBeEqual(size(k, 2), size(v, 2))) {
    (void)LogicalResult(fail() << "expects {.., L, E}, {.., S, E} and {.., S, V} of one element type, got " << Type(q)
                               << ", " << Type(k) << " and " << Type(v));
    return failure();
  }
  if (mask) {
    RankedTensorType type = tensorType(mask);
    if ((type.getElementType() != element && !type.getElementType().isInteger(1)) ||
        !fits(type.getShape(), withLast(batch(q), {size(q, 2), size(k, 2)}), /*repeats=*/true)) {
      (void)LogicalResult(
          fail() << "expects a mask of bool or of the element type of q, with sizes of {.., L, S} or 1, got "
                 << Type(type) << " for " << Type(q) << " and " << Type(k));
      return failure();
    }
  }
  Type wide = element.isF64() ? element : Float32Type::get(element.getContext());
  return RankedTensorType::get(q.getShape().drop_back(), wide);
}

TCC_INFER(AttentionOp) {
  FailureOr<RankedTensorType> rows =
      rowsOf(loc, getOperationName(), adaptor.getQ(), adaptor.getK(), adaptor.getV(), adaptor.getMask());
  if (failed(rows))
    return failure();
  RankedTensorType v = tensorType(adaptor.getV());
  types.append({v.clone(withLast(rows->getShape(), {v.getShape().back()})), *rows});
  return success();
}

template <class Adaptor>
static LogicalResult checkGradient(std::optional<Location> loc, StringRef op, Adaptor adaptor) {
  FailureOr<RankedTensorType> rows = rowsOf(loc, op, adaptor.getQ(), adaptor.getK(), adaptor.getV(), adaptor.getMask());
  if (failed(rows))
    return failure();
  RankedTensorType v = tensorType(adaptor.getV()), dy = tensorType(adaptor.getDy());
  RankedTensorType given[] = {tensorType(adaptor.getLogsumexp()), tensorType(adaptor.getDelta())};
  for (RankedTensorType type : given)
    if (type.getElementType() != rows->getElementType() || !fits(type.getShape(), rows->getShape()))
      return InferenceError(loc, op) << "expects logsumexp and delta of type " << Type(*rows) << ", got " << Type(type);
  if (dy.getElementType() != v.getElementType() ||
      !fits(dy.getShape(), withLast(rows->getShape(), {v.getShape().back()})))
    return InferenceError(loc, op) << "expects dy {.., L, V} of the element type of v, got " << Type(dy) << " for "
                                   << adaptor.getQ().getType() << " and " << Type(v);
  return success();
}

TCC_INFER(AttentionGradientOp) {
  if (failed(checkGradient(loc, getOperationName(), adaptor)))
    return failure();
  types.append({adaptor.getQ().getType(), adaptor.getK().getType(), adaptor.getV().getType()});
  return success();
}

TCC_INFER(AttentionMaskGradientOp) {
  if (failed(checkGradient(loc, getOperationName(), adaptor)))
    return failure();
  if (tensorType(adaptor.getMask()).getElementType() != tensorType(adaptor.getQ()).getElementType())
    return InferenceError(loc, getOperationName())
           << "expects a mask of the element type of q, got " << adaptor.getMask().getType();
  types.push_back(adaptor.getMask().getType());
  return success();
}

/// All but the mask as stacks; a shared mask gets an axis of size 1 instead of repetitions.
template <class Op> static LogicalResult batchAttention(Op op, BatchBuilder &b) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    if (operand != op.getMask() || b.isStacked(operand))
      operands.push_back(b.stacked(operand));
    else
      operands.push_back(b.create<ReshapeOp>(tensorType(operand).clone(prefixed(1, tensorType(operand).getShape())),
                                             b.of(operand), Value()));
  auto types = llvm::map_to_vector(op->getResults(), [&](Value y) -> Type { return b.stackedType(y); });
  for (auto [y, stack] : llvm::zip_equal(op->getResults(), b.clone(types, operands)->getResults()))
    b.set(y, stack);
  return success();
}
LogicalResult AttentionOp::batch(BatchBuilder &b) { return batchAttention(*this, b); }
LogicalResult AttentionGradientOp::batch(BatchBuilder &b) { return batchAttention(*this, b); }

} // namespace tcc
