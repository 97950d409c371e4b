// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Argument checks and messages behind Tensors.h.
#include "runtime/Tensors.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace tcc::runtime {

int64_t elementSize(int32_t dtype) {
  static const int8_t sizes[TCC_NUM_DTYPES] = {1, 1, 2, 4, 8, 1, 4, 2, 2, 4, 8, 8, 16};
  return dtype >= 0 && dtype < TCC_NUM_DTYPES ? sizes[dtype] : 0;
}

const char *dtypeName(int32_t dtype) {
  static const char *const names[TCC_NUM_DTYPES] = {"bool",    "int8",      "int16",     "int32",    "int64",
                                                    "uint8",   "uint32",    "float16",   "bfloat16", "float32",
                                                    "float64", "complex64", "complex128"};
  return dtype >= 0 && dtype < TCC_NUM_DTYPES ? names[dtype] : "?";
}

int64_t numElements(int32_t rank, const int64_t *shape) {
  int64_t count = 1;
  bool empty = false, overflow = false;
  for (int32_t i = 0; i < rank; ++i) {
    if (shape[i] < 0)
      return -1;
    empty |= shape[i] == 0;
    overflow |= __builtin_mul_overflow(count, shape[i] ? shape[i] : 1, &count);
  }
  if (empty)
    return 0;
  return overflow || count > INT64_MAX / 16 ? -1 : count;
}

int64_t allocationBytes(int32_t dtype, int32_t rank, const int64_t *shape) {
  int64_t count = numElements(rank, shape);
  return count < 0 ? -1 : (count * elementSize(dtype) + alignment - 1) / alignment * alignment;
}

int64_t extentOf(const TccTensor &t, int32_t first, int32_t last) {
  return first < last ? numElements(last - first, t.shape + first) : 1;
}

int32_t fail(TccStatus *status, int32_t code, const char *format, ...) {
  status->code = code;
  status->location = -1;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(status->message, sizeof(status->message), format, arguments);
  va_end(arguments);
  return code;
}

int32_t outOfMemory(TccStatus *status, const char *op, int64_t bytes) {
  MemoryStats stats = memoryStats();
  return fail(status, TCC_ERROR_MEMORY, "[%s] out of memory: %lld bytes asked for, %lld live, limit %lld", op,
              (long long)bytes, (long long)stats.liveBytes, (long long)stats.limitBytes);
}

static int32_t checkOne(const char *op, const TccTensor &t, TccStatus *status, bool isOptional = false) {
  if (!elementSize(t.dtype))
    return fail(status, TCC_ERROR_DTYPE, "[%s] expected a dtype code below %d, got %d", op, TCC_NUM_DTYPES, t.dtype);
  if (t.rank < 0 || t.rank > maxRank)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected a rank of at most %d, got %d", op, maxRank, t.rank);
  int64_t count = numElements(t);
  if (count < 0)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected a shape of at most 2^59 elements", op);
  if (count > 0 && !t.data && !isOptional)
    return fail(status, TCC_ERROR_VALUE, "[%s] expected data, got a null pointer", op);
  return TCC_OK;
}

int32_t checkArguments(const char *op, const TccTensor *in, int32_t numIn, int32_t wantedIn, const TccTensor *out,
                       int32_t numOut, int32_t wantedOut, TccStatus *status, uint32_t optionalResults) {
  if (numIn != wantedIn || numOut != wantedOut)
    return fail(status, TCC_ERROR_SHAPE, "[%s] expected %d inputs and %d results, got %d and %d", op, wantedIn,
                wantedOut, numIn, numOut);
  for (int32_t i = 0; i < numIn; ++i)
    TCC_CHECK(checkOne(op, in[i], status));
  for (int32_t i = 0; i < numOut; ++i)
    TCC_CHECK(checkOne(op, out[i], status, optionalResults >> i & 1));
  return TCC_OK;
}

/// "4x3", "scalar".
static void printShape(char *text, size_t size, int32_t rank, const int64_t *shape) {
  size_t used = 0;
  text[0] = 0;
  for (int32_t i = 0; i < rank && used < size; ++i)
    used += size_t(snprintf(text + used, size - used, i ? "x%lld" : "%lld", (long long)shape[i]));
  if (rank == 0)
    snprintf(text, size, "scalar");
}

int32_t checkTensor(const char *op, const char *what, const TccTensor &t, int32_t dtype, int32_t rank,
                    const int64_t *shape, TccStatus *status) {
  if (t.dtype == dtype && t.rank == rank && (rank == 0 || !memcmp(t.shape, shape, size_t(rank) * sizeof(int64_t))))
    return TCC_OK;
  char wanted[160], got[160];
  printShape(wanted, sizeof(wanted), rank, shape);
  printShape(got, sizeof(got), t.rank, t.shape);
  return fail(status, t.dtype == dtype ? TCC_ERROR_SHAPE : TCC_ERROR_DTYPE, "[%s] expected %s %s %s, got %s %s", op,
              what, dtypeName(dtype), wanted, dtypeName(t.dtype), got);
}

int32_t checkAxes(const char *op, Axes axes, int32_t rank, TccStatus *status) {
  uint64_t seen = 0;
  for (int64_t axis : axes) {
    if (axis < 0 || axis >= rank)
      return fail(status, TCC_ERROR_SHAPE, "[%s] expected axes in [0, %d), got %lld", op, rank, (long long)axis);
    if (seen >> axis & 1)
      return fail(status, TCC_ERROR_SHAPE, "[%s] expected distinct axes, got %lld twice", op, (long long)axis);
    seen |= uint64_t(1) << axis;
  }
  return TCC_OK;
}

void BatchFailure::report(int64_t index, int64_t info) {
  while (lock.exchange(true, std::memory_order_acquire))
    ;
  int64_t lowest = batch.load(std::memory_order_relaxed);
  if (lowest < 0 || index < lowest) {
    code = info;
    batch.store(index, std::memory_order_release);
  }
  lock.store(false, std::memory_order_release);
}

} // namespace tcc::runtime
