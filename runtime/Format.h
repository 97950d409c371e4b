// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors as text for people, as NumPy prints arrays: eight digits, aligned columns, long arrays abbreviated.
#ifndef TCC_RUNTIME_FORMAT_H
#define TCC_RUNTIME_FORMAT_H

#include "runtime/Runtime.h"
#include <string>

namespace tcc::runtime {

struct FormatOptions {
  int64_t threshold = 1000; ///< more elements than this are abbreviated
  int64_t edgeItems = 3;    ///< elements shown at each end of an abbreviated axis
  int64_t lineWidth = 75;
  int64_t indent = 0; ///< columns already used on the first line, and added to the others
};

/// What numpy.array2string prints; no line break at the end.
std::string formatTensor(const TccTensor &tensor, const FormatOptions &options = {});

} // namespace tcc::runtime
#endif
