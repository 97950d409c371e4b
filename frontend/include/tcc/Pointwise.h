// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions of each element. Operands broadcast and promote as in NumPy 2; of integers, functions with real values give
// float64. The functions that are ops are declared by the generated part, compositions here.
#pragma once

#include "tcc/Tensor.h"

#pragma GCC visibility push(default)
#include "tcc/Elementwise.h.inc"
#pragma GCC visibility pop

namespace tcc {

/// Comparisons: bool. Complex numbers are ordered by real, then imaginary parts, as in NumPy.
TCC_API Tensor equal(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor not_equal(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor less(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor less_equal(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor greater(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor greater_equal(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// The larger of each pair; NaN wins.
TCC_API Tensor maximum(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// The smaller of each pair; NaN wins.
TCC_API Tensor minimum(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// 2 to the power of x.
TCC_API Tensor exp2(const Tensor &x, Loc where = Loc::current());
TCC_API Tensor log2(const Tensor &x, Loc where = Loc::current());
TCC_API Tensor log10(const Tensor &x, Loc where = Loc::current());
/// The sign of infinite results aside, x with NaN -> 0 and +-inf -> the largest finite numbers.
TCC_API Tensor nan_to_num(const Tensor &x, Loc where = Loc::current());
/// Rounds to that many decimals, half to even; negative counts before the point.
TCC_API Tensor round(const Tensor &x, int64_t decimals, Loc where = Loc::current());
TCC_API Tensor positive(const Tensor &x, Loc where = Loc::current());
/// 1 / x; floating or complex result.
TCC_API Tensor reciprocal(const Tensor &x, Loc where = Loc::current());
/// 1 / (1 + exp(-x)), without overflow.
TCC_API Tensor sigmoid(const Tensor &x, Loc where = Loc::current());
/// The phase of a complex number in (-pi, pi]; 0 or pi for reals.
TCC_API Tensor angle(const Tensor &x, Loc where = Loc::current());
/// radius * exp(i * phase), from two real tensors.
TCC_API Tensor polar(const Tensor &radius, const Tensor &phase, Loc where = Loc::current());
/// log(exp(a) + exp(b)), without overflow; real.
TCC_API Tensor logaddexp(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// True division: of integers float64.
TCC_API Tensor divide(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// floor(a / b); integers by 0 give 0, by a constant 0 an error.
TCC_API Tensor floor_divide(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// a - b * floor(a / b), with the sign of b; integers by 0 give 0, by a constant 0 an error.
TCC_API Tensor remainder(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// a - b * trunc(a / b), with the sign of a; integers by 0 give 0, by a constant 0 an error.
TCC_API Tensor fmod(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// a^b; throws for integers to a negative constant power, as NumPy.
TCC_API Tensor power(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// The same as power.
TCC_API Tensor pow(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// min(max(x, lo), hi); NaN stays.
TCC_API Tensor clip(const Tensor &x, const Tensor &lo, const Tensor &hi, Loc where = Loc::current());
/// With `_` for the end that is open.
TCC_API Tensor clip(const Tensor &x, Placeholder lo, const Tensor &hi, Loc where = Loc::current());
TCC_API Tensor clip(const Tensor &x, const Tensor &lo, Placeholder hi, Loc where = Loc::current());
/// a where the condition is nonzero, else b; all three broadcast.
TCC_API Tensor where(const Tensor &condition, const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor isnan(const Tensor &x, Loc where = Loc::current());
TCC_API Tensor isinf(const Tensor &x, Loc where = Loc::current());
TCC_API Tensor isfinite(const Tensor &x, Loc where = Loc::current());
/// Bool; nonzero counts as true.
TCC_API Tensor logical_not(const Tensor &x, Loc where = Loc::current());
TCC_API Tensor logical_and(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor logical_or(const Tensor &a, const Tensor &b, Loc where = Loc::current());
TCC_API Tensor logical_xor(const Tensor &a, const Tensor &b, Loc where = Loc::current());
/// Whether |a - b| <= atol + rtol |b| everywhere; evaluates. NaN is never close; equal infinities are.
TCC_API bool allclose(const Tensor &a, const Tensor &b, double rtol = 1e-5, double atol = 1e-8,
                      Loc where = Loc::current());

} // namespace tcc
