// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The graph as an owner: what is kept, what is given back, what is compiled again, and what compile() captures.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <tcc/tcc.h>
#include <thread>

using namespace tcc;

namespace {

size_t residentKiB() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      size_t kib;
      status >> kib;
      return kib;
    }
  return 0;
}

TEST(Graph, gradient_reaches_through_evaluated_values) {
  Tensor x = tensor({1.0, 2.0});
  Tensor y = square(x);
  eval(y);
  Tensor z = sum(y * y);
  eval(z);
  EXPECT_EQ(grad(z, x).to_vector<double>(), (std::vector<double>{4, 32}));
  EXPECT_EQ(grad(z, y).to_vector<double>(), (std::vector<double>{2, 8}));
}

TEST(Graph, loop_without_variables_runs_in_constant_memory) {
  Tensor x = zeros({64, 64});
  auto spin = [&](int n) {
    for (int i = 0; i < n; ++i) {
      x = x + 1.0f;
      if (i % 10 == 0)
        eval(x);
    }
  };
  spin(1000);
  size_t before = residentKiB();
  spin(20000);
  EXPECT_LT(residentKiB(), before + 10 * 1024);
  EXPECT_EQ(x(0, 0).item<float>(), 21000.0f);
}

TEST(Graph, loop_over_cpp_scalars_does_not_compile_each_time) {
  Tensor x = ones({8}, float64);
  double total = 0;
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 500; ++i)
    total += sum(x * (0.5 + i)).item<double>();
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(total, 8 * (0.5 * 500 + 499 * 500 / 2));
  EXPECT_LT(elapsed.count(), 2.0); // 500 compilations would take longer
}

// Loops over slices: where they begin and how long they are become inputs of one program.
TEST(Graph, loops_over_slices_do_not_compile_each_time) {
  const int64_t rows = 60, columns = 200, rounds = 40;
  std::vector<double> d(size_t(rows * columns));
  for (size_t i = 0; i < d.size(); ++i)
    d[i] = double(int64_t(i) * 7919 % 1000) / 64 - 5; // sums of these are exact
  Tensor m = tensor(d, {rows, columns}), x = reshape(m, {rows * columns});
  eval(m, x);
  auto total = [](int64_t from, int64_t to, int64_t step, auto element) {
    double sum = 0;
    for (int64_t i = from; i < to; i += step)
      sum += element(i);
    return sum;
  };
  std::vector<double> times;
  for (int64_t n = 1; n <= rounds; ++n) {
    auto start = std::chrono::steady_clock::now();
    Tensor head = sum(x(slice(0, n)) * 2.0);
    Tensor product = sum(x(slice(n, 3 * n)) * x(slice(0, 2 * n)));
    Tensor block = sum(m(slice(0, n), slice(n, 2 * n)) * 0.5);
    Tensor joined = concatenate({x(slice(0, n)) * 2.0, m(slice(0, n), 3)});
    for (const Tensor &each : {head, product, block, joined})
      eval(each);
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    EXPECT_EQ(head.item<double>(), total(0, n, 1, [&](int64_t i) { return 2 * d[i]; }));
    EXPECT_EQ(product.item<double>(), total(n, 3 * n, 1, [&](int64_t i) { return d[i] * d[i - n]; }));
    EXPECT_EQ(block.item<double>(), total(0, n, 1, [&](int64_t i) {
                return total(n, 2 * n, 1, [&](int64_t j) { return 0.5 * d[i * columns + j]; });
              }));
    ASSERT_EQ(joined.shape(), (Shape{2 * n}));
    EXPECT_EQ(joined.to_vector<double>()[n - 1], 2 * d[n - 1]);
    EXPECT_EQ(joined.to_vector<double>()[2 * n - 1], d[(n - 1) * columns + 3]);
  }
  double first = times.front();
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  EXPECT_LT(times[rounds / 2], first / 4);
  for (int64_t n = 1; n <= 6; ++n) {
    EXPECT_EQ(sum(x(slice(2, 2 + 3 * n, 3))).item<double>(), total(2, 2 + 3 * n, 3, [&](int64_t i) { return d[i]; }));
    EXPECT_EQ(sum(grad(sum(square(m(n, slice(0, n)))), m)).item<double>(),
              total(0, n, 1, [&](int64_t i) { return 2 * d[n * columns + i]; }));
  }
}

// What was inferred, verified and made once is found again by types and attributes, and only by these.
TEST(Graph, ops_of_a_known_kind) {
  Tensor x = tensor({1.5, -2.0}), z = tensor({std::complex<double>(1, 2)}), i = tensor({int64_t(3)});
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ((x + 0.0).to_vector<double>(), (std::vector<double>{1.5, -2}));
    EXPECT_FALSE(std::signbit((0.0 * abs(x)).to_vector<double>()[0]));
    EXPECT_TRUE(std::signbit((-0.0 * abs(x)).to_vector<double>()[0]));
    EXPECT_TRUE(std::isnan((x * std::nan("")).to_vector<double>()[0]));
    EXPECT_EQ((z * std::complex<double>(0, 1)).to_vector<std::complex<double>>()[0], std::complex<double>(-2, 1));
    EXPECT_EQ((z * std::complex<double>(0, 2)).to_vector<std::complex<double>>()[0], std::complex<double>(-4, 2));
    EXPECT_EQ((i * 5).item<int64_t>(), 15);
    EXPECT_EQ((i * 5.5).item<double>(), 16.5);
    EXPECT_EQ(sum(reshape(arange(6), {2, 3}), 0).to_vector<int64_t>(), (std::vector<int64_t>{3, 5, 7}));
    EXPECT_EQ(sum(reshape(arange(6), {2, 3}), 1).to_vector<int64_t>(), (std::vector<int64_t>{3, 12}));
    EXPECT_THROW(matmul(ones({2, 3}), ones({2, 3})), Error);
    EXPECT_THROW(linalg::cholesky(ones({2, 3})), Error);
  }
}

TEST(Graph, variable_is_a_leaf) {
  Variable v("v", tensor({2.0}));
  Tensor old = v;
  v.assign(3.0 * old);
  Tensor y = sum(square(v));
  EXPECT_EQ(grad(y, v).to_vector<double>(), (std::vector<double>{12}));
  EXPECT_EQ(grad(y, old).to_vector<double>(), (std::vector<double>{0}));
}

TEST(Graph, unconnected_gradient_is_zero) {
  Tensor x = tensor({1.0, 2.0}), y = tensor({3.0});
  EXPECT_EQ(grad(sum(x), y).to_vector<double>(), (std::vector<double>{0}));
}

TEST(Graph, handles_may_die_on_another_thread) {
  for (int i = 0; i < 20; ++i) {
    Tensor t = ones({4}) * float(i);
    std::thread([t = std::move(t)]() mutable { EXPECT_EQ(t.to_vector<float>().size(), 4u); }).join();
  }
}

/// Computes when it goes: made before anything else of its thread, it goes last, as objects with static storage do.
struct ComputesLate {
  Tensor evaluated, pending;
  std::vector<std::string> *heard = nullptr;
  ~ComputesLate() {
    try {
      heard->push_back((evaluated + 1.0).shape().empty() ? "" : "computed");
    } catch (const Error &e) {
      heard->push_back(e.what());
    }
    try {
      eval(pending);
    } catch (const Error &e) {
      heard->push_back(e.what());
    }
  }
};
TEST(Graph, at_the_end_of_a_thread_computing_is_an_error) {
  std::vector<std::string> heard;
  std::thread([&heard] {
    static thread_local ComputesLate late;
    late.heard = &heard;
    late.evaluated = tensor({1.0, 2.0});
    late.pending = late.evaluated * 2.0;
  }).join();
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_TRUE(heard[0].starts_with("[add] expected a thread that can compute, got one at its end")) << heard[0];
  EXPECT_TRUE(heard[1].starts_with("[eval] expected a thread that can compute, got one at its end")) << heard[1];
}

TEST(Graph, evaluated_tensors_join_other_graphs) {
  Tensor a = ones({3}) * 2;
  eval(a);
  GraphScope scope;
  Tensor b = ones({3}) + a;
  EXPECT_EQ(b.to_vector<float>(), (std::vector<float>{3, 3, 3}));
  EXPECT_EQ(grad(sum(a * a), a).to_vector<float>(), (std::vector<float>{4, 4, 4}));
}

TEST(Compile, captures_tensors_and_asks_variables_again) {
  Variable w("w", tensor({1.0, 2.0}));
  Tensor scale = tensor(10.0);
  int traced = 0;
  auto f = compile([&](Tensor x) {
    ++traced;
    return sum(x * w * scale);
  });
  Tensor x = tensor({3.0, 4.0});
  EXPECT_EQ(f(x).item<double>(), 110);
  w.assign(tensor({0.0, 1.0}));
  EXPECT_EQ(f(x).item<double>(), 40);
  EXPECT_EQ(traced, 1);
  w.assign(tensor({{0.0, 1.0}, {1.0, 1.0}})); // another shape: traced again
  EXPECT_EQ(f(x).item<double>(), 110);
  EXPECT_EQ(traced, 2);
}

TEST(Compile, variables_hold_what_they_held_before_a_trace) {
  Variable w("w", tensor({1.0, 2.0}));
  // A module as a function of its parameters: rebound for the call, and given back.
  auto of = [&](Tensor parameters, Tensor x) {
    Tensor before = w.value();
    w.assign(parameters);
    Tensor y = sum(x * w);
    w.assign(before);
    return y;
  };
  Tensor p = tensor({3.0, 5.0}), x = tensor({1.0, 10.0});
  EXPECT_EQ(compile(of)(p, x).item<double>(), 53);
  EXPECT_EQ(w.value().to_vector<double>(), (std::vector{1.0, 2.0}));
  EXPECT_EQ(checkpoint(of)(p, x).item<double>(), 53);
  EXPECT_EQ(w.value().to_vector<double>(), (std::vector{1.0, 2.0}));
  auto keeps = [&](Tensor a) {
    w.assign(a * 2.0);
    return a;
  };
  EXPECT_THROW(compile(keeps)(x), Error);
  EXPECT_EQ(w.value().to_vector<double>(), (std::vector{1.0, 2.0}));
  EXPECT_THROW(compile([&](Tensor a) { return checkpoint(keeps)(a); })(x), Error);
  EXPECT_EQ(w.value().to_vector<double>(), (std::vector{1.0, 2.0}));
  auto fails = [&](Tensor a) {
    w.assign(a);
    return matmul(a, ones({7}));
  };
  EXPECT_THROW(compile(fails)(x), Error);
  EXPECT_EQ(w.value().to_vector<double>(), (std::vector{1.0, 2.0}));
}

TEST(Compile, results_differentiate) {
  auto f = compile([](Tensor x) { return sum(square(x)); });
  Tensor x = tensor({3.0, 4.0});
  Tensor y = f(x);
  EXPECT_EQ(grad(y, x).to_vector<double>(), (std::vector<double>{6, 8}));
  EXPECT_EQ(y.item<double>(), 25);
}

TEST(Compile, results_may_be_what_one_differentiates_by) {
  // p is held, so that the calls' results keep where they came from; both are on the way to y.
  Tensor p = tensor({1.0, 2.0, 3.0});
  auto f = compile([](const Tensor &x) { return std::pair(x * x, sin(x)); });
  auto [x, s] = f(p);
  EXPECT_TRUE(allclose(grad(sum(x * x * s), x), 2.0 * x * s, 1e-14));
  auto [u, v] = f(p);
  EXPECT_TRUE(allclose(jacobian(u * v, u), diag(v), 1e-14));
  EXPECT_TRUE(allclose(grad(sum(u * v), p), 2.0 * p * sin(p) + p * p * cos(p), 1e-14));
}

TEST(Compile, gives_tuples_vectors_and_pairs_back) {
  auto f = compile([](Tensor x) { return std::tuple(x + 1.0, std::vector{x, x * 2.0}, std::pair(x, x)); });
  auto [a, v, p] = f(tensor({1.0}));
  EXPECT_EQ(a.item<double>(), 2);
  ASSERT_EQ(v.size(), 2u);
  EXPECT_EQ(v[0].item<double>(), 1);
  EXPECT_EQ(v[1].item<double>(), 2);
  EXPECT_EQ(p.second.item<double>(), 1);
}

TEST(Compile, asking_for_a_value_while_tracing_is_an_error) {
  auto f = compile([](Tensor x) { return x * x.item<double>(); });
  EXPECT_THROW(f(tensor(1.0)), Error);
  auto g = compile([](Tensor x) { return x * 2.0; }); // and the graph is usable afterwards
  EXPECT_EQ(g(tensor(1.0)).item<double>(), 2);
}

TEST(Compile, values_kept_from_a_trace_are_refused) {
  Tensor kept;
  auto f = compile([&](Tensor x) { return kept = x * 2.0; });
  EXPECT_EQ(f(tensor(1.0)).item<double>(), 2);
  EXPECT_THROW(eval(kept + 1.0), Error);
}

/// Files in the disk cache, which are programs and their kernels, after `loop`.
template <class Loop> size_t compiledBy(const char *name, Loop loop) {
  std::filesystem::path folder = testing::TempDir() + "tcc-" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  set_cache_dir(folder.string());
  loop();
  set_cache_dir("");
  size_t files = 0;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
    files += entry.is_regular_file();
  std::filesystem::remove_all(folder);
  return files;
}

TEST(Programs, loops_over_rows_and_batches_are_compiled_a_few_times) {
  Tensor x = reshape(arange(60 * 7, float64), {60, 7});
  eval(x);
  EXPECT_LT(compiledBy("rows",
                       [&] {
                         for (int64_t t = 0; t < 60; ++t)
                           ASSERT_EQ(sum(x[t] * 2.0).item<double>(), 2 * 7 * double(7 * t + 3));
                       }),
            12u);
  EXPECT_LT(
      compiledBy(
          "updates",
          [&] {
            Variable v("v", zeros({60, 7}, float64));
            for (int64_t t = 0; t < 60; ++t) {
              v.assign(v.value().at(t, slice(1, 5)).set(x(t, slice(2, 6)) * double(t)));
              eval(v.value());
            }
            Tensor want =
                zeros({60, 7}, float64).at(_, slice(1, 5)).set(x(_, slice(2, 6)) * expand_dims(arange(60, float64), 1));
            EXPECT_TRUE(all(v.value() == want).item<bool>());
          }),
      16u);
}

/// The same with a fresh graph, whose programs are compiled for these very places.
template <class F> bool agrees(F f) {
  Tensor got = f(), want;
  eval(got);
  {
    GraphScope fresh;
    want = f();
    eval(want);
  }
  return got.shape() == want.shape() && all(got == want).item<bool>();
}

TEST(Programs, places_as_inputs_give_the_same_elements) {
  for (Dtype dtype : {float32, int8, complex128}) {
    Tensor x = random::normal(random::key(1), {7, 6, 5}, float64).astype(dtype), v = x[0];
    eval(x, v);
    for (int64_t k = 0; k < 5; ++k) {
      int64_t i = (3 * k + 6) % 7, j = (2 * k + 5) % 6, l = 4 - k, b = k % 3;
      EXPECT_TRUE(agrees([&] { return x(_, j); })) << k;
      EXPECT_TRUE(agrees([&] { return x(i, _, l); })) << k;
      EXPECT_TRUE(agrees([&] { return x(slice(b, b + 4, 2), j, slice(l, l + 1)); })) << k;
      EXPECT_TRUE(agrees([&] { return x.at(i).set(v); })) << k;
      EXPECT_TRUE(agrees([&] { return x.at(slice(b, b + 3), _, l).add(v(j, l)); })) << k;
      if (dtype == float32)
        EXPECT_TRUE(agrees([&] { return grad(sum(square(x(i, slice(b, b + 2)) * float(k))), x); })) << k;
    }
  }
}

TEST(Dump, shows_the_function_of_what_is_not_evaluated) {
  Tensor x = tensor({1.0f, 2.0f});
  std::string text = dump(sum(exp(x)));
  EXPECT_NE(text.find("func.func @main(%arg0: tensor<2xf32>) -> tensor<f32>"), std::string::npos) << text;
  EXPECT_NE(text.find("tcc.exp"), std::string::npos) << text;
}

static std::string contents(const std::string &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Dump, draws_the_graph) {
  Tensor x = tensor({1.0f, 2.0f}), y = sum(exp(x));
  std::string dot = testing::TempDir() + "graph.dot", html = testing::TempDir() + "graph.html";
  to_dot(dot, y);
  EXPECT_EQ(contents(dot), "digraph tcc {\n  node [shape=box, fontname=\"sans-serif\"];\n"
                           "  n0 [label=\"data\\n2xf32\", style=rounded];\n"
                           "  n1 [label=\"exp\\n2xf32\"];\n  n0 -> n1;\n"
                           "  n2 [label=\"reduce_sum\\nf32\"];\n  n1 -> n2;\n"
                           "  n3 [label=\"result\", style=bold];\n  n2 -> n3;\n}\n");
  to_html(html, y);
  std::string page = contents(html);
  for (const char *part : {"<!doctype html>", ">exp</text>", ">reduce_sum</text>", "GraphTest.cpp:", "</svg>"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  try {
    to_dot("/nowhere/graph.dot", y);
    ADD_FAILURE();
  } catch (const Error &e) {
    EXPECT_EQ(e.kind, Kind::io);
  }
}

} // namespace
