// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constructors and registration of tcc's passes.

#ifndef TCC_PASSES_PASSES_H
#define TCC_PASSES_PASSES_H

#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace tcc {

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

} // namespace tcc

#endif // TCC_PASSES_PASSES_H
