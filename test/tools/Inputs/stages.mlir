// Programs for every part of the compiler: fusion, reductions, a product in the library and its gradient, complex
// numbers, open sizes, several kernels on one arena, and what sizes must satisfy.
func.func @elementwise(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = tcc.exp %x : tensor<4xf32>
  %1 = tcc.multiply %0, %y : tensor<4xf32>
  %2 = tcc.tanh %1 : tensor<4xf32>
  return %2 : tensor<4xf32>
}
func.func @softmax(%x: tensor<2x3xf64>) -> tensor<2x3xf64> {
  %0 = tcc.reduce_max %x {axes = array<i64: 1>} : tensor<2x3xf64> -> tensor<2xf64>
  %1 = tcc.broadcast %0 {dims = array<i64: 0>} : tensor<2xf64> -> tensor<2x3xf64>
  %2 = tcc.subtract %x, %1 : tensor<2x3xf64>
  %3 = tcc.exp %2 : tensor<2x3xf64>
  %4 = tcc.reduce_sum %3 {axes = array<i64: 1>} : tensor<2x3xf64> -> tensor<2xf64>
  %5 = tcc.broadcast %4 {dims = array<i64: 0>} : tensor<2xf64> -> tensor<2x3xf64>
  %6 = tcc.divide %3, %5 : tensor<2x3xf64>
  return %6 : tensor<2x3xf64>
}
// Long enough to be split into blocks, whose sums a second function combines.
func.func @total(%x: tensor<?xf64>) -> (tensor<f64>, tensor<i1>) {
  %0 = tcc.reduce_sum %x {axes = array<i64: 0>} : tensor<?xf64> -> tensor<f64>
  %1 = tcc.constant dense<0.0> : tensor<f64>
  %2 = tcc.greater %0, %1 : tensor<f64> -> tensor<i1>
  return %0, %2 : tensor<f64>, tensor<i1>
}
func.func @dense(%x: tensor<?x3xf32>, %w: tensor<3x2xf32>) -> tensor<f32> {
  %0 = tcc.dot_general %x, %w {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  %1 = tcc.square %0 : tensor<?x2xf32>
  %2 = tcc.reduce_sum %1 {axes = array<i64: 0, 1>} : tensor<?x2xf32> -> tensor<f32>
  return %2 : tensor<f32>
}
func.func @rotate(%z: tensor<?xcomplex<f64>>) -> (tensor<?xcomplex<f64>>, tensor<?xf64>) {
  %0 = tcc.exp %z : tensor<?xcomplex<f64>>
  %1 = tcc.multiply %0, %z : tensor<?xcomplex<f64>>
  %2 = tcc.abs %1 : tensor<?xcomplex<f64>> -> tensor<?xf64>
  return %1, %2 : tensor<?xcomplex<f64>>, tensor<?xf64>
}
func.func @add(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %0 = tcc.add %x, %y : tensor<?xf32>
  return %0 : tensor<?xf32>
}
func.func @product(%a: tensor<?x?xf64>, %b: tensor<?x?xf64>) -> tensor<?x?xf64> {
  %0 = tcc.dot_general %a, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
  return %0 : tensor<?x?xf64>
}
