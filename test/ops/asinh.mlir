// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.asinh %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.asinh %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[SQ:.+]] = tcc.square %[[X]]
// CHECK: %[[S:.+]] = tcc.add %[[SQ]], %{{.+}}
// CHECK: %[[ROOT:.+]] = tcc.sqrt %[[S]]
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %[[ROOT]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.00000000e+00  8.81373587e-01 -4.81211825e-01  6.91468675e+02]
// NUMBERS-NEXT: [ 1.46935174+1.06344002j -0.49267568+0.22432845j -1.06127506-0.66623943j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.0, -0.5, 1.000000e+300]> : tensor<4xf64>
  %0 = tcc.asinh %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.asinh %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
