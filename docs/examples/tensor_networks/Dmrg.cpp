// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ground state of the critical Ising chain, H = -sum Z_i Z_{i+1} - sum X_i on 32 open sites, by the density-matrix
// renormalisation group with two sites (White 1992): each bond is improved in a small Krylov space of its effective
// Hamiltonian and split by a truncated SVD. The exact energy is 1 - 1 / sin(pi / (4 N + 2)) (Pfeuty 1970).
#include "../Expect.h"
#include <tcc/tcc.h>

#include <cmath>

using namespace tcc;

constexpr int64_t sites = 32, rank = 24, krylov = 4;

/// H as a matrix-product operator: [left, right, out, in], the same on every site.
static Tensor hamiltonian() {
  Tensor x = tensor({{0.0, 1.0}, {1.0, 0.0}}), z = tensor({{1.0, 0.0}, {0.0, -1.0}}), one = eye(2, float64),
         none = zeros({2, 2}, float64);
  return stack({stack({one, -z, -x}), stack({none, none, z}), stack({none, none, one})});
}

/// The lowest state of the effective Hamiltonian in span{psi, H psi, H^2 psi, ...}, and its energy. Environments are
/// [operator, bra, ket].
static std::pair<Tensor, Tensor> improve(const Tensor &left, const Tensor &w, const Tensor &right, const Tensor &pair) {
  auto apply = [&](const Tensor &states) { // [n, left, spin, spin, right], n states at once
    return einsum("wac,wvij,vxkl,xbd,ncjld->naikb", left, w, w, right, states);
  };
  std::vector<Tensor> powers{expand_dims(pair, 0)};
  for (int64_t k = 1; k < krylov; ++k) {
    Tensor next = apply(powers.back());
    powers.push_back(next / norm(next));
  }
  Tensor all = concatenate(powers, 0), flat = all.reshape({krylov, -1});
  Tensor basis = linalg::qr(flat.T()).q.T(), images = apply(basis.reshape(all.shape())).reshape(basis.shape());
  auto [energies, coefficients] = linalg::eigh(matmul(basis, images.T()));
  return {matmul(coefficients(_, 0), basis).reshape(pair.shape()), energies[0]};
}

static auto growLeft = compile([](const Tensor &left, const Tensor &w, const Tensor &site) {
  return einsum("wac,aib,wvij,cjd->vbd", left, site, w, site);
});
static auto growRight = compile([](const Tensor &right, const Tensor &w, const Tensor &site) {
  return einsum("vbd,aib,wvij,cjd->wac", right, site, w, site);
});
/// Two sites improved and split: isometries on both sides of the Schmidt values, and the energy.
static auto update =
    compile([](const Tensor &left, const Tensor &w, const Tensor &right, const Tensor &first, const Tensor &second) {
      auto [pair, energy] = improve(left, w, right, tensordot(first, second, 1));
      int64_t a = pair.dim(0), b = pair.dim(3);
      auto [u, s, vh] = linalg::svd(pair.reshape({2 * a, 2 * b}), {.max_rank = rank});
      return std::tuple(u.reshape({a, 2, -1}), s / norm(s), vh.reshape({-1, 2, b}), energy);
    });

int main() {
  Tensor w = hamiltonian();
  std::vector<Tensor> psi(sites, zeros({1, 2, 1}, float64).at(_, 0, _).set(1.0)); // all spins up
  std::vector<Tensor> left(sites), right(sites);                                  // environments beside each site
  left[0] = zeros({3, 1, 1}, float64).at(0).set(1.0);
  right[sites - 1] = zeros({3, 1, 1}, float64).at(2).set(1.0);
  for (int64_t i = sites - 1; i > 0; --i)
    right[i - 1] = growRight(right[i], w, psi[i]);
  double energy = 0, exact = 1 - 1 / std::sin(M_PI / (4 * sites + 2));
  for (int sweep = 0; sweep < 6; ++sweep) {
    Tensor e;
    for (int64_t i = 0; i + 2 < sites; ++i) {
      auto [u, schmidt, vh, ignored] = update(left[i], w, right[i + 1], psi[i], psi[i + 1]);
      psi[i] = u;
      psi[i + 1] = tensordot(diag(schmidt), vh, 1);
      left[i + 1] = growLeft(left[i], w, psi[i]);
    }
    for (int64_t i = sites - 2; i >= 0; --i) {
      auto [u, schmidt, vh, lowest] = update(left[i], w, right[i + 1], psi[i], psi[i + 1]);
      psi[i] = tensordot(u, diag(schmidt), 1);
      psi[i + 1] = vh;
      e = lowest;
      right[i] = growRight(right[i + 1], w, psi[i + 1]);
    }
    energy = e.item<double>();
    std::printf("sweep %d: energy %.10f, %.1e above exact\n", sweep, energy, energy - exact);
  }
  expect(std::abs(energy - exact) < 1e-9);
}
