// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One program for expressions of one form, which differ in sizes, in numbers written in the user's C++ and in where
// slices and pads lie only.
#pragma once

#include "frontend/Evaluate.h"
#include "passes/SizeExpr.h"

namespace tcc {

/// What two expressions of one form may differ in.
struct FormNumbers {
  std::vector<int64_t> sizes; ///< of inputs, and of each op the lengths and strides of a slice and the results' sizes
  std::vector<ScalarSlot> scalars; ///< of constants with equal elements, and the places of slices and pads (Places.h)
};
struct Form {
  StructuralHash hash; ///< of everything else
  FormNumbers numbers;
};
Form formOf(const Subgraph &subgraph);

struct GeneralProgram {
  std::shared_ptr<Program> program;
  std::vector<SizeExpr> sizes;      ///< what FormNumbers::sizes must be, by the program's open sizes
  std::vector<size_t> open;         ///< which of them are these,
  size_t sizeInputs = 0;            ///< the last so many of them lengths of slices: inputs without elements
  std::vector<ScalarSlot> scalars;  ///< what scalars must be,
  std::vector<size_t> scalarInputs; ///< but for those that are inputs

  /// What runs an expression with these numbers; none if it is not among those the program is for.
  std::optional<Prepared> preparedFor(const FormNumbers &numbers) const;
};

/// A program in which all numbers are open that differ among `examples` (the last is `subgraph`'s). None if an op's
/// sizes follow from its operands' in no way that the types can leave open.
std::optional<GeneralProgram> generalise(GraphImpl &graph, const Subgraph &subgraph,
                                         llvm::ArrayRef<FormNumbers> examples);

} // namespace tcc
