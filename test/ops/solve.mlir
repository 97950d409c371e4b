// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.solve %{{.+}}, %{{.+}}
func.func @f(%a: tensor<2x2xf64>, %b: tensor<2x1xf64>) -> tensor<2x1xf64> {
  %y = tcc.solve %a, %b : (tensor<2x2xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}

// The adjoint solves with the transposed matrix.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.transpose
// CHECK: tcc.solve

// NUMBERS: {{\[\[}}2.]
// NUMBERS-NEXT: [2.]]
func.func @main() -> tensor<2x1xf64> {
  %a = tcc.constant dense<[[0.0, 2.0], [4.0, 1.0]]> : tensor<2x2xf64>
  %b = tcc.constant dense<[[4.0], [10.0]]> : tensor<2x1xf64>
  %y = tcc.call @f(%a, %b) : (tensor<2x2xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}
