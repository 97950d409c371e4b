// Loops in loops with open sizes, for control.test.
func.func private @turn(%i: tensor<i64>, %c: tensor<?xf32>, %k: tensor<?xf32>, %x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %0 = tcc.multiply %c, %k : tensor<?xf32>
  %1 = tcc.add %0, %x : tensor<?xf32>
  return %1, %0 : tensor<?xf32>, tensor<?xf32>
}
func.func private @outer(%i: tensor<i64>, %c: tensor<?xf32>, %x: tensor<?x?xf32>, %k: tensor<?xf32>) -> tensor<?xf32> {
  %0:2 = tcc.scan @turn captures(%c) carries(%k) over(%x) {length = -1 : i64, reverse = true}
    : (tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>) -> (tensor<?xf32>, tensor<?x?xf32>)
  return %0#0 : tensor<?xf32>
}
// x runs over its rows, twice.
func.func @main(%c: tensor<?xf32>, %x: tensor<?x?xf32>) -> tensor<?xf32> {
  %0 = tcc.scan @outer captures(%c, %x) carries(%c) {length = 2 : i64, reverse = false}
    : (tensor<?xf32>, tensor<?x?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
// The stack has the sizes of what the body gives.
func.func @stack(%c: tensor<?xf32>, %x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0:2 = tcc.scan @turn captures(%c) carries(%c) over(%x) {length = -1 : i64, reverse = false}
    : (tensor<?xf32>, tensor<?xf32>, tensor<?x?xf32>) -> (tensor<?xf32>, tensor<?x?xf32>)
  return %0#1 : tensor<?x?xf32>
}
// An error within a body is the body's line's.
func.func private @checked(%i: tensor<i64>, %k: tensor<f32>, %x: tensor<i64>) -> tensor<f32> {
  %0 = tcc.check_index %x {bound = 3 : i64} : tensor<i64> -> tensor<i64>
  %1 = tcc.cast %0 : tensor<i64> -> tensor<f32>
  %2 = tcc.add %k, %1 : tensor<f32>
  return %2 : tensor<f32>
}
func.func @fails(%k: tensor<f32>) -> tensor<f32> {
  %x = tcc.constant dense<[0, 2, 5, 7]> : tensor<4xi64>
  %0 = tcc.scan @checked carries(%k) over(%x) {length = 4 : i64, reverse = false} : (tensor<f32>, tensor<4xi64>) -> tensor<f32>
  return %0 : tensor<f32>
}
