// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The classification of tcc ops for kernels.
#include "passes/KernelOps.h"
#include "runtime/Runtime.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace tcc {

SmallVector<int64_t> freeAxes(int64_t rank, ArrayRef<int64_t> batch, ArrayRef<int64_t> contract) {
  SmallVector<int64_t> axes;
  for (int64_t axis = 0; axis < rank; ++axis)
    if (!llvm::is_contained(batch, axis) && !llvm::is_contained(contract, axis))
      axes.push_back(axis);
  return axes;
}

/// The number of elements along `axes`, -1 if open.
static int64_t extent(RankedTensorType type, ArrayRef<int64_t> axes) {
  int64_t product = 1;
  for (int64_t axis : axes) {
    if (type.isDynamicDim(axis))
      return -1;
    product *= type.getDimSize(axis);
  }
  return product;
}

// BLAS has no integers and no bool, and packs its operands, which does not pay when a gate of 2 x 2 meets a state of
// 2^14 amplitudes: with few contracted elements and few free ones on a side, the product is a stream over the other
// operand, and it can be fused. A batch of small products is no stream: the library has it in registers.
static bool isTinyContraction(DotGeneralOp op) {
  RankedTensorType a = op.getA().getType(), b = op.getB().getType();
  if (!isInexact(a) || a.getElementType().isF16() || a.getElementType().isBF16())
    return !isInexact(a);
  constexpr int64_t tiny = 8;
  int64_t k = extent(a, op.getLhsContract());
  if (k < 0 || k > tiny)
    return false;
  int64_t m = extent(a, freeAxes(a.getRank(), op.getLhsBatch(), op.getLhsContract()));
  int64_t n = extent(b, freeAxes(b.getRank(), op.getRhsBatch(), op.getRhsContract()));
  bool fewRows = m >= 0 && m <= tiny, fewColumns = n >= 0 && n <= tiny;
  if (fewRows && fewColumns)
    return m * n * k <= 27;
  return fewRows || fewColumns;
}

bool isSplat(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue().isSplat();
}

Role roleOf(Operation *op) {
  if (op->hasTrait<trait::Elementwise>())
    return Role::Elementwise;
  if (op->hasTrait<trait::Reduction>())
    return Role::Reduction;
  return llvm::TypeSwitch<Operation *, Role>(op)
      .Case<IotaOp, ExtentOp, RandomBitsOp>([](auto) { return Role::Source; })
      .Case<ConstantOp>(
          [](ConstantOp constant) { return constant.getValue().isSplat() ? Role::Source : Role::Library; })
      .Case<BroadcastOp, ReshapeOp, TransposeOp, SliceOp, ReverseOp>([](auto) { return Role::View; })
      .Case<PadOp, ConcatenateOp, GatherOp>([](auto) { return Role::Access; })
      .Case<DotGeneralOp>([](DotGeneralOp dot) { return isTinyContraction(dot) ? Role::Contraction : Role::Library; })
      .Default([](Operation *) { return Role::Library; });
}

// Operand position of a reshape, if each operand axis covers whole result axes: both shapes are cut into the smallest
// runs of axes with equally many elements; a run with one operand axis (not counting axes of size 1) is read at the
// row-major number of the run's result position.
static AffineMap reshapeMap(ReshapeOp op) {
  MLIRContext *context = op.getContext();
  RankedTensorType from = op.getX().getType(), to = op.getY().getType();
  SmallVector<AffineExpr> results(from.getRank(), getAffineConstantExpr(0, context));
  SmallVector<int64_t> fromAxes, toAxes;
  for (int64_t axis = 0; axis < from.getRank(); ++axis)
    if (from.getDimSize(axis) != 1)
      fromAxes.push_back(axis);
  for (int64_t axis = 0; axis < to.getRank(); ++axis)
    if (to.getDimSize(axis) != 1)
      toAxes.push_back(axis);
  if (!from.hasStaticShape() || !to.hasStaticShape()) {
    auto match = op.getLike() ? std::nullopt : matchReshape(from, to);
    if (!match || !match->from.empty() || !match->to.empty())
      return {};
    for (auto [x, y] : match->equal)
      results[x] = getAffineDimExpr(y, context);
    return AffineMap::get(to.getRank(), 0, results, context);
  }
  if (from.getNumElements() == 0)
    return {};
  size_t next = 0;
  for (int64_t axis : fromAxes) {
    int64_t size = 1;
    AffineExpr position = getAffineConstantExpr(0, context);
    while (next < toAxes.size() && size < from.getDimSize(axis)) {
      int64_t step = to.getDimSize(toAxes[next]);
      position = position * step + getAffineDimExpr(toAxes[next++], context);
      size *= step;
    }
    if (size != from.getDimSize(axis))
      return {};
    results[axis] = position;
  }
  return AffineMap::get(to.getRank(), 0, results, context);
}

AffineMap viewMap(Operation *op) {
  MLIRContext *context = op->getContext();
  auto from = tensorType(op->getOperand(0)), to = tensorType(op->getResult(0));
  SmallVector<AffineExpr> results(from.getRank());
  return llvm::TypeSwitch<Operation *, AffineMap>(op)
      .Case<BroadcastOp>([&](BroadcastOp broadcast) {
        for (auto [axis, dim] : llvm::enumerate(broadcast.getDims()))
          results[axis] =
              from.getDimSize(axis) == 1 ? getAffineConstantExpr(0, context) : getAffineDimExpr(dim, context);
        return AffineMap::get(to.getRank(), 0, results, context);
      })
      .Case<ReshapeOp>([&](ReshapeOp reshape) { return reshapeMap(reshape); })
      .Case<TransposeOp>([&](TransposeOp transpose) {
        for (auto [axis, of] : llvm::enumerate(transpose.getPerm()))
          results[of] = getAffineDimExpr(axis, context);
        return AffineMap::get(to.getRank(), 0, results, context);
      })
      .Case<SliceOp>([&](SliceOp slice) {
        for (int64_t axis = 0; axis < from.getRank(); ++axis)
          results[axis] = getAffineDimExpr(axis, context) * slice.getStrides()[axis] + slice.getStarts()[axis];
        return AffineMap::get(to.getRank(), 0, results, context);
      })
      .Case<ReverseOp>([&](ReverseOp reverse) {
        for (int64_t axis = 0; axis < from.getRank(); ++axis)
          results[axis] = getAffineDimExpr(axis, context);
        for (int64_t axis : reverse.getAxes()) {
          if (from.isDynamicDim(axis))
            return AffineMap();
          results[axis] = from.getDimSize(axis) - 1 - getAffineDimExpr(axis, context);
        }
        return AffineMap::get(to.getRank(), 0, results, context);
      })
      .Default([&](Operation *) { // elementwise
        return AffineMap::getMultiDimIdentityMap(to.getRank(), context);
      });
}

int64_t flopsPerElement(Operation *op) {
  switch (roleOf(op)) {
  case Role::Elementwise: {
    int64_t perPart = isComplex(op->getResult(0).getType()) ? 4 : 1;
    return perPart *
           llvm::TypeSwitch<Operation *, int64_t>(op)
               .Case<NegOp, ConjOp, AbsOp, SignOp, SquareOp, FloorOp, CeilOp, RoundOp, TruncOp, BitwiseNotOp, RealOp,
                     ImagOp, CastOp, AddOp, SubtractOp, MultiplyOp, MaximumOp, MinimumOp, BitwiseAndOp, BitwiseOrOp,
                     BitwiseXorOp, LeftShiftOp, RightShiftOp, tcc::ComplexOp, EqualOp, NotEqualOp, LessOp, LessEqualOp,
                     GreaterOp, GreaterEqualOp, SelectOp, StopGradientOp>([](auto) { return 1; })
               .Case<DivideOp, SqrtOp, RsqrtOp>([](auto) { return 8; })
               .Default([](Operation *) { return 20; });
  }
  case Role::Source:
    return isa<RandomBitsOp>(op) ? 60 : 0;
  case Role::Access:
    return 4 * op->getNumOperands();
  default:
    return 1;
  }
}

bool isFloating(Operation *op) {
  switch (roleOf(op)) {
  case Role::View:
    return viewMap(op) != AffineMap();
  case Role::Source:
    return !isa<RandomBitsOp>(op);
  case Role::Elementwise:
    return isa<CastOp, ConjOp, RealOp, ImagOp, StopGradientOp>(op);
  default:
    return false;
  }
}

Type storageType(Type element) {
  auto integer = dyn_cast<IntegerType>(element);
  if (!integer)
    return element;
  return IntegerType::get(element.getContext(), integer.getWidth() == 1 ? 8 : integer.getWidth());
}

int64_t elementBytes(Type element) {
  if (auto complexElement = dyn_cast<mlir::ComplexType>(element))
    return complexElement.getElementType().getIntOrFloatBitWidth() / 4;
  return storageType(element).getIntOrFloatBitWidth() / 8;
}

bool isLeftOut(Value value) {
  auto result = dyn_cast<OpResult>(value);
  auto call = result && value.use_empty() ? dyn_cast<RuntimeCallOpInterface>(result.getOwner()) : nullptr;
  const TccEntry *entry = call ? tcc_find_entry(call.getLibrarySymbol().c_str()) : nullptr;
  return entry && entry->optional_results >> result.getResultNumber() & 1;
}

Value rootOf(Value tensor) {
  while (auto reshape = tensor.getDefiningOp<ReshapeOp>())
    tensor = reshape.getX();
  return tensor;
}

} // namespace tcc
