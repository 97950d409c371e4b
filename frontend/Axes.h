// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Axes as users name them, and the small tensors that compositions are made of.
#pragma once

#include "frontend/Elements.h"
#include "frontend/OpBuilders.h"
#include "frontend/Promotion.h"
#include "frontend/UserError.h"

namespace tcc {

/// The axis counted from the front. Throws Kind::index if there is no such axis.
int64_t normalizeAxis(int64_t axis, int64_t rank, const char *op, Loc where);
/// All axes for `_`; otherwise each normalised, distinct, in the given order.
std::vector<int64_t> normalizeAxes(const Axes &axes, int64_t rank, const char *op, Loc where);
/// The one axis that was named. Throws for none or several.
int64_t singleAxis(const Axes &axes, int64_t rank, const char *op, Loc where);
bool contains(const std::vector<int64_t> &list, int64_t value);

/// A weak scalar as a node of its own dtype; anything else as it is. Throws for an empty handle.
Tensor asNode(const Tensor &x, const char *op, Loc where);
/// The same, with bool and integers as float64.
Tensor asInexact(const Tensor &x, const char *op, Loc where);
/// The same, with float16 and bfloat16 as float32: what LAPACK and FFT take.
Tensor asWide(const Tensor &x, const char *op, Loc where);
/// Throws Kind::dtype for complex x.
void expectReal(const Tensor &x, const char *op, Loc where);
/// Throws Kind::dtype for complex elements that are to be stored as those of a real dtype.
void expectStorable(Dtype elements, Dtype dtype, const char *op, Loc where);
/// x as elements of that dtype, to be stored among them. Throws for complex x and a real dtype.
Tensor storable(const Tensor &x, Dtype dtype, const char *op, Loc where);
/// Throws Kind::dtype unless x has integers.
void expectInteger(const Tensor &x, const char *op, Loc where);

/// A constant of x's dtype, 0-d.
Tensor constantLike(const Tensor &x, double value, Loc where);
Tensor zerosOf(Dtype dtype, const Shape &shape, Loc where);
/// 0, 1, ... along an axis.
Tensor iotaOf(const Shape &shape, int64_t axis, Dtype dtype, Loc where);
/// The limits of a slice that takes everything.
std::vector<int64_t> wholeLimits(const Tensor &x);
/// x[.., begin:end, ..] with 0 <= begin <= end <= extent.
Tensor sliceAxis(const Tensor &x, int64_t axis, int64_t begin, int64_t end, Loc where);
/// x[.., i, ..] without the axis.
Tensor selectAxis(const Tensor &x, int64_t axis, int64_t i, Loc where);
/// Zeros before and after one axis.
Tensor padAxis(const Tensor &x, int64_t axis, int64_t before, int64_t after, Loc where);
/// x with `shape`, which has as many elements and may have one `anySize`; no op if it has it.
Tensor reshapeTo(const Tensor &x, const Shape &shape, Loc where);
/// The shape with some axes replaced by 1.
Shape withOnes(Shape shape, const std::vector<int64_t> &axes);

} // namespace tcc
