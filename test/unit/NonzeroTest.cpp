// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes that depend on values: compiled functions against the same functions outside of compile(), for counts that
// change from call to call; derivatives; fixed sizes where no value is known.
#include "test/accept/check.h"
#include "test/unit/Table.h"

#include <chrono>

using namespace check;

namespace {

template <class R> std::vector<Tensor> flat(const R &result) {
  detail::TraceResult out;
  detail::flatten(result, out);
  return out.tensors;
}

/// One compiled function, called on all of these in turn, twice.
template <class F> void expectCompiled(const char *what, F f, const std::vector<Tensor> &xs) {
  auto compiled = compile(f);
  for (size_t call = 0; call < 2 * xs.size(); ++call) {
    const Tensor &x = xs[call % xs.size()];
    std::vector<Tensor> got = flat(compiled(x)), want = flat(f(x));
    ASSERT_EQ(got.size(), want.size()) << what;
    for (size_t k = 0; k < got.size(); ++k) {
      ASSERT_EQ(got[k].shape(), want[k].shape()) << what << ", call " << call << ", result " << k;
      EXPECT_EQ(got[k].dtype(), want[k].dtype()) << what;
      if (got[k].size() > 0)
        EXPECT_LE(maxAbs(got[k] - want[k]), 1e-13 * (1 + maxAbs(want[k])))
            << what << ", call " << call << ", result " << k;
    }
  }
}

/// Some, other, no and all elements are positive.
std::vector<Tensor> matrices() {
  return {tensor({{1.0, -2.0, 3.0, 0.5}, {-1.0, 2.5, -0.5, 4.0}, {2.0, 1.5, -3.0, 0.25}}),
          tensor({{-1.0, -2.0, 3.0, -0.5}, {-1.0, -2.5, -0.5, 4.0}, {-2.0, -1.5, -3.0, -0.25}}), -ones({3, 4}, float64),
          ones({3, 4}, float64) * 2.0};
}

#define COMPILED(...) expectCompiled(#__VA_ARGS__, [](const Tensor &x) { return __VA_ARGS__; }, matrices());

} // namespace

TEST(Nonzero, compiled_functions_read_masks){
    COMPILED(x(x > 0.0)) COMPILED(sum(square(x(x > 0.0)))) COMPILED(x(x(_, 0) > 0.0)) COMPILED(x(_, x(0) > 0.0))
        COMPILED(x(slice(1, _), x(0) > 0.0)) COMPILED(x(slice(_, _, -1), x(0) > 0.0) * 2.0)
            COMPILED(x(x(_, 1) > 0.0, 2)) COMPILED(x(tensor({2, 0, 1}), newaxis, 1)(x(_, 0) > 0.0))
                COMPILED(x(x(0, 0) > 0.0)) COMPILED(stack(std::vector{x, exp(x)}, 2)(x > 0.0))
                    COMPILED(stack(std::vector{x, exp(x)}, 0)(_, x > 0.0)) COMPILED(nonzero(x > 0.0))
                        COMPILED(argwhere(x > 0.0)) COMPILED(flatnonzero(x > 0.0) + 1)
                            COMPILED(compress(x(0) > 0.0, x, 1)) COMPILED(compress(x(_, 0) > 0.0, x))
                                COMPILED(repeat(x, maximum(x(_, 0), 0.0).astype(int64), 0))
                                    COMPILED(std::vector{x(x > 0.0), x(x < 0.0), x(x == 0.0)})}

TEST(Nonzero, compiled_functions_compute_with_what_they_found) {
  COMPILED(sort(exp(x(x > 0.0))))
  COMPILED(cumsum(x(x > 0.0)) / (1.0 + double(x(x > 0.0).size())))
  COMPILED(matmul(x(_, x(0) > 0.0), x(_, x(0) > 0.0).T()))
  COMPILED(concatenate(std::vector{x(x > 0.0), x(x <= 0.0)}))
  COMPILED(where(x(x > 0.0) > 1.0, x(x > 0.0), 1.0))
  expectCompiled(
      "the second mask depends on what the first found",
      [](const Tensor &x) {
        Tensor positive = x(x > 0.0);
        return positive.size() == 0 ? zeros({0}, float64) : positive(positive < mean(positive)) * 3.0;
      },
      matrices());
  expectCompiled(
      "C++ code looks at sizes",
      [](const Tensor &x) {
        Tensor y = x(x > 0.0), total = tensor(0.0);
        for (int64_t k = 0; k < y.dim(0); ++k)
          total = total + double(k) * y(k);
        return total;
      },
      matrices());
  expectCompiled(
      "a mask that a loop made",
      [](const Tensor &x) {
        Tensor y = fori_loop(0, 3, [](Tensor, std::vector<Tensor> s) { return std::vector{s[0] * 0.5 - 0.2}; }, {x})[0];
        return x(y > 0.0);
      },
      matrices());
}

TEST(Nonzero, compiled_functions_find_distinct_elements) {
  std::vector<Tensor> xs{tensor({3, 1, 3, 2, 1, 0}), tensor({5, 5, 5, 5, 5, 5}), tensor({6, 5, 4, 3, 2, 1})};
  expectCompiled("unique", [](const Tensor &x) { return unique(x); }, xs);
  expectCompiled(
      "unique_all",
      [](const Tensor &x) {
        auto u = unique_all(x);
        return std::vector{u.values, u.indices, u.inverse_indices, u.counts, u.values(u.inverse_indices)};
      },
      xs);
}

TEST(Nonzero, distinct_elements_and_where_they_are) {
  Unique u = unique_all(tensor({{3.0, 1.0, 3.0}, {2.0, 1.0, 1.0}}));
  ROW(u.values, float64, (Shape{3}), {1, 2, 3});
  ROW(u.indices, int64, (Shape{3}), {1, 3, 0});
  ROW(u.inverse_indices, int64, (Shape{2, 3}), {2, 0, 2, 1, 0, 0});
  ROW(u.counts, int64, (Shape{3}), {3, 1, 2});
  Unique nan = unique_all(tensor({NaN, 1.0, NaN}));
  ROW(nan.values, float64, (Shape{3}), {1, NaN, NaN});
  ROW(nan.counts, int64, (Shape{3}), {1, 1, 1});
  Unique none = unique_all(zeros({0, 2}, float64));
  EXPECT_EQ(none.values.shape(), Shape{0});
  EXPECT_EQ(none.counts.shape(), Shape{0});
  EXPECT_EQ(none.inverse_indices.shape(), (Shape{0, 2}));
}

TEST(Nonzero, distinct_parts_along_an_axis) {
  using I = std::vector<int64_t>;
  Tensor x = tensor({{1, 0, 2}, {1, 0, 2}, {0, 5, 1}, {1, 0, 1}, {0, 5, 1}});
  auto check = [](const Unique &u, Shape shape, I values, I indices, I inverse, I counts) {
    EXPECT_EQ(u.values.shape(), shape);
    EXPECT_EQ(u.values.to_vector<int64_t>(), values);
    EXPECT_EQ(u.indices.to_vector<int64_t>(), indices);
    EXPECT_EQ(u.inverse_indices.to_vector<int64_t>(), inverse);
    EXPECT_EQ(u.counts.to_vector<int64_t>(), counts);
  };
  check(unique_all(x, {.axis = 0}), {3, 3}, {0, 5, 1, 1, 0, 1, 1, 0, 2}, {2, 3, 0}, {2, 2, 0, 1, 0}, {2, 1, 2});
  check(unique_all(x, {.axis = 1}), {5, 3}, {0, 1, 2, 0, 1, 2, 5, 0, 1, 0, 1, 1, 5, 0, 1}, {1, 0, 2}, {1, 0, 2},
        {1, 1, 1});
  Tensor blocks = remainder(reshape(arange(12), {2, 3, 2}), 4);
  check(unique_all(blocks, {.axis = -2}), {2, 2, 2}, {0, 1, 2, 3, 2, 3, 0, 1}, {0, 1}, {0, 1, 0}, {2, 1});
  EXPECT_EQ(unique(x, {.axis = 0}).to_vector<int64_t>(), unique_all(x, {.axis = 0}).values.to_vector<int64_t>());
  // Of a fixed size, in one program; and where there is nothing.
  auto fixed = compile([](Tensor t) { return unique(t, {.size = 4, .fill_value = -1, .axis = 0}); });
  EXPECT_EQ(fixed(x).to_vector<int64_t>(), (I{0, 5, 1, 1, 0, 1, 1, 0, 2, -1, -1, -1}));
  EXPECT_EQ(unique(zeros({0, 3}), {.axis = 0}).shape(), (Shape{0, 3}));
  EXPECT_EQ(unique(zeros({4, 0}), {.axis = 0}).shape(), (Shape{1, 0}));
  EXPECT_EQ(unique(tensor({{std::nan(""), 1.0}, {0.0, 2.0}, {std::nan(""), 1.0}}), {.axis = 0}).shape(), (Shape{3, 2}));
}

TEST(Nonzero, gradients_inside_and_outside) {
  auto f = [](const Tensor &x) {
    Tensor y = x(x > 0.0);
    return sum(y * y * y) + sum(sort(y) * 2.0);
  };
  expectCompiled("a gradient inside", [&](const Tensor &x) { return std::pair(f(x), grad(f(x), x)); }, matrices());
  expectCompiled(
      "a second derivative inside", [&](const Tensor &x) { return grad(sum(square(grad(f(x), x))), x); }, matrices());
  auto compiled = compile(f);
  for (int round = 0; round < 2; ++round)
    for (const Tensor &x : matrices()) {
      expectClose(grad(compiled(x), x), grad(f(x), x), 1e-13);
      expectClose(grad(sum(square(grad(compiled(x), x))), x), grad(sum(square(grad(f(x), x))), x), 1e-13);
    }
  auto twice = [](const Tensor &x) {
    Tensor y = tanh(x)(x > 0.0), z = y(y < 0.95);
    return sum(square(z)) + sum(y);
  };
  expectGradient(compile(twice), matrices()[0], matrices()[3], 1e-8);
  expectGradient(compile([](const Tensor &x) { return sum(square(unique(x)) * 0.5); }), matrices()[0], matrices()[3],
                 1e-8);
}

TEST(Nonzero, masks_are_written) {
  COMPILED(x.at(x > 0.0).set(7.0))
  COMPILED(x.at(x > 0.0).add(x(x > 0.0)))
  COMPILED(x.at(x > 0.0).set(x(x > 0.0) * 2.0))
  COMPILED(x.at(x(_, 0) > 0.0).multiply(x(0)))
  COMPILED(x.at(_, x(0) > 0.0).set(x(_, slice(0, 1))))
  COMPILED(x.at(slice(1, _), x(0) > 0.0).max(0.5))
  COMPILED(x.at(slice(_, _, -1), x(0) > 0.0).set(x(_, slice(0, 1))))
  COMPILED(x.at(x(0, 0) > 0.0).set(1.5))
  COMPILED(x.at(x(_, 0) > 0.0, 1).set(9.0))
  COMPILED(grad(sum(square(x.at(x > 1.0).set(x(0, 0)))), x))
  // NumPy's values; the value has no axis for the true elements, or one of extent 1.
  Tensor x = tensor({{0.0, 1.0, 2.0}, {3.0, 4.0, 5.0}});
  Tensor rows = tensor({false, true}), columns = tensor({true, false, true});
  ROW(x.at(rows).set(tensor({7.0, 8.0, 9.0})), float64, (Shape{2, 3}), {0, 1, 2, 7, 8, 9});
  ROW(x.at(_, columns).set(tensor({{7.0}, {8.0}})), float64, (Shape{2, 3}), {7, 1, 7, 8, 4, 8});
  ROW(x.at(ellipsis, columns).add(10.0), float64, (Shape{2, 3}), {10, 1, 12, 13, 4, 15});
  ROW(x.at(newaxis, rows).multiply(tensor({{{2.0, 3.0, 4.0}}})), float64, (Shape{2, 3}), {0, 1, 2, 6, 12, 20});
  ROW(x.at(slice(_, _, -1), columns).set(tensor({{7.0}, {8.0}})), float64, (Shape{2, 3}), {8, 1, 8, 7, 4, 7});
  ROW(x.at(x > 2.0).set(tensor({{-1.0}})), float64, (Shape{2, 3}), {0, 1, 2, -1, -1, -1});
  ROW(x.at(x > 2.0).set(tensor({7.0, 8.0, 9.0})), float64, (Shape{2, 3}), {0, 1, 2, 7, 8, 9});
  ROW(x.at(tensor(true)).add(1.0), float64, (Shape{2, 3}), {1, 2, 3, 4, 5, 6});
  ROW(x.at(tensor(false)).add(1.0), float64, (Shape{2, 3}), {0, 1, 2, 3, 4, 5});
  EXPECT_THROW(eval(x.at(x > 2.0).set(tensor({7.0, 8.0}))), Error);
  EXPECT_THROW(eval(x.at(tensor({true, false, true})).set(1.0)), Error);
}

TEST(Nonzero, variables_and_captures_of_compiled_functions) {
  Variable limit("limit", tensor(0.0)), mask("mask", tensor({true, false, true, false}));
  Tensor shift = tensor({1.0, 2.0, 3.0, 4.0}) * 1.0; // not evaluated yet
  int traces = 0;
  auto f = compile([&](const Tensor &x) {
    ++traces;
    Tensor y = x + shift;
    return std::pair(y(y > limit), sum(x(mask)) * Tensor(limit));
  });
  Tensor x = tensor({-3.0, 0.0, 1.0, 5.0});
  auto check = [&](const Shape &shape, double second) {
    auto [first, last] = f(x);
    EXPECT_EQ(first.shape(), shape);
    EXPECT_EQ(last.item<double>(), second);
  };
  check({3}, 0.0);
  limit.assign(tensor(3.0));
  check({2}, -6.0);
  limit.assign(tensor(4.0) * 0.0 + 3.5);
  check({2}, -7.0);
  EXPECT_EQ(traces, 2);
  mask.assign(tensor({false, true, false, true}));
  check({2}, 17.5);
  EXPECT_EQ(traces, 2);
  limit.assign(tensor({0.0, 0.0, 0.0, 100.0})); // another shape: traced again
  EXPECT_EQ(f(x).first.shape(), Shape{2});
}

TEST(Nonzero, changing_counts_are_bounded_in_memory) {
  auto f = compile([](const Tensor &x) { return sum(x(x > 0.5) * 2.0); });
  Tensor ramp = arange(0, 300, 1, float64);
  int64_t before = 0;
  for (int k = 0; k < 300; ++k) {
    Tensor x = ramp - double(k);
    EXPECT_EQ(f(x).item<double>(), double(299 - k) * double(300 - k)) << k;
    if (k == 200)
      before = Graph::current().size();
  }
  EXPECT_LE(Graph::current().size(), before + 4);
}

TEST(Nonzero, results_do_not_depend_on_the_number_of_threads) {
  Tensor x = random::normal(random::key(3), {100000}, float64);
  auto f = compile([](const Tensor &x) {
    Tensor y = x(x > 0.3);
    return std::vector{sum(y * y), cumsum(y), grad(sum(exp(y)), x)};
  });
  int threads = num_threads();
  std::vector<std::vector<double>> first;
  for (int n : {1, 2, 3}) {
    set_num_threads(n);
    std::vector<std::vector<double>> now;
    for (const Tensor &t : f(x))
      now.push_back(t.to_vector<double>());
    if (first.empty())
      first = now;
    EXPECT_EQ(now, first) << n;
  }
  set_num_threads(threads);
}

TEST(Nonzero, fixed_sizes) {
  Tensor x = tensor({{1, 0, 2}, {0, 3, 0}});
  std::vector<Tensor> three = nonzero(x, {.size = 3}), two = nonzero(x, {.size = 2}),
                      five = nonzero(x, {.size = 5, .fill_value = -1});
  ROW(three[0], int64, (Shape{3}), {0, 0, 1});
  ROW(three[1], int64, (Shape{3}), {0, 2, 1});
  ROW(two[1], int64, (Shape{2}), {0, 2});
  ROW(five[0], int64, (Shape{5}), {0, 0, 1, -1, -1});
  ROW(five[1], int64, (Shape{5}), {0, 2, 1, -1, -1});
  ROW(nonzero(zeros({0, 2}), {.size = 2, .fill_value = 7})[1], int64, (Shape{2}), {7, 7});
  ROW(nonzero(x, {.size = 0})[0], int64, (Shape{0}), {});
  ROW(argwhere(x, {.size = 4}), int64, (Shape{4, 2}), {0, 0, 0, 2, 1, 1, 0, 0});
  ROW(flatnonzero(x, {.size = 4, .fill_value = 6}), int64, (Shape{4}), {0, 2, 4, 6});
  Tensor y = tensor({4.0, 2.0, 4.0, 3.0, 2.0});
  ROW(unique(y, {.size = 2}), float64, (Shape{2}), {2, 3});
  ROW(unique(y, {.size = 5}), float64, (Shape{5}), {2, 3, 4, 2, 2});
  ROW(unique(y, {.size = 5, .fill_value = -1}), float64, (Shape{5}), {2, 3, 4, -1, -1});
  ROW(unique(zeros({0}, float64), {.size = 2, .fill_value = 8}), float64, (Shape{2}), {8, 8});
  Unique u = unique_all(y, {.size = 4});
  ROW(u.values, float64, (Shape{4}), {2, 3, 4, 2});
  ROW(u.indices, int64, (Shape{4}), {1, 3, 0, 1});
  ROW(u.inverse_indices, int64, (Shape{5}), {2, 0, 2, 1, 0});
  ROW(u.counts, int64, (Shape{4}), {2, 1, 2, 0});
  Tensor on = tensor({true, false, true});
  ROW(compress(on, x, 1), int64, (Shape{2, 2}), {1, 2, 0, 0});
  ROW(compress(on, x, 1, {.size = 3, .fill_value = 9}), int64, (Shape{2, 3}), {1, 2, 9, 0, 0, 9});
  ROW(compress(on, x, 1, {.size = 1}), int64, (Shape{2, 1}), {1, 0});
  ROW(compress(tensor({false, true}), x), int64, (Shape{1}), {0});
  ROW(compress(tensor({true, false, true, false}), x, 1), int64, (Shape{2, 2}), {1, 2, 0, 0});
  Tensor counts = tensor({2, 0, 3});
  ROW(repeat(y(slice(0, 3)), counts), float64, (Shape{5}), {4, 4, 4, 4, 4});
  ROW(repeat(x, counts, 1), int64, (Shape{2, 5}), {1, 1, 2, 2, 2, 0, 0, 0, 0, 0});
  ROW(repeat(x, counts, 1, {.total_repeat_length = 7}), int64, (Shape{2, 7}),
      {1, 1, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0});
  ROW(repeat(x, counts, 1, {.total_repeat_length = 3}), int64, (Shape{2, 3}), {1, 1, 2, 0, 0, 0});
  EXPECT_THROW(repeat(x, tensor({1, -1, 0}), 1), Error);
  EXPECT_THROW(nonzero(x, {.size = -1}), Error);
  EXPECT_THROW(unique(zeros({0}), {.size = 2}), Error);
}

TEST(Nonzero, fixed_sizes_in_loops_and_vmap) {
  Tensor x = matrices()[0];
  auto row = [](const Tensor &v) { return compress(v > 0.0, v, 0, {.size = 3, .fill_value = -1.0}); };
  Tensor want = tensor({{1.0, 3.0, 0.5}, {2.5, 4.0, -1.0}, {2.0, 1.5, 0.25}});
  expectClose(vmap(row)(x), want, 0);
  auto [last, rows] =
      scan([&](std::vector<Tensor> carry, std::vector<Tensor> v) { return std::pair(carry, std::vector{row(v[0])}); },
           {tensor(0.0)}, {x});
  expectClose(rows[0], want, 0);
  expectClose(vmap([](const Tensor &v) { return nonzero(v > 0.0, {.size = 2})[0]; })(x),
              tensor({{0, 2}, {1, 3}, {0, 1}}), 0);
  expectClose(vmap([](const Tensor &v) { return unique(floor(v), {.size = 2}); })(x),
              tensor({{-2.0, 0.0}, {-1.0, 2.0}, {-3.0, 0.0}}), 0);
  expectGradient([&](const Tensor &t) { return sum(square(vmap(row)(t)) * 0.5); }, x, matrices()[3], 1e-8);
}

TEST(Nonzero, counts_that_change_do_not_compile_each_time) {
  auto f = [](const Tensor &x) {
    Tensor y = x(x > 0.0);
    return sum(exp(-square(y - mean(y)))) + sum(grad(sum(y * y), x));
  };
  auto compiled = compile(f);
  Tensor ramp = arange(0, 500, 1, float64);
  auto start = std::chrono::steady_clock::now();
  for (int k = 0; k < 400; ++k)
    EXPECT_GE(f(ramp - double(k) - 0.5).item<double>(), 0.0);
  for (int k = 0; k < 400; ++k)
    EXPECT_GE(compiled(ramp - double(k) - 0.25).item<double>(), 0.0);
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  EXPECT_LT(elapsed.count(), 3.0); // 800 compilations would take longer
}

// In a graph of its own each expression is compiled for its sizes.
TEST(Nonzero, programs_for_many_sizes_give_what_those_for_one_give) {
  std::vector<std::pair<const char *, std::function<Tensor(const Tensor &)>>> functions = {
#define FOR_ALL_SIZES(...)                                                                                             \
  {                                                                                                                    \
    #__VA_ARGS__, [](const Tensor &x) { return __VA_ARGS__; }                                                          \
  }
      FOR_ALL_SIZES(sum(x * 2.0 + 1.0)),
      FOR_ALL_SIZES(x - mean(x)),
      FOR_ALL_SIZES(var(x, 0, {.keepdims = true}) + x),
      FOR_ALL_SIZES(x / (1.0 + double(x.dim(0)))),
      FOR_ALL_SIZES(expand_dims(x, 0) * expand_dims(x, 1)),
      FOR_ALL_SIZES(sum(matmul(expand_dims(x, 1), expand_dims(x, 0)), 0)),
      FOR_ALL_SIZES(matmul(x.reshape({-1, 1}) + ones({1, 3}, float64), ones({3, 4}, float64))),
      FOR_ALL_SIZES(sort(x) + cumsum(flip(x))),
      FOR_ALL_SIZES(argsort(x) + argsort(-x)),
      FOR_ALL_SIZES(diff(x)),
      FOR_ALL_SIZES(x(slice(_, _, 2)) * 3.0),
      FOR_ALL_SIZES(x(slice(1, -1)) + 1.0),
      FOR_ALL_SIZES(concatenate(std::vector{x, x * 2.0, ones({2}, float64)})),
      FOR_ALL_SIZES(pad(x, {{1, 2}}, {.value = 3})),
      FOR_ALL_SIZES(stack(std::vector{x, exp(x)}, 1).reshape({-1})),
      FOR_ALL_SIZES(where(x > 0.0, x, 0.0) + zeros_like(x) + full({x.dim(0)}, 2.0, float64)),
      FOR_ALL_SIZES(x.astype(float32) * arange(0, x.dim(0), 1, float32)),
      FOR_ALL_SIZES(softmax(x)),
      FOR_ALL_SIZES(logsumexp(x)),
      FOR_ALL_SIZES(median(x)),
      FOR_ALL_SIZES(roll(x, 1)),
      FOR_ALL_SIZES(x(argsort(x))),
      FOR_ALL_SIZES(max(x) + min(x) + argmax(x)),
      FOR_ALL_SIZES(unique(floor(x * 4.0))),
      FOR_ALL_SIZES(x.at(0).set(5.0)),
      FOR_ALL_SIZES(abs(fft::fft(x))),
      FOR_ALL_SIZES(grad(sum(square(x)) + logsumexp(x), x)),
      FOR_ALL_SIZES(grad(sum(cumsum(x) * sort(x)), x)),
      FOR_ALL_SIZES(
          linalg::solve(eye(x.dim(0), x.dim(0), 0, float64) * 9.0 + expand_dims(x, 0) * expand_dims(x, 1), x)),
      FOR_ALL_SIZES(
          scan([](std::vector<Tensor> c,
                  std::vector<Tensor> v) { return std::pair(std::vector{c[0] * 0.5 + v[0]}, std::vector{c[0]}); },
               {tensor(0.0)}, {x})
              .second[0]),
  };
  GraphScope scope;
  for (int64_t n : {5, 9, 13, 2, 1, 40, 17, 64, 9}) {
    Tensor x = random::normal(random::key(uint64_t(n)), {n}, float64);
    eval(x);
    for (auto &[what, f] : functions) {
      Tensor got = f(x), want;
      eval(got);
      {
        GraphScope alone;
        want = f(x);
        eval(want);
      }
      ASSERT_EQ(got.shape(), want.shape()) << what << " for " << n;
      ASSERT_EQ(got.dtype(), want.dtype()) << what << " for " << n;
      if (got.size() > 0)
        EXPECT_LE(maxAbs(got - want), tolerance(got.dtype()) * (1 + maxAbs(want))) << what << " for " << n;
    }
  }
}

TEST(Nonzero, where_no_value_is_known_errors_say_what_to_do) {
  Tensor x = matrices()[0];
  auto expectError = [](const char *op, auto f) {
    try {
      f();
      ADD_FAILURE() << "no error for " << op;
    } catch (const Error &e) {
      EXPECT_EQ(e.op, op) << e.what();
      EXPECT_NE(std::string(e.what()).find("fixed .size"), std::string::npos) << e.what();
    }
  };
  expectError("index", [&] { vmap([](Tensor v) { return v(v > 0.0); })(x); });
  expectError("nonzero", [&] { fori_loop(0, 2, [](Tensor, std::vector<Tensor> s) { return nonzero(s[0]); }, {x}); });
  expectError("unique", [&] { checkpoint([](Tensor v) { return sum(unique(v)); })(x); });
  expectError("compress",
              [&] { compile([](Tensor v) { return vmap([](Tensor u) { return compress(u > 0.0, u); })(v); })(x); });
  expectError("flatnonzero",
              [&] { compile([](Tensor v) { return flatnonzero(v); }).save("never.mlir", {spec(float64, {3})}); });
  // What does not depend on the mapped argument may be looked at.
  EXPECT_EQ(vmap([&](Tensor v) { return v * sum(x(x > 0.0)); })(x).shape(), (Shape{3, 4}));
}
