// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verification of calls against the functions that they name.
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
  return verifyCallee(*this, getCalleeAttr(), symbols);
}

} // namespace tcc
