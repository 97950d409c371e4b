// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.sinh %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.sinh %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[COSH:.+]] = tcc.cosh %[[X]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[COSH]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          1.17520119 -6.05020448         inf]
// NUMBERS-NEXT: [-0.48905626+1.40311925j -0.50489571+0.27897913j -0.63496391-1.29845758j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.0, -2.5, 711.0]> : tensor<4xf64>
  %0 = tcc.sinh %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.sinh %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
