// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.reduce_prod %{{.+}} {axes = array<i64: 1>}
func.func @f(%a: tensor<2x3xf64>) -> tensor<2xf64> {
  %y = tcc.reduce_prod %a {axes = array<i64: 1>} : tensor<2x3xf64> -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// The product of the others is that before times that behind: no division by a zero.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.cumprod
// CHECK: tcc.cumprod

// NUMBERS: [6. 0.]
func.func @main() -> tensor<2xf64> {
  %a = tcc.constant dense<[[1.0, 2.0, 3.0], [4.0, 0.0, 6.0]]> : tensor<2x3xf64>
  %y = tcc.call @f(%a) : (tensor<2x3xf64>) -> tensor<2xf64>
  return %y : tensor<2xf64>
}
