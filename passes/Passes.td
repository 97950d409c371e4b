// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of tcc: flags, options and documentation. The order they run in is buildPipeline's.

#ifndef TCC_PASSES_PASSES_TD
#define TCC_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

def Differentiate : Pass<"tcc-differentiate", "mlir::ModuleOp"> {
  let summary = "Add the adjoint of a function";
  let description = [{
    Adds `@f_vjp` beside `@f`: its arguments are those of `@f`, then a cotangent for each result that is a float or a
    complex number; it gives the cotangents of the arguments `wrt`. Conventions are in docs/adjoints.md.
  }];
  let options = [
    Option<"entry", "entry", "std::string", /*default=*/"\"main\"", "The function">,
    ListOption<"wrt", "wrt", "int64_t", "Arguments to differentiate by; all floats and complex numbers by default">
  ];
  let dependentDialects = ["TccDialect", "mlir::func::FuncDialect"];
}

def Simplify : InterfacePass<"tcc-simplify", "mlir::FunctionOpInterface"> {
  let summary = "Fold, merge equal ops and drop unused ones";
  let dependentDialects = ["TccDialect"];
}

def ExpandMath : Pass<"tcc-expand-math"> {
  let summary = "Expand math ops into arithmetic that LLVM compiles to pure vector code";
  let description = [{
    Replaces `math` ops and `tcc.special` on f32, f64 and fixed vectors of them by the expansions of passes/VectorMath.h; f16 and bf16
    compute in f32 and round once. `math.ipowi` is expanded on every integer type. What is left are ops that LLVM has as
    instructions: `math.fma`, `absf`, `copysign`, `sqrt`, `floor`, `ceil`, `trunc`, `roundeven` (and `math` ops that need
    no libm, such as the integer ones). Scalable vectors, tensors and other element types are left alone.

    Results follow C99 Annex F for special values and keep subnormals; docs/accuracy.md has the measured errors.
    Arguments of sin, cos and tan beyond 2^15 (f32) or 2^18 (f64) and negative arguments of lgamma and digamma take an
    `scf.if` on any lane, so the pass runs before scf is lowered.
  }];
  let options = [
    Option<"fma", "fma", "bool", /*default=*/"true",
           "The target has a hardware fused multiply-add; without one no `math.fma` is emitted">
  ];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::math::MathDialect", "mlir::scf::SCFDialect",
                           "mlir::vector::VectorDialect"];
}

#endif // TCC_PASSES_PASSES_TD
