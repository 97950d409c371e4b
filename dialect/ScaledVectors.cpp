// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds where the vectors of a decomposition are scaled by functions of its values, and differentiates there.
#include "dialect/ScaledVectors.h"
#include "dialect/Autodiff.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tcc {
namespace {

/// Whether `op` is linear in the operands at `varying` with its other operands fixed.
bool isLinear(Operation *op, ArrayRef<unsigned> varying) {
  if (isa<AddOp, SubtractOp, ConcatenateOp>(op))
    return true;
  if (isa<SelectOp>(op))
    return varying.front() > 0;
  if (varying.size() > 1)
    return false;
  if (isa<MultiplyOp, DotGeneralOp>(op))
    return true;
  if (isa<SolveOp, TriangularSolveOp>(op))
    return varying.front() == 1;
  return varying.front() == 0 &&
         isa<NegOp, ConjOp, CastOp, RealOp, ImagOp, DivideOp, BroadcastOp, ReshapeOp, TransposeOp, SliceOp, ReverseOp,
             PadOp, GatherOp, ReduceSumOp, CumsumOp, FftOp>(op);
}

class ScalingSearch {
public:
  ScalingSearch(AdjointBuilder &b, ValueRange vectors, Value values, ValueRange symmetric, Held held)
      : b(b), vectors(vectors), values(values), symmetric(symmetric), held(held),
        linear(vectors.begin(), vectors.end()) {}

  FailureOr<SmallVector<Value>> run() {
    // Values that are linear in the vectors, in the order in which they are found.
    for (size_t next = 0; next < linear.size(); ++next) {
      SmallVector<Operation *> users(linear[next].getUsers());
      for (Operation *user : users)
        if (failed(visit(user)))
          return failure();
    }
    for (Value product : products)
      if (failed(differentiateFactors(product, SmallVector<Value>(b.op->getResults()))))
        return failure();
    return differentiate(b.builder, tangents, cotangents, vectors, b.op->getResults());
  }

private:
  LogicalResult visit(Operation *user) {
    // What has no cotangent is no part of what is differentiated.
    if (user->getNumResults() != 1 || !b.cotangentOf(user->getResult(0)) || linear.contains(user->getResult(0)))
      return success();
    SmallVector<unsigned> varying;
    bool isScaled = false;
    for (OpOperand &operand : user->getOpOperands()) {
      if (linear.contains(operand.get())) {
        varying.push_back(operand.getOperandNumber());
        continue;
      }
      unsigned dependence = dependenceOf(operand.get());
      if (dependence & onVectors)
        return success();
      isScaled |= dependence & onValues;
    }
    Value y = user->getResult(0);
    if (!isLinear(user, varying)) {
      // Visited from either operand.
      if (held == Held::products && isa<MultiplyOp, DotGeneralOp>(user))
        products.insert(y);
      return success();
    }
    linear.insert(y);
    if (held == Held::products || !isScaled)
      return success();
    SmallVector<Value> fixed(b.op->getResults());
    for (unsigned number : varying)
      fixed.push_back(user->getOperand(number));
    return differentiateFactors(y, fixed);
  }

  /// Adds the tangent of y along ones in the values, all of `fixed` but the values fixed.
  LogicalResult differentiateFactors(Value y, SmallVector<Value> fixed) {
    llvm::append_range(fixed, symmetric);
    FailureOr<Value> tangent = differentiateAlong(b, y, values, b.splat(values, 1.0), fixed);
    if (failed(tangent))
      return failure();
    if (*tangent) {
      tangents.push_back(*tangent);
      cotangents.push_back(b.cotangentOf(y));
    }
    return success();
  }

  static constexpr unsigned onVectors = 1, onValues = 2;

  /// On which results of the decomposition a value depends.
  unsigned dependenceOf(Value value) {
    if (std::optional<unsigned> known = knownDependence(value))
      return *known;
    // An explicit stack, because chains may have any length: an op and how many of its operands have been visited.
    SmallVector<std::pair<Operation *, unsigned>> stack{{value.getDefiningOp(), 0}};
    while (!stack.empty()) {
      auto &[op, visited] = stack.back();
      if (visited == op->getNumOperands()) {
        unsigned sum = 0;
        for (Value operand : op->getOperands())
          sum |= *knownDependence(operand);
        dependences[op] = sum;
        stack.pop_back();
        continue;
      }
      Value operand = op->getOperand(visited++);
      if (!knownDependence(operand))
        stack.push_back({operand.getDefiningOp(), 0});
    }
    return *knownDependence(value);
  }

  std::optional<unsigned> knownDependence(Value value) {
    Operation *op = value.getDefiningOp();
    if (op == b.op)
      return value == values ? onValues : onVectors;
    if (!op || op->isBeforeInBlock(b.op))
      return 0;
    auto known = dependences.find(op);
    return known == dependences.end() ? std::nullopt : std::optional<unsigned>(known->second);
  }

  AdjointBuilder &b;
  ValueRange vectors;
  Value values;
  ValueRange symmetric;
  Held held;
  llvm::SetVector<Value> linear, products;
  llvm::DenseMap<Operation *, unsigned> dependences;
  SmallVector<Value> tangents, cotangents;
};

} // namespace

FailureOr<SmallVector<Value>> differentiateScaling(AdjointBuilder &b, ValueRange vectors, Value values,
                                                   ValueRange symmetric, Held held) {
  return ScalingSearch(b, vectors, values, symmetric, held).run();
}

// Reverse mode twice is forward mode: what pulls cotangents c of y back is linear in c, and its own adjoint pushes
// tangents forward.
FailureOr<Value> differentiateAlong(AdjointBuilder &b, Value y, ValueRange xs, ValueRange tangents, ValueRange fixed) {
  // An op of its own, because a constant would fold away what is made of it.
  auto c = InputOp::create(b.builder, b.loc(), y.getType());
  FailureOr<SmallVector<Value>> pulled = differentiate(b.builder, y, c.getY(), xs, fixed);
  if (failed(pulled))
    return failure();
  SmallVector<Value> reached, along;
  for (auto [value, tangent] : llvm::zip_equal(*pulled, tangents))
    if (value) {
      reached.push_back(value);
      along.push_back(tangent);
    }
  Value pushedForward;
  if (!reached.empty()) {
    FailureOr<SmallVector<Value>> pushed = differentiate(b.builder, reached, along, c.getY(), fixed);
    if (failed(pushed))
      return failure();
    pushedForward = pushed->front();
  }
  // The tangent does not depend on c but for its sizes, which y has too.
  c.getY().replaceAllUsesWith(y);
  SmallVector<Operation *> made;
  for (Operation &op : llvm::make_range(std::next(c->getIterator()), b.builder.getInsertionPoint()))
    made.push_back(&op);
  for (Operation *op : llvm::reverse(made))
    if (op->use_empty() && !(pushedForward && pushedForward.getDefiningOp() == op))
      op->erase();
  c->erase();
  return pushedForward;
}

} // namespace tcc
