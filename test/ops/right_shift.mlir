// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.right_shift %{{.+}}, %{{.+}} : tensor<4xi32>
func.func @f(%a: tensor<4xi32>, %b: tensor<4xi32>) -> tensor<4xi32> {
  %0 = tcc.right_shift %a, %b : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// The sign fills in from above, also past the width.
// NUMBERS: [ 8 -1 -1 -1  0]
// NUMBERS-NEXT: [15  0]
// NUMBERS-NEXT: [-2  0]
func.func @main() -> (tensor<5xi8>, tensor<2xui8>, tensor<2xi64>) {
  %a0 = tcc.constant dense<[64, -1, -128, -1, 5]> : tensor<5xi8>
  %b0 = tcc.constant dense<[3, 1, 7, 8, 100]> : tensor<5xi8>
  %0 = tcc.right_shift %a0, %b0 : tensor<5xi8>
  %a1 = tcc.constant dense<[255, 1]> : tensor<2xui8>
  %b1 = tcc.constant dense<[4, 200]> : tensor<2xui8>
  %1 = tcc.right_shift %a1, %b1 : tensor<2xui8>
  %a2 = tcc.constant dense<[-4, 1]> : tensor<2xi64>
  %b2 = tcc.constant dense<[1, 64]> : tensor<2xi64>
  %2 = tcc.right_shift %a2, %b2 : tensor<2xi64>
  return %0, %1, %2 : tensor<5xi8>, tensor<2xui8>, tensor<2xi64>
}
