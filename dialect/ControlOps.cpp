// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls: verification against the functions that they name, their adjoints and batched forms.
#include "dialect/AdjointBuilder.h"
#include "dialect/Autodiff.h"
#include "dialect/Batching.h"
#include "dialect/Inference.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace tcc {

static LogicalResult verifyCallee(Operation *op, FlatSymbolRefAttr name, SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(op, name);
  if (!callee)
    return op->emitOpError("callee is no function of the module: ") << name;
  if (!llvm::equal(callee.getArgumentTypes(), op->getOperandTypes()))
    return op->emitOpError("operands have other types than the arguments of ") << name;
  if (!llvm::equal(callee.getResultTypes(), op->getResultTypes()))
    return op->emitOpError("results have other types than those of ") << name;
  return success();
}

LogicalResult CallOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyCallee(*this, getCalleeAttr(), symbols);
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // Kernels may be lowered, to any stage, before the launch is: they are on memory then, and have no results.
  auto callee = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(*this, getCalleeAttr());
  if (callee && !callee->hasAttr("tcc.kernel"))
    return emitOpError("callee is no kernel: ") << getCalleeAttr();
  if (callee && llvm::none_of(callee.getResultTypes(), llvm::IsaPred<TensorType>))
    return success();
  return verifyCallee(*this, getCalleeAttr(), symbols);
}

LogicalResult CallOp::pullback(AdjointBuilder &b) {
  auto function = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!function)
    return emitOpError("calls no function that can be differentiated: ") << getCalleeAttr();
  SmallVector<int64_t> wrt;
  for (auto [index, x] : llvm::enumerate(getXs()))
    if (b.wants(index))
      wrt.push_back(index);
  FailureOr<func::FuncOp> vjp = buildVjp(function, wrt);
  if (failed(vjp))
    return failure();
  SmallVector<Value> operands(getXs());
  for (auto [index, y] : llvm::enumerate(getYs()))
    if (isInexact(y.getType()))
      operands.push_back(b.dyOrZero(index));
  auto call = CallOp::create(b.builder, getLoc(), vjp->getResultTypes(), operands, vjp->getName());
  for (auto [index, dx] : llvm::zip_equal(wrt, call.getYs()))
    b.accumulate(index, dx);
  return success();
}

LogicalResult CallOp::batch(BatchBuilder &b) {
  auto function = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!function)
    return emitOpError("calls no function that can be batched: ") << getCalleeAttr();
  SmallVector<bool> areStacked = llvm::map_to_vector(getXs(), [&](Value x) { return b.isStacked(x); });
  FailureOr<BatchedFunction> batched = buildBatched(function, b.size(), areStacked);
  if (failed(batched))
    return failure();
  auto call = CallOp::create(b.builder, getLoc(), batched->function.getResultTypes(), b.of(getXs()),
                             batched->function.getName());
  for (auto [from, to, isStacked] : llvm::zip_equal(getYs(), call.getYs(), batched->isStacked))
    if (isStacked)
      b.set(from, to);
    else
      b.setShared(from, to);
  return success();
}

} // namespace tcc
