// RUN: tcc-opt %s --tcc-emit-loops | FileCheck %s
// RUN: tcc-opt %s --tcc-emit-loops="masked=false vector-bits=128" | FileCheck %s --check-prefix=NARROW
// RUN: tcc-opt %s --tcc-emit-loops="vectorize=false" | FileCheck %s --check-prefix=SCALAR

#i = affine_map<(d0) -> (d0)>
#s = affine_map<(d0) -> ()>
#ij = affine_map<(d0, d1) -> (d0, d1)>
#ji = affine_map<(d0, d1) -> (d1, d0)>
#r = affine_map<(d0, d1) -> (d0)>

// SCALAR-NOT: vector{{[.<]}}

// Whole vectors, then a masked tail of one register.
// CHECK-LABEL: @axpy
// CHECK-SAME: tcc.extent
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<64xf32>
// CHECK: vector.store {{.*}} vector<64xf32>
// CHECK: scf.for
// CHECK: vector.maskedload {{.*}} into vector<16xf32>
// CHECK: vector.maskedstore
// NARROW-LABEL: @axpy
// NARROW: vector.store {{.*}} vector<16xf32>
// NARROW: scf.for
// NARROW: memref.store
// NARROW-NOT: masked
func.func private @axpy(%x: memref<?xf32>, %o: memref<?xf32>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 1 : i64} {
  linalg.generic {indexing_maps = [#i, #i], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%o : memref<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// Both loops of a contiguous matrix are one.
// CHECK-LABEL: @matrix_is_a_vector
// CHECK: scf.for
// CHECK-NOT: arith.divui
// CHECK: return
func.func private @matrix_is_a_vector(%x: memref<?x8xf64>, %o: memref<?x8xf64>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 2 : i64} {
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]} ins(%x : memref<?x8xf64>) outs(%o : memref<?x8xf64>) {
  ^bb0(%a: f64, %b: f64):
    %0 = arith.negf %a : f64
    linalg.yield %0 : f64
  }
  return
}

// Complex numbers are loaded interleaved and taken apart.
// CHECK-LABEL: @complex_product
// CHECK: %[[ALL:.+]] = vector.load {{.*}} vector<64xf32>
// CHECK: vector.shuffle %[[ALL]], %[[ALL]] [0, 2, 4
// CHECK: vector.shuffle %[[ALL]], %[[ALL]] [1, 3, 5
// CHECK: math.fma
// CHECK: vector.store
func.func private @complex_product(%x: memref<1024xcomplex<f32>>, %o: memref<1024xcomplex<f32>>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 1 : i64} {
  linalg.generic {indexing_maps = [#i, #i], iterator_types = ["parallel"]} ins(%x : memref<1024xcomplex<f32>>) outs(%o : memref<1024xcomplex<f32>>) {
  ^bb0(%a: complex<f32>, %b: complex<f32>):
    %0 = complex.mul %a, %a : complex<f32>
    linalg.yield %0 : complex<f32>
  }
  return
}

// A sum without outer iterations: partial results, and a second phase that folds them.
// CHECK-LABEL: @total(
// CHECK: memref.view
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<64xf32>)
// CHECK: vector.shuffle
// CHECK-LABEL: @total_finish(
// CHECK: memref.view
// CHECK: arith.addf
func.func private @total(%x: memref<?xf32>, %o: memref<f32>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 0 : i64} {
  %z = arith.constant 0.0 : f32
  linalg.fill ins(%z : f32) outs(%o : memref<f32>)
  linalg.generic {indexing_maps = [#i, #s], iterator_types = ["reduction"]} ins(%x : memref<?xf32>) outs(%o : memref<f32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// One loop over rows holds everything; exponential and sum share a loop; the row stays on the stack.
// CHECK-LABEL: @row_normalise
// CHECK: memref.alloca() {{.*}} memref<256xf32>
// CHECK: scf.for
// CHECK: scf.for {{.*}} iter_args
// CHECK: math.exp
// CHECK: vector.store
// CHECK: arith.addf
// CHECK: scf.for
// CHECK: arith.divf
// CHECK: vector.store
func.func private @row_normalise(%x: memref<64x256xf32>, %o: memref<64x256xf32>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 1 : i64} {
  %z = arith.constant 0.0 : f32
  %s = memref.alloc() : memref<64xf32>
  %e = memref.alloc() : memref<64x256xf32>
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]} ins(%x : memref<64x256xf32>) outs(%e : memref<64x256xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%z : f32) outs(%s : memref<64xf32>)
  linalg.generic {indexing_maps = [#ij, #r], iterator_types = ["parallel", "reduction"]} ins(%e : memref<64x256xf32>) outs(%s : memref<64xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %b, %a : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#ij, #r, #ij], iterator_types = ["parallel", "parallel"]} ins(%e, %s : memref<64x256xf32>, memref<64xf32>) outs(%o : memref<64x256xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  }
  return
}

// A transposed input is turned round in registers, tile by tile; nothing is gathered.
// CHECK-LABEL: @transpose
// CHECK: memref.alloca() {{.*}} memref<4096xf32>
// CHECK: vector.shuffle {{.*}} vector<16xf32>, vector<16xf32>
// CHECK-NOT: vector.gather
// CHECK: return
func.func private @transpose(%x: memref<512x256xf32>, %o: memref<256x512xf32>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 2 : i64} {
  linalg.generic {indexing_maps = [#ji, #ij], iterator_types = ["parallel", "parallel"]} ins(%x : memref<512x256xf32>) outs(%o : memref<256x512xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// An output larger than the caches is stored past them where every vector is whole lines, and a fence ends the range.
// CHECK-LABEL: @streams
// CHECK: vector.store {{.*}}alignment = 64 : i64, nontemporal = true
// CHECK: llvm.fence seq_cst
// CHECK-NEXT: return
// SCALAR-LABEL: @streams
// SCALAR-NOT: nontemporal
func.func private @streams(%x: memref<4096x2048xf32>, %o: memref<4096x2048xf32>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 2 : i64} {
  linalg.generic {indexing_maps = [#ij, #ij], iterator_types = ["parallel", "parallel"]} ins(%x : memref<4096x2048xf32>) outs(%o : memref<4096x2048xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// Its rows end within lines.
// CHECK-LABEL: @rows_of_odd_length
// CHECK-NOT: nontemporal
// CHECK-NOT: llvm.fence
// CHECK: return
func.func private @rows_of_odd_length(%x: memref<4097x4095xf32>, %o: memref<4095x4097xf32>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 2 : i64} {
  linalg.generic {indexing_maps = [#ji, #ij], iterator_types = ["parallel", "parallel"]} ins(%x : memref<4097x4095xf32>) outs(%o : memref<4095x4097xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// Complex numbers are turned round as pairs.
// CHECK-LABEL: @transpose_complex
// CHECK: vector.shuffle {{.*}}[0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29] : vector<16xf32>, vector<16xf32>
func.func private @transpose_complex(%x: memref<512x256xcomplex<f32>>, %o: memref<256x512xcomplex<f32>>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 2 : i64} {
  linalg.generic {indexing_maps = [#ji, #ij], iterator_types = ["parallel", "parallel"]} ins(%x : memref<512x256xcomplex<f32>>) outs(%o : memref<256x512xcomplex<f32>>) {
  ^bb0(%a: complex<f32>, %b: complex<f32>):
    linalg.yield %a : complex<f32>
  }
  return
}

// A temporary read at computed positions has memory, and what reads it comes after what writes it, though it has no input.
// CHECK-LABEL: @computed_positions
// CHECK-SAME: (%[[X:.*]]: memref<?xf64>, %[[O:.*]]: memref<?xf64>,
// CHECK: %[[T:.*]] = memref.alloca
// CHECK: vector.store {{.*}}, %[[T]]
// CHECK: load {{.*}}%[[T]]
// CHECK: store {{.*}}, %[[O]]
func.func private @computed_positions(%x: memref<64xf64>, %o: memref<16xf64>) attributes {tcc.kernel, tcc.num_outputs = 1 : i64, tcc.outer = 0 : i64} {
  %t = memref.alloc() : memref<64xf64>
  linalg.generic {indexing_maps = [#i, #i], iterator_types = ["parallel"]} ins(%x : memref<64xf64>) outs(%t : memref<64xf64>) {
  ^bb0(%a: f64, %b: f64):
    %0 = arith.addf %a, %a : f64
    linalg.yield %0 : f64
  }
  linalg.generic {indexing_maps = [#i], iterator_types = ["parallel"]} outs(%o : memref<16xf64>) {
  ^bb0(%b: f64):
    %0 = linalg.index 0 : index
    %1 = memref.load %t[%0] : memref<64xf64>
    linalg.yield %1 : f64
  }
  return
}
