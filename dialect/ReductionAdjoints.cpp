// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Adjoints of products, windows, scans and sorting.
#include "dialect/AdjointBuilder.h"

using namespace mlir;

namespace tcc {

/// The product of the elements before each along the axis, or behind it if reverse.
static Value productOfOthers(AdjointBuilder &b, Value x, int64_t axis, bool reverse) {
  RankedTensorType type = tensorType(x);
  SmallVector<int64_t> low(type.getRank(), 0), high(low), starts(low), strides(type.getRank(), 1), limits;
  // Shift by one: a one in front (behind), the last (first) element dropped.
  (reverse ? high : low)[axis] = 1;
  for (int64_t size : type.getShape())
    limits.push_back(ShapedType::isDynamic(size) ? -1 : size);
  if (reverse) {
    starts[axis] = 1;
    limits[axis] += ShapedType::isDynamic(type.getDimSize(axis)) ? 0 : 1;
  } else if (ShapedType::isDynamic(type.getDimSize(axis))) {
    limits[axis] = -2;
  }
  Value padded = b.create<PadOp>(x, b.scalar(type.getElementType(), 1.0), b.integers(low), b.integers(high),
                                 b.integers(SmallVector<int64_t>(type.getRank(), 0)));
  Value shifted = b.create<SliceOp>(padded, b.integers(starts), b.integers(limits), b.integers(strides));
  return b.create<CumprodOp>(shifted, b.integer(axis), b.builder.getBoolAttr(reverse));
}

LogicalResult ReduceProdOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  // One axis after the other, the last first, so that the others keep their numbers. The product of all elements but
  // one is that before it times that behind it, also where some are zero.
  SmallVector<int64_t> axes(getAxes());
  llvm::sort(axes, std::greater<>());
  SmallVector<Value> partial{getX()};
  for (int64_t axis : ArrayRef(axes).drop_back(axes.empty() ? 0 : 1))
    partial.push_back(b.create<ReduceProdOp>(partial.back(), b.integers({axis})));
  Value dx = b.dy();
  for (auto [axis, x] : llvm::reverse(llvm::zip(axes, partial))) {
    Value others = b.create<MultiplyOp>(productOfOthers(b, x, axis, false), productOfOthers(b, x, axis, true));
    dx = b.create<MultiplyOp>(adjoint::repeatLike(b, dx, x, b.integers({axis})), b.create<ConjOp>(others));
  }
  b.accumulate(0, dx);
  return success();
}

LogicalResult CumprodOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  // dx_i = sum over k >= i of dy_k conj(y_k / x_i). Products that contain a zero: before the first zero the formula
  // holds as it is; at it the products are those of x with a one in its place; behind it they are this zero times such
  // products: they vanish, but their derivatives do not. (Behind two zeros first derivatives vanish, too.)
  Value x = getX(), zero = b.zeros(x), one = b.splat(x, 1.0);
  auto back = b.builder.getBoolAttr(!getReverse());
  auto sumOfRest = [&](Value y) {
    return b.create<CumsumOp>(b.create<MultiplyOp>(b.dy(), b.create<ConjOp>(y)), getAxisAttr(), back);
  };
  auto running = [&](Value of) { return b.create<CumprodOp>(of, getAxisAttr(), getReverseAttr()); };
  Value isZero = b.create<EqualOp>(x, zero), divisor = b.create<ConjOp>(b.create<SelectOp>(isZero, one, x));
  Value zeros = b.create<CumsumOp>(b.cast(isZero, b.builder.getI64Type()), getAxisAttr(), getReverseAttr());
  Value isBefore = b.create<EqualOp>(zeros, b.zeros(zeros)), isAfterOne = b.create<EqualOp>(zeros, b.splat(zeros, 1));
  Value isFirst = b.create<BitwiseAndOp>(isZero, isAfterOne);
  Value isSecond = b.create<BitwiseAndOp>(isZero, b.create<EqualOp>(zeros, b.splat(zeros, 2)));
  Value withoutFirst = b.create<SelectOp>(isFirst, one, x);
  Value atFirst = sumOfRest(running(withoutFirst));
  Value atSecond = sumOfRest(running(b.create<SelectOp>(isSecond, one, withoutFirst)));
  Value before = b.create<DivideOp>(sumOfRest(getY()), divisor);
  Value behind = b.create<SelectOp>(isAfterOne, b.create<DivideOp>(atFirst, divisor),
                                    b.create<SelectOp>(isSecond, atSecond, zero));
  Value firstZero = b.create<CumsumOp>(b.create<SelectOp>(isFirst, x, zero), getAxisAttr(), getReverseAttr());
  behind = b.create<MultiplyOp>(b.create<ConjOp>(firstZero), behind);
  b.accumulate(0, b.create<SelectOp>(isBefore, before, b.create<SelectOp>(isFirst, atFirst, behind)));
  return success();
}

/// Adds dy where the running extremum y of x was attained last.
static LogicalResult pullbackExtremum(AdjointBuilder &b, Value x, Value y, IntegerAttr axis, bool reverse) {
  if (!b.wants(0))
    return success();
  // NaN is attained where it stands.
  Value attained = b.create<BitwiseOrOp>(b.create<EqualOp>(x, y), b.create<NotEqualOp>(x, x));
  Value position = adjoint::iotaLike(b, x, axis.getInt());
  Value none = b.splat(position, reverse ? double(int64_t(1) << 52) : -1.0);
  Value marked = b.create<SelectOp>(attained, position, none);
  BoolAttr direction = b.builder.getBoolAttr(reverse);
  Value last = reverse ? b.create<CumminOp>(marked, axis, direction) : b.create<CummaxOp>(marked, axis, direction);
  b.accumulate(0, adjoint::scatterAddAlong(b, x, b.dy(), last, axis.getInt()));
  return success();
}

LogicalResult CummaxOp::pullback(AdjointBuilder &b) {
  return pullbackExtremum(b, getX(), getY(), getAxisAttr(), getReverse());
}
LogicalResult CumminOp::pullback(AdjointBuilder &b) {
  return pullbackExtremum(b, getX(), getY(), getAxisAttr(), getReverse());
}

LogicalResult SortOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0))
    return success();
  Value order = b.create<ArgsortOp>(getX(), getAxisAttr());
  Value inverse = b.create<ArgsortOp>(order, getAxisAttr());
  b.accumulate(0, adjoint::gatherAlong(b, b.dy(), inverse, getAxis()));
  return success();
}

LogicalResult WindowMaxOp::pullback(AdjointBuilder &b) {
  if (!b.wants(0) || !b.dy(0))
    return success();
  auto flat = [&](Value value) {
    RankedTensorType type = tensorType(value);
    int64_t size = type.hasStaticShape() ? type.getNumElements() : ShapedType::kDynamic;
    return b.create<ReshapeOp>(RankedTensorType::get({size}, type.getElementType()), value, Value());
  };
  Value dx = b.create<ScatterOp>(b.zeros(flat(getX())), flat(b.dy(0)), ValueRange{flat(getPosition())}, b.integers({0}),
                                 b.builder.getStringAttr("add"));
  b.accumulate(0, adjoint::reshapeLike(b, dx, getX()));
  return success();
}

} // namespace tcc
