// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writes the functions of one kernel: its blocks' loops (EmitLoops.cpp), and what combines the partial results that
// blocks leave (PartialResults.cpp).
#pragma once

#include "passes/LoopEmitter.h"

#include "mlir/Dialect/Affine/Utils.h"

#include <memory>

namespace tcc {

class KernelWriter {
public:
  KernelWriter(KernelNest &nest, LoopPlan &plan)
      : nest(nest), plan(plan), context(nest.function.getContext()), b(context), loc(nest.function.getLoc()),
        emitter(b, loc, nest, plan) {}

  /// `regions` write the kernel's other regions, whose blocks follow.
  mlir::LogicalResult write(llvm::ArrayRef<std::unique_ptr<KernelWriter>> regions);

private:
  struct Partial {
    unsigned buffer; ///< accumulates a block's share
    mlir::Operation *combiner;
    mlir::AffineExpr offset; ///< bytes within one block's share
    Size elements;           ///< of one block, components counted
    const Crossing *crossing = nullptr;
  };

  mlir::func::FuncOp createFunction(llvm::Twine name, bool isRange);
  void enter(mlir::func::FuncOp function);
  mlir::LogicalResult emitBlocks(mlir::func::FuncOp function, mlir::Value begin, mlir::Value end);
  void placeTemporaries(mlir::func::FuncOp function, mlir::Value shareIndex);
  mlir::LogicalResult emitBlock(mlir::Value block, mlir::Value scratch);
  mlir::LogicalResult emitDirect(mlir::Value begin, mlir::Value end);
  mlir::LogicalResult writeFinish();
  void addPartials();
  mlir::LogicalResult startPartials(mlir::Value block, mlir::Value scratch);
  mlir::FailureOr<Lane> emitInitial(const Crossing &crossing, BodyEmitter &body);
  mlir::LogicalResult foldPartials(Partial &partial, mlir::Value firstBlock, mlir::Value numBlocks,
                                   mlir::Value scratch);
  GroupRange outerRange(mlir::Value outerBlock);
  mlir::Value expand(mlir::AffineExpr expr) {
    return mlir::affine::expandAffineExpr(b, loc, expr, {}, emitter.symbols);
  }
  mlir::AffineExpr constant(int64_t value) { return mlir::getAffineConstantExpr(value, context); }
  Size ownElements(const Buffer &buffer);
  unsigned bytes(const ElementKind &kind) { return llvm::divideCeil(kind.storage.getIntOrFloatBitWidth(), 8); }
  /// Byte offset into scratch as a flat memref of `kind`'s storage.
  mlir::Value view(mlir::Value scratch, const ElementKind &kind, mlir::Value byteOffset, mlir::AffineExpr elements);
  bool leavesItsGroup(unsigned buffer);
  mlir::LogicalResult forElements(const Partial &partial,
                                  llvm::function_ref<mlir::LogicalResult(unsigned lanes, mlir::Value at)> body);
  mlir::AffineExpr chunks();
  mlir::AffineExpr rowBlocks(unsigned row);
  mlir::AffineExpr outerBlocks();
  void transposeTile(const TransposedInput &input, const GroupRange &range, mlir::Value rowEnd);
  mlir::LogicalResult emitTile(GroupRange range);
  mlir::AffineExpr pieces();
  mlir::AffineExpr blocks() {
    return nest.crossings.empty() ? outerBlocks() * pieces() : outerBlocks().ceilDiv(plan.rowsPerBlock);
  }

  KernelNest &nest;
  LoopPlan &plan;
  mlir::MLIRContext *context;
  mlir::OpBuilder b;
  mlir::Location loc;
  LoopEmitter emitter;
  mlir::AffineExpr share;        ///< scratch bytes of one range for temporaries
  mlir::AffineExpr partialShare; ///< scratch bytes of one block for partial results
  llvm::SmallVector<Partial> partials;
};

} // namespace tcc
