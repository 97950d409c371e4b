// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_attention: softmax(scale q k^T + mask) v without the matrix of scores (Dao 2023, FlashAttention-2). A task is a
// strip of queries of one batch entry; it goes over the keys in tiles, with an online softmax.
#include "runtime/AttentionProducts.h"
#include <math.h>

namespace tcc::runtime {
namespace {

/// Queries of a task: enough that packing the keys anew for each costs little.
constexpr int64_t stripQueries = 512;

template <class Products> int32_t attend(const AttentionCall &call, const TccTensor *out, TccStatus *status) {
  using R = typename Products::R;
  constexpr int64_t ld = tileStride<R>;
  int64_t strips = ceilDivide(call.queries, stripQueries),
          strip = call.queries < stripQueries ? Products::padded(call.queries) : stripQueries;
  int64_t valueWidth = Products::padded(call.valueWidth);
  int64_t sizes[] = {Products::size(keyTile, call.width), Products::size(call.valueWidth, keyTile),
                     Products::size(strip, call.width), Products::size(queryTile, keyTile), queryTile * ld};
  int64_t count = strip * (valueWidth + 2);
  for (int64_t size : sizes)
    count += size;
  double cost = 0.012 * double(strip) * double(call.keys) * double(call.width + call.valueWidth + 16);
  return forTasks<R>("attention", call.batch * strips, count, cost, status, [&](int64_t task, R *scratch) {
    R *keysStore = scratch, *valuesStore = keysStore + sizes[0], *queriesStore = valuesStore + sizes[1];
    R *weightsStore = queriesStore + sizes[2], *scores = weightsStore + sizes[3];
    R *y = scores + sizes[4], *most = y + strip * valueWidth, *sum = most + strip;
    const Products products{call.dtype};
    int64_t b = task / strips, first = task % strips * stripQueries;
    int64_t rows = call.queries - first < stripQueries ? call.queries - first : stripQueries;
    for (int64_t i = 0; i < rows; ++i) {
      most[i] = -R(__builtin_inf());
      sum[i] = 0;
    }
    for (int64_t i = 0; i < rows * valueWidth; ++i)
      y[i] = 0;
    auto queries =
        products.left(elementOf(*call.q, (b * call.queries + first) * call.width), rows, call.width, queriesStore);
    for (int64_t j = 0, keys = call.keysBefore(first + rows); j < keys; j += keyTile) {
      int64_t n = keys - j < keyTile ? keys - j : keyTile;
      const void *k = elementOf(*call.k, (b * call.keys + j) * call.width);
      const void *v = elementOf(*call.v, (b * call.keys + j) * call.valueWidth);
      auto keysT = products.rightTransposed(k, n, call.width, call.scale, keysStore);
      auto values = products.right(v, n, call.valueWidth, valuesStore);
      // A query before the first key of the tile sees none of it.
      for (int64_t i = call.causal && j > first ? (j - first) / queryTile * queryTile : 0; i < rows; i += queryTile) {
        int64_t m = rows - i < queryTile ? rows - i : queryTile;
        products.multiply(m, n, call.width, Products::rowsFrom(queries, i, call.width), keysT, scores, ld, false);
        maskTile<R>(call, b, first + i, j, m, n, scores);
        onlineWeights<R>(m, n, scores, most + i, sum + i, y + i * valueWidth, valueWidth);
        products.multiply(m, call.valueWidth, n, products.left(scores, m, n, weightsStore), values, y + i * valueWidth,
                          valueWidth, true);
      }
    }
    R *logsumexp = static_cast<R *>(out[1].data) + b * call.queries + first;
    for (int64_t i = 0; i < rows; ++i) {
      bool isEmpty = sum[i] == 0;
      logsumexp[i] = isEmpty ? R(__builtin_inf()) : most[i] + R(log(double(sum[i])));
      sum[i] = isEmpty ? R(0) : 1 / sum[i];
    }
    storeRows<R>(call.dtype, const_cast<void *>(elementOf(out[0], (b * call.queries + first) * call.valueWidth)), rows,
                 call.valueWidth, y, valueWidth, sum, 1);
  });
}

} // namespace
} // namespace tcc::runtime

using namespace tcc::runtime;

int32_t tcc_attention(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                      TccStatus *status) {
  TCC_CHECK(checkArguments("attention", in, n_in, n_in == 4 ? 4 : 3, out, n_out, 2, status));
  AttentionCall call;
  TCC_CHECK(call.read("attention", in, n_in == 4 ? in + 3 : nullptr, attrs, status));
  TCC_CHECK(call.checkRows("attention", "y", out[0], call.dtype, call.valueWidth, status));
  TCC_CHECK(call.checkRows("attention", "logsumexp", out[1], call.wideDtype(), -1, status));
  return dispatchProducts(call, [&]<class Products>() { return attend<Products>(call, out, status); });
}
