// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.sign %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.sign %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Of real numbers the slope is 0.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[ZERO:.+]] = tcc.constant
// CHECK: return %[[ZERO]]

// NUMBERS: [-1.  0.  1. nan]
// NUMBERS-NEXT: [-1  0  1]
// NUMBERS-NEXT: [0 1]
// NUMBERS-NEXT: [0.6+0.8j 0. +0.j ]
func.func @main() -> (tensor<4xf64>, tensor<3xi8>, tensor<2xui8>, tensor<2xcomplex<f64>>) {
  %x0 = tcc.constant dense<[-2.5, 0.0, 3.0, 0x7FF8000000000000]> : tensor<4xf64>
  %0 = tcc.sign %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[-128, 0, 7]> : tensor<3xi8>
  %1 = tcc.sign %x1 : tensor<3xi8>
  %x2 = tcc.constant dense<[0, 255]> : tensor<2xui8>
  %2 = tcc.sign %x2 : tensor<2xui8>
  %x3 = tcc.constant dense<[(3.0,4.0), (0.0,0.0)]> : tensor<2xcomplex<f64>>
  %3 = tcc.sign %x3 : tensor<2xcomplex<f64>>
  return %0, %1, %2, %3 : tensor<4xf64>, tensor<3xi8>, tensor<2xui8>, tensor<2xcomplex<f64>>
}
