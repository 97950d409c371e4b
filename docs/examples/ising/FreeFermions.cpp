// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The free-fermion solution, in tcc itself: a singular value decomposition for the open chain (Lieb, Schultz, Mattis
// 1961; Pfeuty 1970), momenta for the ring (Barouch, McCoy, Dresden 1970).
#include "FreeFermions.h"

#include <numbers>

using namespace tcc;

namespace ising::exact {

/// H = (i/2) sum_ij M_ij a_i b_j with two Majorana fermions a_i, b_i at each site; the singular values of M are the
/// energies of the quasi-particles.
static Tensor bogoliubovMatrix(int64_t spins, double field) {
  return 2.0 * field * eye(spins, float64) - 2.0 * eye(spins, spins, 1, float64);
}

double openChainEnergy(int64_t spins, double field) {
  return (-0.5 * sum(linalg::svdvals(bogoliubovMatrix(spins, field)))).item<double>();
}

/// A block of free fermions is a product of two-level systems with polarisations nu, the singular values of the block
/// of the correlation matrix <i b_j a_i> (Vidal, Latorre, Rico, Kitaev 2003). All blocks in one batch: outside its
/// block a matrix is padded with the identity, whose nu = 1 carries no entropy.
std::vector<double> openChainEntropies(int64_t spins, double field) {
  auto [u, s, vh] = linalg::svd(bogoliubovMatrix(spins, field));
  Tensor correlations = matmul(u, vh);
  Tensor inside = (arange(spins) < arange(1, spins)(_, newaxis)).astype(float64); // [block, site]
  Tensor blocks = correlations * inside(_, _, newaxis) * inside(_, newaxis, _) +
                  eye(spins, float64) * (1.0 - inside)(_, _, newaxis);
  Tensor nu = clip(linalg::svdvals(blocks), 0.0, 1.0);
  auto entropy = [](const Tensor &p) { return -p * log(where(p > 0.0, p, 1.0)); };
  return sum(entropy((1.0 + nu) / 2.0) + entropy((1.0 - nu) / 2.0), 1).to_vector<double>();
}

/// Momenta of the sector with an even number of fermions, one of each pair (k, -k).
static Tensor momenta(int64_t spins) {
  return (2.0 * arange(spins / 2, float64) + 1.0) * (std::numbers::pi / double(spins));
}
/// Energy of a fermion of momentum k.
static Tensor dispersion(const Tensor &k, double field) {
  return 2.0 * sqrt(1.0 + field * field - 2.0 * field * cos(k));
}

double ringEnergy(int64_t spins, double field) { return -sum(dispersion(momenta(spins), field)).item<double>(); }

/// Each pair (k, -k) is a pseudo-spin that precesses about a field tilted by the Bogoliubov angle theta.
Tensor ringMagnetisation(int64_t spins, double field, const Tensor &times) {
  Tensor k = momenta(spins), energy = dispersion(k, field);
  Tensor cosSquared = square(2.0 * (field - cos(k)) / energy);
  return mean(cosSquared + (1.0 - cosSquared) * cos(2.0 * energy * times(_, newaxis)), 1);
}

std::vector<double> ringFrequencies(int64_t spins, double field) {
  return (2.0 * dispersion(momenta(spins), field)).to_vector<double>();
}

} // namespace ising::exact
