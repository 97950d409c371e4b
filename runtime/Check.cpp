// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tcc_check: a copy of its operand, or the reason why there is no right answer. Derivatives of decompositions ask it.
#include "runtime/Tensors.h"
#include "runtime/Threads.h"
#include <string.h>

using namespace tcc::runtime;

namespace {

/// What `reason` says of the first element (row, column) that failed; the order of dialect/MatrixAlgebra.h's Reason.
const char *const reasons[] = {
    "[gradient] expected a function that does not depend on the choice of vectors of equal eigenvalues or singular "
    "values, or on the vectors' phases: the decomposition does not determine them, and there is no derivative (vectors "
    "%lld and %lld, batch index %lld)",
    "[gradient] expected distinct eigenvalues or singular values for a second derivative through their vectors, or "
    "through two decompositions of one matrix: values %lld and %lld are equal (batch index %lld)",
    "[gradient] expected a function that does not depend on the choice of the basis of a complement, which the "
    "decomposition does not determine (vectors %lld and %lld, batch index %lld)",
    "[linalg] expected a nonsingular matrix, got a singular one: its triangular factor is zero at row %lld, column "
    "%lld "
    "(batch index %lld)",
    "[gradient] expected a matrix of full rank for a derivative of its polar factors, got a zero at row %lld, column "
    "%lld of its singular values' diagonal (batch index %lld)",
};

} // namespace

int32_t tcc_check(const TccTensor *in, int32_t n_in, const TccTensor *out, int32_t n_out, const int64_t *attrs,
                  TccStatus *status) {
  TCC_CHECK(checkArguments("check", in, n_in, 2, out, n_out, 1, status));
  int64_t reason = AttributeReader(attrs).integer();
  TCC_CHECK(checkTensor("check", "result", out[0], in[0].dtype, in[0].rank, in[0].shape, status));
  if (in[1].dtype != TCC_BOOL || in[1].rank < 2)
    return fail(status, TCC_ERROR_SHAPE, "[check] expected a condition with two axes or more");
  int64_t count = numElements(in[1]), columns = in[1].shape[in[1].rank - 1];
  const uint8_t *failed = static_cast<const uint8_t *>(in[1].data);
  for (int64_t i = 0; i < count; ++i)
    if (failed[i]) {
      int64_t size = columns * in[1].shape[in[1].rank - 2], known = int64_t(sizeof(reasons) / sizeof(reasons[0]));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
      return fail(status, TCC_ERROR_NUMERICAL, reasons[reason >= 0 && reason < known ? reason : 0],
                  (long long)(i % size / columns), (long long)(i % columns), (long long)(i / size));
#pragma GCC diagnostic pop
    }
  int64_t bytes = numBytes(in[0]);
  if (bytes > 0 && out[0].data != in[0].data)
    memcpy(out[0].data, in[0].data, size_t(bytes));
  return TCC_OK;
}
