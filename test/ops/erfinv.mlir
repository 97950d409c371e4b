// RUN: tcc-opt %s --pass-pipeline='builtin.module(tcc-differentiate{entry=f},func.func(tcc-simplify))' | FileCheck %s
// RUN: %tcc-run %s | FileCheck %s --check-prefix=NUMBERS
// RUN: %tcc-run %s --reference | FileCheck %s --check-prefix=NUMBERS

// CHECK-LABEL: func.func @f(
// CHECK: tcc.erfinv %{{.+}} : tensor<4xf64>
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %0 = tcc.erfinv %x : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// The slope is sqrt(pi) / 2 exp(y^2).
// CHECK-LABEL: func.func @f_vjp(
// CHECK-SAME: %[[X:.+]]: tensor<4xf64>, %[[DY:.+]]: tensor<4xf64>)
// CHECK: %[[Y:.+]] = tcc.erfinv %[[X]]
// CHECK: %[[SQ:.+]] = tcc.square %[[Y]]
// CHECK: %[[E:.+]] = tcc.exp %[[SQ]]
// CHECK: %[[S:.+]] = tcc.multiply %[[E]], %{{.+}}
// CHECK: %[[DX:.+]] = tcc.multiply %[[DY]], %[[S]]
// CHECK: return %[[DX]]

// NUMBERS: [ 0.          0.47693628 -1.16308715         inf         nan]
func.func @main() -> (tensor<5xf64>) {
  %x0 = tcc.constant dense<[0.0, 0.5, -0.9, 1.0, 2.0]> : tensor<5xf64>
  %0 = tcc.erfinv %x0 : tensor<5xf64>
  return %0 : tensor<5xf64>
}
