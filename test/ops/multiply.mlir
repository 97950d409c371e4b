// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.multiply %{{.+}}, %{{.+}} : tensor<4xf64>
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.multiply %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Integers wrap, bool is and.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[A:.+]]: tensor<4xf64>, %[[B:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[DA:.+]] = tcc.multiply %[[DY]], %[[B]]
// CHECK: %[[DB:.+]] = tcc.multiply %[[DY]], %[[A]]
// CHECK: return %[[DA]], %[[DB]]

// NUMBERS: [ 0.75 -8.   -0.    -inf]
// NUMBERS-NEXT: [   0 -128  -35]
// NUMBERS-NEXT: [16  6]
// NUMBERS-NEXT: [False False  True]
// NUMBERS-NEXT: [4.  +3.j   0.75+0.25j]
func.func @main() -> (tensor<4xf64>, tensor<3xi8>, tensor<2xui8>, tensor<3xi1>, tensor<2xcomplex<f64>>) {
  %a0 = tcc.constant dense<[1.5, -2.0, 0.0, 0x7FF0000000000000]> : tensor<4xf64>
  %b0 = tcc.constant dense<[0.5, 4.0, -3.0, -1.0]> : tensor<4xf64>
  %0 = tcc.multiply %a0, %b0 : tensor<4xf64>
  %a1 = tcc.constant dense<[64, -128, 5]> : tensor<3xi8>
  %b1 = tcc.constant dense<[4, -1, -7]> : tensor<3xi8>
  %1 = tcc.multiply %a1, %b1 : tensor<3xi8>
  %a2 = tcc.constant dense<[16, 3]> : tensor<2xui8>
  %b2 = tcc.constant dense<[17, 2]> : tensor<2xui8>
  %2 = tcc.multiply %a2, %b2 : tensor<2xui8>
  %a3 = tcc.constant dense<[false, true, true]> : tensor<3xi1>
  %b3 = tcc.constant dense<[false, false, true]> : tensor<3xi1>
  %3 = tcc.multiply %a3, %b3 : tensor<3xi1>
  %a4 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25)]> : tensor<2xcomplex<f64>>
  %b4 = tcc.constant dense<[(2.0,-1.0), (-1.0,-1.0)]> : tensor<2xcomplex<f64>>
  %4 = tcc.multiply %a4, %b4 : tensor<2xcomplex<f64>>
  return %0, %1, %2, %3, %4 : tensor<4xf64>, tensor<3xi8>, tensor<2xui8>, tensor<3xi1>, tensor<2xcomplex<f64>>
}
