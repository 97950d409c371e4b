// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which ops of a function become one kernel: the groups, the rules for joining them, and the order of what results.
#pragma once

#include "passes/KernelPasses.h"
#include "passes/SymbolicShapes.h"

#include "llvm/ADT/BitVector.h"

namespace tcc {

/// What a tensor is computed from through floating ops: a tensor in memory or of a group's member, and the map from a
/// position of the reader to a position of it (null where there is no such map).
struct Base {
  mlir::Value value;
  mlir::AffineMap path;
  bool shapeOnly = false; ///< its elements are not read
};

class FusionGroups {
public:
  FusionGroups(mlir::func::FuncOp function, const FormKernelsOptions &options);

  /// Either one op that stays in the caller, or the members of a kernel in program order.
  struct Item {
    llvm::SmallVector<mlir::Operation *> ops;
    bool isKernel;
    int64_t crossedRows = 0; ///< leading axes that a kernel works through row by row, if some reduction crosses them
  };
  /// Items in an order that respects data flow. Floating ops are in none: each reader has them cloned.
  llvm::SmallVector<Item> run();

  /// Members of kernels that the kernels which read them compute again, from what those store or read.
  llvm::DenseSet<mlir::Operation *> repeatedByReaders(llvm::ArrayRef<Item> items);
  /// Whether every kernel that reads `op` computes it again.
  bool isFloat(mlir::Operation *op) const { return floats.contains(op); }
  /// The tensors that `op` reads, through floating ops.
  llvm::SmallVector<Base> basesOf(mlir::Operation *op) const;

private:
  /// The cost model's numbers. Writing and reading back a float costs about as much as 8 operations on vectors (a core
  /// streams 10 GB/s of its share and computes 30 Gflop/s); a launch about as much as 16k elements of cheap work.
  static constexpr int64_t flopsOfMemoryAccess = 8, elementsOfLaunch = 16384;

  /// Every stored tensor of a group has the shape of its rows as leading axes; an outer iteration computes one row.
  struct Group {
    llvm::SmallVector<unsigned> members; // positions in `ops`
    mlir::Value rows;                    // a tensor whose first numRows axes are the rows
    int64_t numRows = 0;
    unsigned numReductions = 0; // without any, a member that is not stored can be computed at any position
    /// Of a kernel that stores and reduces in one pass over fewer rows than keep the cores busy: the shape it passes
    /// over. Emission cuts that pass into pieces, which needs everything else in the kernel to come after the
    /// reductions.
    mlir::Value whole;
    bool crosses = false; ///< has reductions across its rows: partial results for blocks of rows, known at the end
    bool isKernel = false;
    int64_t flops = 0;     // of one element of all members
    llvm::BitVector needs; // groups of this segment that must run before, by their position in it
  };

  void collect();
  void place(unsigned index);
  bool fuse(unsigned index, unsigned group, unsigned producer);
  bool fuseReduction(unsigned index, Group &group, Group &producer);
  bool joinPass(unsigned index, Group &group, Group &producer);
  bool fuseAcrossRows(unsigned index, Group &group, Group &producer);
  bool fuseTranspose(unsigned index, Group &group, Group &producer);
  bool fuseElementwise(unsigned index, Group &group, Group &producer);
  void mergeSiblings(unsigned begin, unsigned end);
  std::pair<unsigned, unsigned> part(unsigned root, llvm::ArrayRef<unsigned> later);
  bool mergeAcrossRows(unsigned rows, unsigned columns, mlir::Value shared);
  llvm::SmallVector<Item> order();

  unsigned find(unsigned group);
  /// The kernel of the current segment that computes `value`.
  std::optional<unsigned> groupOf(mlir::Value value);
  bool wouldCycle(unsigned a, unsigned b);
  /// Whether one kernel for both is worth its time in LLVM.
  bool isSmallEnough(const Group &a, const Group &b) const;
  void unite(unsigned into, unsigned from);

  bool onlyUsedBy(const Group &group, unsigned index);
  bool hasRows(mlir::Value tensor, const Group &group) const;
  bool computes(const Group &group, const Base &base) const;
  bool readsRows(unsigned index, const Group &producer, int64_t numRows) const;
  bool readsPass(unsigned index, const Group &producer) const;
  bool passesOver(unsigned index, const Group &group, mlir::Value whole) const;
  bool isCrossing(const Group &group, unsigned member) const;
  bool isWorthCrossing(mlir::Operation *reduction, int64_t numRows) const;
  bool readsCrossing(const Group &group, const Group &producer) const;
  bool isCheapAgain(const Group &producer, mlir::Operation *reader) const;
  bool isWorthRows(mlir::Value rows, int64_t numRows, mlir::Value whole) const;
  bool mayRepeat(const Base &base, mlir::Operation *reader) const;

  mlir::func::FuncOp function;
  const FormKernelsOptions &options;
  SymbolicShapes shapes;
  llvm::SmallVector<mlir::Operation *> ops; // those with an item, in program order
  llvm::DenseMap<mlir::Operation *, unsigned> positions;
  llvm::DenseSet<mlir::Operation *> floats;
  llvm::SmallVector<llvm::SmallVector<Base>> bases; // of each of ops
  llvm::SmallVector<Group> groups;                  // group i starts as op i
  llvm::SmallVector<unsigned> parents;
  unsigned segmentBegin = 0, segmentEnd = 0;
};

} // namespace tcc
