// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Streams of random words below the public distributions.
#pragma once

#include "frontend/Axes.h"

namespace tcc {

/// Throws unless `key` is one: uint32 {2}.
void expectKey(const Tensor &key, const char *op, Loc where);
/// The same, and for shapes that no tensor has.
void expectDraw(const Tensor &key, const Shape &shape, const char *op, Loc where);
/// The next key of the process's sequence.
Tensor nextKey(Loc where);
/// `n` keys that have nothing in common with what is drawn from `key` itself.
std::vector<Tensor> subkeys(const Tensor &key, int64_t n, Loc where);
/// Multiples of 2^-p off by half a step: in (0, 1), symmetric about 1/2. p is 23 for float32 and narrower, 52 for
/// float64.
Tensor openUniform(const Tensor &key, const Shape &shape, Dtype dtype, Loc where);
/// int64 in [0, 2^63).
Tensor wideBits(const Tensor &key, const Shape &shape, Loc where);
/// float32 or float64: what numbers of that dtype are computed in.
Dtype workDtype(Dtype dtype, const char *op, Loc where);
/// Standard normal numbers of a real working dtype.
Tensor standardNormal(const Tensor &key, const Shape &shape, Dtype dtype, Loc where);
/// d log x / da of gamma variates x with parameter a, at fixed random numbers.
Tensor gammaLogSlope(const Tensor &a, const Tensor &logX, Loc where);

} // namespace tcc
