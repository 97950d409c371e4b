// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a module of tcc functions to the one module of an artifact: the kernels of all entries, their plans as data, and
// the functions of its C ABI.
#pragma once

#include "passes/Compile.h"
#include "passes/aot/PlanWords.h"

#include "mlir/IR/OwningOpRef.h"

namespace tcc::aot {

struct Options {
  std::string name; ///< a C identifier: the prefix of all symbols
  std::vector<std::string> entries;
  Target target;
  bool sharedNames = false; ///< also export tcc_artifact_*
};

struct EntryType {
  std::string name;
  std::vector<std::string> inputNames, outputNames;
  std::vector<TensorType> inputs, outputs;
};

struct Artifact {
  mlir::OwningOpRef<mlir::ModuleOp> code; ///< in the LLVM dialect; compileModule makes an object of it
  std::vector<EntryType> entries;
  std::string info;                 ///< what NAME_info gives
  std::vector<std::string> exports; ///< its functions
};

/// The planned functions of all entries and their kernels, which are named NAME_ENTRY_kernel_N. Fails with a
/// diagnostic.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> planEntries(mlir::ModuleOp source, const Options &options);
/// Fails with a diagnostic.
mlir::FailureOr<Artifact> buildArtifact(mlir::ModuleOp source, const Options &options);

/// The functions and tables of the C ABI, added to the kernels.
void emitInterface(mlir::ModuleOp code, const std::string &name, const std::vector<EntryType> &entries,
                   const PlanWords &plans, const std::string &info, bool sharedNames);
/// A C header of the artifact.
std::string headerText(const std::string &name, const std::vector<EntryType> &entries);
/// Whether the text is a C identifier.
bool isIdentifier(const std::string &text);

} // namespace tcc::aot
