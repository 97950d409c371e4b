// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The owner of nodes: an MLIR module to whose body every DSL call appends one tcc op. This header is the only place of
// the frontend that knows MLIR, with the .cpp files that include it (Graph, Autodiff, Evaluate, Compile, Dump).
#pragma once

#include "frontend/StructuralHash.h"
#include "frontend/TensorImpl.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SetVector.h"

#include <mutex>
#include <unordered_map>

namespace tcc {
class OpenSizes;
class Program;
class Stages;

/// What the graph knows about a value beside its SSA edges: the handle somebody holds, and data if it was evaluated. A
/// value without either has none.
struct Node {
  detail::TensorImpl *handle = nullptr;
  Buffer data;
  bool evaluated = false;
};

class GraphImpl : public std::enable_shared_from_this<GraphImpl> {
public:
  GraphImpl();
  ~GraphImpl();

  /// The current graph of this thread; made on first use.
  static const std::shared_ptr<GraphImpl> &current(Loc where = Loc::current());
  /// Throws at the end of a thread, when nothing can be computed any more.
  static void expectRunning(const char *op, Loc where);

  /// Makes `graph` the thread's current one and gives the one before.
  static std::shared_ptr<GraphImpl> exchangeCurrent(std::shared_ptr<GraphImpl> graph);

  /// The graph that an op on `operands` belongs to: that of the unevaluated ones, which must agree; the current one
  /// when there are none. Whoever runs user code with it takes a share of its own.
  static const std::shared_ptr<GraphImpl> &of(std::span<const Tensor *const> operands, const char *op, Loc where);

  /// Number of the graph in this process, for messages.
  int64_t id() const { return number; }

  // Everything below wants `mutex` held. It is the graph's own: threads with graphs of their own never meet.
  std::recursive_mutex mutex;

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Appends; moves into a function's body while that function is traced.
  mlir::OpBuilder builder;
  /// Set while a function with open sizes is traced.
  OpenSizes *openSizes = nullptr;
  /// Set while compile() traces: where the function may stop for a size that depends on values.
  Stages *stages = nullptr;
  llvm::DenseMap<mlir::Value, Node> nodes;

  /// The value of `t` in this graph: its own node, a leaf for data, a constant for a C++ scalar.
  mlir::Value valueOf(const Tensor &t, mlir::Location loc);
  /// The value of `t` if it is in this graph already (as a node or as an imported leaf), null otherwise.
  mlir::Value findValue(const Tensor &t);
  /// The handle to `value`: the one somebody holds, or a new one.
  Tensor handleTo(mlir::Value value);
  /// A constant with every element equal to `value`.
  mlir::Value constant(const Scalar &value, Dtype dtype, const Shape &shape, mlir::Location loc);
  /// A leaf for data to come.
  mlir::Value leaf(mlir::Type type, mlir::Location loc);
  /// A leaf bound to evaluated data.
  mlir::Value leaf(Buffer data, mlir::Type type, mlir::Location loc);

  mlir::Location location(Loc where);
  /// The user's line an op was built on.
  Loc userLocation(mlir::Location loc) const;
  mlir::Type tensorType(Dtype dtype, const Shape &shape);
  mlir::OperationName opName(OpId op);
  /// Ops that were inferred and verified, without their operands: others of the same kind, attributes and types of
  /// operands, which is all that these two look at, are copies.
  struct DestroyOp {
    void operator()(mlir::Operation *op) const { op->destroy(); }
  };
  using Prototype = std::unique_ptr<mlir::Operation, DestroyOp>;
  std::unordered_map<StructuralHash, Prototype, StructuralHash::Hasher> prototypes;
  struct Emission;
  Prototype prototypeOf(Emission &emission);
  /// Cached plans, keyed by structure.
  struct PlanCache;
  std::unique_ptr<PlanCache> plans;

  /// Erases functions that were made for ops which are gone, when there are many.
  void sweepFunctions();

  /// The bodies of functions that are being traced, outermost first.
  llvm::SmallVector<mlir::Block *> traced;
  /// Names are never given twice: programs are known by the names of what their ops call.
  unsigned tracedSoFar = 0;

  /// Marks `value` as evaluated and tells its handle.
  void setData(mlir::Value value, Buffer data);
  /// Forgets where evaluated values came from, when no gradient can ask for it.
  void cutHistory(mlir::Value value);
  /// Erases `op` and then its producers, as far as neither handles nor ops need them. Iterative.
  void reclaim(mlir::Operation *op);
  void release(detail::TensorImpl *handle);
  /// The op that was appended last, null if there is none.
  mlir::Operation *lastOp();
  /// Erases what was appended after `last` and is neither used nor held, users before producers.
  void dropUnused(mlir::Operation *last);
  /// Gives `to` the handle and data of `from`, and all its uses.
  void replace(mlir::Value from, mlir::Value to);

  /// The last diagnostics of MLIR, taken.
  std::string takeDiagnostic() { return std::exchange(diagnostic, {}); }

private:
  mlir::Value append(OpId op, mlir::OpaqueProperties properties, mlir::Type type, mlir::Location loc);
  mlir::DenseElementsAttr splatAttribute(const Scalar &value, mlir::RankedTensorType type);
  bool isNeeded(mlir::Operation *op) const;
  /// Whether a handle is held on something `value` was computed from.
  bool hasHeldAncestor(mlir::Value value);

  int64_t number;
  size_t sweepAt = 256;              // functions
  unsigned evaluationsUntilWalk = 0; ///< of hasHeldAncestor
  std::string diagnostic;
  std::vector<mlir::OperationName> names;
  /// Attributes of constants by dtype, shape and value.
  std::unordered_map<StructuralHash, mlir::DenseElementsAttr, StructuralHash::Hasher> splats;
  llvm::DenseMap<std::pair<const void *, uint64_t>, mlir::LocationAttr> locations;
  llvm::DenseMap<mlir::Attribute, Loc> places;
  /// Data that joined the graph as a leaf, by its buffer.
  llvm::DenseMap<const void *, mlir::Value> imported;
};

Dtype dtypeOfElement(mlir::Type element);
mlir::Type elementType(mlir::MLIRContext &context, Dtype dtype);
Shape shapeOf(mlir::Type tensor);
/// Throws what an MLIR diagnostic says as the user's mistake.
[[noreturn]] void throwUserError(const char *op, const std::string &message, Loc where, Kind kind);

} // namespace tcc
