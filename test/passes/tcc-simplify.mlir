// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s

// CHECK-LABEL: @equal_ops_merge_and_unused_ones_go
func.func @equal_ops_merge_and_unused_ones_go(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: %[[S:.+]] = tcc.sin
  // CHECK-NOT: tcc.sin
  // CHECK-NOT: tcc.cos
  %0 = tcc.sin %x : tensor<2xf32>
  %1 = tcc.sin %x : tensor<2xf32>
  %2 = tcc.cos %x : tensor<2xf32>
  // CHECK: tcc.multiply %[[S]], %[[S]]
  %3 = tcc.multiply %0, %1 : tensor<2xf32>
  return %3 : tensor<2xf32>
}

// Two inputs of one type are two values.
// CHECK-LABEL: @inputs_do_not_merge
func.func @inputs_do_not_merge() -> (tensor<f32>, tensor<f32>) {
  // CHECK: tcc.input
  // CHECK: tcc.input
  %0 = tcc.input : tensor<f32>
  %1 = tcc.input : tensor<f32>
  return %0, %1 : tensor<f32>, tensor<f32>
}
