// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers as vectors of `bytes`, for loops under vectorised().
#ifndef TCC_RUNTIME_VECTORLANES_H
#define TCC_RUNTIME_VECTORLANES_H

#include "runtime/Vectorise.h"
#include <stdint.h>
#include <type_traits>
#include <utility>

namespace tcc::runtime {

template <class R, int bytes> struct LanesOf {
  using Int = std::conditional_t<
      sizeof(R) == 1, int8_t,
      std::conditional_t<sizeof(R) == 2, int16_t, std::conditional_t<sizeof(R) == 4, int32_t, int64_t>>>;
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

/// Vector registers of that size.
#if defined(__x86_64__)
template <int bytes> inline constexpr int vectorRegisters = bytes == 64 ? 32 : 16;
#else
template <int bytes> inline constexpr int vectorRegisters = 32;
#endif

/// Swaps blocks of `half` x `half` elements across the diagonal of a square of vectors, then inside them.
template <class R, int bytes, int half = LanesOf<R, bytes>::count / 2>
TCC_INLINE void transposeSquare(Vector<R, bytes> *rows) {
  constexpr int lanes = LanesOf<R, bytes>::count;
  if constexpr (half > 0) {
    auto swap = [&]<int... l>(Vector<R, bytes> &a, Vector<R, bytes> &b, std::integer_sequence<int, l...>) TCC_INLINED {
      Vector<R, bytes> low = __builtin_shufflevector(a, b, (l & half ? lanes + l - half : l)...);
      b = __builtin_shufflevector(a, b, (l & half ? lanes + l : l + half)...);
      a = low;
    };
    for (int r = 0; r < lanes; ++r)
      if (!(r & half))
        swap(rows[r], rows[r + half], std::make_integer_sequence<int, lanes>());
    transposeSquare<R, bytes, half / 2>(rows);
  }
}

} // namespace tcc::runtime
#endif
