// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From an artifact's object to what users link or load: the parts of the runtime it needs are put in.
#pragma once

#include "tools/command/CommandLine.h"

#include "llvm/ADT/ArrayRef.h"

namespace tcc::aot {

enum class LinkKind { object, archive, shared };

/// Writes `output` from the object `bytes` and libtcc_runtime.a for `triple`. Nothing is left behind on failure.
command::Failure link(llvm::ArrayRef<char> bytes, LinkKind kind, const std::string &triple, const std::string &output);

} // namespace tcc::aot
