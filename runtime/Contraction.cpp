// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_dot_general: reads both operands as batches of matrices, wherever their elements lie. Products that do not pack
// their operands want views with contiguous rows or columns: there operands are copied if they are not such views.
#include "runtime/Elements.h"
#include "runtime/Layout.h"
#include "runtime/Product.h"
#include "runtime/Threads.h"
#include "runtime/TileProduct.h"
#include "runtime/Vectorise.h"

using namespace tcc::runtime;

namespace {

/// The axes of one operand by role, in the order in which they are to be read.
struct Operand {
  const TccTensor *tensor;
  int64_t strides[maxRank];
  int64_t batch[maxRank], free[maxRank], contract[maxRank];
  int numBatch = 0, numFree = 0, numContract = 0;
};

/// Collapses axes to one stride. An empty or all-ones group has stride 1. False if memory order forbids it.
bool collapse(const Operand &operand, const int64_t *axes, int count, int64_t &stride) {
  stride = 1;
  int64_t extent = 0; // of the axes to the right of i, in elements; 0 = none yet
  for (int i = count - 1; i >= 0; --i) {
    int64_t size = operand.tensor->shape[axes[i]];
    if (size == 1)
      continue;
    if (!extent)
      stride = operand.strides[axes[i]];
    else if (operand.strides[axes[i]] != extent)
      return false;
    extent = operand.strides[axes[i]] * size;
  }
  return true;
}

int64_t sizeOf(const Operand &operand, const int64_t *axes, int count) {
  int64_t size = 1;
  for (int i = 0; i < count; ++i)
    size *= operand.tensor->shape[axes[i]];
  return size;
}

Operand describe(const TccTensor &tensor, Axes batch, Axes contract) {
  Operand operand;
  operand.tensor = &tensor;
  int64_t stride = 1;
  bool used[maxRank] = {};
  for (int i = tensor.rank - 1; i >= 0; --i) {
    operand.strides[i] = stride;
    stride *= tensor.shape[i];
  }
  for (int64_t axis : batch)
    used[operand.batch[operand.numBatch++] = axis] = true;
  for (int64_t axis : contract)
    used[operand.contract[operand.numContract++] = axis] = true;
  for (int i = 0; i < tensor.rank; ++i)
    if (!used[i])
      operand.free[operand.numFree++] = i;
  return operand;
}

/// Reads the contracted axes of both operands in the memory order of `first`: the sum is the same in any order, and so
/// at least one operand needs no copy on their account.
void sortContraction(Operand &first, Operand &second) {
  for (int i = 1; i < first.numContract; ++i)
    for (int j = i; j > 0 && first.contract[j - 1] > first.contract[j]; --j) {
      int64_t a = first.contract[j], b = second.contract[j];
      first.contract[j] = first.contract[j - 1];
      second.contract[j] = second.contract[j - 1];
      first.contract[j - 1] = a;
      second.contract[j - 1] = b;
    }
}

/// Axes of an operand as one axis of a matrix: those that are one axis in memory are merged.
Axis mergedAxes(const Operand &operand, const int64_t *axes, int count) {
  Axis merged;
  for (int i = 0; i < count; ++i) {
    const int64_t size = operand.tensor->shape[axes[i]], stride = operand.strides[axes[i]];
    if (size == 1)
      continue;
    if (merged.rank && merged.strides[merged.rank - 1] == size * stride) {
      merged.dims[merged.rank - 1] *= size;
      merged.strides[merged.rank - 1] = stride;
    } else {
      merged.add(size, stride);
    }
  }
  if (!merged.rank)
    merged.add(1, 1);
  return merged;
}

/// A matrix view of `operand` as rows x cols, copied into `storage` where needed; fills the batch strides.
template <class T>
int32_t viewOf(const Operand &operand, const T *data, const int64_t *rows, int numRows, const int64_t *cols,
               int numCols, Scratch<T> &storage, MatrixView<T> &view, int64_t *batchStrides, TccStatus *status) {
  int64_t numRowsTotal = sizeOf(operand, rows, numRows), numColsTotal = sizeOf(operand, cols, numCols);
  view.data = data;
  if (collapse(operand, rows, numRows, view.rowStride) && collapse(operand, cols, numCols, view.colStride) &&
      (view.rowStride == 1 || view.colStride == 1 || numRowsTotal == 1 || numColsTotal == 1)) {
    for (int i = 0; i < operand.numBatch; ++i)
      batchStrides[i] = operand.strides[operand.batch[i]];
    // An extent of one leaves its stride free; row-major is what the loops below like best.
    if (numColsTotal == 1)
      view.colStride = 1;
    else if (numRowsTotal == 1 && view.colStride == 1)
      view.rowStride = numColsTotal;
    return TCC_OK;
  }
  int64_t dims[maxRank], strides[maxRank];
  int rank = 0;
  auto add = [&](const int64_t *axes, int count) {
    for (int i = 0; i < count; ++i, ++rank) {
      dims[rank] = operand.tensor->shape[axes[i]];
      strides[rank] = operand.strides[axes[i]];
    }
  };
  // The copy is a matrix or its transpose: whichever is closer to the order in memory.
  auto lastStride = [&](const int64_t *axes, int count) {
    return count ? operand.strides[axes[count - 1]] : INT64_MAX;
  };
  bool transposed = lastStride(rows, numRows) < lastStride(cols, numCols);
  add(operand.batch, operand.numBatch);
  add(transposed ? cols : rows, transposed ? numCols : numRows);
  add(transposed ? rows : cols, transposed ? numRows : numCols);
  int64_t count = numElements(*operand.tensor);
  if (!storage.resize(count))
    return outOfMemory(status, "dot_general", count * int64_t(sizeof(T)));
  stridedCopy(storage.get(), data, sizeof(T), rank, dims, strides);
  view = transposed ? MatrixView<T>{storage.get(), 1, numRowsTotal} : MatrixView<T>{storage.get(), numColsTotal, 1};
  int64_t stride = numRowsTotal * numColsTotal;
  for (int i = operand.numBatch - 1; i >= 0; --i) {
    batchStrides[i] = stride;
    stride *= dims[i];
  }
  return TCC_OK;
}

/// Calls multiply(product) for the batch of matrices that the operands are; for views if not `isAnyLayout`.
template <class T, class F>
int32_t contract(Operand &lhs, Operand &rhs, const T *lhsData, const T *rhsData, T *result, bool isAnyLayout,
                 TccStatus *status, F &&multiply) {
  Product<T> product;
  product.batch = sizeOf(lhs, lhs.batch, lhs.numBatch);
  product.m = sizeOf(lhs, lhs.free, lhs.numFree);
  product.n = sizeOf(rhs, rhs.free, rhs.numFree);
  product.k = sizeOf(lhs, lhs.contract, lhs.numContract);
  product.result = result;
  product.offsets.rank = lhs.numBatch;
  for (int i = 0; i < lhs.numBatch; ++i)
    product.offsets.dims[i] = lhs.tensor->shape[lhs.batch[i]];
  // The larger operand chooses the order of the contracted axes: it is the one that must not be copied.
  if (numElements(*lhs.tensor) >= numElements(*rhs.tensor))
    sortContraction(lhs, rhs);
  else
    sortContraction(rhs, lhs);
  if (isAnyLayout) {
    product.lhs.data = lhsData;
    product.rhs.data = rhsData;
    product.lhs.rows = mergedAxes(lhs, lhs.free, lhs.numFree);
    product.lhs.columns = mergedAxes(lhs, lhs.contract, lhs.numContract);
    product.rhs.rows = mergedAxes(rhs, rhs.contract, rhs.numContract);
    product.rhs.columns = mergedAxes(rhs, rhs.free, rhs.numFree);
    for (int i = 0; i < lhs.numBatch; ++i) {
      product.offsets.lhs[i] = lhs.strides[lhs.batch[i]];
      product.offsets.rhs[i] = rhs.strides[rhs.batch[i]];
    }
    return multiply(product);
  }
  Scratch<T> lhsStorage, rhsStorage;
  MatrixView<T> left, right;
  TCC_CHECK(viewOf(lhs, lhsData, lhs.free, lhs.numFree, lhs.contract, lhs.numContract, lhsStorage, left,
                   product.offsets.lhs, status));
  TCC_CHECK(viewOf(rhs, rhsData, rhs.contract, rhs.numContract, rhs.free, rhs.numFree, rhsStorage, right,
                   product.offsets.rhs, status));
  product.lhs = {left, product.m, product.k};
  product.rhs = {right, product.k, product.n};
  return multiply(product);
}

/// Small products of 16-bit floats are computed in float and rounded once.
template <class T> int32_t contractSmall(Operand &lhs, Operand &rhs, const TccTensor &out, TccStatus *status) {
  auto widen = [&](const TccTensor &t, Scratch<float> &wide) {
    int64_t count = numElements(t);
    if (!wide.resize(count))
      return outOfMemory(status, "dot_general", count * 4);
    const T *data = static_cast<const T *>(t.data);
    float *to = wide.get();
    parallelFor(count, grainFor(0.1), [&](int64_t begin, int64_t end) {
      vectorised([&]<int>() TCC_INLINED {
        for (int64_t i = begin; i < end; ++i)
          to[i] = float(data[i]);
      });
    });
    return int32_t(TCC_OK);
  };
  Scratch<float> a, b, c;
  TCC_CHECK(widen(*lhs.tensor, a));
  TCC_CHECK(widen(*rhs.tensor, b));
  int64_t count = numElements(out);
  if (!c.resize(count))
    return outOfMemory(status, "dot_general", count * 4);
  TCC_CHECK(contract(lhs, rhs, a.get(), b.get(), c.get(), /*isAnyLayout=*/false, status,
                     [&](const Product<float> &product) { return multiply(product, status); }));
  T *result = static_cast<T *>(out.data);
  const float *from = c.get();
  parallelFor(count, grainFor(0.1), [&](int64_t begin, int64_t end) {
    vectorised([&]<int>() TCC_INLINED {
      for (int64_t i = begin; i < end; ++i)
        result[i] = T(from[i]);
    });
  });
  return TCC_OK;
}

} // namespace

int32_t tcc_dot_general(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                        TccStatus *status) {
  TCC_CHECK(checkArguments("dot_general", in, n_in, 2, out, n_out, 1, status));
  AttributeReader reader(attrs);
  Axes lhsBatch = reader.array(), rhsBatch = reader.array();
  Axes lhsContract = reader.array(), rhsContract = reader.array();
  const TccTensor &a = in[0], &b = in[1], &c = out[0];
  if (lhsBatch.count != rhsBatch.count || lhsContract.count != rhsContract.count)
    return fail(status, TCC_ERROR_SHAPE, "[dot_general] expected equally many axes of both operands");
  for (Axes axes : {lhsBatch, lhsContract})
    TCC_CHECK(checkAxes("dot_general", axes, a.rank, status));
  for (Axes axes : {rhsBatch, rhsContract})
    TCC_CHECK(checkAxes("dot_general", axes, b.rank, status));
  if (a.dtype != b.dtype || a.dtype != c.dtype)
    return fail(status, TCC_ERROR_DTYPE, "[dot_general] expected one dtype, got %s, %s and %s", dtypeName(a.dtype),
                dtypeName(b.dtype), dtypeName(c.dtype));
  for (int64_t i = 0; i < lhsBatch.count; ++i)
    if (a.shape[lhsBatch[i]] != b.shape[rhsBatch[i]])
      return fail(status, TCC_ERROR_SHAPE, "[dot_general] expected equal batch sizes, got %lld and %lld",
                  (long long)a.shape[lhsBatch[i]], (long long)b.shape[rhsBatch[i]]);
  for (int64_t i = 0; i < lhsContract.count; ++i)
    if (a.shape[lhsContract[i]] != b.shape[rhsContract[i]])
      return fail(status, TCC_ERROR_SHAPE, "[dot_general] expected equal contracted sizes, got %lld and %lld",
                  (long long)a.shape[lhsContract[i]], (long long)b.shape[rhsContract[i]]);
  Operand lhs = describe(a, lhsBatch, lhsContract), rhs = describe(b, rhsBatch, rhsContract);
  int64_t shape[3 * maxRank];
  int32_t rank = 0;
  for (int i = 0; i < lhs.numBatch; ++i)
    shape[rank++] = a.shape[lhs.batch[i]];
  for (int i = 0; i < lhs.numFree; ++i)
    shape[rank++] = a.shape[lhs.free[i]];
  for (int i = 0; i < rhs.numFree; ++i)
    shape[rank++] = b.shape[rhs.free[i]];
  TCC_CHECK(checkTensor("dot_general", "result", c, a.dtype, rank, shape, status));
  if (numElements(c) == 0)
    return TCC_OK;
  const int64_t m = sizeOf(lhs, lhs.free, lhs.numFree), n = sizeOf(rhs, rhs.free, rhs.numFree);
  const int64_t k = sizeOf(lhs, lhs.contract, lhs.numContract);
  return dispatchAll(a.dtype, [&]<class T>() {
    auto direct = [&](bool isAnyLayout, auto &&multiply) {
      return contract<T>(lhs, rhs, static_cast<const T *>(a.data), static_cast<const T *>(b.data),
                         static_cast<T *>(c.data), isAnyLayout, status, multiply);
    };
    if constexpr (std::is_same_v<T, BFloat16>)
      if (suitsTiles(m, n, k))
        return direct(false, [&](const Product<T> &product) { return multiplyTiles(product, status); });
    const bool isPacked = suitsPacking<T>(m, n, k);
    if constexpr (isSmallFloat<T>)
      if (!isPacked)
        return contractSmall<T>(lhs, rhs, c, status);
    return direct(isPacked, [&](const Product<T> &product) { return multiply(product, status); });
  });
}
