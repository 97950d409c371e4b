// RUN: tcc-opt %s -split-input-file -verify-diagnostics

func.func @c1(%q: tensor<2x5x4xf32>, %k: tensor<2x7x3xf32>) {
  // expected-error@+2 {{'tcc.attention' op expects {.., L, E}, {.., S, E} and {.., S, V} of one element type, got tensor<2x5x4xf32>, tensor<2x7x3xf32> and tensor<2x7x3xf32>}}
  // expected-error@+1 {{failed to infer returned types}}
  %y:2 = tcc.attention %q, %k, %k {causal = false, scale = 1.0} : (tensor<2x5x4xf32>, tensor<2x7x3xf32>, tensor<2x7x3xf32>) -> (tensor<2x5x3xf32>, tensor<2x5xf32>)
  return
}

// -----

func.func @c2(%q: tensor<2x5x4xf32>, %k: tensor<2x7x4xf32>, %mask: tensor<2x5x5xi1>) {
  // expected-error@+2 {{'tcc.attention' op expects a mask of bool or of the element type of q, with sizes of {.., L, S} or 1, got tensor<2x5x5xi1>}}
  // expected-error@+1 {{failed to infer returned types}}
  %y:2 = tcc.attention %q, %k, %k, %mask {causal = false, scale = 1.0} : (tensor<2x5x4xf32>, tensor<2x7x4xf32>, tensor<2x7x4xf32>, tensor<2x5x5xi1>) -> (tensor<2x5x4xf32>, tensor<2x5xf32>)
  return
}

// -----

func.func @gradient_c2(%q: tensor<5x4xf16>, %delta: tensor<5xf16>) {
  // expected-error@+1 {{op operand #3 must be tensor of f32 or f64}}
  %y:3 = tcc.attention_gradient %q, %q, %q, %delta, %delta, %q {causal = false, scale = 1.0} : (tensor<5x4xf16>, tensor<5x4xf16>, tensor<5x4xf16>, tensor<5xf16>, tensor<5xf16>, tensor<5x4xf16>) -> (tensor<5x4xf16>, tensor<5x4xf16>, tensor<5x4xf16>)
  return
}

// -----

func.func @mask_gradient_c2(%q: tensor<5x4xf64>, %rows: tensor<5xf64>, %mask: tensor<5x5xi1>) {
  // expected-error@+1 {{op operand #6 must be tensor of floats}}
  %y = tcc.attention_mask_gradient %q, %q, %q, %rows, %rows, %q, %mask {causal = false, scale = 1.0} : (tensor<5x4xf64>, tensor<5x4xf64>, tensor<5x4xf64>, tensor<5xf64>, tensor<5xf64>, tensor<5x4xf64>, tensor<5x5xi1>) -> tensor<5x5xi1>
  return
}
