// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Cheaper ways to the same solutions of linear systems.
#pragma once

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace tcc {

/// Part of simplify: inverses that are only multiplied become solves, structure of the matrix is used, factors shared.
void rewriteLinearSystems(mlir::FunctionOpInterface function);

} // namespace tcc
