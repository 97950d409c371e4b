// RUN: not tcc-tblgen --gen-adjoints -I %source -I %mlir-include %s 2>&1 | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include "dialect/Base.td"
def FooOp : UnaryOp<"foo", "Foo", FloatTensor, Keep, Kernel<"foo">>;
def : Adjoint<FooOp, (pullback (FooOp $z):$dx)>;
// CHECK: unknown-name.td:[[@LINE-1]]:1: error: adjoint of FooOp: '$z' is no operand, result, attribute or cotangent
