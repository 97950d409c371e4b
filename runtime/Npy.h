// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading and writing NumPy's .npy files. Files are untrusted: anything malformed is an error sentence with the path.
#ifndef TCC_RUNTIME_NPY_H
#define TCC_RUNTIME_NPY_H

#include "runtime/Memory.h"
#include "runtime/OutputFile.h"
#include "runtime/Runtime.h"
#include <string>
#include <vector>

namespace tcc::runtime {

struct NpyArray {
  int32_t dtype = TCC_F32;
  std::vector<int64_t> shape;
  Buffer data; ///< row-major, whatever the order in the file
};

/// Empty on success, else "cannot read 'x.npy': ...".
std::string readNpy(const std::string &path, NpyArray &array);
/// The same from memory; `name` stands for the path in messages.
std::string parseNpy(const std::string &name, const char *bytes, int64_t size, NpyArray &array);
/// Appends to a file that is committed later. Empty on success, else what went wrong.
std::string writeNpy(OutputFile &file, const TccTensor &tensor);
/// A whole file, or none.
std::string writeNpy(const std::string &path, const TccTensor &tensor);

} // namespace tcc::runtime
#endif
