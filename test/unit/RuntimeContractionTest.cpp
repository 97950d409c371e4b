// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// dot_general against a naive sum over every layout that the views and the packing distinguish, in every dtype.
#include "RuntimeFixture.h"

using namespace tcc::runtime;
using namespace tcc::runtime::test;

namespace {

struct Case {
  std::vector<int64_t> lhs, rhs, lhsBatch, rhsBatch, lhsContract, rhsContract;
};

std::vector<int64_t> attributesOf(const Case &c) {
  std::vector<int64_t> attrs;
  for (const auto &axes : {c.lhsBatch, c.rhsBatch, c.lhsContract, c.rhsContract}) {
    attrs.push_back(int64_t(axes.size()));
    attrs.insert(attrs.end(), axes.begin(), axes.end());
  }
  return attrs;
}

std::vector<int64_t> freeAxes(const std::vector<int64_t> &shape, const std::vector<int64_t> &a,
                              const std::vector<int64_t> &b) {
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < int64_t(shape.size()); ++i)
    if (!std::count(a.begin(), a.end(), i) && !std::count(b.begin(), b.end(), i))
      axes.push_back(i);
  return axes;
}

/// Visits all index tuples of `axes` of `shape`, passing the element offset in the tensor.
std::vector<int64_t> offsetsOf(const std::vector<int64_t> &shape, const std::vector<int64_t> &axes) {
  std::vector<int64_t> strides(shape.size(), 1), offsets = {0};
  for (int64_t i = int64_t(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  for (int64_t axis : axes) {
    std::vector<int64_t> next;
    for (int64_t base : offsets)
      for (int64_t i = 0; i < shape[axis]; ++i)
        next.push_back(base + i * strides[axis]);
    offsets = next;
  }
  return offsets;
}

template <class T, class Sum> void check(const Case &c, double eps) {
  auto draw = [](std::vector<int64_t> shape, unsigned seed) {
    Array<T> array(std::move(shape));
    std::mt19937 random(seed);
    for (int64_t i = 0; i < array.size(); ++i)
      if constexpr (std::is_same_v<T, Bool>)
        array[i] = T(random() % 4 == 0);
      else if constexpr (std::is_integral_v<T>)
        array[i] = T(random());
      else if constexpr (isSmallFloat<T>)
        array[i] = T(makeValue<float>(random));
      else
        array[i] = makeValue<T>(random);
    return array;
  };
  Array<T> a = draw(c.lhs, 1), b = draw(c.rhs, 2);
  auto lhsFree = freeAxes(c.lhs, c.lhsBatch, c.lhsContract), rhsFree = freeAxes(c.rhs, c.rhsBatch, c.rhsContract);
  std::vector<int64_t> shape;
  for (int64_t axis : c.lhsBatch)
    shape.push_back(c.lhs[axis]);
  for (int64_t axis : lhsFree)
    shape.push_back(c.lhs[axis]);
  for (int64_t axis : rhsFree)
    shape.push_back(c.rhs[axis]);
  Array<T> out(shape);
  ASSERT_OK(call(tcc_dot_general, {a.tensor(), b.tensor()}, {out.tensor()}, attributesOf(c)));
  auto ab = offsetsOf(c.lhs, c.lhsBatch), af = offsetsOf(c.lhs, lhsFree), ac = offsetsOf(c.lhs, c.lhsContract);
  auto bb = offsetsOf(c.rhs, c.rhsBatch), bf = offsetsOf(c.rhs, rhsFree), bc = offsetsOf(c.rhs, c.rhsContract);
  int64_t position = 0;
  for (size_t i = 0; i < ab.size(); ++i)
    for (int64_t m : af)
      for (int64_t n : bf) {
        Sum sum(0);
        double scale = 0;
        for (size_t k = 0; k < ac.size(); ++k) {
          T x = a[ab[i] + m + ac[k]], y = b[bb[i] + n + bc[k]];
          sum = addOf(sum, multiplyOf(Sum(x), Sum(y)));
          if constexpr (!std::is_same_v<T, Bool> && !std::is_integral_v<T>)
            scale += std::abs(Sum(x)) * std::abs(Sum(y));
        }
        T got = out[position++];
        if constexpr (std::is_same_v<T, Bool> || std::is_integral_v<T>)
          ASSERT_TRUE(got == sum) << position;
        else
          ASSERT_LE(std::abs(Sum(got) - sum), eps * (scale + std::abs(sum)) * (1 + std::sqrt(double(ac.size()))))
              << position;
      }
}

std::vector<Case> cases() {
  return {
      {{3, 4}, {4, 5}, {}, {}, {1}, {0}},                         // plain
      {{70, 80}, {80, 90}, {}, {}, {1}, {0}},                     // packed
      {{80, 70}, {90, 80}, {}, {}, {0}, {1}},                     // both transposed
      {{80, 70}, {80, 90}, {}, {}, {0}, {0}},                     // lhs transposed
      {{70, 80}, {90, 80}, {}, {}, {1}, {1}},                     // rhs transposed
      {{2, 3, 4}, {2, 4, 5}, {0}, {0}, {2}, {1}},                 // batch
      {{3, 4, 20, 30}, {4, 3, 30, 10}, {1, 0}, {0, 1}, {3}, {2}}, // batch axes in another order
      {{20, 30, 4}, {30, 10, 4}, {2}, {2}, {1}, {0}},             // batch innermost: packed
      {{5, 6, 7, 8}, {7, 9, 5}, {}, {}, {0, 2}, {2, 0}},          // two contracted axes
      {{6, 5, 7}, {5, 7, 9}, {}, {}, {1, 2}, {0, 1}},             // they collapse
      {{6, 5, 7}, {7, 5, 9}, {}, {}, {1, 2}, {1, 0}},             // one side must be packed
      {{50}, {50}, {}, {}, {0}, {0}},                             // dot
      {{100000}, {100000}, {}, {}, {0}, {0}},                     // long dot, cut along k
      {{3, 20000}, {2, 20000}, {}, {}, {1}, {1}},                 // the same with a small result
      {{300, 200}, {200}, {}, {}, {1}, {0}},                      // matrix times vector
      {{200, 300}, {200}, {}, {}, {0}, {0}},                      // transposed
      {{200}, {200, 300}, {}, {}, {0}, {0}},                      // vector times matrix
      {{200}, {300, 200}, {}, {}, {0}, {1}},                      // transposed
      {{30}, {40}, {}, {}, {}, {}},                               // outer product
      {{3, 0}, {0, 4}, {}, {}, {1}, {0}},                         // empty sum
      {{3, 0}, {0, 1}, {}, {}, {1}, {0}},                         // the same with a vector
      {{0, 3}, {3, 4}, {}, {}, {1}, {0}},                         // empty result
      {{}, {}, {}, {}, {}, {}},                                   // scalars
      {{1, 4}, {4, 1}, {}, {}, {1}, {0}},
      {{40, 1}, {1, 50}, {}, {}, {1}, {0}},
      {{300, 1, 60}, {60, 200}, {}, {}, {2}, {0}}, // several tiles
      {{2, 200, 150}, {150, 200}, {}, {}, {2}, {0}},
      {{70, 600}, {600, 90}, {}, {}, {1}, {0}}, // several blocks of k, the last columns apart
      {{600, 70}, {90, 600}, {}, {}, {0}, {1}},
      {{3, 13, 31}, {3, 31, 47}, {0}, {0}, {2}, {1}}, // registers, with rows and columns to spare
      {{3, 31, 13}, {3, 5, 31}, {0}, {0}, {1}, {2}},
      // Larger products read their operands wherever they lie.
      {{8, 9, 10, 11}, {11, 9, 50}, {}, {}, {1, 3}, {1, 0}},
      {{40, 50, 3}, {50, 60, 3}, {2}, {2}, {1}, {0}},
      {{5, 60, 40}, {7, 40, 70}, {}, {}, {2}, {1}},
      {std::vector<int64_t>(12, 2), std::vector<int64_t>(12, 2), {}, {}, {1, 3, 5, 7, 9, 11}, {0, 2, 4, 6, 8, 10}},
      {{100, 5, 170}, {170, 100, 6}, {}, {}, {0, 2}, {1, 0}}, // and cut along k
      // A batch of them, each by one thread; all orders of memory; more of k than stays in the first-level cache.
      {{20, 40, 64}, {20, 64, 48}, {0}, {0}, {2}, {1}},
      {{20, 64, 40}, {20, 48, 64}, {0}, {0}, {1}, {2}},
      {{20, 33, 65}, {20, 65, 17}, {0}, {0}, {2}, {1}},
      {{40, 1100}, {1100, 70}, {}, {}, {1}, {0}},
      {{1100, 40}, {70, 1100}, {}, {}, {0}, {1}},
  };
}

template <class T> class RuntimeContraction : public testing::Test {};
using Types = testing::Types<Bool, int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, float, double,
                             std::complex<float>, std::complex<double>>;
TYPED_TEST_SUITE(RuntimeContraction, Types);
TYPED_TEST(RuntimeContraction, agrees_with_the_naive_sum) {
  using T = TypeParam;
  for (const Case &c : cases())
    check<T, T>(c, sizeof(RealT<T>) == 4 ? 6e-7 : 1e-15);
}
TEST(RuntimeContraction, small_floats_round_once) {
  for (const Case &c : cases()) {
    check<Half, float>(c, 1e-3);
    check<BFloat16, float>(c, 8e-3);
  }
}

TEST(RuntimeContraction, number_of_threads_does_not_change_a_bit) {
  for (auto [m, n, k] : {std::array<int64_t, 3>{700, 500, 300}, {1000, 1, 1000}, {1, 1, 300000}, {7, 5, 40000}}) {
    Array<float> a = randomArray<float>({m, k}), b = randomArray<float>({k, n}, 2), c({m, n});
    std::string first;
    for (int threads : {1, 2, 3, 8}) {
      setNumThreads(threads);
      ASSERT_OK(call(tcc_dot_general, {a.tensor(), b.tensor()}, {c.tensor()}, {0, 0, 1, 1, 1, 0}));
      if (threads == 1)
        first = bytesOf(c);
      EXPECT_TRUE(bytesOf(c) == first) << m << ' ' << threads;
    }
  }
  setNumThreads(0);
}

TEST(RuntimeContraction, wrong_shapes_are_named) {
  Array<float> a({2, 3}), b({4, 5}), c({2, 5});
  EXPECT_EQ(call(tcc_dot_general, {a.tensor(), b.tensor()}, {c.tensor()}, {0, 0, 1, 1, 1, 0}).message,
            "[dot_general] expected equal contracted sizes, got 3 and 4");
  EXPECT_EQ(call(tcc_dot_general, {a.tensor(), b.tensor()}, {c.tensor()}, {0, 0, 1, 2, 1, 0}).message,
            "[dot_general] expected axes in [0, 2), got 2");
}

} // namespace
