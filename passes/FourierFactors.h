// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Factors and conjugates that Fourier transforms apply themselves.
#pragma once

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace tcc {

/// Part of simplify: real constants by which a transform's result is multiplied or divided, its sign, and conjugates of
/// a transform's result or input become attributes of the transform.
void foldFourierFactors(mlir::FunctionOpInterface function);

} // namespace tcc
