// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that run functions of the module: calls, branches and loops; and markers. What a function needs from around it is
// an operand, so that data flow is plain to see.
#ifndef TCC_DIALECT_CONTROL
#define TCC_DIALECT_CONTROL

include "dialect/Base.td"

def StopGradientOp : UnaryOp<"stop_gradient", "x, as a constant for differentiation", AnyElementTensor, NoFunction,
                             AnyKernel<"kernels::same">>;

// Its FlatSymbolRefAttr attributes name the functions that it runs.
class FunctionsOp<string mnemonic, string text, list<Trait> traits = []>
    : SummaryOp<mnemonic, text, !listconcat([Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>], traits)>;

class InvokeOp<string mnemonic, string text> : FunctionsOp<mnemonic, text> {
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
def CheckpointOp : InvokeOp<"checkpoint", "Results of a function that keeps nothing for its adjoint"> {
  let description = [{
    A call that stays one: what the function computes on its way is freed when it returns, shares no kernel and no value
    with what is around it, and is computed again where the adjoint needs it.
    C1: callee is a function of the module with the types of the operands and results.
  }];
  let batching = CustomBatching<"the same of the callee's batched form for the operands that are stacks">;
}

def CondOp : FunctionsOp<"cond", "Results of one of two functions"> {
  let description = [{
    `then(xs)` where predicate is true, `otherwise(xs)` where it is not; the other function does not run.
    C1: both are functions of the module with the types of xs and the results.
  }];
  let arguments = (ins BoolTensor:$predicate, Variadic<AnyElementTensor>:$xs, FlatSymbolRefAttr:$then,
                       FlatSymbolRefAttr:$otherwise);
  let results = (outs Variadic<AnyElementTensor>:$ys);
  let assemblyFormat = "$then `,` $otherwise `if` $predicate `(` $xs `)` attr-dict `:` functional-type(operands, results)";
  let hasVerifier = true;
  let hasCanonicalizer = true;
  let batching = CustomBatching<[{
    of a shared predicate the same of the batched functions; of a stack both functions run and each slice selects
  }]>;
}

// Operands in segments, each with a word of its own in the text.
class LoopOp<string mnemonic, string text, list<Trait> traits = []>
    : FunctionsOp<mnemonic, text, !listconcat([AttrSizedOperandSegments], traits)>;

def ScanOp : LoopOp<"scan", "A loop of known length that carries values and stacks what each turn gives"> {
  let description = [{
    For i = 0, 1, .. length - 1 (length - 1, .. 1, 0 if reverse): `(carries, rows) = body(i, captures, carries, xs[i])`.
    Results are the last carries, then for each row the stack of all turns', row i at its place i also if reverse.
    length is -1 where the leading extent of the xs is open and gives it.
    C1: body is a function of the module from i (0-d i64), captures, carries and xs without their first axis to values
    of the carries' types and rows. C2: each of xs has a first axis of extent length. C3: length is not negative, or is
    -1 and there are xs with an open first axis.
  }];
  let arguments = (ins Variadic<AnyElementTensor>:$captures, Variadic<AnyElementTensor>:$carries,
                       Variadic<AnyElementTensor>:$xs, FlatSymbolRefAttr:$body, I64Attr:$length, BoolAttr:$reverse);
  let results = (outs Variadic<AnyElementTensor>:$ys);
  let assemblyFormat = [{
    $body (`captures` `(` $captures^ `)`)? (`carries` `(` $carries^ `)`)? (`over` `(` $xs^ `)`)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = true;
  let hasFolder = true;
  let extraClassDeclaration = [{
    /// Results: the last carries, then the stacked rows.
    ::mlir::ResultRange getLastCarries() { return getYs().take_front(getCarries().size()); }
    ::mlir::ResultRange getStacks() { return getYs().drop_front(getCarries().size()); }
  }];
  let batching = CustomBatching<"the loop of the batched body; what any turn makes different for each slice is a stack">;
}

def WhileLoopOp : LoopOp<"while_loop", "A loop that runs while a condition on its state holds"> {
  let description = [{
    While `condition(captures, state)` holds: `state = body(captures, state)`. Results are the last state and, as 0-d
    i64, the number of turns.
    C1: condition is a function of the module from captures and state to one 0-d bool. C2: body is one to the types of
    state.
  }];
  let arguments = (ins Variadic<AnyElementTensor>:$captures, Variadic<AnyElementTensor>:$state,
                       FlatSymbolRefAttr:$condition, FlatSymbolRefAttr:$body);
  let results = (outs Variadic<AnyElementTensor>:$last, PositionTensor:$count);
  let assemblyFormat = [{
    $condition `,` $body (`captures` `(` $captures^ `)`)? (`state` `(` $state^ `)`)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = true;
  let batching = CustomBatching<[{
    one loop until no slice's condition holds; slices that are done keep their state
  }]>;
}

def UnwindOp : LoopOp<"unwind", "The adjoint of a loop of a number of turns that is only known when it has run"> {
  let description = [{
    With s_0 = state and s_(i+1) = `body(captures, s_i)`, for i = count - 1, .. 1, 0:
    `cotangents = step(captures, s_i, cotangents)`. step is linear in the cotangents. The runtime records the states
    while it goes forward again; where the memory limit has no room for all of them, it records every k-th and computes
    those between two of them again.
    C1: body is a function of the module from captures and state to the types of state. C2: step is one from captures,
    state and cotangents to the types of cotangents. C3: count is 0-d.
  }];
  let arguments = (ins PositionTensor:$count, Variadic<AnyElementTensor>:$captures, Variadic<AnyElementTensor>:$state,
                       Variadic<InexactTensor>:$cotangents, FlatSymbolRefAttr:$body, FlatSymbolRefAttr:$step);
  let results = (outs Variadic<InexactTensor>:$dys);
  let assemblyFormat = [{
    $body `,` $step `count` `(` $count `)` (`captures` `(` $captures^ `)`)? (`state` `(` $state^ `)`)?
    `cotangents` `(` $cotangents `)` attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = true;
  let batching = CustomBatching<[{
    of the batched functions; slices of fewer turns wait in the last ones, forward and back
  }]>;
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : NoAdjoint<StopGradientOp, "on purpose">;
def : CustomAdjoint<CallOp, "a call of the callee's own adjoint">;
def : Undifferentiable<LaunchOp, "kernels are formed after differentiation">;
def : CustomAdjoint<CheckpointOp, "checkpoint of the callee's own adjoint, which computes again what it needs">;
def : CustomAdjoint<CondOp, "cond on the same predicate of both functions' adjoints">;
def : CustomAdjoint<ScanOp, [{
  a scan in the other direction over the carries, which the loop stacks for it; each turn computes the body again and
  adds to the cotangents of captures
}]>;
def : CustomAdjoint<WhileLoopOp, "unwind with the number of turns that were taken">;
def : CustomAdjoint<UnwindOp, [{
  in the cotangents alone, a while that runs the turns forward; otherwise that of the loop which computes each state
  again from the first
}]>;

#endif // TCC_DIALECT_CONTROL
