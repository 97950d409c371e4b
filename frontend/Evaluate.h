// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From unevaluated values to a function of tcc ops: what evaluation compiles, dump() prints and compile() traces.
#pragma once

#include "frontend/PlanCache.h"
#include "passes/Program.h"

namespace tcc {

/// What a program takes as inputs instead of having it in its text.
struct Generality {
  /// Scalars written in the user's C++.
  bool scalars = false;
  /// Where slices and pads lie.
  bool places = false;
};

/// The ops that `wanted` depend on and that have not been evaluated, in an order in which each can run, and the
/// evaluated values they start from. `wanted` that are evaluated already are inputs, too.
struct Subgraph {
  llvm::SmallVector<mlir::Value> inputs, wanted;
  llvm::SmallVector<mlir::Operation *> ops;
  /// Those of `ops` that are constants with equal elements, and those with places (Places.h).
  llvm::SmallVector<mlir::Operation *> splats, placed;

  /// What names the program for all subgraphs that differ in `general` only.
  StructuralHash key(Generality general) const;
  /// All but the values of splats and the places; these.
  StructuralHash structure, scalars, places;
};
Subgraph collect(GraphImpl &graph, llvm::ArrayRef<mlir::Value> wanted);

/// A module with `func.func @main(inputs) -> wanted`. With `numbered`, the location of the k-th op is ("#", k, 0), so
/// that a program found in the cache reports failures in terms of the graph at hand. What is `general` are 0-d
/// arguments after the inputs: values of `splats`, then places.
mlir::OwningOpRef<mlir::ModuleOp> toModule(GraphImpl &graph, const Subgraph &subgraph, bool numbered,
                                           Generality general = {});

/// Copies the functions that those of `module` run from the graph. With `numbered`, the location of the k-th op of
/// function f is ("#f", k, 0).
void copyFunctions(GraphImpl &graph, mlir::ModuleOp module, bool numbered);

/// The user's line of a numbered location: of an op of `block` for ("#", k), of a function's otherwise.
Loc placeIn(GraphImpl &graph, const SourceLocation &at, mlir::Block &block, Loc where);

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
std::shared_ptr<Program> compileOrThrow(mlir::ModuleOp module, Loc where);

/// Runs `program` into fresh buffers for results of `types`. A failing step's source location goes through `place` to
/// become the user's line.
std::vector<Buffer> runOrThrow(Program &program, llvm::ArrayRef<const void *> inputs, llvm::ArrayRef<mlir::Type> types,
                               Loc where, llvm::function_ref<Loc(const SourceLocation &)> place);

/// Evaluates all of them, in one program for each graph.
void evaluate(std::span<detail::TensorImpl *const> wanted, Loc where);

} // namespace tcc
