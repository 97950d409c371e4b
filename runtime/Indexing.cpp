// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_gather, tcc_scatter and tcc_check_index. Indices are clamped: an unchecked one is a wrong number, never a wrong
// address. Scatter is deterministic: duplicates are combined in the order of the updates.
#include "runtime/Elements.h"
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include "runtime/Vectorise.h"

using namespace tcc::runtime;

namespace {

/// Where the elements selected by one index tuple lie in x: a base offset plus a grid over the axes not indexed, of
/// which the trailing contiguous ones form rows.
struct Selection {
  int32_t numIndices;
  const int64_t *indices[maxRank];
  int64_t sizes[maxRank], strides[maxRank]; // of the indexed axes
  int64_t numTuples;
  int32_t restRank = 0;
  int64_t restSizes[maxRank], restStrides[maxRank];
  int64_t row = 1, numRows = 1; // elements of a row, rows of one tuple

  int64_t base(int64_t tuple) const {
    int64_t offset = 0;
    for (int32_t i = 0; i < numIndices; ++i) {
      int64_t index = indices[i][tuple];
      index = index < 0 ? 0 : index >= sizes[i] ? sizes[i] - 1 : index;
      offset += index * strides[i];
    }
    return offset;
  }
  int64_t rowOffset(int64_t r) const {
    int64_t offset = 0;
    for (int32_t i = restRank - 1; i >= 0; --i) {
      offset += r % restSizes[i] * restStrides[i];
      r /= restSizes[i];
    }
    return offset;
  }
};

/// Checks index tensors and `selected` (gather's result or scatter's updates), and describes the selection.
int32_t select(const char *op, const TccTensor &x, const TccTensor *indices, Axes axes, const TccTensor &selected,
               Selection &s, TccStatus *status) {
  TCC_CHECK(checkAxes(op, axes, x.rank, status));
  if (axes.count == 0)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected at least one axis", op);
  int64_t strides[maxRank], stride = 1;
  for (int32_t i = x.rank - 1; i >= 0; --i) {
    strides[i] = stride;
    stride *= x.shape[i];
  }
  bool indexed[maxRank] = {};
  s.numIndices = int32_t(axes.count);
  for (int32_t i = 0; i < s.numIndices; ++i) {
    TCC_CHECK(checkTensor(op, "indices", indices[i], TCC_I64, indices[0].rank, indices[0].shape, status));
    s.indices[i] = static_cast<const int64_t *>(indices[i].data);
    s.sizes[i] = x.shape[axes[i]];
    s.strides[i] = strides[axes[i]];
    indexed[axes[i]] = true;
  }
  s.numTuples = numElements(indices[0]);
  int64_t shape[2 * maxRank];
  int32_t rank = 0;
  for (; rank < indices[0].rank; ++rank)
    shape[rank] = indices[0].shape[rank];
  for (int32_t i = 0; i < x.rank; ++i)
    if (!indexed[i])
      shape[rank++] = x.shape[i];
  TCC_CHECK(checkTensor(op, "updates or result", selected, x.dtype, rank, shape, status));
  int32_t last = x.rank;
  for (; last > 0 && !indexed[last - 1]; --last)
    s.row *= x.shape[last - 1];
  for (int32_t i = 0; i < last; ++i)
    if (!indexed[i]) {
      s.restSizes[s.restRank] = x.shape[i];
      s.restStrides[s.restRank++] = strides[i];
      s.numRows *= x.shape[i];
    }
  if (numElements(selected) > 0)
    for (int32_t i = 0; i < s.numIndices; ++i)
      if (s.sizes[i] == 0)
        return fail(status, TCC_ERROR_INDEX, "[%s] index into axis %lld of size 0", op, (long long)axes[i]);
  return TCC_OK;
}

template <class T> void gatherElements(const Selection &s, const T *x, T *y) {
  parallelFor(s.numTuples, grainFor(2 + 1.5 * double(s.numRows)), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      int64_t base = s.base(t);
      for (int64_t r = 0; r < s.numRows; ++r)
        y[t * s.numRows + r] = x[base + s.rowOffset(r)];
    }
  });
}

struct Element16 {
  uint64_t low, high;
};

// How an update changes an element.
template <int combine, class T> inline T combined(T old, T update) {
  using R = Computed<T>;
  if constexpr (combine == 0)
    return update;
  else if constexpr (combine == 1)
    return T(addOf(R(old), R(update)));
  else if constexpr (combine == 2)
    return T(multiplyOf(R(old), R(update)));
  else if constexpr (isComplex<T>)
    return update; // not reached: min and max of complex numbers are refused
  else if constexpr (combine == 3)
    return R(old) < R(update) || isNan(old) ? old : update;
  else
    return R(update) < R(old) || isNan(old) ? old : update;
}

/// Single elements whose places mostly grow, as the positions of a pool's maxima: a task takes a stretch of x, and of
/// the blocks of updates those that reach into it. False where too many blocks reach into several.
template <int combine, class T> bool scatterSorted(const Selection &s, int64_t size, T *x, const T *updates) {
  constexpr int64_t block = 2048, stretches = 64;
  if (s.numRows * s.row != 1 || s.numTuples < 16 * block)
    return false;
  int64_t blocks = (s.numTuples + block - 1) / block, stretch = (size + stretches - 1) / stretches;
  Scratch<int64_t> least(blocks), most(blocks);
  if (!least || !most)
    return false;
  parallelFor(blocks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      least[b] = size;
      most[b] = -1;
      for (int64_t t = b * block; t < s.numTuples && t < (b + 1) * block; ++t) {
        int64_t at = s.base(t);
        least[b] = at < least[b] ? at : least[b];
        most[b] = at > most[b] ? at : most[b];
      }
    }
  });
  int64_t visits = 0;
  for (int64_t b = 0; b < blocks; ++b)
    visits += most[b] / stretch - least[b] / stretch + 1;
  if (visits > 2 * (blocks + stretches))
    return false;
  parallelFor(stretches, 1, [&](int64_t begin, int64_t end) {
    int64_t first = begin * stretch, last = end * stretch;
    for (int64_t b = 0; b < blocks; ++b)
      if (least[b] < last && most[b] >= first)
        for (int64_t t = b * block; t < s.numTuples && t < (b + 1) * block; ++t) {
          int64_t at = s.base(t);
          if (at >= first && at < last)
            x[at] = combined<combine>(x[at], updates[t]);
        }
  });
  return true;
}

/// One task for each range of the target: of what the indices choose, of rows, of columns. It walks all tuples in order
/// and keeps to its range, so that threads never meet.
template <int combine, class T> void scatterElements(const Selection &s, int64_t size, T *x, const T *updates) {
  if (scatterSorted<combine>(s, size, x, updates))
    return;
  constexpr int64_t width = 512;   // columns of a row for one task
  constexpr int64_t block = 1024;  // tuples that are looked through at a time
  constexpr int64_t maxRanges = 8; // each looks through all tuples
  constexpr int64_t ahead = 8;     // tuples whose rows are asked for before they are changed
  int64_t parts = (s.row + width - 1) / width, own = s.numRows * parts, last = 0;
  for (int32_t i = 0; i < s.numIndices; ++i)
    last += (s.sizes[i] - 1) * s.strides[i];
  int64_t ranges = own >= numThreads() ? 1 : numThreads() < maxRanges ? numThreads() : maxRanges;
  int64_t span = last / ranges + 1;
  double each = double(s.numTuples) * (1 + (2 + double(s.row) / double(parts)) / double(ranges));
  parallelFor(ranges * own, grainFor(each), [&](int64_t begin, int64_t end) {
    vectorised([&]<int>() TCC_INLINED {
      int64_t tuples[block], bases[block];
      for (int64_t task = begin; task < end;) {
        // Tasks of one range are done together.
        int64_t range = task / own, first = task % own,
                behind = first + (end - task) < own ? first + (end - task) : own;
        int64_t low = range * span, high = low + span;
        for (int64_t from = 0; from < s.numTuples; from += block) {
          int64_t to = from + block < s.numTuples ? from + block : s.numTuples, count = 0;
          for (int64_t t = from; t < to; ++t) {
            int64_t base = s.base(t);
            tuples[count] = t;
            bases[count] = base;
            count += int64_t(base >= low) & int64_t(base < high);
          }
          if (s.row == 1 && s.numRows == 1) {
            for (int64_t i = 0; i < count; ++i)
              x[bases[i]] = combined<combine>(x[bases[i]], updates[tuples[i]]);
            continue;
          }
          for (int64_t i = 0; i < count; ++i)
            for (int64_t place = first; place < behind; ++place) {
              int64_t r = place / parts, col = place % parts * width;
              int64_t columns = s.row - col < width ? s.row - col : width;
              T *target = x + bases[i] + s.rowOffset(r) + col;
              const T *update = updates + (tuples[i] * s.numRows + r) * s.row + col;
              // Rows lie anywhere: no prefetcher foresees the next ones.
              if (int64_t next = i + ahead; next < count)
                for (int64_t j = 0; j < columns; j += 64 / int64_t(sizeof(T))) {
                  __builtin_prefetch(target + bases[next] - bases[i] + j, 1);
                  __builtin_prefetch(update + (tuples[next] - tuples[i]) * s.numRows * s.row + j);
                }
              for (int64_t j = 0; j < columns; ++j)
                target[j] = combined<combine>(target[j], update[j]);
            }
        }
        task += behind - first;
      }
    });
  });
}

} // namespace

int32_t tcc_gather(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                   TccStatus *status) {
  Axes axes = AttributeReader(attrs).array();
  TCC_CHECK(checkArguments("gather", in, n_in, int32_t(1 + axes.count), out, n_out, 1, status));
  Selection s;
  TCC_CHECK(select("gather", in[0], in + 1, axes, out[0], s, status));
  if (numElements(out[0]) == 0)
    return TCC_OK;
  int64_t size = elementSize(in[0].dtype);
  if (s.row > 1) {
    const char *x = static_cast<const char *>(in[0].data);
    char *y = static_cast<char *>(out[0].data);
    int64_t rowBytes = s.row * size;
    parallelFor(s.numTuples, grainFor(double(s.numRows) * (5 + double(rowBytes) * 0.1)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t t = begin; t < end; ++t) {
                    int64_t base = s.base(t);
                    for (int64_t r = 0; r < s.numRows; ++r)
                      memcpy(y + (t * s.numRows + r) * rowBytes, x + (base + s.rowOffset(r)) * size, size_t(rowBytes));
                  }
                });
    return TCC_OK;
  }
  auto as = [&]<class T>(T) { gatherElements(s, static_cast<const T *>(in[0].data), static_cast<T *>(out[0].data)); };
  switch (size) {
  case 1:
    as(uint8_t());
    break;
  case 2:
    as(uint16_t());
    break;
  case 4:
    as(uint32_t());
    break;
  case 8:
    as(uint64_t());
    break;
  default:
    as(Element16());
  }
  return TCC_OK;
}

int32_t tcc_scatter(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                    TccStatus *status) {
  AttributeReader reader(attrs);
  Axes axes = reader.array();
  int64_t combine = reader.integer();
  TCC_CHECK(checkArguments("scatter", in, n_in, int32_t(2 + axes.count), out, n_out, 1, status));
  TCC_CHECK(checkTensor("scatter", "result", out[0], in[0].dtype, in[0].rank, in[0].shape, status));
  if (combine < 0 || combine > 4)
    return fail(status, TCC_ERROR_VALUE, "[scatter] expected combine in [0, 4], got %lld", (long long)combine);
  if (combine >= 3 && in[0].dtype >= TCC_C64)
    return fail(status, TCC_ERROR_DTYPE, "[scatter] expected a real dtype for min and max, got %s",
                dtypeName(in[0].dtype));
  Selection s;
  TCC_CHECK(select("scatter", in[0], in + 2, axes, in[1], s, status));
  int64_t bytes = numBytes(in[0]);
  if (bytes && out[0].data != in[0].data)
    parallelFor(bytes, 1 << 18, [&](int64_t begin, int64_t end) {
      memcpy(static_cast<char *>(out[0].data) + begin, static_cast<const char *>(in[0].data) + begin,
             size_t(end - begin));
    });
  if (numElements(in[1]) == 0)
    return TCC_OK;
  return dispatchAll(in[0].dtype, [&]<class T>() -> int32_t {
    T *x = static_cast<T *>(out[0].data);
    const T *updates = static_cast<const T *>(in[1].data);
    switch (combine) {
    case 0:
      scatterElements<0>(s, numElements(in[0]), x, updates);
      break;
    case 1:
      scatterElements<1>(s, numElements(in[0]), x, updates);
      break;
    case 2:
      scatterElements<2>(s, numElements(in[0]), x, updates);
      break;
    case 3:
      scatterElements<3>(s, numElements(in[0]), x, updates);
      break;
    default:
      scatterElements<4>(s, numElements(in[0]), x, updates);
    }
    return TCC_OK;
  });
}

int32_t tcc_check_index(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                        TccStatus *status) {
  TCC_CHECK(checkArguments("gather", in, n_in, 1, out, n_out, 1, status));
  int64_t bound = AttributeReader(attrs).integer(), count = numElements(in[0]);
  TCC_CHECK(checkTensor("gather", "indices", in[0], TCC_I64, in[0].rank, in[0].shape, status));
  TCC_CHECK(checkTensor("gather", "result", out[0], TCC_I64, in[0].rank, in[0].shape, status));
  const int64_t *x = static_cast<const int64_t *>(in[0].data);
  int64_t *y = static_cast<int64_t *>(out[0].data);
  BatchFailure failure;
  parallelFor(count, grainFor(0.7), [&](int64_t begin, int64_t end) {
    int64_t bad = 0;
    for (int64_t i = begin; i < end; ++i) {
      int64_t index = x[i] + (x[i] < 0 ? bound : 0);
      y[i] = index;
      bad |= int64_t(uint64_t(index) >= uint64_t(bound));
    }
    if (bad)
      for (int64_t i = begin; i < end; ++i)
        if (uint64_t(y[i]) >= uint64_t(bound))
          return failure.report(i, y[i] < 0 ? y[i] - bound : y[i]);
  });
  if (failure.any())
    return fail(status, TCC_ERROR_INDEX, "[gather] index %lld is out of bounds for axis of size %lld",
                (long long)failure.info(), (long long)bound);
  return TCC_OK;
}
