// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.argmax %{{.+}} {axis = 1
func.func @f(%a: tensor<2x3xf64>) -> tensor<2xi64> {
  %y = tcc.argmax %a {axis = 1 : i64} : tensor<2x3xf64> -> tensor<2xi64>
  return %y : tensor<2xi64>
}

// The first of ties; NaN wins.
// NUMBERS: [1 1]
func.func @main() -> tensor<2xi64> {
  %a = tcc.constant dense<[[1.0, 3.0, 3.0], [4.0, 0x7FF8000000000000, 6.0]]> : tensor<2x3xf64>
  %y = tcc.call @f(%a) : (tensor<2x3xf64>) -> tensor<2xi64>
  return %y : tensor<2xi64>
}
