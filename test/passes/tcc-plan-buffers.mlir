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

// -----

// The second sum reads its rows backwards and may run in one loop with the difference, which then must not write over
// what the sum has yet to read.
// CHECK-LABEL: func.func @not_over_what_is_read_elsewhere
// CHECK: %[[C:.+]] = memref.view %{{.+}}[%c0]
// CHECK: %[[Y:.+]] = memref.view %{{.+}}[%c4096]
// CHECK: plan.launch @backwards ins(%[[C]], %{{.+}}) outs(%[[Y]], %{{.+}})
func.func @not_over_what_is_read_elsewhere(%x: tensor<16x64xf32>, %z: tensor<16x32xf32>)
    -> (tensor<16x64xf32>, tensor<16xf32>) {
  %c = tcc.cumsum %x {axis = 1, reverse = false} : tensor<16x64xf32> -> tensor<16x64xf32>
  %y, %v = tcc.launch @backwards(%c, %z)
    : (tensor<16x64xf32>, tensor<16x32xf32>) -> (tensor<16x64xf32>, tensor<16xf32>)
  %d = tcc.cumsum %y {axis = 1, reverse = false} : tensor<16x64xf32> -> tensor<16x64xf32>
  return %d, %v : tensor<16x64xf32>, tensor<16xf32>
}
func.func private @backwards(%x: tensor<16x64xf32>, %z: tensor<16x32xf32>) -> (tensor<16x64xf32>, tensor<16xf32>)
    attributes {tcc.kernel} {
  %s = tcc.reduce_sum %z {axes = array<i64: 1>} : tensor<16x32xf32> -> tensor<16xf32>
  %r = tcc.reverse %x {axes = array<i64: 1>} : tensor<16x64xf32> -> tensor<16x64xf32>
  %q = tcc.multiply %r, %r : tensor<16x64xf32>
  %t = tcc.reduce_sum %q {axes = array<i64: 1>} : tensor<16x64xf32> -> tensor<16xf32>
  %b = tcc.broadcast %s {dims = array<i64: 0>} : tensor<16xf32> -> tensor<16x64xf32>
  %y = tcc.subtract %x, %b : tensor<16x64xf32>
  %v = tcc.add %s, %t : tensor<16xf32>
  return %y, %v : tensor<16x64xf32>, tensor<16xf32>
}

// -----

// A nest without inputs may run before all others.
// CHECK-LABEL: func.func @not_over_what_numbers_may_overtake
// CHECK: %[[C:.+]] = memref.view %{{.+}}[%c0]
// CHECK: %[[Y:.+]] = memref.view %{{.+}}[%c4096]
// CHECK: plan.launch @numbers ins(%[[C]] : {{.+}}) outs(%{{.+}}, %[[Y]] :
func.func @not_over_what_numbers_may_overtake(%x: tensor<16x64xf32>) -> (tensor<16x64x3xf32>, tensor<16x64xf32>) {
  %c = tcc.cumsum %x {axis = 1, reverse = false} : tensor<16x64xf32> -> tensor<16x64xf32>
  %p, %y = tcc.launch @numbers(%c) : (tensor<16x64xf32>) -> (tensor<16x64x3xf32>, tensor<16x64xf32>)
  %d = tcc.cumsum %y {axis = 1, reverse = false} : tensor<16x64xf32> -> tensor<16x64xf32>
  return %p, %d : tensor<16x64x3xf32>, tensor<16x64xf32>
}
func.func private @numbers(%x: tensor<16x64xf32>) -> (tensor<16x64x3xf32>, tensor<16x64xf32>)
    attributes {tcc.kernel} {
  %i = tcc.iota {axis = 1} : tensor<16x64xf32>
  %q = tcc.multiply %x, %i : tensor<16x64xf32>
  %p = tcc.broadcast %q {dims = array<i64: 0, 1>} : tensor<16x64xf32> -> tensor<16x64x3xf32>
  return %p, %i : tensor<16x64x3xf32>, tensor<16x64xf32>
}

// -----

// A result that nobody reads and the library can leave out gets no memory. The first call computes all: its vectors are
// read; of the others, values or right vectors are.
// CHECK-LABEL: func.func @unread_results_are_left_out
// CHECK-SAME: memref<64x64xf64>, %[[N:.+]]: memref<?x4x4xf64>, %[[W:.+]]: memref<64xf64>, %[[VH:.+]]: memref<64x64xf64>
// CHECK: plan.library "tcc_eigh" {{.+}} outs(%{{.+}}, %[[ALL:view.*]] : memref<64xf64>, memref<64x64xf64>)
// CHECK: plan.library "tcc_cholesky" {{.+}} ins(%[[ALL]] :
// CHECK: %[[V:.+]] = plan.none[] : memref<64x64xf64>
// CHECK: plan.library "tcc_eigh" {{.+}} outs(%[[W]], %[[V]] : memref<64xf64>, memref<64x64xf64>)
// CHECK: %[[U:.+]] = plan.none[] : memref<64x64xf64>
// CHECK: plan.library "tcc_svd" {{.+}} outs(%[[U]], %{{.+}}, %[[VH]] :
// CHECK: %[[OPEN:.+]] = plan.none[%{{.+}}] : memref<?x4x4xcomplex<f64>>
// CHECK: plan.library "tcc_eig" {{.+}} outs(%{{.+}}, %[[OPEN]] :
func.func @unread_results_are_left_out(%x: tensor<64x64xf64>, %n: tensor<?x4x4xf64>)
    -> (tensor<64xf64>, tensor<64x64xf64>, tensor<?x4xcomplex<f64>>) {
  %u, %v = tcc.eigh %x : tensor<64x64xf64> -> tensor<64xf64>, tensor<64x64xf64>
  %c = tcc.cholesky %v : tensor<64x64xf64> -> tensor<64x64xf64>
  %w, %none = tcc.eigh %c : tensor<64x64xf64> -> tensor<64xf64>, tensor<64x64xf64>
  %l, %s, %r = tcc.svd %x {full = false} : tensor<64x64xf64> -> tensor<64x64xf64>, tensor<64xf64>, tensor<64x64xf64>
  %z, %open = tcc.eig %n : tensor<?x4x4xf64> -> tensor<?x4xcomplex<f64>>, tensor<?x4x4xcomplex<f64>>
  return %w, %r, %z : tensor<64xf64>, tensor<64x64xf64>, tensor<?x4xcomplex<f64>>
}
