// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.left_shift %{{.+}}, %{{.+}} : tensor<4xi32>
func.func @f(%a: tensor<4xi32>, %b: tensor<4xi32>) -> tensor<4xi32> {
  %0 = tcc.left_shift %a, %b : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// Bits past the width are lost; a shift by the width gives 0.
// NUMBERS: [   8   -2 -128    0    0]
// NUMBERS-NEXT: [240   0]
// NUMBERS-NEXT: [4611686018427387904                   0]
func.func @main() -> (tensor<5xi8>, tensor<2xui8>, tensor<2xi64>) {
  %a0 = tcc.constant dense<[1, -1, 64, 1, 5]> : tensor<5xi8>
  %b0 = tcc.constant dense<[3, 1, 1, 8, 100]> : tensor<5xi8>
  %0 = tcc.left_shift %a0, %b0 : tensor<5xi8>
  %a1 = tcc.constant dense<[255, 1]> : tensor<2xui8>
  %b1 = tcc.constant dense<[4, 200]> : tensor<2xui8>
  %1 = tcc.left_shift %a1, %b1 : tensor<2xui8>
  %a2 = tcc.constant dense<[1, 1]> : tensor<2xi64>
  %b2 = tcc.constant dense<[62, 64]> : tensor<2xi64>
  %2 = tcc.left_shift %a2, %b2 : tensor<2xi64>
  return %0, %1, %2 : tensor<5xi8>, tensor<2xui8>, tensor<2xi64>
}
