// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes that depend on the open sizes of a program's arguments, as plain data that outlives its MLIR context.
#pragma once

#include "passes/ByteStream.h"
#include "runtime/Sizes.h"

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Value.h"

#include <vector>

namespace tcc {

class SizeExpr {
public:
  using Kind = runtime::SizeOperation;

  SizeExpr(int64_t value = 0) : code{{Kind::Constant, value}} {}
  static SizeExpr symbol(unsigned index) {
    SizeExpr expr;
    expr.code[0] = {Kind::Symbol, int64_t(index)};
    return expr;
  }
  static SizeExpr binary(Kind kind, const SizeExpr &left, const SizeExpr &right);
  static SizeExpr of(mlir::AffineExpr expr);

  void write(ByteWriter &to) const { to.add(code); }
  /// Fails `from` if the bytes are no expression.
  static SizeExpr read(ByteReader &from);

  bool isConstant() const { return code.size() == 1 && code[0].kind == Kind::Constant; }
  int64_t evaluate(llvm::ArrayRef<int64_t> symbols) const;
  /// With `values` in place of the symbols.
  SizeExpr substitute(llvm::ArrayRef<SizeExpr> values) const;

  struct Instruction {
    Kind kind;
    int64_t value; ///< of a constant; a symbol's index
  };
  /// In postfix order.
  const std::vector<Instruction> &instructions() const { return code; }

private:
  std::vector<Instruction> code;
};

} // namespace tcc
