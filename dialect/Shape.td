// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that move elements to positions which are affine in the old ones, and their adjoints.
#ifndef TCC_DIALECT_SHAPE
#define TCC_DIALECT_SHAPE

include "dialect/Base.td"

class ShapeOp<string mnemonic, string text, dag attributes, list<Trait> traits = []>
    : SummaryOp<mnemonic, text, !listconcat([Pure, ViewTrait], traits)> {
  let arguments = !con((ins AnyElementTensor:$x), attributes);
  let results = (outs AnyElementTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
}

let hasFolder = true in {
def BroadcastOp : SummaryOp<"broadcast", "x repeated along new axes and along axes of size 1", [Pure, ViewTrait]> {
  let description = [{
    Axis i of x becomes axis `dims[i]` of y. An open size of y is that of `like` on the same axis if it is open there,
    otherwise that of x.
    C1: dims has an entry for each axis of x, strictly increasing, each an axis of y. C2: each size of x is 1 or the size
    of its axis of y. C3: the element types are equal. C4: like is there only if y has open sizes, and has as many axes.
    C5: like or x has each size that y leaves open.
  }];
  let arguments = (ins AnyElementTensor:$x, Optional<AnyElementTensor>:$like, DenseI64ArrayAttr:$dims);
  let results = (outs AnyElementTensor:$y);
  let batching = CustomBatching<"a leading axis that becomes y's leading axis">;
  let assemblyFormat = "$x (`like` $like^ `:` type($like))? attr-dict `:` type($x) `->` type($y)";
  let hasVerifier = true;
}

def ReshapeOp : SummaryOp<"reshape", "The elements of x in row-major order in another shape", [Pure]> {
  let description = [{
    One open size follows from the others. Of several, the sizes that x and y begin with and end with are the same one by
    one (those that are 1 do not count), and one in between follows from the others; `like` gives them where that is not so.
    C1: x and y have equally many elements of one type. C2: like is there only if y has open sizes, and has its shape.
  }];
  let arguments = (ins AnyElementTensor:$x, Optional<AnyElementTensor>:$like);
  let results = (outs AnyElementTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$x (`like` $like^ `:` type($like))? attr-dict `:` type($x) `->` type($y)";
  let hasVerifier = true;
}

def TransposeOp : ShapeOp<"transpose", "x with its axes in another order: axis i of y is axis perm[i] of x",
                          (ins DenseI64ArrayAttr:$perm), [InferTypeOpAdaptor]> {
  let description = "C1: perm is a permutation of the axes of x.";
  let batching = CustomBatching<"a leading axis that stays where it is">;
}

def SliceOp : ShapeOp<"slice", "Every strides[i]-th position from starts[i] to before limits[i] of each axis",
                      (ins DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$limits, DenseI64ArrayAttr:$strides),
                      [InferTypeOpAdaptor]> {
  let description = [{
    A negative limit on an axis of open size counts from behind: -1 is its end.
    C1: starts, limits and strides have an entry for each axis. C2: 0 <= start <= limit <= size. C3: strides are positive.
  }];
  let batching = CustomBatching<"all of a leading axis">;
}

def ReverseOp : ShapeOp<"reverse", "x backwards along some axes", (ins DenseI64ArrayAttr:$axes), [InferTypeOpAdaptor]> {
  let description = "C1: axes are distinct axes of x.";
  let batching = Stacked<["axes"]>;
}

def PadOp : SummaryOp<"pad", "x between `low` and `high` copies of a value, `interior` of them between its elements",
                      [Pure, InferTypeOpAdaptor]> {
  let description = [{
    C1: value has no axes and the element type of x. C2: low, high and interior have an entry for each axis, none negative.
  }];
  let arguments = (ins AnyElementTensor:$x, AnyElementTensor:$value, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       DenseI64ArrayAttr:$interior);
  let results = (outs AnyElementTensor:$y);
  let batching = CustomBatching<"a leading axis without padding; a stack of values is selected where x is not">;
  let assemblyFormat = "$x `,` $value attr-dict `:` functional-type(operands, results)";
}

def ConcatenateOp : SummaryOp<"concatenate", "The operands one after the other along an axis", [Pure, InferTypeOpAdaptor]> {
  let description = [{
    C1: there is an operand. C2: axis is an axis of all. C3: they agree in element type and in all other sizes.
  }];
  let arguments = (ins Variadic<AnyElementTensor>:$xs, I64Attr:$axis);
  let results = (outs AnyElementTensor:$y);
  let batching = Stacked<["axis"]>;
  let assemblyFormat = "$xs attr-dict `:` functional-type(operands, results)";
}
} // hasFolder

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : Adjoint<BroadcastOp, (pullback (SumToLike $dy, $x, $dims):$dx)>;
def : Adjoint<ReshapeOp, (pullback (ReshapeLike $dy, $x):$dx)>;
def : Adjoint<TransposeOp, (pullback (TransposeOp $dy, (InversePerm $perm)):$dx)>;
def : Adjoint<ReverseOp, (pullback (ReverseOp $dy, $axes):$dx)>;
def : CustomAdjoint<SliceOp, "dy padded with zeros to the shape of x">;
def : CustomAdjoint<PadOp, "the slice of dy where x is; for the value the sum of the rest">;
def : CustomAdjoint<ConcatenateOp, "a slice of dy for each operand">;

#endif // TCC_DIALECT_SHAPE
