// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Constants and other leaves: values that no operand determines.
#ifndef TCC_DIALECT_CONSTANT
#define TCC_DIALECT_CONSTANT

include "dialect/Base.td"

def ConstantOp : SummaryOp<"constant", "Elements known to the compiler",
                           [Pure, ConstantLike, AllTypesMatch<["value", "y"]>]> {
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyElementTensor:$y);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = true;
  let batching = NoBatching<"has no operands">;
  let builders = [OpBuilder<(ins "::mlir::ElementsAttr":$value)>];
  let skipDefaultBuilders = true;
}

// Not Pure: two inputs of one type are two values.
def InputOp : SummaryOp<"input", "A leaf of a graph, bound to evaluated data",
                        [MemoryEffects<[MemAlloc]>]> {
  let results = (outs AnyElementTensor:$y);
  let assemblyFormat = "attr-dict `:` type($y)";
  let batching = NoBatching<"has no operands">;
}

def IotaOp : SummaryOp<"iota", "Each element is its position along an axis", [Pure]> {
  let description = [{
    `like` gives the sizes that the result type leaves open. Of a like with several axes, the result may have only one: `axis`.
    C1: axis is an axis of the result, or of like. C2: like is there if and only if the result has open sizes, and has its
    shape, or the size of its one axis along `axis`.
  }];
  let arguments = (ins Optional<AnyElementTensor>:$like, I64Attr:$axis);
  let results = (outs IotaTensor:$y);
  let assemblyFormat = "(`like` $like^ `:` type($like))? attr-dict `:` type($y)";
  let batching = NoBatching<"the operand gives only a shape">;
  let hasVerifier = true;
}

def ExtentOp : SummaryOp<"extent", "The number of positions along some axes of x, as a number", [Pure, InferTypeOpAdaptor]> {
  let description = "The elements of x are not read. C1: axes are distinct axes of x.";
  let arguments = (ins AnyElementTensor:$x, DenseI64ArrayAttr:$axes);
  let results = (outs PositionTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
  let hasFolder = true;
  let batching = CustomBatching<"the same number for all slices">;
}

def RandomBitsOp : SummaryOp<"random_bits", "Uniform bits: Threefry-2x32-20 of a key and the position", [Pure]> {
  let description = [{
    Threefry-2x32 with 20 rounds (Salmon et al. 2011) under the keys in the last axis of `key`. Its other axes are leading
    axes of y; the counter is the linear index of the element in the remaining ones.
    C1: the last size of key is 2, the others are the leading sizes of y. C2: as for iota.
  }];
  let arguments = (ins KeyTensor:$key, Optional<AnyElementTensor>:$like);
  let results = (outs KeyTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$key (`like` $like^ `:` type($like))? attr-dict `:` type($key) `->` type($y)";
  let hasVerifier = true;
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : NoAdjoint<ConstantOp, "has no operands">;
def : NoAdjoint<InputOp, "has no operands">;
def : NoAdjoint<IotaOp, "the operand gives only a shape">;
def : NoAdjoint<ExtentOp, "the operand gives only a shape">;
def : NoAdjoint<RandomBitsOp, "integers">;

#endif // TCC_DIALECT_CONSTANT
