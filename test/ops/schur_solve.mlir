// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.schur_solve %{{.+}}, %{{.+}} {adjoint = false}
func.func @f(%t: tensor<2x2xcomplex<f64>>, %e: tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>> {
  %y = tcc.schur_solve %t, %e {adjoint = false} : (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  return %y : tensor<2x2xcomplex<f64>>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.schur_solve {{.*}}{adjoint = true}

// y (t_00 - t_11) = e below the diagonal.
// NUMBERS: {{\[\[}}{{ *}}0.{{ +}}0.]
// NUMBERS-NEXT: [{{ *}}-3.{{ +}}0.]]
func.func @main() -> tensor<2x2xf64> {
  %a = tcc.constant dense<[[1.0, 7.0], [0.0, 3.0]]> : tensor<2x2xf64>
  %b = tcc.constant dense<[[9.0, 9.0], [6.0, 9.0]]> : tensor<2x2xf64>
  %t = tcc.cast %a : tensor<2x2xf64> -> tensor<2x2xcomplex<f64>>
  %e = tcc.cast %b : tensor<2x2xf64> -> tensor<2x2xcomplex<f64>>
  %y = tcc.call @f(%t, %e) : (tensor<2x2xcomplex<f64>>, tensor<2x2xcomplex<f64>>) -> tensor<2x2xcomplex<f64>>
  %r = tcc.real %y : tensor<2x2xcomplex<f64>> -> tensor<2x2xf64>
  return %r : tensor<2x2xf64>
}
