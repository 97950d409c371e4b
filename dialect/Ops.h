// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The op classes of the tcc dialect, the traits that classify them, and small questions about their types.
#pragma once

#include "dialect/Dialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace tcc {
class AdjointBuilder;
class BatchBuilder;

namespace trait {
/// Each result element depends on the same element of each operand.
template <class Op> struct Elementwise : mlir::OpTrait::TraitBase<Op, Elementwise> {};
/// Result elements are copies of operand elements at affine positions.
template <class Op> struct View : mlir::OpTrait::TraitBase<Op, View> {};
/// Folds the axes in `axes` away.
template <class Op> struct Reduction : mlir::OpTrait::TraitBase<Op, Reduction> {};
} // namespace trait

/// The integer attributes of `op` in the order of its record, as the runtime library gets them: booleans as 0 and 1,
/// f64 as its bits, arrays as their length and elements, `combine` as the ordinal of its name.
llvm::SmallVector<int64_t> libraryAttributes(mlir::Operation *op);

/// What `scatter` does with an update and the element it meets; the order is the runtime's.
enum class Combine { set, add, multiply, min, max };
std::optional<Combine> parseCombine(llvm::StringRef name);

/// How a reshape without `like` finds the sizes of its result; axes of size 1 are not listed.
struct ReshapeMatch {
  llvm::SmallVector<std::pair<int64_t, int64_t>> equal; ///< axes of x and y that have one size
  llvm::SmallVector<int64_t> from, to;                  ///< the others, with equal products; at most one of y is open
};
/// Nothing if the open sizes of `to` do not follow.
std::optional<ReshapeMatch> matchReshape(mlir::RankedTensorType from, mlir::RankedTensorType to);

inline mlir::RankedTensorType tensorType(mlir::Type type) { return llvm::cast<mlir::RankedTensorType>(type); }
inline mlir::RankedTensorType tensorType(mlir::Value value) { return tensorType(value.getType()); }
inline bool isComplex(mlir::Type type) { return llvm::isa<mlir::ComplexType>(mlir::getElementTypeOrSelf(type)); }
/// The type of the parts of a complex type, or the type itself: of an element or a tensor.
mlir::Type realTypeOf(mlir::Type type);
/// The complex type whose parts have this type, or the type itself: of an element or a tensor.
mlir::Type complexTypeOf(mlir::Type type);
/// Whether values of this type can be varied: floats and complex numbers.
inline bool isInexact(mlir::Type type) {
  return llvm::isa<mlir::FloatType, mlir::ComplexType>(mlir::getElementTypeOrSelf(type));
}
/// A constant of a static type with all elements equal.
mlir::DenseElementsAttr splatAttribute(mlir::RankedTensorType type, double number);

} // namespace tcc

#include "dialect/Interfaces.h.inc"

#define GET_OP_CLASSES
#include "dialect/Ops.h.inc"
