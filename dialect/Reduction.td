// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that combine the elements along axes: reductions, also of sliding windows, scans, sorting; and their adjoints.
#ifndef TCC_DIALECT_REDUCTION
#define TCC_DIALECT_REDUCTION

include "dialect/Base.td"

class ReduceOp<string mnemonic, string text, TccTensor type>
    : SummaryOp<mnemonic, text, [Pure, ReductionTrait, InferTypeOpAdaptor]> {
  let description = "C1: axes are distinct axes of x; they are dropped.";
  let arguments = (ins type:$x, DenseI64ArrayAttr:$axes);
  let results = (outs type:$y);
  let batching = Stacked<["axes"]>;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
  let hasFolder = true;
}
def ReduceSumOp : ReduceOp<"reduce_sum", "Sum over axes", NumberTensor>;
def ReduceProdOp : ReduceOp<"reduce_prod", "Product over axes", NumberTensor>;
def ReduceMaxOp : ReduceOp<"reduce_max", "Largest element over axes; NaN wins", OrderedTensor>;
def ReduceMinOp : ReduceOp<"reduce_min", "Smallest element over axes; NaN wins", OrderedTensor>;
def ReduceAndOp : ReduceOp<"reduce_and", "Whether all elements over axes hold", BoolTensor>;
def ReduceOrOp : ReduceOp<"reduce_or", "Whether any element over axes holds", BoolTensor>;

class ArgReduceOp<string mnemonic, string text> : LibraryOp<mnemonic, text> {
  let description = "C1: axis is an axis of x; it is dropped. C2: it is not empty.";
  let arguments = (ins OrderedTensor:$x, I64Attr:$axis);
  let results = (outs PositionTensor:$y);
  let batching = Stacked<["axis"]>;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
}
def ArgmaxOp : ArgReduceOp<"argmax", "Position of the largest element along an axis; first of ties, NaN wins">;
def ArgminOp : ArgReduceOp<"argmin", "Position of the smallest element along an axis; first of ties, NaN wins">;

class ScanOp<string mnemonic, string text, TccTensor type> : LibraryOp<mnemonic, text> {
  let description = "Element k combines elements 0..k along the axis, or k..end if reverse. C1: axis is an axis of x.";
  let arguments = (ins type:$x, I64Attr:$axis, BoolAttr:$reverse);
  let results = (outs type:$y);
  let batching = Stacked<["axis"]>;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
}
def CumsumOp : ScanOp<"cumsum", "Running sum along an axis", NumberTensor>;
def CumprodOp : ScanOp<"cumprod", "Running product along an axis", NumberTensor>;
def CummaxOp : ScanOp<"cummax", "Running maximum along an axis; NaN wins", OrderedTensor>;
def CumminOp : ScanOp<"cummin", "Running minimum along an axis; NaN wins", OrderedTensor>;

def SortOp : LibraryOp<"sort", "x in ascending order along an axis; stable, NaN last"> {
  let description = "C1: axis is an axis of x.";
  let arguments = (ins OrderedTensor:$x, I64Attr:$axis);
  let results = (outs OrderedTensor:$y);
  let batching = Stacked<["axis"]>;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
}
def ArgsortOp : LibraryOp<"argsort", "Positions that sort x along an axis; stable, NaN last"> {
  let description = "C1: axis is an axis of x.";
  let arguments = (ins OrderedTensor:$x, I64Attr:$axis);
  let results = (outs PositionTensor:$y);
  let batching = Stacked<["axis"]>;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($y)";
}

def WindowMaxOp : LibraryOp<"window_max", "Largest element in each position of a sliding window, and where it is"> {
  let description = [{
    Along axes[i], position p covers elements `p * strides[i] - low[i]` to before `.. + window[i]`, as far as x has them,
    for each p whose window ends before `high[i]` elements behind x. The first of ties is taken, NaN wins. `position` is
    the row-major number of the element in x.
    C1: axes are distinct axes of x. C2: window, strides, low and high have an entry for each axis; windows and strides
    are positive, low and high at least 0 and less than the window. C3: x has elements along axes.
  }];
  let arguments = (ins OrderedTensor:$x, DenseI64ArrayAttr:$axes, DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high);
  let results = (outs OrderedTensor:$y, PositionTensor:$position);
  let batching = CustomBatching<"the same op on the stack, whose positions count from the slice's first element">;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type(results)";
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : Adjoint<ReduceSumOp, (pullback (RepeatLike $dy, $x, $axes):$dx)>;
def : CustomAdjoint<ReduceProdOp, "dy times the product of all other elements, also where some are 0">;
def : Adjoint<ReduceMaxOp, (pullback (ShareAmongTies $dy, $x, $y, $axes):$dx)>;
def : Adjoint<ReduceMinOp, (pullback (ShareAmongTies $dy, $x, $y, $axes):$dx)>;
def : NoAdjoint<ReduceAndOp, "bool">;
def : NoAdjoint<ReduceOrOp, "bool">;
def : NoAdjoint<ArgmaxOp, "integers">;
def : NoAdjoint<ArgminOp, "integers">;
def : Adjoint<CumsumOp, (pullback (CumsumOp $dy, $axis, (Negated $reverse)):$dx)>;
def : CustomAdjoint<WindowMaxOp, "zeros like x with dy added at the positions">;
def : CustomAdjoint<CumprodOp, "running sums of dy times the products without the element, also where some are 0">;
def : CustomAdjoint<CummaxOp, "dy added where the running maximum was last attained">;
def : CustomAdjoint<CumminOp, "dy added where the running minimum was last attained">;
def : CustomAdjoint<SortOp, "dy in the order of x">;
def : NoAdjoint<ArgsortOp, "integers">;

#endif // TCC_DIALECT_REDUCTION
