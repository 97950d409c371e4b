// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The part of an ahead-of-time artifact that is the same in all of them: the functions behind its C ABI, and the form
// in which it holds its plans. tcc-compile writes that form (passes/aot/PlanWords.cpp); ArtifactPlan.cpp reads
// it.
#ifndef TCC_RUNTIME_ARTIFACT_H
#define TCC_RUNTIME_ARTIFACT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef DLPACK_DLPACK_H_
/// DLPack's C struct (https://dmlc.github.io/dlpack), which is an ABI.
typedef struct {
  int32_t device_type; /* 1 = CPU */
  int32_t device_id;
} DLDevice;
typedef struct {
  uint8_t code; /* 0 int, 1 uint, 2 float, 4 bfloat, 5 complex, 6 bool */
  uint8_t bits;
  uint16_t lanes;
} DLDataType;
typedef struct {
  void *data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t *shape;
  int64_t *strides; /* in elements; null: row-major */
  uint64_t byte_offset;
} DLTensor;
#endif

/// What an artifact's code hands to the functions below. `state` is one zero-initialised word of its own.
typedef struct TccArtifact {
  const int64_t *plan;
  const char *constants;
  void *const *functions; ///< kernels, their finishers and library functions, by index
  void **state;
} TccArtifact;

/// NAME_shapes: fills dtype, ndim and shape of each output for these inputs. An output's `shape` is null (it then
/// points to memory of this thread, valid until its next call here) or has room for `ndim` sizes.
int32_t tcc_plan_shapes(const TccArtifact *artifact, const char *entry, const DLTensor *const *in, int32_t n_in,
                        DLTensor *out, int32_t n_out);
/// NAME_call: computes an entry. Everything is checked first; 0 or a TccCode.
int32_t tcc_plan_call(const TccArtifact *artifact, const char *entry, const DLTensor *const *in, int32_t n_in,
                      DLTensor *const *out, int32_t n_out);
/// The typed functions: `sizes` are the open sizes of the inputs in order of appearance.
int32_t tcc_plan_run(const TccArtifact *artifact, int32_t entry, const void *const *in, const int64_t *sizes,
                     void *const *out);
/// NAME_error: this thread's last message, "" if its last call succeeded.
const char *tcc_plan_error(void);

#ifdef __cplusplus
}

namespace tcc::runtime {

// The form of plans: 64-bit words, strings as a byte count and bytes padded to words, int32 lists as a count and values
// two to a word. A size is a count of instructions and (operation, value) pairs in postfix order.
//   header   magic version words constantBytes checksum entries, offset of each entry, then of each body that some step
//            runs; a body has the form of an entry, without names, checks and locations
//   entry    name symbols inputs outputs slots steps sizeWords bodies, types of inputs and outputs, checks, slots,
//   steps,
//            locations
//   type     name dtype rank shape (-1: open)
//   checks   count, each: op isAtMost location left right (sizes that must be equal, or left at most right)
//   slot     kind dtype index constantOffset rank size... offset
//   step     kind location function finish cost inputs outputs operands (list), kernel: dims (count, size...) extent
//            scratch, library: attributes (count, values), others: dims (count, size...), bodies (count, each: number
//            in the header, symbols (count, size...)); dependences successors (list)
//   location file line
inline constexpr int64_t planMagic = 0x0a31306e616c7074; // "tplan01\n"
inline constexpr int64_t planVersion = 2;
enum PlanHeader {
  planHeaderMagic,
  planHeaderVersion,
  planHeaderWords,
  planHeaderConstantBytes,
  planHeaderChecksum,
  planHeaderEntries,
  planHeaderSize
};
inline constexpr int maxSizeDepth = 64;

/// Of the words (with the checksum's own word 0) and the constants.
uint64_t planChecksum(const int64_t *words, int64_t numWords, const char *constants, int64_t constantBytes);

} // namespace tcc::runtime
#endif
#endif
