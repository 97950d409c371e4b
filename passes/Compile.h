// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a module of kernels to machine code, in memory. The one code generator of tcc: JIT, ahead-of-time, WebAssembly
// and cross targets differ only in their Target.
#pragma once

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/SmallVector.h"

#include <chrono>
#include <string>
#include <utility>

namespace tcc {

/// What code is generated for.
struct Target {
  std::string triple;
  std::string cpu;      ///< LLVM's name; empty for the triple's baseline
  std::string features; ///< "+a,-b"
  unsigned vectorBits = 128;
  unsigned indexBits = 64;
  bool maskedMemory = false; ///< masked loads and stores are single instructions
  bool fma = false;          ///< fused multiply-add is an instruction
  bool scalef = false;       ///< x * 2^n is an instruction (AVX-512)
  bool vectorize = true;     ///< false: plain loops, the reference
  bool positionIndependent = true;

  bool isGpu() const { return llvm::StringRef(triple).starts_with("nvptx"); }

  /// The machine this runs on.
  static Target host();
  /// A target by triple and CPU name ("" or "native" for the defaults), with vector width and index width to match.
  /// Fails with a diagnostic when LLVM does not know it.
  static mlir::FailureOr<Target> get(llvm::StringRef triple, llvm::StringRef cpu, mlir::Location errorLocation);
};

/// Makes LLVM's targets known; done once.
void initialiseTargets();

enum class OutputKind { object, assembly, llvmIR };

/// Seconds from one lap to the next.
class Stopwatch {
public:
  double lap() {
    auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(last, now)).count();
  }

private:
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
};

/// Wall time of each stage in seconds, added up; of several threads, theirs together.
struct CompileTimes {
  double loops = 0, math = 0, lowering = 0, translation = 0, optimisation = 0, codegen = 0, linking = 0;

  CompileTimes &operator+=(const CompileTimes &other);
};

/// Every dialect compileModule creates ops of. Load them before compiling on several threads.
void registerCompilerDialects(mlir::DialectRegistry &registry);

/// Compiles the kernels of `module` (stage 3, consumed) to functions with the kernel ABI of docs/contracts.md.
/// For a GPU each kernel gets an entry point `<name>_gpu` (gpu/EmitEntries.h) and object means PTX text.
/// Functions in range form already (after --tcc-emit-loops) are taken as they are.
mlir::FailureOr<llvm::SmallVector<char, 0>> compileModule(mlir::ModuleOp module, const Target &target,
                                                          OutputKind kind = OutputKind::object,
                                                          CompileTimes *times = nullptr);

/// What the runtime must know to launch a kernel. Read it from the module after compileModule or --tcc-emit-loops.
struct KernelInfo {
  std::string name;
  mlir::AffineMap extent, scratch; ///< ()[dims] -> (blocks), ()[dims] -> (bytes)
  double blockNanoseconds = 0;
  bool hasFinish = false; ///< `<name>_finish` runs after all blocks, also when there are none

  int64_t extentFor(llvm::ArrayRef<int64_t> dims) const { return evaluate(extent, dims); }
  int64_t scratchBytesFor(llvm::ArrayRef<int64_t> dims) const { return evaluate(scratch, dims); }

private:
  static int64_t evaluate(mlir::AffineMap map, llvm::ArrayRef<int64_t> dims);
};
llvm::SmallVector<KernelInfo> collectKernels(mlir::ModuleOp module);

/// The steps up to the LLVM dialect, for tools.
mlir::LogicalResult lowerToLLVMDialect(mlir::ModuleOp module, const Target &target, CompileTimes *times = nullptr);

/// Registers --tcc-lower-kernels-to-llvm.
void registerLowerKernelsToLLVMPass();

} // namespace tcc
