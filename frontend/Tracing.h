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

/// What a capture is at a call.
Tensor now(const Capture &capture);

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
  /// The function may stop for sizes that depend on values.
  Stages *stages = nullptr;
};

/// Traces `body` on arguments of these types; the function lies at the module's front.
TracedFunction traceFunction(GraphImpl &graph, llvm::ArrayRef<mlir::Type> types, const detail::TraceBody &body,
                             Loc where, const TraceOptions &options = {});
/// Erases a traced function. Handles that somebody kept to its values are refused from now on.
void discard(GraphImpl &graph, mlir::func::FuncOp function);
/// Leaves a traced function to GraphImpl::sweepFunctions, which erases it when no op names it any more.
void retire(GraphImpl &graph, mlir::func::FuncOp function);
/// The Variable whose value `value` was when the functions that are being traced read it.
std::optional<Variable> variableRead(GraphImpl &graph, mlir::Value value);

} // namespace tcc
