// RUN: tcc-opt %s | tcc-opt | FileCheck %s
// RUN: tcc-opt %s --mlir-print-op-generic | tcc-opt | FileCheck %s

// CHECK-LABEL: @text_is_stable
func.func @text_is_stable(%x: tensor<2x3xf32>, %i: tensor<4xi64>, %c: tensor<3x3xcomplex<f64>>, %d: tensor<?x3xf32>) {
  // CHECK: tcc.add %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %0 = tcc.add %x, %x : tensor<2x3xf32>
  // CHECK: tcc.transpose %{{.*}} {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %1 = tcc.transpose %x {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  // CHECK: tcc.gather
  %2 = tcc.gather %x, %i, %i {axes = array<i64: 0, 1>} : (tensor<2x3xf32>, tensor<4xi64>, tensor<4xi64>) -> tensor<4xf32>
  // CHECK: tcc.svd %{{.*}} {full = false} : tensor<3x3xcomplex<f64>> -> tensor<3x3xcomplex<f64>>, tensor<3xf64>, tensor<3x3xcomplex<f64>>
  %3:3 = tcc.svd %c {full = false} : tensor<3x3xcomplex<f64>> -> tensor<3x3xcomplex<f64>>, tensor<3xf64>, tensor<3x3xcomplex<f64>>
  // CHECK: tcc.constant dense<1> : tensor<4xui8>
  %4 = tcc.constant dense<1> : tensor<4xui8>
  // CHECK: tcc.less %{{.*}}, %{{.*}} : tensor<2x3xf32> -> tensor<2x3xi1>
  %5 = tcc.less %x, %x : tensor<2x3xf32> -> tensor<2x3xi1>
  // CHECK: tcc.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x3xf32>
  %6 = tcc.select %5, %x, %0 : tensor<2x3xf32>
  // CHECK: tcc.iota like %{{.*}} : tensor<?x3xf32> {axis = 0 : i64} : tensor<?x3xi64>
  %7 = tcc.iota like %d : tensor<?x3xf32> {axis = 0 : i64} : tensor<?x3xi64>
  // CHECK: tcc.reduce_sum %{{.*}} {axes = array<i64: 1>} : tensor<?x3xf32> -> tensor<?xf32>
  %8 = tcc.reduce_sum %d {axes = array<i64: 1>} : tensor<?x3xf32> -> tensor<?xf32>
  // CHECK: tcc.broadcast %{{.*}} like %{{.*}} : tensor<?x3xf32> {dims = array<i64: 0>} : tensor<?xf32> -> tensor<?x3xf32>
  %9 = tcc.broadcast %8 like %d : tensor<?x3xf32> {dims = array<i64: 0>} : tensor<?xf32> -> tensor<?x3xf32>
  // CHECK: tcc.call @callee(%{{.*}}) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %10 = tcc.call @callee(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: tcc.special "polygamma"
  %f = arith.constant 1.0 : f64
  %11 = tcc.special "polygamma"(%f) {order = 2 : i64} : f64
  return
}

func.func @callee(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  return %x : tensor<2x3xf32>
}
