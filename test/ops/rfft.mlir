// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.rfft %{{.+}} {axes = array<i64: 0>, norm = 0 : i64}
func.func @f(%a: tensor<4xf64>) -> tensor<3xcomplex<f64>> {
  %y = tcc.rfft %a {axes = array<i64: 0>, norm = 0 : i64} : tensor<4xf64> -> tensor<3xcomplex<f64>>
  return %y : tensor<3xcomplex<f64>>
}

// Frequencies 0 to n/2.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.irfft %{{.+}} {axes = array<i64: 0>, n = 4 : i64, norm = 0 : i64, pairs = 5.000000e-01 : f64}
// CHECK-NEXT: return

// NUMBERS: [2.+0.j 1.-3.j 0.+0.j]
func.func @main() -> tensor<3xcomplex<f64>> {
  %a = tcc.constant dense<[1.0, 2.0, 0.0, -1.0]> : tensor<4xf64>
  %y = tcc.call @f(%a) : (tensor<4xf64>) -> tensor<3xcomplex<f64>>
  return %y : tensor<3xcomplex<f64>>
}
