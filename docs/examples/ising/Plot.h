// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Line plots as SVG files: curves and points over linear or logarithmic axes, with ticks, grid and legend.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ising {

struct Curve {
  std::string label;
  std::vector<double> x, y;
  /// Circles instead of a line.
  bool points = false;
};

struct Plot {
  std::string title, xLabel, yLabel;
  /// Values at or below 0 are left out.
  bool logY = false;
  std::vector<Curve> curves;
  /// Dashed vertical lines, one entry in the legend.
  std::vector<double> verticals = {};
  std::string verticalLabel = {};

  void save(const std::filesystem::path &path) const;
};

} // namespace ising
