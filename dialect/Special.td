// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One op on scalars and vectors, not on tensors: what the bodies of kernels call where the math dialect has no op.
#ifndef TCC_DIALECT_SPECIAL
#define TCC_DIALECT_SPECIAL

include "dialect/Base.td"

def SpecialOp : Op<Tcc_Dialect, "special", [Pure, SameOperandsAndResultType]> {
  let summary = "A special function of floats or vectors of them, which --tcc-expand-math expands";
  let description = [{
    function is erfinv, lgamma, digamma or polygamma; order is polygamma's and 0 for the others.
    C1: function is one of these names. C2: order is positive for polygamma and 0 for the others.
  }];
  let arguments = (ins FloatLike:$x, StrAttr:$function, DefaultValuedAttr<I64Attr, "0">:$order);
  let results = (outs FloatLike:$y);
  let assemblyFormat = "$function `(` $x `)` attr-dict `:` type($x)";
  let hasVerifier = true;
}

#endif // TCC_DIALECT_SPECIAL
