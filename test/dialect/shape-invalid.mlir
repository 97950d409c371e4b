// RUN: tcc-opt %s -split-input-file -verify-diagnostics

func.func @transpose_c1(%x: tensor<2x3xf32>) {
  // expected-error@+2 {{'tcc.transpose' op perm must be a permutation of the 2 axes of x, got [0, 0]}}
  // expected-error@+1 {{'tcc.transpose' op failed to infer returned types}}
  %0 = tcc.transpose %x {perm = array<i64: 0, 0>} : tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @slice_c2(%x: tensor<4xf32>) {
  // expected-error@+2 {{'tcc.slice' op expects 0 <= start <= limit <= size on axis 0, got 3, 5 of tensor<4xf32>}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.slice %x {starts = array<i64: 3>, limits = array<i64: 5>, strides = array<i64: 1>} : tensor<4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @broadcast_c2(%x: tensor<4xf32>) {
  // expected-error@+1 {{'tcc.broadcast' op axis 0 of x does not fit axis 1 of the result}}
  %0 = tcc.broadcast %x {dims = array<i64: 1>} : tensor<4xf32> -> tensor<4x5xf32>
  return
}

// -----

func.func @broadcast_c4(%x: tensor<f32>) {
  // expected-error@+1 {{'tcc.broadcast' op neither x nor 'like' gives the open size of axis 0 of the result 'tensor<?xf32>'}}
  %0 = tcc.broadcast %x {dims = array<i64>} : tensor<f32> -> tensor<?xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<4xf32>) {
  // expected-error@+1 {{'tcc.reshape' op numbers of elements differ: 'tensor<4xf32>' and 'tensor<5xf32>'}}
  %0 = tcc.reshape %x : tensor<4xf32> -> tensor<5xf32>
  return
}

// -----

func.func @concatenate_c3(%x: tensor<4x2xf32>, %y: tensor<4x3xf32>) {
  // expected-error@+2 {{'tcc.concatenate' op operands must agree but for axis 0}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.concatenate %x, %y {axis = 0 : i64} : (tensor<4x2xf32>, tensor<4x3xf32>) -> tensor<8x2xf32>
  return
}
