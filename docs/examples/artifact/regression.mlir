// Linear regression on a batch of any size: predictions, and half the mean squared error. tcc-compile adds the gradient.
func.func @predict(%x: tensor<?x2xf32> {tcc.name = "x"}, %w: tensor<2xf32> {tcc.name = "w"})
    -> (tensor<?xf32> {tcc.name = "y"}) {
  %y = tcc.dot_general %x, %w {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
                               rhs_contract = array<i64: 0>} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
func.func @loss(%x: tensor<?x2xf32> {tcc.name = "x"}, %w: tensor<2xf32> {tcc.name = "w"},
                %t: tensor<?xf32> {tcc.name = "t"}) -> (tensor<f32> {tcc.name = "loss"}) {
  %y = tcc.dot_general %x, %w {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
                               rhs_contract = array<i64: 0>} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?xf32>
  %d = tcc.subtract %y, %t : tensor<?xf32>
  %s = tcc.square %d : tensor<?xf32>
  %sum = tcc.reduce_sum %s {axes = array<i64: 0>} : tensor<?xf32> -> tensor<f32>
  %half = tcc.constant dense<0.5> : tensor<f32>
  %loss = tcc.multiply %sum, %half : tensor<f32>
  return %loss : tensor<f32>
}
