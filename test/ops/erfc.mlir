// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.erfc %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.erfc %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The slope is -2 / sqrt(pi) exp(-x^2). At 10 the value has full precision, where 1 - erf(x) is 0.
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[SQ:.+]] = tcc.square %[[X]]
// CHECK: %[[NSQ:.+]] = tcc.neg %[[SQ]]
// CHECK: %[[E:.+]] = tcc.exp %[[NSQ]]
// CHECK: %[[S:.+]] = tcc.multiply %[[E]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [1.00000000e+00 4.79500122e-01 1.96610515e+00 2.08848758e-45]
func.func @main() -> (tensor<4xf64>) {
  %x0 = tcc.constant dense<[0.0, 0.5, -1.5, 10.0]> : tensor<4xf64>
  %0 = tcc.erfc %x0 : tensor<4xf64>
  return %0 : tensor<4xf64>
}
