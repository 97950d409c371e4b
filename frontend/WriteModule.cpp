// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Saving a traced function.
#include "frontend/WriteModule.h"
#include "frontend/Evaluate.h"
#include "passes/aot/Save.h"

#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tcc {

DenseElementsAttr toElements(GraphImpl &graph, const detail::TensorImpl &impl, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (impl.dtype == bool_) // one byte each with us
    return DenseElementsAttr::get(
        tensor, ArrayRef<bool>(static_cast<const bool *>(impl.data.data()), size_t(tensor.getNumElements())));
  return DenseElementsAttr::getFromRawBuffer(tensor,
                                             ArrayRef<char>(static_cast<const char *>(impl.data.data()),
                                                            size_t(tensor.getNumElements()) * itemsize(impl.dtype)));
}

void saveModule(ModuleOp module, const std::string &path, const SaveOptions &options, Loc where) {
  aot::SaveRequest request{path, options.name, options.target, options.processor, options.header, {}, {}};
  aot::Gradient gradient{"main", {options.wrt.begin(), options.wrt.end()}};
  FirstError said(module.getContext());
  loadProgramDialects(*module.getContext());
  if (options.gradient)
    request.gradients.push_back(gradient);
  aot::Problem problem = aot::complete(request);
  if (!problem && StringRef(path).ends_with(".mlir")) {
    // As tcc ops, which say more than the plan that is made of them.
    if (options.gradient && failed(aot::addGradient(module, gradient)))
      throwUserError("save", said.text, where, Kind::value);
    std::string text;
    llvm::raw_string_ostream(text) << module << "\n";
    return writeFile(path, text, "save", where);
  }
  if (!problem)
    problem = aot::save(module, request);
  if (!problem)
    return;
  Kind kind = problem.kind == aot::Problem::internal ? Kind::internal : problem.where.empty() ? Kind::value : Kind::io;
  throwUserError("save", problem.what.empty() ? said.text : problem.what, where, kind);
}

} // namespace tcc
