// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reductions, scans and sorting. Expected values are NumPy 2.4.6's and SciPy's.
#include "test/unit/Table.h"

#include <algorithm>
#include <numeric>

TEST(Reduce, ResultTypes) {
  ROW(sum(tensor({true, false, true})), int64, (Shape{}), {2});
  ROW(sum(tensor({100, 100, -5}, int8)), int64, (Shape{}), {195});
  ROW(prod(tensor({true, false, true})), int64, (Shape{}), {0});
  ROW(mean(tensor({100, 100, -5}, int8)), float64, (Shape{}), {65.0});
  ROW(max(tensor({100, 100, -5}, int8)), int8, (Shape{}), {100});
  ROW(cumsum(tensor({100, 100, -5}, int8)), int64, (Shape{3}), {100, 200, 195});
  ROW(sum(tensor({std::complex<double>(1, 2), std::complex<double>(-3, 0.5), std::complex<double>(0, 0)})), complex128,
      (Shape{}), {-2.0, 2.5});
  ROW(var(tensor({std::complex<double>(1, 2), std::complex<double>(-3, 0.5), std::complex<double>(0, 0)})), float64,
      (Shape{}), {3.611111111111111});
  ROW(max(tensor({true, false, true})), bool_, (Shape{}), {1});
}

TEST(Reduce, Values) {
  ROW(sum(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 0), float64, (Shape{3}), {4.3, -1.0999999999999999, 1.8});
  ROW(sum(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), -1, {.keepdims = true}), float64, (Shape{2, 1}),
      {1.6, 3.3999999999999995});
  ROW(prod(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}})), float64, (Shape{}), {0.252});
  ROW(var(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 1, {.ddof = 1}), float64, (Shape{2}),
      {3.463333333333334, 6.323333333333334});
  ROW(std_dev(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}})), float64, (Shape{}), {1.8309074859812613});
  ROW(max(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}}), 0), float64, (Shape{3}), {1.5, 7.0, NaN});
  ROW(min(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}}), 1), float64, (Shape{2}), {NaN, -inf});
  ROW(argmax(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}})), int64, (Shape{}), {2});
  ROW(argmin(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 1), int64, (Shape{2}), {1, 2});
  ROW(all(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}}), 1), bool_, (Shape{2}), {1, 0});
  ROW(any(tensor({true, false, true})), bool_, (Shape{}), {1});
  ROW(logsumexp(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 1), float64, (Shape{2}),
      {2.627096582800486, 4.028915088837957});
  ROW(logsumexp(tensor({-inf, -inf})), float64, (Shape{}), {-inf});
  ROW(logsumexp(tensor({1000.0, 1000.0})), float64, (Shape{}), {1000.6931471805599});
  ROW(norm(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 1), float64, (Shape{2}),
      {2.7892651361962706, 4.06201920231798});
  ROW(median(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 1), float64, (Shape{2}), {0.3, 0.1});
  ROW(median(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}})), float64, (Shape{}), {0.2});
  ROW(median(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}}), 1), float64, (Shape{2}), {NaN, 0.0});
  ROW(sum(zeros({0, 3}, float64), 0), float64, (Shape{3}), {0.0, 0.0, 0.0});
  ROW(prod(zeros({0}, float64)), float64, (Shape{}), {1.0});
}

TEST(Reduce, Scans) {
  ROW(cumsum(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 1), float64, (Shape{2, 3}),
      {0.3, -0.8999999999999999, 1.6, 4.0, 4.1, 3.3999999999999995});
  ROW(cumprod(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}})), float64, (Shape{6}),
      {0.3, -0.36, -0.8999999999999999, -3.5999999999999996, -0.36, 0.252});
  ROW(cummax(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 1), float64, (Shape{2, 3}), {0.3, 0.3, 2.5, 4.0, 4.0, 4.0});
  ROW(cummin(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 0), float64, (Shape{2, 3}),
      {0.3, -1.2, 2.5, 0.3, -1.2, -0.7});
  ROW(logcumsumexp(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 1), float64, (Shape{2, 3}),
      {0.3, 0.5014132779827524, 2.627096582800486, 4.0, 4.020039767260398, 4.028915088837957});
  ROW(diff(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}})), float64, (Shape{2, 2}),
      {-1.5, 3.7, -3.9, -0.7999999999999999});
  ROW(diff(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 2, 1), float64, (Shape{2, 1}), {5.2, 3.1});
  ROW(diff(tensor({true, false, true})), bool_, (Shape{2}), {1, 1});
}

TEST(Reduce, Sorting) {
  ROW(sort(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}}), 1), float64, (Shape{2, 3}), {-2.0, 1.5, NaN, -inf, 0.0, 7.0});
  ROW(argsort(tensor({{1.5, -2.0, NaN}, {0.0, 7.0, -inf}}), 1), int64, (Shape{2, 3}), {1, 0, 2, 2, 0, 1});
  ROW(topk(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 2).values, float64, (Shape{2, 2}), {2.5, 0.3, 4.0, 0.1});
  ROW(topk(tensor({{0.3, -1.2, 2.5}, {4.0, 0.1, -0.7}}), 2).indices, int64, (Shape{2, 2}), {2, 0, 0, 1});
  ROW(topk(tensor({1, 3, 3, 2}), 3).indices, int64, (Shape{3}), {1, 2, 3});
  ROW(searchsorted(tensor({1.0, 2.0, 2.0, 5.0}), tensor({0.0, 2.0, 3.0, 9.0, NaN})), int64, (Shape{5}),
      {0, 1, 3, 4, 4});
  ROW(searchsorted(tensor({1.0, 2.0, 2.0, 5.0}), tensor({2.0, 5.0}), {.side = "right"}), int64, (Shape{2}), {3, 4});
}

// One kernel: a sum, a second sum that reads the first in a vector loop, an epilogue with an input of its own.
TEST(Reduce, EpilogueOfTwoSums) {
  Tensor x = 1.0 + arange(32, float64).reshape({2, 16});
  Tensor p = x / sum(x, 1, {.keepdims = true});
  ROW(sum(p * p, 1) + tensor({1.0, 2.0}), float64, (Shape{2}),
      {1.0 + 1496.0 / (136 * 136), 2.0 + 9944.0 / (392 * 392)});
}

// Rows that are sorted by all threads, by the digits in which their elements differ.
TEST(Sort, LongRows) {
  constexpr int64_t n = 100000;
  Tensor noise = random::randint(random::key(1), 0, int64_t(1) << 40, {n});
  for (const Tensor &x : {noise % 7, noise % 1000 - 500, (noise % 5) << 40, noise * 0, noise - (int64_t(1) << 39)}) {
    std::vector<int64_t> values = x.to_vector<int64_t>(), order(n);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return values[a] < values[b]; });
    EXPECT_EQ(argsort(x).to_vector<int64_t>(), order);
    std::stable_sort(values.begin(), values.end());
    EXPECT_EQ(sort(x).to_vector<int64_t>(), values);
    std::vector<float> floats(values.begin(), values.end());
    EXPECT_EQ(sort(x.astype(float32)).to_vector<float>(), floats);
  }
}
