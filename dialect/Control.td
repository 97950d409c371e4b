// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of other functions of the module, and markers.
#ifndef TCC_DIALECT_CONTROL
#define TCC_DIALECT_CONTROL

include "dialect/Base.td"

def StopGradientOp : UnaryOp<"stop_gradient", "x, as a constant for differentiation", AnyElementTensor, NoFunction,
                             AnyKernel<"kernels::same">>;

class InvokeOp<string mnemonic, string text>
    : SummaryOp<mnemonic, text, [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let description = "C1: callee is a function of the module with the types of the operands and results.";
  let arguments = (ins Variadic<AnyElementTensor>:$xs, FlatSymbolRefAttr:$callee);
  let results = (outs Variadic<AnyElementTensor>:$ys);
  let assemblyFormat = "$callee `(` $xs `)` attr-dict `:` functional-type($xs, $ys)";
}
def CallOp : InvokeOp<"call", "Results of a function of tcc ops of the same module"> {
  let batching = CustomBatching<"a call of the callee's own batched form for the operands that are stacks">;
}
def LaunchOp : InvokeOp<"launch", "Results of a kernel, after kernels have been formed"> {
  let batching = NoBatching<"kernels are formed after batching">;
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : NoAdjoint<StopGradientOp, "on purpose">;
def : CustomAdjoint<CallOp, "a call of the callee's own adjoint">;
def : Undifferentiable<LaunchOp, "kernels are formed after differentiation">;

#endif // TCC_DIALECT_CONTROL
