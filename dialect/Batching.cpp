// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The driver of batching: finds what depends on a stack and asks each of these ops for its rule; and what rules are
// written with.
#include "dialect/Batching.h"

#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace tcc {

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

static LogicalResult batchOp(OpBuilder &builder, Operation *op, BatchMap &map) {
  auto batchable = dyn_cast<BatchingOpInterface>(op);
  if (!batchable)
    return op->emitOpError("is no op of tcc and cannot be batched");
  auto isOpen = [](Type type) { return !tensorType(type).hasStaticShape(); };
  if (llvm::any_of(op->getOperandTypes(), isOpen) || llvm::any_of(op->getResultTypes(), isOpen))
    return op->emitOpError(
        "has sizes that are only known at run time, and cannot be batched: they may differ from slice "
        "to slice");
  BatchBuilder b(builder, op, map);
  return batchable.batch(b);
}

LogicalResult batch(OpBuilder &builder, ValueRange ys, BatchMap &map) {
  // What depends on a slice lies behind it: the walk starts there and not at ys, whose history may be long.
  DenseSet<Operation *> dependent;
  SmallVector<Value> reached;
  for (auto &[slice, stack] : map.stacks)
    reached.push_back(slice);
  while (!reached.empty())
    for (Operation *user : reached.pop_back_val().getUsers())
      if (dependent.insert(user).second)
        reached.append(user->result_begin(), user->result_end());

  DenseSet<Operation *> needed;
  SmallVector<Value> wanted(ys);
  while (!wanted.empty()) {
    Operation *producer = wanted.pop_back_val().getDefiningOp();
    if (producer && dependent.contains(producer) && needed.insert(producer).second)
      wanted.append(producer->operand_begin(), producer->operand_end());
  }
  SmallVector<Operation *> ordered(needed.begin(), needed.end());
  llvm::sort(ordered, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  for (Operation *op : ordered)
    // What a rule found to be shared after all leaves its users to be shared, too.
    if (llvm::any_of(op->getOperands(), [&](Value v) { return map.isStacked(v); })) {
      if (failed(batchOp(builder, op, map)))
        return failure();
    } else {
      builder.clone(*op, map.shared);
    }
  return success();
}

LogicalResult batchBody(OpBuilder &builder, Block &body, BatchMap &map) {
  for (Operation &op : body.without_terminator())
    if (llvm::none_of(op.getOperands(), [&](Value v) { return map.isStacked(v); }))
      builder.clone(op, map.shared);
    else if (failed(batchOp(builder, &op, map)))
      return failure();
  return success();
}

static RankedTensorType stackedType(Type slice, int64_t size) {
  RankedTensorType type = tensorType(slice);
  return type.clone(prefixed(size, type.getShape()));
}

/// Marks a function that buildBatched made, with what it is the batched form of.
static constexpr StringLiteral batchOf = "tcc.batch_of", batchKey = "tcc.batch_key", batchResults = "tcc.batch_results";

FailureOr<BatchedFunction> buildBatched(func::FuncOp function, int64_t size, ArrayRef<bool> arguments,
                                        ArrayRef<bool> results) {
  if (function.getBody().empty() || !function.getBody().hasOneBlock())
    return function.emitOpError("has no body of one block to batch");
  auto module = function->getParentOfType<ModuleOp>();
  OpBuilder builder(function.getContext());
  auto name = FlatSymbolRefAttr::get(function);
  auto key = builder.getArrayAttr({builder.getI64IntegerAttr(size), builder.getDenseBoolArrayAttr(arguments),
                                   builder.getDenseBoolArrayAttr(results)});
  for (auto other : module.getOps<func::FuncOp>())
    if (other->getAttr(batchOf) == name && other->getAttr(batchKey) == key)
      // Not llvm::to_vector, which makes a list of two bools of the two pointers.
      return BatchedFunction{other,
                             SmallVector<bool>(cast<DenseBoolArrayAttr>(other->getAttr(batchResults)).asArrayRef())};

  std::string symbol = (function.getName() + "_batched").str();
  for (int suffix = 1; module.lookupSymbol(symbol); ++suffix)
    symbol = (function.getName() + "_batched_" + Twine(suffix)).str();
  builder.setInsertionPointAfter(function);
  SmallVector<Type> types(function.getArgumentTypes());
  for (auto [type, isStack] : llvm::zip_equal(types, arguments))
    if (isStack)
      type = stackedType(type, size);
  auto made = func::FuncOp::create(builder, function.getLoc(), symbol, builder.getFunctionType(types, {}));
  made.setPrivate();
  made->setAttr(batchOf, name);
  made->setAttr(batchKey, key);
  Block *body = made.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  BatchMap map(size);
  for (auto [from, to, isStack] : llvm::zip_equal(function.getArguments(), body->getArguments(), arguments))
    if (isStack)
      map.stacks[from] = to;
    else
      map.shared.map(from, to);
  if (failed(batchBody(builder, function.front(), map))) {
    made.erase();
    return failure();
  }
  BatchedFunction batched{made, {}};
  Operation *terminator = function.front().getTerminator();
  BatchBuilder b(builder, terminator, map);
  SmallVector<Value> returned;
  for (auto [index, y] : llvm::enumerate(terminator->getOperands())) {
    batched.isStacked.push_back(map.isStacked(y) || (!results.empty() && results[index]));
    returned.push_back(batched.isStacked.back() ? b.stacked(y) : b.of(y));
  }
  func::ReturnOp::create(builder, terminator->getLoc(), returned);
  made.setFunctionType(builder.getFunctionType(types, ValueRange(returned).getTypes()));
  made->setAttr(batchResults, builder.getDenseBoolArrayAttr(batched.isStacked));
  return batched;
}

//===----------------------------------------------------------------------===//
// What rules are written with
//===----------------------------------------------------------------------===//

SmallVector<int64_t> shifted(ArrayRef<int64_t> axes, int64_t by) {
  return llvm::to_vector(llvm::map_range(axes, [by](int64_t axis) { return axis + by; }));
}

SmallVector<int64_t> prefixed(int64_t first, ArrayRef<int64_t> rest) {
  SmallVector<int64_t> all{first};
  llvm::append_range(all, rest);
  return all;
}

RankedTensorType BatchBuilder::stackedType(Value slice) const { return tcc::stackedType(slice.getType(), size()); }

SmallVector<Value> BatchBuilder::of(ValueRange operands) const {
  return llvm::to_vector(llvm::map_range(operands, [&](Value v) { return of(v); }));
}

SmallVector<Value> BatchBuilder::stacked(ValueRange operands) {
  return llvm::to_vector(llvm::map_range(operands, [&](Value v) { return stacked(v); }));
}

Value BatchBuilder::stacked(Value operand) { return isStacked(operand) ? of(operand) : repeated(of(operand)); }

Value BatchBuilder::repeated(Value shared) {
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(1, tensorType(shared).getRank() + 1));
  return create<BroadcastOp>(stackedType(shared), shared, Value(), integers(dims));
}

Value BatchBuilder::moveAxis(Value x, int64_t from, int64_t to) {
  SmallVector<int64_t> perm = llvm::to_vector(llvm::seq<int64_t>(tensorType(x).getRank()));
  perm.erase(perm.begin() + from);
  perm.insert(perm.begin() + to, from);
  return create<TransposeOp>(x, integers(perm));
}

Operation *BatchBuilder::clone(TypeRange types, ValueRange operands) {
  OperationState state(op->getLoc(), op->getName(), operands, types, op->getAttrs());
  return builder.create(state);
}

LogicalResult BatchBuilder::applyToStacks(ArrayRef<StringRef> axisAttributes) {
  SmallVector<Type> types;
  for (Value result : op->getResults())
    types.push_back(stackedType(result));
  Operation *whole = clone(types, stacked(op->getOperands()));
  for (StringRef name : axisAttributes) {
    Attribute axes = op->getAttr(name);
    if (auto one = dyn_cast<IntegerAttr>(axes))
      whole->setAttr(name, builder.getI64IntegerAttr(one.getInt() + 1));
    else
      whole->setAttr(name, integers(shifted(cast<DenseI64ArrayAttr>(axes).asArrayRef())));
  }
  for (auto [result, stack] : llvm::zip_equal(op->getResults(), whole->getResults()))
    set(result, stack);
  return success();
}

} // namespace tcc

#include "dialect/Batching.cpp.inc"
