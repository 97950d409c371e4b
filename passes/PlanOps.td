// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an entry function is made of after its buffers are planned: launches and library calls on memory, in order. It
// is the textual form of runtime::Plan.
#ifndef TCC_PASSES_PLAN_OPS
#define TCC_PASSES_PLAN_OPS

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let cppNamespace = "::tcc::plan";
  let summary = "Planned programs: kernels and library calls on the buffers of one arena";
}

class PlanOp<string mnemonic, list<Trait> traits = []> : Op<Plan_Dialect, mnemonic, traits>;

def LaunchOp : PlanOp<"launch", [AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Run a kernel";
  let description = [{
    The callee is in any of a kernel's forms, so only the number of its buffers is checked. Inputs and outputs overlap
    only where the kernel writes an element after its last reading.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyMemRef>:$inputs, Variadic<AnyMemRef>:$outputs);
  let assemblyFormat = [{
    $callee (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outputs `:` type($outputs) `)` attr-dict
  }];
}

def LibraryOp : PlanOp<"library", [AttrSizedOperandSegments]> {
  let summary = "Call a function of the runtime library";
  let arguments = (ins StrAttr:$symbol, DenseI64ArrayAttr:$integers, Variadic<AnyMemRef>:$inputs,
                       Variadic<AnyMemRef>:$outputs);
  let assemblyFormat = [{
    $symbol $integers (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outputs `:` type($outputs) `)` attr-dict
  }];
}

def ControlOp : PlanOp<"control", [AttrSizedOperandSegments]> {
  let summary = "Run planned functions";
  let description = [{
    kind is checkpoint, cond, scan, while_loop or unwind, as the op of tcc that it comes from; numbers are those of
    runtime::StepKind. The functions are planned ones.
  }];
  let arguments = (ins StrAttr:$kind, FlatSymbolRefArrayAttr:$functions, DenseI64ArrayAttr:$numbers,
                       Variadic<AnyMemRef>:$inputs, Variadic<AnyMemRef>:$outputs);
  let assemblyFormat = [{
    $kind $functions $numbers (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outputs `:` type($outputs) `)`
    attr-dict
  }];
}

def ConstantOp : PlanOp<"constant", [Pure]> {
  let summary = "Constant data in memory";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyMemRef:$memref);
  let assemblyFormat = "$value attr-dict `:` type($memref)";
}

def NoneOp : PlanOp<"none", [Pure]> {
  let summary = "No memory: for a result that nobody reads and its library function leaves out";
  let arguments = (ins Variadic<Index>:$sizes);
  let results = (outs AnyMemRef:$memref);
  let assemblyFormat = "`[` $sizes `]` attr-dict `:` type($memref)";
}

def AliasOp : PlanOp<"alias", [Pure]> {
  let summary = "The same memory with another shape";
  let arguments = (ins AnyMemRef:$source, Variadic<Index>:$sizes);
  let results = (outs AnyMemRef:$memref);
  let assemblyFormat = "$source `[` $sizes `]` attr-dict `:` type($source) `->` type($memref)";
}

#endif // TCC_PASSES_PLAN_OPS
