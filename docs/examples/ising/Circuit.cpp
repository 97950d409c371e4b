// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ground state of the critical ring from a variational circuit that alternates the two parts of H. With N / 2
// layers it reaches the ground state exactly (Ho, Hsieh 2019); Adam finds the angles from gradients through the
// circuit.
#include "FreeFermions.h"
#include "Register.h"
#include "Report.h"

#include <cstdio>

using namespace tcc;

namespace ising {

Report variationalCircuit() {
  constexpr double field = 1.0;
  constexpr int64_t layers = Register::spins / 2;
  const double exactEnergy = exact::ringEnergy(Register::spins, field);
  std::printf("  exact energy %.9f\n", exactEnergy);

  Register spins;
  Variable gamma("gamma", full({layers}, 0.5, float64)), beta("beta", full({layers}, 0.5, float64));
  auto energyAndGradient = compile([&] {
    Tensor psi = spins.plusState(), couplingAngles = gamma, fieldAngles = beta;
    for (int64_t l = 0; l < layers; ++l)
      psi = spins.apply(psi, spins.couplingPhases(couplingAngles[l]), spins.fieldRotation(fieldAngles[l]));
    Tensor energy = -spins.coupling(psi) - field * spins.magnetisation(psi);
    return std::pair(energy, grad(energy, {gamma, beta}));
  });

  optim::Adam adam({gamma, beta}, {.lr = 0.03});
  Curve error{.label = "circuit of 6 layers", .x = {}, .y = {}};
  double e = 0;
  for (int step = 0; step <= 240; ++step) {
    auto [energy, gradients] = energyAndGradient();
    e = energy.item<double>();
    error.x.push_back(step);
    error.y.push_back(e - exactEnergy);
    if (step % 40 == 0)
      std::printf("  Adam step %3d: energy %.9f, %.1e above exact\n", step, e, e - exactEnergy);
    adam.step(gradients);
  }
  Plot plot{.title = "A variational circuit learns the ground state of 12 spins",
            .xLabel = "step of Adam",
            .yLabel = "energy above the exact one",
            .logY = true,
            .curves = {error}};
  return {{{"energy, ring of 12, circuit", e, exactEnergy, 1e-6}}, {{"circuit-energy.svg", plot}}};
}

} // namespace ising
