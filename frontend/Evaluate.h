// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From unevaluated values to a function of tcc ops: what evaluation compiles, dump() prints and compile() traces.
#pragma once

#include "frontend/Graph.h"
#include "passes/Program.h"

#include <array>

namespace tcc {

/// The ops that `wanted` depend on and that have not been evaluated, in an order in which each can run, and the
/// evaluated values they start from. `wanted` that are evaluated already are inputs, too.
struct Subgraph {
  llvm::SmallVector<mlir::Value> inputs, wanted;
  llvm::SmallVector<mlir::Operation *, 16> ops;
  StructuralHash hash;
};
/// Values for which `isKnown` holds count as evaluated.
Subgraph collect(
    GraphImpl &graph, llvm::ArrayRef<mlir::Value> wanted,
    llvm::function_ref<bool(mlir::Value)> isKnown = [](mlir::Value) { return false; });

/// A module with `func.func @main(inputs) -> wanted`. With `numbered`, the location of the k-th op is ("#", k, 0), so
/// that a program found in the cache reports failures in terms of the graph at hand.
mlir::OwningOpRef<mlir::ModuleOp> toModule(GraphImpl &graph, const Subgraph &subgraph, bool numbered);

/// Copies the functions that those of `module` run from the graph. With `numbered`, the location of the k-th op of
/// function f is ("#f", k, 0).
void copyFunctions(GraphImpl &graph, mlir::ModuleOp module, bool numbered);

/// The user's line of a numbered location: `lineOf(k)` for ("#", k), that of a function's op otherwise.
Loc placeIn(GraphImpl &graph, const SourceLocation &at, Loc where, llvm::function_ref<Loc(size_t)> lineOf);

/// While it lives, keeps the first error of the context from being printed.
class FirstError {
public:
  explicit FirstError(mlir::MLIRContext *context);
  std::string text;

private:
  mlir::ScopedDiagnosticHandler handler;
};

/// Building needs the tcc dialect only; what compiling needs is loaded by the first compilation.
void loadProgramDialects(mlir::MLIRContext &context);

/// Compiles `module`'s function `main`, reporting as the user's or our error at `where`.
std::shared_ptr<Program> compileOrThrow(mlir::ModuleOp module, Loc where, const ProgramOptions &options = {});

/// One element in memory, aligned as kernels expect buffers to be; bool is a byte.
struct alignas(64) ScalarSlot {
  std::array<char, 16> bytes = {};
  bool operator==(const ScalarSlot &) const = default;
};

/// A program for a subgraph, and what it takes beside the subgraph's inputs.
struct Prepared {
  std::shared_ptr<Program> program;
  std::vector<ScalarSlot> scalars = {}; ///< numbers of the user's C++ that the program takes as inputs
  std::vector<int64_t> openSizes = {};
  size_t sizeInputs = 0; ///< last inputs, of which only the (open) size counts
};
/// The cached program for `subgraph`, or a new one.
Prepared prepare(GraphImpl &graph, const Subgraph &subgraph, Loc where);

/// Runs it into fresh buffers for results of `types`. A failing step's source location goes through `place` to
/// become the user's line.
std::vector<Buffer> runOrThrow(const Prepared &code, llvm::ArrayRef<const void *> inputs,
                               llvm::ArrayRef<mlir::Type> types, Loc where,
                               llvm::function_ref<Loc(const SourceLocation &)> place);

/// Evaluates values of one graph, in one program. Its mutex is held.
void evaluateIn(GraphImpl &graph, llvm::ArrayRef<mlir::Value> wanted, Loc where);

/// Evaluates all of them, in one program for each graph.
void evaluate(std::span<detail::TensorImpl *const> wanted, Loc where);

} // namespace tcc
