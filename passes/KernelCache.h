// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Machine code of kernels, shared by all programs of the process and, with a disk cache, by all processes: a kernel is
// compiled once for each canonical text and target. Thread-safe.
#pragma once

#include "passes/Compile.h"
#include "passes/DiskCache.h"
#include "passes/Jit.h"
#include "passes/SizeExpr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace tcc {

/// A kernel ready to be launched.
struct CompiledKernel {
  CacheKey key;
  std::shared_ptr<Jit> code;
  KernelFn function = nullptr;
  FinishFn finish = nullptr; ///< null if it has none
  SizeExpr extent, scratch;  ///< of the open sizes of its arguments
  double blockNanoseconds = 0;
};

/// Machine code for `kernels` (linalg or any later form, all of one module), in their order. The module is left as it
/// is.
mlir::FailureOr<std::vector<std::shared_ptr<const CompiledKernel>>>
compileKernels(llvm::ArrayRef<mlir::Operation *> kernels, const Target &target, CompileTimes &times);

/// The kernels of these keys that this process or the disk has; null for the others.
std::vector<std::shared_ptr<const CompiledKernel>> findKernels(llvm::ArrayRef<CacheKey> keys);

/// What keys of anything compiled for `target` depend on beside its text.
std::string describeCompilation(const Target &target);

/// How often kernels were found in memory, read from disk, and compiled since the process started; how many there are.
struct KernelCacheCounts {
  uint64_t hits = 0, loads = 0, misses = 0, kept = 0;
};
KernelCacheCounts kernelCacheCounts();

} // namespace tcc
