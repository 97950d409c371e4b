// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.sin %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.sin %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// 1e22 needs a full reduction by pi.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[COS:.+]] = tcc.cos %[[X]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[COS]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          0.84147098 -0.59847214 -0.85220085]
// NUMBERS-NEXT: [ 3.16577851+1.95960104j -0.49448578+0.22168816j -1.29845758-0.63496391j]
func.func @main() -> (tensor<4xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.0, -2.5, 1.000000e+22]> : tensor<4xf64>
  %0 = tcc.sin %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.sin %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<3xcomplex<f64>>
}
