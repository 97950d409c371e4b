// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A quench: all spins point along +x when the field drops to h = 1/2. The magnetisation then oscillates with the
// energies of pairs of quasi-particles, which its Fourier transform shows as lines (Barouch, McCoy, Dresden 1970).
#include "FreeFermions.h"
#include "Register.h"
#include "Report.h"

#include <cmath>
#include <cstdio>
#include <string>

using namespace tcc;

namespace ising {

constexpr double field = 0.5, interval = 0.1;
constexpr int samples = 1024, substeps = 2;

/// <X> per spin at the times 0, interval, 2 interval, ... by the fourth-order Trotter formula of Yoshida (1990): three
/// steps exp(i w ZZ/2) exp(i w h X) exp(i w ZZ/2) of second order, the one in the middle backwards in time.
static std::vector<double> simulate() {
  Register spins;
  const double outer = 1.0 / (2.0 - std::cbrt(2.0)), weights[] = {outer, 1.0 - 2.0 * outer, outer};
  const double step = interval / substeps;
  std::vector<Tensor> phases, rotations;
  for (double w : weights) {
    phases.push_back(spins.couplingPhases(0.5 * w * step));
    rotations.push_back(spins.fieldRotation(w * step * field));
  }
  eval(phases);
  eval(rotations);
  auto advance = compile([&](const Tensor &state) {
    Tensor psi = state;
    for (int s = 0; s < substeps; ++s)
      for (size_t k = 0; k < 3; ++k)
        psi = phases[k] * spins.apply(psi, phases[k], rotations[k]);
    return std::pair(psi, spins.magnetisation(psi) / double(Register::spins));
  });

  Variable psi("psi", spins.plusState());
  std::vector<double> magnetisation{1.0};
  while (magnetisation.size() < samples) {
    auto [next, m] = advance(psi);
    psi.assign(next);
    magnetisation.push_back(m.item<double>());
    if (magnetisation.size() % 256 == 0)
      std::printf("  time %5.1f: <X> = %.6f, norm %.12f\n", interval * double(magnetisation.size() - 1),
                  magnetisation.back(), sum(square(abs(psi))).item<double>());
  }
  return magnetisation;
}

/// Positions of the lines of a spectrum: local maxima above a hundredth of the largest, refined by a parabola through
/// the logarithm, which is exact for the Gaussian window.
static std::vector<double> lines(const std::vector<double> &spectrum, double resolution) {
  double largest = *std::max_element(spectrum.begin(), spectrum.end());
  std::vector<double> found;
  for (size_t i = 1; i + 1 < spectrum.size(); ++i) {
    double before = std::log(spectrum[i - 1]), here = std::log(spectrum[i]), after = std::log(spectrum[i + 1]);
    if (spectrum[i] > 0.01 * largest && here > before && here >= after)
      found.push_back(resolution * (double(i) + 0.5 * (before - after) / (before - 2 * here + after)));
  }
  return found;
}

Report quench() {
  std::vector<double> ours = simulate();
  Tensor times = interval * arange(samples, float64);
  Tensor exactSignal = exact::ringMagnetisation(Register::spins, field, times);
  Tensor signal = tensor(ours);
  double worst = max(abs(signal - exactSignal)).item<double>();

  Tensor window = exp(-0.5 * square((arange(samples, float64) - 0.5 * samples) / (0.125 * samples)));
  const int padded = 4 * samples; // zeros behind the signal make the lines smooth
  Tensor spectrum = abs(fft::rfft((signal - mean(signal)) * window, {.n = padded}));
  Tensor frequencies = 2.0 * M_PI * fft::rfftfreq(padded, interval);
  const double resolution = 2.0 * M_PI / (padded * interval);
  std::vector<double> expected = exact::ringFrequencies(Register::spins, field);
  std::vector<double> found = lines(spectrum.to_vector<double>(), resolution);
  std::printf("  %zu of %zu lines found, bins of width %.3f\n", found.size(), expected.size(), resolution);

  Report report;
  report.comparisons.push_back({"largest |<X> - exact|, t < 102.4", worst, 0.0, 1e-3});
  for (size_t i = 0; i < expected.size(); ++i)
    report.comparisons.push_back({"frequency of pair " + std::to_string(i + 1) + (i == 0 ? " (twice the gap)" : ""),
                                  i < found.size() ? found[i] : NAN, expected[i], 0.02});
  std::vector<double> t = times.to_vector<double>(), m = exactSignal.to_vector<double>();
  std::vector<double> omega = frequencies.to_vector<double>(),
                      amplitude = (spectrum / max(spectrum)).to_vector<double>();
  auto upTo = [](std::vector<double> v, size_t n) { return v.resize(n), v; };
  const size_t shown = 200, bins = 520;
  report.plots.push_back(
      {"quench-magnetisation.svg",
       {.title = "Magnetisation of 12 spins after a quench to h = 1/2",
        .xLabel = "time",
        .yLabel = "<X> per spin",
        .curves = {{.label = "exact (free fermions)", .x = upTo(t, shown), .y = upTo(m, shown)},
                   {.label = "state vector", .x = upTo(t, shown), .y = upTo(ours, shown), .points = true}}}});
  report.plots.push_back({"quench-spectrum.svg",
                          {.title = "Its Fourier transform, and the energies of pairs",
                           .xLabel = "angular frequency",
                           .yLabel = "amplitude (relative)",
                           .curves = {{.label = "FFT of <X>(t)", .x = upTo(omega, bins), .y = upTo(amplitude, bins)}},
                           .verticals = expected,
                           .verticalLabel = "exact frequencies"}});
  return report;
}

} // namespace ising
