// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --tcc-simplify: one cheap sweep that folds, merges equal ops, rewrites linear systems and what is around Fourier
// transforms, and drops unused ops; every later stage expects it.
#include "dialect/Dialect.h"
#include "dialect/Ops.h"
#include "passes/FourierFactors.h"
#include "passes/KernelPasses.h"
#include "passes/LinearSystems.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/FoldUtils.h"

using namespace mlir;

namespace tcc {
#define GEN_PASS_DEF_SIMPLIFY
#include "passes/Passes.h.inc"

/// Values alone cost a third of what they cost with vectors.
static void dropUnusedVectors(SvdOp svd) {
  if (!svd.getU().use_empty() || !svd.getVh().use_empty())
    return;
  OpBuilder builder(svd);
  svd.getS().replaceAllUsesWith(SvdvalsOp::create(builder, svd.getLoc(), svd.getA()).getS());
  svd.erase();
}

void simplify(FunctionOpInterface function) {
  // Operands come before their users, so that one sweep down folds all and one sweep up finds all that is unused. The
  // dialect has no patterns, only folders: the greedy driver would find no more.
  OperationFolder folder(function.getContext());
  for (Block &block : function.getFunctionBody())
    for (Operation &op : llvm::make_early_inc_range(block))
      if (isa<TccDialect>(op.getDialect()))
        (void)folder.tryToFold(&op);
  IRRewriter rewriter(function.getContext());
  DominanceInfo dominance(function);
  eliminateCommonSubExpressions(rewriter, dominance, function);
  rewriteLinearSystems(function);
  foldFourierFactors(function);
  for (Block &block : function.getFunctionBody())
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
      else if (auto svd = dyn_cast<SvdOp>(op))
        dropUnusedVectors(svd);
}

namespace {
struct Simplify : impl::SimplifyBase<Simplify> {
  void runOnOperation() override { simplify(getOperation()); }
};
} // namespace

} // namespace tcc
