// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What products and contractions are made of, below the public functions.
#pragma once

#include "frontend/Axes.h"
#include "tcc/Contract.h"

namespace tcc {

/// dot_general for any number type and bool (or of ands): batch axes, then a's free axes, then b's.
Tensor dotGeneral(const Tensor &a, const Tensor &b, const std::vector<int64_t> &batchA,
                  const std::vector<int64_t> &batchB, const std::vector<int64_t> &contractA,
                  const std::vector<int64_t> &contractB, Loc where);
/// The offset-th diagonal of axes p and q as a new last axis.
Tensor diagonalOf(const Tensor &x, int64_t offset, int64_t p, int64_t q, Loc where);
/// What `contract` and `einsum` do, in the name of `op`. Labels may repeat within a tensor; extents of 1 broadcast.
Tensor contractLabels(const std::vector<Tensor> &xs, const std::vector<std::vector<int64_t>> &labels,
                      const std::vector<int64_t> &output, const ContractOptions &options, const char *op, Loc where);
/// How it would.
ContractionPath pathOfLabels(const std::vector<Tensor> &xs, const std::vector<std::vector<int64_t>> &labels,
                             const std::vector<int64_t> &output, const ContractOptions &options, const char *op,
                             Loc where);
/// a b of stacks of matrices: batch axes broadcast.
Tensor matrixProduct(const Tensor &a, const Tensor &b, const char *op, Loc where);

} // namespace tcc
