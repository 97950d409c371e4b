// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Creation and rearrangement. Expected values are NumPy 2.4.6's and SciPy's.
#include "test/unit/Table.h"

TEST(Create, Ranges) {
  ROW(arange(5), int64, (Shape{5}), {0, 1, 2, 3, 4});
  ROW(arange(7, 1, -2), int64, (Shape{3}), {7, 5, 3});
  ROW(arange(0.0, 1.0, 0.25, float64), float64, (Shape{4}), {0.0, 0.25, 0.5, 0.75});
  ROW(arange(3.0), float32, (Shape{3}), {0.0, 1.0, 2.0});
  ROW(linspace(0, 1, 4, float64), float64, (Shape{4}), {0.0, 0.3333333333333333, 0.6666666666666666, 1.0});
  ROW(linspace(0, 1, 4, float64, {.endpoint = false}), float64, (Shape{4}), {0.0, 0.25, 0.5, 0.75});
  ROW(eye(2, 3, 1, float64), float64, (Shape{2, 3}), {0.0, 1.0, 0.0, 0.0, 0.0, 1.0});
  ROW(tri(3, 3, -1, float64), float64, (Shape{3, 3}), {0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0});
  ROW(tril(x(), 1), float64, (Shape{3, 4}), {0.0, 1.0, 0.0, 0.0, 4.0, 5.0, 6.0, 0.0, 8.0, 9.0, 10.0, 11.0});
  ROW(triu(x(), 1), float64, (Shape{3, 4}), {0.0, 1.0, 2.0, 3.0, 0.0, 0.0, 6.0, 7.0, 0.0, 0.0, 0.0, 11.0});
  ROW(diag(x(), 1), float64, (Shape{3}), {1.0, 6.0, 11.0});
  ROW(diag(x(), -1), float64, (Shape{2}), {4.0, 9.0});
  ROW(diag(tensor({1.0, 2.0}), -1), float64, (Shape{3, 3}), {0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0});
  ROW(meshgrid({tensor({1.0, 2.0}), tensor({3.0, 4.0, 5.0})})[0], float64, (Shape{3, 2}),
      {1.0, 2.0, 1.0, 2.0, 1.0, 2.0});
  ROW(one_hot(tensor({2, 0, 5}), 3, float64), float64, (Shape{3, 3}), {0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0});
  ROW(full({2}, 7), int64, (Shape{2}), {7, 7});
  ROW(full_like(x()(0), 2), float64, (Shape{4}), {2.0, 2.0, 2.0, 2.0});
}

TEST(Shape, Moves) {
  ROW(reshape(x(), {2, -1}), float64, (Shape{2, 6}), {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0});
  ROW(transpose(y(), {2, 0, 1}), float64, (Shape{4, 2, 3}),
      {0.0, 4.0, 8.0,  12.0, 16.0, 20.0, 1.0, 5.0, 9.0,  13.0, 17.0, 21.0,
       2.0, 6.0, 10.0, 14.0, 18.0, 22.0, 3.0, 7.0, 11.0, 15.0, 19.0, 23.0});
  ROW(moveaxis(y(), 0, -1), float64, (Shape{3, 4, 2}),
      {0.0, 12.0, 1.0, 13.0, 2.0, 14.0, 3.0, 15.0, 4.0,  16.0, 5.0,  17.0,
       6.0, 18.0, 7.0, 19.0, 8.0, 20.0, 9.0, 21.0, 10.0, 22.0, 11.0, 23.0});
  ROW(moveaxis(y(), {0, 1}, {-1, 0}), float64, (Shape{3, 4, 2}),
      {0.0, 12.0, 1.0, 13.0, 2.0, 14.0, 3.0, 15.0, 4.0,  16.0, 5.0,  17.0,
       6.0, 18.0, 7.0, 19.0, 8.0, 20.0, 9.0, 21.0, 10.0, 22.0, 11.0, 23.0});
  ROW(flip(x(), 1), float64, (Shape{3, 4}), {3.0, 2.0, 1.0, 0.0, 7.0, 6.0, 5.0, 4.0, 11.0, 10.0, 9.0, 8.0});
  ROW(roll(x(), 5), float64, (Shape{3, 4}), {7.0, 8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  ROW(roll(x(), {1, -1}, {0, 1}), float64, (Shape{3, 4}),
      {9.0, 10.0, 11.0, 8.0, 1.0, 2.0, 3.0, 0.0, 5.0, 6.0, 7.0, 4.0});
  ROW(rot90(x()), float64, (Shape{4, 3}), {3.0, 7.0, 11.0, 2.0, 6.0, 10.0, 1.0, 5.0, 9.0, 0.0, 4.0, 8.0});
  ROW(rot90(x(), 2), float64, (Shape{3, 4}), {11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0});
  ROW(rot90(x(), -1), float64, (Shape{4, 3}), {8.0, 4.0, 0.0, 9.0, 5.0, 1.0, 10.0, 6.0, 2.0, 11.0, 7.0, 3.0});
  ROW(tile(x(), {2, 1, 2}), float64, (Shape{2, 3, 8}),
      {0.0, 1.0, 2.0,  3.0,  0.0, 1.0, 2.0,  3.0,  4.0, 5.0, 6.0,  7.0,  4.0, 5.0, 6.0,  7.0,
       8.0, 9.0, 10.0, 11.0, 8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0,  3.0,  0.0, 1.0, 2.0,  3.0,
       4.0, 5.0, 6.0,  7.0,  4.0, 5.0, 6.0,  7.0,  8.0, 9.0, 10.0, 11.0, 8.0, 9.0, 10.0, 11.0});
  ROW(repeat(x(), 2), float64, (Shape{24}), {0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0,  4.0,  5.0,  5.0,
                                             6.0, 6.0, 7.0, 7.0, 8.0, 8.0, 9.0, 9.0, 10.0, 10.0, 11.0, 11.0});
  ROW(repeat(x(), {1, 0, 2}, 0), float64, (Shape{3, 4}),
      {0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 11.0, 8.0, 9.0, 10.0, 11.0});
  ROW(repeat(x(), 2, 1), float64, (Shape{3, 8}), {0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0,  4.0,  5.0,  5.0,
                                                  6.0, 6.0, 7.0, 7.0, 8.0, 8.0, 9.0, 9.0, 10.0, 10.0, 11.0, 11.0});
  ROW(stack({x(), x()}, 1), float64, (Shape{3, 2, 4}),
      {0.0, 1.0, 2.0, 3.0, 0.0, 1.0, 2.0,  3.0,  4.0, 5.0, 6.0,  7.0,
       4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 8.0, 9.0, 10.0, 11.0});
  ROW(concatenate({x(), x()(slice(0, 1))}), float64, (Shape{4, 4}),
      {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0});
  ROW(split(x(), {1, 3}, 1)[1], float64, (Shape{3, 2}), {1.0, 2.0, 5.0, 6.0, 9.0, 10.0});
  ROW(split(x(), 3)[2], float64, (Shape{1, 4}), {8.0, 9.0, 10.0, 11.0});
  ROW(squeeze(x()(slice(0, 1))), float64, (Shape{4}), {0.0, 1.0, 2.0, 3.0});
  ROW(expand_dims(x(), {0, -1}), float64, (Shape{1, 3, 4, 1}),
      {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0});
}

TEST(Shape, NoAxes) {
  ROW(roll(arange(3), 1, Axes(std::vector<int64_t>{})), int64, (Shape{3}), {0, 1, 2});
  ROW(flip(arange(3), Axes(std::vector<int64_t>{})), int64, (Shape{3}), {0, 1, 2});
  ROW(sum(arange(3), Axes(std::vector<int64_t>{})), int64, (Shape{3}), {0, 1, 2});
}

TEST(Shape, Pads) {
  ROW(pad(x()(_, slice(0, 3)), {{1, 2}, {0, 1}}, {.mode = "constant"}), float64, (Shape{6, 4}),
      {0.0, 0.0, 0.0,  0.0, 0.0, 1.0, 2.0, 0.0, 4.0, 5.0, 6.0, 0.0,
       8.0, 9.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0});
  ROW(pad(x()(_, slice(0, 3)), {{1, 2}, {0, 1}}, {.mode = "edge"}), float64, (Shape{6, 4}),
      {0.0, 1.0, 2.0,  2.0,  0.0, 1.0, 2.0,  2.0,  4.0, 5.0, 6.0,  6.0,
       8.0, 9.0, 10.0, 10.0, 8.0, 9.0, 10.0, 10.0, 8.0, 9.0, 10.0, 10.0});
  ROW(pad(x()(_, slice(0, 3)), {{1, 2}, {0, 1}}, {.mode = "reflect"}), float64, (Shape{6, 4}),
      {4.0, 5.0, 6.0,  5.0, 0.0, 1.0, 2.0, 1.0, 4.0, 5.0, 6.0, 5.0,
       8.0, 9.0, 10.0, 9.0, 4.0, 5.0, 6.0, 5.0, 0.0, 1.0, 2.0, 1.0});
  ROW(pad(x()(_, slice(0, 3)), {{1, 2}, {0, 1}}, {.mode = "symmetric"}), float64, (Shape{6, 4}),
      {0.0, 1.0, 2.0,  2.0,  0.0, 1.0, 2.0,  2.0,  4.0, 5.0, 6.0, 6.0,
       8.0, 9.0, 10.0, 10.0, 8.0, 9.0, 10.0, 10.0, 4.0, 5.0, 6.0, 6.0});
  ROW(pad(x()(_, slice(0, 3)), {{1, 2}, {0, 1}}, {.mode = "wrap"}), float64, (Shape{6, 4}),
      {8.0, 9.0, 10.0, 8.0, 0.0, 1.0, 2.0, 0.0, 4.0, 5.0, 6.0, 4.0,
       8.0, 9.0, 10.0, 8.0, 0.0, 1.0, 2.0, 0.0, 4.0, 5.0, 6.0, 4.0});
  ROW(pad(x() * x(), {{1, 0}, {0, 1}}, {.mode = "maximum"}), float64, (Shape{4, 5}),
      {64, 81, 100, 121, 121, 0, 1, 4, 9, 9, 16, 25, 36, 49, 49, 64, 81, 100, 121, 121});
  ROW(pad(x() * x(), {{1, 0}, {0, 1}}, {.mode = "mean"}), float64, (Shape{4, 5}),
      {80.0 / 3, 107.0 / 3, 140.0 / 3, 179.0 / 3, 253.0 / 6, 0,  1,  4,   9,   3.5,
       16,       25,        36,        49,        31.5,      64, 81, 100, 121, 91.5});
  ROW(pad(x() * x(), {{1, 0}, {0, 1}}, {.mode = "median"}), float64, (Shape{4, 5}),
      {16, 25, 36, 49, 30.5, 0, 1, 4, 9, 2.5, 16, 25, 36, 49, 30.5, 64, 81, 100, 121, 90.5});
  ROW(pad(x() * x(), {{1, 0}, {0, 1}}, {.mode = "minimum"}), float64, (Shape{4, 5}),
      {0, 1, 4, 9, 0, 0, 1, 4, 9, 0, 16, 25, 36, 49, 16, 64, 81, 100, 121, 64});
  ROW(pad(tensor({{1, 2}, {4, 8}}, int16), {{0, 1}, {1, 0}}, {.mode = "mean"}), int16, (Shape{3, 3}),
      {2, 1, 2, 6, 4, 8, 4, 2, 5}); // 1.5 and 2.5 are rounded to 2
  ROW(pad(tensor({1.0, 2.0, 3.0}), {{7, 8}}, {.mode = "reflect"}), float64, (Shape{18}),
      {2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0});
  ROW(pad(tensor({1.0, 2.0, 3.0}), {{7, 8}}, {.mode = "symmetric"}), float64, (Shape{18}),
      {1.0, 1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 1.0, 2.0, 3.0, 3.0, 2.0});
  ROW(pad(tensor({1.0, 2.0, 3.0}), {{7, 8}}, {.mode = "wrap"}), float64, (Shape{18}),
      {3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 1.0, 2.0});
}

// Large results are computed in parts, each of which reads one operand: every element must come from the right one.
TEST(Shape, PadsOfStatisticsAndRamps) {
  Tensor x = tensor({{1.0, 2.0, 4.0}, {3.0, -1.0, 5.0}}), i = tensor({3, 7, -8});
  ROW(pad(x, {{1, 2}, {0, 3}}, {.mode = "linear_ramp", .value = -2}), float64, (Shape{5, 6}),
      {-2,      -2,      -2, -2,  -2,   -2,  1,       2,        4,  2,  0,  -2, 3,  -1, 5,
       8.0 / 3, 1.0 / 3, -2, 0.5, -1.5, 1.5, 1.0 / 3, -2.5 / 3, -2, -2, -2, -2, -2, -2, -2});
  ROW(pad(i, {{3, 2}}, {.mode = "linear_ramp", .value = 1}), int64, (Shape{8}), {1, 1, 2, 3, 7, -8, -4, 1});
  ROW(pad(x, {{0, 0}, {2, 1}}, {.mode = "mean", .stat_length = 2}), float64, (Shape{2, 6}),
      {1.5, 1.5, 1, 2, 4, 3, 1, 1, 3, -1, 5, 2});
  ROW(pad(i, {{1, 1}}, {.mode = "median", .stat_length = 2}), int64, (Shape{5}), {5, 3, 7, -8, 0});
  ROW(pad(i, {{1, 2}}, {.mode = "maximum", .stat_length = 1}), int64, (Shape{6}), {3, 3, 7, -8, -8, -8});
  ROW(pad(i, {{1, 2}}, {.mode = "minimum", .stat_length = 9}), int64, (Shape{6}), {-8, 3, 7, -8, -8, -8});
  EXPECT_EQ(pad(i, {{1, 2}}, {.mode = "empty"}).shape(), (Shape{6}));
}

TEST(Shape, ManyOperands) {
  std::vector<Tensor> parts, columns;
  std::vector<int64_t> expected;
  for (int64_t i = 0; i < 1500; ++i) {
    parts.push_back(arange(i, i + 1 + i % 3));
    columns.push_back(reshape(arange(2 * i, 2 * i + 2), {2, 1}));
    for (int64_t k = 0; k < 1 + i % 3; ++k)
      expected.push_back(i + k);
  }
  EXPECT_EQ(concatenate(parts).to_vector<int64_t>(), expected);
  Tensor wide = concatenate(columns, 1);
  EXPECT_EQ(wide.shape(), (Shape{2, 1500}));
  EXPECT_TRUE((wide == transpose(reshape(arange(3000), {1500, 2}))).all().item<bool>());
  EXPECT_TRUE((stack(columns)(_, 1, 0) == arange(1, 3000, 2)).all().item<bool>());
  Tensor weights = arange(33.0), x = ones({1}, float64);
  EXPECT_EQ(grad(sum(concatenate(std::vector<Tensor>(33, x)) * weights), x).item<double>(), 32 * 33 / 2);
}

TEST(Shape, LargeConcatenations) {
  auto numbers = [](Shape shape, int64_t from) {
    int64_t count = 1;
    for (int64_t size : shape)
      count *= size;
    return reshape(arange(from, from + count), shape);
  };
  Tensor a = numbers({40, 7, 30}, 0), b = numbers({40, 1, 30}, 100000), c = numbers({40, 60, 30}, 200000);
  Tensor weights = numbers({40, 68, 30}, 1);
  eval(a, b, c, weights);
  Tensor joined = concatenate({a, b, c}, 1) * weights - weights;
  Tensor turned = transpose(concatenate({flip(a, 1), b, c}, 1), {2, 1, 0}) + 1;
  Tensor middle = concatenate({a, b, c}, 1)(_, slice(3, 50)) + 2;
  Tensor framed = pad(c, {{2, 3}, {0, 4}, {5, 0}}, {.mode = "constant", .value = -7}) * 3;
  Tensor both = concatenate({pad(a, {{0, 0}, {1, 1}, {0, 0}}), c}, 1);
  eval(joined, turned, middle, framed, both);
  const int64_t *pa = a.data<int64_t>(), *pb = b.data<int64_t>(), *pc = c.data<int64_t>();
  auto at = [&](int64_t i, int64_t j, int64_t k) {
    return j < 7 ? pa[(i * 7 + j) * 30 + k] : j < 8 ? pb[i * 30 + k] : pc[(i * 60 + j - 8) * 30 + k];
  };
  int64_t wrong = 0;
  for (int64_t i = 0; i < 40; ++i)
    for (int64_t j = 0; j < 68; ++j)
      for (int64_t k = 0; k < 30; ++k) {
        int64_t place = (i * 68 + j) * 30 + k;
        wrong += joined.data<int64_t>()[place] != at(i, j, k) * (place + 1) - (place + 1);
        wrong += turned.data<int64_t>()[(k * 68 + j) * 40 + i] != at(i, j < 7 ? 6 - j : j, k) + 1;
        if (j >= 3 && j < 50)
          wrong += middle.data<int64_t>()[(i * 47 + j - 3) * 30 + k] != at(i, j, k) + 2;
      }
  EXPECT_EQ(wrong, 0);
  for (int64_t i = 0; i < 45; ++i)
    for (int64_t j = 0; j < 64; ++j)
      for (int64_t k = 0; k < 35; ++k) {
        bool inside = i >= 2 && i < 42 && j < 60 && k >= 5;
        int64_t expected = inside ? pc[((i - 2) * 60 + j) * 30 + k - 5] : -7;
        wrong += framed.data<int64_t>()[(i * 64 + j) * 35 + k] != 3 * expected;
      }
  EXPECT_EQ(wrong, 0);
  for (int64_t i = 0; i < 40; ++i)
    for (int64_t j = 0; j < 69; ++j)
      for (int64_t k = 0; k < 30; ++k) {
        int64_t expected = j == 0 || j == 8 ? 0 : j < 8 ? pa[(i * 7 + j - 1) * 30 + k] : pc[(i * 60 + j - 9) * 30 + k];
        wrong += both.data<int64_t>()[(i * 69 + j) * 30 + k] != expected;
      }
  EXPECT_EQ(wrong, 0);
}

namespace {
Tensor evaluated(Tensor t) {
  eval(t);
  return t;
}
} // namespace

// Slices that begin at 0 are read at computed positions, also of what the same kernel has just stored.
TEST(Shape, FrontsOfStoredValues) {
  random::seed(7);
  Tensor a = evaluated(random::normal({4, 3}, float64));
  Tensor lower = tril(a, 2), updated = lower.at(_, tensor({1})).add(mean(lower)), corner = lower(0, slice(-1, _));
  eval(updated, corner);
  EXPECT_TRUE(allclose(corner, a(0, slice(-1, _))));
  for (Dtype dtype : {float16, bfloat16, float32, float64, complex64}) {
    Tensor x = evaluated(random::normal({6, 5}, float64).astype(dtype));
    Tensor rows = sum(x, 1), front = rows(slice(_, 4)), squares = sum(rows * rows);
    eval(rows, front, squares);
    EXPECT_TRUE(allclose(front, evaluated(rows)(slice(_, 4)))) << dtype;
    // The sums are in no output: a temporary of the kernel.
    EXPECT_TRUE(allclose(2 * front, evaluated((2 * sum(x, 1))(slice(_, 4))), 1e-2)) << dtype;
  }
  Tensor b = evaluated(random::normal({17, 17}, float64));
  auto means = [&](Tensor least) { return mean(hypot(least, b * b), 1, {.keepdims = true}); };
  Tensor whole = evaluated(means(evaluated(min(b * b))));
  EXPECT_TRUE(allclose(evaluated(means(min(b * b))(slice(_, 9))), whole(slice(_, 9))));
  EXPECT_TRUE(allclose(evaluated(grad(sum(pad(tanh(min(a, 1)), {{2, 1}}, {.mode = "symmetric"})), a)),
                       evaluated(grad(sum(tensor({2.0, 2.0, 1.0, 2.0}) * tanh(min(a, 1))), a))));
}

// A sum in parts must not begin before what it reads is stored, though that reads no operand.
TEST(Shape, SumsOfStoredFronts) {
  Tensor x = evaluated(random::normal({1 << 21}));
  Tensor front = x(slice(_, 2000000)), total = sum(front), centred = front - total / 2e6;
  eval(front, total, centred);
  Tensor copy = evaluated(x(slice(_, 2000000)));
  EXPECT_TRUE(allclose(front, copy));
  EXPECT_TRUE(allclose(total, sum(copy), 1e-4, 1e-2));
  EXPECT_TRUE(allclose(centred, copy - total / 2e6, 1e-5, 1e-6));
  Tensor ramp = arange(2000000.0, float64), squares = sum(ramp * ramp);
  eval(ramp, squares);
  EXPECT_NEAR(squares.item<double>() / 2666664666667e6, 1, 1e-12);
}
