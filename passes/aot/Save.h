// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs compiled ahead of time, written to files: what tcc-compile and Compiled::save do.
#pragma once

#include "passes/aot/Problem.h"

#include "mlir/IR/BuiltinOps.h"

#include <vector>

namespace tcc::aot {

/// A gradient to compile beside an entry.
struct Gradient {
  std::string entry;
  std::vector<int64_t> arguments; ///< empty: all of floating point
};

struct SaveRequest {
  std::string output;      ///< its ending says what is written, see endings()
  std::string name;        ///< prefix of all symbols; empty: from `output`
  std::string triple, cpu; ///< empty: this machine, or what the ending implies
  std::string header;      ///< where a C header goes; empty: nowhere
  /// Empty: all public functions, if there are no gradients.
  std::vector<std::string> entries;
  std::vector<Gradient> gradients;
};

/// ".so", ".a", ...
llvm::ArrayRef<llvm::StringRef> endings();

/// Adds a gradient to the module and gives its name; fails with a diagnostic.
mlir::FailureOr<std::string> addGradient(mlir::ModuleOp module, Gradient gradient);
/// What is wrong with a request before its program is looked at; fills in the name, triple and cpu it leaves out.
Problem complete(SaveRequest &request);
/// Compiles functions of `module` to `request.output`, whole or not at all. Gradients are added to the module.
Problem save(mlir::ModuleOp module, SaveRequest request);

} // namespace tcc::aot
