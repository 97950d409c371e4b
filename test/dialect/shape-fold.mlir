// RUN: tcc-opt %s --pass-pipeline='builtin.module(func.func(tcc-simplify))' | FileCheck %s

// CHECK-LABEL: @moves_compose
// CHECK-SAME: (%[[X:.+]]: tensor<2x3xf32>)
func.func @moves_compose(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<4x2x3xf32>) {
  %0 = tcc.transpose %x {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %1 = tcc.transpose %0 {perm = array<i64: 1, 0>} : tensor<3x2xf32> -> tensor<2x3xf32>
  %2 = tcc.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  %3 = tcc.reshape %2 : tensor<6xf32> -> tensor<2x3xf32>
  %4 = tcc.reverse %x {axes = array<i64: 1>} : tensor<2x3xf32> -> tensor<2x3xf32>
  %5 = tcc.reverse %4 {axes = array<i64: 1>} : tensor<2x3xf32> -> tensor<2x3xf32>
  %6 = tcc.slice %x {starts = array<i64: 0, 0>, limits = array<i64: 2, 3>, strides = array<i64: 1, 1>} : tensor<2x3xf32> -> tensor<2x3xf32>
  // CHECK: %[[B:.+]] = tcc.broadcast %[[X]] {dims = array<i64: 1, 2>} : tensor<2x3xf32> -> tensor<4x2x3xf32>
  %7 = tcc.broadcast %x {dims = array<i64: 1, 2>} : tensor<2x3xf32> -> tensor<1x2x3xf32>
  %8 = tcc.broadcast %7 {dims = array<i64: 0, 1, 2>} : tensor<1x2x3xf32> -> tensor<4x2x3xf32>
  // CHECK: return %[[X]], %[[X]], %[[X]], %[[X]], %[[B]]
  return %1, %3, %5, %6, %8 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<4x2x3xf32>
}

// CHECK-LABEL: @reduction_over_no_axes_is_its_operand
// CHECK-NEXT: return %arg0
func.func @reduction_over_no_axes_is_its_operand(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = tcc.reduce_sum %x {axes = array<i64>} : tensor<2xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
