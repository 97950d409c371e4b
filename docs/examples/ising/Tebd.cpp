// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ground state of H = -sum Z_i Z_{i+1} - h sum X_i on an open chain as a matrix-product state: time-evolving block
// decimation (Vidal 2003) in imaginary time, in Hastings's form (2009), which never divides by small Schmidt values.
#include "FreeFermions.h"
#include "Report.h"

#include <cmath>
#include <cstdio>

using namespace tcc;

namespace ising {

constexpr int64_t spins = 32, bonds = spins / 2, rank = 16;
constexpr double field = 1.0; // the quantum critical point

/// A matrix-product state in right-canonical form. Sites alternate between two stacks, so that all gates of a layer, on
/// every second bond, are one batch. The chain is stored as a ring whose last bond carries rank 1 and no gate.
/// Variables, because a step replaces the state: nobody will ask for gradients with respect to a former one.
struct Mps {
  Variable even, odd;             // [site, left, spin, right]
  Variable beforeEven, beforeOdd; // [site, left]: Schmidt values on the bond to the left of the site

  Tensor site(int64_t i) const { return (i % 2 ? odd : even).value()[i / 2]; }
};

/// All spins along +x; unused bond indices are zeros, so that every step of the program has the same shapes.
static Mps productState() {
  Tensor site = zeros({bonds, rank, 2, rank}, float64).at(_, 0, _, 0).set(std::sqrt(0.5));
  Tensor schmidt = zeros({bonds, rank}, float64).at(_, 0).set(1.0);
  return {site, site, schmidt, schmidt};
}

/// The two-spin terms of H on the bonds (2k + first, 2k + first + 1), [bond, 4, 4]. A spin's field is shared by its
/// bonds.
static Tensor bondTerms(int64_t first) {
  Tensor x = tensor({{0.0, 1.0}, {1.0, 0.0}}), z = tensor({{1.0, 0.0}, {0.0, -1.0}}), one = eye(2, float64);
  std::vector<Tensor> terms;
  for (int64_t i = first; i < spins; i += 2) {
    double left = i == 0 ? 1.0 : 0.5, right = i + 1 == spins - 1 ? 1.0 : 0.5;
    Tensor term = -kron(z, z) - field * (left * kron(x, one) + right * kron(one, x));
    terms.push_back(i + 1 < spins ? term : zeros({4, 4}, float64));
  }
  return stack(terms);
}

/// exp(-tau H) for each bond, [bond, out, out, in, in].
static Tensor gates(const Tensor &terms, double tau) { return linalg::expm(-tau * terms).reshape({bonds, 2, 2, 2, 2}); }

/// Gates on all bonds of a layer: contract two sites and a gate, split by a truncated SVD.
static auto applyGates =
    compile([](const Tensor &schmidt, const Tensor &left, const Tensor &right, const Tensor &gates) {
      Tensor pair = einsum("naib,nbjc,nklij->naklc", left, right, gates);
      Tensor theta = (schmidt(_, _, newaxis, newaxis, newaxis) * pair).reshape({bonds, 2 * rank, 2 * rank});
      auto [u, s, vh] = linalg::svd(theta, {.max_rank = rank});
      Tensor newRight = vh.reshape({bonds, rank, 2, rank});
      Tensor norm = sqrt(sum(square(s), -1, {.keepdims = true}));
      Tensor newLeft = einsum("naklc,nblc->nakb", pair, conj(newRight)) / norm(_, _, newaxis, newaxis);
      return std::tuple(newLeft, s / norm, newRight);
    });

static void evolveEven(Mps &psi, const Tensor &gates) {
  auto [left, schmidt, right] = applyGates(psi.beforeEven, psi.even, psi.odd, gates);
  psi.even.assign(left);
  psi.beforeOdd.assign(schmidt);
  psi.odd.assign(right);
}
static void evolveOdd(Mps &psi, const Tensor &gates) {
  auto [left, schmidt, right] = applyGates(psi.beforeOdd, psi.odd, roll(psi.even, -1, 0), gates);
  psi.odd.assign(left);
  psi.beforeEven.assign(roll(schmidt, 1, 0));
  psi.even.assign(roll(right, 1, 0));
}

/// <H> with the Hamiltonian as a matrix-product operator, contracted from the left end: exact for any state.
static double energy(const Mps &psi) {
  static auto absorb = compile([](const Tensor &environment, const Tensor &site, const Tensor &mpo) {
    return einsum("wab,aic,wvij,bjd->vcd", environment, site, mpo, conj(site));
  });
  static Tensor mpo = [] {
    Tensor x = tensor({{0.0, 1.0}, {1.0, 0.0}}), z = tensor({{1.0, 0.0}, {0.0, -1.0}}), one = eye(2, float64),
           none = zeros({2, 2}, float64);
    return stack({stack({one, -z, -field * x}), stack({none, none, z}), stack({none, none, one})});
  }();
  Tensor environment = zeros({3, rank, rank}, float64).at(0, 0, 0).set(1.0);
  for (int64_t i = 0; i < spins; ++i)
    environment = absorb(environment, psi.site(i), mpo);
  return (environment(2, 0, 0) / environment(0, 0, 0)).item<double>();
}

/// Entanglement entropies of all bonds: one sweep of SVDs to the left makes the sites isometries, one to the right then
/// meets the Schmidt values.
static std::vector<double> entropies(const Mps &psi) {
  auto sweepLeft = compile([](const Tensor &site, const Tensor &carry) {
    auto [u, s, vh] = linalg::svd(einsum("aib,bc->aic", site, carry).reshape({rank, 2 * rank}));
    return std::tuple(vh.reshape({rank, 2, rank}), u * s);
  });
  auto sweepRight = compile([](const Tensor &carry, const Tensor &site) {
    auto [u, s, vh] = linalg::svd(einsum("ab,bic->aic", carry, site).reshape({2 * rank, rank}));
    return std::tuple(s, s(_, newaxis) * vh);
  });
  Tensor end = zeros({rank, rank}, float64).at(0, 0).set(1.0), carry = end;
  std::vector<Tensor> sites(spins), schmidt(spins);
  for (int64_t i = spins - 1; i >= 0; --i)
    std::tie(sites[i], carry) = sweepLeft(psi.site(i), carry);
  carry = matmul(end, carry); // left of the chain only index 0 means something
  for (int64_t i = 0; i < spins; ++i)
    std::tie(schmidt[i], carry) = sweepRight(carry, sites[i]);
  schmidt.pop_back(); // the last one is the norm, at the chain's end
  Tensor p = square(stack(schmidt));
  p = p / sum(p, 1, {.keepdims = true});
  return (-sum(p * log(where(p > 0.0, p, 1.0)), 1)).to_vector<double>();
}

Report groundState() {
  const double exactEnergy = exact::openChainEnergy(spins, field);
  std::printf("  exact energy %.9f (closed form 1 - 1/sin(pi/(4N+2)) = %.9f)\n", exactEnergy,
              1.0 - 1.0 / std::sin(M_PI / (4 * spins + 2)));
  Tensor evenTerms = bondTerms(0), oddTerms = bondTerms(1);
  Mps psi = productState();
  double time = 0, e = energy(psi);
  Curve error{.label = "MPS, rank 16", .x = {time}, .y = {e - exactEnergy}};
  // Second-order Trotter; the error of the energy is of order tau^4, so few steps at the smallest tau finish the work.
  for (auto [tau, steps] : {std::pair(0.2, 40), {0.1, 50}, {0.05, 80}, {0.02, 240}}) {
    Tensor half = gates(evenTerms, tau / 2), even = gates(evenTerms, tau), odd = gates(oddTerms, tau);
    eval(half, even, odd);
    for (int step = 1; step <= steps; ++step) {
      bool measure = step % 10 == 0;
      if (step % 10 == 1)
        evolveEven(psi, half);
      evolveOdd(psi, odd);
      evolveEven(psi, measure ? half : even);
      time += tau;
      if (!measure)
        continue;
      e = energy(psi);
      error.x.push_back(time);
      error.y.push_back(e - exactEnergy);
    }
    std::printf("  imaginary time %5.1f (tau %.2f): energy %.9f, %.1e above exact\n", time, tau, e, e - exactEnergy);
  }

  std::vector<double> exactEntropies = exact::openChainEntropies(spins, field), ours = entropies(psi), cut;
  for (int64_t l = 1; l < spins; ++l)
    cut.push_back(double(l));
  const size_t half = spins / 2 - 1;
  Plot energies{.title = "Ground state of 32 critical Ising spins: TEBD",
                .xLabel = "imaginary time",
                .yLabel = "energy above the exact one",
                .logY = true,
                .curves = {error}};
  Plot entanglement{.title = "Entanglement of the first l spins",
                    .xLabel = "l",
                    .yLabel = "entropy (nats)",
                    .curves = {{.label = "exact (free fermions)", .x = cut, .y = exactEntropies},
                               {.label = "matrix-product state", .x = cut, .y = ours, .points = true}}};
  return {{{"energy, open chain of 32, MPS", e, exactEnergy, 2e-6},
           {"entropy of half the chain", ours[half], exactEntropies[half], 2e-3}},
          {{"tebd-energy.svg", energies}, {"tebd-entropy.svg", entanglement}}};
}

} // namespace ising
