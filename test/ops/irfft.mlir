// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.irfft %{{.+}} {axes = array<i64: 0>, n = 4
func.func @f(%a: tensor<3xcomplex<f64>>) -> tensor<4xf64> {
  %y = tcc.irfft %a {axes = array<i64: 0>, n = 4 : i64, norm = 2 : i64} : tensor<3xcomplex<f64>> -> tensor<4xf64>
  return %y : tensor<4xf64>
}

// Norm 2 divides by n: the signal itself. Its adjoint doubles frequency 1, which stands for two.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.rfft %{{.+}} {axes = array<i64: 0>, norm = 2 : i64, pairs = 2.000000e+00 : f64}
// CHECK-NEXT: return

// NUMBERS: [ 1.  2.  0. -1.]
func.func @main() -> tensor<4xf64> {
  %a = tcc.constant dense<[(2.0,0.0), (1.0,-3.0), (0.0,0.0)]> : tensor<3xcomplex<f64>>
  %y = tcc.call @f(%a) : (tensor<3xcomplex<f64>>) -> tensor<4xf64>
  return %y : tensor<4xf64>
}
