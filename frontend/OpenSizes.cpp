// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Open sizes of a traced function as numbers, and back.
#include "frontend/OpenSizes.h"
#include "frontend/Elements.h"

using namespace mlir;

namespace tcc {

OpenSizes::OpenSizes(GraphImpl &graph, Block::BlockArgListType arguments)
    : graph(graph), sizes(llvm::to_vector_of<Value>(arguments), &graph.context) {}

void OpenSizes::number(const Tensor &handle, Value value) {
  Shape &shape = handle.impl()->shape;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (!ShapedType::isDynamic(shape[axis]))
      continue;
    // A size that no expression gives is equal to no other.
    AffineExpr expr = sizes.size(value, axis);
    int64_t fresh = openSize(sources.size());
    shape[axis] = expr ? numbers.try_emplace(expr.getAsOpaquePointer(), fresh).first->second : fresh;
    if (shape[axis] == fresh)
      sources.push_back({handle, int64_t(axis)});
  }
}

Value OpenSizes::like(const Shape &shape, const char *op, Loc where) {
  Location loc = graph.location(where);
  SmallVector<int64_t> type;
  for (int64_t n : shape) {
    if (isOpen(n) && openNumber(n) >= sources.size())
      throwUserError(op, "expected sizes of this function, got one kept from the tracing of another", where,
                     tcc::Kind::graph);
    if (isOpen(n) && sources[openNumber(n)].tensor.shape() == shape)
      return graph.valueOf(sources[openNumber(n)].tensor, loc);
    type.push_back(isOpen(n) ? ShapedType::kDynamic : n);
  }
  return shapedLike(graph.builder, loc, type, [&](int64_t axis) {
    const Source &source = sources[openNumber(shape[axis])];
    return std::pair(graph.valueOf(source.tensor, loc), source.axis);
  });
}

Value shapedLike(OpBuilder &b, Location loc, ArrayRef<int64_t> shape,
                 function_ref<std::pair<Value, int64_t>(int64_t)> source) {
  Type i64 = b.getI64Type();
  Value result;
  SmallVector<int64_t> type(shape.size(), 1);
  for (int64_t axis = 0; axis < int64_t(shape.size()); ++axis) {
    if (!ShapedType::isDynamic(shape[axis]))
      continue;
    auto [value, of] = source(axis);
    if (!value)
      return {};
    Value line = IotaOp::create(b, loc, RankedTensorType::get({ShapedType::kDynamic}, i64), value, of);
    type[axis] = ShapedType::kDynamic;
    result = BroadcastOp::create(b, loc, RankedTensorType::get(type, i64), line, result, axis);
  }
  auto whole = RankedTensorType::get(shape, i64);
  if (result.getType() != whole)
    result = BroadcastOp::create(b, loc, whole, result, Value(), llvm::to_vector(llvm::seq<int64_t>(shape.size())));
  return result;
}

bool tellsOpenSizes(StringRef name, ValueRange operands, ArrayRef<int64_t> dims, Type result) {
  auto to = cast<RankedTensorType>(result);
  if (name == CastOp::getOperationName())
    return true;
  if (name == ReshapeOp::getOperationName())
    return matchReshape(tensorType(operands[0]), to).has_value();
  return name == BroadcastOp::getOperationName() && llvm::all_of(llvm::seq(to.getRank()), [&](int64_t axis) {
           const auto *of = llvm::find(dims, axis);
           return !to.isDynamicDim(axis) ||
                  (of != dims.end() && tensorType(operands[0]).isDynamicDim(of - dims.begin()));
         });
}

} // namespace tcc
