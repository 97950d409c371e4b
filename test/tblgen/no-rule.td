// RUN: not tcc-tblgen --gen-adjoints -I %source -I %mlir-include %s 2>&1 | FileCheck %s
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
include "dialect/Base.td"
def FooOp : UnaryOp<"foo", "Foo", FloatTensor, Keep, Kernel<"foo">>;
// CHECK: no-rule.td:[[@LINE-1]]:5: error: FooOp has no adjoint rule: add a def of Adjoint, NoAdjoint, Undifferentiable or CustomAdjoint
