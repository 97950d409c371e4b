// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.cholesky %{{.+}}
func.func @f(%a: tensor<2x2xf64>) -> tensor<2x2xf64> {
  %y = tcc.cholesky %a : tensor<2x2xf64> -> tensor<2x2xf64>
  return %y : tensor<2x2xf64>
}

// Reads the lower triangle alone. The adjoint solves with l, from both sides.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[L:.+]] = tcc.cholesky
// CHECK: tcc.triangular_solve
// CHECK: tcc.triangular_solve

// NUMBERS: {{\[\[}}2. 0.]
// NUMBERS-NEXT: [1. 2.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[4.0, 99.0], [2.0, 5.0]]> : tensor<2x2xf64>
  %y = tcc.call @f(%a) : (tensor<2x2xf64>) -> tensor<2x2xf64>
  return %y : tensor<2x2xf64>
}
