// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products that sum over shared axes, and their adjoint.
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

//===----------------------------------------------------------------------===//
// Adjoints
//===----------------------------------------------------------------------===//

def : CustomAdjoint<DotGeneralOp, "da = dy b^H, db = a^H dy, in the axes' order">;

#endif // TCC_DIALECT_CONTRACTION
