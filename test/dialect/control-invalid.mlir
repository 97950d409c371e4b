// RUN: tcc-opt %s -split-input-file -verify-diagnostics

func.func private @body(%i: tensor<i64>, %k: tensor<f64>) -> tensor<f64> {
  return %k : tensor<f64>
}
func.func @c1(%k: tensor<f32>) -> tensor<f32> {
  // expected-error@+1 {{body must be a function of (tensor<i64>, tensor<f32>), got @body of (tensor<i64>, tensor<f64>)}}
  %0 = tcc.scan @body carries(%k) {length = 3 : i64, reverse = false} : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @missing(%k: tensor<f32>) -> tensor<f32> {
  // expected-error@+1 {{body is no function of the module: @nowhere}}
  %0 = tcc.scan @nowhere carries(%k) {length = 3 : i64, reverse = false} : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @c2(%k: tensor<f32>, %x: tensor<4xf32>) -> tensor<f32> {
  // expected-error@+1 {{length is 3, but that is not the first extent of 'tensor<4xf32>'}}
  %0 = tcc.scan @body carries(%k) over(%x) {length = 3 : i64, reverse = false} : (tensor<f32>, tensor<4xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @c3(%k: tensor<f32>) -> tensor<f32> {
  // expected-error@+1 {{length is -1, but no first extent of the xs is open}}
  %0 = tcc.scan @body carries(%k) {length = -1 : i64, reverse = false} : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func private @f(%k: tensor<f64>) -> tensor<f64> {
  return %k : tensor<f64>
}
func.func private @g(%k: tensor<f64>) -> tensor<f32> {
  %0 = tcc.cast %k : tensor<f64> -> tensor<f32>
  return %0 : tensor<f32>
}
func.func @otherwise(%p: tensor<i1>, %k: tensor<f64>) -> tensor<f64> {
  // expected-error@+1 {{otherwise must give (tensor<f64>), got @g, which gives (tensor<f32>)}}
  %0 = tcc.cond @f, @g if %p(%k) : (tensor<i1>, tensor<f64>) -> tensor<f64>
  return %0 : tensor<f64>
}

// -----

func.func @predicate(%p: tensor<2xi1>, %k: tensor<f64>) -> tensor<f64> {
  // expected-error@+1 {{predicate must have no axes, got 'tensor<2xi1>'}}
  %0 = tcc.cond @f, @g if %p(%k) : (tensor<2xi1>, tensor<f64>) -> tensor<f64>
  return %0 : tensor<f64>
}

// -----

func.func private @holds(%k: tensor<f64>) -> tensor<f64> {
  return %k : tensor<f64>
}
func.func @condition(%k: tensor<f64>) -> tensor<f64> {
  // expected-error@+1 {{condition must give (tensor<i1>), got @holds, which gives (tensor<f64>)}}
  %0:2 = tcc.while_loop @holds, @holds state(%k) : (tensor<f64>) -> (tensor<f64>, tensor<i64>)
  return %0#0 : tensor<f64>
}

// -----

func.func private @step(%s: tensor<f64>, %d: tensor<f64>) -> tensor<f64> {
  return %d : tensor<f64>
}
func.func @unwound(%n: tensor<i64>, %s: tensor<f64>) -> tensor<f64> {
  // expected-error@+1 {{body must be a function of (tensor<f64>), got @step of (tensor<f64>, tensor<f64>)}}
  %0 = tcc.unwind @step, @step count(%n) state(%s) cotangents(%s) : (tensor<i64>, tensor<f64>, tensor<f64>) -> tensor<f64>
  return %0 : tensor<f64>
}
