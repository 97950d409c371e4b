// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.eig %{{.+}} : tensor<2x2xf64> -> tensor<2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
func.func @f(%a: tensor<2x2xf64>) -> (tensor<2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) {
  %y:2 = tcc.eig %a : tensor<2x2xf64> -> tensor<2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
  return %y#0, %y#1 : tensor<2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
}

// A rotation has complex eigenvalues; columns of v have norm 1.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.eig
// CHECK: tcc.dot_general

// NUMBERS: [0.+2.j 0.-2.j]
// NUMBERS-NEXT: {{\[\[}}0.70710678 0.70710678]
// NUMBERS-NEXT: [0.70710678 0.70710678]]
func.func @main() -> (tensor<2xcomplex<f64>>, tensor<2x2xf64>) {
  %a = tcc.constant dense<[[0.0, -2.0], [2.0, 0.0]]> : tensor<2x2xf64>
  %y:2 = tcc.call @f(%a) : (tensor<2x2xf64>) -> (tensor<2xcomplex<f64>>, tensor<2x2xcomplex<f64>>)
  %v1 = tcc.abs %y#1 : tensor<2x2xcomplex<f64>> -> tensor<2x2xf64>
  return %y#0, %v1 : tensor<2xcomplex<f64>>, tensor<2x2xf64>
}
