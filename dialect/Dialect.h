// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tcc dialect as a whole: its class, and how a tool makes it known to a context.
#pragma once

#include "mlir/IR/Dialect.h"

#include "dialect/Dialect.h.inc"

namespace tcc {

/// Makes the dialect loadable, for tools that parse text.
void registerTccDialect(mlir::DialectRegistry &registry);

} // namespace tcc
