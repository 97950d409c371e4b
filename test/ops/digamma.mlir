// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.digamma %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.digamma %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The slope is polygamma of order 1.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[TRI:.+]] = tcc.polygamma %[[X]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[TRI]]
// CHECK: return %[[DX]]

// NUMBERS: [-0.57721566 -1.96351003  1.50611767  0.03648997]
func.func @main() -> (tensor<4xf64>) {
  %x0 = tcc.constant dense<[1.0, 0.5, 5.0, -0.5]> : tensor<4xf64>
  %0 = tcc.digamma %x0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
