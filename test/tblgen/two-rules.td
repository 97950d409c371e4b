// RUN: not tcc-tblgen --gen-adjoints -I %source -I %mlir-include %s 2>&1 | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include "dialect/Base.td"
def FooOp : UnaryOp<"foo", "Foo", FloatTensor, Keep, Kernel<"foo">>;
def : NoAdjoint<FooOp, "piecewise constant">;
def : CustomAdjoint<FooOp, "by hand">;
// CHECK: two-rules.td:[[@LINE-1]]:1: error: FooOp has two adjoint rules
