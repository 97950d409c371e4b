// RUN: not tcc-tblgen --gen-adjoints -I %source -I %mlir-include %s 2>&1 | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include "dialect/Base.td"
def FooOp : BinaryOp<"foo", "Foo", FloatTensor, Keep, Kernel<"foo">>;
def : Adjoint<FooOp, (pullback (FooOp $dy):$da, (zero):$db)>;
// CHECK: wrong-arity.td:[[@LINE-1]]:1: error: adjoint of FooOp: FooOp takes 2 arguments, got 1
