// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C ABI of the runtime: what compiled programs and ahead-of-time artifacts call. Plain C types, no exceptions, no
// printing: every failure is a status code and one sentence in the caller's TccStatus.
#ifndef TCC_RUNTIME_RUNTIME_H
#define TCC_RUNTIME_RUNTIME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Element types, in the order of tcc::Dtype. bool is one byte, complex is (re, im).
enum TccDtype {
  TCC_BOOL = 0,
  TCC_I8,
  TCC_I16,
  TCC_I32,
  TCC_I64,
  TCC_U8,
  TCC_U32,
  TCC_F16,
  TCC_BF16,
  TCC_F32,
  TCC_F64,
  TCC_C64,
  TCC_C128,
  TCC_NUM_DTYPES
};

/// Result codes; each corresponds to one tcc::Kind of the public API.
enum TccCode {
  TCC_OK = 0,
  TCC_ERROR_SHAPE = 1,
  TCC_ERROR_DTYPE = 2,
  TCC_ERROR_INDEX = 3,
  TCC_ERROR_VALUE = 4,
  TCC_ERROR_NUMERICAL = 5,
  TCC_ERROR_MEMORY = 6,
  TCC_ERROR_IO = 7,
  TCC_ERROR_UNAVAILABLE = 8, /* a shared library (BLAS, LAPACK) is missing on this machine */
  TCC_ERROR_INTERNAL = 9
};

/// Row-major and dense; `shape` has `rank` entries. `data` may be null if the tensor has no elements or is a result
/// that the function can leave out (TccEntry).
typedef struct TccTensor {
  void *data;
  int32_t dtype;
  int32_t rank;
  const int64_t *shape;
} TccTensor;

/// Filled only on failure. `location` is the location index of the failing step of a plan, -1 if there is none.
typedef struct TccStatus {
  int32_t code;
  int32_t location;
  char message[504];
} TccStatus;

/// `attrs`: the op's integer attributes in the order of its record, arrays as count then elements, f64 as its bits.
typedef int32_t (*TccLibraryFn)(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out,
                                const int64_t *attrs, TccStatus *status);

/// Computes blocks [begin, end) of a compiled kernel; `finish` combines the partial results in `scratch`.
typedef void (*TccKernelFn)(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end, void *scratch);
typedef void (*TccFinishFn)(void *const *buffers, const int64_t *dims, void *scratch);

/// One row of EntryPoints.inc.
typedef struct TccEntry {
  const char *symbol;
  TccLibraryFn function;
  int32_t num_results;
  uint32_t optional_results; /* bit i: result i may have no data, and is left out */
} TccEntry;

#define TCC_ENTRY(mnemonic, num_results, optional_results, attributes, sample)                                         \
  enum { tcc_##mnemonic##_optional_results = optional_results };                                                       \
  int32_t tcc_##mnemonic(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs, \
                         TccStatus *status);
#include "runtime/EntryPoints.inc"
#undef TCC_ENTRY

/// The entry of the library function `symbol` ("tcc_svd"), null if there is none. Naming it links every family.
const TccEntry *tcc_find_entry(const char *symbol);
/// All entries, `*count` of them.
const TccEntry *tcc_entries(int32_t *count);

#ifdef __cplusplus
}
#endif
#endif
