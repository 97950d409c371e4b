// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.bitwise_not %{{.+}} : tensor<4xi32>
func.func @f(%x: tensor<4xi32>) -> tensor<4xi32> {
  %0 = tcc.bitwise_not %x : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// NUMBERS: [ -1  -6 127]
// NUMBERS-NEXT: [255 250   0]
// NUMBERS-NEXT: [False  True]
func.func @main() -> (tensor<3xi8>, tensor<3xui8>, tensor<2xi1>) {
  %x0 = tcc.constant dense<[0, 5, -128]> : tensor<3xi8>
  %0 = tcc.bitwise_not %x0 : tensor<3xi8>
  %x1 = tcc.constant dense<[0, 5, 255]> : tensor<3xui8>
  %1 = tcc.bitwise_not %x1 : tensor<3xui8>
  %x2 = tcc.constant dense<[true, false]> : tensor<2xi1>
  %2 = tcc.bitwise_not %x2 : tensor<2xi1>
  return %0, %1, %2 : tensor<3xi8>, tensor<3xui8>, tensor<2xi1>
}
