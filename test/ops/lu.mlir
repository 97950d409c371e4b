// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.lu %{{.+}}
func.func @f(%a: tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2xi64>) {
  %y:2 = tcc.lu %a : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2xi64>
  return %y#0, %y#1 : tensor<2x2xf64>, tensor<2xi64>
}

// Rows are exchanged: the pivot is the largest.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.lu
// CHECK: tcc.triangular_solve

// NUMBERS: {{\[\[}}4. 1.]
// NUMBERS-NEXT: [0. 2.]]
// NUMBERS-NEXT: [1 0]
func.func @main() -> (tensor<2x2xf64>, tensor<2xi64>) {
  %a = tcc.constant dense<[[0.0, 2.0], [4.0, 1.0]]> : tensor<2x2xf64>
  %y:2 = tcc.call @f(%a) : (tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2xi64>)
  return %y#0, %y#1 : tensor<2x2xf64>, tensor<2xi64>
}
