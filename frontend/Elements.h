// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Single elements of evaluated data on the host: reading, writing and converting them by dtype.
#pragma once

#include "frontend/Emit.h"

#include <limits>

namespace tcc {

/// A size that is open while a function is traced is a negative number of its own, far from those that users write.
constexpr int64_t openSize(size_t number) { return -(int64_t(1) << 40) - int64_t(number); }
constexpr bool isOpen(int64_t size) { return size <= openSize(0); }
constexpr size_t openNumber(int64_t size) { return size_t(openSize(0) - size); }
/// In the shape of a reshape: the size that follows from the others.
constexpr int64_t anySize = std::numeric_limits<int64_t>::min();
bool hasOpen(const Shape &shape);
/// Whether two sizes may be the same; where one is open that is checked when the program runs.
constexpr bool mayAgree(int64_t a, int64_t b) { return a == b || isOpen(a) || isOpen(b); }
bool mayAgree(const Shape &a, const Shape &b);

int64_t elementCount(const Shape &shape);
/// The same, or an Error if the product overflows or an extent is negative; -1 if a size is open.
int64_t checkedCount(const Shape &shape, const char *op, Loc where);

/// Element `index` of row-major data, exact.
Scalar readElement(Dtype dtype, const void *data, int64_t index);
/// Stores with the conversions of the cast op: floats to integers truncate and saturate, NaN gives 0, anything to bool
/// is
/// != 0, complex to real takes the real part.
void writeElement(Dtype dtype, void *data, int64_t index, const Scalar &value);
double asDouble(const Scalar &value);
int64_t asInteger(const Scalar &value);
std::complex<double> asComplex(const Scalar &value);

/// Uninitialised memory for a tensor. Throws if there is none.
Buffer allocateElements(Dtype dtype, const Shape &shape, const char *op, Loc where);
/// Row-major int64 data as a tensor of no graph.
Tensor fromIntegers(const std::vector<int64_t> &values, Shape shape, Loc where);
/// Evaluates an integer or bool tensor.
std::vector<int64_t> evaluatedIntegers(const Tensor &x, Loc where);
/// Evaluates a tensor of one element.
Scalar evaluatedScalar(const Tensor &x, const char *op, Loc where);
/// A new leaf with these elements: never folded, never merged with equal constants.
Tensor leafOf(const Scalar &value, Dtype dtype, const Shape &shape, Loc where);

} // namespace tcc
