// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A proof, by the ops between a decomposition and the loss, that the loss does not change when the scaled vectors
// rotate together: what the structural limits of ScaledVectors.h rest on.
#pragma once

#include "dialect/AdjointBuilder.h"

namespace tcc {

/// Vectors of a decomposition: the axis that counts them, and how a rotation r acts on it.
struct BasisVectors {
  mlir::Value value;
  int64_t axis;
  bool isAdjoint; ///< r^H from the left (vh), not r from the right (u, v)
};

struct BasisInvariance {
  /// Whether the loss is a function of the scaled vectors that is invariant under any rotation, and of symmetric
  /// functions of the values.
  bool isProven = false;
  /// Whether scaled vectors meet scaled vectors directly.
  bool isDirect = true;
  /// Whether a quotient of an earlier derivative is among the ops: this is a second derivative.
  bool hasQuotients = false;
  /// Whether the same matrix is decomposed by another op, too, whose values change with these: not asked if proven.
  bool hasTwin = false;
  /// Symmetric functions of the values, from which on nothing depends on the order of the values.
  llvm::SmallVector<mlir::Value> symmetric;
};

/// `values` is a result of b.op as `vectors` are; only what has a cotangent counts.
BasisInvariance proveBasisInvariance(AdjointBuilder &b, llvm::ArrayRef<BasisVectors> vectors, mlir::Value values);

} // namespace tcc
