// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.log2 %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.log2 %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The slope is 1 / (x ln 2).
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[S:.+]] = tcc.multiply %[[DY]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.divide %[[S]], %[[X]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          3.         -1.73696559        -inf]
func.func @main() -> (tensor<4xf64>) {
  %x0 = tcc.constant dense<[1.0, 8.0, 0.3, 0.0]> : tensor<4xf64>
  %0 = tcc.log2 %x0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
