// RUN: tcc-opt %s -split-input-file -verify-diagnostics

func.func @eigh_c2(%a: tensor<2x3xf32>) {
  // expected-error@+2 {{'tcc.eigh' op expects square matrices, got tensor<2x3xf32>}}
  // expected-error@+1 {{failed to infer returned types}}
  %0:2 = tcc.eigh %a : tensor<2x3xf32> -> tensor<3xf32>, tensor<2x3xf32>
  return
}

// -----

func.func @solve_c3(%a: tensor<3x3xf32>, %b: tensor<2x1xf32>) {
  // expected-error@+2 {{'tcc.solve' op b must have a's element type, leading sizes and number of rows}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.solve %a, %b : (tensor<3x3xf32>, tensor<2x1xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @dot_general_c4(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error@+2 {{'tcc.dot_general' op axis 1 of a and axis 0 of b differ}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.dot_general %a, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @irfft_c3(%x: tensor<3xcomplex<f32>>) {
  // expected-error@+2 {{'tcc.irfft' op expects n > 0 and n / 2 + 1 frequencies on the last of axes, got n = 6}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.irfft %x {axes = array<i64: 0>, n = 6 : i64, norm = 0 : i64} : tensor<3xcomplex<f32>> -> tensor<6xf32>
  return
}

// -----

func.func @fft_c2(%x: tensor<3xcomplex<f32>>) {
  // expected-error@+2 {{'tcc.fft' op norm must be 0, 1 or 2, got 3}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.fft %x {axes = array<i64: 0>, inverse = false, norm = 3 : i64} : tensor<3xcomplex<f32>> -> tensor<3xcomplex<f32>>
  return
}

// -----

func.func @scatter_c5(%x: tensor<3xf32>, %u: tensor<2xf32>, %i: tensor<2xi64>) {
  // expected-error@+2 {{'tcc.scatter' op combine must be set, add, multiply, min or max, got 'sum'}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.scatter %x, %u, %i {axes = array<i64: 0>, combine = "sum"} : (tensor<3xf32>, tensor<2xf32>, tensor<2xi64>) -> tensor<3xf32>
  return
}

// -----

func.func @call_c1(%x: tensor<3xf32>) {
  // expected-error@+1 {{'tcc.call' op callee is no function of the module: @nobody}}
  tcc.call @nobody(%x) : (tensor<3xf32>) -> ()
  return
}

// -----

func.func @convolution_c4(%x: tensor<1x2x5xf32>, %w: tensor<1x3x2xf32>) {
  // expected-error@+2 {{'tcc.convolution' op axis 1 of x and axis 1 of w differ}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.convolution %x, %w {x_batch = array<i64>, w_batch = array<i64>, x_contract = array<i64: 1>, w_contract = array<i64: 1>, x_window = array<i64: 2>, w_window = array<i64: 2>, strides = array<i64: 1>, low = array<i64: 0>, high = array<i64: 0>, x_dilation = array<i64: 1>, w_dilation = array<i64: 1>, flip = false, perm = array<i64: 0, 1, 2>} : (tensor<1x2x5xf32>, tensor<1x3x2xf32>) -> tensor<1x1x4xf32>
  return
}

// -----

func.func @convolution_c5(%x: tensor<1x2x5xf32>, %w: tensor<1x2x2xf32>) {
  // expected-error@+2 {{'tcc.convolution' op strides and dilations must be positive, got [0]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.convolution %x, %w {x_batch = array<i64>, w_batch = array<i64>, x_contract = array<i64: 1>, w_contract = array<i64: 1>, x_window = array<i64: 2>, w_window = array<i64: 2>, strides = array<i64: 0>, low = array<i64: 0>, high = array<i64: 0>, x_dilation = array<i64: 1>, w_dilation = array<i64: 1>, flip = false, perm = array<i64: 0, 1, 2>} : (tensor<1x2x5xf32>, tensor<1x2x2xf32>) -> tensor<1x1x4xf32>
  return
}

// -----

func.func @window_max_c2(%x: tensor<5xf32>) {
  // expected-error@+2 {{'tcc.window_max' op expects positive windows and strides, and less padding than window, got window [2], strides [1], low [2], high [0]}}
  // expected-error@+1 {{failed to infer returned types}}
  %0:2 = tcc.window_max %x {axes = array<i64: 0>, window = array<i64: 2>, strides = array<i64: 1>, low = array<i64: 2>, high = array<i64: 0>} : tensor<5xf32> -> tensor<6xf32>, tensor<6xi64>
  return
}

// -----

func.func @lstsq_c2(%a: tensor<4x2xf32>, %b: tensor<3x1xf32>) {
  // expected-error@+2 {{'tcc.lstsq' op b must have a's element type, leading sizes and number of rows, got tensor<4x2xf32> and tensor<3x1xf32>}}
  // expected-error@+1 {{failed to infer returned types}}
  %0:2 = tcc.lstsq %a, %b : (tensor<4x2xf32>, tensor<3x1xf32>) -> (tensor<2x1xf32>, tensor<i64>)
  return
}

// -----

func.func @adjugate_tangent_c1(%a: tensor<2x2xf32>, %perm: tensor<2xi64>, %e: tensor<3x3xf32>) {
  // expected-error@+2 {{'tcc.adjugate_tangent' op expects matrices of one type, got}}
  // expected-error@+1 {{failed to infer returned types}}
  %0 = tcc.adjugate_tangent %a, %a, %perm, %e : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xi64>, tensor<3x3xf32>) -> tensor<2x2xf32>
  return
}
