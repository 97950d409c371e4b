// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the rest of the frontend tells compile() and vmap() while they trace a function, and asks them.
#pragma once

#include "tcc/Tensor.h"

#include <functional>
#include <string>

namespace tcc {
class Variable;

/// Called when a Variable's value is read: a traced function asks the Variable again at each call.
void noteVariableRead(const Variable &variable, const Tensor &value);
/// A Variable that was rebound while this thread traced a function.
struct Rebinding {
  const void *cell;
  std::string name;
  Loc where;
  std::function<Tensor()> now; ///< what it holds
  std::function<void()> undo;  ///< gives back what it held before
};
/// Called when a Variable is rebound: at the end of a traced function it must not hold a value of the trace.
void noteRebinding(Rebinding rebinding);
/// Whether this thread is tracing a function for compile().
bool isTracing();
/// Whether this thread is tracing a function for vmap().
bool isMapping();
/// A key that differs from slice to slice while vmap() traces; `key` itself otherwise.
Tensor keyOfSlice(Tensor key, Loc where);

} // namespace tcc
