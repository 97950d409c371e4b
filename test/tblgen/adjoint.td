// RUN: tcc-tblgen --gen-adjoints -I %source -I %mlir-include %s | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include "dialect/Base.td"

def FooOp : BinaryOp<"foo", "Foo", FloatTensor, Keep, Kernel<"foo">>;
def : Adjoint<FooOp, (pullback (FooOp $dy, (Splat<"2.0"> $y)):$da, (FooOp $da, $a):$db)>;

// A cotangent that another reads is computed when either is wanted.
// CHECK-LABEL: FooOp::pullback
// CHECK: if (b.wants(0) || b.wants(1)) {
// CHECK: auto [[TWO:.+]] = b.splat(getY(), 2.0);
// CHECK: auto [[DA:.+]] = b.create<FooOp>(b.dy(), [[TWO]]);
// CHECK: da = [[DA]];
// CHECK: b.accumulate(0, da);
// CHECK: if (b.wants(1)) {
// CHECK: b.create<FooOp>(da, getA());
// CHECK: b.accumulate(1, db);
