// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy 2's result types and broadcasting: what the DSL's functions do to their arguments before an op sees them. The
// IR neither promotes nor broadcasts.
#pragma once

#include "tcc/Tensor.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tcc {

/// What a function does to the dtypes of its arguments (the `promote` field of the op's record).
enum class Promote {
  keep,      ///< the common type of the arguments; weak C++ scalars follow the arrays
  inexact,   ///< the same, and bool and integers become float64
  keepExact, ///< unary: bool and integers are their own result, the op is not needed; otherwise as keep
  keepReal,  ///< unary: real arguments are their own result, the op is not needed; otherwise as keep
  integer,   ///< bool counts as int64 (sums, products)
};

/// The common type of two arrays (NumPy's lattice, without uint64, float128 and the small complex types).
Dtype promote(Dtype a, Dtype b);
/// The type an array of dtype `array` has in company of a C++ scalar of dtype `scalar`: only the scalar's kind counts.
Dtype promoteWeak(Dtype array, Dtype scalar);
/// Throws Kind::value for an empty handle.
void expectTensor(const Tensor &x, const char *op, Loc where);
/// The common type of several tensors, weak scalars included. Throws for an empty handle.
Dtype commonDtype(std::span<const Tensor> xs, const char *op, Loc where);
/// The shape they broadcast to. Throws "[op] expected shapes that broadcast, got {2, 3} and {4}".
Shape broadcastShapes(std::span<const Tensor> xs, const char *op, Loc where);
Shape broadcastShapes(const Shape &a, const Shape &b, const char *op, Loc where);

/// x as a tensor of that dtype: a weak scalar is converted exactly, without an op.
Tensor asDtype(const Tensor &x, Dtype dtype, Loc where);
/// x with NumPy's broadcasting rules applied: no op if it has the shape.
Tensor broadcastTo(const Tensor &x, const Shape &shape, const char *op, Loc where);

/// The argument of a unary op. keepExact and keepReal: unchanged, the caller looks at the dtype first.
Tensor promoteUnary(const Tensor &x, Promote how, const char *op, Loc where);
/// Whether arguments are what promoteUnary and promoteBinary would make of them.
bool isPromoted(const Tensor &x, Promote how);
bool arePromoted(const Tensor &a, const Tensor &b, Promote how);
/// The arguments of a binary op: one dtype, one shape. For ops to read, not for users: a C++ number is in no graph yet.
std::pair<Tensor, Tensor> promoteBinary(const Tensor &a, const Tensor &b, Promote how, const char *op, Loc where);
/// The same for any number.
std::vector<Tensor> promoteAll(std::span<const Tensor> xs, Promote how, const char *op, Loc where);
/// The largest finite number of a floating dtype, or of a complex dtype's parts.
double largest(Dtype dtype);
/// Whether an integer dtype has that value.
bool holds(Dtype dtype, int64_t value);
/// Whether the handle is a C++ scalar that has met no array.
bool isWeak(const Tensor &x);

} // namespace tcc
