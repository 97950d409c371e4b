// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialect/Functions.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tcc {

SmallVector<func::FuncOp> functionsOf(ModuleOp module) {
  SmallVector<func::FuncOp> functions;
  for (Operation &op : *module.getBody()) {
    if (!isa<SymbolOpInterface>(op))
      break;
    if (auto function = dyn_cast<func::FuncOp>(op))
      functions.push_back(function);
  }
  return functions;
}

func::FuncOp lookupFunction(Operation *user, FlatSymbolRefAttr name) {
  for (func::FuncOp function : functionsOf(user->getParentOfType<ModuleOp>()))
    if (function.getSymNameAttr() == name.getAttr())
      return function;
  return {};
}

SmallVector<FlatSymbolRefAttr> functionsNamedBy(Operation *op) {
  using Names = SmallVector<FlatSymbolRefAttr>;
  return llvm::TypeSwitch<Operation *, Names>(op)
      .Case<CallOp>([](CallOp call) {
        Names names{call.getCalleeAttr()};
        if (auto pullback = call->getAttrOfType<FlatSymbolRefAttr>(pullbackAttribute))
          names.push_back(pullback);
        return names;
      })
      .Case<LaunchOp, CheckpointOp>([](auto call) { return Names{call.getCalleeAttr()}; })
      .Case<CondOp>([](CondOp cond) { return Names{cond.getThenAttr(), cond.getOtherwiseAttr()}; })
      .Case<ScanOp>([](ScanOp scan) { return Names{scan.getBodyAttr()}; })
      .Case<WhileLoopOp>([](WhileLoopOp loop) { return Names{loop.getConditionAttr(), loop.getBodyAttr()}; })
      .Case<UnwindOp>([](UnwindOp unwind) { return Names{unwind.getBodyAttr(), unwind.getStepAttr()}; })
      .Default([](Operation *) { return Names(); });
}

std::string freshName(ModuleOp module, StringRef base) {
  SmallVector<func::FuncOp> functions = functionsOf(module);
  std::string name = base.str();
  for (int suffix = 1; llvm::any_of(functions, [&](func::FuncOp other) { return other.getName() == name; }); ++suffix)
    name = (base + "_" + Twine(suffix)).str();
  return name;
}

/// What a function is made of, in 128 bits: a collision is not expected in the lifetime of the universe.
static Attribute keyOf(func::FuncOp function) {
  uint64_t a = 0x9e3779b97f4a7c15, b = 0xd1b54a32d192ed03;
  auto add = [&](uint64_t x) {
    a = (a ^ x) * 0xff51afd7ed558ccd;
    a ^= a >> 32;
    b = (b + x) * 0xc4ceb9fe1a85ec53;
    b ^= b >> 29;
  };
  llvm::DenseMap<Value, uint64_t> numbers;
  auto define = [&](Value value) {
    numbers.try_emplace(value, numbers.size());
    add(uintptr_t(value.getType().getAsOpaquePointer()));
  };
  for (Value argument : function.getArguments())
    define(argument);
  add(function.getNumArguments());
  for (Operation &op : function.front()) {
    add(uintptr_t(op.getName().getAsOpaquePointer()));
    add(uintptr_t(op.getAttrDictionary().getAsOpaquePointer()));
    add(uintptr_t(op.getLoc().getAsOpaquePointer())); // what fails is reported at its own line
    for (Value operand : op.getOperands())
      add(numbers.lookup(operand));
    for (Value result : op.getResults())
      define(result);
  }
  return DenseI64ArrayAttr::get(function.getContext(), {int64_t(a), int64_t(b)});
}

func::FuncOp uniqueFunction(func::FuncOp made) {
  constexpr StringLiteral keyName = "tcc.key";
  Attribute key = keyOf(made);
  for (func::FuncOp other : functionsOf(made->getParentOfType<ModuleOp>()))
    if (other != made && other->getAttr(keyName) == key) {
      made.erase();
      return other;
    }
  made->setAttr(keyName, key);
  return made;
}

func::FuncOp makeFunction(ModuleOp module, Location loc, StringRef name, TypeRange arguments, FunctionBody body) {
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  auto function =
      func::FuncOp::create(builder, loc, freshName(module, name), builder.getFunctionType(arguments, TypeRange()));
  function.setPrivate();
  Block *block = function.addEntryBlock();
  builder.setInsertionPointToEnd(block);
  SmallVector<Value> results = body(builder, block->getArguments());
  func::ReturnOp::create(builder, loc, results);
  function.setFunctionType(builder.getFunctionType(arguments, ValueRange(results).getTypes()));
  return uniqueFunction(function);
}

SmallVector<Value> inlineFunction(OpBuilder &builder, func::FuncOp function, ValueRange arguments) {
  Block &body = function.front();
  IRMapping map;
  for (auto [from, to] : llvm::zip_equal(body.getArguments(), arguments))
    if (to)
      map.map(from, to);
  for (Operation &op : body.without_terminator())
    builder.clone(op, map);
  return llvm::map_to_vector(body.getTerminator()->getOperands(), [&](Value v) { return map.lookup(v); });
}

} // namespace tcc
