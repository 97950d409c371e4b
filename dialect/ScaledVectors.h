// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the cotangents of a decomposition's vectors change with its values: what quotients of differences of equal values
// tend to.
#pragma once

#include "dialect/AdjointBuilder.h"

namespace tcc {

/// What is held while the values change: the cotangents of scaled vectors, or those of products of scaled vectors.
enum class Held { vectors, products };

/// Derivatives of the cotangents of `vectors` along a common change of all of `values`, through the factors that depend
/// on the values and scale the vectors, `symmetric` functions of the values held. All are results of b.op. Null is
/// zero. Fails, with a diagnostic, at an op that cannot be differentiated.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> differentiateScaling(AdjointBuilder &b, mlir::ValueRange vectors,
                                                                     mlir::Value values, mlir::ValueRange symmetric,
                                                                     Held held = Held::vectors);

/// The tangent of y for tangents of xs, all of `fixed` held. Null is zero.
mlir::FailureOr<mlir::Value> differentiateAlong(AdjointBuilder &b, mlir::Value y, mlir::ValueRange xs,
                                                mlir::ValueRange tangents, mlir::ValueRange fixed);

} // namespace tcc
