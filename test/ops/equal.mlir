// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.equal %{{.+}}, %{{.+}} : tensor<4xf64> -> tensor<4xi1>
func.func @f(%a: tensor<4xf64>, %b: tensor<4xf64>) -> tensor<4xi1> {
  %0 = tcc.equal %a, %b : tensor<4xf64> -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// NaN equals nothing and is in no order; zeros are equal; ui8 is unsigned.
// NUMBERS: [ True False  True False]
// NUMBERS-NEXT: [False  True]
// NUMBERS-NEXT: [False  True]
// NUMBERS-NEXT: [False  True]
// NUMBERS-NEXT: [ True False]
func.func @main() -> (tensor<4xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>) {
  %a0 = tcc.constant dense<[1.0, 0x7FF8000000000000, -0.0, -1.0]> : tensor<4xf64>
  %b0 = tcc.constant dense<[1.0, 0x7FF8000000000000, 0.0, 2.0]> : tensor<4xf64>
  %0 = tcc.equal %a0, %b0 : tensor<4xf64> -> tensor<4xi1>
  %a1 = tcc.constant dense<[-128, 5]> : tensor<2xi8>
  %b1 = tcc.constant dense<[127, 5]> : tensor<2xi8>
  %1 = tcc.equal %a1, %b1 : tensor<2xi8> -> tensor<2xi1>
  %a2 = tcc.constant dense<[128, 5]> : tensor<2xui8>
  %b2 = tcc.constant dense<[127, 5]> : tensor<2xui8>
  %2 = tcc.equal %a2, %b2 : tensor<2xui8> -> tensor<2xi1>
  %a3 = tcc.constant dense<[false, true]> : tensor<2xi1>
  %b3 = tcc.constant dense<[true, true]> : tensor<2xi1>
  %3 = tcc.equal %a3, %b3 : tensor<2xi1> -> tensor<2xi1>
  %a4 = tcc.constant dense<[(1.0,2.0), (1.0,2.0)]> : tensor<2xcomplex<f64>>
  %b4 = tcc.constant dense<[(1.0,2.0), (1.0,-2.0)]> : tensor<2xcomplex<f64>>
  %4 = tcc.equal %a4, %b4 : tensor<2xcomplex<f64>> -> tensor<2xi1>
  return %0, %1, %2, %3, %4 : tensor<4xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>
}
