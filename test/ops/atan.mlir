// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.atan %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.atan %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[SQ:.+]] = tcc.square %[[X]]
// CHECK: %[[S:.+]] = tcc.add %[[SQ]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          0.78539816 -0.46364761  1.57079633]
// NUMBERS-NEXT: [ 1.33897252+0.40235948j -0.48425449+0.20058662j -1.01722197-0.40235948j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.0, -0.5, 0x7FF0000000000000]> : tensor<4xf64>
  %0 = tcc.atan %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.atan %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
