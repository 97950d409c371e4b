// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.reduce_or %{{.+}} {axes = array<i64: 1>}
func.func @f(%a: tensor<3x2xi1>) -> tensor<3xi1> {
  %y = tcc.reduce_or %a {axes = array<i64: 1>} : tensor<3x2xi1> -> tensor<3xi1>
  return %y : tensor<3xi1>
}

// Whether any holds.
// NUMBERS: [ True  True False]
func.func @main() -> tensor<3xi1> {
  %a = tcc.constant dense<[[true, false], [true, true], [false, false]]> : tensor<3x2xi1>
  %y = tcc.call @f(%a) : (tensor<3x2xi1>) -> tensor<3xi1>
  return %y : tensor<3xi1>
}
