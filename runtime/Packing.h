// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Copies of matrices into the panels that the loops of BlockProduct.h read: transposed in registers where the elements
// of a line lie side by side, converted and split into real and imaginary parts on the way.
#ifndef TCC_RUNTIME_PACKING_H
#define TCC_RUNTIME_PACKING_H

#include "runtime/Elements.h"
#include "runtime/VectorLanes.h"
#include <utility>

namespace tcc::runtime {

/// Places of elements along one axis of a matrix, at a constant distance.
struct Stride {
  int64_t stride;
  int64_t at(int64_t i) const { return i * stride; }
  bool adjacent(int64_t, int64_t) const { return stride == 1; }
};

/// Rows of vectors become columns, by halves: in step s, elements whose numbers differ in bit s change places.
template <class R, int bytes, int s, size_t... l>
TCC_INLINE void exchange(Vector<R, bytes> &a, Vector<R, bytes> &b, std::index_sequence<l...>) {
  constexpr int count = int(sizeof...(l));
  Vector<R, bytes> upper = __builtin_shufflevector(a, b, (int(l) & s ? count + int(l) - s : int(l))...);
  b = __builtin_shufflevector(a, b, (int(l) & s ? count + int(l) : int(l) + s)...);
  a = upper;
}
template <class R, int bytes, int s = 1> TCC_INLINE void transposeLanes(Vector<R, bytes> *rows) {
  constexpr int count = LanesOf<R, bytes>::count;
  if constexpr (s < count) {
    for (int i = 0; i < count; ++i)
      if (!(i & s))
        exchange<R, bytes, s>(rows[i], rows[i + s], std::make_index_sequence<count>());
    transposeLanes<R, bytes, 2 * s>(rows);
  }
}

/// Pairs (re, im) from vectors of real and imaginary parts, and back.
template <class R, int bytes, size_t... l>
TCC_INLINE void interleave(Vector<R, bytes> re, Vector<R, bytes> im, Vector<R, bytes> &low, Vector<R, bytes> &high,
                           std::index_sequence<l...>) {
  constexpr int count = int(sizeof...(l));
  low = __builtin_shufflevector(re, im, (int(l) / 2 + (l % 2 ? count : 0))...);
  high = __builtin_shufflevector(re, im, (count / 2 + int(l) / 2 + (l % 2 ? count : 0))...);
}
template <class R, int bytes>
TCC_INLINE void interleave(Vector<R, bytes> re, Vector<R, bytes> im, Vector<R, bytes> &low, Vector<R, bytes> &high) {
  interleave<R, bytes>(re, im, low, high, std::make_index_sequence<LanesOf<R, bytes>::count>());
}
template <class R, int bytes, size_t... l>
TCC_INLINE Vector<R, bytes> everySecond(Vector<R, bytes> low, Vector<R, bytes> high, std::index_sequence<l...>) {
  return __builtin_shufflevector(low, high, (2 * int(l))...);
}
template <class R, int bytes, size_t... l>
TCC_INLINE Vector<R, bytes> everyOther(Vector<R, bytes> low, Vector<R, bytes> high, std::index_sequence<l...>) {
  return __builtin_shufflevector(low, high, (2 * int(l) + 1)...);
}

/// As many elements as a vector of their computed real type has lanes; im of complex ones only.
template <class T, int bytes, class R = Real<Computed<T>>>
TCC_INLINE void loadParts(const T *from, Vector<R, bytes> &re, Vector<R, bytes> &im) {
  constexpr int lanes = LanesOf<R, bytes>::count;
  if constexpr (isComplex<T>) {
    const R *parts = reinterpret_cast<const R *>(from);
    Vector<R, bytes> low = vectorAt<R, bytes>(parts), high = vectorAt<R, bytes>(parts + lanes);
    re = everySecond<R, bytes>(low, high, std::make_index_sequence<lanes>());
    im = everyOther<R, bytes>(low, high, std::make_index_sequence<lanes>());
#if defined(__clang__) && defined(__x86_64__)
  } else if constexpr (std::is_same_v<T, Half> && bytes > 16) { // F16C
    typedef _Float16 Narrow __attribute__((vector_size(bytes / 2), aligned(2), may_alias));
    typedef R Wide __attribute__((vector_size(bytes), may_alias));
    re = __builtin_convertvector(*reinterpret_cast<const Narrow *>(from), Wide);
#endif
  } else if constexpr (isSmallFloat<T>) {
    R wide[lanes];
    for (int l = 0; l < lanes; ++l)
      wide[l] = R(from[l]);
    re = vectorAt<R, bytes>(wide);
  } else {
    re = vectorAt<R, bytes>(from);
  }
}

/// Rounds `count` numbers to elements of type T.
template <class T, int bytes> TCC_INLINE void roundTo(const float *from, int64_t count, T *to) {
  int64_t i = 0;
#if defined(__clang__) && defined(__x86_64__)
  if constexpr (std::is_same_v<T, Half> && bytes > 16) { // F16C
    typedef _Float16 Narrow __attribute__((vector_size(bytes / 2), aligned(2), may_alias));
    constexpr int64_t lanes = LanesOf<float, bytes>::count;
    for (; i + lanes <= count; i += lanes)
      *reinterpret_cast<Narrow *>(to + i) = __builtin_convertvector(vectorAt<float, bytes>(from + i), Narrow);
  }
#endif
  for (; i < count; ++i)
    to[i] = T(from[i]);
}

/// Packs a panel of `side` lines of which `count` exist, zeros for the others: element p of line r goes to
/// to[p * width + r], with the imaginary part of a complex one `side` further. `lines.at(r)` and `along.at(p)` are
/// places, in elements; `adjacent(i, n)` says whether n of them from i lie side by side. each(x) is applied to every
/// number.
template <class T, int bytes, int64_t side, class Lines, class Along, class Each>
TCC_INLINE void packPanel(const T *from, const Lines &lines, int64_t count, const Along &along, int64_t steps,
                          Real<Computed<T>> *to, int64_t width, Each each) {
  using R = Real<Computed<T>>;
  using V = Vector<R, bytes>;
  constexpr int64_t lanes = LanesOf<R, bytes>::count;
  static_assert(side % lanes == 0);
  auto one = [&](int64_t p, int64_t r) TCC_INLINED {
    R *place = to + p * width + r;
    if (r >= count) {
      place[0] = R(0);
      if constexpr (isComplex<T>)
        place[side] = R(0);
      return;
    }
    T value = from[lines.at(r) + along.at(p)];
    if constexpr (isComplex<T>) {
      place[0] = each(value.re);
      place[side] = each(value.im);
    } else {
      place[0] = each(R(value));
    }
  };
  for (int64_t r = 0; r < side; r += lanes) {
    const int64_t present = count - r < lanes ? count - r : lanes;
    const bool isSideBySide = present == lanes && lines.adjacent(r, lanes);
    for (int64_t p = 0; p < steps;) {
      if (isSideBySide) {
        V re, im;
        loadParts<T, bytes>(from + lines.at(r) + along.at(p), re, im);
        vectorAt<R, bytes>(to + p * width + r) = each(re);
        if constexpr (isComplex<T>)
          vectorAt<R, bytes>(to + p * width + side + r) = each(im);
        ++p;
      } else if (p + lanes <= steps && along.adjacent(p, lanes)) {
        V re[lanes] = {}, im[isComplex<T> ? lanes : 1] = {};
        for (int64_t l = 0; l < lanes; ++l)
          if (l < present) {
            V unused;
            loadParts<T, bytes>(from + lines.at(r + l) + along.at(p), re[l], isComplex<T> ? im[l] : unused);
            re[l] = each(re[l]);
            if constexpr (isComplex<T>)
              im[l] = each(im[l]);
          }
        transposeLanes<R, bytes>(re);
        if constexpr (isComplex<T>)
          transposeLanes<R, bytes>(im);
        for (int64_t l = 0; l < lanes; ++l) {
          vectorAt<R, bytes>(to + (p + l) * width + r) = re[l];
          if constexpr (isComplex<T>)
            vectorAt<R, bytes>(to + (p + l) * width + side + r) = im[l];
        }
        p += lanes;
      } else {
        for (int64_t l = 0; l < lanes; ++l)
          one(p, r + l);
        ++p;
      }
    }
  }
}

} // namespace tcc::runtime
#endif
