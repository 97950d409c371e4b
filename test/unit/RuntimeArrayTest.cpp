// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Scans, sorts, argmax, gather and scatter against plain loops, in all dtypes, along all axes; 16-bit conversions.
#include "RuntimeFixture.h"
#include <algorithm>
#include <numeric>
#include <random>

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

TEST(RuntimeElements, half_and_bfloat16_round_to_nearest_even) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    Half h;
    h.bits = uint16_t(bits);
    _Float16 reference;
    memcpy(&reference, &bits, 2);
    float value = float(h);
    if (value != value) {
      EXPECT_NE(float(reference), float(reference));
      continue;
    }
    ASSERT_EQ(value, float(reference));
    ASSERT_EQ(Half(value).bits, bits);
    BFloat16 b;
    b.bits = uint16_t(bits);
    if (float(b) == float(b))
      ASSERT_EQ(BFloat16(float(b)).bits, bits);
  }
  std::mt19937 random(1);
  for (int i = 0; i < 2000000; ++i) {
    float value = bitCast<float>(uint32_t(random()));
    _Float16 reference = _Float16(value);
    uint16_t bits;
    memcpy(&bits, &reference, 2);
    if (value == value)
      ASSERT_EQ(Half(value).bits, bits) << value;
  }
  EXPECT_EQ(BFloat16(1.00390625f).bits, 0x3f80); // a tie goes to even
  EXPECT_EQ(BFloat16(1.01171875f).bits, 0x3f82);
}

template <class T> Array<T> drawn(std::vector<int64_t> shape, unsigned seed) {
  Array<T> array(std::move(shape));
  std::mt19937 random(seed);
  for (int64_t i = 0; i < array.size(); ++i) {
    int value = int(random() % 19) - 9; // few values, so that there are ties
    if constexpr (isStdComplex<T>)
      array[i] = T(RealT<T>(value), RealT<T>(int(random() % 5)));
    else if constexpr (isFloat<T>)
      array[i] = random() % 23 == 0 ? T(NAN) : T(float(value) / 4);
    else if constexpr (std::is_same_v<T, Bool>)
      array[i] = Bool(value > 0);
    else
      array[i] = T(value);
  }
  return array;
}

template <class T> auto orderKey(T x) {
  if constexpr (isStdComplex<T>)
    return std::make_pair(double(x.real()), double(x.imag()));
  else if constexpr (isFloat<T>)
    return std::make_pair(float(x) != float(x) ? 1 : 0, float(x) != float(x) ? 0.0 : double(float(x)));
  else if constexpr (std::is_same_v<T, Bool>)
    return std::make_pair(0, int64_t(x.bits));
  else
    return std::make_pair(0, int64_t(x));
}
template <class T> bool same(T a, T b) { return orderKey(a) == orderKey(b); }

template <class T> class RuntimeArray : public testing::Test {};
using Types = testing::Types<Bool, int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, Half, BFloat16, float, double,
                             std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(RuntimeArray, Types);

struct Lines {
  std::vector<int64_t> shape;
  int64_t axis;
};
const Lines lines[] = {{{7}, 0},          {{1, 300}, 1}, {{5, 40, 3}, 1}, {{40, 3}, 0},
                       {{3, 2, 3000}, 2}, {{0, 3}, 1},   {{6, 300}, 0},   {{2, 70001}, 1}};

template <class F> void forEachLine(const Lines &l, F f) {
  int64_t n = l.shape[l.axis], inner = 1, outer = 1;
  for (size_t i = 0; i < l.shape.size(); ++i)
    (int64_t(i) < l.axis ? outer : int64_t(i) > l.axis ? inner : (void(0), n)) *= int64_t(i) == l.axis ? 1 : l.shape[i];
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t j = 0; j < inner; ++j) {
      std::vector<int64_t> at(static_cast<size_t>(n));
      for (int64_t i = 0; i < n; ++i)
        at[size_t(i)] = (o * n + i) * inner + j;
      f(at, o * inner + j);
    }
}

TYPED_TEST(RuntimeArray, sorts_are_stable_with_nan_last) {
  using T = TypeParam;
  for (const Lines &l : lines) {
    Array<T> x = drawn<T>(l.shape, 3), y(l.shape);
    Array<int64_t> order(l.shape);
    ASSERT_OK(call(tcc_sort, {x.tensor()}, {y.tensor()}, {l.axis}));
    ASSERT_OK(call(tcc_argsort, {x.tensor()}, {order.tensor()}, {l.axis}));
    forEachLine(l, [&](const std::vector<int64_t> &at, int64_t) {
      std::vector<int64_t> wanted(at.size());
      std::iota(wanted.begin(), wanted.end(), 0);
      std::sort(wanted.begin(), wanted.end(), [&](int64_t a, int64_t b) {
        auto left = orderKey(x[at[a]]), right = orderKey(x[at[b]]);
        return left < right || (left == right && a < b);
      });
      for (size_t i = 0; i < at.size(); ++i) {
        ASSERT_EQ(order[at[i]], wanted[i]);
        ASSERT_TRUE(same(y[at[i]], x[at[wanted[i]]]));
      }
    });
  }
}

TYPED_TEST(RuntimeArray, argmax_takes_the_first_of_ties_and_nan) {
  using T = TypeParam;
  if constexpr (!isStdComplex<T>)
    for (const Lines &l : lines) {
      Array<T> x = drawn<T>(l.shape, 4);
      std::vector<int64_t> shape = l.shape;
      shape.erase(shape.begin() + l.axis);
      Array<int64_t> high(shape), low(shape);
      ASSERT_OK(call(tcc_argmax, {x.tensor()}, {high.tensor()}, {l.axis}));
      ASSERT_OK(call(tcc_argmin, {x.tensor()}, {low.tensor()}, {l.axis}));
      forEachLine(l, [&](const std::vector<int64_t> &at, int64_t line) {
        size_t max = 0, min = 0;
        for (size_t i = 1; i < at.size(); ++i) {
          auto key = orderKey(x[at[i]]), best = orderKey(x[at[max]]), least = orderKey(x[at[min]]);
          if (best < key)
            max = i;
          if (least.first == 0 && (key.first || key < least))
            min = i;
        }
        ASSERT_EQ(high[line], int64_t(max));
        ASSERT_EQ(low[line], int64_t(min));
      });
    }
}

template <class T> double valueOf(T x) {
  if constexpr (std::is_same_v<T, Bool>)
    return x.bits;
  else
    return double(float(x));
}

TYPED_TEST(RuntimeArray, scans_agree_with_loops) {
  using T = TypeParam;
  for (const Lines &l : lines)
    for (int64_t reverse : {0, 1}) {
      Array<T> x = drawn<T>(l.shape, 5), sum(l.shape), high(l.shape), low(l.shape), prod(l.shape);
      ASSERT_OK(call(tcc_cumsum, {x.tensor()}, {sum.tensor()}, {l.axis, reverse}));
      ASSERT_OK(call(tcc_cumprod, {x.tensor()}, {prod.tensor()}, {l.axis, reverse}));
      if constexpr (!isStdComplex<T>) {
        ASSERT_OK(call(tcc_cummax, {x.tensor()}, {high.tensor()}, {l.axis, reverse}));
        ASSERT_OK(call(tcc_cummin, {x.tensor()}, {low.tensor()}, {l.axis, reverse}));
      }
      forEachLine(l, [&](std::vector<int64_t> at, int64_t) {
        if (reverse)
          std::reverse(at.begin(), at.end());
        if constexpr (isStdComplex<T>) {
          T running(0);
          for (int64_t i : at)
            ASSERT_EQ(sum[i], running += x[i]); // small integers: exact
        } else if constexpr (std::is_integral_v<T>) {
          T running(0), product(1), max = x[at[0]], min = max;
          for (int64_t i : at) {
            ASSERT_EQ(sum[i], running = addOf(running, x[i]));
            ASSERT_EQ(prod[i], product = multiplyOf(product, x[i]));
            ASSERT_EQ(high[i], max = std::max(max, x[i]));
            ASSERT_EQ(low[i], min = std::min(min, x[i]));
          }
        } else {
          double running = 0, max = valueOf(x[at[0]]), min = max;
          bool any = false;
          for (int64_t i : at) {
            double value = valueOf(x[i]);
            running += value;
            any |= bool(valueOf(x[i]) != 0);
            max = value > max || value != value ? value : max;
            min = value < min || value != value ? value : min;
            double expected = running;
            if constexpr (std::is_same_v<T, Bool>)
              expected = any;
            else if constexpr (isSmallFloat<T>)
              expected = double(float(T(float(running))));
            if (expected == expected)
              ASSERT_EQ(valueOf(sum[i]), expected);
            else
              ASSERT_NE(valueOf(sum[i]), valueOf(sum[i]));
            if (max == max)
              ASSERT_EQ(valueOf(high[i]), max);
            else
              ASSERT_NE(valueOf(high[i]), valueOf(high[i]));
            if (min == min)
              ASSERT_EQ(valueOf(low[i]), min);
          }
        }
      });
    }
}

TEST(RuntimeScan, long_rows_do_not_depend_on_threads) {
  int64_t n = 300001;
  Array<float> x = randomArray<float>({n}), y({n});
  Array<float> s({n});
  std::string first;
  for (int threads : {1, 2, 3, 8}) {
    setNumThreads(threads);
    std::string bits;
    for (int64_t reverse : {0, 1}) {
      ASSERT_OK(call(tcc_cumsum, {x.tensor()}, {y.tensor()}, {0, reverse}));
      bits += bytesOf(y);
    }
    ASSERT_OK(call(tcc_sort, {x.tensor()}, {s.tensor()}, {0}));
    EXPECT_TRUE(std::is_sorted(s.data.get(), s.data.get() + n));
    bits += bytesOf(s);
    if (threads == 1)
      first = bits;
    EXPECT_TRUE(first == bits);
  }
  setNumThreads(0);
  ASSERT_OK(call(tcc_cumsum, {x.tensor()}, {y.tensor()}, {0, 0}));
  double sum = 0;
  for (int64_t i = 0; i < n; ++i)
    ASSERT_FLOAT_EQ(y[i], float(sum += x[i]));
}

// Results that are stored past the caches, in rows that begin anywhere within a line.
TEST(RuntimeScan, large_results_agree_with_loops) {
  const int64_t outer = 3, n = 7, inner = 300017;
  Array<float> x({outer, n, inner}), rows({outer, n, inner}), columns({outer, n, inner});
  for (int64_t i = 0; i < x.size(); ++i)
    x[i] = float(i % 13 - 5);
  for (int64_t reverse : {0, 1}) {
    ASSERT_OK(call(tcc_cumsum, {x.tensor()}, {rows.tensor()}, {2, reverse}));
    ASSERT_OK(call(tcc_cumsum, {x.tensor()}, {columns.tensor()}, {1, reverse}));
    std::vector<double> sums(size_t(inner), 0);
    for (int64_t k = 0; k < outer * n; ++k) {
      int64_t row = reverse ? outer * n - 1 - k : k;
      if (k % n == 0)
        std::fill(sums.begin(), sums.end(), 0);
      double sum = 0;
      for (int64_t i = 0; i < inner; ++i) {
        int64_t column = reverse ? inner - 1 - i : i, at = row * inner + column;
        ASSERT_EQ(rows[at], float(sum += x[at]));
        ASSERT_EQ(columns[at], float(sums[size_t(column)] += x[at]));
      }
    }
  }
}

// Partial products of a row may leave the range that the product of all first ones stays in.
TEST(RuntimeScan, products_overflow_only_where_their_results_do) {
  const int64_t n = 200000;
  Array<double> x({n}), y({n});
  for (int64_t i = 0; i < n; ++i)
    x[i] = i < 3 ? 1e-100 : i % 2 || i < 70000 ? 1 : i < 70010 ? 1e100 : 1;
  ASSERT_OK(call(tcc_cumprod, {x.tensor()}, {y.tensor()}, {0, 0}));
  double product = 1;
  for (int64_t i = 0; i < n; ++i)
    ASSERT_DOUBLE_EQ(y[i], product *= x[i]);
}

// Every length that ends within, at and behind a register, and orders that are hard on pivots.
template <class T> void expectSorted() {
  std::mt19937_64 random(7);
  std::vector<int64_t> lengths{40000, 100001};
  for (int64_t n = 1; n < 700; n += n < 280 ? 1 : 17)
    lengths.push_back(n);
  for (int64_t n : lengths)
    for (int order = 0; order < 6; ++order) {
      Array<T> x({n}), y({n});
      for (int64_t i = 0; i < n; ++i)
        x.data[i] = T(order == 0   ? int64_t(random() % 2000000001) - 1000000000
                      : order == 1 ? int64_t(random() % 3) - 1
                      : order == 2 ? 5
                      : order == 3 ? i
                      : order == 4 ? -i
                      : i < n / 2  ? i
                                   : n - i);
      ASSERT_OK(call(tcc_sort, {x.tensor()}, {y.tensor()}, {0}));
      std::sort(x.data.get(), x.data.get() + n);
      ASSERT_TRUE(std::equal(x.data.get(), x.data.get() + n, y.data.get())) << n << " elements, order " << order;
    }
}
TEST(RuntimeSort, all_lengths_and_orders) {
  expectSorted<int32_t>();
  expectSorted<int64_t>();
  expectSorted<float>();
  expectSorted<double>();
}

TEST(RuntimeSort, complex_nan_order_is_numpys) {
  double nan = NAN;
  using C = std::complex<double>;
  Array<C> x({5}, {C(nan, nan), C(nan, 1), C(1, nan), C(2, 0), C(1, 5)});
  Array<int64_t> order({5});
  ASSERT_OK(call(tcc_argsort, {x.tensor()}, {order.tensor()}, {0}));
  EXPECT_EQ(order.vector(), (std::vector<int64_t>{4, 3, 2, 1, 0}));
}

TYPED_TEST(RuntimeArray, gather_and_scatter_agree_with_loops) {
  using T = TypeParam;
  Array<T> x = drawn<T>({4, 5, 6}, 6);
  Array<int64_t> i({7}, {0, 3, 3, 1, 2, 3, 0}), k({7}, {5, 0, 0, 2, 1, 0, 5});
  Array<T> rows({7, 5, 6}), points({7, 5}), y({4, 5, 6});
  ASSERT_OK(call(tcc_gather, {x.tensor(), i.tensor()}, {rows.tensor()}, {1, 0}));
  ASSERT_OK(call(tcc_gather, {x.tensor(), k.tensor(), i.tensor()}, {points.tensor()}, {2, 2, 0}));
  for (int64_t t = 0; t < 7; ++t)
    for (int64_t j = 0; j < 5; ++j) {
      EXPECT_TRUE(same(points[t * 5 + j], x[(i[t] * 5 + j) * 6 + k[t]]));
      for (int64_t l = 0; l < 6; ++l)
        EXPECT_TRUE(same(rows[(t * 5 + j) * 6 + l], x[(i[t] * 5 + j) * 6 + l]));
    }
  for (int64_t combine : {0, 1, 2, 3, 4}) {
    Array<T> u = drawn<T>({7, 5}, 8), wanted({4, 5, 6});
    Result result =
        call(tcc_scatter, {x.tensor(), u.tensor(), k.tensor(), i.tensor()}, {y.tensor()}, {2, 2, 0, combine});
    if (isStdComplex<T> && combine >= 3) {
      EXPECT_EQ(result.code, TCC_ERROR_DTYPE);
      continue;
    }
    ASSERT_EQ(result.code, TCC_OK) << result.message;
    std::copy(x.data.get(), x.data.get() + x.size(), wanted.data.get());
    for (int64_t t = 0; t < 7; ++t)
      for (int64_t j = 0; j < 5; ++j) {
        T &old = wanted[(i[t] * 5 + j) * 6 + k[t]];
        T update = u[t * 5 + j];
        if (combine == 0)
          old = update;
        else if constexpr (isStdComplex<T>)
          old = combine == 1 ? old + update : old * update;
        else if (combine <= 2) {
          using S = Computed<T>;
          old = T(combine == 1 ? addOf(S(old), S(update)) : multiplyOf(S(old), S(update)));
        } else {
          bool nan = orderKey(old).first || orderKey(update).first;
          bool larger = orderKey(old) < orderKey(update);
          old = nan ? (orderKey(old).first ? old : update) : (combine == 4) == larger ? update : old;
        }
      }
    for (int64_t e = 0; e < x.size(); ++e)
      ASSERT_TRUE(same(y[e], wanted[e])) << combine << ' ' << e;
  }
}

// Places that mostly grow are shared among threads: every element still gets its updates in their order.
TEST(RuntimeIndexing, many_updates_in_growing_places_keep_their_order) {
  const int64_t size = 100003, count = 180000;
  std::mt19937 random(3);
  Array<float> x({size}), u({count}), y({size});
  Array<int64_t> i({count});
  for (int64_t e = 0; e < size; ++e)
    x[e] = float(e % 7);
  for (int64_t t = 0; t < count; ++t) {
    i[t] = std::min(size - 1, t * size / count + int64_t(random() % 200));
    u[t] = float(random()) * 1e-9f;
  }
  std::vector<float> wanted(x.data.get(), x.data.get() + size);
  for (int64_t t = 0; t < count; ++t)
    wanted[size_t(i[t])] += u[t];
  for (int threads : {1, 3}) {
    setNumThreads(threads);
    ASSERT_OK(call(tcc_scatter, {x.tensor(), u.tensor(), i.tensor()}, {y.tensor()}, {1, 0, 1}));
    EXPECT_EQ(memcmp(y.data.get(), wanted.data(), size_t(size) * sizeof(float)), 0);
  }
  setNumThreads(0);
}

TEST(RuntimeIndexing, check_index_wraps_and_names_the_bad_one) {
  Array<int64_t> i({4}, {0, -1, 3, -4}), j({4});
  ASSERT_OK(call(tcc_check_index, {i.tensor()}, {j.tensor()}, {4}));
  EXPECT_EQ(j.vector(), (std::vector<int64_t>{0, 3, 3, 0}));
  i[2] = 7;
  i[3] = -5;
  EXPECT_EQ(call(tcc_check_index, {i.tensor()}, {i.tensor()}, {4}).message,
            "[gather] index 7 is out of bounds for axis of size 4");
  Array<int64_t> low({1}, {-5});
  EXPECT_EQ(call(tcc_check_index, {low.tensor()}, {low.tensor()}, {4}).message,
            "[gather] index -5 is out of bounds for axis of size 4");
}

TEST(RuntimeIndexing, unchecked_indices_stay_inside) {
  Array<float> x({3}, {1, 2, 3}), y({2});
  Array<int64_t> i({2}, {1000000000000, -1000000000000});
  ASSERT_OK(call(tcc_gather, {x.tensor(), i.tensor()}, {y.tensor()}, {1, 0}));
  EXPECT_EQ(y.vector(), (std::vector<float>{3, 1}));
}

TEST(RuntimeEntryPoints, every_row_is_found) {
  int32_t count;
  const TccEntry *entries = tcc_entries(&count);
  for (int32_t i = 0; i < count; ++i)
    EXPECT_EQ(tcc_find_entry(entries[i].symbol), entries + i);
  EXPECT_EQ(tcc_find_entry("tcc_nothing"), nullptr);
  // No function may trust its argument count.
  for (int32_t i = 0; i < count; ++i)
    EXPECT_NE(call(entries[i].function, {}, {}, {0, 0, 0, 0, 0}).code, TCC_OK) << entries[i].symbol;
}

} // namespace
