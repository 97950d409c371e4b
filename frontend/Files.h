// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Formats below io::save and io::load.
#pragma once

#include "frontend/Elements.h"

#include <map>
#include <string>

namespace tcc {

using Entries = std::map<std::string, Tensor>;

/// The whole file. Throws Kind::io.
std::string readFile(const std::string &path, Loc where);
/// Writes beside the path and renames, so that a failure leaves nothing half-written.
void writeFile(const std::string &path, const std::string &bytes, Loc where);

/// A .npy file in memory.
std::string npyBytes(const Tensor &x, Loc where);
Tensor fromNpy(const std::string &name, const std::string &bytes, Loc where);
std::string npzBytes(const Entries &entries, Loc where);
Entries fromNpz(const std::string &path, const std::string &bytes, Loc where);
std::string safetensorsBytes(const Entries &entries, Loc where);
Entries fromSafetensors(const std::string &path, const std::string &bytes, Loc where);

} // namespace tcc
