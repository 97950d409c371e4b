// A dense layer of open batch size, and its sum.
func.func @main(%x: tensor<?x3xf32>, %w: tensor<3x2xf32>) -> (tensor<?x2xf32>, tensor<f32>) {
  %y = tcc.dot_general %x, %w {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
                               rhs_contract = array<i64: 0>} : (tensor<?x3xf32>, tensor<3x2xf32>) -> tensor<?x2xf32>
  %t = tcc.maximum %y, %y : tensor<?x2xf32>
  %s = tcc.reduce_sum %t {axes = array<i64: 0, 1>} : tensor<?x2xf32> -> tensor<f32>
  return %t, %s : tensor<?x2xf32>, tensor<f32>
}
func.func @singular(%a: tensor<2x2xf64>) -> tensor<2x2xf64> {
  %l = tcc.cholesky %a : tensor<2x2xf64> -> tensor<2x2xf64>
  return %l : tensor<2x2xf64>
}
