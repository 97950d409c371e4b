// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.conj %{{.+}} : tensor<3xcomplex<f64>>
func.func @f(%x: tensor<3xcomplex<f64>>) -> tensor<3xcomplex<f64>> {
  %0 = tcc.conj %x : tensor<3xcomplex<f64>>
  return %0 : tensor<3xcomplex<f64>>
}

// The real inner product of (conj x, y) is that of (x, conj y).
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<3xcomplex<f64>>, %[[DY:.+]]: tensor<3xcomplex<f64>>)
// CHECK: %[[DX:.+]] = tcc.conj %[[DY]]
// CHECK: return %[[DX]]

// NUMBERS: [ 1. -2.j   -0.5-0.25j -1. +1.j  ]
// NUMBERS-NEXT: [ 1.5 -2. ]
func.func @main() -> (tensor<3xcomplex<f64>>, tensor<2xf64>) {
  %x0 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %0 = tcc.conj %x0 : tensor<3xcomplex<f64>>
  %x1 = tcc.constant dense<[1.5, -2.0]> : tensor<2xf64>
  %1 = tcc.conj %x1 : tensor<2xf64>
  return %0, %1 : tensor<3xcomplex<f64>>, tensor<2xf64>
}
