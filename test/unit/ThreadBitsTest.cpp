// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The benchmark's workloads at sizes that just about run in parallel: 1, 2, 3 and 8 threads give the same bits.
#include <gtest/gtest.h>

#include <complex>
#include <functional>
#include <tcc/tcc.h>

using namespace tcc;

namespace {

struct Program {
  const char *name;
  std::function<std::vector<Tensor>()> results;
};

Tensor sample(Shape shape, Dtype dtype = float32, int64_t seed = 1) {
  return random::normal(random::key(seed), std::move(shape), dtype);
}

Tensor attend(Tensor q, Tensor k, Tensor v) { return scaled_dot_product_attention(q, k, v); }

/// One layer of a circuit on 10 qubits and its gradient.
std::vector<Tensor> circuit() {
  constexpr int64_t qubits = 10;
  Tensor start = zeros(Shape(qubits, 2)) + 1.0f / 32, angles = sample({qubits});
  Tensor psi = start;
  for (int64_t i = 0; i < qubits; ++i) {
    Tensor c = cos(angles[i]), s = sin(angles[i]);
    psi = moveaxis(tensordot(stack({stack({c, -s}), stack({s, c})}), psi, Shape{1}, Shape{i}), 0, i);
  }
  Tensor energy = sum(psi * psi * sample(Shape(qubits, 2), float32, 2));
  return {energy, grad(energy, angles)};
}

/// Two two-site updates of a matrix product state.
std::vector<Tensor> sweep() {
  Tensor a = sample({1, 2, 8}, complex64), b = sample({8, 2, 8}, complex64, 2), c = sample({8, 2, 1}, complex64, 3);
  auto [u, s, vh] = linalg::svd(reshape(einsum("aib,bjc->aijc", a, b), {2, 16}));
  auto [u2, s2, vh2] =
      linalg::svd(reshape(einsum("aib,bjc->aijc", reshape(expand_dims(s, 1) * vh, {2, 2, 8}), c), {4, 2}));
  return {s, s2, abs(matmul(u2, vh2))};
}

/// A transformer block's loss and gradients.
std::vector<Tensor> block() {
  constexpr int64_t batch = 2, length = 32, width = 64, heads = 2;
  Tensor x = sample({batch, length, width}), qkv = sample({width, 3 * width}) * 0.05f,
         up = sample({width, 128}) * 0.05f, down = sample({128, width}) * 0.05f;
  Tensor h = layer_norm(x, ones({width}), zeros({width}));
  auto parts = split(matmul(h, qkv), 3, -1);
  auto apart = [&](const Tensor &t) {
    return transpose(reshape(t, {batch, length, heads, width / heads}), {0, 2, 1, 3});
  };
  Tensor y = x + reshape(transpose(attend(apart(parts[0]), apart(parts[1]), apart(parts[2])), {0, 2, 1, 3}), x.shape());
  y = y + matmul(gelu(matmul(y, up)), down);
  Tensor loss = mean(square(y));
  auto grads = grad(loss, std::vector<Tensor>{qkv, up, down});
  grads.push_back(loss);
  return grads;
}

std::vector<Program> programs() {
  const Shape plane{300, 257};
  return {
      {"matmul_f32", [] { return std::vector{matmul(sample({300, 200}), sample({200, 310}))}; }},
      {"matmul_f64", [] { return std::vector{matmul(sample({150, 200}, float64), sample({200, 130}, float64))}; }},
      {"matmul_c64", [] { return std::vector{matmul(sample({150, 90}, complex64), sample({90, 130}, complex64))}; }},
      {"matmul_bf16", [] { return std::vector{matmul(sample({150, 90}, bfloat16), sample({90, 130}, bfloat16))}; }},
      {"small_products", [] { return std::vector{matmul(sample({500, 8, 8}), sample({500, 8, 8}))}; }},
      {"long_dot", [] { return std::vector{matmul(sample({2, 40000}), sample({40000, 3}))}; }},
      {"chain", [=] { return std::vector{gelu(sample(plane) * 1.5f) * 2 + 1}; }},
      {"chain_bf16", [=] { return std::vector{tanh(sample(plane, bfloat16))}; }},
      {"chain_c64", [=] { return std::vector{exp(sample(plane, complex64) * 0.1f)}; }},
      {"sums",
       [=] {
         Tensor x = sample({600, 1000});
         return std::vector{sum(x * x), sum(exp(x), 0), sum(x, 1), max(x), mean(x * 2 + 1, 0)};
       }},
      {"pass",
       [] {
         Tensor y = sample({1100, 1000}) * 2 + 1;
         return std::vector{y, sum(square(y)), max(y), y * 3};
       }},
      {"across rows",
       [] {
         Tensor y = sample({1100, 1000}) * 2 + 1;
         return std::vector{y, sum(square(y), 0), max(y, 1)};
       }},
      {"softmax", [=] { return std::vector{softmax(sample(plane)), softmax(sample(plane), 0)}; }},
      {"transposes", [] { return std::vector{transpose(sample({40, 50, 60}), {2, 1, 0}) * 2}; }},
      {"scans",
       [] {
         Tensor x = sample({300, 400}), y = sample({100000});
         return std::vector{cumsum(x, 0), cumsum(x, 1), cumsum(y, 0), cumprod(y * 0.1f + 1, 0)};
       }},
      {"order",
       [] {
         Tensor x = sample({100000}), y = sample({200, 300});
         return std::vector{sort(x), argsort(x), sort(y), argmax(y, 0), argmax(y, 1), argmax(x, 0)};
       }},
      {"scatter_add",
       [] {
         Tensor at = random::randint(random::key(3), 0, 500, {20000});
         return std::vector{sample({500, 8}).at(at).add(sample({20000, 8})), take(sample({500, 8}), at, 0)};
       }},
      {"convolution",
       [] {
         Tensor x = sample({2, 8, 20, 20}), w = sample({8, 8, 3, 3}), y = conv2d(x, w, {.padding = {1, 1}});
         return std::vector{y, grad(sum(square(y)), x), grad(sum(square(y)), w)};
       }},
      {"attention",
       [] {
         Tensor q = sample({2, 2, 64, 32}), k = sample({2, 2, 64, 32}, float32, 2), y = attend(q, k, q);
         return std::vector{y, grad(sum(square(y)), q), grad(sum(square(y)), k)};
       }},
      {"transformer_block", block},
      {"circuit", circuit},
      {"sweep", sweep},
      {"independent",
       [] {
         std::vector<Tensor> all;
         for (int64_t i = 0; i < 50; ++i)
           all.push_back(sum(sample({60, 60}, float32, i)));
         return all;
       }},
      {"decompositions",
       [] {
         Tensor a = sample({40, 8, 8});
         auto [q, r] = linalg::qr(a);
         return std::vector{q, r, linalg::eigvalsh(a + swapaxes(a, 1, 2)), linalg::solve(a, a)};
       }},
      {"fourier",
       [] { return std::vector{fft::fft(sample({64, 512}, complex64)), fft::fft2(sample({100, 96}, complex64))}; }},
  };
}

template <class T> std::vector<char> bytesAs(const Tensor &t) {
  const char *data = reinterpret_cast<const char *>(t.data<T>());
  return {data, data + t.size() * int64_t(sizeof(T))};
}

std::vector<std::vector<char>> bytesOf(const std::vector<Tensor> &results) {
  eval(results);
  std::vector<std::vector<char>> all;
  for (const Tensor &t : results)
    all.push_back(t.dtype() == float64     ? bytesAs<double>(t)
                  : t.dtype() == complex64 ? bytesAs<std::complex<float>>(t)
                  : t.dtype() == int64     ? bytesAs<int64_t>(t)
                                           : bytesAs<float>(t.astype(float32))); // exact for bfloat16
  return all;
}

TEST(ThreadBits, number_of_threads_changes_no_workload) {
  const int before = num_threads();
  for (const Program &program : programs()) {
    set_num_threads(1);
    auto one = bytesOf(program.results());
    for (int threads : {2, 3, 8}) {
      set_num_threads(threads);
      EXPECT_EQ(one, bytesOf(program.results())) << program.name << " on " << threads << " threads";
    }
  }
  set_num_threads(before);
}

} // namespace
