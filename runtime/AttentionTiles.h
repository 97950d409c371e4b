// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What attention and its gradients are made of: the checked call, and the steps on one tile of queries x keys. R is the
// type in which is computed: float for float and the 16-bit floats, else double.
#ifndef TCC_RUNTIME_ATTENTIONTILES_H
#define TCC_RUNTIME_ATTENTIONTILES_H

#include "runtime/BlockProduct.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include <atomic>

namespace tcc::runtime {

/// A tile of scores with its operands stays in the second-level cache, a strip of it in the first. Fixed, so that
/// results depend on the shapes alone.
inline constexpr int64_t queryTile = 64, keyTile = 128;
/// Distance of a tile's rows: a little off a power of two, so that they do not share the cache's sets.
template <class R> inline constexpr int64_t tileStride = keyTile + 64 / sizeof(R);
inline int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// q {.., L, E}, k {.., S, E}, v {.., S, V}, and a mask whose axes of size 1 count for all.
struct AttentionCall {
  int32_t dtype;
  int64_t batch, queries, keys, width, valueWidth;
  bool causal;
  double scale;
  const TccTensor *q, *k, *v, *mask;
  int64_t maskRowStride, maskColumnStride;

  /// Checks q, k, v, the mask (or null) and reads the attributes.
  int32_t read(const char *op, const TccTensor *in, const TccTensor *maskOrNull, const int64_t *attrs,
               TccStatus *status);
  /// Checks a tensor {.., L, last}, or {.., L} if last < 0.
  int32_t checkRows(const char *op, const char *what, const TccTensor &t, int32_t dtype, int64_t last,
                    TccStatus *status) const;
  int32_t wideDtype() const { return dtype == TCC_F64 ? TCC_F64 : TCC_F32; }
  /// Element offset of the mask for batch entry `b`.
  int64_t maskOffset(int64_t b) const;
  /// Keys that one of the queries before `row` may see.
  int64_t keysBefore(int64_t row) const { return causal && row < keys ? row : keys; }
};

/// Element `index` of a tensor of any float dtype.
inline const void *elementOf(const TccTensor &t, int64_t index) {
  return static_cast<const char *>(t.data) + index * elementSize(t.dtype);
}

/// `rows` x `columns` elements of dtype at `from`, dense, as R: where they lie if nothing is to be done, else in `to`,
/// rows padded with zeros.
template <class R> const R *rowsOf(int32_t dtype, const void *from, int64_t rows, int64_t columns, R *to);
/// packTransposed of elements of dtype; 16-bit ones go through `wide`, rows padded.
template <class R>
Blocks<R> packTransposed(int32_t dtype, const void *from, int64_t rows, int64_t columns, double factor, R *to, R *wide);
/// Stores `rows` x `columns` numbers as elements of dtype, times factors[row * step]; step 0: one factor for all.
template <class R>
void storeRows(int32_t dtype, void *to, int64_t rows, int64_t columns, const R *from, int64_t ld, const R *factors,
               int64_t step);
/// to += factor * from, for rows at distances ldTo and ldFrom.
template <class R>
void addRows(int64_t rows, int64_t columns, R *to, int64_t ldTo, const R *from, int64_t ldFrom, R factor);

/// c *= factor.
template <class R> void scaleRows(int64_t rows, int64_t columns, R *c, int64_t ld, R factor);

/// Scores of queries from `row` and keys from `column` of batch entry `b`: adds the mask, and sets what is masked, lies
/// behind the query if causal, or is padding (columns `n` to padded(n)) to -inf.
template <class R>
void maskTile(const AttentionCall &call, int64_t b, int64_t row, int64_t column, int64_t m, int64_t n, R *scores);

/// A step of the online softmax (Milakov and Gimelshein 2018): scores become exp(score - most) with most the largest so
/// far, `sum` follows, and the rows of `out` are multiplied by what the earlier weights lose.
template <class R> void onlineWeights(int64_t m, int64_t n, R *scores, R *most, R *sum, R *out, int64_t width);
/// scores become exp(score - logsumexp).
template <class R> void finalWeights(int64_t m, int64_t n, R *scores, const R *logsumexp);
/// dweights become weights * (dweights - delta).
template <class R> void scoreCotangents(int64_t m, int64_t n, const R *weights, R *dweights, const R *delta);

/// Runs task(index, scratch) for all tasks with a work array of `count` elements each time; the error if there is none.
template <class R, class F>
int32_t forTasks(const char *op, int64_t tasks, int64_t count, double nanosecondsEach, TccStatus *status, F &&task) {
  std::atomic<bool> failed{false};
  parallelFor(tasks, grainFor(nanosecondsEach), [&](int64_t begin, int64_t end) {
    Scratch<R> scratch(count);
    if (!scratch) {
      failed = true;
      return;
    }
    for (int64_t index = begin; index < end; ++index)
      task(index, scratch.get());
  });
  return failed ? outOfMemory(status, op, count * int64_t(sizeof(R))) : int32_t(TCC_OK);
}

} // namespace tcc::runtime
#endif
