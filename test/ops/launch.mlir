// RUN: tcc-opt %s --tcc-form-kernels | FileCheck %s
// RUN: not tcc-opt %s --tcc-differentiate=entry=g 2>&1 | FileCheck %s --check-prefix=ADJOINT
// RUN: %tcc-run %s --entry=f | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: %[[Y:.+]] = tcc.launch @[[KERNEL:.+]](){{.*}} : () -> tensor<3xf64>
// CHECK: return %[[Y]]
// CHECK: func.func private @[[KERNEL]](
// NUMBERS: [0. 1. 4.]
func.func @f() -> tensor<3xf64> {
  %x = tcc.iota {axis = 0 : i64} : tensor<3xf64>
  %y = tcc.square %x : tensor<3xf64>
  return %y : tensor<3xf64>
}

// ADJOINT: error: {{.*}}kernels are formed after differentiation
func.func private @kernel(%x: tensor<3xf64>) -> tensor<3xf64> attributes {tcc.kernel} {
  %y = tcc.square %x : tensor<3xf64>
  return %y : tensor<3xf64>
}
func.func @g(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = tcc.launch @kernel(%x) : (tensor<3xf64>) -> tensor<3xf64>
  return %y : tensor<3xf64>
}
