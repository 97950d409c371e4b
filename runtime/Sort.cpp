// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_sort and tcc_argsort along one axis: stable, NaN last, complex numbers lexicographically (as NumPy). Elements
// become unsigned keys of the same order, which are sorted by merging or, when long, by radix or vectors.
#include "runtime/Elements.h"
#include "runtime/QuickSort.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include "runtime/Vectorise.h"

using namespace tcc::runtime;

namespace {

template <int bytes>
using Unsigned =
    std::conditional_t<bytes == 1, uint8_t,
                       std::conditional_t<bytes == 2, uint16_t, std::conditional_t<bytes == 4, uint32_t, uint64_t>>>;

/// Order-preserving keys. A float's negative numbers have all bits flipped, the others the sign; NaN is the largest.
template <class T> struct Keys {
  using Key = Unsigned<sizeof(T)>;
  static constexpr Key sign = Key(Key(1) << (8 * sizeof(T) - 1));
  static constexpr bool isSigned = std::is_signed_v<T> && std::is_integral_v<T>;

  static Key encode(T x, bool zerosEqual) {
    Key bits = bitCast<Key>(x);
    if constexpr (isFloat<T>) {
      if (isNan(x))
        return Key(~Key(0));
      if (zerosEqual && bits == sign)
        bits = 0;
      return bits & sign ? Key(~bits) : Key(bits | sign);
    } else if constexpr (isSigned) {
      return Key(bits ^ sign);
    } else {
      return bits;
    }
  }
  static T decode(Key key) {
    if constexpr (isFloat<T>) {
      if (key == Key(~Key(0))) // the quiet NaN, in each format: sign clear, the rest set but for the payload's end
        return bitCast<T>(Key(~Key(0) >> 1));
      return bitCast<T>(key & sign ? Key(key & Key(~sign)) : Key(~key));
    } else if constexpr (isSigned) {
      return bitCast<T>(Key(key ^ sign));
    } else {
      return bitCast<T>(key);
    }
  }
};

/// NumPy's order of complex numbers with NaN parts: R + Rj, R + nan j, nan + Rj, nan + nan j.
template <class T> struct ComplexKey {
  Unsigned<sizeof(T)> kind, re, im;
  friend bool operator<(const ComplexKey &a, const ComplexKey &b) {
    if (a.kind != b.kind)
      return a.kind < b.kind;
    return a.re != b.re ? a.re < b.re : a.im < b.im;
  }
};
template <class T> struct Keys<Complex<T>> {
  using Key = ComplexKey<T>;
  static Key encode(Complex<T> x, bool) {
    bool re = isNan(x.re), im = isNan(x.im);
    using U = Unsigned<sizeof(T)>;
    return {U(2 * re + im), Keys<T>::encode(x.re, true), Keys<T>::encode(x.im, true)};
  }
};

template <class Key> struct Pair {
  Key key;
  int64_t index;
  friend bool operator<(const Pair &a, const Pair &b) { return a.key < b.key; }
};
template <class Key> const Key &keyOf(const Key &item) { return item; }
template <class Key> const Key &keyOf(const Pair<Key> &item) { return item.key; }

template <class Item> void mergeRuns(const Item *a, const Item *aEnd, const Item *b, const Item *bEnd, Item *out) {
  while (a != aEnd && b != bEnd) {
    bool second = *b < *a; // equal items keep their order
    *out++ = second ? *b : *a;
    b += second;
    a += !second;
  }
  while (a != aEnd)
    *out++ = *a++;
  while (b != bEnd)
    *out++ = *b++;
}

/// Stable; returns where the sorted items are: `items` or `other`.
template <class Item> Item *mergeSort(Item *items, Item *other, int64_t n) {
  constexpr int64_t run = 16;
  for (int64_t begin = 0; begin < n; begin += run) {
    int64_t end = begin + run < n ? begin + run : n;
    for (int64_t i = begin + 1; i < end; ++i) {
      Item item = items[i];
      int64_t j = i;
      for (; j > begin && item < items[j - 1]; --j)
        items[j] = items[j - 1];
      items[j] = item;
    }
  }
  for (int64_t width = run; width < n; width *= 2) {
    for (int64_t begin = 0; begin < n; begin += 2 * width) {
      int64_t middle = begin + width < n ? begin + width : n, end = middle + width < n ? middle + width : n;
      mergeRuns(items + begin, items + middle, items + middle, items + end, other + begin);
    }
    Item *sorted = other;
    other = items;
    items = sorted;
  }
  return items;
}

/// Least significant byte first; passes in which all items share the byte are skipped. Stable. One look at the items
/// counts the bytes of all passes.
template <class Key, class Item> Item *radixSort(Item *items, Item *other, int64_t n) {
  constexpr unsigned bytes = sizeof(Key);
  uint32_t counts[bytes][256] = {};
  for (int64_t i = 0; i < n; ++i) {
    Key key = keyOf(items[i]);
    for (unsigned byte = 0; byte < bytes; ++byte)
      ++counts[byte][key >> (8 * byte) & 255];
  }
  for (unsigned byte = 0; byte < bytes; ++byte) {
    uint32_t *places = counts[byte];
    if (places[keyOf(items[0]) >> (8 * byte) & 255] == uint64_t(n))
      continue;
    uint32_t place = 0;
    for (int digit = 0; digit < 256; ++digit) {
      uint32_t here = places[digit];
      places[digit] = place;
      place += here;
    }
    for (int64_t i = 0; i < n; ++i)
      other[places[keyOf(items[i]) >> (8 * byte) & 255]++] = items[i];
    Item *sorted = other;
    other = items;
    items = sorted;
  }
  return items;
}

/// The same with digits of 11 bits, on all threads: every pass counts and then moves fixed parts of the items, each to
/// the places that earlier parts leave it. Passes in which all items share the digit are skipped. Null if there is no
/// memory for the counts.
template <class Key, class Item> Item *radixSortShared(Item *items, Item *other, int64_t n) {
  constexpr unsigned bits = 11, passes = (8 * sizeof(Key) + bits - 1) / bits;
  constexpr int64_t digits = 1 << bits, parts = 16;
  Scratch<int64_t> counts(parts * digits);
  if (!counts)
    return nullptr;
  int64_t part = (n + parts - 1) / parts;
  auto digitOf = [](const Item &item, unsigned pass) { return int64_t(keyOf(item) >> (bits * pass)) & (digits - 1); };
  auto onParts = [&](auto f) {
    parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p)
        f(p, p * part < n ? p * part : n, (p + 1) * part < n ? (p + 1) * part : n);
    });
  };
  Key differing[parts], anywhere = 0; // bits in which keys differ from the first
  onParts([&](int64_t p, int64_t begin, int64_t end) {
    Key first = keyOf(items[0]), seen = 0;
    for (int64_t i = begin; i < end; ++i)
      seen |= keyOf(items[i]) ^ first;
    differing[p] = seen;
  });
  for (Key some : differing)
    anywhere |= some;
  for (unsigned pass = 0; pass < passes; ++pass) {
    if ((anywhere >> (bits * pass) & Key(digits - 1)) == 0)
      continue;
    onParts([&](int64_t p, int64_t begin, int64_t end) {
      int64_t *mine = counts.get() + p * digits;
      memset(mine, 0, size_t(digits) * sizeof(int64_t));
      for (int64_t i = begin; i < end; ++i)
        ++mine[digitOf(items[i], pass)];
    });
    int64_t place = 0;
    for (int64_t digit = 0; digit < digits; ++digit)
      for (int64_t p = 0; p < parts; ++p) {
        int64_t here = counts[p * digits + digit];
        counts[p * digits + digit] = place;
        place += here;
      }
    onParts([&](int64_t p, int64_t begin, int64_t end) {
      int64_t *places = counts.get() + p * digits;
      for (int64_t i = begin; i < end; ++i)
        other[places[digitOf(items[i], pass)]++] = items[i];
    });
    Item *sorted = other;
    other = items;
    items = sorted;
  }
  return items;
}

/// Keys alone: the only sorts whose equal items cannot be told apart.
template <class Key, class Item>
constexpr bool isKeyOfRegisters =
    std::is_same_v<Key, Item> && (sizeof(Key) == 4 || sizeof(Key) == 8) && std::is_integral_v<Key>;

template <class Key, class Item> Item *sortItems(Item *items, Item *other, int64_t n) {
  if constexpr (isKeyOfRegisters<Key, Item>)
    if (hasQuickSort()) {
      quickSort(items, other, n);
      return items;
    }
  if constexpr (std::is_integral_v<Key>)
    if (n > 256 * int64_t(sizeof(Key)) / 2 && n <= UINT32_MAX)
      return radixSort<Key>(items, other, n);
  return mergeSort(items, other, n);
}

/// A long row: parts are sorted and then merged pairwise on the pool. The result of a stable sort is unique.
template <class Key, class Item> Item *sortLong(Item *items, Item *other, int64_t n) {
  constexpr int64_t least = 65536;
  // Its first partitions run on one thread, the next on two.
  constexpr int fewThreads = 8;
  if constexpr (isKeyOfRegisters<Key, Item>)
    if (hasQuickSort() && numThreads() <= fewThreads)
      return sortItems<Key>(items, other, n);
  if constexpr (std::is_integral_v<Key> && sizeof(Key) >= 4)
    if (n >= least)
      if (Item *sorted = radixSortShared<Key>(items, other, n))
        return sorted;
  int64_t parts = 1;
  while (parts < numThreads() && n / (parts * 2) >= least)
    parts *= 2;
  if (parts == 1)
    return sortItems<Key>(items, other, n);
  int64_t part = (n + parts - 1) / parts;
  auto clamp = [n](int64_t i) { return i < n ? i : n; };
  parallelFor(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      int64_t from = clamp(p * part), count = clamp(from + part) - from;
      if (count == 0)
        continue;
      Item *sorted = sortItems<Key>(items + from, other + from, count);
      if (sorted != items + from)
        memcpy(static_cast<void *>(items + from), sorted, size_t(count) * sizeof(Item));
    }
  });
  for (int64_t width = part; width < n; width *= 2) {
    parallelFor((n + 2 * width - 1) / (2 * width), 1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        int64_t from = p * 2 * width, middle = clamp(from + width), last = clamp(middle + width);
        mergeRuns(items + from, items + middle, items + middle, items + last, other + from);
      }
    });
    Item *sorted = other;
    other = items;
    items = sorted;
  }
  return items;
}

template <class T, bool indices>
int32_t sortAlong(const char *op, const TccTensor &in, const TccTensor &out, int64_t axis, TccStatus *status) {
  using Key = typename Keys<T>::Key;
  // Complex keys forget signed zeros and payloads, so their values are fetched through the index.
  constexpr bool pairs = indices || isComplex<T>;
  using Item = std::conditional_t<pairs, Pair<Key>, Key>;
  const T *x = static_cast<const T *>(in.data);
  int64_t outer = extentOf(in, 0, int32_t(axis)), n = in.shape[axis], inner = extentOf(in, int32_t(axis) + 1, in.rank);
  BatchFailure failure;
  parallelFor(outer * inner, grainFor(double(n) * 20), [&](int64_t begin, int64_t end) {
    Scratch<Item> items(2 * n);
    if (!items)
      return failure.report(begin, 1);
    for (int64_t row = begin; row < end; ++row) {
      int64_t base = row / inner * n * inner + row % inner;
      parallelFor(n, grainFor(0.5), [&](int64_t from, int64_t to) {
        vectorised([&]<int>() TCC_INLINED {
          for (int64_t i = from; i < to; ++i) {
            Key key = Keys<T>::encode(x[base + i * inner], indices);
            if constexpr (pairs)
              items[i] = {key, i};
            else
              items[i] = key;
          }
        });
      });
      const Item *sorted = sortLong<Key>(items.get(), items.get() + n, n);
      parallelFor(n, grainFor(0.5), [&](int64_t from, int64_t to) {
        vectorised([&]<int>() TCC_INLINED {
          for (int64_t i = from; i < to; ++i)
            if constexpr (indices)
              static_cast<int64_t *>(out.data)[base + i * inner] = sorted[i].index;
            else if constexpr (pairs)
              static_cast<T *>(out.data)[base + i * inner] = x[base + sorted[i].index * inner];
            else
              static_cast<T *>(out.data)[base + i * inner] = Keys<T>::decode(sorted[i]);
        });
      });
    }
  });
  return failure.any() ? outOfMemory(status, op, 2 * n * int64_t(sizeof(Item))) : int32_t(TCC_OK);
}

template <bool indices>
int32_t sortAny(const char *op, const TccTensor *in, int32_t numIn, const TccTensor *out, int32_t numOut,
                const int64_t *attrs, TccStatus *status) {
  TCC_CHECK(checkArguments(op, in, numIn, 1, out, numOut, 1, status));
  int64_t axis = AttributeReader(attrs).integer();
  TCC_CHECK(checkAxes(op, {&axis, 1}, in[0].rank, status));
  TCC_CHECK(
      checkTensor(op, "result", out[0], indices ? int32_t(TCC_I64) : in[0].dtype, in[0].rank, in[0].shape, status));
  if (numElements(in[0]) == 0)
    return TCC_OK;
  return dispatchAll(in[0].dtype, [&]<class T>() { return sortAlong<T, indices>(op, in[0], out[0], axis, status); });
}

} // namespace

int32_t tcc_sort(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                 TccStatus *status) {
  return sortAny<false>("sort", in, n_in, out, n_out, attrs, status);
}
int32_t tcc_argsort(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                    TccStatus *status) {
  return sortAny<true>("argsort", in, n_in, out, n_out, attrs, status);
}
