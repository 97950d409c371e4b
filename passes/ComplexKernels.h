// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar kernels of complex functions that the complex dialect lacks, from those that it has.
#pragma once

#include "mlir/IR/Builders.h"

namespace tcc::kernels {
using mlir::Location, mlir::OpBuilder, mlir::Value;

Value complexSquare(OpBuilder &b, Location loc, Value z);
Value complexSinh(OpBuilder &b, Location loc, Value z);
Value complexCosh(OpBuilder &b, Location loc, Value z);
Value complexAsin(OpBuilder &b, Location loc, Value z);
Value complexAcos(OpBuilder &b, Location loc, Value z);
Value complexAtan(OpBuilder &b, Location loc, Value z);
Value complexAsinh(OpBuilder &b, Location loc, Value z);
Value complexAcosh(OpBuilder &b, Location loc, Value z);
Value complexAtanh(OpBuilder &b, Location loc, Value z);

} // namespace tcc::kernels
