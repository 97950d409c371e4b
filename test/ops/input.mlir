// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s

// Two leaves of one type are two values: they are bound to different data.
// CHECK-LABEL: func.func @f(
// CHECK: %[[A:.+]] = tcc.input : tensor<3xf64>
// CHECK: %[[B:.+]] = tcc.input : tensor<3xf64>
// CHECK: tcc.subtract %[[A]], %[[B]]
func.func @f() -> tensor<3xf64> {
  %a = tcc.input : tensor<3xf64>
  %b = tcc.input : tensor<3xf64>
  %y = tcc.subtract %a, %b : tensor<3xf64>
  return %y : tensor<3xf64>
}
