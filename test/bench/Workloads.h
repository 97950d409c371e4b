// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What tcc-bench times. Names and sizes are those of the peers' scripts (bench/peers.py beside the repository and
// test/bench/peers.py), so that all join in one table.
#pragma once

#include <functional>
#include <string>
#include <tcc/tcc.h>
#include <vector>

namespace bench {

/// One timed call; it returns when its results have been computed.
using Run = std::function<void()>;

/// The least that any implementation must do: bytes that enter and leave the caches once, and arithmetic. All zero
/// where no such bound means anything (decompositions by iteration, the cost of a call).
struct Least {
  double reads = 0, writes = 0; ///< bytes
  double flops = 0;             ///< additions and multiplications of the real element type
  tcc::Dtype arithmetic = tcc::float32;
};

struct Workload {
  std::string name;
  /// Makes the inputs (not timed) and gives the call.
  std::function<Run()> prepare;
  Least least = {};
};

/// Evaluated standard normal samples.
inline tcc::Tensor normal(tcc::Shape shape, tcc::Dtype dtype = tcc::float32) {
  tcc::Tensor x = tcc::random::normal(std::move(shape), dtype);
  eval(x);
  return x;
}

/// Evaluated integers below `bound`.
inline tcc::Tensor positions(tcc::Shape shape, int64_t bound) {
  tcc::Tensor x = tcc::random::randint(0, bound, std::move(shape));
  eval(x);
  return x;
}

/// f as one compiled program, called on the same evaluated inputs each time.
template <class F, class... X> Run compiled(F f, X... inputs) {
  return [program = tcc::compile(std::move(f)), inputs...] { (void)program(inputs...); };
}

/// A workload of one compiled function of normal samples.
template <class F>
Workload onNormal(std::string name, std::vector<tcc::Shape> shapes, tcc::Dtype dtype, F f, Least least = {}) {
  return {std::move(name),
          [=] {
            if constexpr (std::is_invocable_v<F, tcc::Tensor>)
              return compiled(f, normal(shapes[0], dtype));
            else if constexpr (std::is_invocable_v<F, tcc::Tensor, tcc::Tensor>)
              return compiled(f, normal(shapes[0], dtype), normal(shapes[1], dtype));
            else
              return compiled(f, normal(shapes[0], dtype), normal(shapes[1], dtype), normal(shapes[2], dtype));
          },
          least};
}

std::vector<Workload> products();
std::vector<Workload> convolutions();
std::vector<Workload> fusedLoops();
std::vector<Workload> movement();
std::vector<Workload> decompositions();
std::vector<Workload> spectral();
std::vector<Workload> programs();

} // namespace bench
