// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --tcc-differentiate: adds the adjoint of a function, so that text alone reaches autodiff.
#include "dialect/Autodiff.h"
#include "dialect/Ops.h"
#include "passes/Passes.h"
#include "passes/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace tcc {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Passes.h.inc"

namespace {
struct Differentiate : impl::DifferentiateBase<Differentiate> {
  using DifferentiateBase::DifferentiateBase;

  void runOnOperation() override {
    func::FuncOp function = findEntry(getOperation(), entry);
    if (!function)
      return signalPassFailure();
    SmallVector<int64_t> arguments(wrt.begin(), wrt.end());
    // Without a choice, all that can be varied.
    if (arguments.empty())
      for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
        if (isInexact(type))
          arguments.push_back(index);
    if (failed(buildVjp(function, arguments)))
      signalPassFailure();
  }
};
} // namespace

} // namespace tcc
