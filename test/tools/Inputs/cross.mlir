// Programs that run on every target: a fused elementwise kernel, products of the library and one of integers that is a
// kernel, a transform of odd length, a sum and its gradient; and eigenvalues, which need LAPACK.
func.func @gelu(%x: tensor<37xf32>) -> tensor<37xf32> {
  %half = tcc.constant dense<0.5> : tensor<37xf32>
  %scale = tcc.constant dense<0.707106769> : tensor<37xf32>
  %one = tcc.constant dense<1.0> : tensor<37xf32>
  %0 = tcc.multiply %x, %scale : tensor<37xf32>
  %1 = tcc.erf %0 : tensor<37xf32>
  %2 = tcc.add %1, %one : tensor<37xf32>
  %3 = tcc.multiply %2, %half : tensor<37xf32>
  %4 = tcc.multiply %x, %3 : tensor<37xf32>
  return %4 : tensor<37xf32>
}
func.func @product(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = tcc.dot_general %a, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
func.func @small(%a: tensor<3x5xf32>, %b: tensor<5x7xf32>) -> tensor<3x7xf32> {
  %0 = tcc.dot_general %a, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<3x5xf32>, tensor<5x7xf32>) -> tensor<3x7xf32>
  return %0 : tensor<3x7xf32>
}
func.func @counts(%a: tensor<3x5xi32>, %b: tensor<5x7xi32>) -> tensor<3x7xi32> {
  %0 = tcc.dot_general %a, %b {lhs_batch = array<i64>, rhs_batch = array<i64>, lhs_contract = array<i64: 1>, rhs_contract = array<i64: 0>} : (tensor<3x5xi32>, tensor<5x7xi32>) -> tensor<3x7xi32>
  return %0 : tensor<3x7xi32>
}
func.func @spectrum(%x: tensor<15xf64>) -> tensor<8xcomplex<f64>> {
  %0 = tcc.rfft %x {axes = array<i64: 0>, norm = 0 : i64} : tensor<15xf64> -> tensor<8xcomplex<f64>>
  return %0 : tensor<8xcomplex<f64>>
}
func.func @loss(%x: tensor<?xf64>) -> tensor<f64> {
  %0 = tcc.sin %x : tensor<?xf64>
  %1 = tcc.multiply %0, %x : tensor<?xf64>
  %2 = tcc.reduce_sum %1 {axes = array<i64: 0>} : tensor<?xf64> -> tensor<f64>
  return %2 : tensor<f64>
}
func.func @eigenvalues(%a: tensor<2x2xf64>) -> tensor<2xcomplex<f64>> {
  %0:2 = tcc.eig %a : tensor<2x2xf64> -> tensor<2xcomplex<f64>>, tensor<2x2xcomplex<f64>>
  return %0#0 : tensor<2xcomplex<f64>>
}
