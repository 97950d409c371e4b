// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The convolutions of usual networks: forward, and the gradients by the input (_dx) and by the weights (_dw).
#include "Workloads.h"

using namespace tcc;

namespace bench {
namespace {

struct Layer {
  const char *name;
  int64_t batch, channels, size, features, window, stride, padding, groups;
};
constexpr Layer layers[] = {
#define LAYER(name, ...) {#name, __VA_ARGS__},
#include "layers.inc"
#undef LAYER
};

} // namespace

std::vector<Workload> convolutions() {
  std::vector<Workload> all;
  for (const Layer &l : layers) {
    ConvOptions options{.stride = {l.stride}, .padding = {l.padding}, .groups = l.groups};
    int64_t out = (l.size + 2 * l.padding - l.window) / l.stride + 1;
    Shape x{l.batch, l.channels, l.size, l.size}, w{l.features, l.channels / l.groups, l.window, l.window};
    Shape y{l.batch, l.features, out, out};
    auto count = [](const Shape &shape) { return double(shape[0]) * double(shape[1]) * double(shape[2] * shape[3]); };
    double flops = 2 * count(y) * count(w) / double(l.features);
    auto bytes = [&](const Shape &a, const Shape &b, const Shape &result) {
      return Least{4 * (count(a) + count(b)), 4 * count(result), flops, float32};
    };
    all.push_back(
        onNormal(l.name, {x, w}, float32, [=](Tensor a, Tensor b) { return conv2d(a, b, options); }, bytes(x, w, y)));
    auto scalar = [=](Tensor a, Tensor b, Tensor dy) { return sum(conv2d(a, b, options) * dy); };
    all.push_back(onNormal(
        std::string(l.name) + "_dx", {x, w, y}, float32,
        [=](Tensor a, Tensor b, Tensor dy) { return grad(scalar(a, b, dy), a); }, bytes(y, w, x)));
    all.push_back(onNormal(
        std::string(l.name) + "_dw", {x, w, y}, float32,
        [=](Tensor a, Tensor b, Tensor dy) { return grad(scalar(a, b, dy), b); }, bytes(x, y, w)));
  }
  return all;
}

} // namespace bench
