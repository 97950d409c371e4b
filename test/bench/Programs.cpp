// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whole programs: a training step, a quantum circuit's gradient, many small tensors, and what the system itself costs
// (calling a tiny program, compiling a new one).
#include "Workloads.h"

#include <cmath>

using namespace tcc;

namespace bench {

/// Three layers and Adam on a batch of 128, as one would write it: the graph is built anew in each step.
static Run trainMlp() {
  struct State {
    Variable w0{0.05f * normal({784, 512})}, w1{0.05f * normal({512, 512})}, w2{0.05f * normal({512, 10})};
    optim::Adam adam{{w0, w1, w2}, {.lr = 1e-3}};
    Tensor x = normal({128, 784}), labels = random::randint(0, 10, {128});
  };
  auto state = std::make_shared<State>();
  eval(state->labels);
  return [state] {
    auto &[w0, w1, w2, adam, x, labels] = *state;
    Tensor loss = cross_entropy(matmul(relu(matmul(relu(matmul(x, w0)), w1)), w2), labels);
    adam.step(loss);
    (void)loss.item<float>();
  };
}

/// Value and gradient of <sum of Z> after layers of RY rotations and a ring of CZ, on `qubits` qubits.
static Run variationalCircuit(int64_t qubits, int64_t layers) {
  const int64_t n = int64_t(1) << qubits;
  std::vector<float> signs(n), weights(n), zero(n);
  for (int64_t state = 0; state < n; ++state) {
    float sign = 1, weight = 0;
    for (int64_t i = 0; i < qubits; ++i) {
      bool one = state >> (qubits - 1 - i) & 1, next = state >> (qubits - 1 - (i + 1) % qubits) & 1;
      sign *= one && next ? -1.0f : 1.0f;
      weight += one ? -1.0f : 1.0f;
    }
    signs[state] = sign;
    weights[state] = weight;
  }
  zero[0] = 1;
  Shape shape(qubits, 2);
  Tensor ring = tensor(signs, shape), z = tensor(weights, shape), start = tensor(zero, shape);
  auto energy = [=](Tensor angles) {
    Tensor psi = start;
    for (int64_t l = 0; l < layers; ++l) {
      for (int64_t i = 0; i < qubits; ++i) {
        Tensor c = cos(angles(l, i) / 2.0f), s = sin(angles(l, i) / 2.0f);
        Tensor gate = stack({stack({c, -s}), stack({s, c})});
        psi = moveaxis(tensordot(gate, psi, Shape{1}, Shape{i}), 0, i);
      }
      psi = psi * ring;
    }
    return sum(psi * psi * z);
  };
  Tensor angles = random::uniform({layers, qubits}, float32, {.low = 0, .high = 2 * M_PI});
  eval(angles);
  return compiled([energy](Tensor t) { return value_and_grad(energy)(t); }, angles);
}

/// One pre-norm transformer block {batch, length, width} with attention and a hidden layer of 4 x width; a step of
/// Adam.
static Run trainTransformerBlock(int64_t batch, int64_t length, int64_t width, int64_t heads) {
  struct State {
    Variable qkv, out, up, down, gain1, bias1, gain2, bias2;
    optim::Adam adam;
    Tensor x, target;
  };
  auto weights = [](int64_t from, int64_t to) { return Variable(0.02f * normal({from, to})); };
  Variable qkv = weights(width, 3 * width), out = weights(width, width), up = weights(width, 4 * width),
           down = weights(4 * width, width), gain1(ones({width})), bias1(zeros({width})), gain2(ones({width})),
           bias2(zeros({width}));
  std::shared_ptr<State> state(new State{qkv, out, up, down, gain1, bias1, gain2, bias2,
                                         optim::Adam({qkv, out, up, down, gain1, bias1, gain2, bias2}, {.lr = 1e-4}),
                                         normal({batch, length, width}), normal({batch, length, width})});
  return [=] {
    State &s = *state;
    Tensor h = layer_norm(s.x, s.gain1, s.bias1);
    auto parts = split(matmul(h, s.qkv), 3, -1);
    auto apart = [&](const Tensor &t) {
      return transpose(reshape(t, {batch, length, heads, width / heads}), {0, 2, 1, 3});
    };
    Tensor attended = scaled_dot_product_attention(apart(parts[0]), apart(parts[1]), apart(parts[2]));
    attended = reshape(transpose(attended, {0, 2, 1, 3}), {batch, length, width});
    Tensor y = s.x + matmul(attended, s.out);
    y = y + matmul(gelu(matmul(layer_norm(y, s.gain2, s.bias2), s.up), {.approximate = "tanh"}), s.down);
    Tensor loss = mse_loss(y, s.target);
    s.adam.step(loss);
    (void)loss.item<float>();
  };
}

/// A sweep of two-site updates over a matrix product state: contract, apply a gate, split by a truncated SVD.
static Run sweepMps(int64_t sites, int64_t bond) {
  std::vector<Tensor> state;
  for (int64_t i = 0; i < sites; ++i)
    state.push_back(normal({i == 0 ? 1 : bond, 2, i + 1 == sites ? 1 : bond}, complex64) / std::sqrt(float(2 * bond)));
  Tensor gate = normal({2, 2, 2, 2}, complex64);
  eval(state);
  return [=] {
    std::vector<Tensor> a = state;
    for (int64_t i = 0; i + 1 < sites; ++i) {
      Tensor theta = einsum("aib,bjc,ijkl->aklc", a[i], a[i + 1], gate);
      int64_t left = theta.dim(0), right = theta.dim(3), rank = std::min({bond, 2 * left, 2 * right});
      auto [u, s, vh] = linalg::svd(reshape(theta, {2 * left, 2 * right}), {.max_rank = rank});
      Tensor kept = s / norm(s);
      a[i] = reshape(u, {left, 2, rank});
      a[i + 1] = reshape(expand_dims(kept, 1) * vh, {rank, 2, right});
    }
    eval(a);
  };
}

/// 60 ops on tensors of 16 elements, compiled.
static Tensor sixtyTinyOps(Tensor x) {
  for (int i = 0; i < 15; ++i)
    x = sin(x) * 0.5f + x / (1 + square(x));
  return x;
}

/// The same graph of 10 ops built and evaluated 10,000 times on 8 elements, each round from the last one's result. As
/// in the peers' loops nobody can ask for derivatives by the start, so that no history is kept.
static Run tinyEvaluations() {
  Tensor start = normal({8});
  return [start] {
    Tensor x = stop_gradient(start);
    eval(x);
    for (int i = 0; i < 10000; ++i) {
      x = (sin(x) * 0.5f + cos(x) * 0.25f) * x + tanh(x) - 0.1f;
      eval(x);
    }
  };
}

/// Independent small sums, asked for together: the parallelism between tensors.
static Run independentSums() {
  std::vector<Tensor> tensors;
  for (int k = 0; k < 2000; ++k)
    tensors.push_back(normal({200, 200}));
  return [tensors] {
    std::vector<Tensor> sums;
    sums.reserve(tensors.size());
    for (const Tensor &t : tensors)
      sums.push_back(sum(t));
    eval(sums);
  };
}

/// Five blocks of a residual network with 12 ops each on a batch size that no call had before: traced and compiled
/// anew.
static Run compileGraph() {
  Tensor x = normal({4096, 256}), w = normal({256, 256});
  return [x, w, rows = int64_t(255)]() mutable {
    rows = rows == 4096 ? 256 : rows + 1;
    Tensor y = x(slice(0, rows));
    for (int block = 0; block < 5; ++block) {
      Tensor h = tanh(matmul(y, w) * 0.06f + float(block)) * 0.5f;
      y = softmax(h * 1.25f - 0.25f) + y;
    }
    eval(y);
  };
}

std::vector<Workload> programs() {
  const double angles = 14 * 6, state = 1 << 14;
  return {
      {"mlp_train_128", trainMlp, {0, 0, 6.0 * 128 * (784 * 512 + 512 * 512 + 512 * 10), float32}},
      {"transformer_step_8x128x256",
       [] { return trainTransformerBlock(8, 128, 256, 4); },
       {0, 0, 6.0 * 1024 * 12 * 256 * 256 + 12.0 * 8 * 4 * 128 * 128 * 64, float32}},
      // Forward, adjoint state and gradient: each gate passes over the state, which stays in the cache.
      {"vqc_grad_14q_6l", [] { return variationalCircuit(14, 6); }, {2 * angles * state * 4, angles * state * 4}},
      {"vqc_grad_20q_1l", [] { return variationalCircuit(20, 1); }, {2 * 20.0 * (1 << 20) * 4, 20.0 * (1 << 20) * 4}},
      {"mps_sweep_16x32", [] { return sweepMps(16, 32); }},
      {"inter_sum_2000x200x200", independentSums, {2000.0 * 40000 * 4}},
      {"overhead_8_elems", [] { return compiled([](Tensor x) { return sin(x) * x + 1; }, normal({8})); }},
      {"graph60_16_elems", [] { return compiled(sixtyTinyOps, normal({16})); }},
      {"tiny_evals_10000", tinyEvaluations},
      {"compile_g60", compileGraph},
  };
}

} // namespace bench
