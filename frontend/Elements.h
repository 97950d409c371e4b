// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Single elements of evaluated data on the host: reading, writing and converting them by dtype.
#pragma once

#include "frontend/Emit.h"

namespace tcc {

int64_t elementCount(const Shape &shape);
/// The same, or an Error if the product overflows or an extent is negative.
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
