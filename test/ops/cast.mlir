// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.cast %{{.+}}
func.func @f(%a: tensor<6xf64>) -> tensor<6xi8> {
  %y = tcc.cast %a : tensor<6xf64> -> tensor<6xi8>
  return %y : tensor<6xi8>
}

// Floats to integers truncate and saturate, NaN gives 0.
// NUMBERS: [   1   -1  127 -128    0 -128]
func.func @main() -> tensor<6xi8> {
  %a = tcc.constant dense<[1.9, -1.9, 300.0, -300.0, 0x7FF8000000000000, 0xFFF0000000000000]> : tensor<6xf64>
  %y = tcc.call @f(%a) : (tensor<6xf64>) -> tensor<6xi8>
  return %y : tensor<6xi8>
}
