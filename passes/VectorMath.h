// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tcc's own vector math: builders that expand an elementary or special function into straight-line `arith` (and a few
// `math` ops that are single instructions), so that LLVM sees pure vector code and never calls libm lane by lane.

#ifndef TCC_PASSES_VECTORMATH_H
#define TCC_PASSES_VECTORMATH_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace tcc {

/// What the target offers.
struct VectorMathOptions {
  /// A hardware fused multiply-add. Without it (wasm, x86 before Haswell) `math.fma` would become a libm call, so
  /// products and sums round separately and exact products are formed by Dekker's splitting; the accuracy bounds hold
  /// in both modes.
  bool fma = true;
  /// AVX-512's x * 2^n of vectors, correctly rounded: one instruction instead of nine.
  bool scalef = false;
};

/// Whether the builders take values of this type: f32, f64, or a fixed (not scalable) vector of them.
bool isVectorMathType(mlir::Type type);

// Every builder is generic over the types of isVectorMathType, expects operands of equal type and returns that type.
// Special values, signed zeros and subnormals are those of C99 Annex F. Bounds (ulp) are in docs/accuracy.md.
// clang-format off
#define TCC_VECTOR_MATH_UNARY(X)                                                                                       \
  X(Exp) X(Exp2) X(Expm1) X(Log) X(Log2) X(Log10) X(Log1p) X(Sin) X(Cos) X(Tan) X(Asin) X(Acos) X(Atan) X(Sinh)        \
  X(Cosh) X(Tanh) X(Asinh) X(Acosh) X(Atanh) X(Cbrt) X(Rsqrt) X(Erf) X(Erfc) X(Erfinv) X(Lgamma) X(Digamma)
// clang-format on
#define TCC_VECTOR_MATH_BINARY(X) X(Pow) X(Atan2)

#define TCC_DECLARE(name)                                                                                              \
  mlir::Value build##name(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, const VectorMathOptions &options = {});
TCC_VECTOR_MATH_UNARY(TCC_DECLARE)
#undef TCC_DECLARE
#define TCC_DECLARE(name)                                                                                              \
  mlir::Value build##name(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value y,                        \
                          const VectorMathOptions &options = {});
TCC_VECTOR_MATH_BINARY(TCC_DECLARE)
#undef TCC_DECLARE

/// x^n for an integer n (any width up to 64) of the shape of x.
mlir::Value buildFpowi(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value n,
                       const VectorMathOptions &options = {});
/// x^n for integers of equal type, modulo 2^width; a negative n gives the truncated quotient 1 / x^|n|, and 0 for x =
/// 0.
mlir::Value buildIpowi(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value n);

/// Whether every target rounds this truncation correctly by itself: not to bfloat16, where x86 flushes subnormals, and
/// not from double to a half, which is a libm call.
bool isNativeTruncation(mlir::Type from, mlir::Type to);
/// x rounded once to a narrower float type, to nearest even, of scalars or vectors.
mlir::Value buildTruncation(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, mlir::Value x);

} // namespace tcc

#endif // TCC_PASSES_VECTORMATH_H
