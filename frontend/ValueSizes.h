// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors whose sizes depend on values (how many elements of a mask are true): the host finds them in evaluated data.
#pragma once

#include "tcc/Tensor.h"

#include <functional>
#include <vector>

namespace tcc {

/// What the host makes of evaluated data: evaluated tensors of any size.
using Finder = std::function<std::vector<Tensor>(const Tensor &evaluated)>;

/// Evaluates x and gives what `find` finds in it. Where compile() traces, the function stops here: it runs so far,
/// finds, and goes on with the sizes found. Where no value can be known (in a loop's body, vmap, a saved function) an
/// Error. What is found does not depend on anything but x.
std::vector<Tensor> found(const Tensor &x, const char *op, const Finder &find, Loc where);

/// For each axis of a mask the indices of its true elements.
std::vector<Tensor> trueIndices(const Tensor &mask, const char *op, Loc where);

} // namespace tcc
