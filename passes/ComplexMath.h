// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Complex arithmetic as real arithmetic on (re, im), for scalars and for vectors alike.
#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

#include <optional>

namespace tcc {

/// A complex number, or a real result when `im` is null.
struct Complex {
  mlir::Value re, im;
};

class ComplexMath {
public:
  ComplexMath(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}
  /// The result of the complex dialect's `op` for these operands; nullopt for an op it does not know.
  std::optional<Complex> expand(mlir::Operation *op, llvm::ArrayRef<Complex> operands);

private:
  using Value = mlir::Value;
  Value constant(Value like, double value);
  Value add(Value x, Value y), sub(Value x, Value y), mul(Value x, Value y), div(Value x, Value y), neg(Value x);
  Value fma(Value x, Value y, Value z);
  Value less(Value x, Value y), isInf(Value x), isNan(Value x), isZero(Value x), absolute(Value x);
  Value select(Value c, Value x, Value y), copySign(Value magnitude, Value sign);
  Complex select(Value c, Complex x, Complex y);
  Complex mul(Complex x, Complex y), div(Complex x, Complex y);
  Complex exp(Complex z), log(Complex z), sqrt(Complex z), expm1(Complex z), log1p(Complex z);
  Complex pow(Complex x, Complex y), tanh(Complex z), sinh(Complex z), cosh(Complex z);
  /// |z| without overflow or underflow of the squares.
  Value hypot(Complex z);

  mlir::OpBuilder &b;
  mlir::Location loc;
};

} // namespace tcc
