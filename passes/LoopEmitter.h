// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Emits the loop nest of one group of generics: sequential loops, the vector loop with its accumulators and tail, and
// the loads and stores of lanes from flat memrefs.
#pragma once

#include "passes/LoopPlan.h"
#include "passes/VectorBody.h"

namespace tcc {

/// A buffer in the function being written.
struct FlatBuffer {
  mlir::Value memref; ///< memref<?x storage>; null for a temporary that never leaves its group's lanes
  mlir::Value offset; ///< added to every access, in elements; null for zero
};

/// Where a group runs: the values of the outer loops, and limits of loops that do not run in full.
struct GroupRange {
  llvm::SmallVector<mlir::Value> rows; ///< one for each row loop
  mlir::Value chunkBegin, chunkEnd;    ///< of the outer vector loop
  mlir::Value splitBegin, splitEnd;    ///< of the plan's split loop
};

class LoopEmitter {
public:
  LoopEmitter(mlir::OpBuilder &b, mlir::Location loc, const KernelNest &nest, const LoopPlan &plan)
      : b(b), loc(loc), nest(nest), plan(plan) {}

  mlir::LogicalResult emitGroup(Group &group, const GroupRange &range);

  mlir::Value index(int64_t value);
  mlir::Value size(const Size &size);
  mlir::Value add(mlir::Value x, mlir::Value y), sub(mlir::Value x, mlir::Value y), mul(mlir::Value x, mlir::Value y);
  mlir::Value min(mlir::Value x, mlir::Value y);

  /// All lanes of an access at element `offset` + lane * `stride`; lanes from `count` on are off (null: none are).
  Lane loadLanes(const ElementKind &kind, mlir::Value memref, mlir::Value offset, const Size &stride, unsigned lanes,
                 mlir::Value count);
  /// `streams`: whole lines past the caches.
  void storeLanes(Lane value, const ElementKind &kind, mlir::Value memref, mlir::Value offset, const Size &stride,
                  unsigned lanes, mlir::Value count, bool streams = false);
  Lane neutral(mlir::Operation *combiner, const ElementKind &kind);

  /// Forgets what belongs to the function written so far.
  void startFunction() { constants.clear(); }

  llvm::SmallVector<FlatBuffer> buffers; ///< by KernelNest buffer id
  llvm::SmallVector<mlir::Value> symbols;

private:
  struct Accumulator {
    unsigned generic, output;
    mlir::Operation *combiner;
  };
  using Bases = llvm::SmallVector<llvm::SmallVector<mlir::Value>>; ///< by generic, by access
  using Preloaded = llvm::DenseMap<std::pair<unsigned, unsigned>, Lane>;
  /// One iteration of the loops around the vector loop.
  struct Row {
    Bases bases;
    mlir::Value iv;      ///< of the loop right around the vector loop, null if there is none
    Preloaded preloaded; ///< inputs that the vector loop does not move: (generic, access)
  };

  mlir::LogicalResult emitLoops(Group &group, const GroupRange &range, unsigned loop, Bases bases);
  Row advance(const Group &group, const Bases &bases, unsigned loop, mlir::Value iv);
  mlir::LogicalResult emitVectorLoop(Group &group, const GroupRange &range, llvm::MutableArrayRef<Row> rows);
  mlir::LogicalResult emitLanes(Group &group, llvm::ArrayRef<Row> rows, mlir::Value iv, unsigned lanes,
                                mlir::Value count, llvm::ArrayRef<Accumulator> accumulators,
                                llvm::MutableArrayRef<Lane> state);
  mlir::FailureOr<Lane> loadCaptured(BodyEmitter &body, mlir::memref::LoadOp load, llvm::ArrayRef<Lane> indices,
                                     mlir::Value count);
  void prefetch(const Access &access, mlir::Value offset, unsigned lanes);
  mlir::Value mask(unsigned lanes, mlir::Value count);
  mlir::Value stepVector(unsigned lanes, const Size &stride);
  bool writes(const Group &group, unsigned buffer) const;

  mlir::OpBuilder &b;
  mlir::Location loc;
  const KernelNest &nest;
  const LoopPlan &plan;
  llvm::DenseMap<int64_t, mlir::Value> constants;
  llvm::SmallVector<mlir::Value> ivs; ///< current value of each loop of the group
};

} // namespace tcc
