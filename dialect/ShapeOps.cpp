// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Inference, verifiers and folders of the ops that move elements.
#include "dialect/Inference.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace tcc {

LogicalResult BroadcastOp::verify() {
  RankedTensorType from = getX().getType(), to = getY().getType();
  ArrayRef<int64_t> dims = getDims();
  if (from.getElementType() != to.getElementType())
    return emitOpError("element types differ: ") << from << " and " << to;
  if (int64_t(dims.size()) != from.getRank())
    return emitOpError("dims must have an entry for each of the ")
           << from.getRank() << " axes of x, got " << dims.size();
  for (auto [axis, dim] : llvm::enumerate(dims)) {
    if (!isAxis(dim, to.getRank()) || (axis > 0 && dim <= dims[axis - 1]))
      return emitOpError("dims must be increasing axes of the result, got [") << dims << "]";
    if (from.getDimSize(axis) != 1 && !mayBeEqual(from.getDimSize(axis), to.getDimSize(dim)))
      return emitOpError("axis ") << axis << " of x does not fit axis " << dim << " of the result: " << from << " and "
                                  << to;
  }
  if (getLike() && to.hasStaticShape())
    return emitOpError("result has no open sizes, so 'like' says nothing, got ") << to;
  if (getLike() && getLike().getType().getRank() != to.getRank())
    return emitOpError("'like' must have as many axes as the result, got ") << getLike().getType() << " for " << to;
  for (int64_t dim = 0; dim < to.getRank(); ++dim) {
    const auto *axis = llvm::find(dims, dim);
    bool known = !to.isDynamicDim(dim) || (axis != dims.end() && from.isDynamicDim(axis - dims.begin())) ||
                 (getLike() && getLike().getType().isDynamicDim(dim));
    if (!known)
      return emitOpError("neither x nor 'like' gives the open size of axis ") << dim << " of the result " << to;
  }
  return success();
}

std::optional<ReshapeMatch> matchReshape(RankedTensorType from, RankedTensorType to) {
  ReshapeMatch whole, match;
  for (auto [type, axes] : {std::pair(from, &whole.from), std::pair(to, &whole.to)})
    for (int64_t axis = 0; axis < type.getRank(); ++axis)
      if (type.getDimSize(axis) != 1)
        axes->push_back(axis);
  match = whole;
  auto fits = [&](auto x, auto y) { return from.getDimSize(*x) == to.getDimSize(*y); };
  while (!match.from.empty() && !match.to.empty() && fits(match.from.begin(), match.to.begin())) {
    match.equal.push_back({match.from.front(), match.to.front()});
    match.from.erase(match.from.begin());
    match.to.erase(match.to.begin());
  }
  while (!match.from.empty() && !match.to.empty() && fits(match.from.rbegin(), match.to.rbegin()))
    match.equal.push_back({match.from.pop_back_val(), match.to.pop_back_val()});
  auto numOpen = [](RankedTensorType type, ArrayRef<int64_t> axes) {
    return llvm::count_if(axes, [&](int64_t axis) { return type.isDynamicDim(axis); });
  };
  auto product = [](RankedTensorType type, ArrayRef<int64_t> axes) {
    return std::accumulate(axes.begin(), axes.end(), int64_t(1),
                           [&](int64_t n, int64_t axis) { return n * type.getDimSize(axis); });
  };
  // What lies between must fit as well.
  int64_t openFrom = numOpen(from, match.from), openTo = numOpen(to, match.to);
  if (openTo == 0 ? openFrom == 0 && product(from, match.from) == product(to, match.to)
                  : openTo == 1 && !match.from.empty() && (openFrom == 1 || to.getNumDynamicDims() == 1))
    return match;
  if (to.getNumDynamicDims() > 1)
    return std::nullopt;
  return whole;
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType from = getX().getType(), to = getY().getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("element types differ: ") << from << " and " << to;
  if (from.hasStaticShape() && to.hasStaticShape() && from.getNumElements() != to.getNumElements())
    return emitOpError("numbers of elements differ: ") << from << " and " << to;
  return verifyLike(*this, getLike(), to, /*required=*/!matchReshape(from, to));
}

TCC_INFER(TransposeOp) {
  RankedTensorType from = tensorType(adaptor.getX());
  ArrayRef<int64_t> perm = adaptor.getPerm();
  if (int64_t(perm.size()) != from.getRank() || !areDistinctAxes(perm, from.getRank()))
    return InferenceError(loc, getOperationName())
           << "perm must be a permutation of the " << from.getRank() << " axes of x, got " << perm;
  SmallVector<int64_t> shape;
  for (int64_t axis : perm)
    shape.push_back(from.getDimSize(axis));
  types.push_back(from.clone(shape));
  return success();
}

TCC_INFER(SliceOp) {
  RankedTensorType from = tensorType(adaptor.getX());
  ArrayRef<int64_t> starts = adaptor.getStarts(), limits = adaptor.getLimits(), strides = adaptor.getStrides();
  size_t rank = from.getRank();
  if (starts.size() != rank || limits.size() != rank || strides.size() != rank)
    return InferenceError(loc, getOperationName())
           << "starts, limits and strides must have an entry for each of the " << rank << " axes of x, got "
           << starts.size() << ", " << limits.size() << " and " << strides.size();
  SmallVector<int64_t> shape;
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t size = from.getDimSize(axis), start = starts[axis], limit = limits[axis];
    if (strides[axis] <= 0)
      return InferenceError(loc, getOperationName()) << "strides must be positive, got " << strides;
    bool open = ShapedType::isDynamic(size);
    if (open && limit < 0) {
      if (start < 0)
        return InferenceError(loc, getOperationName()) << "starts must not be negative, got " << starts;
      shape.push_back(ShapedType::kDynamic);
      continue;
    }
    if (start < 0 || start > limit || (!open && limit > size))
      return InferenceError(loc, getOperationName()) << "expects 0 <= start <= limit <= size on axis " << axis
                                                     << ", got " << start << ", " << limit << " of " << from;
    shape.push_back((limit - start + strides[axis] - 1) / strides[axis]);
  }
  types.push_back(from.clone(shape));
  return success();
}

TCC_INFER(ReverseOp) {
  RankedTensorType type = tensorType(adaptor.getX());
  if (!areDistinctAxes(adaptor.getAxes(), type.getRank()))
    return InferenceError(loc, getOperationName())
           << "axes must be distinct axes of x, got " << adaptor.getAxes() << " for " << type;
  types.push_back(type);
  return success();
}

TCC_INFER(PadOp) {
  RankedTensorType from = tensorType(adaptor.getX()), value = tensorType(adaptor.getValue());
  if (value.getRank() != 0 || value.getElementType() != from.getElementType())
    return InferenceError(loc, getOperationName())
           << "value must have no axes and the element type of x, got " << value << " for " << from;
  size_t rank = from.getRank();
  ArrayRef<int64_t> low = adaptor.getLow(), high = adaptor.getHigh(), interior = adaptor.getInterior();
  for (ArrayRef<int64_t> counts : {low, high, interior})
    if (counts.size() != rank || llvm::any_of(counts, [](int64_t count) { return count < 0; }))
      return InferenceError(loc, getOperationName())
             << "low, high and interior must have an entry for each of the " << rank << " axes, none negative, got "
             << low << ", " << high << " and " << interior;
  SmallVector<int64_t> shape;
  for (size_t axis = 0; axis < rank; ++axis) {
    int64_t size = from.getDimSize(axis);
    shape.push_back(ShapedType::isDynamic(size)
                        ? size
                        : low[axis] + high[axis] + size + std::max<int64_t>(size - 1, 0) * interior[axis]);
  }
  types.push_back(from.clone(shape));
  return success();
}

TCC_INFER(ConcatenateOp) {
  if (adaptor.getXs().empty())
    return InferenceError(loc, getOperationName()) << "expects at least one operand";
  RankedTensorType first = tensorType(adaptor.getXs()[0]);
  int64_t axis = adaptor.getAxis();
  if (!isAxis(axis, first.getRank()))
    return InferenceError(loc, getOperationName())
           << "axis must be an axis of the operands, got " << axis << " for " << Type(first);
  SmallVector<int64_t> shape(first.getShape());
  for (Value x : adaptor.getXs().drop_front()) {
    RankedTensorType next = tensorType(x);
    bool fits = next.getRank() == first.getRank() && next.getElementType() == first.getElementType();
    for (int64_t k = 0; fits && k < next.getRank(); ++k) {
      if (k == axis)
        continue;
      fits = mayBeEqual(shape[k], next.getDimSize(k));
      if (ShapedType::isDynamic(shape[k]))
        shape[k] = next.getDimSize(k);
    }
    if (!fits)
      return InferenceError(loc, getOperationName())
             << "operands must agree but for axis " << axis << ", got " << Type(first) << " and " << Type(next);
    bool open = ShapedType::isDynamic(shape[axis]) || ShapedType::isDynamic(next.getDimSize(axis));
    if (open)
      shape[axis] = ShapedType::kDynamic;
    else if (llvm::AddOverflow(shape[axis], next.getDimSize(axis), shape[axis]))
      return InferenceError(loc, getOperationName())
             << "operands must have extents whose sum fits 64 bits along axis " << axis;
  }
  types.push_back(first.clone(shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

/// The constant with one value everywhere that `x` is, in another shape; null if x is no such constant.
static Attribute resplat(Attribute x, RankedTensorType type) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(x);
  return splat && type.hasStaticShape() ? splat.resizeSplat(type) : Attribute();
}

static bool isIdentity(ArrayRef<int64_t> perm) {
  return llvm::all_of(llvm::enumerate(perm), [](auto entry) { return int64_t(entry.index()) == entry.value(); });
}
static bool areAll(ArrayRef<int64_t> values, int64_t value) {
  return llvm::all_of(values, [=](int64_t v) { return v == value; });
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  // broadcast(x) to the type of x -> x
  if (getX().getType() == getType() && getType().hasStaticShape())
    return getX();
  // broadcast(broadcast(x)) -> broadcast(x), unless the inner one gives an open size
  if (auto inner = getX().getDefiningOp<BroadcastOp>();
      inner && (getType().hasStaticShape() || (getLike() && getLike().getType().getShape() == getType().getShape()))) {
    SmallVector<int64_t> dims;
    for (int64_t dim : inner.getDims())
      dims.push_back(getDims()[dim]);
    getXMutable().assign(inner.getX());
    setDims(dims);
    return getResult();
  }
  return resplat(adaptor.getX(), getType());
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  // reshape(x) to the type of x -> x
  if (getX().getType() == getType() && !getLike())
    return getX();
  // reshape(reshape(x)) -> reshape(x), unless the inner one gives an open size
  if (auto inner = getX().getDefiningOp<ReshapeOp>(); inner && (getType().getNumDynamicDims() <= 1 || getLike())) {
    getXMutable().assign(inner.getX());
    return getResult();
  }
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX()); dense && getType().hasStaticShape())
    return dense.reshape(getType());
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  // transpose(x) by the identity -> x
  if (isIdentity(getPerm()))
    return getX();
  // transpose(transpose(x)) -> transpose(x)
  if (auto inner = getX().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> perm;
    for (int64_t axis : getPerm())
      perm.push_back(inner.getPerm()[axis]);
    getXMutable().assign(inner.getX());
    setPerm(perm);
    return getResult();
  }
  return resplat(adaptor.getX(), getType());
}

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  // x[:] -> x
  bool whole = areAll(getStarts(), 0) && areAll(getStrides(), 1);
  for (auto [size, limit] : llvm::zip_equal(getX().getType().getShape(), getLimits()))
    whole &= limit == (ShapedType::isDynamic(size) ? -1 : size);
  return whole ? OpFoldResult(getX()) : OpFoldResult(resplat(adaptor.getX(), getType()));
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  // reverse(x) along no axes or axes of size 1 -> x
  if (llvm::all_of(getAxes(), [&](int64_t axis) { return getType().getDimSize(axis) == 1; }))
    return getX();
  // reverse(reverse(x)) along the same axes -> x
  if (auto inner = getX().getDefiningOp<ReverseOp>(); inner && inner.getAxes() == getAxes())
    return inner.getX();
  return resplat(adaptor.getX(), getType());
}

OpFoldResult PadOp::fold(FoldAdaptor) {
  // pad by nothing -> x
  bool nothing = areAll(getLow(), 0) && areAll(getHigh(), 0) && areAll(getInterior(), 0);
  return nothing ? OpFoldResult(getX()) : OpFoldResult();
}

OpFoldResult ConcatenateOp::fold(FoldAdaptor) {
  // concatenate(x) -> x
  return getXs().size() == 1 ? OpFoldResult(getXs()[0]) : OpFoldResult();
}

} // namespace tcc
