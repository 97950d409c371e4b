// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Quicksort between two buffers on AVX-512; a long part's halves are sorted side by side. Keys are plain numbers, of
// which equal ones cannot be told apart: the result is that of any sort.
#include "runtime/QuickSort.h"
#include "runtime/Threads.h"
#include "runtime/VectorTarget.h"
#include "runtime/Vectorise.h"

#if defined(__x86_64__)
#include <immintrin.h>

TCC_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,bmi,bmi2,popcnt")

namespace tcc::runtime {
namespace {

using Vector = __m512i;

template <class Key> struct Register;
template <> struct Register<uint32_t> {
  static constexpr int lanes = 16;
  using Mask = __mmask16;
  static Vector all(uint32_t x) { return _mm512_set1_epi32(int(x)); }
  static Vector positions() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
  static Vector loadSome(Vector otherwise, Mask on, const uint32_t *p) {
    return _mm512_mask_loadu_epi32(otherwise, on, p);
  }
  static void storeSome(uint32_t *p, Mask on, Vector x) { _mm512_mask_storeu_epi32(p, on, x); }
  static Vector permuted(Vector at, Vector x) { return _mm512_permutexvar_epi32(at, x); }
  /// The greater keys of x and y in the lanes of `upper`, the lesser ones in the others.
  TCC_INLINE static Vector chosen(Mask upper, Vector x, Vector y) {
    return _mm512_mask_max_epu32(_mm512_min_epu32(x, y), upper, x, y);
  }
  TCC_INLINE static void order(Vector &x, Vector &y) {
    Vector least = _mm512_min_epu32(x, y);
    y = _mm512_max_epu32(x, y);
    x = least;
  }
  static Mask less(Vector x, Vector y) { return _mm512_cmplt_epu32_mask(x, y); }
  static Vector compressed(Mask on, Vector x) { return _mm512_maskz_compress_epi32(on, x); }
};
template <> struct Register<uint64_t> {
  static constexpr int lanes = 8;
  using Mask = __mmask8;
  static Vector all(uint64_t x) { return _mm512_set1_epi64(int64_t(x)); }
  static Vector positions() { return _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7); }
  static Vector loadSome(Vector otherwise, Mask on, const uint64_t *p) {
    return _mm512_mask_loadu_epi64(otherwise, on, p);
  }
  static void storeSome(uint64_t *p, Mask on, Vector x) { _mm512_mask_storeu_epi64(p, on, x); }
  static Vector permuted(Vector at, Vector x) { return _mm512_permutexvar_epi64(at, x); }
  // By comparisons: a minimum of 64-bit integers is two operations that only one unit does.
  TCC_INLINE static Vector chosen(Mask upper, Vector x, Vector y) {
    return _mm512_mask_mov_epi64(x, Mask(less(y, x) ^ upper), y);
  }
  TCC_INLINE static void order(Vector &x, Vector &y) {
    Mask swap = less(y, x);
    Vector least = _mm512_mask_mov_epi64(x, swap, y);
    y = _mm512_mask_mov_epi64(y, swap, x);
    x = least;
  }
  static Mask less(Vector x, Vector y) { return _mm512_cmplt_epu64_mask(x, y); }
  static Vector compressed(Mask on, Vector x) { return _mm512_maskz_compress_epi64(on, x); }
};

template <class Key> typename Register<Key>::Mask firstLanes(int64_t count) {
  using Mask = typename Register<Key>::Mask;
  return count >= Register<Key>::lanes ? Mask(~Mask(0)) : Mask((1u << (count < 0 ? 0 : count)) - 1);
}

/// Every lane is exchanged with lane ^ `with`, the lower of the two keeping the lesser key.
template <class Key, int with> TCC_INLINE Vector exchanged(Vector x) {
  using R = Register<Key>;
  constexpr int top = with >= 8 ? 8 : with >= 4 ? 4 : with >= 2 ? 2 : 1;
  constexpr unsigned upper = top == 8 ? 0xff00 : top == 4 ? 0xf0f0 : top == 2 ? 0xcccc : 0xaaaa;
  Vector partner = R::permuted(_mm512_xor_si512(R::positions(), R::all(Key(with))), x);
  return R::chosen(typename R::Mask(upper), x, partner);
}

/// Sorted halves of `size` keys become sorted wholes, in all of `count` registers: Batcher's bitonic merge (1968), with
/// the second half read backwards, so that all comparisons point the same way.
template <class Key, int count, int size> TCC_INLINE void mergeHalves(Vector *v) {
  using R = Register<Key>;
  constexpr int lanes = R::lanes;
  if constexpr (size <= lanes) {
    for (int i = 0; i < count; ++i)
      v[i] = exchanged<Key, size - 1>(v[i]);
  } else {
    constexpr int group = size / lanes;
    const Vector backwards = _mm512_xor_si512(R::positions(), R::all(lanes - 1));
    for (int g = 0; g < count; g += group)
      for (int i = 0; i < group / 2; ++i) {
        Vector &high = v[g + group - 1 - i], turned = R::permuted(backwards, high);
        R::order(v[g + i], turned);
        high = R::permuted(backwards, turned);
      }
    for (int distance = group / 4; distance >= 1; distance /= 2)
      for (int i = 0; i < count; ++i)
        if (!(i & distance))
          R::order(v[i], v[i + distance]);
  }
  constexpr int within = size < 2 * lanes ? size / 4 : lanes / 2;
  for (int i = 0; i < count; ++i) {
    if constexpr (within >= 8)
      v[i] = exchanged<Key, 8>(v[i]);
    if constexpr (within >= 4)
      v[i] = exchanged<Key, 4>(v[i]);
    if constexpr (within >= 2)
      v[i] = exchanged<Key, 2>(v[i]);
    if constexpr (within >= 1)
      v[i] = exchanged<Key, 1>(v[i]);
  }
}
template <class Key, int count, int size> TCC_INLINE void mergeAll(Vector *v) {
  if constexpr (size <= count * Register<Key>::lanes) {
    mergeHalves<Key, count, size>(v);
    mergeAll<Key, count, 2 * size>(v);
  }
}

/// Sorts up to `count` registers full of keys.
template <class Key, int count> __attribute__((noinline)) void sortRegisters(const Key *from, Key *to, int64_t n) {
  using R = Register<Key>;
  Vector v[count];
  for (int i = 0; i < count; ++i)
    v[i] = R::loadSome(R::all(~Key(0)), firstLanes<Key>(n - i * R::lanes), from + i * R::lanes);
  mergeAll<Key, count, 2>(v);
  for (int i = 0; i < count; ++i)
    R::storeSome(to + i * R::lanes, firstLanes<Key>(n - i * R::lanes), v[i]);
}

constexpr int maxRegisters = 16;

template <class Key> void sortShort(const Key *from, Key *to, int64_t n) {
  constexpr int64_t lanes = Register<Key>::lanes;
  if (n <= lanes)
    sortRegisters<Key, 1>(from, to, n);
  else if (n <= 2 * lanes)
    sortRegisters<Key, 2>(from, to, n);
  else if (n <= 4 * lanes)
    sortRegisters<Key, 4>(from, to, n);
  else if (n <= 8 * lanes)
    sortRegisters<Key, 8>(from, to, n);
  else
    sortRegisters<Key, maxRegisters>(from, to, n);
}

/// Keys below the pivot (or equal to it, if `equalFirst`) go to the front of `to`, the others to its end; how many are
/// at the front.
template <class Key, bool equalFirst> int64_t partition(const Key *from, Key *to, int64_t n, Key pivot) {
  using R = Register<Key>;
  using Mask = typename R::Mask;
  const Vector by = R::all(pivot);
  Key *low = to, *high = to + n;
  auto part = [&](Vector x, Mask on, int64_t count) {
    Mask front = Mask((equalFirst ? Mask(~R::less(by, x)) : R::less(x, by)) & on), back = Mask(~front & on);
    int64_t numFront = __builtin_popcount(front), numBack = count - numFront;
    R::storeSome(low, firstLanes<Key>(numFront), R::compressed(front, x));
    low += numFront;
    high -= numBack;
    R::storeSome(high, firstLanes<Key>(numBack), R::compressed(back, x));
  };
  int64_t i = 0;
  for (; i + R::lanes <= n; i += R::lanes)
    part(_mm512_loadu_si512(from + i), Mask(~Mask(0)), R::lanes);
  if (i < n) {
    Mask on = firstLanes<Key>(n - i);
    part(R::loadSome(by, on, from + i), on, n - i);
  }
  return low - to;
}

/// The median of some keys at even distances.
template <class Key> Key choosePivot(const Key *keys, int64_t n) {
  constexpr int64_t lanes = Register<Key>::lanes, manyKeys = 4096;
  const int64_t count = n < manyKeys ? lanes : 8 * lanes;
  Key sample[8 * lanes];
  for (int64_t i = 0; i < count; ++i)
    sample[i] = keys[(2 * i + 1) * n / (2 * count)];
  sortShort(sample, sample, count);
  return sample[count / 2];
}

/// For keys on which all pivots are bad.
template <class Key> void heapSort(Key *keys, int64_t n) {
  auto sink = [&](int64_t i, int64_t end) {
    Key key = keys[i];
    for (int64_t child; (child = 2 * i + 1) < end; i = child) {
      child += child + 1 < end && keys[child] < keys[child + 1];
      if (keys[child] <= key)
        break;
      keys[i] = keys[child];
    }
    keys[i] = key;
  };
  for (int64_t i = n / 2; i-- > 0;)
    sink(i, n);
  for (int64_t end = n; --end > 0;) {
    Key last = keys[end];
    keys[end] = keys[0];
    keys[0] = last;
    sink(0, end);
  }
}

/// Sorts the keys at `from` to `to`, which is either `from` or `other`.
template <class Key> void sortBetween(Key *from, Key *other, Key *to, int64_t n, int depth) {
  constexpr int64_t worthSharing = 32768;
  while (n > maxRegisters * Register<Key>::lanes) {
    if (depth-- == 0) {
      heapSort(from, n);
      if (to != from)
        __builtin_memcpy(to, from, size_t(n) * sizeof(Key));
      return;
    }
    Key pivot = choosePivot(from, n);
    int64_t front = partition<Key, false>(from, other, n, pivot);
    if (front == 0) {
      // The pivot is the least key: its equals are where they belong.
      front = partition<Key, true>(from, other, n, pivot);
      if (to != other)
        for (int64_t i = 0; i < front; ++i)
          to[i] = pivot;
    } else if (n >= worthSharing) {
      parallelFor(2, 1, [&](int64_t begin, int64_t end) {
        for (int64_t half = begin; half < end; ++half) {
          int64_t at = half ? front : 0;
          sortBetween(other + at, from + at, to + at, half ? n - front : front, depth);
        }
      });
      return;
    } else {
      sortBetween(other, from, to, front, depth);
    }
    Key *moved = other + front;
    other = from + front;
    from = moved;
    to += front;
    n -= front;
  }
  sortShort(from, to, n);
}

template <class Key> void sortKeys(Key *keys, Key *other, int64_t n) {
  if (n > 1)
    sortBetween(keys, other, keys, n, 2 * (64 - __builtin_clzll(uint64_t(n))));
}

} // namespace

void quickSort(uint32_t *keys, uint32_t *other, int64_t n) { sortKeys(keys, other, n); }
void quickSort(uint64_t *keys, uint64_t *other, int64_t n) { sortKeys(keys, other, n); }

} // namespace tcc::runtime

TCC_TARGET_END

namespace tcc::runtime {
bool hasQuickSort() { return vectorLevel() == VectorLevel::Avx512; }
} // namespace tcc::runtime

#else

namespace tcc::runtime {
bool hasQuickSort() { return false; }
void quickSort(uint32_t *, uint32_t *, int64_t) {}
void quickSort(uint64_t *, uint64_t *, int64_t) {}
} // namespace tcc::runtime

#endif
