// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.constant dense<[true, false]>
func.func @f() -> tensor<2xi1> {
  %y = tcc.constant dense<[true, false]> : tensor<2xi1>
  return %y : tensor<2xi1>
}

// Elements as they are written.
// NUMBERS: [ True False]
func.func @main() -> tensor<2xi1> {
  %y = tcc.call @f() : () -> tensor<2xi1>
  return %y : tensor<2xi1>
}
