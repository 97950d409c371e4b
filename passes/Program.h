// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function of tcc ops, compiled for this process: what the frontend's evaluation and tcc-run call.
#pragma once

#include "passes/BuildPlan.h"
#include "passes/Pipelines.h"

#include <mutex>
#include <span>

namespace tcc {

struct ProgramOptions : PlanOptions {
  Target target = Target::host();
};

/// Where the time of compileProgram went, in seconds: loading from disk, or the stages of PlanTimes, kernels (of which
/// `code` is what all threads did) and build. Of the whole process they are printed at its end if TCC_MLIR_TIMING is
/// set.
struct ProgramTimes : PlanTimes {
  double load = 0, kernels = 0, build = 0;
  CompileTimes code;
};

/// Immutable; run() may be called from several threads at once.
class Program {
public:
  const std::vector<TensorType> &inputTypes() const { return plan.inputTypes(); }
  const std::vector<TensorType> &outputTypes() const { return plan.outputTypes(); }
  /// Number of open (-1) sizes in inputTypes, in order of appearance.
  unsigned numOpenSizes() const { return plan.numOpenSizes(); }
  /// Fails if these sizes break what an op demands. run() asks it too; outputShapes() expects that it holds.
  int32_t checkSizes(std::span<const int64_t> openSizes, TccStatus &status) const;
  std::vector<std::vector<int64_t>> outputShapes(std::span<const int64_t> openSizes = {}) const;

  /// Computes all outputs. Blocks are dense and 64-byte aligned; those of empty tensors may be null. Outputs overlap
  /// neither inputs nor each other. Returns status.code; status.location is an index for sourceLocation.
  int32_t run(std::span<const void *const> inputs, std::span<void *const> outputs, TccStatus &status,
              std::span<const int64_t> openSizes = {}) const;
  /// Null for an index that is none.
  const SourceLocation *sourceLocation(int32_t index) const;
  /// Memory that a run takes beside inputs, outputs and what library calls need while they work.
  int64_t arenaBytes(std::span<const int64_t> openSizes = {}) const { return planFor(openSizes)->view().arenaBytes; }
  /// The plan for these sizes, for tools.
  std::shared_ptr<const runtime::Plan> planFor(std::span<const int64_t> openSizes = {}) const;

private:
  friend mlir::FailureOr<std::shared_ptr<Program>> compileProgram(mlir::ModuleOp, llvm::StringRef,
                                                                  const ProgramOptions &, ProgramTimes *);
  explicit Program(PlanTemplate plan);

  PlanTemplate plan;
  std::shared_ptr<const runtime::Plan> fixed; // if there are no open sizes
  mutable std::mutex mutex;
  mutable std::vector<std::pair<std::vector<int64_t>, std::shared_ptr<const runtime::Plan>>> recent;
};

/// Compiles function `entry` of `module`, at any stage (see planEntry); the module is changed and useless afterwards.
/// Errors are diagnostics of its context.
mlir::FailureOr<std::shared_ptr<Program>> compileProgram(mlir::ModuleOp module, llvm::StringRef entry,
                                                         const ProgramOptions &options = {},
                                                         ProgramTimes *times = nullptr);

/// Every dialect compileProgram needs. Load them before compiling on several threads.
void registerProgramDialects(mlir::DialectRegistry &registry);

} // namespace tcc
