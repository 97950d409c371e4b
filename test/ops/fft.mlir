// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.fft %{{.+}} {axes = array<i64: 0>, inverse = false, norm = 0 : i64}
func.func @f(%a: tensor<4xcomplex<f64>>) -> tensor<4xcomplex<f64>> {
  %y = tcc.fft %a {axes = array<i64: 0>, inverse = false, norm = 0 : i64} : tensor<4xcomplex<f64>> -> tensor<4xcomplex<f64>>
  return %y : tensor<4xcomplex<f64>>
}

// The adjoint is the conjugate transform.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.fft %{{.+}} {axes = array<i64: 0>, inverse = true, norm = 0 : i64}

// NUMBERS: [2.+0.j 1.+1.j 0.+0.j 1.-1.j]
func.func @main() -> tensor<4xcomplex<f64>> {
  %a = tcc.constant dense<[(1.0,0.0), (0.0,0.0), (0.0,0.0), (1.0,0.0)]> : tensor<4xcomplex<f64>>
  %y = tcc.call @f(%a) : (tensor<4xcomplex<f64>>) -> tensor<4xcomplex<f64>>
  return %y : tensor<4xcomplex<f64>>
}
