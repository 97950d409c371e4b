// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From an artifact's object to what users link or load: the parts of the runtime it needs are put in.
#pragma once

#include "passes/aot/Problem.h"

#include "llvm/ADT/ArrayRef.h"

namespace tcc::aot {

enum class LinkKind { object, archive, shared, wasm };

/// Writes `output` from the object `bytes` and libtcc_runtime.a for `triple`. `exports` are the functions that a wasm
/// module shows. Nothing is left behind on failure.
Problem link(llvm::ArrayRef<char> bytes, LinkKind kind, const std::string &triple, llvm::ArrayRef<std::string> exports,
             const std::string &output);

} // namespace tcc::aot
