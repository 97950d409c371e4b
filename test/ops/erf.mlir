// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.erf %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.erf %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The slope is 2 / sqrt(pi) exp(-x^2).
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[SQ:.+]] = tcc.square %[[X]]
// CHECK: %[[NSQ:.+]] = tcc.neg %[[SQ]]
// CHECK: %[[E:.+]] = tcc.exp %[[NSQ]]
// CHECK: %[[S:.+]] = tcc.multiply %[[E]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          0.52049988 -0.96610515  1.        ]
func.func @main() -> (tensor<4xf64>) {
  %x0 = tcc.constant dense<[0.0, 0.5, -1.5, 6.0]> : tensor<4xf64>
  %0 = tcc.erf %x0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
