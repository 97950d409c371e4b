// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.exp %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.exp %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The result is its own slope.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.exp %[[X]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[Y]]
// CHECK: return %[[DX]]

// NUMBERS: [0.36787944 1.         2.71828183 0.                inf]
// NUMBERS-NEXT: [-1.13120438+2.47172667j  0.58767509+0.15005809j  0.19876611-0.30955988j]
func.func @main() -> (tensor<5xf64>, tensor<3xcomplex<f64>>) {
  %x0 = tcc.constant dense<[-1.0, 0.0, 1.0, 0xFFF0000000000000, 710.0]> : tensor<5xf64>
  %0 = tcc.exp %x0 : tensor<5xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25), (-1.0,-1.0)]> : tensor<3xcomplex<f64>>
  %1 = tcc.exp %x1 : tensor<3xcomplex<f64>>
  return %0, %1 : tensor<5xf64>, tensor<3xcomplex<f64>>
}
