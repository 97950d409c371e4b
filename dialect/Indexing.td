// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that read and write elements at computed positions, and their adjoints.
#ifndef TCC_DIALECT_INDEXING
#define TCC_DIALECT_INDEXING

include "dialect/Base.td"

def GatherOp : SummaryOp<"gather", "Elements or slices of x at computed positions", [Pure, InferTypeOpAdaptor]> {
  let description = [{
    With indices of shape I: `y[i.., r..] = x[indices at i along axes, r.. along the others]`, of shape I followed by the
    remaining axes of x in order. Indices are in range (see `check_index`); kernels clamp them.
    C1: axes are distinct axes of x, one for each index. C2: the indices have one shape. C3: there is an index.
  }];
  let arguments = (ins AnyElementTensor:$x, Variadic<PositionTensor>:$indices, DenseI64ArrayAttr:$axes);
  let results = (outs AnyElementTensor:$y);
  let batching = CustomBatching<[{indices that are stacks get one more axis, and the slice's number is one more index where x
    is a stack too; indices that are the same for all slices read slices of slices}]>;
  let assemblyFormat = "$x `,` $indices attr-dict `:` functional-type(operands, results)";
}

def ScatterOp : SummaryOp<"scatter", "x with elements or slices at computed positions combined with updates",
                          [Pure, InferTypeOpAdaptor, RuntimeCallOpInterface]> {
  let description = [{
    The inverse of gather's reading: updates are shaped like its result. `combine` is set (the last wins), add, multiply,
    min or max; duplicates accumulate in order.
    C1..C3: as for gather. C4: updates have the type of gather's result. C5: combine is one of these names.
  }];
  let arguments = (ins AnyElementTensor:$x, AnyElementTensor:$updates, Variadic<PositionTensor>:$indices,
                       DenseI64ArrayAttr:$axes, StrAttr:$combine);
  let results = (outs AnyElementTensor:$y);
  let batching = CustomBatching<[{updates of slices of slices where indices are the same for all; otherwise the slice's number
    is one more index}]>;
  let assemblyFormat = "$x `,` $updates `,` $indices attr-dict `:` functional-type(operands, results)";
}

def CheckIndexOp : LibraryOp<"check_index", "Indices with `bound` added to negative ones; fails when out of range"> {
  let description = "C1: bound is not negative.";
  let arguments = (ins PositionTensor:$x, I64Attr:$bound);
  let results = (outs PositionTensor:$y);
  let batching = Stacked<>;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : CustomAdjoint<GatherOp, "zeros like x with dy added at the indices">;
def : CustomAdjoint<ScatterOp, "by combine; ties of min and max share the cotangent">;
def : NoAdjoint<CheckIndexOp, "integers">;

#endif // TCC_DIALECT_INDEXING
