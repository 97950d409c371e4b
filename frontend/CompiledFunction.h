// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of the module that a user compiled: their calls are `tcc.call` ops, which evaluation runs as one program
// and gradients look into.
#pragma once

#include "frontend/Graph.h"

namespace tcc {

/// Replaces every tcc.call that `roots` depend on by a copy of its function's body, in place; `roots`, and `others`
/// among the calls' results, are updated.
void inlineCalls(GraphImpl &graph, llvm::MutableArrayRef<mlir::Value> roots, llvm::MutableArrayRef<mlir::Value> others);

} // namespace tcc
