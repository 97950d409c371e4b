// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.broadcast %{{.+}} {dims = array<i64: 1>}
func.func @f(%a: tensor<3xf64>) -> tensor<2x3xf64> {
  %y = tcc.broadcast %a {dims = array<i64: 1>} : tensor<3xf64> -> tensor<2x3xf64>
  return %y : tensor<2x3xf64>
}

// The adjoint of repeating is a sum.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DX:.+]] = tcc.reduce_sum %{{.+}} {axes = array<i64: 0>}
// CHECK: return %[[DX]]

// NUMBERS: {{\[\[}}1. 2. 3.]
// NUMBERS-NEXT: [1. 2. 3.]]
func.func @main() -> tensor<2x3xf64> {
  %a = tcc.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf64>
  %y = tcc.call @f(%a) : (tensor<3xf64>) -> tensor<2x3xf64>
  return %y : tensor<2x3xf64>
}
