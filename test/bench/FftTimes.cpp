// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Times transforms on request, for fft_lengths.py: each line of the input is "FUNCTION DTYPE SECONDS SIZE...", the
// function one of fft:: (dct1 to dst4 name the type) and the dtype its input's; the answer is the shortest call of
// those that fit the time, in seconds.
#include "Workloads.h"

#include <chrono>
#include <iostream>
#include <limits>
#include <map>
#include <sstream>

using namespace tcc;

namespace {

using Transform = std::function<Tensor(const Tensor &)>;

Transform transformOf(const std::string &name, int64_t n) {
  if (name == "irfft")
    return [=](const Tensor &x) { return fft::irfft(x, {.n = n}); };
  static const std::map<std::string, Transform> functions = {{"fft", [](const Tensor &x) { return fft::fft(x); }},
                                                             {"ifft", [](const Tensor &x) { return fft::ifft(x); }},
                                                             {"rfft", [](const Tensor &x) { return fft::rfft(x); }},
                                                             {"fftn", [](const Tensor &x) { return fft::fftn(x); }},
                                                             {"ifftn", [](const Tensor &x) { return fft::ifftn(x); }},
                                                             {"rfftn", [](const Tensor &x) { return fft::rfftn(x); }}};
  if (auto found = functions.find(name); found != functions.end())
    return found->second;
  int64_t type = name.back() - '0';
  std::string family = name.substr(0, name.size() - 1);
  return [=](const Tensor &x) {
    fft::DctOptions options{.type = type};
    return family == "dct"    ? fft::dct(x, options)
           : family == "idct" ? fft::idct(x, options)
           : family == "dst"  ? fft::dst(x, options)
                              : fft::idst(x, options);
  };
}

double shortestCall(const bench::Run &run, double least) {
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  double best = std::numeric_limits<double>::infinity();
  for (int calls = 0; calls < 3 || std::chrono::duration<double>(Clock::now() - start).count() < least; ++calls) {
    auto before = Clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - before).count());
  }
  return best;
}

} // namespace

int main() {
  std::string line, current;
  bench::Run run;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string function, dtype;
    double least = 0;
    words >> function >> dtype >> least;
    Shape shape;
    for (int64_t size; words >> size;)
      shape.push_back(size);
    std::string key = function + dtype;
    for (int64_t size : shape)
      key += " " + std::to_string(size);
    if (key != current) {
      Dtype type = dtype == "f32" ? float32 : dtype == "f64" ? float64 : dtype == "c64" ? complex64 : complex128;
      Transform transform = transformOf(function, shape.back());
      if (function == "irfft")
        shape.back() = shape.back() / 2 + 1;
      run = bench::compiled(transform, bench::normal(shape, type));
      run();
      current = key;
    }
    std::cout << shortestCall(run, least) << std::endl;
  }
}
