// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls, branches and loops: verification against the functions that they name, and what folds.
#include "dialect/Functions.h"
#include "dialect/Inference.h"

#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace tcc {

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// Whether `name` is a function from `arguments` to `results`; `what` it is to the op.
static LogicalResult verifyFunction(Operation *op, StringRef what, FlatSymbolRefAttr name,
                                    SymbolTableCollection &symbols, TypeRange arguments, TypeRange results) {
  auto callee = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(op, name);
  if (!callee)
    return op->emitOpError() << what << " is no function of the module: " << name;
  auto list = [](auto types) {
    std::string text;
    llvm::raw_string_ostream os(text);
    os << "(";
    llvm::interleaveComma(types, os);
    os << ")";
    return text;
  };
  if (!llvm::equal(callee.getArgumentTypes(), arguments))
    return op->emitOpError() << what << " must be a function of " << list(arguments) << ", got " << name << " of "
                             << list(callee.getArgumentTypes());
  if (!llvm::equal(callee.getResultTypes(), results))
    return op->emitOpError() << what << " must give " << list(results) << ", got " << name << ", which gives "
                             << list(callee.getResultTypes());
  return success();
}

LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyFunction(*this, "callee", getCalleeAttr(), symbols, getOperandTypes(), getResultTypes());
}

LogicalResult CheckpointOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyFunction(*this, "callee", getCalleeAttr(), symbols, getOperandTypes(), getResultTypes());
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // Kernels may be lowered, to any stage, before the launch is: they are on memory then, and have no results.
  auto callee = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(*this, getCalleeAttr());
  if (callee && !callee->hasAttr("tcc.kernel"))
    return emitOpError("callee is no kernel: ") << getCalleeAttr();
  if (callee && llvm::none_of(callee.getResultTypes(), llvm::IsaPred<TensorType>))
    return success();
  return verifyFunction(*this, "callee", getCalleeAttr(), symbols, getOperandTypes(), getResultTypes());
}

LogicalResult CondOp::verify() {
  if (getPredicate().getType().getRank() != 0)
    return emitOpError("predicate must have no axes, got ") << getPredicate().getType();
  return success();
}

LogicalResult CondOp::verifySymbolUses(SymbolTableCollection &symbols) {
  for (auto [what, name] : {std::pair("then", getThenAttr()), std::pair("otherwise", getOtherwiseAttr())})
    if (failed(verifyFunction(*this, what, name, symbols, getXs().getTypes(), getResultTypes())))
      return failure();
  return success();
}

LogicalResult ScanOp::verify() {
  int64_t length = getLength();
  if (getNumResults() < getCarries().size())
    return emitOpError("has ") << getCarries().size() << " carries, but " << getNumResults() << " results";
  if (length < -1)
    return emitOpError("length must not be negative, or -1 if the xs give it, got ") << length;
  for (Value x : getXs())
    if (tensorType(x).getRank() == 0 ||
        !mayBeEqual(tensorType(x).getDimSize(0), length == -1 ? ShapedType::kDynamic : length))
      return emitOpError("length is ") << length << ", but that is not the first extent of " << x.getType();
  if (length == -1 && (getXs().empty() || !tensorType(getXs().front()).isDynamicDim(0)))
    return emitOpError("length is -1, but no first extent of the xs is open");
  for (Value stack : getStacks())
    if (tensorType(stack).getRank() == 0 ||
        tensorType(stack).getDimSize(0) != (length == -1 ? ShapedType::kDynamic : length))
      return emitOpError("length is ") << length << ", but that is not the first extent of " << stack.getType();
  return success();
}

static RankedTensorType withoutFirstAxis(Type type) {
  return tensorType(type).clone(tensorType(type).getShape().drop_front());
}

LogicalResult ScanOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SmallVector<Type> arguments{RankedTensorType::get({}, IntegerType::get(getContext(), 64))}, results;
  llvm::append_range(arguments, getCaptures().getTypes());
  llvm::append_range(arguments, getCarries().getTypes());
  for (Value x : getXs())
    arguments.push_back(withoutFirstAxis(x.getType()));
  llvm::append_range(results, getCarries().getTypes());
  for (Value stack : getStacks())
    results.push_back(withoutFirstAxis(stack.getType()));
  if (failed(verifyFunction(*this, "body", getBodyAttr(), symbols, arguments, results)))
    return failure();
  if (!llvm::equal(getLastCarries().getTypes(), getCarries().getTypes()))
    return emitOpError("the first results must have the types of the carries");
  return success();
}

/// Types of the captures, then those of the state.
static SmallVector<Type> joined(TypeRange a, TypeRange b) {
  SmallVector<Type> types(a);
  llvm::append_range(types, b);
  return types;
}

LogicalResult WhileLoopOp::verify() {
  if (!llvm::equal(getLast().getTypes(), getState().getTypes()))
    return emitOpError("the first results must have the types of the state");
  if (getCount().getType().getRank() != 0)
    return emitOpError("the number of turns must have no axes, got ") << getCount().getType();
  return success();
}

LogicalResult WhileLoopOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SmallVector<Type> arguments = joined(getCaptures().getTypes(), getState().getTypes());
  Type truth = RankedTensorType::get({}, IntegerType::get(getContext(), 1));
  if (failed(verifyFunction(*this, "condition", getConditionAttr(), symbols, arguments, truth)))
    return failure();
  return verifyFunction(*this, "body", getBodyAttr(), symbols, arguments, getState().getTypes());
}

LogicalResult UnwindOp::verify() {
  if (getCount().getType().getRank() != 0)
    return emitOpError("count must have no axes, got ") << getCount().getType();
  if (!llvm::equal(getResultTypes(), getCotangents().getTypes()))
    return emitOpError("the results must have the types of the cotangents");
  return success();
}

LogicalResult UnwindOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SmallVector<Type> arguments = joined(getCaptures().getTypes(), getState().getTypes());
  if (failed(verifyFunction(*this, "body", getBodyAttr(), symbols, arguments, getState().getTypes())))
    return failure();
  return verifyFunction(*this, "step", getStepAttr(), symbols, joined(arguments, getCotangents().getTypes()),
                        getResultTypes());
}

//===----------------------------------------------------------------------===//
// Folding
//===----------------------------------------------------------------------===//

// A loop without turns gives what it began with, and stacks of nothing.
LogicalResult ScanOp::fold(FoldAdaptor, SmallVectorImpl<OpFoldResult> &results) {
  if (getLength() != 0 || llvm::any_of(getStacks(), [](Value stack) { return !tensorType(stack).hasStaticShape(); }))
    return failure();
  llvm::append_range(results, getCarries());
  for (Value stack : getStacks())
    results.push_back(splatAttribute(tensorType(stack), 0.0));
  return success();
}

void CondOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *) {
  // cond(true, f, g, xs) -> f(xs); cond(p, f, f, xs) -> f(xs)
  patterns.add(+[](CondOp op, PatternRewriter &rewriter) -> LogicalResult {
    DenseElementsAttr value;
    bool isKnown = matchPattern(op.getPredicate(), m_Constant(&value));
    if (!isKnown && op.getThenAttr() != op.getOtherwiseAttr())
      return failure();
    bool truth = !isKnown || value.getSplatValue<bool>();
    rewriter.replaceOpWithNewOp<CallOp>(op, op.getResultTypes(), op.getXs(),
                                        truth ? op.getThenAttr() : op.getOtherwiseAttr());
    return success();
  });
}

} // namespace tcc
