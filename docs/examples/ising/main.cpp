// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transverse-field Ising chain, H = -sum_i Z_i Z_{i+1} - h sum_i X_i, three ways, each against exact results:
//   1. Tebd.cpp:    the ground state of 32 spins as a matrix-product state (batched contractions, truncated SVDs),
//   2. Circuit.cpp: the ground state of 12 spins from a variational circuit (gradients, Adam),
//   3. Quench.cpp:  real-time dynamics of 12 spins (complex amplitudes) and its Fourier transform.
// Run as `ising [FOLDER]`: pictures go to FOLDER, by default demo-output. The exit status says whether all agreed.
//
// Exact solution: P. Pfeuty, Ann. Phys. 57, 79 (1970); E. Barouch, B. McCoy, M. Dresden, Phys. Rev. A 2, 1075 (1970).
// TEBD: G. Vidal, Phys. Rev. Lett. 91, 147902 (2003); M. Hastings, J. Math. Phys. 50, 095207 (2009).
// Circuit: W. W. Ho, T. Hsieh, SciPost Phys. 6, 029 (2019).
#include "Report.h"

#include <tcc/tcc.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

int main(int argc, char **argv) try {
  using Clock = std::chrono::steady_clock;
  auto seconds = [](Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); };
  std::setvbuf(stdout, nullptr, _IOLBF, 0); // progress shows through a pipe, too

  const std::filesystem::path folder = argc > 1 ? argv[1] : "demo-output";
  std::filesystem::create_directories(folder);
  const std::pair<const char *, ising::Report (*)()> parts[] = {
      {"Ground state of an open chain of 32 spins at h = 1: matrix-product state, TEBD", ising::groundState},
      {"Ground state of a ring of 12 spins at h = 1: variational circuit, Adam", ising::variationalCircuit},
      {"Quench of a ring of 12 spins from h = infinity to h = 1/2: real time, FFT", ising::quench}};
  auto start = Clock::now();
  std::vector<ising::Comparison> comparisons;
  std::vector<std::filesystem::path> pictures;
  for (auto [title, run] : parts) {
    std::printf("%s\n", title);
    auto began = Clock::now();
    ising::Report report = run();
    std::printf("  %.1f s\n\n", seconds(began));
    comparisons.insert(comparisons.end(), report.comparisons.begin(), report.comparisons.end());
    for (const auto &[name, plot] : report.plots) {
      pictures.push_back(std::filesystem::absolute(folder / name));
      plot.save(pictures.back());
    }
  }

  bool agreed = true;
  std::printf("%-40s %16s %16s %9s\n", "quantity", "ours", "exact", "error");
  for (const auto &[quantity, ours, exact, tolerance] : comparisons) {
    bool good = std::abs(ours - exact) <= tolerance; // false for NaN
    agreed &= good;
    std::printf("%-40s %16.9f %16.9f %9.1e%s\n", quantity.c_str(), ours, exact, std::abs(ours - exact),
                good ? "" : "  <- off");
  }
  std::printf("\n%s in %.1f s, %d threads. Pictures:\n", agreed ? "All agree" : "Some differ", seconds(start),
              tcc::num_threads());
  for (const auto &picture : pictures)
    std::printf("  %s\n", picture.c_str());
  return agreed ? 0 : 1;
} catch (const std::exception &e) {
  std::fprintf(stderr, "error: %s\n", e.what());
  return 1;
}
