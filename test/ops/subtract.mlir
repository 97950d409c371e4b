// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.subtract %{{.+}}, %{{.+}} : tensor<4xf64>
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.subtract %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Integers wrap.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[A:.+]]: tensor<4xf64>, %[[B:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[DB:.+]] = tcc.neg %[[DY]]
// CHECK: return %[[DY]], %[[DB]]

// NUMBERS: [ 1. -6.  3. inf]
// NUMBERS-NEXT: [127  12]
// NUMBERS-NEXT: [255   1]
// NUMBERS-NEXT: [-1. +3.j    0.5+1.25j]
func.func @main() -> (tensor<4xf64>, tensor<2xi8>, tensor<2xui8>, tensor<2xcomplex<f64>>) {
  %a0 = tcc.constant dense<[1.5, -2.0, 0.0, 0x7FF0000000000000]> : tensor<4xf64>
  %b0 = tcc.constant dense<[0.5, 4.0, -3.0, -1.0]> : tensor<4xf64>
  %0 = tcc.subtract %a0, %b0 : tensor<4xf64>
  %a1 = tcc.constant dense<[-128, 5]> : tensor<2xi8>
  %b1 = tcc.constant dense<[1, -7]> : tensor<2xi8>
  %1 = tcc.subtract %a1, %b1 : tensor<2xi8>
  %a2 = tcc.constant dense<[0, 3]> : tensor<2xui8>
  %b2 = tcc.constant dense<[1, 2]> : tensor<2xui8>
  %2 = tcc.subtract %a2, %b2 : tensor<2xui8>
  %a3 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25)]> : tensor<2xcomplex<f64>>
  %b3 = tcc.constant dense<[(2.0,-1.0), (-1.0,-1.0)]> : tensor<2xcomplex<f64>>
  %3 = tcc.subtract %a3, %b3 : tensor<2xcomplex<f64>>
  return %0, %1, %2, %3 : tensor<4xf64>, tensor<2xi8>, tensor<2xui8>, tensor<2xcomplex<f64>>
}
