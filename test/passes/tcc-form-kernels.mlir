// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: %tcc-opt %s --tcc-form-kernels --split-input-file | FileCheck %s
// RUN: %tcc-opt %s --tcc-form-kernels=reference=true --split-input-file | FileCheck %s --check-prefix=REFERENCE

// CHECK-LABEL: func.func @softmax_is_one_kernel
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK: func.func private @kernel_0
// CHECK-NOT: @kernel_1
// REFERENCE-LABEL: func.func @softmax_is_one_kernel
// REFERENCE-COUNT-7: tcc.launch
func.func @softmax_is_one_kernel(%x: tensor<64x1000xf32>) -> tensor<64x1000xf32> {
  %m = tcc.reduce_max %x {axes = array<i64: 1>} : tensor<64x1000xf32> -> tensor<64xf32>
  %mb = tcc.broadcast %m {dims = array<i64: 0>} : tensor<64xf32> -> tensor<64x1000xf32>
  %d = tcc.subtract %x, %mb : tensor<64x1000xf32>
  %e = tcc.exp %d : tensor<64x1000xf32>
  %s = tcc.reduce_sum %e {axes = array<i64: 1>} : tensor<64x1000xf32> -> tensor<64xf32>
  %sb = tcc.broadcast %s {dims = array<i64: 0>} : tensor<64xf32> -> tensor<64x1000xf32>
  %y = tcc.divide %e, %sb : tensor<64x1000xf32>
  return %y : tensor<64x1000xf32>
}

// -----

// One row would be one thread's work.
// CHECK-LABEL: func.func @normalising_by_the_total_of_a_large_tensor_is_two_kernels
// CHECK-COUNT-2: tcc.launch
// CHECK-NOT: tcc.launch
func.func @normalising_by_the_total_of_a_large_tensor_is_two_kernels(%x: tensor<1000000xf32>) -> tensor<1000000xf32> {
  %s = tcc.reduce_sum %x {axes = array<i64: 0>} : tensor<1000000xf32> -> tensor<f32>
  %b = tcc.broadcast %s {dims = array<i64>} : tensor<f32> -> tensor<1000000xf32>
  %y = tcc.divide %x, %b : tensor<1000000xf32>
  return %y : tensor<1000000xf32>
}

// -----

// CHECK-LABEL: func.func @a_large_tensor_is_stored_and_reduced_in_one_kernel
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.launch
// CHECK-NOT: @kernel_1
func.func @a_large_tensor_is_stored_and_reduced_in_one_kernel(%x: tensor<2000x1000xf32>)
    -> (tensor<2000x1000xf32>, tensor<f32>, tensor<f32>) {
  %y = tcc.add %x, %x : tensor<2000x1000xf32>
  %q = tcc.square %y : tensor<2000x1000xf32>
  %s = tcc.reduce_sum %q {axes = array<i64: 0, 1>} : tensor<2000x1000xf32> -> tensor<f32>
  %m = tcc.reduce_max %y {axes = array<i64: 0, 1>} : tensor<2000x1000xf32> -> tensor<f32>
  return %y, %s, %m : tensor<2000x1000xf32>, tensor<f32>, tensor<f32>
}

// -----

// The total is known after the pass over the tensor.
// CHECK-LABEL: func.func @what_needs_the_total_is_no_part_of_the_pass
// CHECK-COUNT-2: tcc.launch
// CHECK-NOT: tcc.launch
func.func @what_needs_the_total_is_no_part_of_the_pass(%x: tensor<2000000xf32>)
    -> (tensor<2000000xf32>, tensor<2000000xf32>) {
  %y = tcc.exp %x : tensor<2000000xf32>
  %s = tcc.reduce_sum %y {axes = array<i64: 0>} : tensor<2000000xf32> -> tensor<f32>
  %b = tcc.broadcast %s {dims = array<i64>} : tensor<f32> -> tensor<2000000xf32>
  %z = tcc.divide %y, %b : tensor<2000000xf32>
  return %y, %z : tensor<2000000xf32>, tensor<2000000xf32>
}

// -----

// CHECK-LABEL: func.func @equal_layers_are_one_function
// CHECK-COUNT-2: tcc.launch @kernel_0
// CHECK-NOT: @kernel_1
func.func @equal_layers_are_one_function(%x: tensor<32x32xf32>, %w: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %0 = tcc.dot_general %x, %w {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<32x32xf32>, tensor<32x32xf32>) -> tensor<32x32xf32>
  %1 = tcc.tanh %0 : tensor<32x32xf32>
  %2 = tcc.dot_general %1, %w {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<32x32xf32>, tensor<32x32xf32>) -> tensor<32x32xf32>
  %3 = tcc.tanh %2 : tensor<32x32xf32>
  return %3 : tensor<32x32xf32>
}

// -----

// CHECK-LABEL: func.func @layers_that_differ_in_numbers_are_one_function
// CHECK-DAG: %[[A:.*]] = tcc.constant dense<1.000000e+00> : tensor<f32>
// CHECK-DAG: %[[B:.*]] = tcc.constant dense<2.000000e+00> : tensor<f32>
// CHECK-DAG: tcc.launch @kernel_0({{.*}}, %[[A]])
// CHECK-DAG: tcc.launch @kernel_0({{.*}}, %[[B]])
// CHECK: func.func private @kernel_0(%{{.*}}: tensor<32x32xf32>, %[[N:.*]]: tensor<f32>)
// CHECK: tcc.constant dense<5.000000e-01>
// CHECK-NOT: @kernel_1
func.func @layers_that_differ_in_numbers_are_one_function(%x: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %one = tcc.constant dense<1.0> : tensor<32x32xf32>
  %two = tcc.constant dense<2.0> : tensor<32x32xf32>
  %half = tcc.constant dense<0.5> : tensor<32x32xf32>
  %0 = tcc.sort %x {axis = 1} : tensor<32x32xf32> -> tensor<32x32xf32>
  %1 = tcc.add %0, %one : tensor<32x32xf32>
  %2 = tcc.multiply %1, %half : tensor<32x32xf32>
  %3 = tcc.sort %2 {axis = 1} : tensor<32x32xf32> -> tensor<32x32xf32>
  %4 = tcc.add %3, %two : tensor<32x32xf32>
  %5 = tcc.multiply %4, %half : tensor<32x32xf32>
  return %5 : tensor<32x32xf32>
}

// -----

// The exponent of a power is compiled in.
// CHECK-LABEL: func.func @powers_are_not_shared
// CHECK: tcc.launch @kernel_0
// CHECK: tcc.launch @kernel_1
func.func @powers_are_not_shared(%x: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %two = tcc.constant dense<2.0> : tensor<32x32xf32>
  %three = tcc.constant dense<3.0> : tensor<32x32xf32>
  %0 = tcc.sort %x {axis = 1} : tensor<32x32xf32> -> tensor<32x32xf32>
  %1 = tcc.power %0, %two : tensor<32x32xf32>
  %2 = tcc.sort %1 {axis = 1} : tensor<32x32xf32> -> tensor<32x32xf32>
  %3 = tcc.power %2, %three : tensor<32x32xf32>
  return %3 : tensor<32x32xf32>
}

// -----

// add needs the product, which needs neg: neg and add must not be one kernel.
// CHECK-LABEL: func.func @a_library_call_between_is_no_cycle
// CHECK: tcc.launch
// CHECK: tcc.dot_general
// CHECK: tcc.launch
func.func @a_library_call_between_is_no_cycle(%x: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %n = tcc.neg %x : tensor<32x32xf32>
  %p = tcc.dot_general %n, %x {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<32x32xf32>, tensor<32x32xf32>) -> tensor<32x32xf32>
  %y = tcc.add %n, %p : tensor<32x32xf32>
  return %y : tensor<32x32xf32>
}

// -----

// CHECK-LABEL: func.func @a_gate_is_generated_with_its_transpose
// CHECK-COUNT-1: tcc.launch
// CHECK-NOT: tcc.dot_general
// CHECK: func.func private @kernel_0
// CHECK: tcc.dot_general
// CHECK-NEXT: tcc.transpose
func.func @a_gate_is_generated_with_its_transpose(%s: tensor<2x2x2xcomplex<f64>>, %g: tensor<2x2xcomplex<f64>>)
    -> tensor<2x2x2xcomplex<f64>> {
  %d = tcc.dot_general %g, %s {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 1>} : (tensor<2x2xcomplex<f64>>, tensor<2x2x2xcomplex<f64>>) -> tensor<2x2x2xcomplex<f64>>
  %t = tcc.transpose %d {perm = array<i64: 1, 0, 2>} : tensor<2x2x2xcomplex<f64>> -> tensor<2x2x2xcomplex<f64>>
  return %t : tensor<2x2x2xcomplex<f64>>
}

// -----

// CHECK-LABEL: func.func @outputs_of_one_shape_are_one_kernel
// CHECK: %[[R:.+]]:2 = tcc.launch
// CHECK: return %[[R]]#0, %[[R]]#1
func.func @outputs_of_one_shape_are_one_kernel(%p: tensor<9xf32>, %g: tensor<9xf32>) -> (tensor<9xf32>, tensor<9xf32>) {
  %m = tcc.square %g : tensor<9xf32>
  %q = tcc.subtract %p, %m : tensor<9xf32>
  return %m, %q : tensor<9xf32>, tensor<9xf32>
}

// -----

// CHECK-LABEL: func.func @a_reshape_between_library_calls_is_no_kernel
// CHECK-NOT: tcc.launch
func.func @a_reshape_between_library_calls_is_no_kernel(%x: tensor<4x4xf64>) -> tensor<4x4xf64> {
  %c = tcc.cholesky %x : tensor<4x4xf64> -> tensor<4x4xf64>
  %r = tcc.reshape %c : tensor<4x4xf64> -> tensor<16xf64>
  %s = tcc.cumsum %r {axis = 0, reverse = false} : tensor<16xf64> -> tensor<16xf64>
  %t = tcc.reshape %s : tensor<16xf64> -> tensor<4x4xf64>
  return %t : tensor<4x4xf64>
}

// -----

// In a tiny kernel the place of an element is an argument: one kernel for both.
// CHECK-LABEL: func.func @elements
// CHECK-DAG: tcc.constant dense<0> : tensor<i64>
// CHECK-DAG: tcc.constant dense<1> : tensor<i64>
// CHECK: tcc.launch @[[COS:kernel_[0-9]+]](
// CHECK: tcc.launch @[[COS]](
// CHECK: func.func private @[[COS]](%{{.*}}: tensor<2x3xf32>, %{{.*}}: tensor<i64>, %{{.*}}: tensor<i64>)
// CHECK: tcc.gather
func.func @elements(%x: tensor<2x3xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %a = tcc.slice %x {starts = array<i64: 0, 1>, limits = array<i64: 1, 2>, strides = array<i64: 1, 1>} : tensor<2x3xf32> -> tensor<1x1xf32>
  %b = tcc.slice %x {starts = array<i64: 1, 0>, limits = array<i64: 2, 1>, strides = array<i64: 1, 1>} : tensor<2x3xf32> -> tensor<1x1xf32>
  %c = tcc.cos %a : tensor<1x1xf32>
  %d = tcc.cos %b : tensor<1x1xf32>
  return %c, %d : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

// The second kernel wants x / 2, x^2 and 1 - t^2. The first two it computes from x: only one of them is stored.
// CHECK-LABEL: func.func @what_to_store
// CHECK: %[[X:.+]] = tcc.dot_general %arg0, %arg1
// CHECK: %[[F:.+]]:2 = tcc.launch @[[FORWARD:.+]](%[[X]])
// CHECK: %[[D:.+]] = tcc.dot_general %[[F]]#1, %arg1
// CHECK: tcc.launch @[[BACKWARD:.+]](%[[X]], %[[D]], %[[F]]#0)
// CHECK: func.func private @[[FORWARD]]
// CHECK-NOT: tcc.square
// CHECK: func.func private @[[BACKWARD]](%[[X:[^:]+]]:
// CHECK: tcc.square %[[X]]
func.func @what_to_store(%a: tensor<512x512xf32>, %b: tensor<512x512xf32>) -> tensor<512x512xf32> {
  %half = tcc.constant dense<0.5> : tensor<512x512xf32>
  %one = tcc.constant dense<1.0> : tensor<512x512xf32>
  %x = tcc.dot_general %a, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %h = tcc.multiply %x, %half : tensor<512x512xf32>
  %q = tcc.square %x : tensor<512x512xf32>
  %t = tcc.tanh %x : tensor<512x512xf32>
  %u = tcc.subtract %one, %t : tensor<512x512xf32>
  %v = tcc.add %one, %t : tensor<512x512xf32>
  %w = tcc.multiply %u, %v : tensor<512x512xf32>
  %y = tcc.multiply %h, %v : tensor<512x512xf32>
  %d = tcc.dot_general %y, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
    rhs_contract = array<i64: 0>} : (tensor<512x512xf32>, tensor<512x512xf32>) -> tensor<512x512xf32>
  %1 = tcc.multiply %d, %h : tensor<512x512xf32>
  %2 = tcc.multiply %1, %w : tensor<512x512xf32>
  %3 = tcc.multiply %2, %q : tensor<512x512xf32>
  return %3 : tensor<512x512xf32>
}
