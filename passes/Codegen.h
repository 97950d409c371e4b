// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LLVM's part of compiling: from the LLVM dialect to machine code. Translation runs on the thread that owns the MLIR
// context; what it gives is independent of that, and any thread makes code of it.
#pragma once

#include "passes/Compile.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace tcc {

/// LLVM IR in a context of its own.
struct TranslatedModule {
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> code;
};

/// Translates a module of the LLVM dialect.
mlir::FailureOr<TranslatedModule> translateModule(mlir::ModuleOp module, const Target &target);

/// What making code may cost, with the same bits. Little effort takes half the time and gives code that is a fifth
/// slower (docs/architecture.md).
enum class Effort { full, little };

/// Optimises `module` and makes code of it. Thread-safe, and the same bytes for the same module on any thread.
llvm::Expected<llvm::SmallVector<char, 0>> generateCode(TranslatedModule module, const Target &target,
                                                        OutputKind kind = OutputKind::object,
                                                        CompileTimes *times = nullptr, Effort effort = Effort::full);

} // namespace tcc
