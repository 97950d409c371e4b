// RUN: not tcc-tblgen --gen-adjoints -I %source -I %mlir-include %s 2>&1 | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include "dialect/Base.td"
def FooOp : BinaryOp<"foo", "Foo", FloatTensor, Keep, Kernel<"foo">>;
def : Adjoint<FooOp, (pullback (FooOp $dy, $b):$da)>;
// CHECK: missing-output.td:[[@LINE-1]]:1: error: adjoint of FooOp: no expression for '$db'
