// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: %tcc-opt %s --tcc-form-kernels --tcc-lower-to-linalg --tcc-plan-buffers --split-input-file | FileCheck %s

// The second tanh writes over its input, the result goes to the caller.
// CHECK-LABEL: func.func @in_place
// CHECK-SAME: %[[X:.+]]: memref<64x64xf32>, %[[OUT:.+]]: memref<64x64xf32>, %[[ARENA:.+]]: memref<?xi8>)
// CHECK: %[[P:.+]] = memref.view %[[ARENA]][%c0]
// CHECK: plan.library "tcc_dot_general" {{.+}} outs(%[[P]]
// CHECK: %[[T:.+]] = memref.view %[[ARENA]][%c0]
// CHECK: plan.launch @kernel_0 ins(%[[P]] : {{.+}}) outs(%[[T]]
// CHECK: plan.library "tcc_dot_general" {{.+}} outs(%[[OUT]]
func.func @in_place(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %p = tcc.dot_general %x, %x {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %t = tcc.tanh %p : tensor<64x64xf32>
  %q = tcc.dot_general %t, %x {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  return %q : tensor<64x64xf32>
}

// -----

// A kernel that reads elsewhere than it writes gets memory of its own.
// CHECK-LABEL: func.func @not_in_place
// CHECK: %[[P:.+]] = memref.view %{{.+}}[%c0]
// CHECK: %[[T:.+]] = memref.view %{{.+}}[%c16384]
// CHECK: plan.launch @kernel_0 ins(%[[P]] : {{.+}}) outs(%[[T]]
func.func @not_in_place(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %p = tcc.dot_general %x, %x {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %r = tcc.reverse %p {axes = array<i64: 1>} : tensor<64x64xf32> -> tensor<64x64xf32>
  %t = tcc.tanh %r : tensor<64x64xf32>
  %q = tcc.dot_general %t, %x {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  return %q : tensor<64x64xf32>
}

// -----

// CHECK-LABEL: func.func @reshape_is_an_alias
// CHECK-SAME: %[[X:.+]]: memref<4x4xf64>, %[[OUT:.+]]: memref<4x4xf64>
// CHECK: %[[A:.+]] = plan.alias %[[X]]
// CHECK: %[[B:.+]] = plan.alias %[[OUT]]
// CHECK: plan.library "tcc_cumsum" {{.+}}ins(%[[A]] : memref<16xf64>) outs(%[[B]] : memref<16xf64>)
func.func @reshape_is_an_alias(%x: tensor<4x4xf64>) -> tensor<4x4xf64> {
  %r = tcc.reshape %x : tensor<4x4xf64> -> tensor<16xf64>
  %s = tcc.cumsum %r {axis = 0, reverse = false} : tensor<16xf64> -> tensor<16xf64>
  %t = tcc.reshape %s : tensor<16xf64> -> tensor<4x4xf64>
  return %t : tensor<4x4xf64>
}

// -----

// CHECK-LABEL: func.func @open_sizes_become_offsets
// CHECK: memref.dim
// CHECK: memref.view %{{.+}}[%{{.+}}][%{{.+}}] : memref<?xi8> to memref<?x4xf64>
func.func @open_sizes_become_offsets(%x: tensor<?x4xf64>) -> tensor<?x4xf64> {
  %r = tcc.neg %x : tensor<?x4xf64>
  %s = tcc.cumsum %r {axis = 0, reverse = false} : tensor<?x4xf64> -> tensor<?x4xf64>
  return %s : tensor<?x4xf64>
}
