// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.reduce_sum %{{.+}} {axes = array<i64: 1>}
func.func @f(%a: tensor<2x3xf64>) -> tensor<2xf64> {
  %y = tcc.reduce_sum %a {axes = array<i64: 1>} : tensor<2x3xf64> -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// The adjoint of a sum repeats.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DX:.+]] = tcc.broadcast %{{.+}} {dims = array<i64: 0>}
// CHECK: return %[[DX]]

// NUMBERS: [ 6. 15.]
func.func @main() -> tensor<2xf64> {
  %a = tcc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf64>
  %y = tcc.call @f(%a) : (tensor<2x3xf64>) -> tensor<2xf64>
  return %y : tensor<2xf64>
}
