// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a Tensor handle points to: one value, in one of three states that it may pass through in this order: a C++
// scalar that has met no graph, a node of a graph, evaluated data. No MLIR here.
#pragma once

#include "frontend/Emit.h"

#include <atomic>
#include <memory>
#include <optional>

namespace tcc {
class GraphImpl;

namespace detail {
struct TensorImpl : std::enable_shared_from_this<TensorImpl> {
  TensorImpl(Dtype dtype, Shape shape) : dtype(dtype), shape(std::move(shape)) {}
  TensorImpl(const TensorImpl &) = delete;
  /// Tells the graph that nobody holds its value any more, so that the node can be reclaimed.
  ~TensorImpl();

  Dtype dtype;
  Shape shape;
  /// Set for a C++ scalar: weakly typed in mixed expressions (NumPy 2), a constant in any graph.
  std::optional<Scalar> weak;
  /// A node that promotes as a C++ scalar does: the number of a loop's turn.
  bool promotesWeakly = false;
  /// Set for a constant with equal elements: it may be written again into any graph that needs it.
  std::optional<Scalar> splat;
  /// The graph that owns the node, and its value (an mlir::Value, opaque); null before it joins one.
  std::shared_ptr<GraphImpl> graph;
  void *value = nullptr;
  /// Filled once, by evaluation; then shared by any graph and thread. `ready` publishes it.
  Buffer data;
  std::atomic<bool> ready{false};
};
} // namespace detail
} // namespace tcc
