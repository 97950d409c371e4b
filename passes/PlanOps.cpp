// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plan dialect's generated definitions.
#include "passes/PlanOps.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

#include "passes/PlanDialect.cpp.inc"

#define GET_OP_CLASSES
#include "passes/PlanOps.cpp.inc"

using namespace mlir;

namespace tcc::plan {

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto callee = symbols.lookupNearestSymbolFrom<FunctionOpInterface>(*this, getCalleeAttr());
  if (!callee || !callee->hasAttr("tcc.kernel"))
    return emitOpError("callee is no kernel of the module: ") << getCalleeAttr();
  // Sizes, the range and scratch are arguments too, once there are loops.
  auto buffers = callee->getAttrOfType<IntegerAttr>("tcc.num_buffers");
  bool isOnTensors = llvm::all_of(callee.getResultTypes(), llvm::IsaPred<TensorType>);
  int64_t expected = buffers ? buffers.getInt() : callee.getNumArguments() + (isOnTensors ? callee.getNumResults() : 0);
  if (expected != getNumOperands())
    return emitOpError("expected ") << expected << " buffers for " << getCalleeAttr() << ", got " << getNumOperands();
  return success();
}

void PlanDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "passes/PlanOps.cpp.inc"
      >();
}

} // namespace tcc::plan
