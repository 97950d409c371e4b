// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers as vectors of `bytes`, for loops under vectorised().
#ifndef TCC_RUNTIME_VECTORLANES_H
#define TCC_RUNTIME_VECTORLANES_H

#include "runtime/Vectorise.h"
#include <stdint.h>
#include <type_traits>

namespace tcc::runtime {

template <class R, int bytes> struct LanesOf {
  using Int = std::conditional_t<sizeof(R) == 4, int32_t, int64_t>;
  typedef R Vector __attribute__((vector_size(bytes), aligned(alignof(R)), may_alias));
  typedef Int Bits __attribute__((vector_size(bytes), aligned(alignof(R)), may_alias));
  static constexpr int count = bytes / int(sizeof(R));
};
template <class R, int bytes> using Vector = typename LanesOf<R, bytes>::Vector;
template <class R, int bytes> TCC_INLINE Vector<R, bytes> &vectorAt(R *p) {
  return *reinterpret_cast<Vector<R, bytes> *>(p);
}
template <class R, int bytes> TCC_INLINE const Vector<R, bytes> &vectorAt(const R *p) {
  return *reinterpret_cast<const Vector<R, bytes> *>(p);
}

} // namespace tcc::runtime
#endif
