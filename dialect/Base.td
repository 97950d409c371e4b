// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every op record is made of: the dialect, tensor types by element class, the op's base class with the fields that
// our own generator reads (kernel, domain, promotion, batching), and the vocabulary of adjoint rules.
#ifndef TCC_DIALECT_BASE
#define TCC_DIALECT_BASE

include "mlir/IR/OpBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialect/Interfaces.td"

def Tcc_Dialect : Dialect {
  let name = "tcc";
  let cppNamespace = "::tcc";
  let summary = "Tensor programs with adjoints";
  let description = [{
    Pure operations on ranked tensors of thirteen element types. Nothing broadcasts and nothing promotes: `broadcast` and
    `cast` are ops. Unsigned integers carry their sign in the type (`ui8`, `ui32`), bool is `i1`.
  }];
  let hasConstantMaterializer = 1;
}

//===----------------------------------------------------------------------===//
// Tensor types. `classes` names the element classes for kernels and tests:
// b bool, s signed, u unsigned, f float, c complex.
//===----------------------------------------------------------------------===//

class TccTensor<list<Type> types, string letters, string what>
    : RankedTensorOf<types> {
  let summary = "tensor of " # what;
  string classes = letters;
}
defvar signedTypes = [I8, I16, I32, I64];
defvar unsignedTypes = [UI8, UI32];
defvar floatTypes = [F16, BF16, F32, F64];
defvar complexTypes = [Complex<F32>, Complex<F64>];

def BoolTensor : TccTensor<[I1], "b", "bool">;
def IntTensor : TccTensor<!listconcat(signedTypes, unsignedTypes), "su", "integers">;
def BitsTensor : TccTensor<!listconcat([I1], signedTypes, unsignedTypes), "bsu", "bool or integers">;
def FloatTensor : TccTensor<floatTypes, "f", "floats">;
def InexactTensor : TccTensor<!listconcat(floatTypes, complexTypes), "fc", "floats or complex numbers">;
def RealTensor : TccTensor<!listconcat(signedTypes, unsignedTypes, floatTypes), "suf", "real numbers">;
def OrderedTensor : TccTensor<!listconcat([I1], signedTypes, unsignedTypes, floatTypes), "bsuf", "bool or real numbers">;
def NumberTensor : TccTensor<!listconcat(signedTypes, unsignedTypes, floatTypes, complexTypes), "sufc", "numbers">;
def AnyElementTensor : TccTensor<!listconcat([I1], signedTypes, unsignedTypes, floatTypes, complexTypes), "bsufc",
                                 "bool or numbers">;
def ComplexTensor : TccTensor<complexTypes, "c", "complex numbers">;
def LapackTensor : TccTensor<[F32, F64, Complex<F32>, Complex<F64>], "fc", "f32, f64 or complex numbers">;
def WideFloatTensor : TccTensor<[F32, F64], "f", "f32 or f64">;
def PositionTensor : TccTensor<[I64], "s", "i64">;
def KeyTensor : TccTensor<[UI32], "u", "ui32">;
def IotaTensor : TccTensor<[I32, I64, UI32, F32, F64], "suf", "i32, i64, ui32, f32 or f64">;

//===----------------------------------------------------------------------===//
// Facts beside an op
//===----------------------------------------------------------------------===//

// How one element is computed, by element class. A name that ends in Op is built by `X::create(b, loc, scalars...)`;
// any other is a function of passes/ScalarKernels.h, which gets the op, too, if `(op)` follows. An empty name: the class has
// no kernel.
class Kernel<string ofFloat, string ofComplex = "", string ofSigned = "", string ofUnsigned = ofSigned,
             string ofBool = ""> {
  string f = ofFloat;
  string c = ofComplex;
  string s = ofSigned;
  string u = ofUnsigned;
  string b = ofBool;
}
def NoKernel : Kernel<"">;
// The same name for every class.
class AnyKernel<string name> : Kernel<name, name, name, name, name>;

// Where gradient tests sample the operands.
class Domain<string low, string high> {
  string lo = low;
  string hi = high;
}
def Anywhere : Domain<"-2", "2">;

// What the DSL function of the op does to its arguments before the op sees them (binary ones are broadcast, too).
class Promote<string name> {
  string how = name;
}
def Keep : Promote<"keep">;                 // the common type of the arguments (NumPy)
def ToInexact : Promote<"inexact">;         // the same, and bool and integers become f64
def KeepExact : Promote<"keepExact">;       // bool and integers are their own result, the op is not needed
def KeepReal : Promote<"keepReal">;         // real arguments are their own result, the op is not needed
def ZeroReal : Promote<"zeroReal">;         // the result is zero for real arguments, the op is not needed
def ToParts : Promote<"parts">;             // as ToInexact, and at least f32: what complex numbers are made of
def NoFunction : Promote<"none">;           // the DSL function is written by hand

// How the op is applied to many slices at once (docs/transforms.md). Every op has one of the three below; one without
// stops the build.
class Batching<string what> {
  string text = what;
}
// The op itself: operands that are the same for all slices are repeated, and the slices lie along a new leading axis of
// operands and results. The attributes named are axes, which it moves by one.
class Stacked<list<string> axisAttributes = []> : Batching<"the same op on stacks"> {
  list<string> axes = axisAttributes;
}
// `batch` is written in C++.
class CustomBatching<string what> : Batching<what>;
// There is nothing to stack, or nobody can: an error.
class NoBatching<string why> : Batching<why>;

// Which parts of the compiler see what in an op (dialect/Ops.h).
class TccTrait<string name> : NativeOpTrait<name> {
  let cppNamespace = "::tcc::trait";
}
def ElementwiseTrait : TccTrait<"Elementwise">;  // each result element depends on the same element of each operand
def ViewTrait : TccTrait<"View">;                // result elements are copies of operand elements at affine positions
def ReductionTrait : TccTrait<"Reduction">;      // folds `axes` away

class Tcc_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tcc_Dialect, mnemonic, !listconcat([DeclareOpInterfaceMethods<AdjointOpInterface>,
                                             DeclareOpInterfaceMethods<BatchingOpInterface>], traits)> {
  Kernel kernel = NoKernel;
  Domain domain = Anywhere;
  Promote promote = NoFunction;
  Batching batching = ?;
}

//===----------------------------------------------------------------------===//
// Shapes of ops: operands, results and text, so that most ops are one line
//===----------------------------------------------------------------------===//

class SummaryOp<string mnemonic, string text, list<Trait> traits = []> : Tcc_Op<mnemonic, traits> {
  let summary = text;
}

// y = f(x), same type.
class UnaryOp<string mnemonic, string text, TccTensor type, Promote how, Kernel k, Domain d = Anywhere,
              list<Trait> traits = []>
    : SummaryOp<mnemonic, text, !listconcat([Pure, ElementwiseTrait, AllTypesMatch<["x", "y"]>], traits)> {
  let arguments = (ins type:$x);
  let results = (outs type:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let kernel = k;
  let domain = d;
  let promote = how;
  let batching = Stacked<>;
}

// y = f(x), another element type.
class UnaryToOp<string mnemonic, string text, TccTensor from, TccTensor to, Promote how, Kernel k>
    : SummaryOp<mnemonic, text, [Pure, ElementwiseTrait, InferTypeOpAdaptor]> {
  let arguments = (ins from:$x);
  let results = (outs to:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
  let kernel = k;
  let promote = how;
  let batching = Stacked<>;
}

// y = f(a, b), all of one type.
class BinaryOp<string mnemonic, string text, TccTensor type, Promote how, Kernel k, Domain d = Anywhere,
               list<Trait> traits = []>
    : SummaryOp<mnemonic, text, !listconcat([Pure, ElementwiseTrait, AllTypesMatch<["a", "b", "y"]>], traits)> {
  let arguments = (ins type:$a, type:$b);
  let results = (outs type:$y);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a)";
  let kernel = k;
  let domain = d;
  let promote = how;
  let batching = Stacked<>;
}

// y = f(a, b), bool.
class CompareOp<string mnemonic, string text, TccTensor type, Kernel k, list<Trait> traits = []>
    : SummaryOp<mnemonic, text, !listconcat([Pure, ElementwiseTrait, AllTypesMatch<["a", "b"]>, InferTypeOpAdaptor],
                                            traits)> {
  let arguments = (ins type:$a, type:$b);
  let results = (outs BoolTensor:$y);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `->` type($y)";
  let kernel = k;
  let batching = Stacked<>;
}

// A call of the runtime library: one function `tcc_<mnemonic>` (runtime/Runtime.h).
class LibraryOp<string mnemonic, string text, list<Trait> traits = []>
    : SummaryOp<mnemonic, text, !listconcat([Pure, InferTypeOpAdaptor, RuntimeCallOpInterface], traits)>;

//===----------------------------------------------------------------------===//
// Adjoint rules
//===----------------------------------------------------------------------===//

// `rule` is `(pullback <expression>:$d<operand>, ...)`. In expressions: ops by their records, `$<operand>`, `$<result>`,
// `$<attribute>` (for ops' attributes), `$d<result>` the incoming cotangent, `$d<operand>` one produced before.
class Adjoint<Tcc_Op of, dag expressions> {
  Tcc_Op op = of;
  dag rule = expressions;
}
def pullback;
// No cotangent: the result does not depend smoothly on this operand.
def zero;
// A constant of the type of its argument.
class Splat<string number> {
  string value = number;
}
// A function of dialect/AdjointBuilder.h: `name(AdjointBuilder &, args...)`, of values and attributes.
class Helper<string cppName> {
  string name = cppName;
}
def Same : Helper<"same">;
def CastLike : Helper<"castLike">;
def DivideOrZero : Helper<"divideOrZero">;
def ReshapeLike : Helper<"reshapeLike">;
def SumToLike : Helper<"sumToLike">;
def RepeatLike : Helper<"repeatLike">;
def ShareAmongTies : Helper<"shareAmongTies">;
def InversePerm : Helper<"inversePerm">;
def Negated : Helper<"negated">;
def Coincide : Helper<"coincide">;
def Successor : Helper<"successor">;
// The op is piecewise constant, or its operands are not numbers one can vary.
class NoAdjoint<Tcc_Op of, string why> {
  Tcc_Op op = of;
  string reason = why;
}
// There is a derivative, but we have none: differentiating is an error, never a silent zero.
class Undifferentiable<Tcc_Op of, string why> {
  Tcc_Op op = of;
  string reason = why;
}
// `pullback` is written in C++.
class CustomAdjoint<Tcc_Op of, string what> {
  Tcc_Op op = of;
  string text = what;
}

#endif // TCC_DIALECT_BASE
