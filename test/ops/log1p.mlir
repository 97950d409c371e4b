// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.log1p %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.log1p %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[S:.+]] = tcc.add %[[X]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.divide %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [0.00000000e+00 1.00000000e-10           -inf 9.16290732e-01]
// NUMBERS-NEXT: [ 1.03972077+0.78539816j -0.5815754 +0.46364761j]
func.func @main() -> (tensor<4xf64>, tensor<2xcomplex<f64>>) {
  %x0 = tcc.constant dense<[0.0, 1.000000e-10, -1.0, 1.5]> : tensor<4xf64>
  %0 = tcc.log1p %x0 : tensor<4xf64>
  %x1 = tcc.constant dense<[(1.0,2.0), (-0.5,0.25)]> : tensor<2xcomplex<f64>>
  %1 = tcc.log1p %x1 : tensor<2xcomplex<f64>>
  return %0, %1 : tensor<4xf64>, tensor<2xcomplex<f64>>
}
