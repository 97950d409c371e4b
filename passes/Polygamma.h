// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The polygamma functions, which derivatives of lgamma and digamma need.
#pragma once

#include "passes/VectorMath.h"

namespace tcc {

/// The derivative of digamma of that order, 1 or more; types as for all builders of VectorMath.h.
mlir::Value buildPolygamma(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, int64_t order,
                           const VectorMathOptions &options = {});

} // namespace tcc
