// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a planned function and its compiled kernels to runtime plans. A PlanTemplate is a plan with symbolic sizes that
// needs no MLIR any more; each set of open sizes gives one runtime::Plan.
#pragma once

#include "passes/KernelCache.h"
#include "runtime/Memory.h"
#include "runtime/Plan.h"

#include <map>

namespace tcc {

/// dtype code of an element type (runtime/Runtime.h).
int32_t dtypeOf(mlir::Type element);

struct TensorType {
  int32_t dtype;
  std::vector<int64_t> shape; ///< -1: open
};

/// Where the user wrote what a step does.
struct SourceLocation {
  std::string file;
  unsigned line = 0;
};

class PlanTemplate {
public:
  /// `function` is planned (--tcc-plan-buffers); `kernels` are by name.
  static mlir::FailureOr<PlanTemplate> create(mlir::func::FuncOp function,
                                              const llvm::StringMap<std::shared_ptr<const CompiledKernel>> &kernels);

  /// As bytes; a kernel is its number among the program's.
  void write(ByteWriter &to, llvm::function_ref<uint32_t(const CompiledKernel &)> numberOf) const;
  /// What write() wrote; nothing if the bytes are no plan.
  static std::optional<PlanTemplate> read(ByteReader &from,
                                          llvm::ArrayRef<std::shared_ptr<const CompiledKernel>> kernels);

  const std::vector<TensorType> &inputTypes() const { return inputs; }
  const std::vector<TensorType> &outputTypes() const { return outputs; }
  /// What steps refer to, those of bodies included: bodies have none of their own.
  const std::vector<SourceLocation> &sourceLocations() const { return locations; }
  unsigned numOpenSizes() const { return numSymbols; }
  std::vector<std::vector<int64_t>> outputShapes(llvm::ArrayRef<int64_t> openSizes) const;
  /// Fails with TCC_ERROR_SHAPE where these sizes break what an op demands; to be asked before anything else.
  int32_t checkSizes(llvm::ArrayRef<int64_t> openSizes, TccStatus &status) const;
  /// Valid while the template lives.
  std::unique_ptr<runtime::Plan> instantiate(llvm::ArrayRef<int64_t> openSizes) const;

  /// What an op demands of the open sizes: equal, or left at most right.
  struct SizeCheck {
    SizeExpr left, right;
    bool isAtMost;
    std::string op;
    int32_t location;
  };
  const std::vector<SizeCheck> &sizeChecks() const { return checks; }
  /// A slot with symbolic sizes; inputs come first, then outputs.
  struct SlotTemplate {
    runtime::SlotKind kind;
    int32_t dtype;
    int32_t base = -1; // of an alias
    std::vector<SizeExpr> shape = {};
    SizeExpr offset = {};
    runtime::Buffer data = {};
  };
  /// A plan that a step runs, and its symbols in terms of this plan's.
  struct BodyTemplate {
    std::shared_ptr<const PlanTemplate> plan;
    std::vector<SizeExpr> symbols = {};
  };
  /// A step with symbolic sizes.
  struct StepTemplate {
    runtime::StepKind kind;
    std::shared_ptr<const CompiledKernel> kernel = {};
    TccLibraryFn library = nullptr;
    std::vector<BodyTemplate> bodies = {};
    std::string symbol = {};
    std::vector<int32_t> inputs = {}, outputs = {};
    std::vector<SizeExpr> dims = {}; // of a kernel, or of a step with bodies
    std::vector<int64_t> attributes = {};
    int32_t location = -1;
  };
  const std::vector<SlotTemplate> &slotTemplates() const { return slots; }
  const std::vector<StepTemplate> &stepTemplates() const { return steps; }

private:
  class Builder;
  /// Plans of bodies made so far: one for each body and sizes.
  using Instances = std::map<std::pair<const PlanTemplate *, std::vector<int64_t>>, std::shared_ptr<runtime::Plan>>;
  std::unique_ptr<runtime::Plan> instantiate(llvm::ArrayRef<int64_t> openSizes, Instances &instances) const;

  std::vector<TensorType> inputs, outputs;
  std::vector<SourceLocation> locations;
  std::vector<SizeCheck> checks;
  std::vector<SlotTemplate> slots; // inputs, outputs, then the others
  std::vector<StepTemplate> steps;
  unsigned numSymbols = 0;
};

} // namespace tcc
