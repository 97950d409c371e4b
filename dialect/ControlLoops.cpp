// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialect/ControlLoops.h"
#include "dialect/Functions.h"

using namespace mlir;

namespace tcc {

RankedTensorType stackOf(Type row, ScanOp scan) {
  SmallVector<int64_t> shape{int64_t(scan.getLength()) == -1 ? ShapedType::kDynamic : int64_t(scan.getLength())};
  llvm::append_range(shape, tensorType(row).getShape());
  return tensorType(row).clone(shape);
}

Value zerosLike(OpBuilder &builder, Location loc, Value like) {
  RankedTensorType type = tensorType(like);
  bool isStatic = type.hasStaticShape();
  Value zero = ConstantOp::create(
      builder, loc, splatAttribute(isStatic ? type : RankedTensorType::get({}, type.getElementType()), 0.0));
  return isStatic ? zero : BroadcastOp::create(builder, loc, type, zero, like, builder.getDenseI64ArrayAttr({}));
}

Value position(OpBuilder &builder, Location loc, int64_t value) {
  auto type = RankedTensorType::get({}, builder.getI64Type());
  return ConstantOp::create(builder, loc, DenseElementsAttr::get(type, builder.getI64IntegerAttr(value)));
}

static ModuleOp moduleAround(OpBuilder &builder) {
  Operation *parent = builder.getInsertionBlock()->getParentOp();
  auto module = dyn_cast<ModuleOp>(parent);
  return module ? module : parent->getParentOfType<ModuleOp>();
}

CountedLoop countedLoop(OpBuilder &builder, Location loc, Value count, ValueRange captures, ValueRange state,
                        LoopTurn turn) {
  ModuleOp module = moduleAround(builder);
  SmallVector<Value> outside{count}, start{position(builder, loc, 0)};
  llvm::append_range(outside, captures);
  llvm::append_range(start, state);
  SmallVector<Type> types(ValueRange(outside).getTypes());
  llvm::append_range(types, ValueRange(start).getTypes());
  func::FuncOp condition = makeFunction(module, loc, "is_counting", types,
                                        [&](OpBuilder &inner, ValueRange arguments) -> SmallVector<Value> {
                                          return {LessOp::create(inner, loc, arguments[outside.size()], arguments[0])};
                                        });
  func::FuncOp body = makeFunction(module, loc, "counted", types, [&](OpBuilder &inner, ValueRange arguments) {
    ValueRange inside = arguments.take_front(outside.size()), now = arguments.drop_front(outside.size());
    SmallVector<Value> next{AddOp::create(inner, loc, now[0], position(inner, loc, 1))};
    llvm::append_range(next, turn(inner, inside.drop_front(), now.drop_front()));
    return next;
  });
  SmallVector<Type> results(ValueRange(start).getTypes());
  results.push_back(count.getType());
  auto loop = WhileLoopOp::create(builder, loc, results, outside, start, condition.getName(), body.getName());
  return {loop, loop.getLast().drop_front()};
}

WhileLoopOp expandUnwind(OpBuilder &builder, UnwindOp unwind) {
  Location loc = unwind.getLoc();
  ModuleOp module = moduleAround(builder);
  func::FuncOp turn = lookupFunction(unwind, unwind.getBodyAttr()), step = lookupFunction(unwind, unwind.getStepAttr());
  unsigned numCaptures = unwind.getCaptures().size();
  SmallVector<Value> outside(unwind.getCaptures());
  llvm::append_range(outside, unwind.getState());
  SmallVector<Value> start{builder.createOrFold<SubtractOp>(loc, unwind.getCount(), position(builder, loc, 1))};
  llvm::append_range(start, unwind.getCotangents());
  SmallVector<Type> types(ValueRange(outside).getTypes());
  llvm::append_range(types, ValueRange(start).getTypes());
  func::FuncOp condition = makeFunction(
      module, loc, "is_unwinding", types, [&](OpBuilder &inner, ValueRange arguments) -> SmallVector<Value> {
        return {GreaterEqualOp::create(inner, loc, arguments[outside.size()], position(inner, loc, 0))};
      });
  func::FuncOp body = makeFunction(module, loc, "unwound", types, [&](OpBuilder &inner, ValueRange arguments) {
    ValueRange captures = arguments.take_front(numCaptures);
    ValueRange first = arguments.slice(numCaptures, outside.size() - numCaptures);
    Value turnNumber = arguments[outside.size()];
    CountedLoop state =
        countedLoop(inner, loc, turnNumber, captures, first, [&](OpBuilder &b, ValueRange captures, ValueRange state) {
          SmallVector<Value> all(captures);
          llvm::append_range(all, state);
          return inlineFunction(b, turn, all);
        });
    SmallVector<Value> all(captures);
    llvm::append_range(all, state.results);
    llvm::append_range(all, arguments.drop_front(outside.size() + 1));
    SmallVector<Value> next{SubtractOp::create(inner, loc, turnNumber, position(inner, loc, 1))};
    llvm::append_range(next, inlineFunction(inner, step, all));
    return next;
  });
  SmallVector<Type> results(ValueRange(start).getTypes());
  results.push_back(unwind.getCount().getType());
  return WhileLoopOp::create(builder, loc, results, outside, start, condition.getName(), body.getName());
}

} // namespace tcc
