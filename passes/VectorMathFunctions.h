// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The expansions behind the public builders, one for each function, on scalars and vectors of rank 1. Internal.

#ifndef TCC_PASSES_VECTORMATHFUNCTIONS_H
#define TCC_PASSES_VECTORMATHFUNCTIONS_H

#include "passes/VectorMathEmitter.h"

namespace tcc::vecmath {

#define TCC_DECLARE(name) F expand##name(F x);
TCC_VECTOR_MATH_UNARY(TCC_DECLARE)
#undef TCC_DECLARE
#define TCC_DECLARE(name) F expand##name(F x, F y);
TCC_VECTOR_MATH_BINARY(TCC_DECLARE)
#undef TCC_DECLARE
F expandFpowi(F x, I n);
mlir::Value expandIpowi(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value n);

} // namespace tcc::vecmath

#endif // TCC_PASSES_VECTORMATHFUNCTIONS_H
