// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// vmap of public functions: against a loop over slices, nested in and around the other transformations, and as one
// program without a loop.
#include "tcc/tcc.h"

#include <gtest/gtest.h>

using namespace tcc;
using V = std::vector<double>;

namespace {

Tensor normal(int seed, Shape shape, Dtype dtype = float64) { return random::normal(random::key(seed), shape, dtype); }

double distance(const Tensor &a, const Tensor &b) {
  EXPECT_EQ(a.shape(), b.shape());
  EXPECT_EQ(a.dtype(), b.dtype());
  if (a.shape() != b.shape())
    return 1e30;
  return a.size() ? max(abs(a - b)).astype(float64).item<double>() : 0;
}

/// f of each slice along the first axis, stacked.
template <class F, class... A> Tensor loop(F f, const A &...args) {
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < std::get<0>(std::tie(args...)).dim(0); ++i)
    parts.push_back(f(args[i]...));
  return stack(parts);
}

#define EXPECT_CLOSE(a, b, tolerance) EXPECT_LE(distance(a, b), tolerance)

int64_t count(const std::string &text, const std::string &part) {
  int64_t n = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++n;
  return n;
}

TEST(Vmap, Axes) {
  Tensor x = normal(1, {4, 3, 5}), y = normal(2, {5, 4});
  auto f = [](Tensor a, Tensor b) { return tensordot(a, b, 1); }; // {3, 5} . {5}, or what the axes leave
  Tensor want = loop(f, x, transpose(y));
  EXPECT_CLOSE(vmap(f, {0, 1})(x, y), want, 1e-13);
  EXPECT_CLOSE(vmap(f, {-3, -1})(x, y), want, 1e-13);
  EXPECT_CLOSE(vmap(f, {1, 1}, 1)(moveaxis(x, 0, 1), y), transpose(want), 1e-13);
  EXPECT_CLOSE(vmap(f, {2, 1}, -1)(moveaxis(x, 0, -1), y), transpose(want), 1e-13);
  Tensor row = y(slice(_, _), 0);
  EXPECT_CLOSE(vmap(f, {0, _})(x, row), loop([&](Tensor a) { return f(a, row); }, x), 1e-13);
  EXPECT_CLOSE(vmap(f, {_, 1})(x[0], y), loop([&](Tensor b) { return f(x[0], b); }, transpose(y)), 1e-13);
}

TEST(Vmap, Results) {
  Tensor x = normal(1, {4, 3});
  auto [u, v] = vmap([](Tensor a) { return std::tuple(a * 2.0, sum(a)); })(x);
  EXPECT_CLOSE(u, x * 2.0, 0);
  EXPECT_CLOSE(v, sum(x, 1), 1e-15);
  std::vector<Tensor> list = vmap([](Tensor a) { return std::vector{a, a[0]}; }, 0, {1, 0})(x);
  EXPECT_CLOSE(list.at(0), transpose(x), 0);
  EXPECT_CLOSE(list.at(1), x(slice(_, _), 0), 0);
  auto pair = vmap([](Tensor a) { return std::pair(std::array{a, a + 1.0}, sum(a)); })(x);
  EXPECT_CLOSE(pair.first[1], x + 1.0, 0);
  // What does not depend on a slice is repeated, or given as it is.
  Tensor w = normal(2, {2});
  auto [a, b, c] = vmap([&](Tensor s) { return std::tuple(s, w, w + 1.0); }, 0, {0, 1, _})(x);
  EXPECT_CLOSE(a, x, 0);
  EXPECT_CLOSE(b, stack({w, w, w, w}, 1), 0);
  EXPECT_CLOSE(c, w + 1.0, 0);
  // A slice's extent is the same for all.
  auto extents = [](Tensor s) { return extent(s, 0); };
  EXPECT_EQ(vmap(extents)(x).to_vector<int64_t>(), (std::vector<int64_t>{3, 3, 3, 3}));
  EXPECT_EQ(vmap(extents, 0, _)(x).item<int64_t>(), 3);
  EXPECT_EQ(vmap([](Tensor) { return Tensor(3); })(x).to_vector<int64_t>(), (std::vector<int64_t>{3, 3, 3, 3}));
}

TEST(Vmap, NoSlices) {
  Tensor x = zeros({0, 3}), w = normal(3, {3, 2}, float32);
  EXPECT_EQ(vmap([&](Tensor a) { return matmul(a, w); })(x).shape(), (Shape{0, 2}));
  EXPECT_EQ(vmap([](Tensor a) { return sum(a); })(x).to_vector<float>().size(), 0u);
  EXPECT_EQ(vmap([](Tensor a) { return linalg::svdvals(a); }, 2)(zeros({4, 3, 0})).shape(), (Shape{0, 3}));
  EXPECT_EQ(vmap([&](Tensor) { return w; }, 0, -1)(x).shape(), (Shape{3, 2, 0}));
  EXPECT_EQ(vmap([](Tensor a) { return sort(a); })(x).to_vector<float>().size(), 0u);
  EXPECT_EQ(vmap([](Tensor a) { return random::normal({2}) + a[0]; })(x).to_vector<float>().size(), 0u);
}

TEST(Vmap, OneProgramWithoutALoop) {
  Tensor a = normal(1, {1000, 8, 8}), x = normal(2, {1000, 8}), w = normal(3, {8, 8});
  eval(a, x, w);
  std::string text = dump(vmap([](Tensor m, Tensor v) { return matmul(m, v); })(a, x));
  EXPECT_EQ(count(text, "tcc.dot_general"), 1) << text;
  EXPECT_EQ(count(text, "tcc."), 1) << text;
  text = dump(vmap([&](Tensor v) { return tanh(matmul(w, v)); })(x));
  EXPECT_NE(text.find("(tensor<1000x8xf64>, tensor<8x8xf64>) -> tensor<1000x8xf64>"), text.npos) << text;
  EXPECT_EQ(count(text, "tcc."), 2) << text;
  text = dump(vmap([](Tensor m) { return linalg::svdvals(m); })(a));
  EXPECT_EQ(count(text, "tcc.svd "), 1) << text;
  // What slices share is computed once.
  text = dump(vmap([&](Tensor v) { return v + sum(exp(w), 0); })(x));
  EXPECT_NE(text.find("tcc.exp %arg1 : tensor<8x8xf64>"), text.npos) << text;
}

TEST(Vmap, NodesGoWithTheirHandles) {
  GraphScope scope;
  int64_t before = Graph::current().size();
  {
    Tensor x = normal(1, {4, 3}), y = vmap([](Tensor a) { return sum(sin(a) * a); })(x);
    y.to_vector<double>();
  }
  EXPECT_EQ(Graph::current().size(), before);
  EXPECT_THROW(
      vmap([](Tensor a) -> Tensor { throw std::runtime_error("of " + std::to_string((a * a).ndim())); })(ones({2})),
      std::runtime_error);
  EXPECT_EQ(Graph::current().size(), before);
}

TEST(Vmap, Indexing) {
  Tensor x = normal(1, {4, 6, 3}), i = random::randint(random::key(2), 0, 6, {4, 5});
  auto rows = [](Tensor t, Tensor k) { return t(k); };
  EXPECT_CLOSE(vmap(rows)(x, i), loop(rows, x, i), 0);
  EXPECT_CLOSE(vmap(rows, {0, _})(x, i[0]), loop([&](Tensor t) { return t(i[0]); }, x), 0);
  EXPECT_CLOSE(vmap(rows, {_, 0})(x[0], i), loop([&](Tensor k) { return x[0](k); }, i), 0);
  auto update = [](Tensor t, Tensor k) { return t.at(k, slice(1, _)).add(2.0); };
  EXPECT_CLOSE(vmap(update)(x, i), loop(update, x, i), 0);
  EXPECT_CLOSE(vmap(update, {0, _})(x, i[1]), loop([&](Tensor t) { return update(t, i[1]); }, x), 0);
  auto set = [](Tensor t, Tensor k) { return t.at(k).set(cumsum(ones_like(t(k)), 0)); };
  EXPECT_CLOSE(vmap(set)(x, i), loop(set, x, i), 0);
  auto one = [](Tensor t, Tensor k) { return take(t, k[0], 0); };
  EXPECT_CLOSE(vmap(one)(x, i), loop(one, x, i), 0);
  auto start = [](Tensor t, Tensor k) { return dynamic_slice(t, stack({k[0], k[1] * 0}), {2, 3}); };
  EXPECT_CLOSE(vmap(start)(x, i), loop(start, x, i), 0);
  auto masked = [](Tensor t) { return where(t > 0.0, t, 0.0); };
  EXPECT_CLOSE(vmap(masked)(x), loop(masked, x), 0);
  EXPECT_THROW(vmap(rows)(x, i + 6).to_vector<double>(), Error);
}

TEST(Vmap, Decompositions) {
  Tensor a = normal(1, {5, 4, 4}, complex128), b = normal(2, {5, 4, 2}, complex128);
  Tensor h = matmul(a, conj(swapaxes(a, -1, -2))) + eye(4, complex128);
  auto solve = [](Tensor m, Tensor r) { return linalg::solve(m, r); };
  EXPECT_CLOSE(vmap(solve)(a, b), loop(solve, a, b), 1e-12);
  EXPECT_CLOSE(vmap(solve, {_, 0})(a[0], b), loop([&](Tensor r) { return solve(a[0], r); }, b), 1e-12);
  EXPECT_CLOSE(vmap(solve, {0, _})(a, b[0]), loop([&](Tensor m) { return solve(m, b[0]); }, a), 1e-12);
  auto values = [](Tensor m) { return linalg::svdvals(m); };
  EXPECT_CLOSE(vmap(values)(a), loop(values, a), 1e-13);
  for (auto f : {+[](Tensor m) { return linalg::cholesky(m); }, +[](Tensor m) { return linalg::inv(m); },
                 +[](Tensor m) { return linalg::qr(m).r; }, +[](Tensor m) { return linalg::det(m); },
                 +[](Tensor m) { return linalg::expm(m * 0.1); }, +[](Tensor m) { return linalg::pinv(m); }})
    EXPECT_CLOSE(vmap(f)(h), loop(f, h), 1e-9);
  auto spectrum = [](Tensor m) { return fft::fft(m); };
  EXPECT_CLOSE(vmap(spectrum, 2, 2)(moveaxis(a, 0, 2)), moveaxis(loop(spectrum, a), 0, 2), 1e-13);
}

TEST(Vmap, RandomNumbers) {
  Tensor keys = random::split(random::key(7), 5);
  auto bits = [](Tensor k) { return random::randint(k, 0, 1 << 30, {3, 5}); };
  EXPECT_EQ(vmap(bits)(keys).to_vector<int64_t>(), loop(bits, keys).to_vector<int64_t>());
  auto draw = [](Tensor k) { return random::normal(random::split(k)[1], {7}); };
  EXPECT_CLOSE(vmap(draw)(keys), loop(draw, keys), 0);
  auto nested = [&](Tensor k) { return vmap(draw)(random::split(k, 3)); };
  EXPECT_CLOSE(vmap(nested)(keys), loop(nested, keys), 0);
  auto shuffled = [](Tensor k) { return random::permutation(k, 9); };
  EXPECT_EQ(vmap(shuffled)(keys).to_vector<int64_t>(), loop(shuffled, keys).to_vector<int64_t>());
  // Without a key each slice draws its own, nested ones, too.
  Tensor drawn =
      vmap([](Tensor a) { return vmap([](Tensor b) { return b + random::uniform({}); })(a); })(zeros({3, 4}));
  EXPECT_EQ(unique(drawn).size(), 12);
  Tensor same = random::uniform({});
  EXPECT_EQ(unique(vmap([&](Tensor a) { return a + same; })(zeros({6}))).size(), 1);
}

TEST(Vmap, Derivatives) {
  Tensor x = normal(1, {4, 3}), w = normal(2, {3, 3});
  auto f = [&](Tensor a) { return sum(tanh(matmul(w, a)) * a); };
  auto gradient = [&](Tensor a) { return grad(f(a), a); };
  EXPECT_CLOSE(vmap(gradient)(x), loop(gradient, x), 1e-14);
  auto ofShared = [&](Tensor a) { return grad(f(a), w); };
  EXPECT_CLOSE(vmap(ofShared)(x), loop(ofShared, x), 1e-14);
  auto second = [&](Tensor a) { return hessian(f(a), a); };
  EXPECT_CLOSE(vmap(second)(x), loop(second, x), 1e-13);
  auto rows = [&](Tensor a) { return jacobian(sin(matmul(w, a)), a); };
  EXPECT_CLOSE(vmap(rows)(x), loop(rows, x), 1e-13);
  auto forward = [&](Tensor a) { return jvp({exp(matmul(w, a))}, {a}, {a * a})[0]; };
  EXPECT_CLOSE(vmap(forward)(x), loop(forward, x), 1e-13);
  auto [values, slopes] = vmap(value_and_grad(f))(x);
  EXPECT_CLOSE(values, loop(f, x), 1e-14);
  EXPECT_CLOSE(slopes.at(0), loop(gradient, x), 1e-14);
  // Through vmap, once and twice.
  Tensor total = sum(square(vmap(f)(x))), byHand = Tensor(0.0);
  for (int64_t i = 0; i < 4; ++i)
    byHand = byHand + square(f(x[i]));
  EXPECT_CLOSE(grad(total, x), grad(byHand, x), 1e-13);
  EXPECT_CLOSE(grad(total, w), grad(byHand, w), 1e-13);
  EXPECT_CLOSE(hessian(total, w), hessian(byHand, w), 1e-12);
  Tensor m = normal(3, {3, 4, 4});
  auto spectral = [](Tensor a) { return grad(sum(log(linalg::svdvals(a))), a); };
  EXPECT_CLOSE(vmap(spectral)(m), loop(spectral, m), 1e-11);
}

TEST(Vmap, JacobiansAreOnePullback) {
  Tensor x = normal(1, {5}), w = normal(2, {7, 5});
  Tensor y = tanh(matmul(w, x));
  std::string text = dump(jacobian(y, x));
  EXPECT_LE(count(text, "tcc.dot_general"), 2) << text;
  EXPECT_CLOSE(jacobian(y, x), expand_dims(1.0 - square(y), 1) * w, 1e-15);
  Tensor z = normal(3, {3}, complex128);
  EXPECT_CLOSE(jacobian(exp(z), z), diag(exp(z)), 1e-15);
  EXPECT_CLOSE(jacobian(complex(sin(x), x * x), x), complex(diag(cos(x)), diag(2.0 * x)), 1e-15);
  EXPECT_EQ(jacobian(zeros({0}, float64) * sum(x), x).shape(), (Shape{0, 5}));
  EXPECT_CLOSE(jacobian(y, z), zeros({7, 3}, complex128), 0);
  EXPECT_CLOSE(hessian(sum(x * x * x), x), diag(6.0 * x), 1e-15);
}

TEST(Vmap, Nested) {
  Tensor a = normal(1, {4, 3}), b = normal(2, {5, 3});
  auto product = [](Tensor u, Tensor v) { return sum(u * v); };
  auto table = vmap([&](Tensor u) { return vmap([&](Tensor v) { return product(u, v); })(b); });
  EXPECT_CLOSE(table(a), matmul(a, transpose(b)), 1e-14);
  EXPECT_CLOSE(vmap(vmap(product, {_, 0}), {0, _})(a, b), matmul(a, transpose(b)), 1e-14);
  EXPECT_CLOSE(vmap(vmap(product, {0, _}, 0), {_, 0}, 1)(a, b), matmul(a, transpose(b)), 1e-14);
}

TEST(Vmap, CompiledFunctions) {
  Tensor x = normal(1, {4, 3});
  Variable w("w", normal(2, {3, 3}));
  int traced = 0;
  auto f = [&](Tensor a) {
    ++traced;
    return tanh(matmul(w, a));
  };
  auto whole = compile([&](Tensor a) { return vmap(f)(a); });
  Tensor want = tanh(matmul(x, transpose(w)));
  EXPECT_CLOSE(whole(x), want, 1e-14);
  w.assign(w * 2.0);
  want = tanh(matmul(x, transpose(w)));
  EXPECT_CLOSE(whole(x), want, 1e-14);
  EXPECT_EQ(traced, 1);
  EXPECT_CLOSE(vmap(compile(f))(x), want, 1e-14);
  EXPECT_CLOSE(grad(sum(whole(x)), w), grad(sum(vmap(f)(x)), w), 1e-14);
}

TEST(Vmap, CustomVjp) {
  // The gradient is clipped, slice by slice.
  auto clipped =
      custom_vjp([](Tensor a) { return a; }, [](Tensor a) { return std::pair(a * a, std::vector{a}); },
                 [](std::vector<Tensor> saved, Tensor g) { return std::vector{g * clip(2.0 * saved[0], -1.0, 1.0)}; });
  Tensor x = normal(1, {4, 3});
  auto slope = [&](Tensor a) { return grad(sum(clipped(a)), a); };
  EXPECT_CLOSE(vmap(slope)(x), clip(2.0 * x, -1.0, 1.0), 1e-15);
  EXPECT_CLOSE(grad(sum(vmap(clipped)(x)), x), clip(2.0 * x, -1.0, 1.0), 1e-15);
  EXPECT_CLOSE(vmap(clipped)(x), x * x, 1e-15);
}

TEST(Vmap, LoopsOfKnownLength) {
  Tensor x = normal(1, {4, 6});
  auto f = [](Tensor a) {
    return fori_loop(0, 3, [&](Tensor, std::vector<Tensor> s) { return std::vector{tanh(s[0] + a)}; }, {a})[0];
  };
  EXPECT_CLOSE(vmap(f)(x), loop(f, x), 1e-15);
}

} // namespace
