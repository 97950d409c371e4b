// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Saving a traced function.
#include "frontend/WriteModule.h"

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

void writeModule(ModuleOp module, const std::string &path, Loc where) {
  if (StringRef(path).ends_with(".mlir")) {
    std::string text;
    llvm::raw_string_ostream(text) << module << "\n";
    return writeFile(path, text, "save", where);
  }
  throwUserError("save", "expected a path ending in .mlir (give that file to tcc-compile for .o and .so), got " + path,
                 where, Kind::value);
}

} // namespace tcc
