// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Printing as NumPy's str() does; the runtime has the format.
#include "frontend/Axes.h"
#include "runtime/Format.h"
#include "tcc/Tensor.h"

#include <ostream>

namespace tcc {

std::ostream &operator<<(std::ostream &os, const Tensor &x) {
  if (!x.valid())
    return os << "Tensor()";
  // A weak scalar is printed as the 0-d tensor it stands for.
  Tensor value = isWeak(x) ? asNode(x, "print", Loc::current()) : x;
  if (value.size() == 0)
    return os << "[]";
  void *data = evaluated(value, Loc::current()).data();
  return os << runtime::formatTensor({data, int32_t(value.dtype()), int32_t(value.ndim()), value.shape().data()});
}

} // namespace tcc
