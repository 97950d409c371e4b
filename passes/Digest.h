// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What names functions on disk: a digest that is the same in every process.
#pragma once

#include "passes/DiskCache.h"

#include "mlir/IR/Operation.h"

namespace tcc {

/// Of functions: their names, ops, attributes, types, data flow and source lines; and of `context`.
CacheKey digestOf(llvm::ArrayRef<mlir::Operation *> functions, llvm::StringRef context);

CacheKey digestOf(llvm::StringRef text);

} // namespace tcc
