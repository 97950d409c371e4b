// RUN: tcc-tblgen --gen-batching -I %source -I %mlir-include %s | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include "dialect/Base.td"

// CHECK: FooOp::batch(::tcc::BatchBuilder &b) { return b.applyToStacks({}); }
def FooOp : UnaryOp<"foo", "Foo", FloatTensor, Keep, Kernel<"foo">>;
// CHECK: BarOp::batch(::tcc::BatchBuilder &b) { return b.applyToStacks({"axes"}); }
def BarOp : SummaryOp<"bar", "Bar"> {
  let arguments = (ins FloatTensor:$x, DenseI64ArrayAttr:$axes);
  let results = (outs FloatTensor:$y);
  let batching = Stacked<["axes"]>;
}
// CHECK-NOT: BazOp
def BazOp : SummaryOp<"baz", "Baz"> {
  let batching = CustomBatching<"by hand">;
}
// CHECK: return emitOpError("cannot be batched: no slices");
def QuxOp : SummaryOp<"qux", "Qux"> {
  let batching = NoBatching<"no slices">;
}
