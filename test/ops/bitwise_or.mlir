// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.bitwise_or %{{.+}}, %{{.+}} : tensor<4xi32>
func.func @f(%a: tensor<4xi32>, %b: tensor<4xi32>) -> tensor<4xi32> {
  %0 = tcc.bitwise_or %a, %b : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// NUMBERS: [  14 -121]
// NUMBERS-NEXT: [255]
// NUMBERS-NEXT: [False  True  True]
func.func @main() -> (tensor<2xi8>, tensor<1xui8>, tensor<3xi1>) {
  %a0 = tcc.constant dense<[12, -128]> : tensor<2xi8>
  %b0 = tcc.constant dense<[10, 7]> : tensor<2xi8>
  %0 = tcc.bitwise_or %a0, %b0 : tensor<2xi8>
  %a1 = tcc.constant dense<[85]> : tensor<1xui8>
  %b1 = tcc.constant dense<[170]> : tensor<1xui8>
  %1 = tcc.bitwise_or %a1, %b1 : tensor<1xui8>
  %a2 = tcc.constant dense<[false, true, true]> : tensor<3xi1>
  %b2 = tcc.constant dense<[false, false, true]> : tensor<3xi1>
  %2 = tcc.bitwise_or %a2, %b2 : tensor<3xi1>
  return %0, %1, %2 : tensor<2xi8>, tensor<1xui8>, tensor<3xi1>
}
