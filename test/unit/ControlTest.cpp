// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Branches, loops and checkpoints: values, gradients and second derivatives against the same computation unrolled on
// the host, and against differences; nesting; what is captured; what a loop costs.
#include "test/accept/check.h"

#include <chrono>

using namespace tcc;
using namespace check;

namespace {
using Values = std::vector<Tensor>;

/// What scan means, unrolled.
template <class B>
std::pair<Values, Values> unrolledScan(B body, Values carry, const Values &xs, bool reverse = false) {
  int64_t n = xs[0].dim(0);
  std::vector<Values> rows(static_cast<size_t>(n));
  for (int64_t turn = 0; turn < n; ++turn) {
    int64_t i = reverse ? n - 1 - turn : turn;
    Values x;
    for (const Tensor &t : xs)
      x.push_back(t[i]);
    auto [next, y] = body(carry, x);
    eval(next);
    eval(y);
    carry = next;
    rows[size_t(i)] = y;
  }
  Values stacked;
  for (size_t k = 0; k < rows[0].size(); ++k) {
    Values column;
    for (const Values &row : rows)
      column.push_back(row[k]);
    eval(column);
    stacked.push_back(stack(column, 0));
  }
  return {carry, stacked};
}

/// Sum over all of these, so that every result has a gradient.
Tensor total(const Values &values) {
  Tensor sumOfAll = tensor(0.0);
  double weight = 1;
  for (const Tensor &v : values)
    sumOfAll = sumOfAll + (weight += 0.5) * softSum(v);
  return sumOfAll;
}
Tensor total(const std::pair<Values, Values> &both) { return total(both.first) + 0.7 * total(both.second); }

/// Value, gradient and gradient of the gradient's norm of both functions of the same tensors.
template <class F, class G> void expectAlike(F f, G g, const Values &xs, double tol = 1e-11) {
  Tensor a = f(xs), b = g(xs);
  expectClose(a, b, tol);
  Values da = grad(a, xs), db = grad(b, xs);
  for (size_t k = 0; k < xs.size(); ++k)
    expectClose(da[k], db[k], tol);
  Values dda = grad(total(da), xs), ddb = grad(total(db), xs);
  for (size_t k = 0; k < xs.size(); ++k)
    expectClose(dda[k], ddb[k], 10 * tol);
  Values v;
  for (const Tensor &x : xs)
    v.push_back(random::normal(random::key(7), x.shape(), x.dtype()));
  expectClose(jvp({a}, xs, v)[0], jvp({b}, xs, v)[0], tol);
}

Tensor normal(uint64_t key, Shape shape, Dtype dtype = float64) {
  return random::normal(random::key(key), shape, dtype);
}

TEST(Scan, is_the_unrolled_loop) {
  for (bool reverse : {false, true})
    for (Dtype dtype : {float64, complex128}) {
      Tensor w = normal(1, {3, 3}, dtype) * 0.4, k = normal(2, {3}, dtype), x = normal(3, {5, 3}, dtype);
      auto body = [](const Tensor &w) {
        return [w](auto carry, auto x) {
          Tensor next = tanh(matmul(w, carry[0]) + x[0]);
          return std::pair(Values{next, carry[1] * 0.5 + sum(next)}, Values{next * x[0], carry[1] + x[0]});
        };
      };
      Tensor c = normal(4, {}, dtype);
      auto options = ScanOptions{.reverse = reverse};
      expectAlike([&](const Values &v) { return total(scan(body(v[0]), {v[1], v[3]}, {v[2]}, options)); },
                  [&](const Values &v) { return total(unrolledScan(body(v[0]), {v[1], v[3]}, {v[2]}, reverse)); },
                  {w, k, x, c}, 1e-9);
    }
}

TEST(Scan, gradient_is_that_of_differences) {
  Tensor k = normal(5, {2}), x = normal(6, {4, 2});
  auto f = [&](const Tensor &v) {
    return total(
        scan([&](auto c, auto e) { return std::pair(Values{sin(c[0]) * e[0] + k}, Values{c[0] * e[0]}); }, {k}, {v}));
  };
  expectGradient(f, x, normal(7, {4, 2}));
  expectGradient([&](const Tensor &v) { return sum(square(grad(f(v), v))); }, x, normal(8, {4, 2}), 1e-5);
}

TEST(Scan, gives_the_values_of_edge_lengths) {
  auto body = [](auto c, auto x) { return std::pair(Values{c[0] + x[0]}, Values{c[0] * 2.0}); };
  for (int64_t n : {0, 1, 2, 3}) {
    auto [last, rows] = scan(body, {tensor(1.0)}, {arange(n).astype(float64)});
    EXPECT_EQ(last[0].item<double>(), 1.0 + double(n * (n - 1)) / 2);
    EXPECT_EQ(rows[0].shape(), (Shape{n}));
  }
  Tensor c = tensor(2.0), none = zeros({0}, float64);
  Tensor y = scan(body, {c}, {none}).first[0];
  EXPECT_EQ(grad(y * y, c).item<double>(), 4.0);
  EXPECT_EQ(grad(y * y, none).shape(), (Shape{0}));
  // Slices without elements, and no carries.
  auto rows =
      scan([](auto, auto x) { return std::pair(Values{}, Values{x[0] + 1.0}); }, {}, {zeros({3, 0}, float64)}).second;
  EXPECT_EQ(rows[0].shape(), (Shape{3, 0}));
  EXPECT_EQ(scan([](auto c, auto) { return std::pair(Values{c[0] * 2.0}, Values{}); }, {tensor(1.0)}, {}, {.length = 5})
                .first[0]
                .item<double>(),
            32.0);
}

TEST(Scan, carries_integers_bools_and_keys) {
  auto [last, rows] = scan(
      [](auto c, auto) {
        Tensor keys = random::split(c[0], 2);
        return std::pair(Values{keys[0], c[1] + 1, !c[2]},
                         Values{random::normal(keys[1], {2}, float64) * c[3 - 3 + 1].astype(float64)});
      },
      {random::key(3), tensor(int64_t(0)), tensor(true)}, {}, {.length = 4});
  EXPECT_EQ(last[1].item<int64_t>(), 4);
  EXPECT_EQ(last[2].item<bool>(), true);
  Tensor key = random::key(3);
  for (int64_t i = 0; i < 4; ++i) {
    Tensor keys = random::split(key, 2);
    expectClose(rows[0][i], random::normal(keys[1], {2}, float64) * double(i), 0);
    key = keys[0];
  }
}

TEST(Scan, nests) {
  Tensor w = normal(1, {3}), x = normal(2, {4, 3, 3});
  auto inner = [](const Tensor &w, const Tensor &outer) {
    return [w, outer](auto c, auto e) {
      Tensor next = sin(c[0] * w + e[0] * outer);
      return std::pair(Values{next}, Values{next * next});
    };
  };
  auto with = [&](auto run) {
    return [&, run](const Values &v) {
      return total(run(
          [&, run](auto c, auto e) {
            auto [last, rows] = run(inner(v[0], c[0]), Values{c[0]}, Values{e[0]});
            return std::pair(Values{last[0]}, Values{sum(rows[0], 0)});
          },
          Values{v[0]}, Values{v[1]}));
    };
  };
  expectAlike(with([](auto b, Values c, Values x) { return scan(b, c, x); }),
              with([](auto b, Values c, Values x) { return unrolledScan(b, c, x); }), {w, x}, 1e-9);
}

TEST(Scan, holds_branches_loops_gradients_and_decompositions) {
  Tensor a = normal(1, {3, 3}), x = tensor({0.5, -1.0, 2.0});
  auto f = [](auto run, bool host) {
    return [run, host](const Values &v) {
      auto body = [host, a = v[0]](auto c, auto e) {
        auto up = [](auto s) { return Values{s[0] * 2.0}; };
        auto down = [](auto s) { return Values{s[0] / 3.0}; };
        Tensor chosen = host ? where(e[0] > 0.0, c[0] * 2.0, c[0] / 3.0) : cond(e[0] > 0.0, up, down, {c[0]})[0];
        // Halved until below one.
        Tensor small = chosen;
        if (host)
          small = chosen * exp2(-ceil(maximum(log2(max(abs(chosen))), 0.0)));
        else
          small = while_loop([](auto s) { return max(abs(s[0])) > 1.0; }, [](auto s) { return Values{s[0] * 0.5}; },
                             {chosen})[0];
        Tensor slope = grad(sum(square(small) * e[0]), small);
        Tensor solved = linalg::solve(a + 5.0 * eye(3, float64), slope + e[0]);
        return std::pair(Values{solved + small}, Values{sum(solved)});
      };
      return total(run(body, Values{v[0][0]}, Values{v[1]}));
    };
  };
  expectAlike(f([](auto b, Values c, Values e) { return scan(b, c, e); }, false),
              f([](auto b, Values c, Values e) { return unrolledScan(b, c, e); }, true), {a, x}, 1e-8);
}

TEST(Scan, takes_cpp_scalars_as_jax_does) {
  Tensor x = tensor({1.0f, 2.0f, 3.0f});
  auto add = [](auto c, auto e) { return std::pair(Values{c[0] + e[0]}, Values{c[0] * 2.0}); };
  auto [last, rows] = scan(add, {0.0}, {x});
  EXPECT_EQ(last[0].dtype(), float32);
  EXPECT_EQ(last[0].item<float>(), 6.0f);
  EXPECT_EQ(rows[0].dtype(), float32);
  EXPECT_EQ(scan(add, {0}, {x.astype(float16)}).first[0].dtype(), float16);
  // One scalar widens another.
  auto [two, none] =
      scan([](auto c, auto e) { return std::pair(Values{c[1] * 1.0, c[0] + c[1] + e[0]}, Values{}); }, {0, 0}, {x});
  EXPECT_EQ(two[0].dtype(), float64); // as 0 * 1.0 alone
  // A scalar in place of a carry has its dtype.
  EXPECT_EQ(scan([](auto, auto) { return std::pair(Values{1.0}, Values{}); }, {tensor(2.0f)}, {x}).first[0].dtype(),
            float32);
}

TEST(ForiLoop, is_the_loop_on_the_host) {
  Tensor x = tensor({1.0f, 2.0f});
  auto body = [](const Tensor &i, auto s) { return Values{s[0] * 0.5f + i}; };
  Tensor want = x;
  for (int i = 3; i < 8; ++i)
    want = want * 0.5f + i;
  Tensor got = fori_loop(3, 8, body, {x})[0];
  EXPECT_EQ(got.dtype(), float32); // the turn's number promotes as a C++ scalar
  expectClose(got, want, 1e-6);
  expectClose(fori_loop(5, 5, body, {x})[0], x, 0);
  expectClose(fori_loop(5, 2, body, {x})[0], x, 0);
  EXPECT_EQ(grad(sum(fori_loop(0, 3, body, {x})[0]), x).to_vector<float>(), (std::vector<float>{0.125f, 0.125f}));
  expectClose(fori_loop(0, 4, [&](const Tensor &i, auto s) { return Values{s[0] + take(arange(10), i)}; },
                        {tensor(int64_t(0))})[0],
              tensor(int64_t(6)), 0);
}

TEST(WhileLoop, is_the_loop_on_the_host) {
  Tensor a = tensor({7.0, 3.0}), s = tensor({1.0, 2.0});
  auto newton = [](const Values &v) {
    return total(while_loop([&](auto s) { return max(abs(square(s[0]) - s[1])) > 1e-12; },
                            [&](auto s) { return Values{0.5 * (s[0] + s[1] / s[0]), s[1]}; }, {v[1], v[0]}));
  };
  auto host = [](const Values &v) {
    Tensor s = v[1];
    while (max(abs(square(s) - v[0])).template item<double>() > 1e-12)
      s = 0.5 * (s + v[0] / s);
    return total({s, v[0]});
  };
  expectAlike(newton, host, {a, s}, 1e-10);
  EXPECT_NEAR(grad(sum(while_loop([&](auto s) { return max(abs(square(s[0]) - a)) > 1e-12; },
                                  [&](auto s) { return Values{0.5 * (s[0] + a / s[0])}; }, {s})[0]),
                   a)[0]
                  .item<double>(),
              0.5 / std::sqrt(7.0), 1e-12);
}

TEST(WhileLoop, of_no_turns_is_its_state) {
  Tensor x = tensor(3.0);
  Tensor y = while_loop([](auto s) { return s[0] < 0.0; }, [](auto s) { return Values{s[0] * 2.0}; }, {x})[0];
  EXPECT_EQ(y.item<double>(), 3.0);
  EXPECT_EQ(grad(y * y, x).item<double>(), 6.0);
  EXPECT_EQ(
      hessian(while_loop([](auto s) { return s[0] < 0.0; }, [](auto s) { return Values{s[0] * 2.0}; }, {x * x})[0], x)
          .item<double>(),
      2.0);
}

TEST(WhileLoop, third_derivative) {
  // s = s * s, three times: x^8.
  auto f = [](const Tensor &x) {
    return while_loop([](auto s) { return s[1] < 3; }, [](auto s) { return Values{s[0] * s[0], s[1] + 1}; }, {x, 0})[0];
  };
  Tensor x = tensor(1.1);
  Tensor d = f(x);
  double want[] = {std::pow(1.1, 8), 8 * std::pow(1.1, 7), 56 * std::pow(1.1, 6), 336 * std::pow(1.1, 5)};
  for (double w : want) {
    EXPECT_NEAR(d.item<double>(), w, 1e-12 * w);
    d = grad(d, x);
  }
}

TEST(WhileLoop, records_what_fits) {
  // A rotation of 512 kB, 40 times: 20 MB of states, under a limit that has room for 16 of them.
  Tensor x = normal(1, {64, 1024});
  auto f = [&](const Tensor &v) {
    return sum(while_loop([](auto s) { return s[1] < 40; }, [](auto s) { return Values{sin(s[0]) * 1.01, s[1] + 1}; },
                          {v, 0})[0]);
  };
  Tensor want = grad(f(x), x);
  eval(want);
  set_memory_limit(memory_stats().live_bytes + (int64_t(16) << 19) + (int64_t(4) << 20));
  Tensor got = grad(f(x), x);
  eval(got);
  set_memory_limit(0);
  expectClose(got, want, 0);
}

TEST(Cond, runs_one_branch) {
  Tensor x = tensor({1.0, 4.0}), n = tensor({-1.0, 4.0});
  auto f = [](const Tensor &v) {
    return sum(cond(
        v[0] > 0.0, [](auto a) { return Values{sqrt(a[0])}; }, [](auto a) { return Values{a[0] * a[0]}; }, {v})[0]);
  };
  EXPECT_EQ(f(x).item<double>(), 3.0);
  EXPECT_EQ(grad(f(x), x).to_vector<double>(), (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(grad(f(n), n).to_vector<double>(), (std::vector<double>{-2, 8})); // no NaN of the root
  expectGradient([&](const Tensor &v) { return sum(square(grad(f(v), v))); }, x, normal(1, {2}), 1e-5);
  // Both kinds of results, C++ scalars among them.
  Values both = cond(
      x[0] > 0.0, [](auto a) { return Values{a[0] * 2.0, 1}; }, [](auto) { return Values{0.0, 2.5}; }, {tensor(2.0f)});
  EXPECT_EQ(both[0].dtype(), float32);
  EXPECT_EQ(both[0].item<float>(), 4.0f);
}

TEST(Cond, captures_what_is_around_it) {
  Variable w("w", tensor(3.0));
  Tensor b = tensor(2.0), p = tensor(true);
  Tensor y =
      cond(p, [&](auto a) { return Values{a[0] * w + b}; }, [&](auto a) { return Values{a[0] - b}; }, {tensor(5.0)})[0];
  EXPECT_EQ(y.item<double>(), 17.0);
  EXPECT_EQ(grad(y, w).item<double>(), 5.0);
  EXPECT_EQ(grad(y, b).item<double>(), 1.0);
}

TEST(Control, is_the_same_within_compile) {
  Variable w("w", tensor(2.0));
  int traced = 0;
  auto f = compile([&](Tensor x) {
    ++traced;
    Tensor y = scan([&](auto c, auto e) { return std::pair(Values{c[0] * w + e[0]}, Values{}); }, {x[0]}, {x}).first[0];
    Tensor z = while_loop([&](auto s) { return s[0] > w; }, [](auto s) { return Values{s[0] * 0.5}; }, {y})[0];
    return std::pair(z, grad(z, x));
  });
  auto want = [&](const Tensor &x) {
    Tensor w0 = w.value(), c = x[0];
    for (int64_t i = 0; i < 3; ++i)
      c = c * w0 + x[i];
    while (c.item<double>() > w0.item<double>())
      c = c * 0.5;
    return std::pair(c, grad(c, x));
  };
  Tensor x = tensor({1.0, 2.0, 3.0});
  for (double value : {2.0, 3.0, 5.0}) {
    w.assign(tensor(value));
    auto [z, g] = f(x);
    auto [z0, g0] = want(x);
    expectClose(z, z0, 1e-14);
    expectClose(g, g0, 1e-14);
  }
  EXPECT_EQ(traced, 1);
}

TEST(Control, equal_loops_are_compiled_once) {
  Tensor x = normal(1, {20}), c = tensor(0.5);
  auto step = [&] {
    Tensor y = sum(
        scan([&](auto k, auto e) { return std::pair(Values{tanh(k[0] * c + e[0])}, Values{k[0]}); }, {tensor(0.0)}, {x})
            .second[0]);
    return grad(y, c).item<double>();
  };
  double first = step();
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(step(), first);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 1.0);
}

TEST(Control, a_long_loop_compiles_as_fast_as_a_short_one) {
  auto seconds = [](int64_t n, double scale) {
    Tensor x = normal(1, {n, 16}), w = normal(2, {16, 16}) * 0.1;
    auto start = std::chrono::steady_clock::now();
    auto [last, rows] = scan(
        [&](auto c, auto e) {
          Tensor next = tanh(matmul(w, c[0]) * scale + e[0]);
          return std::pair(Values{next}, Values{next});
        },
        {zeros({16}, float64)}, {x});
    eval(grad(sum(rows[0]), w));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  double one = seconds(1, 1.125), many = seconds(200, 1.25);
  EXPECT_LT(many, 2 * one + 0.05);
}

TEST(Checkpoint, keeps_nothing_and_gives_the_same) {
  Tensor w = normal(1, {3}), x = normal(2, {3});
  auto f = [&](const Tensor &t) { return sin(exp(t * w) * t); };
  expectAlike([&](const Values &v) { return softSum(checkpoint(f)(v[0])); },
              [&](const Values &v) { return softSum(f(v[0])); }, {x}, 1e-13);
  expectClose(grad(sum(checkpoint(f)(x)), w), grad(sum(f(x)), w), 1e-14); // what it captures, too
  auto two = checkpoint([](const Tensor &a, const Tensor &b) { return std::pair(a * b, std::vector{a + b}); });
  auto [p, q] = two(x, w);
  expectClose(p, x * w, 0);
  expectClose(q[0], x + w, 0);
}

TEST(Checkpoint, saves_memory_in_a_deep_chain) {
  Tensor x = normal(1, {256, 256}); // 512 kB
  auto layer = [](const Tensor &t) {
    Tensor y = t;
    for (int i = 0; i < 8; ++i)
      y = tanh(matmul(y, y) * 0.05) + t;
    return y;
  };
  auto gradient = [&](bool saves) {
    Tensor y = x;
    for (int i = 0; i < 8; ++i)
      y = saves ? checkpoint(layer)(y) : layer(y);
    return grad(sum(y), x);
  };
  auto peakOf = [&](const Tensor &result) {
    int64_t before = memory_stats().live_bytes;
    reset_peak_memory();
    eval(result);
    return memory_stats().peak_bytes - before;
  };
  Tensor want = gradient(false), got = gradient(true);
  // Eight inputs of layers and what one layer needs, but not what 64 products need.
  EXPECT_GT(peakOf(want), int64_t(32) << 20);
  EXPECT_LT(peakOf(got), int64_t(20) << 20);
  expectClose(got, want, 1e-12);
}

TEST(Control, vmap_runs_each_slice_its_own_way) {
  Tensor a = tensor({7.0, 2.0, 1e-3, 100.0});
  auto root = [](Tensor v) {
    return while_loop([&](auto s) { return abs(square(s[0]) - v) > 1e-12 * v; },
                      [&](auto s) { return Values{0.5 * (s[0] + v / s[0])}; }, {tensor(1.0)})[0];
  };
  expectClose(vmap(root)(a), sqrt(a), 1e-12);
  expectClose(vmap([&](Tensor v) { return grad(root(v), v); })(a), 0.5 / sqrt(a), 1e-10);
  auto branch = [](Tensor v) {
    return cond(v > 3.0, [](auto s) { return Values{s[0] * 2.0}; }, [](auto s) { return Values{-s[0]}; }, {v})[0];
  };
  EXPECT_EQ(vmap(branch)(a).to_vector<double>(), (std::vector<double>{14, -2, -1e-3, 200}));
  Tensor x = normal(3, {4, 5});
  auto summed = [](Tensor row, Tensor k) {
    return scan([&](auto c, auto e) { return std::pair(Values{c[0] * k + e[0]}, Values{c[0]}); }, {tensor(0.0)}, {row})
        .second[0];
  };
  Tensor got = vmap(summed)(x, a);
  for (int64_t i = 0; i < 4; ++i)
    expectClose(got[i], summed(x[i], a[i]), 1e-13);
  Tensor shared = vmap([&](Tensor k) { return checkpoint(summed)(x[0], k); })(a);
  expectClose(shared[1], summed(x[0], a[1]), 1e-13);
}

TEST(Control, vmap_of_the_same_loop_again) {
  // The batched body is found, not made, the second time: which of its results are stacks is what was remembered.
  Tensor k = tensor({7.0, 2.0, 0.5, 100.0}), row = tensor({1.0, 2.0, 3.0});
  auto rows = [&](Tensor v) {
    return scan([&](auto c, auto e) { return std::pair(Values{c[0] + e[0]}, Values{e[0] * 2.0, c[0] * v, e[0]}); },
                {tensor(0.0)}, {row})
        .second;
  };
  for (int turn = 0; turn < 2; ++turn)
    for (int which = 0; which < 3; ++which) {
      Tensor got = vmap([&](Tensor v) { return rows(v)[which]; })(k);
      for (int64_t i = 0; i < 4; ++i)
        expectClose(got[i], rows(k[i])[which], 1e-14);
    }
}

} // namespace
