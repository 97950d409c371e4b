// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.sqrt %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.sqrt %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.sqrt %[[X]]
// CHECK: %[[S:.+]] = tcc.multiply %[[Y]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [0.         1.41421356        nan        inf]
// NUMBERS-NEXT: [1.27201965+0.78615138j 0.17178037+0.72767335j 0.45508986-1.09868411j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 2.0, -1.0, 0x7FF0000000000000]> : tensor<4xf64>
  %0 = tcc.sqrt %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.sqrt %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
