// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.det
func.func @f(%a: tensor<2x2xf64>) -> tensor<f64> {
  %lu, %perm = tcc.lu %a : tensor<2x2xf64> -> tensor<2x2xf64>, tensor<2xi64>
  %y = tcc.det %a, %lu, %perm : (tensor<2x2xf64>, tensor<2x2xf64>, tensor<2xi64>) -> tensor<f64>
  return %y : tensor<f64>
}

// Cofactors, which do not divide by the determinant.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-NOT: tcc.solve
// CHECK: tcc.adjugate

// NUMBERS: -2.0
func.func @main() -> tensor<f64> {
  %a = tcc.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf64>
  %y = tcc.call @f(%a) : (tensor<2x2xf64>) -> tensor<f64>
  return %y : tensor<f64>
}
