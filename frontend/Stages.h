// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled functions in which sizes depend on values. They run in stages: each but the last gives a value in which the
// host finds tensors (ValueSizes.h), and what comes next depends on their shapes. Stages and shapes form a tree, which
// grows as calls find shapes that no call has found before.
#pragma once

#include "frontend/Evaluate.h"
#include "frontend/Tracing.h"
#include "frontend/ValueSizes.h"

#include <map>

namespace tcc {

/// One program. Values of a call are numbered: its arguments, then what each stage finds and gives, in order.
struct Stage {
  struct Input {
    size_t number = 0;
    std::optional<Capture> capture; ///< instead of a numbered value
    mlir::Type type;
  };
  std::vector<Input> inputs;
  Prepared code; ///< without a program if nothing is to be computed
  llvm::SmallVector<mlir::Type> types;
  std::vector<size_t> results; ///< positions among the inputs and, after them, what the program gives
  std::vector<Loc> lines;      ///< of the program's ops
  StructuralHash hash;

  /// Whether the Variables it reads still have the shapes it was made for.
  bool fits(GraphImpl &graph) const;
  std::vector<Buffer> run(GraphImpl &graph, llvm::ArrayRef<Buffer> values, Loc where) const;
};

/// A stage and what may follow.
struct StageNode {
  std::optional<Stage> stage; ///< none: no call came here yet
  Finder find;                ///< in the stage's first result; none for the last stage
  Dtype dtype = bool_;        ///< of that result
  Shape shape;
  std::map<std::vector<Shape>, StageNode> next; ///< by the shapes found
  std::optional<TracedFunction> traced; ///< the whole function, at a last stage: of arguments, found tensors, captures

  size_t numLeaves() const;
};

/// One call's way through the tree.
struct StageWalk {
  struct Turn {
    const StageNode *node;
    size_t firstValue, firstFound;
  };
  std::vector<Turn> turns;
  std::vector<Buffer> values;
  std::vector<Tensor> found;

  /// Runs the node's stage and finds.
  StageNode &step(GraphImpl &graph, StageNode &node, Loc where);
  /// Forgets all turns but the first `count`.
  void truncate(size_t count);
};

/// Grows the tree while the function is traced.
class Stages {
public:
  /// What the walk has done already is not done again.
  Stages(GraphImpl &graph, StageNode &root, StageWalk &walk, Loc where);
  ~Stages();
  Stages(const Stages &) = delete;

  void begin(mlir::Block *body);
  bool knows(mlir::Value value) const { return numbers.count(value); }
  /// Ends a stage with `value`, in which `find` finds.
  std::vector<Tensor> stop(mlir::Value value, const Finder &find, Loc where);
  /// Makes the last stage.
  StageNode &finish(TracedFunction traced);

private:
  /// `shared`: by a program of the graph's cache. `captureOf` gives inputs without a number.
  Stage makeStage(Subgraph subgraph, llvm::ArrayRef<mlir::Value> wanted, bool shared, Loc where,
                  llvm::function_ref<Capture(mlir::Value)> captureOf);
  /// Whether the walk ran the same stage on the same values.
  bool isDone(const Subgraph &subgraph) const;

  GraphImpl &graph;
  StageNode *node;
  StageWalk &walk;
  Loc where;
  mlir::Block *body = nullptr;
  size_t turn = 0;
  llvm::DenseMap<mlir::Value, size_t> numbers;
  std::vector<Tensor> held; ///< keep what has a number
};

/// Empties the tree. Functions that calls in the graph still name go when those do.
void clear(GraphImpl &graph, StageNode &root);

} // namespace tcc
