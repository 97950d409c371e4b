// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the three simulations hand to main: numbers to compare with exact ones, and curves to draw.
#pragma once

#include "Plot.h"

namespace ising {

/// A computed number, the exact one, and how far apart they may be.
struct Comparison {
  std::string quantity;
  double ours, exact, tolerance;
};

struct Report {
  std::vector<Comparison> comparisons;
  /// By file name.
  std::vector<std::pair<std::string, Plot>> plots;
};

/// Ground state of an open chain as a matrix-product state, by imaginary-time evolution (Tebd.cpp).
Report groundState();
/// Ground state of a ring from a quantum circuit whose angles Adam finds (Circuit.cpp).
Report variationalCircuit();
/// Real-time dynamics of a ring after its field was switched, and the frequencies in it (Quench.cpp).
Report quench();

} // namespace ising
