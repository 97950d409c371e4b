// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.svd %{{.+}} {full = false} : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2xf64>, tensor<2x2xf64>
func.func @f(%a: tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2xf64>, tensor<2x2xf64>) {
  %y:3 = tcc.svd %a {full = false} : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2xf64>, tensor<2x2xf64>
  return %y#0, %y#1, %y#2 : tensor<2x2xf64>, tensor<2xf64>, tensor<2x2xf64>
}

// u diag(s) vh is a again, s descending; the adjoint is made of products.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.svd
// CHECK: tcc.dot_general

// NUMBERS: [3. 2.]
// NUMBERS-NEXT: {{\[\[}}0. 2.]
// NUMBERS-NEXT: [3. 0.]]
func.func @main() -> (tensor<2xf64>, tensor<2x2xf64>) {
  %a = tcc.constant dense<[[0.0, 2.0], [3.0, 0.0]]> : tensor<2x2xf64>
  %y:3 = tcc.call @f(%a) : (tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2xf64>, tensor<2x2xf64>)
  %d = tcc.broadcast %y#1 {dims = array<i64: 1>} : tensor<2xf64> -> tensor<2x2xf64>
  %us = tcc.multiply %y#0, %d : tensor<2x2xf64>
  %p = tcc.dot_general %us, %y#2
      {lhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_batch = array<i64>, rhs_contract = array<i64: 0>}

      : (tensor<2x2xf64>, tensor<2x2xf64>) -> tensor<2x2xf64>
  return %y#1, %p : tensor<2xf64>, tensor<2x2xf64>
}
