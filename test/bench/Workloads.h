// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tcc-bench times. Names and sizes are those of the peers' script (bench/peers.py), so that both join in one
// table.
#pragma once

#include <functional>
#include <string>
#include <tcc/tcc.h>
#include <vector>

namespace bench {

/// One timed call; it returns when its results have been computed.
using Run = std::function<void()>;

struct Workload {
  std::string name;
  /// Makes the inputs (not timed) and gives the call.
  std::function<Run()> prepare;
};

/// Evaluated standard normal samples.
inline tcc::Tensor normal(tcc::Shape shape, tcc::Dtype dtype = tcc::float32) {
  tcc::Tensor x = tcc::random::normal(std::move(shape), dtype);
  eval(x);
  return x;
}

/// f as one compiled program, called on the same evaluated inputs each time.
template <class F, class... X> Run compiled(F f, X... inputs) {
  return [program = tcc::compile(std::move(f)), inputs...] { (void)program(inputs...); };
}

std::vector<Workload> products();
std::vector<Workload> fusedLoops();
std::vector<Workload> decompositions();
std::vector<Workload> batches();
std::vector<Workload> programs();

} // namespace bench
