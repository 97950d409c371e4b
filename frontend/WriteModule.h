// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that programs are saved in. Whole or not at all: written beside their place and renamed.
#pragma once

#include "frontend/Graph.h"
#include "tcc/Compile.h"

namespace tcc {

void writeFile(const std::string &path, const std::string &text, const char *op, Loc where);
/// Saves function `main` of `module` in the form that the ending of `path` says.
void saveModule(mlir::ModuleOp module, const std::string &path, const SaveOptions &options, Loc where);
/// Evaluated data as an attribute of a program's text.
mlir::DenseElementsAttr toElements(GraphImpl &graph, const detail::TensorImpl &impl, mlir::Type type);

} // namespace tcc
