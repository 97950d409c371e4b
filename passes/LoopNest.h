// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The iteration space of a kernel as plain data: every access of every `linalg.generic` as an offset plus one stride
// per loop, with sizes known up to the kernel's dynamic dimensions. Loop emission decides on this and never looks at
// affine maps or memref layouts again.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/AffineExpr.h"

#include <vector>

namespace tcc {

/// An integer known up to the kernel's symbols (dynamic sizes): `coefficient` times the product of `symbols` (sorted).
struct Size {
  int64_t coefficient = 0;
  llvm::SmallVector<unsigned, 2> symbols;

  static Size constant(int64_t value) { return {value, {}}; }
  static Size symbol(unsigned id) { return {1, {id}}; }
  bool isConstant() const { return symbols.empty() || coefficient == 0; }
  bool is(int64_t value) const { return isConstant() && coefficient == value; }
  bool operator==(const Size &other) const;
  Size operator*(const Size &other) const;
  mlir::AffineExpr toAffine(mlir::MLIRContext *context) const;
};

/// How a value of `memory` type (what a tensor holds) is stored and computed with.
struct ElementKind {
  mlir::Type storage;     ///< what one memref element is; for complex its component
  mlir::Type compute;     ///< f32 for f16 and bf16, the component type for complex
  bool isComplex = false; ///< re and im interleaved
  static ElementKind of(mlir::Type element);
  int64_t elementBytes() const { return storage.getIntOrFloatBitWidth() / 8 * (isComplex ? 2 : 1); }
};

struct Buffer {
  mlir::Value value; ///< argument or alloc of the stage-3 function
  ElementKind kind;
  bool isTemporary = false;
  llvm::SmallVector<Size> shape;
};

/// One operand of a generic: element offset + sum of stride[d] * iv[d].
struct Access {
  unsigned buffer = 0;
  llvm::SmallVector<Size> offset; ///< a sum
  llvm::SmallVector<Size> strides;
  int64_t prefetched = 0; ///< how many elements further each load asks for, 0: not (LoopPlan decides)
  bool streams = false;   ///< whole vectors are stored past the caches (LoopPlan decides)
};

enum class Combiner { none, add, mul, max, min, other };

/// One `linalg.generic`, its loops normalised. `loopOf[d]` is the loop that iteration dim `d` became, -1 for a unit
/// dim.
struct Generic {
  mlir::linalg::GenericOp op;
  llvm::SmallVector<Size> extents;
  llvm::SmallVector<bool> reduction;
  llvm::SmallVector<bool> indexUsed; ///< read by linalg.index, so the loop must keep its identity
  llvm::SmallVector<int> loopOf;
  llvm::SmallVector<Access> accesses; ///< operands in order: inputs, then outputs
  unsigned numInputs = 0;

  unsigned numOutputs() const { return accesses.size() - numInputs; }
  Access &output(unsigned i) { return accesses[numInputs + i]; }
  bool hasReduction() const { return llvm::is_contained(reduction, true); }
};

/// An output that is reduced across outer dims. The generic accumulates into `partial`, a buffer of each block of outer
/// iterations, and these are combined when all have run.
struct Crossing {
  unsigned output, partial;     ///< buffers
  mlir::Operation *combiner;    ///< of two partial results
  mlir::linalg::GenericOp fill; ///< stores what the output starts from
  unsigned result;              ///< of `fill`
};

struct KernelNest {
  mlir::func::FuncOp function;
  unsigned numOuter = 0;         ///< the first loops of every generic, common to all
  unsigned numSymbols = 0;       ///< `?` sizes of the arguments; later symbols never survive unification
  std::vector<Buffer> buffers;   ///< arguments first, then temporaries
  std::vector<Generic> generics; ///< but for the fills of crossings
  std::vector<Crossing> crossings;
  llvm::SmallVector<Size> outerExtents;

  /// Reads a stage-3 kernel, or one of its regions. Emits an error and fails when it breaks the contract.
  static mlir::FailureOr<KernelNest> analyse(mlir::func::FuncOp function, unsigned region = 0);
  /// Of a memref or of the memref that a subview shows.
  unsigned bufferOf(mlir::Value value) const;
};

/// Drops unit loops and merges neighbours in [begin, end) of all `generics` (whose loops there are the same) wherever
/// every access allows. Returns the new end.
unsigned normaliseLoops(llvm::MutableArrayRef<Generic *> generics, unsigned begin, unsigned end);

/// Does `generic` only store a value that it takes from no memory and no loop, as neutral elements are stored?
bool isFill(mlir::linalg::GenericOp generic);

/// Does `generic` reduce across the kernel's outer dims?
bool reducesAcross(mlir::linalg::GenericOp generic, unsigned numOuter);

/// The operation that combines `generic`'s output `i` with a new value, null if the body is not of that form.
mlir::Operation *matchCombiner(Generic &generic, unsigned i);

/// The neutral element of `combiner` for real `type`; for complex the imaginary part is zero.
mlir::TypedAttr neutralElement(mlir::Operation *combiner, mlir::Type type);

} // namespace tcc
