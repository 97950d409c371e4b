// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The decisions of loop emission, taken on a KernelNest before any code exists: which generics share a loop nest, along
// which loop vectors run, how the outer iterations are cut into blocks, and whether a reduction is done in two phases.
#pragma once

#include "passes/LoopNest.h"

namespace tcc {

struct EmitLoopsOptions {
  unsigned vectorBits = 512;
  bool vectorize = true;
  bool masked = true;        ///< the target has cheap masked loads and stores (AVX-512)
  bool oneIteration = false; ///< a block is one iteration of the outer loops (a GPU thread)
  bool nanMaximum = true;    ///< the larger of two numbers, NaN if one is, is one instruction (not on x86)
  bool split = true;         ///< reductions with too few outer iterations may run in two phases
};

/// Generics run in one loop nest.
struct Group {
  llvm::SmallVector<Generic *> generics;
  unsigned numLoops = 0; ///< outer and own
  int vectorLoop = -1;   ///< -1: no loop to run vectors along
  unsigned lanes = 1, tailLanes = 1;
  bool masked = false;
  bool onlyMasked = false; ///< one masked loop for all: the body is too long to be emitted twice
  bool peels = false;      ///< the vector loop begins where the output that streams begins a line of the cache
  unsigned rowsAtOnce = 1; ///< iterations of the last reduced loop that one turn of the vector loop inside it takes
};

/// An input that runs contiguously along the tile loop, across the vectors: a tile of it is transposed into a buffer.
struct TransposedInput {
  unsigned buffer; ///< the tile, a buffer of the nest without a value
  Access source;   ///< what the generic accessed before
};

struct LoopPlan {
  static constexpr int64_t lineBytes = 64; ///< of the caches
  static constexpr int64_t tileSize = 64;  ///< 64 x 64 elements of 4 bytes are half a first-level cache
  unsigned numOuter = 0;
  /// The last outer loop is the vector loop of every group and is cut into chunks; otherwise all outer loops are rows.
  bool vectorOuter = false;
  int64_t chunk = 1; ///< of the vector loop (vectorOuter), in iterations
  /// The reduction group whose loop `splitLoop` is cut into pieces of `splitChunk` for parallelism; -1 if none.
  int splitGroup = -1;
  unsigned splitLoop = 0;
  int64_t splitChunk = 1;
  int64_t rowsPerBlock = 1;  ///< outer iterations of a block that leaves one partial result of each crossing
  int tileLoop = -1;         ///< a row loop that runs in tiles, with chunks of the same size; -1 if none
  unsigned registerBits = 0; ///< tiles are transposed by square blocks of vectors of this width
  llvm::SmallVector<TransposedInput> transposed;
  double blockCost = 0;   ///< ns
  bool tracksNan = false; ///< maxima of a row are taken of numbers, beside a mask of where there was none
  bool streams = false;   ///< some output is stored past the caches
  std::vector<Group> groups;

  unsigned numRows() const { return vectorOuter ? numOuter - 1 : numOuter; }
};

LoopPlan planLoops(KernelNest &nest, const EmitLoopsOptions &options);

} // namespace tcc
