// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: %tcc-opt %s --tcc-lower-to-linalg --split-input-file | FileCheck %s

// CHECK-DAG: #[[T:.+]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-DAG: #[[COLUMN:.+]] = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: func.func private @views_are_maps
// CHECK-SAME: %[[X:.+]]: memref<3x4xf32>, %[[B:.+]]: memref<3xf32>, %[[Y:.+]]: memref<4x3xf32>)
// CHECK-SAME: tcc.num_outputs = 1 : i64, tcc.outer = 2 : i64
// CHECK: linalg.generic {indexing_maps = [#[[T]], #[[COLUMN]], #{{.+}}], iterator_types = ["parallel", "parallel"]}
// CHECK-SAME: ins(%[[X]], %[[B]]
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
func.func private @views_are_maps(%x: tensor<3x4xf32>, %b: tensor<3xf32>) -> tensor<4x3xf32> attributes {tcc.kernel} {
  %t = tcc.transpose %x {perm = array<i64: 1, 0>} : tensor<3x4xf32> -> tensor<4x3xf32>
  %c = tcc.broadcast %b {dims = array<i64: 1>} : tensor<3xf32> -> tensor<4x3xf32>
  %y = tcc.add %t, %c : tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// -----

// The exponentials are stored once and read twice; the difference is not stored.
// CHECK-LABEL: func.func private @rows
// CHECK-SAME: tcc.outer = 1 : i64
// CHECK: math.exp
// CHECK-NOT: math.exp
func.func private @rows(%x: tensor<8x100xf32>) -> tensor<8x100xf32> attributes {tcc.kernel} {
  %m = tcc.reduce_max %x {axes = array<i64: 1>} : tensor<8x100xf32> -> tensor<8xf32>
  %mb = tcc.broadcast %m {dims = array<i64: 0>} : tensor<8xf32> -> tensor<8x100xf32>
  %d = tcc.subtract %x, %mb : tensor<8x100xf32>
  %e = tcc.exp %d : tensor<8x100xf32>
  %s = tcc.reduce_sum %e {axes = array<i64: 1>} : tensor<8x100xf32> -> tensor<8xf32>
  %sb = tcc.broadcast %s {dims = array<i64: 0>} : tensor<8xf32> -> tensor<8x100xf32>
  %y = tcc.divide %e, %sb : tensor<8x100xf32>
  return %y : tensor<8x100xf32>
}

// -----

// CHECK-LABEL: func.func private @bool_is_a_byte
// CHECK-SAME: memref<4xi8>
// CHECK: arith.cmpi ne
// CHECK: arith.extui
func.func private @bool_is_a_byte(%x: tensor<4xi1>) -> tensor<4xi1> attributes {tcc.kernel} {
  %y = tcc.bitwise_not %x : tensor<4xi1>
  return %y : tensor<4xi1>
}

// -----

// Both reductions walk x once.
// CHECK-LABEL: func.func private @reductions_share_their_loop
// CHECK: iterator_types = ["parallel", "reduction"]
// CHECK: arith.addf
// CHECK: arith.maximumf
// CHECK-NOT: reduction
func.func private @reductions_share_their_loop(%x: tensor<8x100xf32>) -> (tensor<8xf32>, tensor<8xf32>)
    attributes {tcc.kernel} {
  %m = tcc.reduce_max %x {axes = array<i64: 1>} : tensor<8x100xf32> -> tensor<8xf32>
  %s = tcc.reduce_sum %x {axes = array<i64: 1>} : tensor<8x100xf32> -> tensor<8xf32>
  return %s, %m : tensor<8xf32>, tensor<8xf32>
}

// -----

// CHECK-LABEL: func.func private @positions_are_clamped
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: memref.load
func.func private @positions_are_clamped(%x: tensor<9xf32>, %i: tensor<4xi64>) -> tensor<4xf32> attributes {tcc.kernel} {
  %y = tcc.gather %x, %i {axes = array<i64: 0>} : (tensor<9xf32>, tensor<4xi64>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Reading the transposed output would couple the outer iterations: it is computed again.
// CHECK-LABEL: func.func private @other_rows_are_computed_again
// CHECK-SAME: tcc.outer = 2 : i64
// CHECK: arith.negf
// CHECK: arith.negf
func.func private @other_rows_are_computed_again(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>)
    attributes {tcc.kernel} {
  %n = tcc.neg %x : tensor<4x4xf32>
  %t = tcc.transpose %n {perm = array<i64: 1, 0>} : tensor<4x4xf32> -> tensor<4x4xf32>
  %y = tcc.add %n, %t : tensor<4x4xf32>
  return %n, %y : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// Each operand of a large concatenation is a loop nest of its own, with what follows; nothing is chosen at an element.
// CHECK-LABEL: func.func private @parts_of_a_concatenation
// CHECK-SAME: tcc.outer = 2 : i64, tcc.regions = 2 : i64
// CHECK-NOT: arith.select
// CHECK: linalg.generic
// CHECK-SAME: tcc.region = 0
// CHECK: arith.addf
// CHECK: linalg.generic
// CHECK-SAME: tcc.region = 1
// CHECK: arith.addf
// CHECK-NOT: linalg.generic
func.func private @parts_of_a_concatenation(%a: tensor<64x100xf32>, %b: tensor<64x20xf32>) -> tensor<64x120xf32>
    attributes {tcc.kernel} {
  %c = tcc.concatenate %a, %b {axis = 1 : i64} : (tensor<64x100xf32>, tensor<64x20xf32>) -> tensor<64x120xf32>
  %y = tcc.add %c, %c : tensor<64x120xf32>
  return %y : tensor<64x120xf32>
}

// -----

// A small one is not worth two nests.
// CHECK-LABEL: func.func private @small_concatenation
// CHECK-NOT: tcc.region
// CHECK: arith.select
func.func private @small_concatenation(%a: tensor<10xf32>, %b: tensor<20xf32>) -> tensor<30xf32> attributes {tcc.kernel} {
  %c = tcc.concatenate %a, %b {axis = 0 : i64} : (tensor<10xf32>, tensor<20xf32>) -> tensor<30xf32>
  return %c : tensor<30xf32>
}
