// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.add %{{.+}}, %{{.+}} : tensor<4xf64>
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.add %a, %b : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Both operands get the whole cotangent. Integers wrap, bool is or.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[A:.+]]: tensor<4xf64>, %[[B:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: return %[[DY]], %[[DY]]

// NUMBERS: [ 2.  2. -3. inf]
// NUMBERS-NEXT: [-128  127]
// NUMBERS-NEXT: [0 7]
// NUMBERS-NEXT: [False  True  True]
// NUMBERS-NEXT: [ 3. +1.j   -1.5-0.75j]
func.func @main() -> (tensor<4xf64>, tensor<2xi8>, tensor<2xui8>, tensor<3xi1>, tensor<2xcomplex<f64>>) {
  %a0 = tcc.constant dense<[1.5, -2.0, 0.0, 0x7FF0000000000000]> : tensor<4xf64>
  %b0 = tcc.constant dense<[0.5, 4.0, -3.0, -1.0]> : tensor<4xf64>
  %0 = tcc.add %a0, %b0 : tensor<4xf64>
  %a1 = tcc.constant dense<[127, -128]> : tensor<2xi8>
  %b1 = tcc.constant dense<[1, -1]> : tensor<2xi8>
  %1 = tcc.add %a1, %b1 : tensor<2xi8>
  %a2 = tcc.constant dense<[255, 3]> : tensor<2xui8>
  %b2 = tcc.constant dense<[1, 4]> : tensor<2xui8>
  %2 = tcc.add %a2, %b2 : tensor<2xui8>
  %a3 = tcc.constant dense<[false, true, true]> : tensor<3xi1>
  %b3 = tcc.constant dense<[false, false, true]> : tensor<3xi1>
  %3 = tcc.add %a3, %b3 : tensor<3xi1>
  %a4 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25)]> : tensor<2xcomplex<f64>>
  %b4 = tcc.constant dense<[(2.0,-1.0), (-1.0,-1.0)]> : tensor<2xcomplex<f64>>
  %4 = tcc.add %a4, %b4 : tensor<2xcomplex<f64>>
  return %0, %1, %2, %3, %4 : tensor<4xf64>, tensor<2xi8>, tensor<2xui8>, tensor<3xi1>, tensor<2xcomplex<f64>>
}
