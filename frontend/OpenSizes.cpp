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
  OpBuilder &b = graph.builder;
  Location loc = graph.location(where);
  Type i64 = b.getI64Type();
  Value result;
  SmallVector<int64_t> type(shape.size(), 1);
  for (int64_t axis = 0; axis < int64_t(shape.size()); ++axis) {
    if (!isOpen(shape[axis]))
      continue;
    size_t number = openNumber(shape[axis]);
    if (number >= sources.size())
      throwUserError(op, "expected sizes of this function, got one kept from the tracing of another", where,
                     tcc::Kind::graph);
    if (sources[number].tensor.shape() == shape)
      return graph.valueOf(sources[number].tensor, loc);
    Value line = IotaOp::create(b, loc, RankedTensorType::get({ShapedType::kDynamic}, i64),
                                graph.valueOf(sources[number].tensor, loc), sources[number].axis);
    type[axis] = ShapedType::kDynamic;
    result = BroadcastOp::create(b, loc, RankedTensorType::get(type, i64), line, result, axis);
  }
  for (auto [size, n] : llvm::zip_equal(type, shape))
    size = isOpen(n) ? ShapedType::kDynamic : n;
  auto whole = RankedTensorType::get(type, i64);
  if (result.getType() != whole)
    result = BroadcastOp::create(b, loc, whole, result, Value(), llvm::to_vector(llvm::seq<int64_t>(shape.size())));
  return result;
}

} // namespace tcc
