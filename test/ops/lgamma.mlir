// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.lgamma %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.lgamma %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[PSI:.+]] = tcc.digamma %[[X]]
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[PSI]]
// CHECK: return %[[DX]]

// NUMBERS: [0.         0.57236494 3.17805383 1.26551212        inf]
func.func @main() -> (tensor<5xf64>) {
  %x0 = tcc.constant dense<[1.0, 0.5, 5.0, -0.5, 0.0]> : tensor<5xf64>
  %0 = tcc.lgamma %x0 : tensor<5xf64>
  return %0 : tensor<5xf64>
}
