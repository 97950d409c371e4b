// What ops demand of open sizes, one function for each kind of demand.
func.func @add(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %z = tcc.add %x, %y : tensor<?xf32>
  return %z : tensor<?xf32>
}
func.func @dot(%x: tensor<2x?xf32>, %y: tensor<?xf32>) -> tensor<2xf32> {
  %z = tcc.dot_general %x, %y {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>,
                               rhs_contract = array<i64: 0>} : (tensor<2x?xf32>, tensor<?xf32>) -> tensor<2xf32>
  return %z : tensor<2xf32>
}
func.func @slice(%x: tensor<?xf32>) -> tensor<4xf32> {
  %z = tcc.slice %x {starts = array<i64: 2>, limits = array<i64: 6>, strides = array<i64: 1>} : tensor<?xf32> -> tensor<4xf32>
  return %z : tensor<4xf32>
}
func.func @reshape(%x: tensor<?xf32>) -> tensor<?x4xf32> {
  %z = tcc.reshape %x : tensor<?xf32> -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}
