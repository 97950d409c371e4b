// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.tan %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.tan %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.tan %[[X]]
// CHECK: %[[SQ:.+]] = tcc.square %[[Y]]
// CHECK: %[[S:.+]] = tcc.add %[[SQ]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          1.55740772 -3.00956967 -1.62877823]
// NUMBERS-NEXT: [ 0.03381283+1.01479362j -0.5045007 +0.31242069j -0.27175259-1.08392333j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.0, -1.25, 1.000000e+22]> : tensor<4xf64>
  %0 = tcc.tan %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.tan %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
