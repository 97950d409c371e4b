// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the rest of the frontend tells compile() while it traces a function.
#pragma once

#include "tcc/Tensor.h"

namespace tcc {
class Variable;

/// Called when a Variable's value is read: a traced function asks the Variable again at each call.
void noteVariableRead(const Variable &variable, const Tensor &value);
/// Whether this thread is tracing a function.
bool isTracing();

} // namespace tcc
