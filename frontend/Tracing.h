// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Running a user's function once on placeholders, so that it becomes a function of the module: for compile(), and for
// the bodies of branches, loops and checkpoints.
#pragma once

#include "frontend/Graph.h"
#include "tcc/Compile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tcc {

/// A value the function reads beside its arguments.
struct Capture {
  Tensor value;
  std::optional<Variable> variable;
  mlir::Value inGraph;
};

struct TracedFunction {
  mlir::func::FuncOp function; ///< of the arguments, then the captures
  std::vector<Capture> captures;
  std::vector<size_t> lengths; ///< of vectors among the results
  std::vector<bool> isWeak;    ///< of results: a C++ scalar
};

struct TraceOptions {
  /// Every result is an op of its own.
  bool distinctResults = false;
  /// Arguments that promote as C++ scalars do.
  llvm::SmallVector<unsigned> weakArguments;
};

/// Traces `body` on arguments of these types; the function lies at the module's front.
TracedFunction traceFunction(GraphImpl &graph, llvm::ArrayRef<mlir::Type> types, const detail::TraceBody &body,
                             Loc where, const TraceOptions &options = {});
/// Erases a traced function. Handles that somebody kept to its values are refused from now on.
void discard(GraphImpl &graph, mlir::func::FuncOp function);

} // namespace tcc
