// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients in the graph: the dialect's reverse sweep, appended to the same module as more ops.
#include "dialect/Autodiff.h"
#include "dialect/Ops.h"
#include "frontend/CompiledFunction.h"
#include "frontend/Graph.h"
#include "tcc/Pointwise.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace tcc {

std::vector<Tensor> gradients(const std::vector<Tensor> &ys, const std::vector<Tensor> &dys,
                              const std::vector<Tensor> &xs, Loc where) {
  std::shared_ptr<GraphImpl> graph;
  for (const Tensor &y : ys)
    if (y.impl()->graph) {
      if (graph && graph != y.impl()->graph)
        throwUserError("grad", "expected outputs of one graph, got two graphs", where, Kind::graph);
      graph = y.impl()->graph;
    }
  for (const Tensor &x : xs)
    if (x.impl()->weak)
      throwUserError("grad",
                     "expected a tensor to differentiate by, got a C++ scalar, which is a constant: write tensor(x)",
                     where, Kind::value);
  std::vector<Tensor> result(xs.size());
  // Outputs that are data of no graph depend on nothing but themselves.
  if (!graph) {
    for (auto [x, dx] : llvm::zip_equal(xs, result))
      for (auto [y, dy] : llvm::zip_equal(ys, dys))
        if (y.impl() == x.impl())
          dx = dx.valid() ? add(dx, dy, where) : dy;
    return result;
  }
  std::lock_guard lock(graph->mutex);
  Location loc = graph->location(where);
  SmallVector<Value> yValues, dyValues, xValues;
  SmallVector<size_t> xIndex;
  for (auto [y, dy] : llvm::zip_equal(ys, dys)) {
    yValues.push_back(graph->valueOf(y, loc));
    dyValues.push_back(graph->valueOf(dy, loc));
  }
  for (auto [i, x] : llvm::enumerate(xs)) {
    if (x.impl()->graph && x.impl()->graph != graph && !x.impl()->ready && !x.impl()->splat)
      throwUserError("grad",
                     "expected tensors of one graph, got graph " + std::to_string(graph->id()) + " and graph " +
                         std::to_string(x.impl()->graph->id()),
                     where, Kind::graph);
    if (Value value = graph->findValue(x)) {
      xValues.push_back(value);
      xIndex.push_back(i);
    }
  }
  SmallVector<Value> others(dyValues);
  llvm::append_range(others, xValues);
  inlineCalls(*graph, yValues, others);
  llvm::copy(ArrayRef(others).take_front(dyValues.size()), dyValues.begin());
  llvm::copy(ArrayRef(others).drop_front(dyValues.size()), xValues.begin());

  Operation *last = graph->lastOp();
  FailureOr<SmallVector<Value>> grads = differentiate(graph->builder, yValues, dyValues, xValues);
  if (failed(grads))
    throwUserError("grad", graph->takeDiagnostic(), where, Kind::value);
  for (auto [i, value] : llvm::zip_equal(xIndex, *grads))
    if (value)
      result[i] = graph->handleTo(value);

  // Rules give every operand's cotangent; what nobody asked for goes at once.
  graph->dropUnused(last);
  return result;
}

} // namespace tcc
