// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.expm1 %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.expm1 %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Exact near 0, where exp(x) - 1 cancels.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[E:.+]] = tcc.exp %[[X]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[E]]
// CHECK: return %[[DX]]

// NUMBERS: [-6.32120559e-01  0.00000000e+00  1.00000000e-10 -1.00000000e+00]
// NUMBERS-NEXT: [-2.13120438+2.47172667j -0.41232491+0.15005809j -0.80123389-0.30955988j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[-1.0, 0.0, 1.000000e-10, 0xFFF0000000000000]> : tensor<4xf64>
  %0 = tcc.expm1 %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.expm1 %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
