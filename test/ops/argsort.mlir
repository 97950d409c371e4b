// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.argsort %{{.+}} {axis = 0
func.func @f(%a: tensor<6xf64>) -> tensor<6xi64> {
  %y = tcc.argsort %a {axis = 0 : i64} : tensor<6xf64> -> tensor<6xi64>
  return %y : tensor<6xi64>
}

// Equal elements and NaN keep their order.
// NUMBERS: [2 5 0 3 1 4]
func.func @main() -> tensor<6xi64> {
  %a = tcc.constant dense<[2.0, 0x7FF8000000000000, -1.0, 2.0, 0x7FF8000000000000, 0.5]> : tensor<6xf64>
  %y = tcc.call @f(%a) : (tensor<6xf64>) -> tensor<6xi64>
  return %y : tensor<6xi64>
}
