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
  %0 = tcc.irfft %x {axes = array<i64: 0>, n = 6 : i64} : tensor<3xcomplex<f32>> -> tensor<6xf32>
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
