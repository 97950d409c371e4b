// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A ring of 12 spins as a state vector, kept as a 64 x 64 matrix: one index for each half of the spins. The two parts
// of H = -sum Z Z - h sum X are applied exactly: the first is diagonal, the second a product of equal rotations.
#pragma once

#include <tcc/tcc.h>

namespace ising {

class Register {
public:
  static constexpr int64_t spins = 12, half = 64;

  Register();

  /// All spins along +x.
  tcc::Tensor plusState() const;
  /// exp(i angle sum Z Z), a diagonal.
  tcc::Tensor couplingPhases(const tcc::Tensor &angle) const;
  /// exp(i angle sum X) of half the spins.
  tcc::Tensor fieldRotation(const tcc::Tensor &angle) const;
  /// Applies both, the phases first.
  tcc::Tensor apply(const tcc::Tensor &psi, const tcc::Tensor &phases, const tcc::Tensor &rotation) const;
  /// <sum Z Z> and <sum X>.
  tcc::Tensor coupling(const tcc::Tensor &psi) const;
  tcc::Tensor magnetisation(const tcc::Tensor &psi) const;

private:
  tcc::Tensor zz, z;    // sum Z Z and sum Z in each basis state
  tcc::Tensor hadamard; // of half the spins: changes between the bases of Z and X
};

} // namespace ising
