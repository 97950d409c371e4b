// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tcc-run can run, behind one interface: a compiled function of a .mlir file, or an entry of an artifact.
#pragma once

#include "passes/BuildPlan.h"
#include "runtime/Npy.h"
#include "tools/command/CommandLine.h"

#include <memory>
#include <string>
#include <vector>

namespace tcc::command {

using Tensors = std::vector<runtime::NpyArray>;

class Callable {
public:
  virtual ~Callable() = default;
  virtual const std::vector<TensorType> &inputTypes() const = 0;
  /// Where the entry is declared, for messages about its arguments.
  virtual std::string position() const = 0;
  /// `inputs` have the types of inputTypes(). `outputs` is filled with new tensors.
  virtual Failure call(const Tensors &inputs, Tensors &outputs) = 0;
};

/// Function `entry` of a .mlir file, compiled for this process.
Failure loadSource(const std::string &path, const std::string &entry, bool reference,
                   std::unique_ptr<Callable> &callable);
/// Entry `entry` of a shared library that tcc-compile made.
Failure loadArtifact(const std::string &path, const std::string &entry, std::unique_ptr<Callable> &callable);

/// "float32 (2, ?)"
std::string typeText(int32_t dtype, const std::vector<int64_t> &shape);

} // namespace tcc::command
