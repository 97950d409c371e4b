// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: %tcc-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(tcc-simplify),tcc-form-kernels)' \
// RUN: | FileCheck %s

// How many kernels typical expressions take. A kernel reads each large tensor once: no group of ops that could be one
// pass over memory is two.

// Rows, and sums across them of what each row has.
// CHECK-LABEL: func.func @layer_norm_backward(
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @layer_norm_backward(%arg0: tensor<1024x2048xf32>, %arg1: tensor<2048xf32>, %arg2: tensor<1024x2048xf32>)
    -> (tensor<1024x2048xf32>, tensor<2048xf32>, tensor<2048xf32>) {
  %0 = tcc.broadcast %arg1 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %1 = tcc.multiply %arg0, %0 : tensor<1024x2048xf32>
  %2 = tcc.reduce_sum %arg2 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %3 = tcc.reshape %2 : tensor<1024xf32> -> tensor<1024x1xf32>
  %4 = tcc.constant dense<2.048000e+03> : tensor<1024x1xf32>
  %5 = tcc.divide %3, %4 : tensor<1024x1xf32>
  %6 = tcc.broadcast %5 {dims = array<i64: 0, 1>} : tensor<1024x1xf32> -> tensor<1024x2048xf32>
  %7 = tcc.subtract %arg2, %6 : tensor<1024x2048xf32>
  %8 = tcc.square %7 : tensor<1024x2048xf32>
  %9 = tcc.reduce_sum %8 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %10 = tcc.reshape %9 : tensor<1024xf32> -> tensor<1024x1xf32>
  %11 = tcc.constant dense<2.048000e+03> : tensor<1024x1xf32>
  %12 = tcc.divide %10, %11 : tensor<1024x1xf32>
  %13 = tcc.constant dense<9.99999974E-6> : tensor<1024x1xf32>
  %14 = tcc.add %12, %13 : tensor<1024x1xf32>
  %15 = tcc.rsqrt %14 : tensor<1024x1xf32>
  %16 = tcc.broadcast %15 {dims = array<i64: 0, 1>} : tensor<1024x1xf32> -> tensor<1024x2048xf32>
  %17 = tcc.multiply %1, %16 : tensor<1024x2048xf32>
  %18 = tcc.multiply %1, %7 : tensor<1024x2048xf32>
  %19 = tcc.reduce_sum %18 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %20 = tcc.reshape %19 : tensor<1024xf32> -> tensor<1024x1xf32>
  %21 = tcc.constant dense<-5.000000e-01> : tensor<1024x1xf32>
  %22 = tcc.multiply %20, %21 : tensor<1024x1xf32>
  %23 = tcc.square %15 : tensor<1024x1xf32>
  %24 = tcc.multiply %15, %23 : tensor<1024x1xf32>
  %25 = tcc.multiply %22, %24 : tensor<1024x1xf32>
  %26 = tcc.divide %25, %11 : tensor<1024x1xf32>
  %27 = tcc.reshape %26 : tensor<1024x1xf32> -> tensor<1024xf32>
  %28 = tcc.broadcast %27 {dims = array<i64: 0>} : tensor<1024xf32> -> tensor<1024x2048xf32>
  %29 = tcc.constant dense<2.000000e+00> : tensor<1024x2048xf32>
  %30 = tcc.multiply %7, %29 : tensor<1024x2048xf32>
  %31 = tcc.multiply %28, %30 : tensor<1024x2048xf32>
  %32 = tcc.add %17, %31 : tensor<1024x2048xf32>
  %33 = tcc.neg %32 : tensor<1024x2048xf32>
  %34 = tcc.reduce_sum %33 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %35 = tcc.reshape %34 : tensor<1024xf32> -> tensor<1024x1xf32>
  %36 = tcc.divide %35, %4 : tensor<1024x1xf32>
  %37 = tcc.reshape %36 : tensor<1024x1xf32> -> tensor<1024xf32>
  %38 = tcc.broadcast %37 {dims = array<i64: 0>} : tensor<1024xf32> -> tensor<1024x2048xf32>
  %39 = tcc.add %32, %38 : tensor<1024x2048xf32>
  %40 = tcc.multiply %7, %16 : tensor<1024x2048xf32>
  %41 = tcc.multiply %arg0, %40 : tensor<1024x2048xf32>
  %42 = tcc.reduce_sum %41 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %43 = tcc.reduce_sum %arg0 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  return %39, %42, %43 : tensor<1024x2048xf32>, tensor<2048xf32>, tensor<2048xf32>
}

// -----

// CHECK-LABEL: func.func @softmax_with_backward(
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @softmax_with_backward(%arg0: tensor<1024x2048xf32>, %arg1: tensor<1024x2048xf32>) -> tensor<1024x2048xf32> {
  %0 = tcc.reduce_max %arg1 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %1 = tcc.reshape %0 : tensor<1024xf32> -> tensor<1024x1xf32>
  %2 = tcc.abs %1 : tensor<1024x1xf32> -> tensor<1024x1xf32>
  %3 = tcc.constant dense<0x7F800000> : tensor<1024x1xf32>
  %4 = tcc.less %2, %3 : tensor<1024x1xf32> -> tensor<1024x1xi1>
  %5 = tcc.constant dense<0.000000e+00> : tensor<f32>
  %6 = tcc.broadcast %5 {dims = array<i64>} : tensor<f32> -> tensor<1024x1xf32>
  %7 = tcc.select %4, %1, %6 : tensor<1024x1xf32>
  %8 = tcc.stop_gradient %7 : tensor<1024x1xf32>
  %9 = tcc.broadcast %8 {dims = array<i64: 0, 1>} : tensor<1024x1xf32> -> tensor<1024x2048xf32>
  %10 = tcc.subtract %arg1, %9 : tensor<1024x2048xf32>
  %11 = tcc.exp %10 : tensor<1024x2048xf32>
  %12 = tcc.reduce_sum %11 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %13 = tcc.reshape %12 : tensor<1024xf32> -> tensor<1024x1xf32>
  %14 = tcc.broadcast %13 {dims = array<i64: 0, 1>} : tensor<1024x1xf32> -> tensor<1024x2048xf32>
  %15 = tcc.divide %arg0, %14 : tensor<1024x2048xf32>
  %16 = tcc.divide %11, %14 : tensor<1024x2048xf32>
  %17 = tcc.multiply %15, %16 : tensor<1024x2048xf32>
  %18 = tcc.neg %17 : tensor<1024x2048xf32>
  %19 = tcc.reduce_sum %18 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %20 = tcc.broadcast %19 {dims = array<i64: 0>} : tensor<1024xf32> -> tensor<1024x2048xf32>
  %21 = tcc.add %15, %20 : tensor<1024x2048xf32>
  %22 = tcc.multiply %21, %11 : tensor<1024x2048xf32>
  return %22 : tensor<1024x2048xf32>
}

// -----

// The mean over the rows waits for all of them: a second kernel, of 1024 numbers.
// CHECK-LABEL: func.func @cross_entropy_and_gradient(
// CHECK-COUNT-2: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @cross_entropy_and_gradient(%arg0: tensor<1024x2048xf32>, %arg1: tensor<1024x2048xf32>)
    -> (tensor<f32>, tensor<1024x2048xf32>) {
  %0 = tcc.reduce_max %arg1 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %1 = tcc.reshape %0 : tensor<1024xf32> -> tensor<1024x1xf32>
  %2 = tcc.abs %1 : tensor<1024x1xf32> -> tensor<1024x1xf32>
  %3 = tcc.constant dense<0x7F800000> : tensor<1024x1xf32>
  %4 = tcc.less %2, %3 : tensor<1024x1xf32> -> tensor<1024x1xi1>
  %5 = tcc.constant dense<0.000000e+00> : tensor<f32>
  %6 = tcc.broadcast %5 {dims = array<i64>} : tensor<f32> -> tensor<1024x1xf32>
  %7 = tcc.select %4, %1, %6 : tensor<1024x1xf32>
  %8 = tcc.stop_gradient %7 : tensor<1024x1xf32>
  %9 = tcc.broadcast %8 {dims = array<i64: 0, 1>} : tensor<1024x1xf32> -> tensor<1024x2048xf32>
  %10 = tcc.subtract %arg1, %9 : tensor<1024x2048xf32>
  %11 = tcc.exp %10 : tensor<1024x2048xf32>
  %12 = tcc.reduce_sum %11 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %13 = tcc.reshape %12 : tensor<1024xf32> -> tensor<1024x1xf32>
  %14 = tcc.log %13 : tensor<1024x1xf32>
  %15 = tcc.add %14, %8 : tensor<1024x1xf32>
  %16 = tcc.broadcast %15 {dims = array<i64: 0, 1>} : tensor<1024x1xf32> -> tensor<1024x2048xf32>
  %17 = tcc.subtract %16, %arg1 : tensor<1024x2048xf32>
  %18 = tcc.multiply %arg0, %17 : tensor<1024x2048xf32>
  %19 = tcc.reduce_sum %18 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %20 = tcc.reduce_sum %19 {axes = array<i64: 0>} : tensor<1024xf32> -> tensor<f32>
  %21 = tcc.constant dense<1.024000e+03> : tensor<f32>
  %22 = tcc.divide %20, %21 : tensor<f32>
  %23 = tcc.constant dense<9.765625E-4> : tensor<1024x2048xf32>
  %24 = tcc.multiply %arg0, %23 : tensor<1024x2048xf32>
  %25 = tcc.neg %24 : tensor<1024x2048xf32>
  %26 = tcc.reduce_sum %24 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %27 = tcc.reshape %26 : tensor<1024xf32> -> tensor<1024x1xf32>
  %28 = tcc.divide %27, %13 : tensor<1024x1xf32>
  %29 = tcc.reshape %28 : tensor<1024x1xf32> -> tensor<1024xf32>
  %30 = tcc.broadcast %29 {dims = array<i64: 0>} : tensor<1024xf32> -> tensor<1024x2048xf32>
  %31 = tcc.multiply %30, %11 : tensor<1024x2048xf32>
  %32 = tcc.add %25, %31 : tensor<1024x2048xf32>
  return %22, %32 : tensor<f32>, tensor<1024x2048xf32>
}

// -----

// Mean; variance; what needs both. The other kernel is for 2048 numbers.
// CHECK-LABEL: func.func @batch_norm(
// CHECK-COUNT-4: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @batch_norm(%arg0: tensor<1024x2048xf32>, %arg1: tensor<2048xf32>, %arg2: tensor<2048xf32>)
    -> tensor<1024x2048xf32> {
  %0 = tcc.reduce_sum %arg0 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %1 = tcc.constant dense<1.024000e+03> : tensor<2048xf32>
  %2 = tcc.divide %0, %1 : tensor<2048xf32>
  %3 = tcc.broadcast %2 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %4 = tcc.subtract %arg0, %3 : tensor<1024x2048xf32>
  %5 = tcc.square %4 : tensor<1024x2048xf32>
  %6 = tcc.reduce_sum %5 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %7 = tcc.constant dense<1.024000e+03> : tensor<2048xf32>
  %8 = tcc.divide %6, %7 : tensor<2048xf32>
  %9 = tcc.constant dense<9.99999974E-6> : tensor<2048xf32>
  %10 = tcc.add %8, %9 : tensor<2048xf32>
  %11 = tcc.rsqrt %10 : tensor<2048xf32>
  %12 = tcc.broadcast %11 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %13 = tcc.multiply %4, %12 : tensor<1024x2048xf32>
  %14 = tcc.broadcast %arg1 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %15 = tcc.multiply %13, %14 : tensor<1024x2048xf32>
  %16 = tcc.broadcast %arg2 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %17 = tcc.add %15, %16 : tensor<1024x2048xf32>
  return %17 : tensor<1024x2048xf32>
}

// -----

// Mean; variance; three sums; the part of dx beside the mean's and its sum; dx. Two more kernels for 2048 numbers. That
// the last sum is known to vanish, which would save a pass, takes algebra.
// CHECK-LABEL: func.func @batch_norm_backward(
// CHECK-COUNT-7: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @batch_norm_backward(%arg0: tensor<1024x2048xf32>, %arg1: tensor<2048xf32>, %arg2: tensor<1024x2048xf32>)
    -> (tensor<1024x2048xf32>, tensor<2048xf32>, tensor<2048xf32>) {
  %0 = tcc.broadcast %arg1 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %1 = tcc.multiply %arg0, %0 : tensor<1024x2048xf32>
  %2 = tcc.reduce_sum %arg2 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %3 = tcc.constant dense<1.024000e+03> : tensor<2048xf32>
  %4 = tcc.divide %2, %3 : tensor<2048xf32>
  %5 = tcc.broadcast %4 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %6 = tcc.subtract %arg2, %5 : tensor<1024x2048xf32>
  %7 = tcc.square %6 : tensor<1024x2048xf32>
  %8 = tcc.reduce_sum %7 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %9 = tcc.constant dense<1.024000e+03> : tensor<2048xf32>
  %10 = tcc.divide %8, %9 : tensor<2048xf32>
  %11 = tcc.constant dense<9.99999974E-6> : tensor<2048xf32>
  %12 = tcc.add %10, %11 : tensor<2048xf32>
  %13 = tcc.rsqrt %12 : tensor<2048xf32>
  %14 = tcc.broadcast %13 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %15 = tcc.multiply %1, %14 : tensor<1024x2048xf32>
  %16 = tcc.multiply %1, %6 : tensor<1024x2048xf32>
  %17 = tcc.reduce_sum %16 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %18 = tcc.constant dense<-5.000000e-01> : tensor<2048xf32>
  %19 = tcc.multiply %17, %18 : tensor<2048xf32>
  %20 = tcc.square %13 : tensor<2048xf32>
  %21 = tcc.multiply %13, %20 : tensor<2048xf32>
  %22 = tcc.multiply %19, %21 : tensor<2048xf32>
  %23 = tcc.divide %22, %9 : tensor<2048xf32>
  %24 = tcc.broadcast %23 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %25 = tcc.constant dense<2.000000e+00> : tensor<1024x2048xf32>
  %26 = tcc.multiply %6, %25 : tensor<1024x2048xf32>
  %27 = tcc.multiply %24, %26 : tensor<1024x2048xf32>
  %28 = tcc.add %15, %27 : tensor<1024x2048xf32>
  %29 = tcc.neg %28 : tensor<1024x2048xf32>
  %30 = tcc.reduce_sum %29 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %31 = tcc.divide %30, %3 : tensor<2048xf32>
  %32 = tcc.broadcast %31 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %33 = tcc.add %28, %32 : tensor<1024x2048xf32>
  %34 = tcc.multiply %6, %14 : tensor<1024x2048xf32>
  %35 = tcc.multiply %arg0, %34 : tensor<1024x2048xf32>
  %36 = tcc.reduce_sum %35 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %37 = tcc.reduce_sum %arg0 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  return %33, %36, %37 : tensor<1024x2048xf32>, tensor<2048xf32>, tensor<2048xf32>
}

// -----

// CHECK-LABEL: func.func @rms_norm(
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @rms_norm(%arg0: tensor<1024x2048xf32>, %arg1: tensor<2048xf32>) -> tensor<1024x2048xf32> {
  %0 = tcc.square %arg0 : tensor<1024x2048xf32>
  %1 = tcc.reduce_sum %0 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %2 = tcc.reshape %1 : tensor<1024xf32> -> tensor<1024x1xf32>
  %3 = tcc.constant dense<2.048000e+03> : tensor<1024x1xf32>
  %4 = tcc.divide %2, %3 : tensor<1024x1xf32>
  %5 = tcc.constant dense<9.99999997E-7> : tensor<1024x1xf32>
  %6 = tcc.add %4, %5 : tensor<1024x1xf32>
  %7 = tcc.rsqrt %6 : tensor<1024x1xf32>
  %8 = tcc.broadcast %7 {dims = array<i64: 0, 1>} : tensor<1024x1xf32> -> tensor<1024x2048xf32>
  %9 = tcc.multiply %arg0, %8 : tensor<1024x2048xf32>
  %10 = tcc.broadcast %arg1 {dims = array<i64: 1>} : tensor<2048xf32> -> tensor<1024x2048xf32>
  %11 = tcc.multiply %9, %10 : tensor<1024x2048xf32>
  return %11 : tensor<1024x2048xf32>
}

// -----

// CHECK-LABEL: func.func @cosine_similarity(
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @cosine_similarity(%arg0: tensor<1024x2048xf32>, %arg1: tensor<1024x2048xf32>) -> tensor<1024xf32> {
  %0 = tcc.multiply %arg0, %arg1 : tensor<1024x2048xf32>
  %1 = tcc.reduce_sum %0 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %2 = tcc.square %arg0 : tensor<1024x2048xf32>
  %3 = tcc.reduce_sum %2 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %4 = tcc.sqrt %3 : tensor<1024xf32>
  %5 = tcc.square %arg1 : tensor<1024x2048xf32>
  %6 = tcc.reduce_sum %5 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  %7 = tcc.sqrt %6 : tensor<1024xf32>
  %8 = tcc.multiply %4, %7 : tensor<1024xf32>
  %9 = tcc.divide %1, %8 : tensor<1024xf32>
  return %9 : tensor<1024xf32>
}

// -----

// Without the 512 x 512 x 16 differences.
// CHECK-LABEL: func.func @pairwise_distances(
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @pairwise_distances(%arg0: tensor<512x16xf32>, %arg1: tensor<512x16xf32>) -> tensor<512x512xf32> {
  %0 = tcc.reshape %arg0 : tensor<512x16xf32> -> tensor<512x1x16xf32>
  %1 = tcc.broadcast %0 {dims = array<i64: 0, 1, 2>} : tensor<512x1x16xf32> -> tensor<512x512x16xf32>
  %2 = tcc.reshape %arg1 : tensor<512x16xf32> -> tensor<1x512x16xf32>
  %3 = tcc.broadcast %2 {dims = array<i64: 0, 1, 2>} : tensor<1x512x16xf32> -> tensor<512x512x16xf32>
  %4 = tcc.subtract %1, %3 : tensor<512x512x16xf32>
  %5 = tcc.square %4 : tensor<512x512x16xf32>
  %6 = tcc.reduce_sum %5 {axes = array<i64: 2>} : tensor<512x512x16xf32> -> tensor<512x512xf32>
  %7 = tcc.sqrt %6 : tensor<512x512xf32>
  return %7 : tensor<512x512xf32>
}

// -----

// CHECK-LABEL: func.func @rolling_mean(
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @rolling_mean(%arg0: tensor<100000xf32>) -> tensor<99996xf32> {
  %0 = tcc.slice %arg0 {limits = array<i64: 99996>, starts = array<i64: 0>, strides = array<i64: 1>}
    : tensor<100000xf32> -> tensor<99996xf32>
  %1 = tcc.slice %arg0 {limits = array<i64: 99997>, starts = array<i64: 1>, strides = array<i64: 1>}
    : tensor<100000xf32> -> tensor<99996xf32>
  %2 = tcc.add %0, %1 : tensor<99996xf32>
  %3 = tcc.slice %arg0 {limits = array<i64: 99998>, starts = array<i64: 2>, strides = array<i64: 1>}
    : tensor<100000xf32> -> tensor<99996xf32>
  %4 = tcc.add %2, %3 : tensor<99996xf32>
  %5 = tcc.slice %arg0 {limits = array<i64: 99999>, starts = array<i64: 3>, strides = array<i64: 1>}
    : tensor<100000xf32> -> tensor<99996xf32>
  %6 = tcc.add %4, %5 : tensor<99996xf32>
  %7 = tcc.slice %arg0 {limits = array<i64: 100000>, starts = array<i64: 4>, strides = array<i64: 1>}
    : tensor<100000xf32> -> tensor<99996xf32>
  %8 = tcc.add %6, %7 : tensor<99996xf32>
  %9 = tcc.constant dense<5.000000e+00> : tensor<99996xf32>
  %10 = tcc.divide %8, %9 : tensor<99996xf32>
  return %10 : tensor<99996xf32>
}

// -----

// One pass over x; the division of 2048 sums follows it.
// CHECK-LABEL: func.func @mean_and_max_over_different_axes(
// CHECK-COUNT-2: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @mean_and_max_over_different_axes(%arg0: tensor<1024x2048xf32>) -> (tensor<2048xf32>, tensor<1024xf32>) {
  %0 = tcc.reduce_sum %arg0 {axes = array<i64: 0>} : tensor<1024x2048xf32> -> tensor<2048xf32>
  %1 = tcc.constant dense<1.024000e+03> : tensor<2048xf32>
  %2 = tcc.divide %0, %1 : tensor<2048xf32>
  %3 = tcc.reduce_max %arg0 {axes = array<i64: 1>} : tensor<1024x2048xf32> -> tensor<1024xf32>
  return %2, %3 : tensor<2048xf32>, tensor<1024xf32>
}

// -----

// CHECK-LABEL: func.func @sum_of_abs2(
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: return
func.func @sum_of_abs2(%arg0: tensor<1024x2048xf32>, %arg1: tensor<1024x2048xf32>) -> tensor<f32> {
  %0 = tcc.complex %arg0, %arg1 : tensor<1024x2048xf32> -> tensor<1024x2048xcomplex<f32>>
  %1 = tcc.real %0 : tensor<1024x2048xcomplex<f32>> -> tensor<1024x2048xf32>
  %2 = tcc.square %1 : tensor<1024x2048xf32>
  %3 = tcc.imag %0 : tensor<1024x2048xcomplex<f32>> -> tensor<1024x2048xf32>
  %4 = tcc.square %3 : tensor<1024x2048xf32>
  %5 = tcc.add %2, %4 : tensor<1024x2048xf32>
  %6 = tcc.reduce_sum %5 {axes = array<i64: 0, 1>} : tensor<1024x2048xf32> -> tensor<f32>
  return %6 : tensor<f32>
}
