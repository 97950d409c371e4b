// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_attention_gradient and tcc_attention_mask_gradient: the weights of a tile are computed again from logsumexp, so
// that nothing of the size of the scores is stored (Dao 2023).
#include "runtime/AttentionProducts.h"

namespace tcc::runtime {
namespace {

/// Batch entries times parts of the keys: what threads can share. Fixed, so that sums are in one order.
constexpr int64_t leastTasks = 32;

/// The call with the rows that the gradients read beside it.
struct GradientCall : AttentionCall {
  const TccTensor *logsumexp, *delta, *dy;

  int32_t read(const char *op, const TccTensor *in, const TccTensor *maskOrNull, const int64_t *attrs,
               TccStatus *status) {
    TCC_CHECK(AttentionCall::read(op, in, maskOrNull, attrs, status));
    logsumexp = in + 3, delta = in + 4, dy = in + 5;
    TCC_CHECK(checkRows(op, "logsumexp", *logsumexp, wideDtype(), -1, status));
    TCC_CHECK(checkRows(op, "delta", *delta, wideDtype(), -1, status));
    return checkRows(op, "dy", *dy, dtype, valueWidth, status);
  }
};

/// One tile of keys after the other, and to each the tiles of queries: weights and cotangents of the scores.
template <class Products> struct GradientTile {
  using R = typename Products::R;
  static constexpr int64_t ld = tileStride<R>;
  /// Elements of the work array.
  static int64_t size(const GradientCall &call) {
    return Products::size(keyTile, call.width) + Products::size(keyTile, call.valueWidth) +
           Products::size(queryTile, call.width) + Products::size(queryTile, call.valueWidth) + 2 * queryTile * ld;
  }

  GradientTile(const GradientCall &call, R *scratch) : call(call), products{call.dtype} {
    keysStore = scratch, valuesStore = keysStore + Products::size(keyTile, call.width);
    queriesStore = valuesStore + Products::size(keyTile, call.valueWidth);
    dyStore = queriesStore + Products::size(queryTile, call.width);
    weights = dyStore + Products::size(queryTile, call.valueWidth), dscores = weights + queryTile * ld;
  }

  void setKeys(int64_t entry, int64_t first) {
    b = entry, j = first, n = call.keys - j < keyTile ? call.keys - j : keyTile;
    int64_t row = b * call.keys + j;
    keysT = products.rightTransposed(elementOf(*call.k, row * call.width), n, call.width, call.scale, keysStore);
    valuesT = products.rightTransposed(elementOf(*call.v, row * call.valueWidth), n, call.valueWidth, 1, valuesStore);
  }
  void setQueries(int64_t i) {
    m = call.queries - i < queryTile ? call.queries - i : queryTile;
    int64_t row = b * call.queries + i;
    queries = elementOf(*call.q, row * call.width), dy = elementOf(*call.dy, row * call.valueWidth);
    products.multiply(m, n, call.width, products.left(queries, m, call.width, queriesStore), keysT, weights, ld, false);
    maskTile<R>(call, b, i, j, m, n, weights);
    finalWeights<R>(m, n, weights, static_cast<const R *>(call.logsumexp->data) + row);
    products.multiply(m, n, call.valueWidth, products.left(dy, m, call.valueWidth, dyStore), valuesT, dscores, ld,
                      false);
    scoreCotangents<R>(m, n, weights, dscores, static_cast<const R *>(call.delta->data) + row);
  }
  /// The first tile of queries of which one sees a key of the tile.
  int64_t firstQueries() const { return call.causal ? j / queryTile * queryTile : 0; }

  const GradientCall &call;
  const Products products;
  R *keysStore, *valuesStore, *queriesStore, *dyStore, *weights, *dscores;
  typename Products::Right keysT, valuesT;
  const void *queries, *dy;
  int64_t b, j, n, m;
};

/// A task takes a part of the keys of a batch entry: their dk and dv, and their share of dq.
template <class Products> int32_t pullBack(const GradientCall &call, const TccTensor *out, TccStatus *status) {
  using R = typename Products::R;
  constexpr const char *op = "attention_gradient";
  int64_t tiles = ceilDivide(call.keys, keyTile), wanted = call.batch ? ceilDivide(leastTasks, call.batch) : 1;
  int64_t tilesEach = ceilDivide(tiles, wanted < tiles ? wanted : tiles ? tiles : 1);
  int64_t parts = tiles ? ceilDivide(tiles, tilesEach) : 1;
  int64_t width = Products::padded(call.width), valueWidth = Products::padded(call.valueWidth);
  int64_t dqSize = call.queries * call.width;
  // One part in the type of the sums writes dq itself.
  bool direct = parts == 1 && call.dtype == call.wideDtype();
  Scratch<R> shares;
  if (!direct && !shares.resize(call.batch * parts * dqSize))
    return outOfMemory(status, op, call.batch * parts * dqSize * int64_t(sizeof(R)));
  R *dq = direct ? static_cast<R *>(out[0].data) : shares.get();
  const R one = 1, scale = R(call.scale);

  // Operands of the products that the gradients are: keys, cotangents, queries, and a tile of scores.
  int64_t sizes[] = {GradientTile<Products>::size(call),
                     Products::size(call.width, keyTile),
                     Products::size(call.valueWidth, queryTile),
                     Products::size(call.width, queryTile),
                     Products::size(keyTile, keyTile),
                     keyTile * width,
                     keyTile * valueWidth,
                     queryTile * width};
  int64_t count = 0;
  for (int64_t size : sizes)
    count += size;
  double cost = 0.03 * double(call.queries) * double(tilesEach * keyTile) * double(call.width + call.valueWidth + 16);
  int32_t code = forTasks<R>(op, call.batch * parts, count, cost, status, [&](int64_t task, R *scratch) {
    GradientTile<Products> tile(call, scratch);
    const Products &products = tile.products;
    R *keysStore = scratch + sizes[0], *dyStore = keysStore + sizes[1], *queriesStore = dyStore + sizes[2];
    R *scoresStore = queriesStore + sizes[3], *dk = scoresStore + sizes[4], *dv = dk + sizes[5];
    R *share = dv + sizes[6];
    int64_t b = task / parts, firstTile = task % parts * tilesEach;
    R *dqOfTask = dq + task * dqSize;
    for (int64_t i = 0; i < dqSize; ++i)
      dqOfTask[i] = 0;
    for (int64_t t = firstTile; t < tiles && t < firstTile + tilesEach; ++t) {
      tile.setKeys(b, t * keyTile);
      int64_t n = tile.n, row = b * call.keys + t * keyTile;
      auto keys = products.right(elementOf(*call.k, row * call.width), n, call.width, keysStore);
      for (int64_t i = 0; i < n * width; ++i)
        dk[i] = 0;
      for (int64_t i = 0; i < n * valueWidth; ++i)
        dv[i] = 0;
      for (int64_t i = tile.firstQueries(); i < call.queries; i += queryTile) {
        tile.setQueries(i);
        products.multiply(n, call.valueWidth, tile.m, products.leftTransposed(tile.weights, tile.m, n, scoresStore),
                          products.right(tile.dy, tile.m, call.valueWidth, dyStore), dv, valueWidth, true);
        products.multiply(n, call.width, tile.m, products.leftTransposed(tile.dscores, tile.m, n, scoresStore),
                          products.right(tile.queries, tile.m, call.width, queriesStore), dk, width, true);
        products.multiply(tile.m, call.width, n, products.left(tile.dscores, tile.m, n, scoresStore), keys, share,
                          width, false);
        addRows<R>(tile.m, call.width, dqOfTask + i * call.width, call.width, share, width, scale);
      }
      storeRows<R>(call.dtype, const_cast<void *>(elementOf(out[1], row * call.width)), n, call.width, dk, width,
                   &scale, 0);
      storeRows<R>(call.dtype, const_cast<void *>(elementOf(out[2], row * call.valueWidth)), n, call.valueWidth, dv,
                   valueWidth, &one, 0);
    }
  });
  if (code != TCC_OK || direct)
    return code;
  parallelFor(call.batch * call.queries, grainFor(0.2 * double(call.width * parts)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      int64_t b = row / call.queries, i = row % call.queries;
      R *sum = dq + b * parts * dqSize + i * call.width;
      for (int64_t part = 1; part < parts; ++part)
        addRows<R>(1, call.width, sum, call.width, sum + part * dqSize, call.width, one);
      storeRows<R>(call.dtype, const_cast<void *>(elementOf(out[0], row * call.width)), 1, call.width, sum, call.width,
                   &one, 0);
    }
  });
  return TCC_OK;
}

/// A task takes a tile of the mask's gradient, and goes over all that the mask counts for.
template <class Products> int32_t pullBackMask(const GradientCall &call, const TccTensor &out, TccStatus *status) {
  using R = typename Products::R;
  constexpr int64_t ld = GradientTile<Products>::ld;
  bool oneRow = !call.maskRowStride, oneColumn = !call.maskColumnStride;
  int64_t rows = oneRow ? 1 : call.queries, columns = oneColumn ? 1 : call.keys,
          entries = extentOf(out, 0, out.rank - 2);
  int64_t tilesM = oneRow ? 1 : ceilDivide(rows, queryTile), tilesN = oneColumn ? 1 : ceilDivide(columns, keyTile);
  int64_t repeats = entries ? call.batch / entries : 0;
  double cost = 0.02 * double(call.width + call.valueWidth + 16) * double(repeats) *
                double(oneRow ? call.queries : queryTile) * double(oneColumn ? call.keys : keyTile);
  int64_t count = GradientTile<Products>::size(call) + queryTile * keyTile;
  return forTasks<R>(
      "attention_mask_gradient", entries * tilesM * tilesN, count, cost, status, [&](int64_t task, R *scratch) {
        GradientTile<Products> tile(call, scratch);
        R *sum = scratch + GradientTile<Products>::size(call);
        int64_t entry = task / tilesN / tilesM, top = task / tilesN % tilesM * queryTile,
                left = task % tilesN * keyTile;
        for (int64_t i = 0; i < queryTile * keyTile; ++i)
          sum[i] = 0;
        int64_t lastRow = oneRow ? call.queries : top + 1, lastColumn = oneColumn ? call.keys : left + 1;
        for (int64_t b = 0; b < call.batch; ++b) {
          if (call.maskOffset(b) != entry * rows * columns)
            continue;
          for (int64_t j = left; j < lastColumn; j += keyTile) {
            tile.setKeys(b, j);
            for (int64_t i = top; i < lastRow; i += queryTile) {
              if (i < tile.firstQueries())
                continue;
              tile.setQueries(i);
              for (int64_t r = 0; r < tile.m; ++r)
                for (int64_t c = 0; c < tile.n; ++c)
                  sum[(oneRow ? 0 : r * keyTile) + (oneColumn ? 0 : c)] += tile.dscores[r * ld + c];
            }
          }
        }
        const R one = 1;
        int64_t height = rows - top < queryTile ? rows - top : queryTile,
                width = columns - left < keyTile ? columns - left : keyTile;
        for (int64_t r = 0; r < height; ++r)
          storeRows<R>(call.dtype, const_cast<void *>(elementOf(out, (entry * rows + top + r) * columns + left)), 1,
                       width, sum + r * keyTile, keyTile, &one, 0);
      });
}

} // namespace
} // namespace tcc::runtime

using namespace tcc::runtime;

int32_t tcc_attention_gradient(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out,
                               const int64_t *attrs, TccStatus *status) {
  const char *op = "attention_gradient";
  TCC_CHECK(checkArguments(op, in, n_in, n_in == 7 ? 7 : 6, out, n_out, 3, status));
  GradientCall call;
  TCC_CHECK(call.read(op, in, n_in == 7 ? in + 6 : nullptr, attrs, status));
  for (int i = 0; i < 3; ++i)
    TCC_CHECK(checkTensor(op,
                          i == 0   ? "dq"
                          : i == 1 ? "dk"
                                   : "dv",
                          out[i], call.dtype, in[i].rank, in[i].shape, status));
  return dispatchProducts(call, [&]<class Products>() { return pullBack<Products>(call, out, status); });
}

int32_t tcc_attention_mask_gradient(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out,
                                    const int64_t *attrs, TccStatus *status) {
  const char *op = "attention_mask_gradient";
  TCC_CHECK(checkArguments(op, in, n_in, 7, out, n_out, 1, status));
  GradientCall call;
  TCC_CHECK(call.read(op, in, in + 6, attrs, status));
  TCC_CHECK(checkTensor(op, "dmask", out[0], call.dtype, in[6].rank, in[6].shape, status));
  return dispatchProducts(call, [&]<class Products>() { return pullBackMask<Products>(call, out[0], status); });
}
