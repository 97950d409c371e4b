// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},tcc-differentiate{entry=g wrt=0},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.dot_general %{{.+}}, %{{.+}}
func.func @f(%a: tensor<2x3xf64>, %b: tensor<3x2xf64>) -> tensor<2x2xf64> {
  %y = tcc.dot_general %a, %b
      {lhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_batch = array<i64>, rhs_contract = array<i64: 0>}
      : (tensor<2x3xf64>, tensor<3x2xf64>) -> tensor<2x2xf64>
  return %y : tensor<2x2xf64>
}

// A matrix product; both adjoints are such products again.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: %[[DY:.+]]: tensor<2x2xf64>) ->
// CHECK: tcc.dot_general
// CHECK: tcc.dot_general

// Of a matrix with a vector: the adjoint of the matrix is an outer product, elementwise, so that it joins what comes after.
// CHECK-LABEL: func.func @g_vjp(
// CHECK-SAME: %{{.+}}: tensor<2x3xf64>, %[[X:.+]]: tensor<3xf64>, %[[DZ:.+]]: tensor<2xf64>) -> tensor<2x3xf64>
// CHECK-DAG: %[[ROWS:.+]] = tcc.broadcast %[[DZ]] {dims = array<i64: 0>} : tensor<2xf64> -> tensor<2x3xf64>
// CHECK-DAG: %[[COLUMNS:.+]] = tcc.broadcast %[[X]] {dims = array<i64: 1>} : tensor<3xf64> -> tensor<2x3xf64>
// CHECK: tcc.multiply %[[ROWS]], %[[COLUMNS]]
func.func @g(%a: tensor<2x3xf64>, %x: tensor<3xf64>) -> tensor<2xf64> {
  %y = tcc.dot_general %a, %x
      {lhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_batch = array<i64>, rhs_contract = array<i64: 0>}
      : (tensor<2x3xf64>, tensor<3xf64>) -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// NUMBERS: {{\[\[}} 5.  1.]
// NUMBERS-NEXT: [14.  1.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf64>
  %b = tcc.constant dense<[[1.0, 0.0], [2.0, -1.0], [0.0, 1.0]]> : tensor<3x2xf64>
  %y = tcc.call @f(%a, %b) : (tensor<2x3xf64>, tensor<3x2xf64>) -> tensor<2x2xf64>
  return %y : tensor<2x2xf64>
}
