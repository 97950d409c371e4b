// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plan dialect.
#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "passes/PlanDialect.h.inc"

#define GET_OP_CLASSES
#include "passes/PlanOps.h.inc"
