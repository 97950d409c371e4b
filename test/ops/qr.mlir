// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.qr %{{.+}} {full = false} : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2x2xf64>
func.func @f(%a: tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2x2xf64>) {
  %y:2 = tcc.qr %a {full = false} : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2x2xf64>
  return %y#0, %y#1 : tensor<2x2xf64>, tensor<2x2xf64>
}

// q r is a again, and r is triangular; the adjoint solves with r.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.qr
// CHECK: tcc.triangular_solve

// NUMBERS: {{\[\[}}4. 0.]
// NUMBERS-NEXT: [0. 2.]]
// NUMBERS-NEXT: {{\[\[ ?}}0.  2.]
// NUMBERS-NEXT: [-4.  0.]]
func.func @main() -> (tensor<2x2xf64>, tensor<2x2xf64>) {
  %a = tcc.constant dense<[[0.0, 2.0], [-4.0, 0.0]]> : tensor<2x2xf64>
  %y:2 = tcc.call @f(%a) : (tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2x2xf64>)
  %abs = tcc.abs %y#1 : tensor<2x2xf64> -> tensor<2x2xf64>
  %p = tcc.dot_general %y#0, %y#1
      {lhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_batch = array<i64>, rhs_contract = array<i64: 0>}

      : (tensor<2x2xf64>, tensor<2x2xf64>) -> tensor<2x2xf64>
  return %abs, %p : tensor<2x2xf64>, tensor<2x2xf64>
}
