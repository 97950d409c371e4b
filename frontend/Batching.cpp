// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Batching in the graph: slices that a function is traced on, and the dialect's batching of what was built from them,
// appended to the same module as more ops.
#include "dialect/Batching.h"
#include "frontend/Graph.h"

using namespace mlir;

namespace tcc {

Tensor sliceOf(const Tensor &stack, const std::vector<Tensor> &others, Loc where) {
  std::vector<const Tensor *> all{&stack};
  for (const Tensor &other : others)
    all.push_back(&other);
  std::shared_ptr<GraphImpl> graph = GraphImpl::of(all, "vmap", where);
  std::lock_guard lock(graph->mutex);
  Shape shape(stack.shape().begin() + 1, stack.shape().end());
  // An input without data: evaluation refuses it.
  return graph->handleTo(graph->leaf(graph->tensorType(stack.dtype(), shape), graph->location(where)));
}

std::vector<bool> batchResults(std::vector<Tensor> &ys, const std::vector<Tensor> &slices,
                               const std::vector<Tensor> &stacks, Loc where) {
  std::shared_ptr<GraphImpl> graph = slices.front().impl()->graph;
  std::lock_guard lock(graph->mutex);
  Location loc = graph->location(where);
  BatchMap map(stacks.front().dim(0));
  SmallVector<Value> values;
  for (const Tensor &y : ys)
    values.push_back(y.impl()->graph == graph ? graph->findValue(y) : Value());
  for (auto [slice, stack] : llvm::zip_equal(slices, stacks)) {
    Value value = graph->findValue(slice);
    // Data that nobody reads must not become a leaf: nobody would give it back.
    if (!value.use_empty() || llvm::is_contained(values, value))
      map.stacks[value] = graph->valueOf(stack, loc);
  }
  Operation *last = graph->lastOp();
  if (failed(batch(graph->builder, values, map)))
    throwUserError("vmap", graph->takeDiagnostic(), where, Kind::value);
  // The slices' own values stay until what is unused is gone: `last` is one of them.
  const std::vector<Tensor> traced = ys;
  std::vector<bool> isStacked;
  for (auto [y, value] : llvm::zip_equal(ys, values)) {
    isStacked.push_back(value && map.isStacked(value));
    if (value)
      y = graph->handleTo(map.of(value));
  }
  graph->dropUnused(last);
  return isStacked;
}

} // namespace tcc
