// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A variational circuit on 20 qubits: layers of RY rotations and controlled-Z gates on a ring, the energy of the
// transverse Ising ring, and its gradient in all angles by one backward sweep. The parameter-shift rule (Mitarai et al.
// 2018), dE/da = (E(a + pi/2) - E(a - pi/2)) / 2, is exact and costs two circuits for each angle: it checks a few.
#include "../Expect.h"
#include <tcc/tcc.h>

#include <cmath>

using namespace tcc;

constexpr int64_t qubits = 20, layers = 2;

/// The 2^20 amplitudes as a matrix whose middle axis is qubit q.
static Tensor along(const Tensor &psi, int64_t q) {
  return psi.reshape({int64_t(1) << q, 2, int64_t(1) << (qubits - 1 - q)});
}
static Tensor rotate(const Tensor &psi, int64_t q, const Tensor &angle) {
  Tensor c = cos(angle / 2.0), s = sin(angle / 2.0), gate = stack({stack({c, -s}), stack({s, c})});
  return einsum("ij,ajb->aib", gate, along(psi, q)).reshape({-1});
}
/// Z on qubit q: -1 where it is 1.
static Tensor signs(int64_t q) {
  Tensor state = arange(int64_t(1) << qubits, int64);
  return 1.0 - 2.0 * (right_shift(state, qubits - 1 - q) & 1).astype(float64);
}

/// -sum Z Z - sum X of the state that the circuit makes of |0...0>.
static Tensor energy(const Tensor &angles) {
  Tensor psi = zeros({int64_t(1) << qubits}, float64).at(0).set(1.0), entangle = ones({1}, float64), bonds;
  for (int64_t q = 0; q < qubits; ++q) {
    Tensor a = signs(q), b = signs((q + 1) % qubits);
    entangle = entangle * (0.5 * (1.0 + a + b - a * b)); // CZ: -1 where both are 1
    bonds = q ? bonds + a * b : a * b;
  }
  for (int64_t l = 0; l < layers; ++l) {
    for (int64_t q = 0; q < qubits; ++q)
      psi = rotate(psi, q, angles(l, q));
    psi = psi * entangle;
  }
  Tensor total = -sum(bonds * square(psi));
  for (int64_t q = 0; q < qubits; ++q) {
    Tensor x = along(psi, q);
    total = total - 2.0 * sum(x(_, 0) * x(_, 1));
  }
  return total;
}

int main() {
  Tensor angles = random::uniform(random::key(7), {layers, qubits}, float64, {.low = 0, .high = 2 * M_PI});
  auto run = compile([](const Tensor &x) { return value_and_grad(energy)(x); });
  auto [value, gradient] = run(angles);
  std::printf("energy %.12f, |gradient| %.6f\n", value.item<double>(), norm(gradient[0]).item<double>());
  for (auto [l, q] : {std::pair<int64_t, int64_t>{0, 0}, {0, 13}, {1, 19}}) {
    auto shifted = [&](double by) { return run(angles.at(l, q).add(by)).first.item<double>(); };
    double rule = (shifted(M_PI / 2) - shifted(-M_PI / 2)) / 2, ours = gradient[0](l, q).item<double>();
    std::printf("layer %ld, qubit %2ld: %.12f, parameter shift %.12f\n", long(l), long(q), ours, rule);
    expect(std::abs(ours - rule) < 1e-10);
  }
  // Before entanglement each qubit is free: <Z> = cos a, <X> = sin a; with angles 0 the ring has energy -qubits.
  expect(std::abs(run(zeros({layers, qubits}, float64)).first.item<double>() + double(qubits)) < 1e-10);
}
