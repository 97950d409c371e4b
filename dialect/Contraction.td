// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products that sum over shared axes, standing or sliding, and their adjoints.
#ifndef TCC_DIALECT_CONTRACTION
#define TCC_DIALECT_CONTRACTION

include "dialect/Base.td"

def DotGeneralOp : LibraryOp<"dot_general", "Sum over contracted axes of products of a and b, for each batch index"> {
  let description = [{
    y has the batch axes in the order of lhs_batch, then the free axes of a, then those of b. Nothing is conjugated.
    C1: the element types are equal. C2: lhs_batch and lhs_contract are distinct axes of a. C3: rhs_batch and rhs_contract
    are distinct axes of b. C4: paired axes have equal sizes.
  }];
  let arguments = (ins NumberTensor:$a, NumberTensor:$b, DenseI64ArrayAttr:$lhs_batch, DenseI64ArrayAttr:$rhs_batch,
                       DenseI64ArrayAttr:$lhs_contract, DenseI64ArrayAttr:$rhs_contract);
  let results = (outs NumberTensor:$y);
  let batching = CustomBatching<[{another batch axis; where one operand is the same for all slices, a free axis of the
    other one, so that a product with one matrix stays one product}]>;
  let assemblyFormat = "$a `,` $b attr-dict `:` functional-type(operands, results)";
}

def ConvolutionOp : LibraryOp<"convolution", "Sum over contracted axes and a sliding window of products of x and w"> {
  let description = [{
    A dot_general whose paired axes x_window and w_window slide over each other. Along one of them, with x spread by
    `x_dilation` (that many positions from one element to the next, zeros between), `low` zeros before and `high` behind
    (negative: elements taken away), result p sums over k the products of element `p * strides + k * w_dilation` of that
    and of element k of w (of w backwards, if flip). As many results as there are positions where w fits, maybe none.
    The axes of y are the batch axes in the order of x_batch, the free axes of x, the free axes of w and the window's, in
    the order that perm gives: axis i of y is number perm[i] of these. Nothing is conjugated.
    C1: the element types are equal. C2: x_batch, x_contract and x_window are distinct axes of x. C3: w_batch, w_contract
    and w_window are distinct axes of w. C4: paired batch and contracted axes have equal sizes. C5: strides, low, high,
    x_dilation and w_dilation have an entry for each window axis; strides and dilations are positive. C6: perm is a
    permutation of the axes of y.
  }];
  let arguments = (ins NumberTensor:$x, NumberTensor:$w, DenseI64ArrayAttr:$x_batch, DenseI64ArrayAttr:$w_batch,
                       DenseI64ArrayAttr:$x_contract, DenseI64ArrayAttr:$w_contract, DenseI64ArrayAttr:$x_window,
                       DenseI64ArrayAttr:$w_window, DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$x_dilation, DenseI64ArrayAttr:$w_dilation,
                       BoolAttr:$flip, DenseI64ArrayAttr:$perm);
  let results = (outs NumberTensor:$y);
  let batching = CustomBatching<"another batch axis; where one operand is the same for all slices, a free axis of the other">;
  let assemblyFormat = "$x `,` $w attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : CustomAdjoint<DotGeneralOp, "da = dy b^H, db = a^H dy, in the axes' order">;
def : CustomAdjoint<ConvolutionOp, "dx = dy conj(w) with strides and x_dilation exchanged and w turned, dw = conj(x) dy with strides and w_dilation exchanged">;

#endif // TCC_DIALECT_CONTRACTION
