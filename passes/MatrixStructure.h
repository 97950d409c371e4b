// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the ops that make a stack of matrices say about it.
#pragma once

#include "dialect/Ops.h"

namespace tcc {

/// Of square matrices; what is false is not known.
struct MatrixStructure {
  bool isLower = false, isUpper = false; ///< triangular; both: diagonal
  bool isUnitary = false;
  bool isHermitian = false;
  bool isSemidefinite = false; ///< and Hermitian
};
MatrixStructure structureOf(mlir::Value x);

bool isIdentityMatrix(mlir::Value x);
/// The matrix of which x is the conjugate transpose, null if it is none.
mlir::Value adjointSource(mlir::Value x);
/// Whether the transpose exchanges the last two axes and no others.
bool swapsLastAxes(TransposeOp transpose);
/// Whether it is a product of two stacks of matrices, or of a matrix and a vector.
bool isMatrixProduct(DotGeneralOp dot);

} // namespace tcc
