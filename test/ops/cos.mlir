// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.cos %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.cos %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// 1e22 needs a full reduction by pi.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[SIN:.+]] = tcc.sin %[[X]]
// CHECK: %[[M:.+]] = tcc.multiply %[[DY]], %[[SIN]]
// CHECK: %[[DX:.+]] = tcc.neg %[[M]]
// CHECK: return %[[DX]]

// NUMBERS: [ 1.          0.54030231 -0.80114362  0.52321479]
// NUMBERS-NEXT: [2.03272301-3.0518978j  0.90515015+0.1211088j  0.83373003-0.98889771j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.0, -2.5, 1.000000e+22]> : tensor<4xf64>
  %0 = tcc.cos %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.cos %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
