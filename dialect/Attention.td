// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention without its matrix of scores, and the gradients by its operands.
#ifndef TCC_DIALECT_ATTENTION
#define TCC_DIALECT_ATTENTION

include "dialect/Base.td"

def MaskTensor : TccTensor<!listconcat([I1], floatTypes), "bf", "bool or floats">;

defvar attentionBatching = [{the same op on stacks; a mask that all slices share is one for all}];

def AttentionOp : LibraryOp<"attention", "softmax(scale q k^T + mask) v over the keys, and log(sum(exp)) of each query's scores"> {
  let description = [{
    A mask is bool (true: attend) or added to the scores; its axes of size 1 count for all. If causal, a query sees the
    keys up to its own position only. A query that sees no key has y = 0 and logsumexp = +inf: so exp(score - logsumexp) is
    the weight of every key, also there. Scores are held for a tile of queries and keys at a time, in f32 for 16-bit floats.
    C1: q, k, v are {.., L, E}, {.., S, E}, {.., S, V} of one element type and equal leading sizes. C2: mask has the rank of
    q, the element type of q or bool, and each size is that of {.., L, S} or 1.
  }];
  let arguments = (ins FloatTensor:$q, FloatTensor:$k, FloatTensor:$v, Optional<MaskTensor>:$mask, BoolAttr:$causal,
                       F64Attr:$scale);
  let results = (outs FloatTensor:$y, WideFloatTensor:$logsumexp);
  let batching = CustomBatching<attentionBatching>;
  let assemblyFormat = "$q `,` $k `,` $v (`,` $mask^)? attr-dict `:` functional-type(operands, results)";
}

// With w = exp(scale q k^T + mask - logsumexp) and ds = w * (dy v^T - delta): delta is sum(dy * y) of each query, less the
// cotangent of logsumexp.
class AttentionGradientCall<string mnemonic, string text, dag mask, dag outputs> : LibraryOp<mnemonic, text> {
  let description = [{
    w = exp(scale q k^T + mask - logsumexp), ds = w * (dy v^T - delta). C1, C2: as for attention; logsumexp and delta are
    {.., L}, dy is {.., L, V}.
  }];
  let arguments = !con((ins FloatTensor:$q, FloatTensor:$k, FloatTensor:$v, WideFloatTensor:$logsumexp,
                            WideFloatTensor:$delta, FloatTensor:$dy), mask, (ins BoolAttr:$causal, F64Attr:$scale));
  let results = outputs;
}
def AttentionGradientOp : AttentionGradientCall<"attention_gradient", "scale ds k, scale ds^T q and w^T dy",
                                                (ins Optional<MaskTensor>:$mask),
                                                (outs FloatTensor:$dq, FloatTensor:$dk, FloatTensor:$dv)> {
  let batching = CustomBatching<attentionBatching>;
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $logsumexp `,` $delta `,` $dy (`,` $mask^)? attr-dict `:` functional-type(operands, results)
  }];
}
def AttentionMaskGradientOp : AttentionGradientCall<"attention_mask_gradient", "ds, summed to the sizes of the mask",
                                                    (ins FloatTensor:$mask), (outs FloatTensor:$dmask)> {
  let batching = Stacked<>;
  let assemblyFormat = [{
    $q `,` $k `,` $v `,` $logsumexp `,` $delta `,` $dy `,` $mask attr-dict `:` functional-type(operands, results)
  }];
}

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : CustomAdjoint<AttentionOp, "attention_gradient, by blocks, too (Dao 2023)">;
def : CustomAdjoint<AttentionGradientOp, "that of its formula in products and exponentials, which stores the scores">;
def : CustomAdjoint<AttentionMaskGradientOp, "that of its formula in products and exponentials, which stores the scores">;

#endif // TCC_DIALECT_ATTENTION
