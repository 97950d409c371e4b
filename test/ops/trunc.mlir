// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.trunc %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.trunc %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The sign of zeros is kept.
// NUMBERS: [ -1.  -0.   0.   1.   2. -inf]
// NUMBERS-NEXT: [ 2. -2. nan]
// NUMBERS-NEXT: [-0.  1.]
func.func @main() -> (tensor<6xf64>, tensor<3xf32>, tensor<2xf16>) {
  %x0 = tcc.constant dense<[-1.5, -0.5, 0.5, 1.5, 2.5, 0xFFF0000000000000]> : tensor<6xf64>
  %0 = tcc.trunc %x0 : tensor<6xf64>
  %x1 = tcc.constant dense<[2.5, -2.700000047683716, 0x7FC00000]> : tensor<3xf32>
  %1 = tcc.trunc %x1 : tensor<3xf32>
  %x2 = tcc.constant dense<[-0.25, 1.5]> : tensor<2xf16>
  %2 = tcc.trunc %x2 : tensor<2xf16>
  return %0, %1, %2 : tensor<6xf64>, tensor<3xf32>, tensor<2xf16>
}
