// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s

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
