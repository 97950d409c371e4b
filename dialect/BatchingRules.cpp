// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Batching of the ops that are not simply the same op on stacks.
#include "dialect/Batching.h"
#include "dialect/Inference.h"

using namespace mlir;

namespace tcc {

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

LogicalResult ExtentOp::batch(BatchBuilder &b) {
  b.setShared(getY(), b.create<ExtentOp>(b.of(getX()), b.integers(shifted(getAxes()))));
  return success();
}

LogicalResult BroadcastOp::batch(BatchBuilder &b) {
  b.set(getY(),
        b.create<BroadcastOp>(b.stackedType(getY()), b.stacked(getX()), getLike() ? b.stacked(getLike()) : Value(),
                              b.integers(prefixed(0, shifted(getDims())))));
  return success();
}

LogicalResult TransposeOp::batch(BatchBuilder &b) {
  b.set(getY(), b.create<TransposeOp>(b.of(getX()), b.integers(prefixed(0, shifted(getPerm())))));
  return success();
}

LogicalResult SliceOp::batch(BatchBuilder &b) {
  b.set(getY(), b.create<SliceOp>(b.of(getX()), b.integers(prefixed(0, getStarts())),
                                  b.integers(prefixed(b.size(), getLimits())), b.integers(prefixed(1, getStrides()))));
  return success();
}

LogicalResult PadOp::batch(BatchBuilder &b) {
  auto padStack = [&](Value x, Value value) {
    return b.create<PadOp>(x, value, b.integers(prefixed(0, getLow())), b.integers(prefixed(0, getHigh())),
                           b.integers(prefixed(0, getInterior())));
  };
  if (!b.isStacked(getValue())) {
    b.set(getY(), padStack(b.of(getX()), b.of(getValue())));
    return success();
  }
  // The padding has room for one value only: that of the slice is selected where a mask says that x is not.
  auto constant = [&](Type type, double number) -> Value {
    return ConstantOp::create(b.builder, getLoc(), splatAttribute(tensorType(type), number));
  };
  RankedTensorType from = getX().getType();
  Value mask = b.create<PadOp>(constant(from.clone(b.builder.getI1Type()), 1),
                               constant(RankedTensorType::get({}, b.builder.getI1Type()), 0), getLowAttr(),
                               getHighAttr(), getInteriorAttr());
  Value inner = padStack(b.stacked(getX()), constant(getValue().getType(), 0));
  Value outer = b.create<BroadcastOp>(b.stackedType(getY()), b.of(getValue()), Value(), b.integers({0}));
  b.set(getY(), b.create<SelectOp>(b.repeated(mask), inner, outer));
  return success();
}

//===----------------------------------------------------------------------===//
// Indexing
//===----------------------------------------------------------------------===//

/// The indices of every slice, after the slice's own number: positions in a stack.
static SmallVector<Value> numbered(BatchBuilder &b, ValueRange indices) {
  SmallVector<Value> all = b.stacked(indices);
  all.insert(all.begin(), b.create<IotaOp>(all.front().getType(), Value(), b.builder.getI64IntegerAttr(0)));
  return all;
}

LogicalResult GatherOp::batch(BatchBuilder &b) {
  bool areIndicesStacked = llvm::any_of(getIndices(), [&](Value index) { return b.isStacked(index); });
  Value y;
  if (!b.isStacked(getX()))
    y = b.create<GatherOp>(b.of(getX()), b.stacked(getIndices()), getAxesAttr());
  else if (areIndicesStacked)
    y = b.create<GatherOp>(b.of(getX()), numbered(b, getIndices()), b.integers(prefixed(0, shifted(getAxes()))));
  else // The slices come out behind the axes of the indices, as the first of those not indexed.
    y = b.moveAxis(b.create<GatherOp>(b.of(getX()), b.of(getIndices()), b.integers(shifted(getAxes()))),
                   tensorType(getIndices().front()).getRank(), 0);
  b.set(getY(), y);
  return success();
}

LogicalResult ScatterOp::batch(BatchBuilder &b) {
  Value x = b.stacked(getX()), updates = b.stacked(getUpdates());
  if (llvm::any_of(getIndices(), [&](Value index) { return b.isStacked(index); }))
    b.set(getY(), b.create<ScatterOp>(x, updates, numbered(b, getIndices()),
                                      b.integers(prefixed(0, shifted(getAxes()))), getCombineAttr()));
  else
    b.set(getY(), b.create<ScatterOp>(x, b.moveAxis(updates, 0, tensorType(getIndices().front()).getRank()),
                                      b.of(getIndices()), b.integers(shifted(getAxes())), getCombineAttr()));
  return success();
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

LogicalResult DotGeneralOp::batch(BatchBuilder &b) {
  bool isLhsStacked = b.isStacked(getA()), isRhsStacked = b.isStacked(getB());
  auto axes = [&](ArrayRef<int64_t> of, bool isStacked) { return shifted(of, isStacked); };
  SmallVector<int64_t> lhsBatch = axes(getLhsBatch(), isLhsStacked), rhsBatch = axes(getRhsBatch(), isRhsStacked);
  SmallVector<int64_t> lhsContract = axes(getLhsContract(), isLhsStacked);
  SmallVector<int64_t> rhsContract = axes(getRhsContract(), isRhsStacked);
  Value lhs = b.of(getA()), rhs = b.of(getB());
  auto product = [&](Value x, Value y, ArrayRef<int64_t> xBatch, ArrayRef<int64_t> yBatch, ArrayRef<int64_t> xContract,
                     ArrayRef<int64_t> yContract) {
    return b.create<DotGeneralOp>(x, y, b.integers(xBatch), b.integers(yBatch), b.integers(xContract),
                                  b.integers(yContract));
  };
  auto inOrder = [&] { return product(lhs, rhs, lhsBatch, rhsBatch, lhsContract, rhsContract); };
  if (isLhsStacked && isRhsStacked) {
    lhsBatch.insert(lhsBatch.begin(), 0);
    rhsBatch.insert(rhsBatch.begin(), 0);
    b.set(getY(), inOrder());
    return success();
  }
  // The slices are a free axis of the operand that has them, its first one.
  int64_t numBatch = lhsBatch.size(), numLhsFree = getA().getType().getRank() - numBatch - lhsContract.size();
  int64_t numRhsFree = getB().getType().getRank() - numBatch - rhsContract.size();
  if (isLhsStacked)
    b.set(getY(), b.moveAxis(inOrder(), numBatch, 0));
  else if (numRhsFree == 0) // Exchanged, so that the slices come before a's free axes without being moved.
    b.set(getY(), b.moveAxis(product(rhs, lhs, rhsBatch, lhsBatch, rhsContract, lhsContract), numBatch, 0));
  else
    b.set(getY(), b.moveAxis(inOrder(), numBatch + numLhsFree, 0));
  return success();
}

LogicalResult ConvolutionOp::batch(BatchBuilder &b) {
  bool isX = b.isStacked(getX()), isW = b.isStacked(getW());
  int64_t numBatch = getXBatch().size(),
          numXFree = getX().getType().getRank() - numBatch - getXContract().size() - getXWindow().size();
  // The number that the slices have among the axes of y: another batch axis or the first free one of their operand.
  int64_t number = isX && isW ? 0 : isX ? numBatch : numBatch + numXFree;
  SmallVector<int64_t> xBatch = shifted(getXBatch(), isX), wBatch = shifted(getWBatch(), isW), perm{number};
  if (isX && isW) {
    xBatch.insert(xBatch.begin(), 0);
    wBatch.insert(wBatch.begin(), 0);
  }
  for (int64_t place : getPerm())
    perm.push_back(place + (place >= number));
  b.set(getY(),
        b.create<ConvolutionOp>(b.of(getX()), b.of(getW()), b.integers(xBatch), b.integers(wBatch),
                                b.integers(shifted(getXContract(), isX)), b.integers(shifted(getWContract(), isW)),
                                b.integers(shifted(getXWindow(), isX)), b.integers(shifted(getWWindow(), isW)),
                                getStridesAttr(), getLowAttr(), getHighAttr(), getXDilationAttr(), getWDilationAttr(),
                                getFlipAttr(), b.integers(perm)));
  return success();
}

LogicalResult WindowMaxOp::batch(BatchBuilder &b) {
  if (failed(b.applyToStacks({"axes"})))
    return failure();
  Value position = b.of(getPosition());
  RankedTensorType type = tensorType(position);
  Value slice = b.create<IotaOp>(type, Value(), b.builder.getI64IntegerAttr(0));
  Value elements = ConstantOp::create(b.builder, getLoc(), splatAttribute(type, getX().getType().getNumElements()));
  b.set(getPosition(), b.create<SubtractOp>(position, b.create<MultiplyOp>(slice, elements)));
  return success();
}

//===----------------------------------------------------------------------===//
// Solvers
//===----------------------------------------------------------------------===//

/// With one matrix for all slices their right-hand sides become columns of one, so that it is factored once.
static LogicalResult batchSolver(BatchBuilder &b, Value matrix, Value rhs) {
  if (b.isStacked(matrix))
    return b.applyToStacks({});
  ArrayRef<int64_t> shape = tensorType(rhs).getShape();
  int64_t rank = shape.size(), columns = shape.back();
  Value x = b.moveAxis(b.of(rhs), 0, rank - 1);
  auto apart = tensorType(x);
  SmallVector<int64_t> together(shape);
  together.back() = b.size() * columns;
  auto merged = apart.clone(together);
  Value y = b.clone(merged, {b.of(matrix), b.create<ReshapeOp>(merged, x, Value())})->getResult(0);
  b.set(b.op->getResult(0), b.moveAxis(b.create<ReshapeOp>(apart, y, Value()), rank - 1, 0));
  return success();
}

LogicalResult SolveOp::batch(BatchBuilder &b) { return batchSolver(b, getA(), getB()); }
LogicalResult PositiveSolveOp::batch(BatchBuilder &b) { return batchSolver(b, getA(), getB()); }
LogicalResult TriangularSolveOp::batch(BatchBuilder &b) { return batchSolver(b, getA(), getB()); }

} // namespace tcc
