// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plan dialect's generated definitions.
#include "passes/PlanOps.h"

#include "passes/PlanDialect.cpp.inc"

#define GET_OP_CLASSES
#include "passes/PlanOps.cpp.inc"

namespace tcc::plan {

void PlanDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "passes/PlanOps.cpp.inc"
      >();
}

} // namespace tcc::plan
