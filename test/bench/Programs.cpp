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
  return {
      {"mlp_train_128", trainMlp},
      {"vqc_grad_14q_6l", [] { return variationalCircuit(14, 6); }},
      {"inter_sum_2000x200x200", independentSums},
      {"overhead_8_elems", [] { return compiled([](Tensor x) { return sin(x) * x + 1; }, normal({8})); }},
      {"compile_g60", compileGraph},
  };
}

} // namespace bench
