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

def Batch : Pass<"tcc-batch", "mlir::ModuleOp"> {
  let summary = "Add the batched form of a function";
  let description = [{
    Adds `@f_batched` beside `@f`: a function of its arguments with the slices of `stacks` along a leading axis, which gives
    stacks of the results that depend on them and the other results as they are. docs/transforms.md has the rules.
  }];
  let options = [
    Option<"entry", "entry", "std::string", /*default=*/"\"main\"", "The function">,
    Option<"slices", "slices", "int64_t", /*default=*/"1", "Number of slices">,
    ListOption<"stacks", "stacks", "int64_t", "Arguments that differ from slice to slice; all by default">
  ];
  let dependentDialects = ["TccDialect", "mlir::func::FuncDialect"];
}

def Simplify : InterfacePass<"tcc-simplify", "mlir::FunctionOpInterface"> {
  let summary = "Fold, merge equal ops and drop unused ones";
  let dependentDialects = ["TccDialect"];
}

def SimplifyControl : Pass<"tcc-simplify-control", "mlir::ModuleOp"> {
  let summary = "Make branches and loops compute what is asked of them and no more";
  let description = [{
    Simplifies every function as `tcc-simplify` does. A branch whose predicate is a constant is inlined. Results that nobody
    reads, and operands, carried values and stacked rows that only they need, are dropped; a value that every turn gives
    back as it got it becomes a capture. A scan that records its carries for an adjoint replaces the one it repeats.
    Functions get new versions where that changes them.
  }];
  let dependentDialects = ["TccDialect", "mlir::func::FuncDialect"];
}

def ExpandMath : Pass<"tcc-expand-math", "mlir::ModuleOp"> {
  let summary = "Expand math ops into arithmetic that LLVM compiles to pure vector code";
  let description = [{
    Replaces `math` ops and `tcc.special` on f32, f64 and fixed vectors of them by the expansions of passes/VectorMath.h; f16 and bf16
    compute in f32 and round once. `math.ipowi` is expanded on every integer type. What is left are ops that LLVM has as
    instructions: `math.fma`, `absf`, `copysign`, `sqrt`, `floor`, `ceil`, `trunc`, `roundeven` (and `math` ops that need
    no libm, such as the integer ones). Scalable vectors, tensors and other element types are left alone.

    Results follow C99 Annex F for special values and keep subnormals; docs/accuracy.md has the measured errors.
    Arguments of sin, cos and tan beyond 2^15 (f32) or 2^18 (f64) and negative arguments of lgamma and digamma take an
    `scf.if` on any lane, so the pass runs before scf is lowered. Their reduction is a function `@tcc.reduce_angle` of the
    module, called for one lane after the other: it is rarely needed, and longer than the sine itself.
  }];
  let options = [
    Option<"fma", "fma", "bool", /*default=*/"true",
           "The target has a hardware fused multiply-add; without one no `math.fma` is emitted">,
    Option<"scalef", "scalef", "bool", /*default=*/"false",
           "The target has AVX-512's vscalef for vectors of whole registers">
  ];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect",
                           "mlir::math::MathDialect", "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect",
                           "mlir::vector::VectorDialect"];
}

def FormKernels : Pass<"tcc-form-kernels", "mlir::ModuleOp"> {
  let summary = "Group tcc ops into kernels, outline them, unify equal ones";
  let description = [{
    Ops of every function that is not a kernel itself are grouped (passes/FusionGroups.cpp has the rules and the cost
    model) and outlined as `func.func private @kernel_N` with `tcc.kernel`; the caller gets `tcc.launch @kernel_N`. Equal
    kernels are one function. In the caller stay calls of the runtime library, constants in memory, and reshapes, which
    are other views of a buffer. A result of the function that needs no computation is copied by a kernel.

    A kernel with open result sizes has `tcc.result_shapes`: these sizes as a map from its arguments' open sizes.
  }];
  let options = [
    Option<"reference", "reference", "bool", /*default=*/"false",
           "Every op its own kernel: the yardstick for what fusion does to results">,
    Option<"maxOps", "max-ops", "int64_t", /*default=*/"256", "Most ops of one kernel">
  ];
  let dependentDialects = ["mlir::func::FuncDialect"];
}

def ReduceMemory : Pass<"tcc-reduce-memory", "mlir::ModuleOp"> {
  let summary = "Order the steps of entry functions so that values die early; compute some again to fit a budget";
  let description = [{
    A launch or library call that sets free at least as much memory as it takes runs as early as it can, if that lowers the
    peak of the function by an eighth. With a budget, values that lie in memory between readers far apart are dropped and
    computed again (rematerialisation), those first that free most for the time it takes, until the peak is within the
    budget or nothing helps any more. Functions with open sizes are left as they are.
  }];
  let options = [
    Option<"budget", "budget", "int64_t", /*default=*/"0", "Bytes for all intermediate values; 0 for any number">
  ];
}

def LowerToLinalg : Pass<"tcc-lower-to-linalg", "mlir::ModuleOp"> {
  let summary = "Lower kernels from tcc ops to linalg.generic on memrefs";
  let description = [{
    A function with `tcc.kernel` gets destination-passing form: inputs and outputs are memrefs, the body is allocations of
    temporaries and `linalg.generic`s. Outputs, results of reductions and values that are expensive and needed by several
    loop nests are stored; everything else is computed where it is needed, views by composing indexing maps. Bool is
    stored as i8, unsigned integers are signless. Adds `tcc.num_outputs` and `tcc.outer`, the number of leading iteration
    dims that all generics share and whose iterations are independent.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::complex::ComplexDialect", "mlir::linalg::LinalgDialect",
                           "mlir::math::MathDialect", "mlir::memref::MemRefDialect"];
}

def PlanBuffers : Pass<"tcc-plan-buffers", "mlir::ModuleOp"> {
  let summary = "Give the tensors of entry functions memory in one arena";
  let description = [{
    An entry function becomes one on memrefs: its arguments, its results, and an arena of bytes. Results are written in
    place, other tensors are `memref.view`s of the arena at 64-byte aligned offsets, reused after the last reader. An
    output of a kernel takes the memory of an input that dies there, if the kernel writes each element after its last
    reading. Reshapes vanish. `plan.launch` and `plan.library` remain.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::memref::MemRefDialect", "::tcc::plan::PlanDialect"];
}

#endif // TCC_PASSES_PASSES_TD
