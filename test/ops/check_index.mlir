// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.check_index %{{.+}} {bound = 3
func.func @f(%a: tensor<4xi64>) -> tensor<4xi64> {
  %y = tcc.check_index %a {bound = 3 : i64} : tensor<4xi64> -> tensor<4xi64>
  return %y : tensor<4xi64>
}

// Negative positions count from the end.
// NUMBERS: [2 2 0 0]
func.func @main() -> tensor<4xi64> {
  %a = tcc.constant dense<[2, -1, -3, 0]> : tensor<4xi64>
  %y = tcc.call @f(%a) : (tensor<4xi64>) -> tensor<4xi64>
  return %y : tensor<4xi64>
}
