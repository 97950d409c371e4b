// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How one element of an elementwise op is computed: arith, math and complex ops on scalars. What op has which kernel is
// said in its record (dialect/*.td); here are the kernels that are more than one op.
#pragma once

#include "mlir/IR/Builders.h"

namespace tcc {

/// The element of the result of the elementwise `op` for one element of each operand. Scalars are builtin: i1 for bool,
/// signless integers (signed or not is known from `op`), floats, complex. Null if the op has no kernel for its types.
mlir::Value buildScalarKernel(mlir::Operation *op, mlir::OpBuilder &b, mlir::Location loc, mlir::ValueRange scalars);

/// Element classes with kernels of their own; the order of the generated table.
enum class ElementClass { Float, Complex, Signed, Unsigned, Bool };
ElementClass elementClassOf(mlir::Type element);

/// x from one element type to another, signs included: floats to integers truncate and saturate, NaN gives 0; to bool
/// is
/// != 0; complex to real takes the real part; integers keep their low bits.
mlir::Value buildScalarCast(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Type from, mlir::Type to);

} // namespace tcc
