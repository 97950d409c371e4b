// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the type inference and verifiers of the families share: errors in the form of ODS's own, and questions about
// axes.
#pragma once

#include "dialect/Ops.h"

#include "mlir/IR/Diagnostics.h"

namespace tcc {

/// A diagnostic that reads like emitOpError, for inference, where there may be no op and no location yet.
class InferenceError {
public:
  InferenceError(std::optional<mlir::Location> loc, llvm::StringRef op) : loc(loc) { stream << "'" << op << "' op "; }
  template <class T> InferenceError &&operator<<(const T &value) && {
    if constexpr (std::is_convertible_v<const T &, llvm::ArrayRef<int64_t>> && !std::is_arithmetic_v<T>)
      print(value);
    else
      stream << value;
    return std::move(*this);
  }
  operator llvm::LogicalResult() &&;

private:
  void print(llvm::ArrayRef<int64_t> values);

  std::optional<mlir::Location> loc;
  std::string text;
  llvm::raw_string_ostream stream{text};
};

/// Whether `axes` are distinct and in [0, rank).
bool areDistinctAxes(llvm::ArrayRef<int64_t> axes, int64_t rank);
inline bool isAxis(int64_t axis, int64_t rank) { return axis >= 0 && axis < rank; }
/// Whether two sizes may be the same at run time.
inline bool mayBeEqual(int64_t a, int64_t b) {
  return a == b || mlir::ShapedType::isDynamic(a) || mlir::ShapedType::isDynamic(b);
}
/// In how many positions a window of `window` elements fits into `size`; open if one of them is.
int64_t windowPositions(int64_t size, int64_t window, int64_t stride);
/// Elements of `size`, spread so that each is `dilation` behind the one before it; open if size is.
int64_t dilatedSize(int64_t size, int64_t dilation);
/// The sizes of `shape` without those of `axes`.
llvm::SmallVector<int64_t> withoutAxes(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> axes);
/// Whether the optional operand `like` is there exactly when `type` needs it, and fits.
llvm::LogicalResult verifyLike(mlir::Operation *op, mlir::Value like, mlir::RankedTensorType type,
                               bool required = true);

} // namespace tcc

/// The head of an op's type inference; a class of ODS's InferTypeOpAdaptor declares it.
#define TCC_INFER(Op)                                                                                                  \
  LogicalResult Op::inferReturnTypes(MLIRContext *context, std::optional<Location> loc, Adaptor adaptor,               \
                                     SmallVectorImpl<Type> &types)
