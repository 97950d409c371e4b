// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Construction and evaluation of symbolic sizes.
#include "passes/SizeExpr.h"

#include "llvm/ADT/SmallVector.h"

using namespace mlir;

namespace tcc {

SizeExpr SizeExpr::binary(Kind kind, const SizeExpr &left, const SizeExpr &right) {
  if (left.isConstant() && right.isConstant())
    return runtime::combineSizes(kind, left.code[0].value, right.code[0].value);
  SizeExpr expr = left;
  expr.code.insert(expr.code.end(), right.code.begin(), right.code.end());
  expr.code.push_back({kind, 0});
  return expr;
}

SizeExpr SizeExpr::of(AffineExpr expr) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return SizeExpr::symbol(symbol.getPosition());
  auto operation = cast<AffineBinaryOpExpr>(expr);
  Kind kind = expr.getKind() == AffineExprKind::Add        ? Kind::Add
              : expr.getKind() == AffineExprKind::Mul      ? Kind::Multiply
              : expr.getKind() == AffineExprKind::FloorDiv ? Kind::FloorDivide
              : expr.getKind() == AffineExprKind::CeilDiv  ? Kind::CeilDivide
                                                           : Kind::Modulo;
  return binary(kind, of(operation.getLHS()), of(operation.getRHS()));
}

SizeExpr SizeExpr::substitute(ArrayRef<SizeExpr> values) const {
  SizeExpr expr;
  expr.code.clear();
  for (const Instruction &instruction : code)
    if (instruction.kind == Kind::Symbol)
      llvm::append_range(expr.code, values[instruction.value].code);
    else
      expr.code.push_back(instruction);
  return expr;
}

SizeExpr SizeExpr::read(ByteReader &from) {
  SizeExpr expr;
  auto code = from.vector<Instruction>();
  int64_t depth = 0;
  bool isValid = true;
  for (const Instruction &instruction : code) {
    depth += instruction.kind <= Kind::Symbol ? 1 : -1;
    isValid &= instruction.kind <= Kind::Modulo && depth >= 1;
  }
  if (isValid && depth == 1)
    expr.code = std::move(code);
  else
    from.fail();
  return expr;
}

int64_t SizeExpr::evaluate(ArrayRef<int64_t> symbols) const {
  SmallVector<int64_t> stack;
  for (const Instruction &instruction : code) {
    if (instruction.kind == Kind::Constant) {
      stack.push_back(instruction.value);
    } else if (instruction.kind == Kind::Symbol) {
      stack.push_back(symbols[instruction.value]);
    } else {
      int64_t right = stack.pop_back_val();
      stack.back() = runtime::combineSizes(instruction.kind, stack.back(), right);
    }
  }
  return stack.back();
}

} // namespace tcc
