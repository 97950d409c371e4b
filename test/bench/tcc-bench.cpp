// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The benchmark program. Beside Google Benchmark's mean, each row has counters in seconds: `best` (the shortest call),
// `first` (the first call of all, compilation included) and `limit` (what the machine allows; see Limits.h).
// --group=NAME (main, layers, spectral or all) chooses the workloads; without it, those of docs/benchmarks.md.
#include "Limits.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>

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

void measure(benchmark::State &state, const bench::Workload &workload, double limit) {
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
    if (limit > 0)
      state.counters["limit"] = limit;
  } catch (const std::exception &error) {
    state.SkipWithError(error.what());
  }
}

constexpr std::string_view groups[] = {"main", "layers", "spectral", "all"};

/// `main` is what docs/benchmarks.md shows; the others have scripts and pages of their own.
std::vector<bench::Workload> workloadsOf(std::string_view group) {
  std::vector<bench::Workload> found;
  auto add = [&](std::string_view name, std::initializer_list<std::vector<bench::Workload> (*)()> sources) {
    if (group == name || group == "all")
      for (auto *source : sources)
        for (bench::Workload &workload : source())
          found.push_back(std::move(workload));
  };
  add("main", {bench::products, bench::fusedLoops, bench::movement, bench::decompositions, bench::programs});
  add("layers", {bench::convolutions});
  add("spectral", {bench::spectral});
  return found;
}

/// Prints the seconds of a workload's first and of its shortest call; without a name, all names.
int timeFirstCall(const std::vector<bench::Workload> &workloads, std::string_view name) {
  bool isKnown = name.empty();
  for (const bench::Workload &workload : workloads) {
    if (name.empty())
      std::puts(workload.name.c_str());
    if (workload.name != name)
      continue;
    isKnown = true;
    bench::Run run = workload.prepare();
    double first = seconds(run), shortest = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 3; ++i)
      shortest = std::min(shortest, seconds(run));
    std::printf("%.9f %.9f\n", first, shortest);
  }
  if (!isKnown)
    std::fprintf(stderr, "tcc-bench: no workload '%s'\n", std::string(name).c_str());
  return isKnown ? 0 : 1;
}

/// The value of --flag=VALUE, taken out of the arguments.
std::optional<std::string_view> takeFlag(int &argc, char **argv, std::string_view flag) {
  for (char **argument = argv + 1; argument != argv + argc; ++argument) {
    std::string_view text = *argument;
    if (!text.starts_with(flag))
      continue;
    std::copy(argument + 1, argv + argc, argument);
    --argc;
    return text.substr(flag.size());
  }
  return std::nullopt;
}

std::string giga(double perSecond) { return std::to_string(int64_t(perSecond / 1e9 + 0.5)); }

} // namespace

int main(int argc, char **argv) {
  std::string_view group = takeFlag(argc, argv, "--group=").value_or("main");
  if (std::ranges::find(groups, group) == std::end(groups)) {
    std::fprintf(stderr, "tcc-bench: --group is one of main, layers, spectral, all; got '%s'\n",
                 std::string(group).c_str());
    return 1;
  }
  const std::vector<bench::Workload> workloads = workloadsOf(group);
  if (auto name = takeFlag(argc, argv, "--first_call="))
    return timeFirstCall(workloads, *name);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  // Not Google Benchmark's own flag: its spelling differs between releases.
  const char *text = std::getenv("TCC_BENCH_SECONDS");
  double least = text ? std::atof(text) : 0.25;
  bench::Limits limits(tcc::num_threads());
  benchmark::AddCustomContext("threads", std::to_string(tcc::num_threads()));
  benchmark::AddCustomContext("stream_read_GB_per_s", giga(limits.streamRead()));
  benchmark::AddCustomContext("stream_copy_GB_per_s", giga(limits.streamCopy()));
  benchmark::AddCustomContext("peak_f32_GFLOP_per_s", giga(limits.peak(tcc::float32)));
  benchmark::AddCustomContext("peak_f64_GFLOP_per_s", giga(limits.peak(tcc::float64)));
  for (const bench::Workload &workload : workloads)
    benchmark::RegisterBenchmark(workload.name.c_str(),
                                 [&workload, limit = limits.seconds(workload.least)](benchmark::State &state) {
                                   measure(state, workload, limit);
                                 })
        ->UseManualTime()
        ->MinTime(least)
        ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  current = {};
}
