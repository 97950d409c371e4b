// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state vector of Register.h, in bits, phases and Kronecker products.
#include "Register.h"

#include <cmath>

using namespace tcc;
using namespace std::complex_literals;

namespace ising {

/// The same 2 x 2 matrix for each of six spins.
static Tensor sixfold(const Tensor &m) {
  Tensor two = kron(m, m);
  return kron(kron(two, two), two);
}

/// |psi|^2, without the kink of abs at 0.
static Tensor probabilities(const Tensor &psi) { return real(psi * conj(psi)); }

Register::Register() {
  Tensor bits = (arange(half * half)(_, newaxis) >> arange(spins)) & 1;
  Tensor up = 1.0 - 2.0 * bits; // Z of each spin in each basis state
  zz = sum(up * roll(up, -1, 1), 1).reshape({half, half});
  z = sum(up, 1).reshape({half, half});
  hadamard = sixfold(std::sqrt(0.5) * tensor({{1.0, 1.0}, {1.0, -1.0}})).astype(complex128);
  eval(zz, z, hadamard);
}

Tensor Register::plusState() const { return full({half, half}, 1.0 / half, complex128); }

Tensor Register::couplingPhases(const Tensor &angle) const { return exp(1i * (angle * zz)); }

Tensor Register::fieldRotation(const Tensor &angle) const {
  Tensor one = eye(2, complex128), x = tensor({{0.0 + 0i, 1.0 + 0i}, {1.0 + 0i, 0.0 + 0i}});
  return sixfold(cos(angle) * one + 1i * sin(angle) * x);
}

Tensor Register::apply(const Tensor &psi, const Tensor &phases, const Tensor &rotation) const {
  return matmul(matmul(rotation, phases * psi), rotation); // the rotation is its own transpose
}

Tensor Register::coupling(const Tensor &psi) const { return sum(zz * probabilities(psi)); }

Tensor Register::magnetisation(const Tensor &psi) const {
  return sum(z * probabilities(matmul(matmul(hadamard, psi), hadamard)));
}

} // namespace ising
