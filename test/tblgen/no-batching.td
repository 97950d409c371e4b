// RUN: not tcc-tblgen --gen-batching -I %source -I %mlir-include %s 2>&1 | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include "dialect/Base.td"
def FooOp : SummaryOp<"foo", "Foo"> {
  let arguments = (ins FloatTensor:$x, I64Attr:$axis);
  let results = (outs FloatTensor:$y);
}
// CHECK: no-batching.td:[[@LINE-4]]:5: error: FooOp has no batching rule: let batching be Stacked, CustomBatching or NoBatching
def BarOp : SummaryOp<"bar", "Bar"> {
  let arguments = (ins FloatTensor:$x, I64Attr:$axis);
  let results = (outs FloatTensor:$y);
  let batching = Stacked<["axes"]>;
}
// CHECK: no-batching.td:[[@LINE-5]]:5: error: BarOp has no attribute 'axes' that its batching rule could move
