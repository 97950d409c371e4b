// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.iota {axis = 1
func.func @f() -> tensor<2x3xi64> {
  %y = tcc.iota {axis = 1 : i64} : tensor<2x3xi64>
  return %y : tensor<2x3xi64>
}

// Each element is its position along the axis.
// NUMBERS: {{\[\[}}0 1 2]
// NUMBERS-NEXT: [0 1 2]]
func.func @main() -> tensor<2x3xi64> {
  %y = tcc.call @f() : () -> tensor<2x3xi64>
  return %y : tensor<2x3xi64>
}
