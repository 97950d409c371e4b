// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.triangular_solve %{{.+}}, %{{.+}} {adjoint = false, lower = true, unit_diagonal = false}
func.func @f(%a: tensor<2x2xf64>, %b: tensor<2x1xf64>) -> tensor<2x1xf64> {
  %y = tcc.triangular_solve %a, %b {adjoint = false, lower = true, unit_diagonal = false}
      : (tensor<2x2xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}

// Reads one triangle. The adjoint solves with the adjoint matrix.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.triangular_solve %{{.+}} {adjoint = true, lower = true, unit_diagonal = false}

// NUMBERS: {{\[\[}}1.]
// NUMBERS-NEXT: [2.]]
func.func @main() -> tensor<2x1xf64> {
  %a = tcc.constant dense<[[2.0, 99.0], [1.0, 4.0]]> : tensor<2x2xf64>
  %b = tcc.constant dense<[[2.0], [9.0]]> : tensor<2x1xf64>
  %y = tcc.call @f(%a, %b) : (tensor<2x2xf64>, tensor<2x1xf64>) -> tensor<2x1xf64>
  return %y : tensor<2x1xf64>
}
