// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is known exactly. The Jordan-Wigner transformation turns H = -sum Z Z - h sum X into free fermions, so that
// energies, entropies and dynamics follow from N x N matrices or from sums over momenta.
#pragma once

#include <tcc/tcc.h>

namespace ising::exact {

/// Ground state energy of the open chain: minus half the sum of the singular values of the Bogoliubov matrix.
double openChainEnergy(int64_t spins, double field);
/// Entanglement entropy of the first l spins of the open chain's ground state, l = 1 .. spins - 1.
std::vector<double> openChainEntropies(int64_t spins, double field);

/// Ground state energy of the ring with an even number of spins.
double ringEnergy(int64_t spins, double field);
/// <X> of one spin of the ring at each of `times`, after the field was quenched from infinity (all spins along +x).
tcc::Tensor ringMagnetisation(int64_t spins, double field, const tcc::Tensor &times);
/// The angular frequencies in that signal, ascending: twice the energies of the pairs of fermions (k, -k).
std::vector<double> ringFrequencies(int64_t spins, double field);

} // namespace ising::exact
