// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs as text: reading a .mlir file into a verified module, and its diagnostics as our tools print them.
#pragma once

#include "tools/command/CommandLine.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"

namespace tcc::command {

/// While it lives, collects what the context has to say, as lines `file:line:col: error: op: what`.
class Diagnostics {
public:
  Diagnostics(mlir::MLIRContext *context, std::string tool);
  void add(Failure failure);
  /// All that was said. Its status is notSupported if a line says so; `otherwise` for a failure without a line.
  Failure failure(ExitStatus otherwise) const;
  const std::string &text() const { return lines; }

private:
  void add(mlir::Diagnostic &diagnostic);

  std::string tool, lines;
  ExitStatus worst = success;
  mlir::ScopedDiagnosticHandler handler;
};

/// "file:3:5", or `otherwise` if the location names no file.
std::string positionOf(mlir::Location loc, const std::string &otherwise);

/// Null after a diagnostic.
mlir::OwningOpRef<mlir::ModuleOp> parseSource(mlir::MLIRContext *context, const std::string &path, Diagnostics &said);

} // namespace tcc::command
