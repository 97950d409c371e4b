// RUN: tcc-opt %s --split-input-file --pass-pipeline='builtin.module(tcc-batch{entry=f slices=7 stacks=0})' | FileCheck %s

// What depends on the stack is on stacks; what does not is computed once and repeated where it is needed.
// CHECK-LABEL: func.func @f_batched(
// CHECK-SAME: %[[X:.+]]: tensor<7x3xf32>, %[[W:.+]]: tensor<3xf32>) -> (tensor<7x3xf32>, tensor<7xf32>, tensor<3xf32>)
// CHECK: %[[SHARED:.+]] = tcc.exp %[[W]] : tensor<3xf32>
// CHECK: %[[REPEATED:.+]] = tcc.broadcast %[[SHARED]] {dims = array<i64: 1>} : tensor<3xf32> -> tensor<7x3xf32>
// CHECK: %[[Y:.+]] = tcc.multiply %[[X]], %[[REPEATED]] : tensor<7x3xf32>
// CHECK: %[[SUM:.+]] = tcc.reduce_sum %[[Y]] {axes = array<i64: 1>} : tensor<7x3xf32> -> tensor<7xf32>
// CHECK: return %[[Y]], %[[SUM]], %[[SHARED]]
func.func @f(%x: tensor<3xf32>, %w: tensor<3xf32>) -> (tensor<3xf32>, tensor<f32>, tensor<3xf32>) {
  %0 = tcc.exp %w : tensor<3xf32>
  %1 = tcc.multiply %x, %0 : tensor<3xf32>
  %2 = tcc.reduce_sum %1 {axes = array<i64: 0>} : tensor<3xf32> -> tensor<f32>
  return %1, %2, %0 : tensor<3xf32>, tensor<f32>, tensor<3xf32>
}

// -----
// Axes move by one.
// CHECK-LABEL: func.func @f_batched(
// CHECK: tcc.argmax %{{.+}} {axis = 2 : i64} : tensor<7x3x4xf32> -> tensor<7x3xi64>
// CHECK: tcc.cumsum %{{.+}} {axis = 1 : i64, reverse = true} : tensor<7x3x4xf32>
// CHECK: tcc.transpose %{{.+}} {perm = array<i64: 0, 2, 1>} : tensor<7x3x4xf32> -> tensor<7x4x3xf32>
// CHECK: tcc.slice %{{.+}} {limits = array<i64: 7, 4, 3>, starts = array<i64: 0, 1, 0>, strides = array<i64: 1, 2, 1>}
// CHECK: tcc.concatenate %{{.+}}, %{{.+}} {axis = 2 : i64}
// CHECK: tcc.reshape %{{.+}} : tensor<7x2x6xf32> -> tensor<7x12xf32>
func.func @f(%x: tensor<3x4xf32>) -> (tensor<3xi64>, tensor<12xf32>) {
  %0 = tcc.argmax %x {axis = 1 : i64} : tensor<3x4xf32> -> tensor<3xi64>
  %1 = tcc.cumsum %x {axis = 0 : i64, reverse = true} : tensor<3x4xf32> -> tensor<3x4xf32>
  %2 = tcc.transpose %1 {perm = array<i64: 1, 0>} : tensor<3x4xf32> -> tensor<4x3xf32>
  %3 = tcc.slice %2 {starts = array<i64: 1, 0>, limits = array<i64: 4, 3>, strides = array<i64: 2, 1>} : tensor<4x3xf32> -> tensor<2x3xf32>
  %4 = tcc.concatenate %3, %3 {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
  %5 = tcc.reshape %4 : tensor<2x6xf32> -> tensor<12xf32>
  return %0, %5 : tensor<3xi64>, tensor<12xf32>
}

// -----
// A product of one matrix with each slice stays one product, without moving its result.
// CHECK-LABEL: func.func @f_batched(
// CHECK-SAME: %[[X:.+]]: tensor<7x3xf32>, %[[W:.+]]: tensor<5x3xf32>, %[[V:.+]]: tensor<3x4xf32>
// CHECK: tcc.dot_general %[[X]], %[[W]] {lhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_batch = array<i64>, rhs_contract = array<i64: 1>} : (tensor<7x3xf32>, tensor<5x3xf32>) -> tensor<7x5xf32>
// CHECK-NEXT: tcc.dot_general %[[X]], %[[V]] {lhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_batch = array<i64>, rhs_contract = array<i64: 0>} : (tensor<7x3xf32>, tensor<3x4xf32>) -> tensor<7x4xf32>
// CHECK-NEXT: tcc.dot_general %[[X]], %[[X]] {lhs_batch = array<i64: 0>, lhs_contract = array<i64: 1>, rhs_batch = array<i64: 0>, rhs_contract = array<i64: 1>} : (tensor<7x3xf32>, tensor<7x3xf32>) -> tensor<7xf32>
func.func @f(%x: tensor<3xf32>, %w: tensor<5x3xf32>, %v: tensor<3x4xf32>) -> (tensor<5xf32>, tensor<4xf32>, tensor<f32>) {
  %0 = tcc.dot_general %w, %x {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<5x3xf32>, tensor<3xf32>) -> tensor<5xf32>
  %1 = tcc.dot_general %x, %v {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 0>, rhs_contract = array<i64: 0>} : (tensor<3xf32>, tensor<3x4xf32>) -> tensor<4xf32>
  %2 = tcc.dot_general %x, %x {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 0>, rhs_contract = array<i64: 0>} : (tensor<3xf32>, tensor<3xf32>) -> tensor<f32>
  return %0, %1, %2 : tensor<5xf32>, tensor<4xf32>, tensor<f32>
}

// -----
// One table, indices of each slice: more indices. A table of each slice, the same indices: slices of slices. Both: the
// number of the slice is an index.
// CHECK-LABEL: func.func @f_batched(
// CHECK-SAME: %[[I:.+]]: tensor<7x2xi64>, %[[X:.+]]: tensor<5x3xf32>, %[[J:.+]]: tensor<4xi64>
// CHECK: %[[ROWS:.+]] = tcc.gather %[[X]], %[[I]] {axes = array<i64: 0>} : (tensor<5x3xf32>, tensor<7x2xi64>) -> tensor<7x2x3xf32>
// CHECK: %[[SLICES:.+]] = tcc.gather %[[ROWS]], %[[J]] {axes = array<i64: 1>} : (tensor<7x2x3xf32>, tensor<4xi64>) -> tensor<4x7x3xf32>
// CHECK: tcc.transpose %[[SLICES]] {perm = array<i64: 1, 0, 2>}
// CHECK: %[[NUMBER:.+]] = tcc.iota {axis = 0 : i64} : tensor<7x2xi64>
// CHECK: tcc.gather %[[ROWS]], %[[NUMBER]], %[[I]] {axes = array<i64: 0, 1>} : (tensor<7x2x3xf32>, tensor<7x2xi64>, tensor<7x2xi64>) -> tensor<7x2x3xf32>
func.func @f(%i: tensor<2xi64>, %x: tensor<5x3xf32>, %j: tensor<4xi64>) -> (tensor<4x3xf32>, tensor<2x3xf32>) {
  %0 = tcc.gather %x, %i {axes = array<i64: 0>} : (tensor<5x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  %1 = tcc.gather %0, %j {axes = array<i64: 0>} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<4x3xf32>
  %2 = tcc.gather %0, %i {axes = array<i64: 0>} : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<2x3xf32>
  return %1, %2 : tensor<4x3xf32>, tensor<2x3xf32>
}

// -----
// One matrix, right-hand sides of each slice: factored once.
// CHECK-LABEL: func.func @f_batched(
// CHECK: tcc.transpose %{{.+}} {perm = array<i64: 1, 0, 2>} : tensor<7x3x2xf64> -> tensor<3x7x2xf64>
// CHECK: tcc.reshape %{{.+}} : tensor<3x7x2xf64> -> tensor<3x14xf64>
// CHECK: tcc.solve %{{.+}}, %{{.+}} : (tensor<3x3xf64>, tensor<3x14xf64>) -> tensor<3x14xf64>
func.func @f(%b: tensor<3x2xf64>, %a: tensor<3x3xf64>) -> tensor<3x2xf64> {
  %0 = tcc.solve %a, %b : (tensor<3x3xf64>, tensor<3x2xf64>) -> tensor<3x2xf64>
  return %0 : tensor<3x2xf64>
}

// -----
// A callee is batched once for each choice of stacks; what it does not compute from a stack stays shared.
// CHECK-LABEL: func.func @f_batched(
// CHECK: tcc.call @g_batched(%{{.+}}, %{{.+}}) : (tensor<7xf32>, tensor<f32>) -> (tensor<7xf32>, tensor<f32>)
// CHECK: tcc.call @g_batched(
// CHECK: tcc.call @g_batched_1(%{{.+}}, %{{.+}}) : (tensor<7xf32>, tensor<7xf32>) -> (tensor<7xf32>, tensor<7xf32>)
// CHECK-NOT: @g_batched_2
func.func @f(%x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0:2 = tcc.call @g(%x, %y) : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  %1:2 = tcc.call @g(%0#0, %0#1) : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  %2:2 = tcc.call @g(%x, %0#0) : (tensor<f32>, tensor<f32>) -> (tensor<f32>, tensor<f32>)
  return %1#0, %2#1 : tensor<f32>, tensor<f32>
}
func.func private @g(%x: tensor<f32>, %y: tensor<f32>) -> (tensor<f32>, tensor<f32>) {
  %0 = tcc.sin %x : tensor<f32>
  %1 = tcc.cos %y : tensor<f32>
  return %0, %1 : tensor<f32>, tensor<f32>
}
