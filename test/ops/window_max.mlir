// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.window_max %{{.+}} {axes = array<i64: 1>
func.func @f(%a: tensor<2x5xf64>) -> tensor<2x3xf64> {
  %y, %position = tcc.window_max %a {axes = array<i64: 1>, window = array<i64: 3>, strides = array<i64: 2>,
                                     low = array<i64: 1>, high = array<i64: 1>}
      : tensor<2x5xf64> -> tensor<2x3xf64>, tensor<2x3xi64>
  return %y : tensor<2x3xf64>
}

// dy goes back to where the elements came from.
// CHECK-LABEL: func.func @f_vjp(
// CHECK: tcc.scatter %{{.+}} : (tensor<10xf64>, tensor<6xf64>, tensor<6xi64>) -> tensor<10xf64>

// NUMBERS: {{\[\[}} 3.  3.  1.]
// NUMBERS-NEXT: [-1. nan nan]]
func.func @main() -> tensor<2x3xf64> {
  %a = tcc.constant dense<[[1.0, 3.0, 3.0, 0.0, 1.0], [-1.0, -2.0, 5.0, 0x7FF8000000000000, 7.0]]> : tensor<2x5xf64>
  %y = tcc.call @f(%a) : (tensor<2x5xf64>) -> tensor<2x3xf64>
  return %y : tensor<2x3xf64>
}
