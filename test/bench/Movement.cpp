// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory order and position: transposes, gathers, scans, sorts.
#include "Workloads.h"

using namespace tcc;

namespace bench {

constexpr double mega = 1 << 20;

std::vector<Workload> movement() {
  const Shape large{4096, 4096}, rows{4096, 1024}, cube{256, 256, 256}, line{1 << 20}, table{100000, 64};
  const int64_t picked = 65536;
  const double pickedBytes = double(picked) * 64 * 4;
  return {
      onNormal("transpose_add_4096", {large, large}, float32, [](Tensor x, Tensor y) { return x.T() + y; },
               {128 * mega, 64 * mega}),
      onNormal("transpose3_256_210", {cube}, float32, [](Tensor x) { return transpose(x, {2, 1, 0}) * 2; },
               {64 * mega, 64 * mega}),
      onNormal("transpose4_nchw_nhwc", {Shape{32, 64, 56, 56}}, float32,
               [](Tensor x) { return transpose(x, {0, 2, 3, 1}) * 2; }, {24.5 * mega, 24.5 * mega}),
      onNormal("transpose_c64_2048", {Shape{2048, 2048}}, complex64, [](Tensor x) { return conj(x.T()); },
               {32 * mega, 32 * mega}),
      onNormal("concat_8x1M", {line, line, line}, float32,
               [](Tensor x, Tensor y, Tensor z) { return concatenate({x, y, z, x, y, z, x, y}) * 2; },
               {12 * mega, 32 * mega}),
      {"gather_65536x64",
       [=] {
         return compiled([](Tensor x, Tensor i) { return take(x, i, 0); }, normal(table), positions({picked}, 100000));
       },
       {pickedBytes + picked * 8, pickedBytes}},
      {"scatter_add_65536x64",
       [=] {
         return compiled([](Tensor x, Tensor i, Tensor v) { return x.at(i).add(v); }, normal(table),
                         positions({picked}, 100000), normal({picked, 64}));
       },
       {pickedBytes + 100000 * 64 * 4, 100000 * 64 * 4}},
      onNormal("cumsum_4096x4096", {large}, float32, [](Tensor x) { return cumsum(x, -1); }, {64 * mega, 64 * mega}),
      onNormal("cumsum_cols_4096x4096", {large}, float32, [](Tensor x) { return cumsum(x, 0); },
               {64 * mega, 64 * mega}),
      onNormal("cumsum_16M", {Shape{1 << 24}}, float32, [](Tensor x) { return cumsum(x, 0); }, {64 * mega, 64 * mega}),
      onNormal("sort_1M", {line}, float32, [](Tensor x) { return sort(x); }),
      onNormal("sort_4096x1024", {rows}, float32, [](Tensor x) { return sort(x); }),
      onNormal("argsort_1M", {line}, float32, [](Tensor x) { return argsort(x); }),
      onNormal("argmax_4096x4096", {large}, float32, [](Tensor x) { return argmax(x, -1); }, {64 * mega}),
      onNormal("argmax_cols_4096x4096", {large}, float32, [](Tensor x) { return argmax(x, 0); }, {64 * mega}),
  };
}

} // namespace bench
