// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The benchmark program. Beside Google Benchmark's mean, each row has the counters `best` (the shortest call) and
// `first` (the first call of all, compilation included), both in seconds, as peers.py reports them.
#include "Workloads.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <limits>

namespace {

/// The workload being timed. Google Benchmark calls a function several times until it has run long enough; inputs and
/// the first call's time must outlive these calls, but not the workload.
struct Current {
  std::string name;
  bench::Run run;
  double first = 0, best = std::numeric_limits<double>::infinity();
} current;

double seconds(const bench::Run &run) {
  auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void measure(benchmark::State &state, const bench::Workload &workload) {
  try {
    if (current.name != workload.name) {
      current = {workload.name, nullptr};
      current.run = workload.prepare();
      current.first = seconds(current.run);
      current.run(); // pages and caches are warm from here on
    }
    for (auto _ : state) {
      double time = seconds(current.run);
      state.SetIterationTime(time);
      current.best = std::min(current.best, time);
    }
    state.counters["best"] = current.best;
    state.counters["first"] = current.first;
  } catch (const std::exception &error) {
    state.SkipWithError(error.what());
  }
}

} // namespace

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  for (auto *group : {bench::products, bench::fusedLoops, bench::decompositions, bench::batches, bench::programs})
    for (const bench::Workload &workload : group())
      benchmark::RegisterBenchmark(workload.name.c_str(),
                                   [workload](benchmark::State &state) { measure(state, workload); })
          ->UseManualTime()
          ->MinTime(1.0)
          ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  current = {};
}
