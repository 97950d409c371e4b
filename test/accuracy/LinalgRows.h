// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tcc-linalg-table measures.
#pragma once

#include <tcc/tcc.h>

#include <functional>
#include <string>
#include <vector>

namespace linalg_table {

using tcc::Tensor;
using Function = std::function<Tensor(const Tensor &)>;

/// Which derivatives evaluation refuses where values coincide.
enum class Refused { none, second, both };
enum class Fields { both, real };
/// no: takes matrices only; evaluates: looks at data, which vmap does not have.
enum class Stacks { yes, no, evaluates };

struct Row {
  std::string name;
  tcc::Shape shape;
  Function loss;            ///< real, a sum over a stack of arguments
  Function prepare;         ///< an argument in the function's domain from random numbers
  Function degenerate = {}; ///< one with equal eigen- or singular values, or a singular one
  Refused refused = Refused::none;
  Stacks stacks = Stacks::yes;
  Fields fields = Fields::both;
};

std::vector<Row> allRows();

/// Normal numbers, the same in every precision.
Tensor noise(tcc::Shape shape, tcc::Dtype d, int seed);
/// Re <w, x>
Tensor overlap(const Tensor &w, const Tensor &x);

} // namespace linalg_table
