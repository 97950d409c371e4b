// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.neg %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.neg %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// A linear op is its own adjoint.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[DX:.+]] = tcc.neg %[[DY]]
// CHECK: return %[[DX]]

// NUMBERS: [-1.5  2.  -0.   inf]
// NUMBERS-NEXT: [-128 -127    0]
// NUMBERS-NEXT: [255   0   1]
// NUMBERS-NEXT: [-1. -2.j    0.5-0.25j  1. +1.j  ]
func.func @main() -> (tensor<4xf64>, tensor<3xi8>, tensor<3xui8>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[1.5, -2.0, 0.0, 0xFFF0000000000000]> : tensor<4xf64>
  %0 = tcc.neg %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[-128, 127, 0]> : tensor<3xi8>
  %1 = tcc.neg %x1 : tensor<3xi8>
  %x2 = tcc.constant dense<[1, 0, 255]> : tensor<3xui8>
  %2 = tcc.neg %x2 : tensor<3xui8>
  %x3 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %3 = tcc.neg %x3 : tensor<3xcomplex<f64>>
  return %0, %1, %2, %3 : tensor<4xf64>, tensor<3xi8>, tensor<3xui8>, tensor<3xcomplex<f64>>
}
