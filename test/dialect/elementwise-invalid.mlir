// RUN: tcc-opt %s -split-input-file -verify-diagnostics

func.func @shapes_differ(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected-error@+1 {{'tcc.add' op failed to verify that all of {a, b, y} have same type}}
  %0 = "tcc.add"(%a, %b) : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @no_order_of_complex_numbers(%a: tensor<2xcomplex<f32>>) {
  // expected-error@+1 {{'tcc.less' op operand #0 must be tensor of bool or real numbers}}
  %0 = "tcc.less"(%a, %a) : (tensor<2xcomplex<f32>>, tensor<2xcomplex<f32>>) -> tensor<2xi1>
  return
}

// -----

func.func @cast_c1(%a: tensor<2xf32>) {
  // expected-error@+1 {{'tcc.cast' op expects equal shapes, got 'tensor<2xf32>' and 'tensor<3xf64>'}}
  %0 = tcc.cast %a : tensor<2xf32> -> tensor<3xf64>
  return
}

// -----

func.func @special_c1(%a: f32) {
  // expected-error@+1 {{function must be erfinv, lgamma, digamma or polygamma, got 'zeta'}}
  %0 = tcc.special "zeta"(%a) : f32
  return
}
