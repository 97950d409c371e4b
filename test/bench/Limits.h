// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What this machine can do at best, measured on the threads that the library uses: streaming bandwidth for each size of
// the data and peak arithmetic in registers.
#pragma once

#include "Workloads.h"

namespace bench {

class Limits {
public:
  /// Takes about a second.
  explicit Limits(int threads);
  /// Seconds that no implementation on this machine can beat by much; 0 if `least` says nothing.
  double seconds(const Least &least) const;

  /// Bytes per second of data that fits into no cache we can hope for.
  double streamRead() const { return rates.back().read; }
  double streamCopy() const { return rates.back().copy; }
  /// Flop per second.
  double peak(tcc::Dtype dtype) const { return dtype == tcc::float64 || dtype == tcc::complex128 ? peak64 : peak32; }

private:
  struct Rate {
    double bytes, read, copy, fill;
  };
  std::vector<Rate> rates;
  double peak32, peak64;
};

} // namespace bench
