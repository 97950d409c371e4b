// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.abs %{{.+}} : tensor<4xf64> -> tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.abs %x : tensor<4xf64> -> tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The subgradient at 0 is 0, as that of sign.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[SIGN:.+]] = tcc.sign %[[X]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[SIGN]]
// CHECK: return %[[DX]]

// NUMBERS: [1.5 0.  nan inf]
// NUMBERS-NEXT: [-128    5    7]
// NUMBERS-NEXT: [  0 255]
// NUMBERS-NEXT: [ 5. 13.  0.]
func.func @main() -> (tensor<4xf64>, tensor<3xi8>, tensor<2xui8>, tensor<3xf64>) {
  %x0 = tcc.constant dense<[-1.5, -0.0, 0x7FF8000000000000, 0xFFF0000000000000]> : tensor<4xf64>
  %0 = tcc.abs %x0 : tensor<4xf64> -> tensor<4xf64>
  %x1 = tcc.constant dense<[-128, -5, 7]> : tensor<3xi8>
  %1 = tcc.abs %x1 : tensor<3xi8> -> tensor<3xi8>
  %x2 = tcc.constant dense<[0, 255]> : tensor<2xui8>
  %2 = tcc.abs %x2 : tensor<2xui8> -> tensor<2xui8>
  %x3 = tcc.constant dense<[(3.0,4.0), (-5.0,12.0), (0.0,0.0)]> : tensor<3xcomplex<f64>>
  %3 = tcc.abs %x3 : tensor<3xcomplex<f64>> -> tensor<3xf64>
  return %0, %1, %2, %3 : tensor<4xf64>, tensor<3xi8>, tensor<2xui8>, tensor<3xf64>
}
