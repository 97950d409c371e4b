// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A transform multiplies its results by a factor in any case and conjugates while a line is in the cache: passes over
// memory that do nothing else are left out. Factors of inputs stay, as they may keep a sum from overflowing.
#include "passes/FourierFactors.h"

#include "dialect/Dialect.h"
#include "dialect/Ops.h"

#include <cmath>

using namespace mlir;

namespace tcc {
namespace {

/// The number that all elements are equal to, if it is real.
std::optional<double> realNumber(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  auto splat = constant ? dyn_cast<SplatElementsAttr>(constant.getValue()) : nullptr;
  if (!splat)
    return std::nullopt;
  if (isa<FloatType>(splat.getElementType()))
    return splat.getSplatValue<APFloat>().convertToDouble();
  if (!isa<ComplexType>(splat.getElementType()))
    return std::nullopt;
  auto number = splat.getSplatValue<std::complex<APFloat>>();
  return number.imag().isZero() ? std::optional(number.real().convertToDouble()) : std::nullopt;
}

/// The factor by which `op` multiplies its first operand.
std::optional<double> factorOf(Operation &op) {
  if (isa<NegOp>(op))
    return -1.0;
  std::optional<double> number = isa<MultiplyOp, DivideOp>(op) ? realNumber(op.getOperand(1)) : std::nullopt;
  return number && isa<DivideOp>(op) ? 1 / *number : number;
}

/// The transform with this result, if nothing else reads that.
Operation *transformOf(Value value) {
  Operation *op = value.getDefiningOp();
  return op && isa<FftOp, RfftOp, IrfftOp>(op) && value.hasOneUse() ? op : nullptr;
}

bool scale(Operation *transform, double factor) {
  double product = factor * transform->getAttrOfType<FloatAttr>("scale").getValueAsDouble();
  // With the norm, 1 / N at least, this is still a normal number of any type.
  if (!(std::abs(product) >= 0x1p-64 && std::abs(product) <= 0x1p64))
    return false;
  transform->setAttr("scale", Builder(transform->getContext()).getF64FloatAttr(product));
  return true;
}

void toggle(Operation *transform, StringRef attribute) {
  bool value = transform->getAttrOfType<BoolAttr>(attribute).getValue();
  transform->setAttr(attribute, Builder(transform->getContext()).getBoolAttr(!value));
}

} // namespace

void foldFourierFactors(FunctionOpInterface function) {
  for (Block &block : function.getFunctionBody())
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (isa<FftOp, IrfftOp>(op)) {
        if (auto conj = op.getOperand(0).getDefiningOp<ConjOp>()) {
          op.setOperand(0, conj.getX());
          toggle(&op, "conjugate");
          if (isa<FftOp>(op)) // F conj(x) = conj(F^-1 x) but for the norm, which is an attribute of its own
            toggle(&op, "inverse");
        }
        continue;
      }
      Operation *transform = op.getNumOperands() > 0 ? transformOf(op.getOperand(0)) : nullptr;
      if (!transform)
        continue;
      std::optional<double> factor = factorOf(op);
      if (factor ? scale(transform, *factor) : isa<ConjOp>(op)) {
        if (!factor)
          toggle(transform, "conjugate");
        op.getResult(0).replaceAllUsesWith(transform->getResult(0));
        op.erase();
      }
    }
}

} // namespace tcc
