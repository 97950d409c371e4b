// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.exp2 %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.exp2 %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The slope is y ln 2.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.exp2 %[[X]]
// CHECK: %[[S:.+]] = tcc.multiply %[[Y]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [5.00000000e-01 1.41421356e+00 1.02400000e+03 0.00000000e+00]
func.func @main() -> (tensor<4xf64>) {
  %x0 = tcc.constant dense<[-1.0, 0.5, 10.0, 0xFFF0000000000000]> : tensor<4xf64>
  %0 = tcc.exp2 %x0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
